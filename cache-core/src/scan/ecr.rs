//! What Amazon ECR says of an image's vulnerabilities: the answers of `DescribeImageScanFindings` (2015-09-21), of basic
//! scanning and of enhanced scanning, which Inspector does.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::report::purl_of;
use super::{Finding, FixState, Note, Rating, Report, Severity};
use crate::document::{self, digest_in};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Timestamp, null_is_empty};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default, deserialize_with = "null_is_empty")]
    image_id: ImageId,
    image_scan_status: Status,
    #[serde(default, deserialize_with = "null_is_empty")]
    image_scan_findings: Findings,
    #[serde(default, deserialize_with = "null_is_empty")]
    next_token: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ImageId {
    #[serde(default, deserialize_with = "null_is_empty")]
    image_digest: String,
}

#[derive(Deserialize)]
struct Status {
    status: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    description: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Findings {
    #[serde(default, deserialize_with = "moment")]
    image_scan_completed_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "moment")]
    vulnerability_source_updated_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "null_is_empty")]
    findings: Vec<Basic>,
    #[serde(default)]
    enhanced_findings: Option<Vec<Enhanced>>,
}

#[derive(Deserialize)]
struct Basic {
    name: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    severity: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
struct Attribute {
    key: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Enhanced {
    #[serde(default, deserialize_with = "null_is_empty")]
    severity: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    status: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    title: String,
    #[serde(default)]
    package_vulnerability_details: Option<Details>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    vulnerability_id: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    related_vulnerabilities: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    source: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    cvss: Vec<Cvss>,
    #[serde(default, deserialize_with = "null_is_empty")]
    vulnerable_packages: Vec<Package>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cvss {
    #[serde(default, deserialize_with = "null_is_empty")]
    source: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    scoring_vector: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    name: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    version: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    release: String,
    #[serde(default)]
    epoch: Option<u64>,
    #[serde(default, deserialize_with = "null_is_empty")]
    package_manager: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    fixed_in_version: String,
}

/// The service writes seconds, its command line tool RFC 3339.
fn moment<'de, D: Deserializer<'de>>(d: D) -> std::result::Result<Option<Timestamp>, D::Error> {
    Ok(match Value::deserialize(d)? {
        Value::String(text) => Timestamp::parse(&text).ok(),
        Value::Number(seconds) => seconds.as_f64().and_then(|seconds| Timestamp::from_unix(seconds as i64).ok()),
        _ => None,
    })
}

impl Report {
    /// Reads all pages of `DescribeImageScanFindings` about one image.
    ///
    /// # Errors
    /// `Invalid` where a page is none, where the last is missing, or where they are about different images; `Unavailable` where
    /// the scan is not finished, `NotFound` where there was none, `Unsupported` where the image cannot be scanned, `Unexpected`
    /// where the scan failed.
    pub fn of_ecr(pages: &[&[u8]]) -> Result<Report> {
        let mut read = Vec::new();
        for page in pages {
            read.push(document::json::<Page>("findings of ECR", &document::text(page)?)?);
        }
        report(read)
    }
}

pub(super) fn parse(text: &str) -> Result<Report> {
    report(vec![document::json("findings of ECR", text)?])
}

fn report(pages: Vec<Page>) -> Result<Report> {
    let Some(last) = pages.last() else { return Err(Error::invalid("there is no page of findings")) };
    if !last.next_token.is_empty() {
        return Err(Error::invalid("these are not all findings: the last page names another"));
    }
    let digest = last.image_id.image_digest.clone();
    let is_enhanced = pages.iter().any(|page| page.image_scan_findings.enhanced_findings.is_some());
    let mut report = Report {
        scanner: if is_enhanced { "ecr/enhanced" } else { "ecr/basic" }.to_owned(),
        subjects: digest_in(&digest).into_iter().collect(),
        ..Report::default()
    };
    for page in pages {
        if page.image_id.image_digest != digest {
            return Err(Error::invalid("the pages are about different images"));
        }
        finished(&page.image_scan_status)?;
        let found = page.image_scan_findings;
        report.scanned_at = report.scanned_at.max(found.image_scan_completed_at);
        report.data_as_of = report.data_as_of.max(found.vulnerability_source_updated_at);
        report.findings.extend(found.findings.into_iter().map(basic));
        for enhanced in found.enhanced_findings.into_iter().flatten() {
            add(enhanced, &mut report);
        }
    }
    Ok(report)
}

/// Findings that are not those of a finished scan are not all.
fn finished(Status { status, description }: &Status) -> Result<()> {
    let kind = match status.as_str() {
        // Enhanced scanning goes on for as long as the image is there.
        "COMPLETE" | "ACTIVE" => return Ok(()),
        "IN_PROGRESS" | "PENDING" => ErrorKind::Unavailable,
        "UNSUPPORTED_IMAGE" => ErrorKind::Unsupported,
        "FINDINGS_UNAVAILABLE" | "SCAN_ELIGIBILITY_EXPIRED" | "IMAGE_ARCHIVED" => ErrorKind::NotFound,
        _ => ErrorKind::Unexpected,
    };
    Err(Error::new(kind, "ECR has no finished scan of this image")
        .context("status", status)
        .context("says", description))
}

/// The words of ECR, whose mildest is no other scanner's.
fn severity(word: &str) -> Severity {
    if word.eq_ignore_ascii_case("INFORMATIONAL") { Severity::Negligible } else { Severity::of(word) }
}

fn rated(source: &str, severity: Severity) -> Option<Rating> {
    let known = severity != Severity::Unknown;
    known.then(|| Rating { source: source.to_owned(), severity, score: None, vector: None })
}

fn basic(found: Basic) -> Finding {
    let value = |key: &str| {
        let attribute = found.attributes.iter().find(|attribute| attribute.key == key);
        attribute.map(|attribute| attribute.value.clone()).unwrap_or_default()
    };
    let severity = severity(&found.severity);
    let vectors = ["CVSS4_VECTOR", "CVSS3_VECTOR", "CVSS2_VECTOR"];
    let vectors = vectors.iter().filter_map(|key| Rating::vector("nvd", &value(key)));
    Finding {
        severity,
        ratings: rated("ecr", severity).into_iter().chain(vectors).collect(),
        package: value("package_name"),
        version: value("package_version"),
        id: found.name,
        ..Finding::default()
    }
}

/// One finding for each package. What is no vulnerability of a package, and what somebody suppressed, is noted.
fn add(found: Enhanced, report: &mut Report) {
    let severity = severity(&found.severity);
    let Some(details) = found.package_vulnerability_details else {
        return report.notes.push(Note {
            code: "other-kind".to_owned(),
            package: String::new(),
            version: None,
            purl: None,
            advisories: Vec::new(),
            message: format!("it is no vulnerability of a package: {}", found.title),
        });
    };
    let source = details.source.to_ascii_lowercase();
    for package in &details.vulnerable_packages {
        let (version, purl) = (version(package), purl(package));
        if matches!(found.status.as_str(), "SUPPRESSED" | "CLOSED") {
            report.notes.push(Note {
                code: found.status.to_ascii_lowercase(),
                package: package.name.clone(),
                version: Some(version),
                purl,
                advisories: vec![details.vulnerability_id.clone()],
                message: "Inspector has it and does not count it".to_owned(),
            });
            continue;
        }
        let vectors = details
            .cvss
            .iter()
            .filter_map(|cvss| Rating::vector(&cvss.source.to_ascii_lowercase(), &cvss.scoring_vector));
        let fixed = Some(&package.fixed_in_version).filter(|fixed| !matches!(fixed.as_str(), "" | "NotAvailable"));
        report.findings.push(Finding {
            id: details.vulnerability_id.clone(),
            aliases: details.related_vulnerabilities.clone(),
            severity,
            ratings: rated("inspector", severity).into_iter().chain(vectors).collect(),
            package: package.name.clone(),
            version,
            purl,
            fix_state: if fixed.is_some() { FixState::Fixed } else { FixState::Unknown },
            fixed_in: fixed.cloned(),
            sources: Some(source.clone()).filter(|source| !source.is_empty()).into_iter().collect(),
            ..Finding::default()
        });
    }
}

fn version(package: &Package) -> String {
    let epoch = package.epoch.filter(|epoch| *epoch > 0).map(|epoch| format!("{epoch}:")).unwrap_or_default();
    let dash = if package.release.is_empty() { "" } else { "-" };
    format!("{epoch}{}{dash}{}", package.version, package.release)
}

/// Of packages of a language; of others nothing says which distribution they are of.
fn purl(package: &Package) -> Option<String> {
    let kind = match package.package_manager.as_str() {
        "BUNDLER" | "GEMSPEC" => "gem",
        "CARGO" | "RUSTBINARY" => "cargo",
        "COMPOSER" => "composer",
        "DOTNET" | "NUGET" | "DOTNET_CORE" => "nuget",
        "GOBINARY" | "GOMOD" => "golang",
        "JAR" | "POM" | "GRADLE" => "maven",
        "NODEPKG" | "NPM" | "YARN" | "PNPM" => "npm",
        "PIP" | "PIPENV" | "POETRY" | "PYTHONPKG" => "pypi",
        _ => return None,
    };
    purl_of(kind, &package.name, &package.version)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Digest;

    fn page(findings: serde_json::Value) -> serde_json::Value {
        json!({"registryId": "1", "repositoryName": "app", "imageId": {"imageDigest": Digest::of(b"app"), "imageTag": "v1"},
            "imageScanStatus": {"status": "COMPLETE", "description": "done"}, "imageScanFindings": findings})
    }

    fn basic() -> serde_json::Value {
        page(json!({"imageScanCompletedAt": 1767323045.5, "vulnerabilitySourceUpdatedAt": "2026-01-01T00:00:00+00:00",
            "findings": [{"name": "CVE-2026-1", "severity": "INFORMATIONAL", "attributes": [
                {"key": "package_version", "value": "1.1"}, {"key": "package_name", "value": "zlib"},
                {"key": "CVSS2_VECTOR", "value": "AV:N/AC:L/Au:N/C:P/I:P/A:P"}, {"key": "CVSS2_SCORE", "value": "7.5"}]},
                {"name": "CVE-2026-2", "severity": "UNDEFINED"}], "findingSeverityCounts": {}}))
    }

    fn parse(value: &serde_json::Value) -> Result<Report> {
        Report::parse(value.to_string().as_bytes())
    }

    #[test]
    fn a_basic_scan_is_read() {
        let report = parse(&basic()).unwrap();
        assert_eq!((&*report.scanner, &report.subjects[..]), ("ecr/basic", &[Digest::of(b"app")][..]));
        assert_eq!(report.scanned_at.unwrap().to_string(), "2026-01-02T03:04:05Z");
        assert_eq!(report.data_as_of.unwrap().to_string(), "2026-01-01T00:00:00Z");
        let [first, second] = &report.findings[..] else { panic!() };
        assert_eq!((&*first.package, &*first.version, first.severity), ("zlib", "1.1", Severity::Negligible));
        assert_eq!(first.ratings[1].score.unwrap().tenths(), 75);
        assert_eq!((second.severity, &*second.package), (Severity::Unknown, ""));
    }

    #[test]
    fn an_enhanced_scan_is_read() {
        let finding = |status: &str, packages: serde_json::Value| {
            json!({"severity": "HIGH", "status": status, "title": "t", "type": "PACKAGE_VULNERABILITY", "fixAvailable": "YES",
            "packageVulnerabilityDetails": {"vulnerabilityId": "CVE-2026-1", "relatedVulnerabilities": ["GHSA-1"], "source": "NVD",
                "cvss": [{"baseScore": 9.8, "scoringVector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "source": "NVD", "version": "3.1"}],
                "vulnerablePackages": packages}})
        };
        let bash = json!({"name": "bash", "version": "5.1", "release": "2", "epoch": 1, "packageManager": "OS", "fixedInVersion": "NotAvailable"});
        let packages = json!([bash,
            {"name": "@scope/lib", "version": "1.0", "epoch": 0, "packageManager": "NODEPKG", "fixedInVersion": "2.0"},
            {"name": "org.x:y", "version": "1.0", "packageManager": "JAR"},
            {"name": "example.com/a/b", "version": "v1.0", "packageManager": "GOBINARY"}]);
        let mut page =
            page(json!({"enhancedFindings": [finding("ACTIVE", packages), finding("SUPPRESSED", json!([bash])),
            {"severity": "LOW", "status": "ACTIVE", "title": "a port is open", "type": "NETWORK_REACHABILITY"}]}));
        page["imageScanStatus"]["status"] = json!("ACTIVE");
        let report = parse(&page).unwrap();
        assert_eq!((&*report.scanner, report.findings.len()), ("ecr/enhanced", 4));
        let purls: Vec<_> = report.findings.iter().map(|finding| finding.purl.as_deref().unwrap_or("-")).collect();
        assert_eq!(
            purls,
            ["-", "pkg:npm/%40scope/lib@1.0", "pkg:maven/org.x/y@1.0", "pkg:golang/example.com/a/b@v1.0"]
        );
        let [bash, lib, ..] = &report.findings[..] else { panic!() };
        assert_eq!((&*bash.version, &bash.fixed_in, bash.severity), ("1:5.1-2", &None, Severity::High));
        assert_eq!((lib.fixed_in.as_deref(), &lib.aliases[..]), (Some("2.0"), &["GHSA-1".to_owned()][..]));
        assert_eq!(lib.ratings[1].severity, Severity::Critical);
        let codes: Vec<_> = report.notes.iter().map(|note| note.code.as_str()).collect();
        assert_eq!(codes, ["suppressed", "other-kind"]);
    }

    #[test]
    fn only_a_finished_scan_counts_and_only_whole() {
        let cases = [
            ("IN_PROGRESS", ErrorKind::Unavailable),
            ("PENDING", ErrorKind::Unavailable),
            ("FAILED", ErrorKind::Unexpected),
            ("LIMIT_EXCEEDED", ErrorKind::Unexpected),
            ("UNSUPPORTED_IMAGE", ErrorKind::Unsupported),
            ("FINDINGS_UNAVAILABLE", ErrorKind::NotFound),
            ("something new", ErrorKind::Unexpected),
        ];
        for (status, kind) in cases {
            let mut page = basic();
            page["imageScanStatus"]["status"] = json!(status);
            assert_eq!(parse(&page).unwrap_err().kind(), kind, "{status}");
        }
        let (mut first, mut other) = (basic(), basic());
        first["nextToken"] = json!("more");
        assert_eq!(parse(&first).unwrap_err().kind(), ErrorKind::Invalid);
        let pages = |pages: &[&serde_json::Value]| {
            let pages: Vec<Vec<u8>> = pages.iter().map(|page| page.to_string().into_bytes()).collect();
            Report::of_ecr(&pages.iter().map(|page| &page[..]).collect::<Vec<_>>())
        };
        assert_eq!(pages(&[&first, &basic()]).unwrap().findings.len(), 4);
        other["imageId"]["imageDigest"] = json!(Digest::of(b"other"));
        assert_eq!(pages(&[&first, &other]).unwrap_err().kind(), ErrorKind::Invalid);
        assert_eq!(pages(&[]).unwrap_err().kind(), ErrorKind::Invalid);
        let mut silent = basic();
        silent.as_object_mut().unwrap().remove("imageScanStatus");
        assert_eq!(super::parse(&silent.to_string()).unwrap_err().kind(), ErrorKind::Invalid);
    }
}
