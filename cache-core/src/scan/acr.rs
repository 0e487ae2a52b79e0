//! What Microsoft Defender for Containers says of an image in ACR: sub-assessments of the kind
//! `AzureContainerRegistryVulnerability`, as Azure's Resource Graph (`data`) and the list of sub-assessments (`value`) give them
//! (learn.microsoft.com, Defender for Cloud, "Container vulnerability assessments REST API").

use std::collections::BTreeMap;

use serde::Deserialize;

use super::report::purl_of;
use super::{Finding, FixState, Note, Rating, Report, Severity};
use crate::document::{self, digest_in, time};
use crate::error::{Error, Result};
use crate::model::{Digest, Timestamp, null_is_empty};

const KIND: &str = "AzureContainerRegistryVulnerability";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(alias = "data")]
    value: Vec<SubAssessment>,
    /// Where the list goes on.
    #[serde(default, alias = "$skipToken", alias = "skipToken", deserialize_with = "null_is_empty")]
    next_link: String,
    /// `true`, or the word.
    #[serde(default)]
    result_truncated: serde_json::Value,
}

#[derive(Deserialize)]
struct SubAssessment {
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    id: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    status: Status,
    #[serde(default, deserialize_with = "time")]
    time_generated: Option<Timestamp>,
    #[serde(default, deserialize_with = "null_is_empty")]
    additional_data: Data,
}

#[derive(Default, Deserialize)]
struct Status {
    #[serde(default, deserialize_with = "null_is_empty")]
    code: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    cause: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    severity: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    #[serde(default, deserialize_with = "null_is_empty")]
    assessed_resource_type: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    vulnerability_details: Vulnerability,
    #[serde(default, deserialize_with = "null_is_empty")]
    artifact_details: Artifact,
    #[serde(default, deserialize_with = "null_is_empty")]
    software_details: Software,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vulnerability {
    #[serde(default, deserialize_with = "null_is_empty")]
    cve_id: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    severity: String,
    /// By version, `null` where there is none.
    #[serde(default, deserialize_with = "null_is_empty")]
    cvss: BTreeMap<String, Option<Cvss>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cvss {
    #[serde(default, deserialize_with = "null_is_empty")]
    cvss_vector_string: String,
}

#[derive(Default, Deserialize)]
struct Artifact {
    #[serde(default, deserialize_with = "null_is_empty")]
    digest: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Software {
    #[serde(default, deserialize_with = "null_is_empty")]
    package_name: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    version: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    fixed_version: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    fix_status: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    language: String,
}

impl Report {
    /// Reads all pages of sub-assessments about one image.
    ///
    /// Without any the image is one that Defender has nothing to say of: whether it was scanned, its assessment tells, and the
    /// caller has to have asked that.
    ///
    /// # Errors
    /// `Invalid` where a page is none, where the last is missing, or where they are about another image.
    pub fn of_defender(pages: &[&[u8]], image: &Digest) -> Result<Report> {
        let mut read = Vec::new();
        for page in pages {
            read.push(document::json::<Page>("sub-assessments of Defender", &document::text(page)?)?);
        }
        let mut report = report(read)?;
        if report.subjects.iter().any(|subject| subject != image) {
            return Err(Error::invalid("the sub-assessments are about another image").context("image", image));
        }
        report.subjects = vec![image.clone()];
        Ok(report)
    }
}

pub(super) fn parse(text: &str) -> Result<Report> {
    let report = report(vec![document::json("sub-assessments of Defender", text)?])?;
    if report.subjects.is_empty() {
        // An empty list is what is given of an image that was never scanned, too.
        return Err(Error::invalid("the list has no sub-assessment, so it does not say of which image it is"));
    }
    Ok(report)
}

fn report(pages: Vec<Page>) -> Result<Report> {
    let Some(last) = pages.last() else { return Err(Error::invalid("there is no page of sub-assessments")) };
    let truncated = last.result_truncated.as_bool().unwrap_or_else(|| last.result_truncated == "true");
    if truncated || !last.next_link.is_empty() {
        return Err(Error::invalid("these are not all sub-assessments: the last page names another"));
    }
    let mut report = Report { scanner: "acr/defender".to_owned(), ..Report::default() };
    for properties in pages.into_iter().flat_map(|page| page.value).map(|entry| entry.properties) {
        report.subjects.extend(digest_in(&properties.additional_data.artifact_details.digest));
        report.scanned_at = report.scanned_at.max(properties.time_generated);
        add(properties, &mut report);
    }
    report.subjects.sort();
    report.subjects.dedup();
    Ok(report)
}

/// What is of another kind, and what somebody exempted, is noted.
fn add(properties: Properties, report: &mut Report) {
    let Properties { id, status, additional_data: data, .. } = properties;
    let (found, software) = (data.vulnerability_details, data.software_details);
    let known = Some(found.cve_id).filter(|id| !id.is_empty()).unwrap_or(id);
    let purl = purl(&software);
    let note = |code: &str, message: &str| Note {
        code: code.to_owned(),
        package: software.package_name.clone(),
        version: Some(software.version.clone()).filter(|version| !version.is_empty()),
        purl: purl.clone(),
        advisories: vec![known.clone()],
        message: message.to_owned(),
    };
    if data.assessed_resource_type != KIND {
        return report.notes.push(note("other-kind", "it is no vulnerability of a package"));
    }
    match status.code.as_str() {
        "Healthy" => return,
        "NotApplicable" => {
            let message = format!("Defender has it and does not count it: {}", status.cause);
            return report.notes.push(note("exempt", &message));
        }
        _ => {}
    }
    let word = if found.severity.is_empty() { &status.severity } else { &found.severity };
    let vectors =
        found.cvss.values().rev().flatten().filter_map(|cvss| Rating::vector("nvd", &cvss.cvss_vector_string));
    report.findings.push(Finding {
        severity: Severity::of(word),
        ratings: Rating::word("defender", word).into_iter().chain(vectors).collect(),
        fix_state: match software.fix_status.as_str() {
            "FixAvailable" => FixState::Fixed,
            "NoFixAvailable" | "Scheduled" => FixState::NotFixed,
            "WontFix" => FixState::WontFix,
            _ => FixState::Unknown,
        },
        fixed_in: Some(software.fixed_version).filter(|fixed| !fixed.is_empty()),
        package: software.package_name,
        version: software.version,
        purl,
        id: known,
        ..Finding::default()
    });
}

/// Of packages of a language; of others nothing says of which ecosystem they are.
fn purl(software: &Software) -> Option<String> {
    let kind = match software.language.to_ascii_lowercase().as_str() {
        ".net" | "dotnet" => "nuget",
        "go" | "golang" => "golang",
        "java" => "maven",
        "javascript" | "node" | "nodejs" | "node.js" => "npm",
        "php" => "composer",
        "python" => "pypi",
        "ruby" => "gem",
        "rust" => "cargo",
        _ => return None,
    };
    purl_of(kind, &software.package_name, &software.version)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::ErrorKind;

    fn entry(id: &str, code: &str, software: serde_json::Value) -> serde_json::Value {
        json!({"id": "/subscriptions/x", "type": "microsoft.security/assessments/subassessments", "properties": {
            "id": id, "displayName": id, "status": {"code": code, "severity": "High", "cause": "Exempt"},
            "timeGenerated": "2026-01-02T03:04:05.0772799Z",
            "additionalData": {"assessedResourceType": KIND, "softwareDetails": software, "cvssV30Score": 7.5,
                "artifactDetails": {"digest": Digest::of(b"app"), "repositoryName": "app", "tags": ["v1"]},
                "vulnerabilityDetails": {"cveId": id, "severity": "Critical", "cvss": {"2.0": null,
                    "3.0": {"cvssVectorString": "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", "base": 7.5}}}}}})
    }

    fn page() -> serde_json::Value {
        let os = json!({"category": "OS", "packageName": "zlib1g", "version": "1.2", "fixStatus": "WontFix", "fixedVersion": "", "language": ""});
        let java = json!({"category": "Language", "language": "Java", "packageName": "org.x:y", "version": "1.0", "fixedVersion": "1.1", "fixStatus": "FixAvailable"});
        json!({"value": [entry("CVE-2026-1", "Unhealthy", os.clone()), entry("CVE-2026-2", "Unhealthy", java),
            entry("CVE-2026-3", "NotApplicable", os.clone()), entry("CVE-2026-4", "Healthy", os)]})
    }

    fn parse(value: &serde_json::Value) -> Result<Report> {
        Report::parse(value.to_string().as_bytes())
    }

    #[test]
    fn sub_assessments_are_read_from_both_interfaces() {
        for (name, end) in [("value", json!({})), ("data", json!({"resultTruncated": "false", "count": 4}))] {
            let mut document = end;
            document[name] = page()["value"].clone();
            let report = parse(&document).unwrap();
            assert_eq!((&*report.scanner, &report.subjects[..]), ("acr/defender", &[Digest::of(b"app")][..]));
            assert_eq!(report.scanned_at.unwrap().to_string(), "2026-01-02T03:04:05Z");
            let [zlib, java] = &report.findings[..] else { panic!("{report:#?}") };
            assert_eq!((zlib.severity, zlib.fix_state, &zlib.purl), (Severity::Critical, FixState::WontFix, &None));
            assert_eq!((java.purl.as_deref(), java.fixed_in.as_deref()), (Some("pkg:maven/org.x/y@1.0"), Some("1.1")));
            assert_eq!(java.ratings[1].score.unwrap().tenths(), 75);
            let [exempt] = &report.notes[..] else { panic!("{report:#?}") };
            assert_eq!((&*exempt.code, &exempt.advisories[0][..]), ("exempt", "CVE-2026-3"));
        }
    }

    #[test]
    fn what_is_not_all_or_of_another_image_is_refused() {
        for (key, value) in [
            ("nextLink", json!("https://x")),
            ("skipToken", json!("x")),
            ("resultTruncated", json!("true")),
            ("resultTruncated", json!(true)),
        ] {
            let mut document = page();
            document[key] = value;
            assert_eq!(parse(&document).unwrap_err().kind(), ErrorKind::Invalid, "{document}");
        }
        let text = page().to_string();
        assert!(Report::of_defender(&[text.as_bytes()], &Digest::of(b"app")).is_ok());
        assert!(Report::of_defender(&[text.as_bytes()], &Digest::of(b"other")).is_err());
        let nothing = Report::of_defender(&[b"{\"value\": []}"], &Digest::of(b"app")).unwrap();
        assert_eq!((nothing.findings.len(), &nothing.subjects[..]), (0, &[Digest::of(b"app")][..]));
        assert_eq!(parse(&json!({"value": []})).unwrap_err().kind(), ErrorKind::Invalid);
        assert!(Report::of_defender(&[], &Digest::of(b"app")).is_err());
    }

    #[test]
    fn an_assessment_of_another_kind_is_noted() {
        let mut document = page();
        document["value"][0]["properties"]["additionalData"]["assessedResourceType"] = json!("SqlServerVulnerability");
        let report = parse(&document).unwrap();
        assert_eq!((report.findings.len(), &*report.notes[0].code), (1, "other-kind"));
    }
}
