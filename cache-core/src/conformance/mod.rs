//! What any adapter, ours or yours, can be tested against (feature `conformance`).

pub mod registry;
pub mod server;
mod sigstore;

pub use registry::check_registry;
pub use server::Server;
pub use sigstore::Sigstore;
