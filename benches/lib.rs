//! Benches only; see `digest.rs`, `documents.rs`, `plan.rs` and `scan.rs`.
