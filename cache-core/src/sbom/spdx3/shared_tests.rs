//! The documents of the collection.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use super::super::write_tests::{said, write};
use super::super::{Format, Package, Sbom, Text};

/// The documents of the collection that are graphs.
fn shared() -> Option<Vec<(PathBuf, Vec<u8>)>> {
    let mut open = vec![crate::document::shared_data("sbom")?];
    let mut found = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            let bytes = std::fs::read(&path).unwrap();
            if memchr::memmem::find(&bytes, b"\"@graph\"").is_some() {
                found.push((path, bytes));
            }
        }
    }
    Some(found)
}

/// Row 8 of the peers' defects among them: example10, which Trivy refuses.
#[test]
fn the_shared_documents_are_read_whole_and_written_again() {
    let Some(documents) = shared() else { return };
    let mut counted = (0, 0);
    for (path, bytes) in documents {
        let (name, document) = (path.display(), serde_json::from_slice::<Value>(&bytes).unwrap());
        let sbom = Sbom::parse(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        let of = |classes: &[&str]| {
            let elements = document["@graph"].as_array().unwrap().iter();
            elements.filter(|element| element["type"].as_str().is_some_and(|class| classes.contains(&class))).count()
        };
        assert_eq!(sbom.packages.len(), of(&["software_Package", "ai_AIPackage", "dataset_DatasetPackage"]), "{name}");
        assert_eq!(sbom.files.len(), of(&["software_File"]), "{name}");
        assert_eq!(sbom.license_texts.len(), of(&["expandedlicensing_CustomLicense"]), "{name}");
        let (again, lost) = write(&sbom, "spdx-3.0");
        assert_eq!(said(again), said(document), "{name}");
        assert!(lost.is_empty(), "{name}: {lost:?}");
        counted = (counted.0 + 1, counted.1 + sbom.packages.len());
        for format in ["spdx-2.3", "cyclonedx-1.6"] {
            let bytes = sbom.write(&Format::parse(format).unwrap()).unwrap().bytes;
            let converted = Sbom::parse(&bytes).unwrap();
            assert_eq!(converted.packages.len(), sbom.packages.len(), "{name} as {format}");
        }
    }
    println!("{} graphs with {} packages are the same when they are read and written", counted.0, counted.1);
    assert!(counted.0 >= 34, "{counted:?}");
}

/// The examples that there are as SPDX 2 and as SPDX 3.
#[test]
fn the_shared_pairs_say_the_same() {
    let Some(root) = crate::document::shared_data("sbom/spdx/spdx-examples/software") else { return };
    let pairs = [
        ("example8/spdx2.3/examplemaven-0.0.1.spdx.json", "example8/spdx3.0/examplemaven-0.0.1.spdx3.json"),
        ("example9/spdx2.2/appbomination.spdx.json", "example9/spdx3.0/appbomination.spdx3.json"),
        ("example10/spdx2.3/hello-source.spdx.json", "example10/spdx3.0/hello-source.spdx3.json"),
        ("example12/spdx2.2/hello-src.spdx.json", "example12/spdx3.0/hello-src.spdx3.json"),
        ("example6/spdx2.2/example6-lib.spdx", "example6/spdx3.0/example6-lib.json"),
        ("example4/spdx2.2/example4-bin.spdx", "example4/spdx3.0/example4-bin.json"),
    ];
    for (two, three) in pairs {
        let read = |name| std::fs::read(root.join(name)).unwrap();
        let (two_bytes, three_bytes) = (read(two), read(three));
        let (old, new) = (Sbom::parse(&two_bytes).unwrap(), Sbom::parse(&three_bytes).unwrap());
        let packages = |sbom: &Sbom<'_>| {
            let said = |package: &Package<'_>| {
                // One of the converters sorts what stands between the operators.
                let words = |text: &str| {
                    let words = text.split([' ', '(', ')']).filter(|word| !word.is_empty()).map(str::to_owned);
                    words.collect::<BTreeSet<_>>()
                };
                let licenses: BTreeSet<_> = package.licenses.iter().map(|l| (l.stage, words(&l.text))).collect();
                let text = |text: &Option<Text<'_>>| text.as_deref().unwrap_or_default().to_owned();
                (
                    package.name.to_string(),
                    text(&package.version),
                    text(&package.purl),
                    text(&package.supplier),
                    licenses,
                )
            };
            sbom.packages.iter().map(said).collect::<BTreeSet<_>>()
        };
        assert_eq!(packages(&new), packages(&old), "{three}");
        let paths = |sbom: &Sbom<'_>| sbom.files.iter().map(|file| file.path.to_string()).collect::<BTreeSet<_>>();
        assert!(paths(&new).is_superset(&paths(&old)), "{three}");
    }
}
