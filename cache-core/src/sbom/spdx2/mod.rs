//! SPDX 2.2 and 2.3 as JSON (SPDX specification, `package-information`, `relationships-between-SPDX-elements`).

pub(super) mod document;
mod expressions;
pub(super) mod ids;
mod read;
mod write;

pub(super) use read::{model, parse};
pub(super) use write::write;
