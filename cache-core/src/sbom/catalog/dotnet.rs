//! `*.deps.json`: what the .NET host loads for an application (the `deps.json` of `Microsoft.Extensions.DependencyModel`).
//!
//! A library counts where it, or something that it needs, claims a file that is loaded at run time: the file also names
//! libraries that were only compiled against, or that name others and bring nothing themselves.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::lenient;
use super::text_file::{Parsed, TextFile, json};
use super::{Fact, FileInfo, Found};

pub(super) const CATALOGER: TextFile =
    TextFile { name: "dotnet-deps", wants: |file| file.file_name().ends_with(".deps.json"), parse };

/// Tools that put several assemblies into one: what they put in claims no file of its own.
const MERGERS: [&str; 13] = [
    "Brokenevent.ILStrip",
    "Brokenevent.ILStrip.CLI",
    "Costura.Fody",
    "Fody",
    "ILMerge",
    "ILRepack.FullAuto",
    "ILRepack.Lib",
    "ILRepack.Lib.MSBuild",
    "ILRepack.Lib.MSBuild.Task",
    "ILRepack.Lib.NET",
    "ILRepack.NETStandard",
    "JetBrains.Build.ILRepack",
    "PostSharp.Community.Packer",
];

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Deps {
    runtime_target: Target,
    targets: BTreeMap<String, BTreeMap<String, Assets>>,
    libraries: BTreeMap<String, Library>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Target {
    #[serde(deserialize_with = "lenient::text")]
    name: String,
}

/// What a library needs and brings.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Assets {
    dependencies: BTreeMap<String, String>,
    runtime: BTreeMap<String, serde::de::IgnoredAny>,
    resources: BTreeMap<String, serde::de::IgnoredAny>,
    native: BTreeMap<String, serde::de::IgnoredAny>,
    runtime_targets: BTreeMap<String, serde::de::IgnoredAny>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Library {
    #[serde(rename = "type", deserialize_with = "lenient::text")]
    kind: String,
    #[serde(deserialize_with = "lenient::text")]
    sha512: String,
}

impl Assets {
    fn loaded(&self) -> bool {
        !(self.runtime.is_empty()
            && self.resources.is_empty()
            && self.native.is_empty()
            && self.runtime_targets.is_empty())
    }
}

fn parse(file: &FileInfo<'_>, text: &str) -> Parsed {
    let root = file.file_name().strip_suffix(".deps.json").unwrap_or_default();
    let mut deps: Deps = json(text)?;
    // A file for several targets counts as the one that it is run as.
    if deps.targets.contains_key(&deps.runtime_target.name) {
        deps.targets.retain(|name, _| *name == deps.runtime_target.name);
    }
    let all: BTreeMap<&str, &Assets> =
        deps.targets.values().flatten().map(|(library, assets)| (library.as_str(), assets)).collect();
    let merged = all.keys().any(|library| MERGERS.contains(&split(library).0));
    let loaded = loaded(&all);
    let mut facts = Vec::new();
    for (library, assets) in &all {
        let (name, version) = split(library);
        let told = deps.libraries.get(*library);
        let kind = told.map_or("package", |told| told.kind.as_str());
        // The application itself, which the file is named after.
        let project = kind == "project" && name == root;
        // Assemblies of a framework that were compiled against are no packages, nor are references to other projects.
        let other = matches!(kind, "referenceassembly" | "reference" | "project") && !project;
        if name.is_empty() || other || !(project || merged || loaded.contains(library)) {
            continue;
        }
        let needs: BTreeSet<String> = assets.dependencies.keys().cloned().collect();
        facts.push(Fact::Package(Box::new(Found {
            kind: "nuget".to_owned(),
            name: name.to_owned(),
            version: version.to_owned(),
            local: project,
            needs: needs.into_iter().collect(),
            hashes: told.map(|told| super::text_file::integrity(&told.sha512)).unwrap_or_default(),
            ..Found::default()
        })));
    }
    Ok(facts)
}

/// The libraries that bring something, and those that need such a one.
fn loaded<'a>(all: &BTreeMap<&'a str, &'a Assets>) -> BTreeSet<&'a str> {
    let mut needed_by: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (library, assets) in all {
        for (name, version) in &assets.dependencies {
            needed_by.entry(format!("{name}/{version}")).or_default().push(library);
        }
    }
    let mut loaded: BTreeSet<&str> =
        all.iter().filter(|(_, assets)| assets.loaded()).map(|(library, _)| *library).collect();
    let mut left: Vec<&str> = loaded.iter().copied().collect();
    while let Some(library) = left.pop() {
        for user in needed_by.get(library).into_iter().flatten() {
            if loaded.insert(user) {
                left.push(user);
            }
        }
    }
    loaded
}

/// Name and version of `Name/1.2.3`.
fn split(library: &str) -> (&str, &str) {
    let (name, version) = library.split_once('/').unwrap_or((library, ""));
    // The host's own packages stand under the name of their kind too.
    (name.strip_prefix("runtimepack.").unwrap_or(name), version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sbom::catalog::testing::{found, hostile, placed, read, shared, unreadable};

    fn lines(text: &str) -> Vec<String> {
        placed(&read(&CATALOGER, "app/App.deps.json", text.as_bytes()))
    }

    const DEPS: &str = r#"{"runtimeTarget":{"name":".NETCoreApp,Version=v8.0"},"targets":{".NETCoreApp,Version=v8.0":{
        "App/1.0.0":{"dependencies":{"Lib":"2.2.0","Meta":"1.0.0"},"runtime":{"App.dll":{}}},
        "Lib/2.2.0":{"runtime":{"lib/net6.0/Lib.dll":{"assemblyVersion":"15.0.0.0","fileVersion":"15.0.913.0"}}},
        "Meta/1.0.0":{"dependencies":{"Native":"3.0.0"}},
        "Native/3.0.0":{"runtimeTargets":{"runtimes/linux-x64/native/x.so":{"rid":"linux-x64"}}},
        "runtime.any.System.Runtime/4.3.0":{"dependencies":{"runtime.any.System.Runtime":"4.3.0"}},
        "Other/1.0.0":{"runtime":{"Other.dll":{}}},
        "X/10.0.0.0":{"compile":{"X.dll":{}},"runtime":{"X.dll":{}}}}},
        "libraries":{"App/1.0.0":{"type":"project","sha512":""},"Lib/2.2.0":{"type":"package","sha512":"sha512-AAAA"},
        "Other/1.0.0":{"type":"project"},"X/10.0.0.0":{"type":"referenceassembly","serviceable":false,"sha512":""}}}"#;

    #[test]
    fn what_is_loaded_counts_and_what_needs_it() {
        assert_eq!(lines(DEPS), ["App@1.0.0", "Lib@2.2.0", "Meta@1.0.0", "Native@3.0.0"]);
        let facts = read(&CATALOGER, "App.deps.json", DEPS.as_bytes());
        let found = found(&facts);
        assert!(found[0].local && !found[1].local);
        assert_eq!(found[0].needs, ["Lib", "Meta"]);
        // One tool that merges assemblies, and nothing can be told from claims.
        let merged = DEPS.replace("\"Meta/1.0.0\":{", "\"ILMerge/3.0.41\":{},\"Meta/1.0.0\":{");
        assert!(lines(&merged).contains(&"runtime.any.System.Runtime@4.3.0".to_owned()));
    }

    #[test]
    fn files_of_the_shared_data() {
        let base = "syft/cataloger/dotnet/testdata";
        let cases = [("deps-with-referenceassembly/MyApp.deps.json", 1), ("dir-example-1/TestLibrary.deps.json", 10)];
        let mut count = 0;
        for (name, least) in cases {
            let Some(bytes) = shared(&format!("{base}/{name}")) else { continue };
            let lines = placed(&read(&CATALOGER, "a.deps.json", &bytes));
            assert!(lines.len() >= least, "{lines:?}");
            count += 1;
        }
        eprintln!("{count} files");
    }

    #[test]
    fn hostile_files() {
        assert!(unreadable(&read(&CATALOGER, "a.deps.json", b"{")));
        assert!(lines("{}").is_empty());
        let circle: String =
            (0..2000).map(|i| format!(r#""a{i}/1":{{"dependencies":{{"a{}":"1"}}}},"#, (i + 1) % 2000)).collect();
        let circle = format!(r#"{{"targets":{{"t":{{{circle}"b/1":{{"runtime":{{"b":{{}}}}}}}}}}}}"#);
        assert_eq!(lines(&circle), ["b@1"]);
        hostile(&CATALOGER, "a.deps.json", DEPS.as_bytes());
    }
}
