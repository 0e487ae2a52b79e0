//! SPDX 3.0 as JSON-LD (SPDX specification 3.0.1: `Core`, `Software`, `SimpleLicensing`, `ExpandedLicensing`; the names of
//! members are those of `spdx-context.jsonld`).
//!
//! A document is a graph of elements. Packages, files, relationships, licences and their texts become the model. Every other
//! element is kept as it stands, and so is each member that the model does not know.

mod agents;
mod document;
mod edges;
mod graph;
mod licenses;
mod made;
mod read;
mod read_element;
pub(super) mod words;
mod write;
mod write_element;

pub(super) use read::parse;
pub(super) use write::write;

#[cfg(test)]
mod convert_tests;

#[cfg(test)]
mod shared_tests;

#[cfg(test)]
mod tests;
