//! The shared documents: what scanners test with, the examples of CycloneDX and CSAF, and CSAF's own test cases.

use std::path::{Path, PathBuf};

use super::*;
use crate::document::shared_data;

fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The statements of a document that is read.
fn statements(path: &Path) -> Vec<VexStatement> {
    Vex::parse(&std::fs::read(path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display())).statements
}

#[test]
fn the_documents_of_two_scanners_are_read() {
    let Some(folder) = shared_data("sbom/vex") else { return };
    let of = |path: &str| statements(&folder.join(path));
    let count = |path: &str| of(path).len();
    for (path, expected) in [
        ("grype/testdata/vex-docs/openvex-demo1.json", 1),
        ("grype/testdata/vex-docs/openvex-demo2.json", 5),
        ("grype/testdata/vex-docs/csaf-demo1.json", 1),
        ("grype/testdata/vex-docs/csaf-demo2.json", 1),
        ("trivy/openvex.json", 1),
        ("trivy/openvex-multiple.json", 2),
        ("trivy/openvex-nested.json", 1),
        ("trivy/cyclonedx.json", 2),
        ("trivy/csaf.json", 1),
        ("trivy-integration/file/openvex.json", 1),
    ] {
        assert_eq!(count(path), expected, "{path}");
    }
    let multiple = of("trivy/openvex-multiple.json");
    assert!(multiple[0].at < multiple[1].at && multiple[1].status == VexStatus::NotAffected);
    let related = of("trivy/csaf-relationships.json");
    assert!(related.iter().flat_map(|statement| &statement.products).any(|product| product.component.is_some()));
    assert!(Vex::parse(&std::fs::read(folder.join("trivy/unknown.json")).unwrap()).is_err());
}

#[test]
fn the_examples_of_cyclonedx_are_read() {
    let Some(folder) = shared_data("sbom/cyclonedx/bom-examples/VEX") else { return };
    let mut with_statements = 0;
    for path in files(&folder).iter().filter(|path| path.ends_with("vex.json")) {
        let vex = Vex::parse(&std::fs::read(path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        with_statements += usize::from(!vex.statements.is_empty() || !vex.problems.is_empty());
    }
    assert!(with_statements >= 10, "{with_statements}");
}

/// Documents that break CSAF's rules may be read or refused; those that keep them are read, and never with a panic.
#[test]
fn the_examples_and_test_cases_of_csaf_are_read() {
    let Some(folder) = shared_data("sbom/vex") else { return };
    let (mut read, mut said, mut refused) = (0, 0, Vec::new());
    for version in ["csaf-examples/csaf", "csaf-2.0", "csaf-2.1"] {
        for path in files(&folder.join(version)) {
            let bytes = std::fs::read(&path).unwrap();
            if !String::from_utf8_lossy(&bytes).contains("\"csaf_version\"") {
                continue;
            }
            match Vex::parse(&bytes) {
                Ok(vex) => {
                    read += 1;
                    said += vex.statements.len();
                }
                Err(error) => refused.push(format!("{}: {error}", path.display())),
            }
        }
    }
    println!("{read} documents with {said} statements; refused: {refused:#?}");
    assert!(read > 400 && said > 50 && refused.len() < read / 20, "{read} {said} {}", refused.len());
}

/// The specification has each of its documents in both forms.
#[test]
fn xml_and_json_of_the_specification_say_the_same() {
    let Some(folder) = shared_data("sbom/cyclonedx/spec-tests") else { return };
    for version in ["1.4", "1.5", "1.6", "1.7"] {
        let read = |extension: &str| {
            let path = folder.join(version).join(format!("valid-vulnerability-{version}.{extension}"));
            Vex::parse(&std::fs::read(&path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        };
        let (json, xml) = (read("json"), read("xml"));
        // Its ranges name an order that cannot read their versions, or do not rise, which is told in both.
        assert!(json.statements.len() + json.problems.len() > 0, "{version}");
        assert_eq!(json, xml, "{version}");
    }
}
