//! `Cargo.lock` of Rust (doc.rust-lang.org/cargo).

use serde::Deserialize;

use super::lenient;
use super::purl::vcs_url;
use super::text_file::{Parsed, TextFile, distinct, toml};
use super::{FileInfo, Found, Place};
use crate::address::without_secrets;

pub(super) const CATALOGER: TextFile = TextFile {
    name: "cargo-lock",
    wants: |file| file.place == Place::Folder && file.file_name() == "Cargo.lock",
    parse,
};

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Entry>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    #[serde(deserialize_with = "lenient::text")]
    name: String,
    #[serde(deserialize_with = "lenient::text")]
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    dependencies: Vec<String>,
}

fn parse(_: &FileInfo<'_>, text: &str) -> Parsed {
    let entries = toml::<Lock>(text)?.package.into_iter().filter(|entry| !entry.name.is_empty());
    Ok(distinct(entries.map(|entry| {
        let mut found = Found {
            kind: "cargo".into(),
            name: entry.name,
            version: entry.version,
            // A crate of a folder: it may have the name of another that is published.
            local: entry.source.is_none(),
            hashes: entry.checksum.into_iter().map(|hex| format!("sha256:{hex}")).collect(),
            // `name`, or `name version`, or `name version (source)` where that is needed.
            needs: entry.dependencies.iter().filter_map(|text| text.split(' ').next()).map(str::to_owned).collect(),
            ..Found::default()
        };
        found.qualifiers.extend(entry.source.as_deref().and_then(origin));
        found
    })))
}

/// The qualifier for what does not come from crates.io.
fn origin(source: &str) -> Option<(String, String)> {
    if let Some((url, commit)) = source.strip_prefix("git+").and_then(|git| git.split_once('#')) {
        let url = url.split('?').next().unwrap_or(url);
        return Some(("vcs_url".into(), vcs_url("git", url, commit)));
    }
    let registry = source.strip_prefix("registry+").or_else(|| source.strip_prefix("sparse+"))?;
    let of_crates_io = ["https://github.com/rust-lang/crates.io-index", "https://index.crates.io/"].contains(&registry);
    (!of_crates_io).then(|| ("repository_url".into(), without_secrets(registry).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::Place::Folder;
    use crate::sbom::catalog::Fact;
    use crate::sbom::catalog::languages::testing::{count_shared, in_folder, summary};

    #[test]
    fn a_crate_of_a_folder_is_local() {
        let text = "version = 4\n[[package]]\nname = \"telemetry\"\nversion = \"0.1.0\"\ndependencies = [\n \"serde\",\n \"rand 0.8.5 (registry+https://i.example)\",\n]\n\
            [[package]]\nname = \"serde\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"ab\"\n\
            [[package]]\nname = \"forked\"\nversion = \"2.0.0\"\nsource = \"git+https://g.example/f?branch=main#abc\"\n\
            [[package]]\nname = \"ours\"\nversion = \"3.0.0\"\nsource = \"sparse+https://i.example/\"\n";
        let facts = in_folder("Cargo.lock", text);
        assert_eq!(summary(facts.clone()), "forked@2.0.0 ours@3.0.0 serde@1.0.0 telemetry@0.1.0!");
        let [Fact::Package(forked), Fact::Package(ours), Fact::Package(serde), Fact::Package(telemetry)] = &facts[..]
        else {
            panic!()
        };
        assert_eq!(forked.qualifiers["vcs_url"], "git+https://g.example/f@abc");
        assert_eq!(ours.qualifiers["repository_url"], "https://i.example/");
        assert_eq!((&serde.hashes[..], serde.qualifiers.len()), (&["sha256:ab".to_owned()][..], 0));
        assert_eq!(telemetry.needs, ["rand", "serde"]);
    }

    #[test]
    fn what_lets_one_into_a_repository_stays_in_the_lock() {
        let text = "version = 4\n\
            [[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"git+https://oauth2:TOKEN@g.example/a?tag=1#abc\"\n\
            [[package]]\nname = \"b\"\nversion = \"1.0.0\"\nsource = \"sparse+https://TOKEN@i.example/?key=TOKEN\"\n";
        let facts = in_folder("Cargo.lock", text);
        let [Fact::Package(a), Fact::Package(b)] = &facts[..] else { panic!("{facts:?}") };
        assert_eq!(a.qualifiers["vcs_url"], "git+https://g.example/a@abc");
        assert_eq!(b.qualifiers["repository_url"], "https://i.example/");
    }

    #[test]
    fn the_peers_files_are_read() {
        count_shared(&[
            (Folder, "syft/cataloger/rust/testdata/Cargo.lock", "Cargo.lock", 14),
            (Folder, "syft/cataloger/rust/testdata/path-deps/Cargo.lock", "Cargo.lock", 3),
            (Folder, "trivy/repo/cargo/Cargo.lock", "Cargo.lock", 10),
        ]);
    }
}
