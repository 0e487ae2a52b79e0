//! `packages.lock.json` of NuGet (learn.microsoft.com, `PackageReference` in project files).

use serde::Deserialize;

use super::lenient;
use super::text_file::{Parsed, TextFile, distinct, integrity, json};
use super::{FileInfo, Found, Place};

pub(super) const CATALOGER: TextFile = TextFile {
    name: "nuget-lock",
    wants: |file| file.place == Place::Folder && file.file_name() == "packages.lock.json",
    parse,
};

#[derive(Deserialize)]
struct Lock {
    /// By framework.
    #[serde(deserialize_with = "lenient::map")]
    dependencies: Vec<(String, Framework)>,
}

#[derive(Deserialize)]
struct Framework(#[serde(deserialize_with = "lenient::map")] Vec<(String, Entry)>);

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Entry {
    #[serde(deserialize_with = "lenient::text")]
    r#type: String,
    #[serde(deserialize_with = "lenient::text")]
    resolved: String,
    #[serde(deserialize_with = "lenient::text")]
    content_hash: String,
    #[serde(deserialize_with = "lenient::keys")]
    dependencies: Vec<String>,
}

fn parse(_: &FileInfo<'_>, text: &str) -> Parsed {
    let lock: Lock = json(text)?;
    let all = lock.dependencies.into_iter().flat_map(|(_, Framework(entries))| entries);
    Ok(distinct(all.map(|(name, entry)| Found {
        kind: "nuget".into(),
        name,
        version: entry.resolved,
        local: entry.r#type.eq_ignore_ascii_case("project"),
        hashes: integrity(&format!("sha512-{}", entry.content_hash)),
        needs: entry.dependencies,
        ..Found::default()
    })))
}

#[cfg(test)]
mod tests {
    use super::super::Place::Folder;
    use crate::sbom::catalog::languages::testing::{count_shared, found, in_folder, summary};

    #[test]
    fn packages_of_all_frameworks_are_read_once() {
        let lock = r#"{"version": 1, "dependencies": {"net8.0": {"A": {"type": "Direct", "requested": "[1.0, )", "resolved": "1.0.0", "contentHash": "AAAA",
            "dependencies": {"B": "2.0.0"}}, "B": {"type": "Transitive", "resolved": "2.0.0"}, "own": {"type": "Project"}}, "net6.0": {"A": {"resolved": "1.0.0"}}}}"#;
        let facts = in_folder("packages.lock.json", lock);
        assert_eq!(summary(facts.clone()), "A@1.0.0 B@2.0.0 own@!");
        let all = found(facts);
        assert_eq!((&all[0].needs[..], &all[0].hashes[..]), (&["B".to_owned()][..], &["sha512:000000".to_owned()][..]));
        assert!(all[1].hashes.is_empty());
    }

    #[test]
    fn the_peers_files_are_read() {
        count_shared(&[
            (Folder, "syft/cataloger/dotnet/testdata/packages.lock.json", "packages.lock.json", 9),
            (Folder, "trivy/repo/nuget/packages.lock.json", "packages.lock.json", 2),
        ]);
    }
}
