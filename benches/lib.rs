//! Benches only; see `digest.rs`, `documents.rs`, `plan.rs`, `retention.rs` and `scan.rs`.
