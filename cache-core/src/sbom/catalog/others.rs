//! The lock files of ecosystems that have one small file each: Conan, pub, Mix, CocoaPods, Swift, Stack; and the packages of
//! R, which are installed with their `DESCRIPTION`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::lenient::{self, Loose};
use super::text_file::{Parsed, TextFile, distinct, json, yaml};
use super::{Fact, FileInfo, Found, Place};
use crate::address::without_secrets;

pub(super) const CATALOGERS: [TextFile; 7] = [
    TextFile { name: "conan-lock", wants: |file| is_lock(file, "conan.lock"), parse: conan },
    TextFile { name: "pub-lock", wants: |file| is_lock(file, "pubspec.lock"), parse: pubspec },
    TextFile { name: "mix-lock", wants: |file| is_lock(file, "mix.lock"), parse: mix },
    TextFile { name: "cocoapods-lock", wants: |file| is_lock(file, "Podfile.lock"), parse: podfile },
    TextFile {
        name: "swift-lock",
        wants: |file| is_lock(file, "Package.resolved") || is_lock(file, ".package.resolved"),
        parse: swift,
    },
    TextFile { name: "stack-lock", wants: |file| is_lock(file, "stack.yaml.lock"), parse: stack },
    TextFile { name: "r-package", wants: |file| file.file_name() == "DESCRIPTION", parse: description },
];

fn is_lock(file: &FileInfo<'_>, name: &str) -> bool {
    file.place == Place::Folder && file.file_name() == name
}

fn package(kind: &str, namespace: &str, name: &str, version: &str) -> Found {
    Found {
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        version: version.to_owned(),
        ..Found::default()
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Conan {
    /// Of version 1.
    graph_lock: Option<Graph>,
    /// Of version 2, with what only the build needs beside them.
    requires: Option<Vec<String>>,
    build_requires: Option<Vec<String>>,
    python_requires: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Graph {
    #[serde(deserialize_with = "lenient::map")]
    nodes: Vec<(String, Node)>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Node {
    #[serde(rename = "ref", deserialize_with = "lenient::text")]
    reference: String,
    #[serde(deserialize_with = "lenient::text")]
    context: String,
}

fn conan(_: &FileInfo<'_>, text: &str) -> Parsed {
    let lock: Conan = json(text)?;
    let nodes = lock.graph_lock.into_iter().flat_map(|graph| graph.nodes);
    let of_nodes = nodes.map(|(_, node)| (node.reference, node.context == "build"));
    let list = |list: Option<Vec<String>>, build| list.into_iter().flatten().map(move |reference| (reference, build));
    let build = list(lock.build_requires, true).chain(list(lock.python_requires, true));
    let all = of_nodes.chain(list(lock.requires, false)).chain(build);
    Ok(distinct(all.filter_map(|(reference, build)| conan_reference(&reference, build))))
}

/// `name/version@user/channel#revision%time`
fn conan_reference(reference: &str, build: bool) -> Option<Found> {
    let plain = reference.split(['#', '%']).next()?;
    let (name_version, user) = plain.split_once('@').unwrap_or((plain, ""));
    let (name, version) = name_version.split_once('/')?;
    let mut found = package("conan", "", name, version);
    if let Some((user, channel)) = user.split_once('/').filter(|(user, _)| *user != "_") {
        found.namespace = user.to_owned();
        found.qualifiers.insert("channel".into(), channel.to_owned());
    }
    if build {
        found.properties.insert("scope".into(), "dev".into());
    }
    Some(found)
}

#[derive(Deserialize)]
struct Pubspec {
    #[serde(default, deserialize_with = "lenient::map")]
    packages: Vec<(String, Hosted)>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Hosted {
    dependency: Option<String>,
    source: Option<String>,
    version: Option<String>,
}

fn pubspec(_: &FileInfo<'_>, text: &str) -> Parsed {
    let entries = yaml::<Pubspec>(text)?.into_iter().flat_map(|lock| lock.packages);
    Ok(distinct(entries.map(|(name, hosted)| {
        let mut found = package("pub", "", &name, hosted.version.as_deref().unwrap_or_default());
        // What comes with the SDK has no version of its own.
        found.local = matches!(hosted.source.as_deref(), Some("path" | "sdk"));
        if hosted.dependency.as_deref() == Some("direct dev") {
            found.properties.insert("scope".into(), "dev".into());
        }
        found
    })))
}

/// Lines of Elixir: `"name": {:hex, :name, "1.0.0", …}`.
fn mix(_: &FileInfo<'_>, text: &str) -> Parsed {
    let found = text.lines().filter_map(|line| {
        let (_, rest) = line.split_once("{:hex,")?;
        let mut parts = rest.split(',');
        let name = parts.next()?.trim().trim_start_matches(':').trim_matches('"');
        let version = parts.next()?.trim().strip_prefix('"')?.strip_suffix('"')?;
        (!name.is_empty()).then(|| package("hex", "", name, version))
    });
    Ok(distinct(found))
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct Podfile {
    #[serde(default)]
    pods: Vec<Pod>,
}

/// `Name (1.0.0)`, alone or as the key of what it needs.
#[derive(Deserialize)]
#[serde(untagged)]
enum Pod {
    Alone(String),
    Needs(BTreeMap<String, Vec<String>>),
}

fn podfile(_: &FileInfo<'_>, text: &str) -> Parsed {
    let pods = yaml::<Podfile>(text)?.into_iter().flat_map(|lock| lock.pods);
    let entries = pods.flat_map(|pod| match pod {
        Pod::Alone(entry) => vec![(entry, Vec::new())],
        Pod::Needs(map) => map.into_iter().collect(),
    });
    Ok(distinct(entries.filter_map(|(entry, needs)| {
        let (name, version) = entry.split_once(" (")?;
        let needs = needs.iter().filter_map(|text| text.split(' ').next()).map(str::to_owned).collect();
        // A part of a pod: the purl has it as its subpath.
        let (name, subpath) = name.split_once('/').unwrap_or((name, ""));
        Some(Found {
            subpath: subpath.to_owned(),
            needs,
            ..package("cocoapods", "", name, version.trim_end_matches(')'))
        })
    })))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Resolved {
    pins: Vec<Pin>,
    /// Of version 1.
    object: Option<Pins>,
}

#[derive(Deserialize)]
struct Pins {
    pins: Vec<Pin>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Pin {
    #[serde(alias = "repositoryURL", deserialize_with = "lenient::text")]
    location: String,
    #[serde(alias = "package", deserialize_with = "lenient::text")]
    identity: String,
    #[serde(deserialize_with = "lenient::text")]
    kind: String,
    state: Loose,
}

fn swift(_: &FileInfo<'_>, text: &str) -> Parsed {
    let resolved: Resolved = json(text)?;
    let pins = resolved.pins.into_iter().chain(resolved.object.into_iter().flat_map(|object| object.pins));
    Ok(distinct(pins.filter(|pin| !pin.identity.is_empty()).map(|pin| {
        // The namespace is the host and the owner.
        let location = without_secrets(&pin.location);
        let address = location.split_once("://").map_or("", |(_, address)| address);
        let (namespace, name) = address.rsplit_once('/').unwrap_or(("", &pin.identity));
        let stated = ["version", "revision"].map(|key| pin.state.get(key)).into_iter().find(|text| !text.is_empty());
        let name = name.strip_suffix(".git").unwrap_or(name);
        let found = package("swift", namespace, name, stated.unwrap_or_default());
        Found { local: pin.kind.starts_with("local"), ..found }
    })))
}

#[derive(Deserialize)]
struct Stack {
    #[serde(default)]
    packages: Vec<StackEntry>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct StackEntry {
    completed: Completed,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Completed {
    hackage: Option<String>,
    name: Option<String>,
    version: Option<String>,
}

fn stack(_: &FileInfo<'_>, text: &str) -> Parsed {
    let entries = yaml::<Stack>(text)?.into_iter().flat_map(|lock| lock.packages);
    Ok(distinct(entries.filter_map(|StackEntry { completed }| {
        // `name-1.0.0@sha256:…,size`
        let plain = completed.hackage.as_deref().and_then(|text| text.split('@').next());
        if let Some((name, version)) = plain.and_then(|text| text.rsplit_once('-')) {
            return Some(package("hackage", "", name, version));
        }
        Some(package("hackage", "", &completed.name?, completed.version.as_deref().unwrap_or_default()))
    })))
}

/// The fields of a file in Debian's form.
fn description(_: &FileInfo<'_>, text: &str) -> Parsed {
    let mut fields: BTreeMap<&str, String> = BTreeMap::new();
    let mut last = "";
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some(value) = fields.get_mut(last) {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            last = name;
            fields.insert(name, value.trim().to_owned());
        }
    }
    let mut field = |name| fields.remove(name).unwrap_or_default();
    let (name, version) = (field("Package"), field("Version"));
    // Other programs have files of this name; only an installed package says how it was built.
    if name.is_empty() || version.is_empty() || field("Built").is_empty() {
        return Ok(Vec::new());
    }
    let license = field("License");
    let needs = [field("Depends"), field("Imports")].join(",");
    let needs = needs.split(',').filter_map(|text| text.split('(').next()).map(str::trim);
    Ok(vec![Fact::Package(Box::new(Found {
        licenses: if license.is_empty() { Vec::new() } else { vec![license] },
        author: field("Author"),
        supplier: field("Maintainer"),
        description: field("Title"),
        homepage: field("URL").split([',', ' ']).next().unwrap_or_default().to_owned(),
        needs: needs.filter(|name| !name.is_empty() && *name != "R").map(str::to_owned).collect(),
        ..package("cran", "", &name, &version)
    }))])
}

#[cfg(test)]
mod tests {
    use super::super::Place::Folder;
    use crate::sbom::catalog::languages::testing::{count_shared, found, in_folder, in_image, one, summary};

    #[test]
    fn each_small_lock_is_read() {
        let rows = [
            (
                "conan.lock",
                r#"{"graph_lock": {"nodes": {"0": {"path": "x"}, "1": {"ref": "zlib/1.2.13#abc"}, "2": {"ref": "cmake/3.0@u/stable", "context": "build"}}}}"#,
                "zlib@1.2.13 u/cmake@3.0?",
            ),
            (
                "conan.lock",
                r#"{"version": "0.5", "requires": ["zlib/1.3#abc%1.0"], "build_requires": ["cmake/3.1#x"]}"#,
                "cmake@3.1? zlib@1.3",
            ),
            (
                "pubspec.lock",
                "packages:\n  http:\n    dependency: transitive\n    source: hosted\n    version: \"0.13\"\n  own:\n    source: path\n    version: 1.0\n  \
                lints:\n    dependency: \"direct dev\"\n    version: \"2.0\"\n",
                "http@0.13 lints@2.0? own@1.0!",
            ),
            (
                "mix.lock",
                "%{\n  \"jason\": {:hex, :jason, \"1.4.0\", \"00\", [:mix], [{:decimal, \"~> 1.0\", [hex: :decimal]}], \"hexpm\", \"11\"},\n  \
                \"own\": {:git, \"https://g.example\", \"abc\", []},\n}\n",
                "jason@1.4.0",
            ),
            (
                "Podfile.lock",
                "PODS:\n  - A (1.0):\n    - B/Core (~> 2)\n  - B/Core (2.0)\n\nDEPENDENCIES:\n  - A\n",
                "A@1.0 B@2.0",
            ),
            (
                "Package.resolved",
                r#"{"pins": [{"identity": "nio", "location": "https://g.example/apple/nio.git", "state": {"revision": "abc", "version": "2.0"}}], "version": 2}"#,
                "g.example/apple/nio@2.0",
            ),
            (
                "stack.yaml.lock",
                "packages:\n- completed:\n    hackage: text-short-1.0@sha256:ab,1\n  original:\n    hackage: text-short-1.0\n",
                "text-short@1.0",
            ),
            (
                "Package.resolved",
                r#"{"pins": [{"identity": "nio", "location": "https://u:TOKEN@g.example/apple/nio.git", "state": {"version": "2.0"}}], "version": 2}"#,
                "g.example/apple/nio@2.0",
            ),
        ];
        for (path, content, expected) in &rows {
            assert_eq!(summary(in_folder(path, content)), *expected, "{path}");
            assert_eq!(summary(in_image(path, content)), "", "{path}");
        }
        println!("{} locks", rows.len());
        assert_eq!(found(in_folder("Podfile.lock", rows[4].1))[1].subpath, "Core");
    }

    #[test]
    fn an_installed_package_of_r_says_how_it_was_built() {
        let text = "Package: acme\nVersion: 1.2-3\nTitle: Cuts\nLicense: GPL (>= 2)\nDepends: R (>= 3.5),\n  rlang (>= 1)\nImports: cli\nBuilt: R 4.2\n";
        let found = one(in_image("usr/lib/R/library/acme/DESCRIPTION", text));
        assert_eq!(
            (&*found.kind, &*found.version, &found.needs[..]),
            ("cran", "1.2-3", &["rlang".to_owned(), "cli".to_owned()][..])
        );
        assert_eq!(in_image("src/DESCRIPTION", "Package: acme\nVersion: 1\n"), []);
    }

    #[test]
    fn the_peers_files_are_read() {
        count_shared(&[
            (Folder, "trivy/repo/conan/conan.lock", "conan.lock", 7),
            (Folder, "trivy/repo/pubspec/pubspec.lock", "pubspec.lock", 2),
            (Folder, "trivy/repo/mixlock/mix.lock", "mix.lock", 10),
            (Folder, "trivy/repo/cocoapods/Podfile.lock", "Podfile.lock", 1),
            (Folder, "trivy/repo/swift/Package.resolved", "Package.resolved", 2),
        ]);
    }
}
