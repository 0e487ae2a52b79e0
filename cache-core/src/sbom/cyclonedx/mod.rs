//! CycloneDX 1.2 to 1.7 as JSON (CycloneDX specification, `bom-1.7.schema.json`).

mod document;
mod read;
mod write;

pub(super) use read::parse;
pub(super) use write::write;
