//! `sbom` and `scan`.

use serde_json::json;

use crate::{Place, Ran, layouts};

const FINDINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/findings");

const PACKAGE: (&str, &str) = ("node_modules/lodash/package.json", r#"{"name": "lodash", "version": "4.17.15"}"#);
const LOCK: &str = r#"{"lockfileVersion": 3, "packages": {"node_modules/lodash": {"version": "4.17.15"}}}"#;
const PURL: &str = "pkg:npm/lodash@4.17.15\n";
const FOUND: &str = "high\tCVE-2026-1\tlodash\t4.17.15\t4.17.21\n";

/// An image and a folder with the same package.
fn packages() -> Place {
    let place = Place::empty();
    layouts::write(&place.path("image"), &[PACKAGE], None).unwrap();
    place.write("folder/package-lock.json", LOCK);
    place
}

#[test]
fn an_sbom_is_made_of_an_image_and_of_a_folder_and_read() {
    let place = packages();
    let of_image = place.told("sbom", &["oci:image:v1"]);
    assert!(of_image.starts_with("pkg:oci/image@sha256:") && of_image.ends_with(PURL), "{of_image}");
    assert_eq!(place.told("sbom", &["dir:folder"]), PURL);
    let cached = ["oci:image:v1", "--cache", "layers", "--format", "spdx-2.3"];
    let spdx = place.told("sbom", &cached);
    assert!(place.path("layers").read_dir().unwrap().next().is_some());
    assert_eq!(place.told("sbom", &["oci:image:v1", "--cache", "layers"]), of_image);
    place.write("app.spdx.json", &spdx);
    assert_eq!(place.json("app.spdx.json")["spdxVersion"], "SPDX-2.3");
    assert!(place.told("sbom", &["file:app.spdx.json"]).contains(PURL));
    let xml = place.told("sbom", &["file:app.spdx.json", "--format", "cyclonedx-1.6-xml"]);
    assert!(xml.starts_with("<?xml") && xml.contains("<name>lodash</name>"), "{xml}");
    for wrong in [&["oci:image:v2"][..], &["file:absent"], &["dir:folder", "--format", "word-97"], &[]] {
        let ran = place.run("sbom", wrong);
        assert!(ran.code == Some(1) && ran.out.is_empty() && ran.err.starts_with("error: "), "{ran:?}");
    }
}

fn scan<'a>(words: &[&'a str]) -> Vec<&'a str> {
    [&["--database", "cache.db"], words].concat()
}

#[test]
fn a_database_is_made_and_an_image_a_folder_and_sboms_scanned() {
    let place = packages();
    let advisory = json!({
        "id": "GHSA-1", "modified": "2026-01-02T03:04:05Z", "aliases": ["CVE-2026-1"],
        "database_specific": {"severity": "HIGH"},
        "affected": [{"package": {"ecosystem": "npm", "name": "lodash"},
                      "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "4.17.21"}]}]}],
    });
    place.write("osv/npm/GHSA-1.json", &advisory.to_string());
    let made = place.run("scan", &scan(&["--build-database", "osv"]));
    assert!(made.code == Some(0) && made.err.contains("cache.db: 1 advisories about 1 packages"), "{made:?}");
    assert!(place.told("scan", &scan(&["--info"])).contains("\"advisories\": 1"));

    assert_eq!(place.told("scan", &scan(&["oci:image:v1"])), FOUND);
    assert_eq!(place.told("scan", &scan(&["dir:folder"])), FOUND);
    place.write("sboms/app.cdx.json", &place.told("sbom", &["oci:image:v1", "--format", "cyclonedx-1.6"]));
    assert_eq!(place.told("scan", &scan(&["--sbom", "sboms/app.cdx.json"])), FOUND);
    place.write("report.json", &place.told("scan", &scan(&["dir:folder", "--format", "json"])));
    assert_eq!(place.json("report.json")["findings"][0]["fixedIn"], "4.17.21");
    assert_eq!(place.told("scan", &scan(&["--sboms", "sboms", "--threads", "2"])), "sboms/app.cdx.json\t1\n");

    // The report is what `scan-report` judges.
    let judge = |limit| {
        let policy = format!("scan_policy: {{promotion_to_prod: {{max_high: {limit}}}}}\n");
        place.write("policy.yaml", &policy);
        place.run("scan-report", &["--report", "report.json", "--policy", "policy.yaml", "--environment", "prod"])
    };
    let stopped = judge(0);
    assert!(stopped.code == Some(2) && stopped.out.contains("CVE-2026-1"), "{stopped:?}");
    assert_eq!(judge(1).code, Some(0));

    std::fs::write(place.path("cache.db"), "no database").unwrap();
    let damaged = place.run("scan", &scan(&["dir:folder"]));
    assert!(damaged.code == Some(1) && damaged.err.starts_with("error: "), "{damaged:?}");
    assert_eq!(place.run("scan", &["dir:folder"]).code, Some(1));
}

/// A report that is judged, at the instant at which the other languages judge it.
fn judged(place: &Place, more: &[&str]) -> Ran {
    let words = ["--report", "FOLDER/report.json", "--clock", "2026-03-01T12:00:00Z"].iter().chain(more);
    let words: Vec<String> = words.map(|word| word.replace("FOLDER", FINDINGS)).collect();
    place.run("scan-report", &words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// gates.md B2 10: what stops the image is told by more than words.
#[test]
fn b2_10_what_is_stopped_is_told_and_written() {
    let place = Place::empty();
    let given = ["--policy", "FOLDER/policy.yaml", "--vex", "FOLDER/vex.json", "--sbom", "FOLDER/sbom.cdx.json"];
    let written = ["--out", ".", "--format", "html", "--format", "sarif", "--format", "json"];
    let image = ["--image", "registry.example.com/team/app:v1"];
    let ran = judged(&place, &[&given[..], &image, &written].concat());
    assert!(ran.code == Some(2) && ran.out.contains("is stopped"), "{ran:?}");
    assert!(place.read("scan-report.html").starts_with("<!doctype html>"));
    assert!(place.read("scan-report.sarif.json").contains("\"2.1.0\""));
    // The same as in the other languages.
    assert_eq!(place.read("scan-report.json"), std::fs::read_to_string(format!("{FINDINGS}/assessment.json")).unwrap());
}

#[test]
fn a_milder_policy_lets_it_go_on_and_no_policy_is_an_error() {
    let place = Place::empty();
    let mild = "scan_policy: {promotion_to_prod: {max_critical: any, max_high: any}}";
    assert_eq!(judged(&place, &["--policy", mild]).code, Some(0));
    for wrong in [&["--policy", "no-such-file.yaml"][..], &["--format", "pdf"], &["--out"], &["--what", "x"]] {
        assert_eq!(judged(&place, wrong).code, Some(1), "{wrong:?}");
    }
}
