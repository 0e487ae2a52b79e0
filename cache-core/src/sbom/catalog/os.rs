//! The catalogers of operating-system packages.

use super::Cataloger;
use super::apk::Apk;
use super::copyright::Copyright;
use super::dpkg::Dpkg;
use super::release::ReleaseFile;
use super::rpm::Rpm;

/// One of each.
pub(super) fn os() -> Vec<Box<dyn Cataloger>> {
    let mut all: Vec<Box<dyn Cataloger>> =
        vec![Box::new(ReleaseFile), Box::new(Dpkg), Box::new(Copyright), Box::new(Apk)];
    all.extend(Rpm::ALL.map(|rpm| Box::new(rpm) as Box<dyn Cataloger>));
    all
}

#[cfg(test)]
#[path = "os_tests.rs"]
mod tests;
