//! Reports of Trivy as SBOMs.

use serde_json::{Value, json};

use super::super::catalog::testing::damaged;
use super::super::write_tests::write;
use super::super::{Kind, LicenseStage, Relation, Sbom};
use crate::error::ErrorKind;
use crate::model::Digest;

fn parse(document: &Value) -> Sbom<'static> {
    Sbom::parse(document.to_string().as_bytes()).unwrap().into_owned()
}

fn image() -> Value {
    let layer = json!({"Digest": format!("sha256:{}", "1".repeat(64)), "DiffID": format!("sha256:{}", "2".repeat(64))});
    json!({
        "SchemaVersion": 2, "Trivy": {"Version": "0.74.0"}, "ReportID": "r", "CreatedAt": "2026-01-01T00:00:00.000000001Z",
        "ArtifactName": "e.org/app:1", "ArtifactType": "container_image",
        "Metadata": {"OS": {"Family": "debian", "Name": "12.5", "EOSL": false}, "ImageID": Digest::of(b"configuration"),
            "RepoDigests": [format!("e.org/app@{}", Digest::of(b"image"))], "ImageConfig": {"architecture": "amd64"}},
        "Results": [
            {"Target": "e.org/app:1 (debian 12.5)", "Class": "os-pkgs", "Type": "debian", "Packages": [
                {"ID": "bash@5.2-1", "Name": "bash", "Identifier": {"PURL": "pkg:deb/debian/bash@5.2-1?distro=debian-12.5&epoch=1", "UID": "u1"},
                 "Version": "5.2", "Release": "1", "Epoch": 1, "Arch": "amd64", "SrcName": "bash", "SrcVersion": "5.2", "SrcRelease": "1",
                 "Licenses": ["GPL-3.0-or-later", "GFDL-1.3-no-invariants-only"], "Maintainer": "M <m@e.org>", "DependsOn": ["libc6@2.36-9"],
                 "Layer": layer, "Digest": "md5:00ff", "InstalledFiles": ["/bin/bash", "/usr/share/doc"], "AnalyzedBy": "dpkg"},
                {"ID": "libc6@2.36-9", "Name": "libc6", "Identifier": {"PURL": "pkg:deb/debian/libc6@2.36-9", "UID": "u2"}, "Version": "2.36",
                 "Release": "9", "Layer": layer, "InstalledFiles": ["/usr/share/doc"]}]},
            {"Target": "Node.js", "Class": "lang-pkgs", "Type": "node-pkg", "Packages": [
                {"ID": "a@1.0.0", "Name": "a", "Identifier": {"PURL": "pkg:npm/a@1.0.0"}, "Version": "1.0.0", "Licenses": null,
                 "FilePath": "app/node_modules/a/package.json", "Relationship": "root"},
                {"ID": "a@1.0.0", "Name": "a", "Version": "1.0.0", "FilePath": "other/package.json", "DependsOn": ["ghost@1"]}],
             "Vulnerabilities": [{"VulnerabilityID": "CVE-2026-1", "PkgName": "a"}]},
        ],
    })
}

#[test]
fn a_report_that_lists_packages_is_read_as_an_sbom() {
    let sbom = parse(&image());
    assert_eq!((sbom.format.to_string().as_str(), &sbom.describes[..]), ("Trivy-2", &[Digest::of(b"image")][..]));
    assert_eq!((sbom.metadata.name.as_deref(), sbom.metadata.tools[0].as_str()), (Some("e.org/app:1"), "trivy-0.74.0"));
    let [subject, system, bash, libc, a, other] = &sbom.packages[..] else { panic!("{sbom:?}") };
    assert_eq!(
        (subject.kind, sbom.metadata.subject.as_ref(), sbom.listed().count()),
        (Kind::Container, Some(&subject.id), 4)
    );
    assert_eq!(
        (system.kind, system.name.as_str(), system.version.as_deref()),
        (Kind::OperatingSystem, "debian", Some("12.5"))
    );
    assert_eq!((bash.version.as_deref(), bash.supplier.as_deref()), (Some("1:5.2-1"), Some("M <m@e.org>")));
    assert_eq!(bash.purl.as_deref(), Some("pkg:deb/debian/bash@5.2-1?distro=debian-12.5&epoch=1"));
    let licenses: Vec<_> = bash.licenses.iter().map(|license| (license.text.as_str(), license.stage)).collect();
    let declared = LicenseStage::Declared;
    assert_eq!(licenses, [("GPL-3.0-or-later", declared), ("GFDL-1.3-no-invariants-only", declared)]);
    assert_eq!((bash.hashes[0].algorithm.as_str(), bash.hashes[0].value.as_str()), ("md5", "00ff"));
    let property = |package: &super::super::Package<'_>, name: &str| {
        let name = format!("aquasecurity:trivy:{name}");
        package.properties.iter().find(|(known, _)| *known == name.as_str()).map(|(_, value)| value.to_string())
    };
    assert_eq!(property(bash, "LayerDiffID"), Some(format!("sha256:{}", "2".repeat(64))));
    assert_eq!((property(bash, "SrcName"), property(a, "PkgType")), (Some("bash".into()), Some("node-pkg".into())));
    assert_eq!(property(a, "FilePath").as_deref(), Some("app/node_modules/a/package.json"));
    assert_eq!((bash.rest.get("Arch"), bash.rest.get("AnalyzedBy")), (Some("\"amd64\""), Some("\"dpkg\"")));
    assert_eq!((a.kind, other.kind, a.id == other.id), (Kind::Application, Kind::Library, false));
    let paths: Vec<&str> = sbom.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["/bin/bash", "/usr/share/doc"]);
    let needs = |from: &str| {
        let edges =
            sbom.relationships.iter().filter(move |edge| edge.from == *from && edge.relation == Relation::DependsOn);
        edges.map(|edge| edge.to.to_string()).collect::<Vec<_>>()
    };
    assert_eq!((needs(&bash.id), needs(&libc.id)), (vec![libc.id.to_string()], vec![]));
    let found: Vec<_> = sbom.findings.iter().map(|finding| (&*finding.code, finding.position.as_str())).collect();
    assert_eq!(found, [("dangling-reference", "ghost@1")]);
}

#[test]
fn it_is_written_in_other_formats() {
    let sbom = parse(&image());
    for format in ["spdx-2.3", "spdx-3.0", "cyclonedx-1.6"] {
        let (document, _) = write(&sbom, format);
        let again = parse(&document);
        assert_eq!((again.packages.len(), again.listed().count()), (6, 4), "{format}");
        let purls = |sbom: &Sbom<'_>| sbom.packages.iter().filter(|package| package.purl.is_some()).count();
        assert_eq!(purls(&again), purls(&sbom), "{format}");
    }
    let (document, _) = write(&sbom, "cyclonedx-1.6");
    assert!(document.to_string().contains("aquasecurity:trivy:LayerDigest"));
    assert_eq!(sbom.write(&sbom.format).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn a_report_without_packages_is_no_sbom_and_other_schemas_are_told() {
    let mut document = image();
    for result in document["Results"].as_array_mut().unwrap() {
        result["Packages"] = json!(null);
    }
    let error = Sbom::parse(document.to_string().as_bytes()).unwrap_err();
    assert_eq!(
        (error.kind(), error.hint_text().is_some_and(|hint| hint.contains("--list-all-pkgs"))),
        (ErrorKind::Invalid, true)
    );
    document["Results"] = json!(null);
    assert_eq!(Sbom::parse(document.to_string().as_bytes()).unwrap_err().kind(), ErrorKind::Invalid);
    let of = |version: Value| {
        let mut document = image();
        document["SchemaVersion"] = version;
        Sbom::parse(document.to_string().as_bytes()).map(Sbom::into_owned)
    };
    assert!(of(json!(3)).unwrap().findings.iter().any(|finding| finding.code == "newer-version"));
    for version in [json!(1), json!("x"), json!(null)] {
        assert_eq!(of(version).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}

#[test]
fn broken_packages_lose_no_others() {
    let mut document = image();
    let packages = document["Results"][0]["Packages"].as_array_mut().unwrap();
    packages.extend([json!(7), json!({"Identifier": null}), json!({"Name": {"no": "text"}, "ID": "x"})]);
    packages.push(packages[0].clone());
    let sbom = parse(&document);
    assert_eq!(sbom.packages.len(), 9);
    let found: Vec<_> = sbom.findings.iter().map(|finding| (&*finding.code, finding.position.as_str())).collect();
    let of = |code| found.iter().filter(|(known, _)| *known == code).map(|(_, position)| *position).collect::<Vec<_>>();
    assert_eq!(of("unreadable"), ["Results[0].Packages[2]", "Results[0].Packages[4].Name"]);
    assert_eq!((of("missing-name").len(), of("repeated-id")), (2, vec!["u1"]));
}

#[test]
fn damaged_reports_end_in_an_answer() {
    damaged("trivy", image().to_string().as_bytes(), |bytes| {
        if let Ok(sbom) = Sbom::parse(bytes) {
            let (document, _) = write(&sbom, "spdx-3.0");
            assert_eq!(parse(&document).packages.len(), sbom.packages.len(), "{document}");
        }
    });
}

/// The reports of the collection that list packages.
#[test]
fn the_shared_reports_are_read_whole() {
    let Some(folder) = crate::document::shared_data("sbom/trivy/golden") else { return };
    let mut counted = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let Ok(document) = serde_json::from_slice::<Value>(&bytes) else { continue };
        if document["SchemaVersion"].is_null() {
            continue;
        }
        let name = path.display();
        let results = document["Results"].as_array().cloned().unwrap_or_default();
        let packages = results.iter().map(|result| result["Packages"].as_array().map_or(0, Vec::len)).sum::<usize>();
        let needs = results.iter().filter_map(|result| result["Packages"].as_array()).flatten();
        let needs = needs.map(|package| package["DependsOn"].as_array().map_or(0, Vec::len)).sum::<usize>();
        if packages == 0 {
            assert_eq!(Sbom::parse(&bytes).unwrap_err().kind(), ErrorKind::Invalid, "{name}");
            continue;
        }
        let sbom = Sbom::parse(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(sbom.listed().count(), packages, "{name}");
        let edges = sbom.relationships.iter().filter(|edge| edge.relation == Relation::DependsOn).count();
        assert_eq!((edges, &sbom.findings[..]), (needs, &[][..]), "{name}");
        counted = (counted.0 + 1, counted.1 + packages);
        for format in ["spdx-2.3", "spdx-3.0", "cyclonedx-1.6"] {
            let (document, _) = write(&sbom, format);
            assert_eq!(parse(&document).packages.len(), sbom.packages.len(), "{name} as {format}");
        }
    }
    println!("{} reports of Trivy with {} packages are read", counted.0, counted.1);
    assert!(counted.0 >= 20, "{counted:?}");
}
