//! The cases of `docs/retention.md`, by the numbers of the reports that they come from.

mod cases;
#[cfg(feature = "conformance")]
mod cleaning;
#[cfg(feature = "conformance")]
mod deployed;
mod order;
mod properties;
#[cfg(feature = "conformance")]
mod registries;
#[cfg(feature = "conformance")]
mod restoring;
#[cfg(feature = "conformance")]
mod rollback;
mod rules;
mod shape;
#[cfg(feature = "conformance")]
mod world;
