use super::*;

fn read(document: &Value) -> crate::Result<Vex> {
    Vex::parse(document.to_string().as_bytes())
}

#[test]
fn openvex_is_read_whole() {
    let vex = openvex(json!([
        {
            "vulnerability": {"@id": "https://vulns.example/CVE-1", "name": "CVE-1", "aliases": ["GHSA-1"]},
            "products": [{"@id": "pkg:oci/app@sha256%3Aaaaa", "subcomponents": [{"@id": "pkg:npm/a@1"}, {"@id": "pkg:npm/b@1"}]}],
            "status": "not_affected", "justification": "component_not_present", "timestamp": "2026-02-01T00:00:00Z",
        },
        {"vulnerability": {"@id": "CVE-2"}, "products": [{"@id": "x", "hashes": {"sha-256": image().hex()}}], "status": "affected",
         "action_statement": "update"},
    ]));
    assert_eq!((vex.format, vex.author.as_deref(), vex.version), (VexFormat::OpenVex, Some("Example"), Some(1)));
    let [one, two] = &vex.statements[..] else { panic!("{vex:?}") };
    assert_eq!((&one.vulnerabilities[..], one.products.len()), (&["CVE-1".to_owned(), "GHSA-1".to_owned()][..], 2));
    assert_eq!(one.at, Some(Timestamp::parse("2026-02-01").unwrap()));
    assert_eq!((two.vulnerability(), two.at, two.explanation.as_deref()), ("CVE-2", vex.issued, Some("update")));
    assert_eq!(two.products[0].product.digests, [image()]);
    assert!(vex.problems.is_empty());
}

#[test]
fn openvex_before_objects_is_read() {
    let vex = read(&json!({"@context": "https://openvex.dev/ns", "author": "a", "version": "2", "statements": [
        {"vulnerability": "CVE-1", "products": ["pkg:oci/app"], "subcomponents": ["pkg:npm/a@1"], "status": "fixed"}]}));
    let vex = vex.unwrap();
    assert_eq!((vex.version, vex.statements[0].status), (Some(2), VexStatus::Fixed));
    assert_eq!(vex.statements[0].products[0].component.as_ref().unwrap().text, "pkg:npm/a@1");
}

#[test]
fn what_of_openvex_cannot_be_used_is_told() {
    let vex = openvex(json!([
        {"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:npm/a@1"}], "status": "perhaps"},
        {"vulnerability": {}, "products": [{"@id": "pkg:npm/a@1"}], "status": "fixed"},
        {"vulnerability": {"name": "CVE-1"}, "products": [], "status": "fixed"},
        {"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:npm/a@1"}], "status": "not_affected", "justification": "trust me",
         "timestamp": "yesterday"},
    ]));
    let places: Vec<&str> = vex.problems.iter().map(|problem| problem.position.as_str()).collect();
    assert_eq!(places, ["statements[0]", "statements[1]", "statements[2]", "statements[3]", "statements[3]"]);
    assert!(vex.statements.len() == 1 && !vex.statements[0].is_justified());
}

/// gates.md B2 28: an unknown version is an error that names the field, and is never ignored.
#[test]
fn b2_28_versions_that_are_not_known_are_unsupported() {
    for (document, field) in [
        (json!({"@context": "https://openvex.dev/ns/v9.0.0", "statements": []}), "@context"),
        (json!({"bomFormat": "CycloneDX", "specVersion": "2.0"}), "specVersion"),
        (json!({"document": {"csaf_version": "3.0"}}), "document.csaf_version"),
    ] {
        let error = read(&document).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Unsupported, "{document}");
        assert!(error.to_string().contains(field), "{error}");
    }
}

#[test]
fn what_is_no_vex_is_invalid() {
    for text in ["", "{}", "[]", "null", "7", "{\"@context\": 3}", "{\"bomFormat\": \"x\"}", "{\"document\": 1}"] {
        assert!(Vex::parse(text.as_bytes()).is_err(), "{text}");
    }
    let deep = format!(
        "{{\"document\":{{\"csaf_version\":\"2.0\"}},\"product_tree\":{{\"branches\":{}",
        "[{\"branches\":".repeat(50_000)
    );
    assert!(Vex::parse(deep.as_bytes()).is_err());
}

#[test]
fn cyclonedx_is_read_with_its_components_and_other_documents() {
    let vex = read(&json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:1", "version": 3,
        "metadata": {"timestamp": "2026-01-01T00:00:00Z", "authors": [{"name": "A"}], "component":
            {"type": "container", "bom-ref": "root", "name": "app", "purl": format!("pkg:oci/app@{}", image())}},
        "components": [{"type": "library", "bom-ref": "1", "name": "a", "components": [
            {"type": "library", "bom-ref": "2", "name": "b", "purl": "pkg:npm/b@1"}]}],
        "vulnerabilities": [
            {"id": "CVE-1", "references": [{"id": "GHSA-1", "source": {}}], "affects": [{"ref": "2"}, {"ref": "root"}],
             "analysis": {"state": "not_affected", "justification": "code_not_reachable", "lastUpdated": "2026-02-01T00:00:00Z"}},
            {"id": "CVE-2", "affects": [{"ref": "urn:cdx:3e671687/1#pkg:deb/ubuntu/libstdc%2B%2B6@12", "versions": [{"version": "13"}]}],
             "analysis": {"state": "false_positive"}},
            {"id": "CVE-3", "affects": [{"ref": "2"}]},
        ],
    }));
    let vex = vex.unwrap();
    assert_eq!((vex.id.as_deref(), vex.version, vex.statements.len()), (Some("urn:uuid:1"), Some(3), 2));
    let one = &vex.statements[0];
    assert_eq!(one.at, Some(Timestamp::parse("2026-02-01").unwrap()));
    // The component is meant in this image; the image itself as a whole.
    assert_eq!(one.products[0].component.as_ref().unwrap().purls[0].to_string(), "pkg:npm/b@1");
    assert_eq!((&one.products[1].product.digests, &one.products[1].component), (&vec![image()], &None));
    let two = &vex.statements[1];
    let about = two.products[0].component.as_ref().unwrap();
    assert_eq!((about.purls[0].name(), about.purls[0].version()), ("libstdc++6", Some("13")));
    assert!(!two.is_justified());
}

/// A statement about a range of versions of `pkg:npm/a` in CycloneDX, and in CSAF.
fn about_range(range: &str) -> [Vex; 2] {
    let cyclonedx = json!({"bomFormat": "CycloneDX", "specVersion": "1.5", "vulnerabilities": [
        {"id": "CVE-1", "analysis": {"state": "not_affected", "detail": "d"},
         "affects": [{"ref": "pkg:npm/a", "versions": [{"range": range, "status": "unaffected"}]}]}]});
    let csaf = json!({"document": {"csaf_version": "2.0"}, "product_tree": {"branches": [
        {"category": "product_version_range", "name": range, "product": {"product_id": "P", "name": "a", "product_identification_helper": {"purl": "pkg:npm/a"}}}]},
        "vulnerabilities": [{"cve": "CVE-1", "product_status": {"fixed": ["P"]}}]});
    [read(&cyclonedx).unwrap(), read(&csaf).unwrap()]
}

/// gates.md B2 28: ranges of versions that are not understood are told.
#[test]
fn b2_28_ranges_that_are_not_understood_are_told_and_match_nothing() {
    for range in ["vers:generic/>=1|<2", "vers:npm/<2.0.0|>=1.0.0", "<= 2.0"] {
        let [cyclonedx, csaf] = about_range(range);
        for vex in [&cyclonedx, &csaf] {
            let told = &vex.problems[0].message;
            assert!(told.contains(range) && told.contains("is not understood"), "{vex:?}");
        }
        assert!(cyclonedx.statements.is_empty());
        assert!(csaf.statements[0].products[0].product.purls.is_empty());
    }
}

#[test]
fn ranges_of_versions_mean_the_versions_in_them() {
    for vex in about_range("vers:npm/>=1.0.0|<2.0.0") {
        assert!(vex.problems.is_empty(), "{vex:?}");
        assert_eq!(fit(&vex, "pkg:npm/a@1.5.0", vec![]), Ok(Fit::Exact));
        let why = fit(&vex, "pkg:npm/a@2.0.0", vec![]).unwrap_err();
        assert_eq!(why, "the versions there are vers:npm/>=1.0.0|<2.0.0 and 2.0.0 here");
        assert!(fit(&vex, "pkg:npm/a@two", vec![]).is_err());
    }
    // What has no end holds for everything to come.
    for vex in about_range("vers:npm/>=1.0.0") {
        assert_eq!(fit(&vex, "pkg:npm/a@1.5.0", vec![]), Ok(Fit::Broad));
    }
    let purl = "pkg:npm/a?vers=vers:npm%2F%3E=1.0.0%7C%3C2.0.0";
    assert_eq!(fit(&not_affected(&json!({"@id": purl})), "pkg:npm/a@1.5.0", vec![]), Ok(Fit::Exact));
    assert!(fit(&not_affected(&json!({"@id": purl})), "pkg:npm/a@2.5.0", vec![]).is_err());
    let image = json!({"@id": "pkg:oci/app?vers=vers:semver%2F%3C2.0.0"});
    assert!(fit(&not_affected(&image), "pkg:npm/a@1", vec![]).unwrap_err().contains("no digests"));
}

/// Versions one by one beside ranges, and the component's own version in one of them.
#[test]
fn versions_and_ranges_stand_beside_each_other() {
    let of = |component: &str, versions: Value| {
        let vex = read(&json!({"bomFormat": "CycloneDX", "specVersion": "1.5", "vulnerabilities": [
            {"id": "CVE-1", "analysis": {"state": "resolved", "detail": "d"}, "affects": [{"ref": component, "versions": versions}]}]}));
        vex.unwrap()
    };
    let vex =
        of("pkg:npm/a", json!([{"version": "0.1.0"}, {"range": "vers:npm/<0.5.0|>=1.0.0|<2.0.0"}, {"range": "x"}]));
    assert_eq!(vex.problems.len(), 1);
    let fits: Vec<bool> = ["0.1.0", "0.4.0", "0.5.0", "1.0.0", "2.0.0"]
        .iter()
        .map(|version| fit(&vex, &format!("pkg:npm/a@{version}"), vec![]) == Ok(Fit::Exact))
        .collect();
    assert_eq!(fits, [true, true, false, true, false]);
    let vex = of("pkg:npm/a@1.5.0", json!([{"range": "vers:npm/>=1.0.0|<2.0.0"}]));
    assert_eq!(vex.statements[0].products[0].product.purls[0].version(), Some("1.5.0"));
}

/// XML says the same as JSON.
#[test]
fn cyclonedx_xml_is_read_as_its_json() {
    let xml = format!(
        r#"<?xml version="1.0"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.6" serialNumber="urn:uuid:1" version="3">
  <metadata>
    <timestamp>2026-01-01T00:00:00Z</timestamp>
    <authors><author><name>A</name></author></authors>
    <component type="container" bom-ref="root"><name>app</name><purl>pkg:oci/app@{}</purl></component>
  </metadata>
  <components><component type="library" bom-ref="1"><name>a</name>
    <components><component type="library" bom-ref="2"><name>b</name><purl>pkg:npm/b@1</purl></component></components>
  </component></components>
  <vulnerabilities>
    <vulnerability><id>CVE-1</id>
      <references><reference><id>GHSA-1</id><source><name>s</name></source></reference></references>
      <analysis><state>not_affected</state><justification>code_not_reachable</justification><detail>nothing calls it</detail>
        <firstIssued>2026-01-15T00:00:00Z</firstIssued><lastUpdated>2026-02-01T00:00:00Z</lastUpdated></analysis>
      <affects><target><ref>2</ref></target><target><ref>pkg:npm/c</ref><versions>
        <version><version>1.0.0</version><status>unaffected</status></version>
        <version><range><![CDATA[vers:npm/>=2.0.0|<3.0.0]]></range><status>unaffected</status></version>
      </versions></target></affects>
    </vulnerability>
    <vulnerability><id>CVE-2</id><analysis><state>perhaps</state></analysis><affects><target><ref>2</ref></target></affects></vulnerability>
  </vulnerabilities>
</bom>"#,
        image()
    );
    let vex = Vex::parse(format!("\u{feff}  {xml}").as_bytes()).unwrap();
    assert_eq!((vex.format, vex.id.as_deref(), vex.version), (VexFormat::CycloneDx, Some("urn:uuid:1"), Some(3)));
    assert_eq!((vex.author.as_deref(), vex.issued), (Some("A"), Some(Timestamp::parse("2026-01-01").unwrap())));
    let [one] = &vex.statements[..] else { panic!("{vex:#?}") };
    assert_eq!((&one.vulnerabilities[..], one.products.len()), (&["CVE-1".to_owned(), "GHSA-1".to_owned()][..], 3));
    assert_eq!((one.status, one.at), (VexStatus::NotAffected, Some(Timestamp::parse("2026-02-01").unwrap())));
    assert_eq!(
        (one.justification.as_deref(), one.explanation.as_deref()),
        (Some("code_not_reachable"), Some("nothing calls it"))
    );
    assert_eq!(one.products[0].product.digests, [image()]);
    for (purl, fits) in
        [("pkg:npm/b@1", true), ("pkg:npm/c@1.0.0", true), ("pkg:npm/c@2.5.0", true), ("pkg:npm/c@3.0.0", false)]
    {
        assert_eq!(fit(&vex, purl, vec![]).is_ok(), fits, "{purl}");
    }
    assert_eq!(vex.problems.len(), 1, "{:?}", vex.problems);
    assert!(vex.problems[0].message.contains("perhaps"));
    for broken in [&xml[..xml.len() - 10], "<bom/>", "<", "<html></html>"] {
        assert!(Vex::parse(broken.as_bytes()).is_err(), "{broken}");
    }
}

fn csaf(status: &str) -> Value {
    json!({
        "document": {"csaf_version": "2.0", "publisher": {"name": "Vendor"}, "tracking":
            {"id": "V-1", "version": "2", "status": status, "current_release_date": "2026-01-01T00:00:00Z"}},
        "product_tree": {
            "branches": [{"category": "vendor", "name": "v", "branches": [
                {"category": "product_version", "name": "1", "product": {"product_id": "LIB", "name": "lib 1",
                    "product_identification_helper": {"purl": "pkg:npm/lib@1"}}}]}],
            "full_product_names": [{"product_id": "IMG", "name": "image",
                "product_identification_helper": {"purl": format!("pkg:oci/app@{}", image())}}],
            "relationships": [{"category": "default_component_of", "product_reference": "LIB", "relates_to_product_reference": "IMG",
                "full_product_name": {"product_id": "LIB-IN-IMG", "name": "lib in image"}}],
            "product_groups": [{"group_id": "G", "product_ids": ["LIB-IN-IMG"]}],
        },
        "vulnerabilities": [{
            "cve": "CVE-1", "ids": [{"system_name": "x", "text": "X-1"}],
            "product_status": {"known_not_affected": ["LIB-IN-IMG", "IMG", "GONE"], "recommended": ["LIB"], "first_fixed": ["LIB"]},
            "flags": [{"label": "vulnerable_code_not_present", "group_ids": ["G"]}],
            "threats": [{"category": "impact", "details": "nothing calls it", "product_ids": ["IMG"]}],
        }],
    })
}

#[test]
fn csaf_is_read_with_relationships_groups_flags_and_threats() {
    let vex = read(&csaf("final")).unwrap();
    assert_eq!((vex.author.as_deref(), vex.version, vex.problems.len()), (Some("Vendor"), Some(2), 1));
    let [fixed, by_words, by_flag] = &vex.statements[..] else { panic!("{:#?}", vex.statements) };
    assert_eq!((fixed.status, fixed.vulnerabilities.len()), (VexStatus::Fixed, 2));
    assert_eq!((by_words.justification.as_deref(), by_words.explanation.as_deref()), (None, Some("nothing calls it")));
    assert_eq!(by_flag.justification.as_deref(), Some("vulnerable_code_not_present"));
    let product = &by_flag.products[0];
    assert_eq!(product.product.digests, [image()]);
    assert_eq!(product.component.as_ref().unwrap().purls[0].to_string(), "pkg:npm/lib@1");
}

#[test]
fn statements_of_one_vulnerability_share_its_names() {
    let vex = read(&csaf("final")).unwrap();
    let [one, others @ ..] = &vex.statements[..] else { panic!("no statement") };
    assert_eq!((&one.vulnerabilities[..], others.len()), (&["CVE-1".to_owned(), "X-1".to_owned()][..], 2));
    assert!(others.iter().all(|other| Arc::ptr_eq(&other.vulnerabilities, &one.vulnerabilities)));
}

#[test]
fn a_draft_of_csaf_says_nothing_yet() {
    let vex = read(&csaf("draft")).unwrap();
    assert!(vex.statements.is_empty() && vex.problems[0].message.contains("draft"));
}

#[test]
fn relationships_in_a_circle_end() {
    let related = |id: &str, of: &str| {
        json!({"category": "installed_on", "product_reference": of, "relates_to_product_reference": id,
        "full_product_name": {"product_id": id, "name": id}})
    };
    let vex = read(
        &json!({"document": {"csaf_version": "2.1"}, "product_tree": {"relationships": [related("A", "B"), related("B", "A")]},
        "vulnerabilities": [{"cve": "CVE-1", "product_status": {"fixed": ["A"]}}]}),
    );
    assert!(vex.unwrap().statements.is_empty());
}

#[test]
fn a_statement_around_a_document_is_opened() {
    let inner = json!({"@context": "https://openvex.dev/ns/v0.2.0", "statements": []});
    let statement = json!({"_type": "https://in-toto.io/Statement/v1", "subject": [], "predicateType": "https://openvex.dev/ns/v0.2.0", "predicate": inner});
    assert_eq!(read(&statement).unwrap().format, VexFormat::OpenVex);
    assert!(Vex::is_predicate("https://openvex.dev/ns") && Vex::is_predicate("https://cyclonedx.org/bom/v1.6"));
}
