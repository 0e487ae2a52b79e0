//! Which module may know which: the design's dependency order, checked against the sources.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Each module with the modules of this crate that it may use, besides `error` and `model`.
const ALLOWED: &[(&str, &[&str])] = &[
    ("address", &[]),
    ("error", &["address", "model"]),
    ("model", &[]),
    ("at_once", &[]),
    ("blocking", &[]),
    ("visible", &[]),
    ("html", &["visible"]),
    ("plan", &["html", "visible"]),
    ("document", &["words"]),
    ("files", &[]),
    ("sbom", &["address", "document", "pages", "sqlite", "tarball", "zip"]),
    (
        "scan",
        &[
            "blocking", "document", "files", "generate", "http", "pages", "program", "registry", "sbom", "sqlite",
            "watch", "zip",
        ],
    ),
    ("sign", &["approve", "files", "http", "pattern", "program"]),
    ("approve", &["blocking", "files", "plan", "sign"]),
    ("ask", &["approve", "http", "plan", "scan", "visible"]),
    ("bucket", &["approve", "http", "registry", "visible"]),
    ("http", &["address"]),
    ("kube", &["files", "http"]),
    ("program", &["visible"]),
    ("pages", &[]),
    ("pattern", &[]),
    ("sqlite", &["pages"]),
    ("tarball", &[]),
    ("watch", &[]),
    ("words", &[]),
    ("zip", &[]),
    ("generate", &["blocking", "files", "program", "registry", "sbom", "watch"]),
    ("registry", &["approve", "blocking", "files", "kube", "plan", "program", "http", "tarball"]),
    ("gate", &["document", "sbom", "scan", "sign", "http", "visible"]),
    (
        "retention",
        &[
            "approve", "at_once", "blocking", "execute", "files", "http", "kube", "pattern", "plan", "promote",
            "registry", "sign", "watch",
        ],
    ),
    ("report", &["gate", "html", "scan", "visible"]),
    ("policy", &["approve", "gate", "retention", "sbom", "scan", "sign", "words"]),
    ("execute", &["approve", "blocking", "plan", "registry"]),
    ("administer", &["approve", "execute", "plan", "registry"]),
    (
        "promote",
        &["approve", "at_once", "document", "execute", "gate", "plan", "registry", "sbom", "scan", "sign", "watch"],
    ),
    ("story", &["gate", "html", "promote", "registry", "sbom", "scan", "sign", "visible"]),
    (
        "connect",
        &[
            "administer",
            "approve",
            "ask",
            "blocking",
            "bucket",
            "execute",
            "files",
            "gate",
            "generate",
            "plan",
            "policy",
            "promote",
            "registry",
            "retention",
            "sbom",
            "scan",
            "sign",
            "story",
            "watch",
            "words",
        ],
    ),
    ("conformance", &["approve", "plan", "registry", "sign"]),
];

#[test]
fn modules_know_only_what_stands_below_them() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for path in sources(&source) {
        let relative = path.strip_prefix(&source).expect("below src").to_string_lossy().into_owned();
        let module = relative.split(['/', '.']).next().unwrap_or_default().to_owned();
        // Tests may use anything.
        if module == "lib" || relative.contains("tests") {
            continue;
        }
        let known = allowed.get(module.as_str()).unwrap_or_else(|| panic!("{module} has no place in the order"));
        let text = std::fs::read_to_string(&path).expect("readable");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for used in used_modules(code) {
            checked += 1;
            let below = used == module || used == "error" || used == "model" || known.contains(&used.as_str());
            if !below {
                wrong.push(format!("{relative} uses {used}"));
            }
        }
    }
    assert!(checked > 100, "only {checked} uses were found");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The first segments after `crate::`, outside comments. Re-exports of the root are the error module's.
fn used_modules(code: &str) -> Vec<String> {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let after = lines.flat_map(|line| line.split("crate::").skip(1).map(str::to_owned).collect::<Vec<_>>());
    let segment = |rest: String| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    after.map(segment).filter(|s| !s.is_empty() && s.chars().next().is_some_and(char::is_lowercase)).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .collect()
}
