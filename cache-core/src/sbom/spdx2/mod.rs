//! SPDX 2.2 and 2.3 as JSON (SPDX specification, `package-information`, `relationships-between-SPDX-elements`).

mod document;
mod read;
mod write;

pub(super) use read::parse;
pub(super) use write::write;
