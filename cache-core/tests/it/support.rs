//! What may be absent where the tests run, and saying so.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

static ABSENCES: AtomicUsize = AtomicUsize::new(0);

/// Says that a test did not run, in the form that the scripts use too. With `CACHE_INTEROP=required` nothing may be absent.
pub(crate) fn absent(what: &str, why: &str) {
    let count = ABSENCES.fetch_add(1, Ordering::Relaxed) + 1;
    eprintln!("absent: {what} ({why}) [{count} so far]");
    assert!(
        std::env::var("CACHE_INTEROP").as_deref() != Ok("required"),
        "{what} is absent, and CACHE_INTEROP=required"
    );
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder `name` of test data that is no part of the project: where `variable` says, else beside the checkout.
pub(crate) fn data(name: &str, variable: &str) -> Option<PathBuf> {
    let shared = || std::env::var_os("CACHE_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let folder = std::env::var_os(variable).map_or_else(|| shared().join("data").join(name), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    absent(&format!("data {name}"), &format!("no such folder; set {variable}"));
    None
}
