use serde_json::json;

use super::*;
use crate::error::ErrorKind;
use crate::model::Digest;

fn digest() -> Digest {
    Digest::of(b"image")
}

fn parse(value: &serde_json::Value) -> crate::Result<Report> {
    Report::parse(&serde_json::to_vec(value).unwrap())
}

fn grype() -> serde_json::Value {
    json!({
        "matches": [{
            "vulnerability": {"id": "GHSA-1", "severity": "hIgH", "fix": {"versions": ["1.2"], "state": "fixed"}},
            "relatedVulnerabilities": [{"id": "CVE-2024-1"}, {"id": "GHSA-1"}, {"id": "CVE-2024-1"}],
            "artifact": {"name": "lib", "version": "1.1", "purl": "pkg:npm/lib@1.1"},
        }, {
            "vulnerability": {"id": "CVE-2024-2", "severity": "Frightening", "fix": null},
            "artifact": {"name": "tool", "version": "2", "purl": ""},
        }],
        "source": {"type": "image", "target": {
            "imageID": Digest::of(b"config"), "manifestDigest": digest(),
            "repoDigests": [format!("r/app@{}", digest())], "architecture": "amd64", "os": "linux",
        }},
        "descriptor": {"name": "grype", "version": "0.1", "timestamp": "2026-01-02T03:04:05.678Z",
            "db": {"status": {"built": "2026-01-01T00:00:00Z"}}},
    })
}

fn trivy() -> serde_json::Value {
    json!({
        "SchemaVersion": 2, "CreatedAt": "2026-01-02T03:04:05.000000005Z",
        "Metadata": {"ImageID": Digest::of(b"config"), "RepoDigests": [format!("r/app@{}", digest())]},
        "Results": [{"Target": "os", "Class": "secret"}, {"Vulnerabilities": [{
            "VulnerabilityID": "CVE-2024-1", "PkgName": "lib", "InstalledVersion": "1.1", "FixedVersion": "1.2",
            "Severity": "CRITICAL", "PkgIdentifier": {"PURL": "pkg:npm/lib@1.1"},
        }]}],
    })
}

#[test]
fn a_grype_report_is_read() {
    let report = parse(&grype()).unwrap();
    assert_eq!((report.scanner.as_str(), report.scanner_version.as_deref()), ("grype", Some("0.1")));
    assert_eq!((&report.subjects[..], &report.image_ids[..]), (&[digest()][..], &[Digest::of(b"config")][..]));
    assert_eq!(report.scanned_at.unwrap().to_string(), "2026-01-02T03:04:05Z");
    assert_eq!(report.data_as_of.unwrap().to_string(), "2026-01-01T00:00:00Z");
    assert_eq!(report.platform.unwrap().to_string(), "linux/amd64");
    let [lib, tool] = &report.findings[..] else { panic!() };
    assert_eq!((lib.severity, &lib.aliases[..]), (Severity::High, &["CVE-2024-1".to_owned()][..]));
    assert_eq!((lib.purl.as_deref(), lib.fixed_in.as_deref()), (Some("pkg:npm/lib@1.1"), Some("1.2")));
    assert_eq!((tool.severity, &tool.purl, &tool.fixed_in), (Severity::Unknown, &None, &None));
}

#[test]
fn an_older_grype_report_says_elsewhere_how_old_its_data_is() {
    let mut older = grype();
    older["descriptor"]["db"] = json!({"built": "2025-01-01T00:00:00Z", "schemaVersion": 5});
    assert_eq!(parse(&older).unwrap().data_as_of.unwrap().to_string(), "2025-01-01T00:00:00Z");
    older["source"] = json!({"type": "directory", "target": "/src"});
    assert!(parse(&older).unwrap().subjects.is_empty());
}

#[test]
fn what_was_scanned_is_told_where_it_is_no_image() {
    let grype = |kind: &str| {
        let mut document = grype();
        document["source"] = json!({"type": kind, "target": "/src"});
        parse(&document).unwrap().target
    };
    let trivy = |kind: &str| {
        let mut document = trivy();
        document["ArtifactType"] = json!(kind);
        parse(&document).unwrap().target
    };
    for kind in ["directory", "file", "snap"] {
        assert_eq!(grype(kind).as_deref(), Some(kind));
    }
    for kind in ["filesystem", "repository", "vm"] {
        assert_eq!(trivy(kind).as_deref(), Some(kind));
    }
    // A report of an SBOM is of whatever that describes.
    for kind in ["image", "sbom-file", "unknown"] {
        assert_eq!(grype(kind), None);
    }
    for kind in ["container_image", "cyclonedx", "spdx", ""] {
        assert_eq!(trivy(kind), None);
    }
    assert_eq!(parse(&self::grype()).unwrap().target, None);
}

#[test]
fn a_trivy_report_is_read_and_its_image_id_names_no_manifest() {
    let report = parse(&trivy()).unwrap();
    assert_eq!((report.scanner.as_str(), &report.subjects[..]), ("trivy", &[digest()][..]));
    assert_eq!((report.findings.len(), report.findings[0].severity), (1, Severity::Critical));
    let mut local = trivy();
    local["Metadata"]["RepoDigests"] = json!(null);
    let local = parse(&local).unwrap();
    assert_eq!((&local.subjects[..], &local.image_ids[..]), (&[][..], &[Digest::of(b"config")][..]));
}

#[test]
fn a_trivy_report_without_results_looked_at_no_package_and_without_a_schema_is_no_report() {
    let packages = |results: serde_json::Value| {
        let report = parse(&json!({"SchemaVersion": 2, "Results": results})).unwrap();
        assert!(report.findings.is_empty());
        report.packages
    };
    assert_eq!(parse(&json!({"SchemaVersion": 2})).unwrap().packages, Some(0));
    for nothing in [json!(null), json!([]), json!([{"Target": "a", "Class": "secret"}, {"Class": "config"}])] {
        assert_eq!(packages(nothing), Some(0));
    }
    // What has packages and no vulnerability has a result of its class.
    for clean in
        [json!([{"Class": "os-pkgs", "Type": "debian"}]), json!([{"Class": "lang-pkgs"}]), json!([{"Type": "alpine"}])]
    {
        assert_eq!(packages(clean), None);
    }
    for other in [json!({"Results": []}), json!({"SchemaVersion": 1}), json!({"SchemaVersion": null}), json!([])] {
        assert_eq!(parse(&other).unwrap_err().kind(), ErrorKind::Invalid, "{other}");
    }
}

#[test]
fn the_own_format_survives_its_json() {
    let report = parse(&grype()).unwrap();
    assert_eq!(Report::parse(&serde_json::to_vec(&report).unwrap()).unwrap(), report);
    let mut own = serde_json::to_value(&report).unwrap();
    own["surprise"] = json!(1);
    assert!(parse(&own).is_err());
}

#[test]
fn a_severity_that_is_not_known_is_refused_in_the_own_format_alone() {
    let own = |word: &str| {
        let finding = |word: &str| json!({"id": "CVE-1", "severity": word, "package": "p", "version": "1"});
        parse(&json!({"scanner": "x", "packages": 3, "findings": [finding("low"), finding(word)]}))
    };
    for word in ["severe", "Crit", ""] {
        let error = own(word).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        let told = format!("not a report of Cache: findings[1].severity: unknown word `{word}`, expected one of ");
        assert!(error.to_string().starts_with(&told), "{error}");
    }
    let severity = |word: &str| own(word).unwrap().findings[1].severity;
    assert_eq!((severity("CRITICAL"), severity("moderate")), (Severity::Critical, Severity::Medium));
    assert_eq!(severity("unknown"), Severity::Unknown);
    let mut rated = json!({"scanner": "x", "findings": [{"id": "CVE-1", "severity": "low", "package": "p", "version": "1",
        "ratings": [{"source": "nvd", "severity": "hgih"}]}]});
    assert!(parse(&rated).unwrap_err().to_string().contains("findings[0].ratings[0].severity: unknown word `hgih`"));
    rated["findings"][0]["ratings"] = json!([{"source": "nvd", "severity": "high"}]);
    assert!(parse(&rated).is_ok());
    // What others call it is theirs.
    let mut trivy = trivy();
    trivy["Results"][1]["Vulnerabilities"][0]["Severity"] = json!("Crit");
    assert_eq!(parse(&trivy).unwrap().findings[0].severity, Severity::Unknown);
}

#[test]
fn what_is_no_report_is_said_without_words_of_rust() {
    let told = |text: &str| Report::parse(text.as_bytes()).unwrap_err().to_string();
    for (text, words) in [
        ("", "not a vulnerability report: the document is empty"),
        ("null", "not a vulnerability report: expected an object, not null"),
        ("7", "not a vulnerability report: expected an object, not `7`"),
        ("{\"scanner\":", "not a vulnerability report: the JSON ends too early"),
        (r#"{"scanner": "x", "packages": 3}"#, "not a report of Cache: missing field `findings`"),
        (r#"{"scanner": "x", "findings": {}}"#, "not a report of Cache: findings: expected a list, not an object"),
        (r#"{"scanner": {"result": 7}}"#, "not a vulnerability report: expected an object, not `7`"),
    ] {
        assert!(told(text).starts_with(words), "{text}: {}", told(text));
    }
}

#[test]
fn a_vuln_predicate_adds_what_the_scanner_left_out() {
    let predicate = json!({
        "scanner": {"uri": "pkg:x", "version": "0.9", "db": {"lastUpdate": "2026-02-01T00:00:00Z"}, "result": trivy()},
        "metadata": {"scanStartedOn": "2026-02-02T00:00:00Z", "scanFinishedOn": "2026-02-02T00:00:05Z"},
    });
    let report = parse(&predicate).unwrap();
    assert_eq!(report.scanner_version.as_deref(), Some("0.9"));
    assert_eq!(report.scanned_at.unwrap().to_string(), "2026-01-02T03:04:05Z");
    assert_eq!(report.data_as_of.unwrap().to_string(), "2026-02-01T00:00:00Z");
    let statement = |kind: &str| {
        let mut predicate = predicate.clone();
        predicate["scanner"]["result"]["Metadata"] = json!({});
        json!({"_type": crate::sign::STATEMENT_V01, "subject": [{"digest": {"sha256": digest().hex()}}],
            "predicateType": kind, "predicate": predicate})
    };
    assert_eq!(parse(&statement(VULN_TYPE)).unwrap().subjects, [digest()]);
    assert!(parse(&statement("https://example.com/other")).is_err());
}

#[test]
fn a_predicate_in_a_predicate_is_invalid_at_any_depth() {
    let mut text = trivy().to_string();
    for _ in 0..30 {
        text = format!("{{\"scanner\":{{\"result\":{text}}}}}");
    }
    assert_eq!(Report::parse(text.as_bytes()).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn hostile_documents_are_invalid_and_never_an_empty_report() {
    let deep = format!("{{\"matches\":{}", "[".repeat(200_000));
    let whole = grype().to_string();
    let texts = [
        "",
        "[[],{},{\"name\":\"grype\"}]",
        "{}",
        "[]",
        "null",
        "\"matches\"",
        "{\"matches\":[]}",
        "{\"matches\":null,\"descriptor\":{\"name\":\"grype\"}}",
        "{\"matches\":{},\"descriptor\":{\"name\":\"grype\"}}",
        "{\"matches\":[],\"descriptor\":{\"name\":\"other\"}}",
        "{\"matches\":[{\"vulnerability\":{}}],\"descriptor\":{\"name\":\"grype\"}}",
        "{\"SchemaVersion\":2,\"Results\":[{\"Vulnerabilities\":[{\"Severity\":\"LOW\"}]}]}",
        "{\"SchemaVersion\":2,\"SchemaVersion\":2}",
        "{\"findings\":[]}",
        "{\"spdxVersion\":\"SPDX-2.3\"}",
        &deep,
        &whole[..whole.len() - 1],
    ];
    for text in texts {
        let error = Report::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{}", &text[..text.len().min(80)]);
    }
    assert_eq!(Report::parse(b"{\"runs\":[]}").unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn the_shared_reports_are_read() {
    let Some(folder) = crate::document::shared_data("sbom/trivy/golden") else {
        return;
    };
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        if !text.starts_with("{\n  \"SchemaVersion\": 2") {
            assert!(Report::parse(text.as_bytes()).is_err(), "{}", path.display());
            continue;
        }
        let report = Report::parse(text.as_bytes()).unwrap();
        assert_eq!(report.findings.len(), text.matches("\"VulnerabilityID\":").count(), "{}", path.display());
        read += 1;
    }
    assert!(read > 50, "{read} reports are read");
}
