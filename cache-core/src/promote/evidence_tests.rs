//! What becomes evidence of what is attached to an image.

use futures_util::FutureExt as _;
use serde_json::{Value, json};

use super::*;
use crate::gate::{CveGate, Evidence, Found, LicenseGate, SbomGate, Style};
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Pinned, Repository, Tag};
use crate::sign::{BUNDLE_V03, KeySigner, Sign, Statement};

struct Image {
    registry: MemoryRegistry,
    repository: Repository,
    image: Descriptor,
}

fn sbom() -> Value {
    json!({"spdxVersion": "SPDX-2.3", "packages": [{"SPDXID": "SPDXRef-a", "name": "a", "licenseDeclared": "MIT"}]})
}

fn report() -> Value {
    json!({"SchemaVersion": 2, "Results": []})
}

impl Image {
    fn new() -> Self {
        let (registry, repository) = (MemoryRegistry::new(), Repository::parse("memory:dev/app").unwrap());
        let config = registry.insert_blob("{\"config\":1}");
        let layer = registry.insert_blob("layer");
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
            "config": Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size),
            "layers": [Descriptor::new(media_type::OCI_LAYER_GZIP, layer.digest, layer.size)],
        });
        let tag = Tag::parse("v1").unwrap();
        let image = registry.insert_manifest(&repository, Some(tag), manifest.to_string()).unwrap();
        Image { registry, repository, image }
    }

    fn attach(&self, artifact_type: &str, layer_type: &str, content: &str, tag: Option<Tag>) -> Descriptor {
        let config = self.registry.insert_blob("{}");
        let layer = self.registry.insert_blob(content.to_owned());
        let mut manifest = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "artifactType": artifact_type,
            "config": Descriptor::new(media_type::OCI_EMPTY, config.digest, config.size),
            "layers": [Descriptor::new(layer_type, layer.digest, layer.size)],
        });
        if tag.is_none() {
            manifest["subject"] = json!(self.image);
        }
        self.registry.insert_manifest(&self.repository, tag, manifest.to_string()).unwrap()
    }

    fn attach_signed(&self, key: &KeySigner, predicate_type: &str, predicate: &Value) {
        let payload = Statement::write(&self.image.digest, predicate_type, predicate).unwrap();
        let signer = Signer::identity(key);
        let payload_type = crate::sign::IN_TOTO_PAYLOAD.to_owned();
        let permit = crate::approve::testing_permit(Sign { signer, payload_type: Some(payload_type), payload });
        let bundle = key.sign(permit).now_or_never().unwrap().unwrap().to_json().unwrap();
        self.attach(BUNDLE_V03, BUNDLE_V03, &String::from_utf8(bundle).unwrap(), None);
    }

    fn evidence(&self, trust: &Trust) -> Evidence {
        let image = Pinned { repository: self.repository.clone(), digest: self.image.digest.clone() };
        let unit = unit::Unit::of(&self.registry, &image).now_or_never().unwrap().unwrap();
        let now = Timestamp::from_unix(1_800_000_000).unwrap();
        gather::gather(&self.registry, &image, &unit, trust, now).now_or_never().unwrap().unwrap()
    }
}

#[test]
fn documents_are_found_by_the_type_of_the_layer_or_of_the_artifact() {
    let image = Image::new();
    image.attach("application/spdx+json", "application/spdx+json", &sbom().to_string(), None);
    image.attach("application/vnd.cyclonedx+json", "application/json", &sbom().to_string(), None);
    image.attach(REPORT_MEDIA_TYPE, REPORT_MEDIA_TYPE, &report().to_string(), None);
    image.attach(
        "application/vnd.security.vulnerability.report; version=1",
        "application/json",
        &report().to_string(),
        None,
    );
    image.attach("application/vnd.example", "application/json", &report().to_string(), None);
    let evidence = image.evidence(&Trust::default());
    assert_eq!((evidence.sboms.len(), evidence.reports.len(), evidence.problems.len()), (2, 2, 0), "{evidence:?}");
    assert!(evidence.sboms.iter().all(|s| s.by.is_none() && s.about == image.image.digest));
}

#[test]
fn the_sbom_tag_of_cosign_is_read() {
    let image = Image::new();
    let tag = Tag::of_digest(&image.image.digest, ".sbom");
    image.attach("application/vnd.oci.image.config.v1+json", "text/spdx+json", &sbom().to_string(), Some(tag));
    let evidence = image.evidence(&Trust::default());
    assert_eq!(evidence.sboms[0].found, Found::Attached(Style::CosignTag));
}

#[test]
fn broken_and_unread_documents_are_problems() {
    let image = Image::new();
    image.attach("application/spdx+json", "application/spdx+json", "{}", None);
    let rdf = "<rdf:RDF xmlns:spdx=\"http://spdx.org/rdf/terms#\"/>";
    image.attach("text/spdx", "text/spdx", rdf, None);
    image.attach("application/sarif+json", "application/sarif+json", "{\"runs\":[]}", None);
    let evidence = image.evidence(&Trust::default());
    let mut problems: Vec<_> = evidence.problems.iter().map(|p| (p.what.as_str(), p.kind.code())).collect();
    problems.sort_unstable();
    assert_eq!(problems, [("report", "UNSUPPORTED"), ("sbom", "INVALID"), ("sbom", "UNSUPPORTED")]);
}

#[test]
fn signed_statements_become_signed_documents() {
    let image = Image::new();
    let key = KeySigner::generate("ci").unwrap();
    image.attach_signed(&key, "https://spdx.dev/Document/v2.3", &sbom());
    image.attach_signed(&key, crate::scan::VULN_TYPE, &json!({"scanner": {"result": report()}}));
    image.attach_signed(&key, crate::sbom::CYCLONEDX_TYPE, &json!({"not": "an SBOM"}));
    let evidence = image.evidence(&Trust::in_keys(vec![key.public_key().clone()]));
    assert_eq!((evidence.statements.len(), evidence.sboms.len(), evidence.reports.len()), (3, 1, 1));
    assert!(evidence.sboms[0].by.is_some() && evidence.reports[0].by.is_some());
    assert_eq!(evidence.problems[0].what, "sbom");
    let stranger = image.evidence(&Trust::default());
    assert!(stranger.sboms.is_empty() && stranger.reports.is_empty() && stranger.problems.len() == 3);
}

/// gates.md B2 16 and 25: statements of other tools are taken by their type, once their signature verified; what is attached as it
/// is, is there, and unsigned.
#[test]
fn b2_16_and_25_vex_is_found_signed_and_unsigned() {
    let openvex =
        || json!({"@context": "https://openvex.dev/ns/v0.2.0", "author": "a", "version": 1, "statements": []});
    let cyclonedx = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "vulnerabilities": [
        {"id": "CVE-1", "affects": [{"ref": "pkg:npm/a@1"}], "analysis": {"state": "in_triage"}}]});
    let image = Image::new();
    let key = KeySigner::generate("ci").unwrap();
    image.attach("application/vnd.openvex+json", "application/vnd.openvex+json", &openvex().to_string(), None);
    image.attach("application/csaf+json", "application/csaf+json", "{}", None);
    image.attach_signed(&key, "https://openvex.dev/ns/v0.2.0", &openvex());
    image.attach_signed(&key, crate::sbom::CYCLONEDX_TYPE, &cyclonedx);
    let evidence = image.evidence(&Trust::in_keys(vec![key.public_key().clone()]));
    let mut signed: Vec<(bool, usize)> =
        evidence.vex.iter().map(|vex| (vex.by.is_some(), vex.value.statements.len())).collect();
    signed.sort_unstable();
    assert_eq!(signed, [(false, 0), (true, 0), (true, 1)]);
    assert_eq!((evidence.sboms.len(), evidence.problems.len(), evidence.problems[0].what.as_str()), (1, 1, "vex"));
    assert_eq!(image.evidence(&Trust::default()).vex.len(), 1);
}

/// gates.md B2 24: a list of referrers that cannot be had is an error that may pass, and never "unsigned".
#[cfg(feature = "conformance")]
#[tokio::test]
async fn b2_24_a_failing_list_of_referrers_is_no_absence() {
    use crate::conformance::server::{Effect, Endpoint, Fault, Options, Server};
    use crate::registry::{OciOptions, OciRegistry};
    let server = Server::start(Options::default()).await.unwrap();
    let repository = Repository::parse(&format!("{}/dev/app", server.host())).unwrap();
    let image = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": []}).to_string();
    let digest = crate::model::Digest::of(image.as_bytes());
    server.put_manifest("dev/app", Some("v1"), image, media_type::OCI_INDEX);
    let folder = tempfile::tempdir().unwrap();
    let promoter = Promoter {
        source: Arc::new(OciRegistry::of(&repository, OciOptions::default()).unwrap()),
        target: Arc::new(MemoryRegistry::new()),
        gates: vec![Arc::new(crate::gate::SignatureGate::default())],
        trust: Trust::default(),
        signer: None,
        policy: None,
        materials: MemoryRegistry::new(),
        ledger: Ledger::at(folder.path()),
        clock: None,
    };
    let request = Request {
        from: repository.at(digest).into(),
        to: Repository::parse("memory:staging/app").unwrap().tagged(Tag::parse("v1").unwrap()),
        environment: "staging".into(),
        requester: "pipeline".into(),
        reason: None,
        move_tags: false,
        attach: Vec::new(),
    };
    let Outlook::Blocked(verdicts) = promoter.plan(&request).await.unwrap() else { panic!() };
    assert_eq!(verdicts[0].reasons[0].code, "no-signature");
    for (status, kind) in [(500, crate::ErrorKind::Unavailable), (403, crate::ErrorKind::Denied)] {
        server.faults().push(Fault::new(Effect::status(status)).on(Endpoint::Referrers).always());
        assert_eq!(promoter.plan(&request).await.unwrap_err().kind(), kind);
        server.faults().clear();
    }
}

#[tokio::test]
async fn given_evidence_is_judged_and_named_in_the_plan() {
    let image = Image::new();
    let folder = tempfile::tempdir().unwrap();
    let promoter = Promoter {
        source: Arc::new(image.registry.clone()),
        target: Arc::new(MemoryRegistry::new()),
        gates: vec![Arc::new(CveGate::default()), Arc::new(SbomGate::default()), Arc::new(LicenseGate::default())],
        trust: Trust::default(),
        signer: None,
        policy: None,
        materials: MemoryRegistry::new(),
        ledger: Ledger::at(folder.path()),
        clock: None,
    };
    let tag = || Tag::parse("v1").unwrap();
    let request = Request {
        from: image.repository.tagged(tag()),
        to: Repository::parse("memory:staging/app").unwrap().tagged(tag()),
        environment: "staging".into(),
        requester: "pipeline".into(),
        reason: None,
        move_tags: false,
        attach: Vec::new(),
    };
    assert!(matches!(promoter.plan(&request).await.unwrap(), Outlook::Blocked(_)));
    let bytes = |value: Value| bytes::Bytes::from(value.to_string());
    let Outlook::Blocked(unbound) =
        promoter.plan_with(&request, &[Given::Sbom(bytes(sbom())), Given::Report(bytes(report()))]).await.unwrap()
    else {
        panic!()
    };
    let codes: Vec<&str> = unbound.iter().flat_map(|it| &it.reasons).map(|reason| reason.code.as_str()).collect();
    assert!(codes.contains(&"unbound-report") && codes.contains(&"unbound-sbom"), "{codes:?}");
    // By the digest of the manifest, and by that of the configuration.
    let mut named = sbom();
    named["packages"] = json!([{"SPDXID": "SPDXRef-a", "name": "a", "licenseDeclared": "MIT"},
        {"SPDXID": "SPDXRef-image", "name": "app", "versionInfo": image.image.digest}]);
    named["documentDescribes"] = json!(["SPDXRef-image"]);
    let results = json!([{"Target": "a", "Class": "os-pkgs", "Type": "debian"}]);
    let config = crate::model::Digest::of(b"{\"config\":1}");
    let report = json!({"SchemaVersion": 2, "ArtifactType": "container_image", "Metadata": {"ImageID": config},
        "Results": results});
    let given = [Given::Sbom(bytes(named)), Given::Report(bytes(report))];
    let Outlook::Ready(plan) = promoter.plan_with(&request, &given).await.unwrap() else { panic!() };
    assert!(plan.verdicts.iter().all(|v| v.looked_at[0].source == "given, unsigned"), "{:?}", plan.verdicts);
    let broken = promoter.plan_with(&request, &[Given::Report(bytes(sbom()))]).await.unwrap_err();
    assert_eq!(broken.kind(), crate::ErrorKind::Invalid);
}
