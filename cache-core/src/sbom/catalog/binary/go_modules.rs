//! The packages that the build information of Go names: the main module, what it depends on, and the standard library.

use std::collections::BTreeMap;

use super::go::Build;
use super::go_version;
use crate::sbom::catalog::{Fact, Found};

/// How many modules of one program count; the largest programs have about 2,000.
const MAX_MODULES: usize = 50_000;

/// A module as a line names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Module {
    pub(super) path: String,
    pub(super) version: String,
    pub(super) sum: String,
}

/// The lines of the build information, taken apart.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The package with the `main` function.
    path: String,
    pub(super) main: Option<Module>,
    dependencies: Vec<Module>,
    pub(super) settings: BTreeMap<String, String>,
}

/// The facts of one build.
pub(super) fn facts(build: &Build) -> Vec<Fact> {
    let mut lines = lines(&build.modules);
    let main = main(&mut lines);
    let mut found: Vec<Found> = Vec::new();
    for module in &lines.dependencies {
        if Some(module) != main.as_ref() && !module.path.is_empty() {
            found.push(package(module, usable(&module.version)));
        }
    }
    found.sort_by(|a, b| (&a.namespace, &a.name, &a.version).cmp(&(&b.namespace, &b.name, &b.version)));
    found.dedup();
    found.extend(library(&build.version));
    if let Some(main) = main.filter(|main| !main.path.is_empty()) {
        let version = go_version::of_main(&main, &lines.settings);
        let mut first = package(&main, version.as_deref().unwrap_or_default());
        // The name that `go build` gives to files that belong to no package.
        first.local = main.path == "command-line-arguments";
        first.needs = found.iter().map(|needed| full_name(&needed.namespace, &needed.name)).collect();
        first.needs.dedup();
        for (setting, property) in [("vcs.revision", "revision"), ("GOOS", "os"), ("GOARCH", "arch")] {
            if let Some(value) = lines.settings.get(setting) {
                first.properties.insert(property.to_owned(), value.clone());
            }
        }
        first.properties.insert("main".to_owned(), "true".to_owned());
        found.insert(0, first);
    }
    found.into_iter().map(|found| Fact::Package(Box::new(found))).collect()
}

fn full_name(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
}

/// `(devel)` is no version: it says that the toolchain did not know one.
fn usable(version: &str) -> &str {
    if version == "(devel)" { "" } else { version }
}

fn package(module: &Module, version: &str) -> Found {
    let (namespace, name) = module.path.rsplit_once('/').unwrap_or(("", &module.path));
    let (namespace, name) = if name.is_empty() { ("", module.path.as_str()) } else { (namespace, name) };
    let mut found = Found {
        kind: "golang".to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        version: version.to_owned(),
        ..Found::default()
    };
    if !module.sum.is_empty() {
        found.properties.insert("h1".to_owned(), module.sum.clone());
    }
    found
}

/// The standard library has the version of the toolchain: `go1.26.8 X:rangefunc`, `go1.20.4-X:boringcrypto`,
/// `go1.25.3 (Red Hat 1.25.3-1.el9)`, `devel go1.27-abc`.
fn library(toolchain: &str) -> Option<Found> {
    let version = toolchain.strip_prefix("go").unwrap_or(toolchain);
    let version = version.split(' ').next().unwrap_or_default();
    let version = version.split("-X:").next().unwrap_or_default();
    let released = version.starts_with(|c: char| c.is_ascii_digit());
    let version = if released { version } else { "" };
    let mut found = package(&Module { path: "stdlib".to_owned(), ..Module::default() }, version);
    if released {
        let plain = version.split('+').next().unwrap_or_default();
        let (number, candidate) = match plain.find(|c: char| !c.is_ascii_digit() && c != '.') {
            Some(at) => plain.split_at(at),
            None => (plain, "-"),
        };
        let candidate = candidate.trim_start_matches('-');
        let candidate = if candidate.is_empty() { "-" } else { candidate };
        if candidate.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            found.cpes.push(format!("cpe:2.3:a:golang:go:{number}:{candidate}:*:*:*:*:*:*"));
        }
    } else {
        found.properties.insert("toolchain".to_owned(), toolchain.to_owned());
    }
    found.licenses.push("BSD-3-Clause".to_owned());
    Some(found)
}

/// The main module; where the lines name none it is made from the path of the package, or from the one dependency that has
/// no version of its own because it is what was built.
fn main(lines: &mut Lines) -> Option<Module> {
    let loose =
        lines.main.as_ref().is_some_and(|main| main.path == "command-line-arguments" && main.version.is_empty());
    if let Some(main) = lines.main.clone().filter(|_| !loose) {
        return Some(main);
    }
    let mut built = lines.dependencies.iter().filter(|module| module.version == "(devel)");
    if let (Some(module), None) = (built.next().cloned(), built.next()) {
        lines.dependencies.retain(|other| *other != module);
        return Some(module);
    }
    (!lines.path.is_empty()).then(|| Module { path: lines.path.clone(), ..Module::default() })
}

fn lines(text: &str) -> Lines {
    let mut lines = Lines::default();
    // What the `=>` of the next line replaces.
    let mut last: Option<bool> = None;
    for line in text.lines() {
        let mut parts = line.split('\t');
        let (kind, first) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let mut next = || parts.next().unwrap_or_default().to_owned();
        match kind {
            "path" => lines.path = first.to_owned(),
            "mod" => {
                lines.main = Some(Module { path: first.to_owned(), version: next(), sum: next() });
                last = Some(true);
            }
            "dep" if lines.dependencies.len() < MAX_MODULES => {
                lines.dependencies.push(Module { path: first.to_owned(), version: next(), sum: next() });
                last = Some(false);
            }
            "=>" => {
                let with = Module { path: first.to_owned(), version: next(), sum: next() };
                let replaced = match last.take() {
                    Some(true) => lines.main.as_mut(),
                    Some(false) => lines.dependencies.last_mut(),
                    None => None,
                };
                if let Some(replaced) = replaced {
                    *replaced = replacement(&replaced.path, with);
                }
            }
            "build" => {
                if let Some((key, value)) = setting(line.get("build\t".len()..).unwrap_or_default()) {
                    lines.settings.insert(key, value);
                }
            }
            _ => {}
        }
    }
    lines
}

/// A module that stands for another. One in a folder beside the sources keeps the name of what it stands for.
fn replacement(path: &str, with: Module) -> Module {
    let folder = with.path.starts_with(['.', '/', '\\']) || with.path.get(1..3).is_some_and(|drive| drive == ":\\");
    if folder { Module { path: path.to_owned(), ..with } } else { with }
}

/// `key=value`, either perhaps quoted as Go quotes strings.
fn setting(text: &str) -> Option<(String, String)> {
    let (key, rest) = match text.strip_prefix(['"', '`']) {
        Some(_) => unquote(text)?,
        None => {
            let (key, _) = text.split_once('=')?;
            (key.to_owned(), text.get(key.len()..)?)
        }
    };
    let value = rest.strip_prefix('=')?;
    Some((key, if value.starts_with(['"', '`']) { unquote(value)?.0 } else { value.to_owned() }))
}

/// A string literal of Go at the beginning of `text`, and what follows it.
fn unquote(text: &str) -> Option<(String, &str)> {
    if let Some(raw) = text.strip_prefix('`') {
        let (value, rest) = raw.split_once('`')?;
        return Some((value.to_owned(), rest));
    }
    let text = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                kind @ ('x' | 'u' | 'U') => {
                    let digits = match kind {
                        'x' => 2,
                        'u' => 4,
                        _ => 8,
                    };
                    let hex: String = characters.by_ref().take(digits).map(|(_, digit)| digit).collect();
                    value.push(char::from_u32(u32::from_str_radix(&hex, 16).ok()?).unwrap_or('\u{fffd}'));
                }
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_may_be_quoted() {
        let cases = [
            ("CGO_ENABLED=1", Some(("CGO_ENABLED", "1"))),
            (
                "-ldflags=\"-X main.version=v1.2.3 -X \\\"a.b=c d\\\"\"",
                Some(("-ldflags", "-X main.version=v1.2.3 -X \"a.b=c d\"")),
            ),
            ("\"a=b\"=`c\td`", Some(("a=b", "c\td"))),
            ("k=\"\\x41\\u00e9\\t\\n\"", Some(("k", "A\u{e9}\t\n"))),
            ("empty=", Some(("empty", ""))),
            ("none", None),
            ("k=\"open", None),
            ("k=\"\\", None),
        ];
        for (text, expected) in cases {
            assert_eq!(setting(text), expected.map(|(k, v)| (k.to_owned(), v.to_owned())), "{text}");
        }
        eprintln!("{} settings", cases.len());
    }

    #[test]
    fn the_library_has_the_version_of_the_toolchain_without_what_was_added_to_it() {
        let cases = [
            ("go1.26.8", "1.26.8", "cpe:2.3:a:golang:go:1.26.8:-:*:*:*:*:*:*"),
            ("go1.22.1 X:nocoverageredesign", "1.22.1", "cpe:2.3:a:golang:go:1.22.1:-:*:*:*:*:*:*"),
            ("go1.20.4-X:boringcrypto,arenas", "1.20.4", "cpe:2.3:a:golang:go:1.20.4:-:*:*:*:*:*:*"),
            ("go1.25.3 (Red Hat 1.25.3-1.el9)", "1.25.3", "cpe:2.3:a:golang:go:1.25.3:-:*:*:*:*:*:*"),
            ("go1.21rc2", "1.21rc2", "cpe:2.3:a:golang:go:1.21:rc2:*:*:*:*:*:*"),
            ("go1.18", "1.18", "cpe:2.3:a:golang:go:1.18:-:*:*:*:*:*:*"),
            ("devel go1.27-0123456 Mon Jan 1 00:00:00 2026 +0000", "", ""),
        ];
        for (toolchain, version, cpe) in cases {
            let found = library(toolchain).unwrap();
            assert_eq!((found.version.as_str(), found.cpes.join(" ")), (version, cpe.to_owned()), "{toolchain}");
        }
        eprintln!("{} versions of Go", cases.len());
    }
}
