//! The types let nobody write without an approval: each file of `tests/ui` must not compile, for the reason in its first line.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn b2_46_forged_approvals_and_permits_do_not_compile() {
    let cases = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui")).unwrap();
    let cases: Vec<PathBuf> = cases.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let text = fs::read_to_string(&case).unwrap();
        let reason = text.lines().next().and_then(|line| line.strip_prefix("// ")).unwrap();
        assert_eq!(errors(&case), [reason], "{}", case.display());
    }
}

/// What is sound compiles: else the errors above would say nothing.
#[test]
fn what_is_sound_compiles() {
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("sound.rs");
    fs::write(&sound, "fn show(approved: &cache_core::approve::Approved) { let _ = approved.plan(); }\nfn main() {}\n")
        .unwrap();
    assert_eq!(errors(&sound), [""; 0]);
}

/// The errors of a program that links the crate. It is compiled as far as types go, against the crate that this test links,
/// or a newer build of it.
fn errors(program: &Path) -> Vec<String> {
    let libraries = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let built = fs::read_dir(&libraries).unwrap().map(|entry| entry.unwrap().path()).filter(|path| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        name.starts_with("libcache_core-") && name.ends_with(".rlib")
    });
    let newest = built.max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()));
    rustc.args(["--edition", "2024", "--emit", "metadata", "--allow", "warnings"]).arg(program);
    rustc.arg("--out-dir").arg(folder.path()).arg("-L").arg(format!("dependency={}", libraries.display()));
    rustc.arg("--extern").arg(format!("cache_core={}", newest.display()));
    let said = String::from_utf8(rustc.output().unwrap().stderr).unwrap();
    let errors = said.lines().filter(|line| line.starts_with("error") && !line.starts_with("error: aborting"));
    errors.map(str::to_owned).collect()
}
