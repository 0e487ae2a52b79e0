//! Syft's own JSON (`syft -o json`, schema 1 to 16.1).

mod document;
mod metadata;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub(super) use read::parse;
pub(super) use write::{SCHEMA, write};
