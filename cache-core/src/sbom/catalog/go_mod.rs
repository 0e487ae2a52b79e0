//! `go.mod` of a Go module (go.dev/ref/mod, go.mod files): what it requires, after replacements.

use std::collections::{HashMap, HashSet};

use super::text_file::{Parsed, TextFile, distinct};
use super::{FileInfo, Found, Place};

pub(super) const CATALOGER: TextFile =
    TextFile { name: "go-mod", wants: |file| file.place == Place::Folder && file.file_name() == "go.mod", parse };

/// One module with its version; empty for a replacement of all versions and for a folder.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Module {
    path: String,
    version: String,
}

#[derive(Default)]
struct Directives {
    required: Vec<Module>,
    replaced: HashMap<Module, Module>,
    excluded: HashSet<Module>,
}

fn parse(_: &FileInfo<'_>, text: &str) -> Parsed {
    let directives = read(text)?;
    let kept = directives.required.iter().filter(|module| !directives.excluded.contains(module));
    let found = kept.map(|module| {
        // A replacement of this version goes before one of all versions.
        let of_all = Module { path: module.path.clone(), version: String::new() };
        match directives.replaced.get(module).or_else(|| directives.replaced.get(&of_all)) {
            None => package(module),
            Some(new) if is_folder(&new.path) => Found { local: true, ..package(module) },
            Some(new) => package(new),
        }
    });
    Ok(distinct(found))
}

fn is_folder(path: &str) -> bool {
    path.starts_with(['.', '/', '\\']) || path.get(1..3).is_some_and(|text| text == ":\\" || text == ":/")
}

fn package(module: &Module) -> Found {
    let (namespace, name) = module.path.rsplit_once('/').unwrap_or(("", &module.path));
    Found {
        kind: "golang".into(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        version: module.version.clone(),
        ..Found::default()
    }
}

fn read(text: &str) -> Result<Directives, String> {
    let mut directives = Directives::default();
    let mut block = String::new();
    let mut said_module = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.split("//").next().unwrap_or_default().trim();
        let mut words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches(['"', '`'])).collect();
        if words == [")"] {
            block.clear();
            continue;
        }
        let directive = if block.is_empty() {
            if words.is_empty() {
                continue;
            }
            let directive = words.remove(0).to_owned();
            if words == ["("] {
                block = directive;
                continue;
            }
            directive
        } else {
            block.clone()
        };
        let wrong = || format!("line {}: not what {directive} says in a go.mod", number + 1);
        let module = |words: &[&str]| match words {
            [path, version] => Some(Module { path: (*path).into(), version: (*version).into() }),
            [path] => Some(Module { path: (*path).into(), version: String::new() }),
            _ => None,
        };
        match directive.as_str() {
            _ if words.is_empty() => {}
            "module" => said_module = true,
            "require" if words.len() == 2 => directives.required.extend(module(&words)),
            "exclude" if words.len() == 2 => directives.excluded.extend(module(&words)),
            "replace" => {
                let at = words.iter().position(|word| *word == "=>").ok_or_else(wrong)?;
                let (old, new) = (words.get(..at).and_then(module), words.get(at + 1..).and_then(module));
                directives.replaced.insert(old.ok_or_else(wrong)?, new.ok_or_else(wrong)?);
            }
            "require" | "exclude" => return Err(wrong()),
            // `go`, `toolchain`, `retract`, `tool`, and what later versions add.
            _ => {}
        }
    }
    if said_module || !directives.required.is_empty() { Ok(directives) } else { Err("it names no module".into()) }
}

#[cfg(test)]
mod tests {
    use super::super::Place::Folder;
    use crate::sbom::catalog::Fact;
    use crate::sbom::catalog::languages::testing::{count_shared, in_folder, summary};

    #[test]
    fn replacements_and_exclusions_hold() {
        let text = "module example.com/app // c\n\ngo 1.22\n\nrequire example.com/a v1.0.0\nrequire (\n\texample.com/b v1.1.0 // indirect\n\t\"example.com/c\" v2.0.0\n\
            \texample.com/d v1.0.0\n\texample.com/e/v2 v2.0.0+incompatible\n)\nreplace example.com/b => ../b\nreplace (\n\texample.com/c v2.0.0 => example.com/fork/c v2.0.1\n\
            \texample.com/a v0.9.0 => example.com/never v1.0.0\n)\nexclude example.com/d v1.0.0\nretract [v1.0.0, v1.1.0]\ntool (\n\texample.com/t/cmd\n)\n";
        let expected =
            "example.com/a@v1.0.0 example.com/b@v1.1.0! example.com/e/v2@v2.0.0+incompatible example.com/fork/c@v2.0.1";
        assert_eq!(summary(in_folder("go.mod", text)), expected);
        assert!(
            matches!(&in_folder("go.mod", "require (\n a b c d\n")[..], [Fact::Unreadable(reason)] if reason.contains("line 2"))
        );
        assert!(matches!(&in_folder("go.mod", "nothing\n")[..], [Fact::Unreadable(_)]));
    }

    #[test]
    fn the_peers_files_are_read() {
        count_shared(&[
            (Folder, "syft/cataloger/golang/testdata/go-mod-fixtures/many-packages/go.mod", "go.mod", 6),
            (Folder, "syft/cataloger/golang/testdata/go-mod-fixtures/relative-replace/go.mod", "go.mod", 1),
            (Folder, "trivy/repo/gomod/go.mod", "go.mod", 18),
        ]);
    }
}
