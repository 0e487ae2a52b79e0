//! The formats of other tools, checked as their readers check them.

use std::collections::BTreeSet;

use super::*;

#[test]
fn sarif_is_what_code_scanning_accepts() {
    for assessment in [assessment(), nothing()] {
        let log = json_of(&assessment, ReportFormat::Sarif);
        assert_eq!((&log["version"], log["runs"].as_array().unwrap().len()), (&json!("2.1.0"), 1));
        let run = &log["runs"][0];
        let (rules, results) = (run["tool"]["driver"]["rules"].as_array().unwrap(), run["results"].as_array().unwrap());
        assert_eq!(results.len(), assessment.vulnerabilities.len());
        let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), rules.len());
        for rule in rules {
            let tags: Vec<&str> =
                rule["properties"]["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect();
            assert!(tags.len() <= 20 && tags.iter().collect::<BTreeSet<_>>().len() == tags.len(), "{tags:?}");
            for text in ["shortDescription", "fullDescription", "help"] {
                assert!(!rule[text]["text"].as_str().unwrap().is_empty());
            }
            if let Some(score) = rule["properties"].get("security-severity") {
                let score: f64 = score.as_str().unwrap().parse().unwrap();
                assert!(score > 0.0 && score <= 10.0);
            }
        }
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert!(!result["partialFingerprints"]["vulnerabilityInPackage/v1"].as_str().unwrap().is_empty());
            assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 1);
        }
    }
}

/// sbom.md E 108 and 110: a location is never empty, never absolute, and a URI reference.
#[test]
fn e_108_and_110_the_uri_is_relative_never_empty_and_encoded() {
    let uri = |location: Option<&str>, image: Option<&str>| {
        let options = ReportOptions { location: location.map(str::to_owned), ..ReportOptions::default() };
        let assessment = Assessment { image: image.map(str::to_owned), ..assessment() };
        let log: Value = serde_json::from_slice(&assessment.write(ReportFormat::Sarif, &options).unwrap()).unwrap();
        log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(uri(Some("app/My File.jar"), None), "app/My%20File.jar");
    assert_eq!(uri(Some("/etc/../Dockerfile"), None), "etc/Dockerfile");
    assert_eq!(uri(Some(""), None), "image");
    assert_eq!(uri(None, None), "image");
    assert_eq!(uri(None, Some("registry.example:5000/app:v1@sha256:aa")), "registry.example%3A5000/app%3Av1");
}

/// gates.md B2 5: the severity in SARIF is that of the table.
#[test]
fn the_score_in_sarif_means_the_same_word_as_the_severity() {
    let mut all = assessment();
    all.vulnerabilities[0].severity = Severity::Low;
    let log = json_of(&all, ReportFormat::Sarif);
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let score =
        |id: &str| rules.iter().find(|rule| rule["id"] == id).unwrap()["properties"]["security-severity"].clone();
    assert_eq!(score(&all.vulnerabilities[0].id), "0.1");
    let log = json_of(&assessment(), ReportFormat::Sarif);
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.iter().find(|rule| rule["id"] == "CVE-2024-1").unwrap()["properties"]["security-severity"], "9.8");
}

#[test]
fn sarif_has_at_most_five_thousand_results_and_says_what_is_left_out() {
    let findings = (0..5_100).map(|i| finding(&format!("CVE-2024-{i}"), Severity::High, "a")).collect();
    let log = json_of(&CveGate::default().assess(&evidence(findings)), ReportFormat::Sarif);
    let run = &log["runs"][0];
    assert_eq!((run["results"].as_array().unwrap().len(), &run["properties"]["resultsLeftOut"]), (5_000, &json!(100)));
    let told = run["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(told.contains("100 results are left out"), "{told}");
}

#[test]
fn what_is_excepted_or_cleared_is_suppressed_in_sarif_with_the_reason() {
    let log = json_of(&assessment(), ReportFormat::Sarif);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let of = |id: &str| results.iter().find(|result| result["ruleId"] == id).unwrap();
    assert!(of("CVE-2024-4")["suppressions"][0]["justification"].as_str().unwrap().contains("owner team"));
    assert!(of("CVE-2024-5")["suppressions"][0]["justification"].as_str().unwrap().contains("not_affected"));
    assert!(of("CVE-2024-1").get("suppressions").is_none());
}

/// sbom.md E 103: markup in names does not break the XML.
#[test]
fn e_103_junit_is_well_formed_whatever_the_names_are() {
    let text = written(&assessment(), ReportFormat::Junit);
    let mut reader = quick_xml::Reader::from_str(&text);
    let (mut cases, mut depth, mut failures) = (0, 0, 0);
    loop {
        use quick_xml::events::Event;
        match reader.read_event().unwrap() {
            Event::Start(element) => {
                depth += 1;
                cases += usize::from(element.name().as_ref() == "testcase");
                failures += usize::from(element.name().as_ref() == "failure");
                for attribute in element.attributes() {
                    attribute.unwrap();
                }
            }
            Event::Empty(element) => cases += usize::from(element.name().as_ref() == "testcase"),
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    let all = assessment();
    let expected = all.vulnerabilities.len() + all.verdict.reasons.len() + all.gates[0].reasons.len();
    assert_eq!((depth, cases), (0, expected));
    assert!(failures >= 4 && text.contains("&lt;img src=x"), "{failures}");
}

/// sbom.md E 107: what other gates find is a test case too.
#[test]
fn e_107_other_gates_are_suites_of_junit() {
    let text = written(&assessment(), ReportFormat::Junit);
    assert!(
        text.contains("<testsuite name=\"license\"") && text.contains("classname=\"license\" name=\"denied-license\"")
    );
    assert!(text.contains("CDDL + GPLv2"), "a licence that is not understood is there");
    assert!(text.contains("tests=\"8\" failures=\"2\" errors=\"0\" skipped=\"2\""), "{text}");
}

/// A gate that somebody else wrote has codes of its own.
#[test]
fn a_code_has_no_characters_that_xml_cannot_have() {
    let mut assessment = assessment();
    assessment.gates.push(Verdict::new("own", vec![Reason::fail("a\u{1}", "no")], Vec::new()));
    assert!(!written(&assessment, ReportFormat::Junit).contains('\u{1}'));
}

/// sbom.md E 105: valid JSON, whatever has no findings.
#[test]
fn e_105_gitlab_is_json_with_what_its_schema_asks_for() {
    for assessment in [assessment(), nothing()] {
        let report = json_of(&assessment, ReportFormat::Gitlab);
        let scan = &report["scan"];
        assert_eq!(
            (&scan["type"], &scan["status"], &report["version"]),
            (&json!("container_scanning"), &json!("success"), &json!("15.0.2"))
        );
        for tool in ["analyzer", "scanner"] {
            for field in ["id", "name", "version"] {
                assert!(!scan[tool][field].as_str().unwrap().is_empty(), "{tool}.{field}");
            }
            assert!(!scan[tool]["vendor"]["name"].as_str().unwrap().is_empty());
        }
        assert_eq!(scan["start_time"], "2026-03-01T12:00:00");
        let all = report["vulnerabilities"].as_array().unwrap();
        let ids: BTreeSet<&str> = all.iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!((ids.len(), all.len()), (all.len(), assessment.vulnerabilities.len()));
        for one in all {
            let severities = ["Info", "Unknown", "Low", "Medium", "High", "Critical"];
            assert!(severities.contains(&one["severity"].as_str().unwrap()));
            assert!(one["name"].as_str().unwrap().chars().count() <= 255);
            for identifier in one["identifiers"].as_array().unwrap() {
                assert!(["type", "name", "value"].iter().all(|field| !identifier[field].as_str().unwrap().is_empty()));
            }
            let location = &one["location"];
            assert!(
                location["dependency"]["package"]["name"].is_string() && location["dependency"]["version"].is_string()
            );
            assert!(
                !location["operating_system"].as_str().unwrap().is_empty()
                    && !location["image"].as_str().unwrap().is_empty()
            );
        }
    }
    let report = json_of(&assessment(), ReportFormat::Gitlab);
    let first = &report["vulnerabilities"][0];
    assert_eq!(
        (&first["location"]["operating_system"], &first["identifiers"][1]["type"]),
        (&json!("debian:12"), &json!("ghsa"))
    );
    assert!(first["solution"].as_str().unwrap().contains("1.0-2"));
}

/// Checked by the strict validator that also checks SBOMs.
#[test]
fn the_disclosure_report_is_valid_cyclonedx_and_says_what_vex_says() {
    for assessment in [assessment(), nothing()] {
        let bytes = assessment.write(ReportFormat::CycloneDx, &ReportOptions::default()).unwrap();
        let findings = crate::sbom::validate(&bytes).unwrap();
        assert!(findings.is_empty(), "{findings:#?}");
    }
    let bom = json_of(&assessment(), ReportFormat::CycloneDx);
    let all = bom["vulnerabilities"].as_array().unwrap();
    let of = |id: &str| all.iter().find(|one| one["id"] == id).unwrap();
    let analysis = &of("CVE-2024-5")["analysis"];
    assert_eq!(
        (&analysis["state"], &analysis["justification"]),
        (&json!("not_affected"), &json!("code_not_reachable"))
    );
    assert_eq!(of("CVE-2024-3")["analysis"]["state"], "exploitable");
    assert!(of("CVE-2024-4").get("analysis").is_none());
    assert_eq!(of("CVE-2024-1")["ratings"][0]["score"], 9.8);
    // What it says is what Cache reads of it as VEX.
    let bytes = assessment().write(ReportFormat::CycloneDx, &ReportOptions::default()).unwrap();
    let vex = Vex::parse(&bytes).unwrap();
    assert_eq!((vex.statements.len(), vex.problems.len()), (2, 0));
}
