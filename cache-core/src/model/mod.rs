//! The nouns: plain data, no I/O.
pub mod digest;
pub use digest::{Algorithm, Digest};
