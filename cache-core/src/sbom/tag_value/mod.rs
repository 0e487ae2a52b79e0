//! SPDX 2 as tag-value: a tag and its text in each line (SPDX specification 2.3, clauses 6 to 12; the members of the JSON form
//! are those of `schemas/spdx-schema.json`).

mod fields;
mod lines;
mod members;
mod read;
mod tags;

pub(super) use read::parse;

#[cfg(test)]
mod tests;
