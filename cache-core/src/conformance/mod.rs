//! What any adapter, ours or yours, can be tested against (feature `conformance`).

pub mod server;

pub use server::Server;
