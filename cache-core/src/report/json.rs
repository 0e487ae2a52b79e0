//! Cache's own JSON: the assessment itself, in the canonical form that is the same bytes in every language.

use crate::error::Result;
use crate::gate::Assessment;
use crate::model::Raw;

pub(super) fn write(assessment: &Assessment) -> Result<Vec<u8>> {
    Ok(Raw::canonical(assessment)?.bytes().to_vec())
}
