//! Cache.
pub mod approve;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod connect;
pub mod error;
pub mod gate;
pub mod model;
pub mod plan;
pub mod promote;
pub mod registry;
pub mod sbom;
pub mod scan;
pub mod sign;
pub use error::{Error, ErrorKind, Result};
