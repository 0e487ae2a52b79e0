//! Cache.
pub mod approve;
#[cfg(feature = "conformance")]
pub mod conformance;
mod document;
pub mod error;
pub mod gate;
pub mod model;
pub mod plan;
pub mod policy;
pub mod promote;
pub mod registry;
pub mod sbom;
pub mod scan;
pub mod sign;
pub use error::{Error, ErrorKind, Result};
