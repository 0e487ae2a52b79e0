//! The catalogers of executables and archives.

use super::binary::Executables;
use super::java::Archives;
use super::{Cataloger, dotnet};

/// One of each.
pub(super) fn binaries() -> Vec<Box<dyn Cataloger>> {
    vec![Box::new(Executables), Box::new(Archives), Box::new(dotnet::CATALOGER)]
}
