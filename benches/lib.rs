//! Benches only; see `digest.rs`, `documents.rs` and `plan.rs`.
