//! What the catalogers make of one file. `CACHE_FUZZ_PATH` is the path that it has in the image or folder: see
//! `scripts/fuzz.sh`, which knows one for each of them.
#![no_main]

use std::sync::LazyLock;

use cache_core::sbom::catalog::{Catalog, Limits, Place};
use libfuzzer_sys::fuzz_target;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::new(Limits::default()));
static PATH: LazyLock<String> = LazyLock::new(|| std::env::var("CACHE_FUZZ_PATH").expect("CACHE_FUZZ_PATH"));

fuzz_target!(|content: &[u8]| {
    // Lock files count in folders, and what is installed in images.
    for place in [Place::Folder, Place::Image] {
        CATALOG.file(&PATH, place, content).expect("what cannot be understood is a fact");
    }
});
