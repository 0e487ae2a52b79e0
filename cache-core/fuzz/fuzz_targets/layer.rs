//! A layer: unpacking, the archive, the tree of two layers, and the packages that come of it.
#![no_main]

use std::sync::{Arc, LazyLock};

use cache_core::sbom::catalog::{Catalog, Limits};
use libfuzzer_sys::fuzz_target;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::new(Limits::default()));

fuzz_target!(|packed: &[u8]| {
    if let Ok(layer) = CATALOG.layer(packed) {
        let layer = Arc::new(layer);
        Catalog::assemble(&[Arc::clone(&layer), layer], &[]);
    }
});
