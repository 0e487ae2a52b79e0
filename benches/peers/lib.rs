//! Benches only; see `documents.rs`.
