//! Signing and attesting an image where it is, in both forms.

mod contended;

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::ErrorKind;
use crate::approve::{Answer, ApprovalPolicy, Approved, by_callback, testing_permit};
use crate::gate::{Evidence, SignatureGate};
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Manifest, ManifestBody, Pinned, Repository, Tag};
use crate::plan::{Attach, Change, Content, Form, Plan};
use crate::sign::{COSIGN_SIGN_TYPE, KeyKind, KeySigner, Sign, SimpleSigning, Statement};

const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

struct World {
    registry: MemoryRegistry,
    image: Pinned,
    promoter: Promoter,
    _ledger: tempfile::TempDir,
}

fn place() -> Repository {
    Repository::parse("memory:app").unwrap()
}

fn v1() -> Tag {
    Tag::parse("v1").unwrap()
}

/// Stores an image whose one layer is this text.
fn stored(registry: &MemoryRegistry, text: &str) -> Pinned {
    let (config, layer) = (registry.insert_blob("{\"config\":1}"), registry.insert_blob(text.to_owned()));
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
        "config": Descriptor::new(media_type::OCI_CONFIG, config.digest, config.size),
        "layers": [Descriptor::new(media_type::OCI_LAYER_GZIP, layer.digest, layer.size)],
    });
    place().at(registry.insert_manifest(&place(), Some(v1()), manifest.to_string()).unwrap().digest)
}

impl World {
    /// An image, and a promoter that trusts nobody and signs with a key.
    fn new() -> Self {
        World::signing_with(KeyKind::P256)
    }

    fn signing_with(kind: KeyKind) -> Self {
        let registry = MemoryRegistry::new();
        let image = stored(&registry, "layer");
        let ledger = tempfile::tempdir().unwrap();
        let promoter = Promoter {
            source: Arc::new(MemoryRegistry::new()),
            target: Arc::new(registry.clone()),
            gates: Vec::new(),
            trust: Trust::default(),
            signer: Some(Arc::new(KeySigner::generate_kind("release", kind).unwrap())),
            policy: None,
            materials: MemoryRegistry::new(),
            ledger: Ledger::at(ledger.path()),
            clock: None,
        };
        World { registry, image, promoter, _ledger: ledger }
    }

    async fn outlook(&self, attach: &[Attachment]) -> Outlook {
        self.promoter.plan_attaching(&request(attach)).await.unwrap()
    }

    async fn attach(&self, attach: &[Attachment]) -> Plan {
        let Outlook::Ready(plan) = self.outlook(attach).await else { panic!("nothing is planned for {attach:?}") };
        let receipt = self.promoter.execute(approve(&plan)).await.unwrap();
        assert!(receipt.is_complete(), "{receipt}");
        plan
    }

    /// As somebody sees it who trusts the signer.
    async fn evidence(&self) -> Evidence {
        evidence(&self.registry, &self.image, &self.promoter.recognised()).await
    }

    /// The layers of what cosign's tag names.
    async fn layers(&self, suffix: &str) -> Vec<Descriptor> {
        let tag = place().tagged(Tag::of_digest(&self.image.digest, suffix));
        let named = self.registry.resolve(&tag).await.unwrap();
        let manifest = self.registry.manifest(&place().at(named.digest)).await.unwrap();
        let ManifestBody::Image(image) = manifest.value() else { panic!() };
        image.layers.clone()
    }
}

async fn evidence(registry: &MemoryRegistry, image: &Pinned, trust: &Trust) -> Evidence {
    evidence_of(registry, &image.clone().into(), trust, Timestamp::now()).await.unwrap()
}

fn request(attach: &[Attachment]) -> AttachRequest {
    AttachRequest {
        image: place().tagged(v1()),
        environment: "dev".into(),
        requester: "pipeline".into(),
        reason: None,
        attach: attach.to_vec(),
    }
}

fn approve(plan: &Plan) -> Approved {
    let yes = Answer::approve("alice");
    let approval = by_callback(plan, Timestamp::now(), |_| Ok(yes)).unwrap();
    ApprovalPolicy::default().admit(plan.clone(), vec![approval], Timestamp::now()).unwrap()
}

fn signature(form: Form) -> Attachment {
    Attachment::Signature { annotations: BTreeMap::new(), form }
}

fn for_prod(form: Form) -> Attachment {
    Attachment::Signature { annotations: BTreeMap::from([("env".to_owned(), "prod".to_owned())]), form }
}

fn result(word: &str, form: Form) -> Attachment {
    let predicate = json!({"result": word, "configuration": []}).to_string();
    Attachment::Attestation(Attestation::new("test-result", predicate.as_bytes()).unwrap().in_form(form))
}

#[tokio::test]
async fn an_image_is_signed_where_it_is_and_once() {
    for (form, suffix) in [(Form::Bundle, None), (Form::CosignTag, Some(".sig"))] {
        let world = World::new();
        let gate = SignatureGate::default();
        assert!(!gate.judge(&world.evidence().await).await.unwrap().allows());
        let plan = world.attach(&[signature(form)]).await;
        assert_eq!(plan.changes.len(), 1);
        assert!(plan.render().contains("Attach in dev: memory:app:v1"), "{}", plan.render());
        assert_eq!(plan.render().contains("under cosign's tag"), suffix.is_some());
        let seen = world.evidence().await;
        assert!(gate.judge(&seen).await.unwrap().allows(), "{form:?}: {:?}", seen.problems);
        assert_eq!((seen.signatures.len(), seen.statements.len(), seen.problems.len()), (1, 0, 0), "{form:?}");
        if let Some(suffix) = suffix {
            let [layer] = &world.layers(suffix).await[..] else { panic!() };
            assert_eq!(layer.media_type, SIMPLE_SIGNING);
        }
        // Nobody is trusted, and yet what we signed is recognised.
        assert!(matches!(world.outlook(&[signature(form)]).await, Outlook::Nothing), "{form:?}");
        // One that says more is another, and so is one in the other form.
        assert!(matches!(world.outlook(&[for_prod(form)]).await, Outlook::Ready(_)));
        let other = if form == Form::Bundle { Form::CosignTag } else { Form::Bundle };
        assert!(matches!(world.outlook(&[signature(other)]).await, Outlook::Ready(_)));
    }
}

#[tokio::test]
async fn each_kind_of_key_signs_in_each_form() {
    for kind in [KeyKind::P384, KeyKind::P521, KeyKind::Rsa2048, KeyKind::Ed25519] {
        let world = World::signing_with(kind);
        world.attach(&[signature(Form::Bundle), signature(Form::CosignTag)]).await;
        let seen = world.evidence().await;
        assert_eq!((seen.signatures.len(), seen.problems.len()), (2, 0), "{kind}: {:?}", seen.problems);
    }
}

#[tokio::test]
async fn what_is_signed_along_is_there_for_the_gate() {
    for form in [Form::Bundle, Form::CosignTag] {
        let world = World::new();
        let plan = world.attach(&[for_prod(form)]).await;
        assert!(plan.render().contains("env=prod"));
        let gate =
            SignatureGate { annotations: BTreeMap::from([("env".into(), "prod".into())]), ..SignatureGate::default() };
        assert!(gate.judge(&world.evidence().await).await.unwrap().allows(), "{form:?}");
        assert!(matches!(world.outlook(&[for_prod(form)]).await, Outlook::Nothing));
        assert!(matches!(world.outlook(&[signature(form)]).await, Outlook::Ready(_)));
    }
}

#[tokio::test]
async fn a_statement_is_attested_in_each_form_and_once() {
    for (form, suffix) in [(Form::Bundle, None), (Form::CosignTag, Some(".att"))] {
        let world = World::new();
        world.attach(&[result("PASSED", form)]).await;
        let seen = world.evidence().await;
        let [statement] = &seen.statements[..] else { panic!("{:?}", seen.problems) };
        assert_eq!(statement.value.value().predicate_type, crate::gate::TEST_RESULT_TYPE);
        assert!(seen.signatures.is_empty());
        assert!(matches!(world.outlook(&[result("PASSED", form)]).await, Outlook::Nothing));
        world.attach(&[result("WARNED", form)]).await;
        assert_eq!(world.evidence().await.statements.len(), 2);
        if let Some(suffix) = suffix {
            assert_eq!(world.layers(suffix).await.len(), 2);
            assert_eq!(world.layers(suffix).await[0].annotations["predicateType"], crate::gate::TEST_RESULT_TYPE);
        }
    }
}

#[tokio::test]
async fn the_image_that_was_planned_is_signed_and_no_other() {
    let world = World::new();
    let Outlook::Ready(plan) = world.outlook(&[signature(Form::Bundle)]).await else { panic!() };
    let other = stored(&world.registry, "another layer");
    assert!(world.promoter.execute(approve(&plan)).await.unwrap().is_complete());
    assert_eq!(world.evidence().await.signatures.len(), 1);
    assert!(evidence(&world.registry, &other, &world.promoter.recognised()).await.signatures.is_empty());
    // Where it is gone, nothing is signed.
    let Outlook::Ready(plan) = world.outlook(&[signature(Form::CosignTag)]).await else { panic!() };
    let elsewhere = Promoter { target: Arc::new(MemoryRegistry::new()), ..world.promoter.clone() };
    assert_eq!(elsewhere.execute(approve(&plan)).await.unwrap_err().kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn there_is_no_plan_without_a_signer_an_image_or_a_wish() {
    let world = World::new();
    let refused =
        async |promoter: &Promoter, request: AttachRequest| promoter.plan_attaching(&request).await.unwrap_err().kind();
    assert_eq!(refused(&world.promoter, request(&[])).await, ErrorKind::Invalid);
    let nobody = Promoter { signer: None, ..world.promoter.clone() };
    assert_eq!(refused(&nobody, request(&[signature(Form::Bundle)])).await, ErrorKind::Invalid);
    let mut absent = request(&[signature(Form::Bundle)]);
    absent.image = place().tagged(Tag::parse("v2").unwrap());
    assert_eq!(refused(&world.promoter, absent).await, ErrorKind::NotFound);
}

const SPDX: &str = r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"n","dataLicense":"CC0-1.0",
    "documentNamespace":"https://example.com/n","creationInfo":{"created":"2026-01-01T00:00:00Z","creators":[]}}"#;
const CYCLONEDX: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6"}"#;

fn sbom(media_type: &str, text: &str) -> Attachment {
    Attachment::Sbom { media_type: media_type.to_owned(), bytes: text.to_owned().into() }
}

/// Found by a user: the error page of a proxy was attached, and then the right SBOM could not be.
#[tokio::test]
async fn what_is_attached_as_an_sbom_is_one() {
    let world = World::new();
    let xml = r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components><component type="library"><name>a</name>
        </component></components></bom>"#;
    for (media_type, text) in [
        ("application/spdx+json", "<html>502 Bad Gateway</html>"),
        ("application/spdx+json", "hello"),
        ("application/spdx+json", ""),
        ("application/spdx+json", "{}"),
        ("application/spdx+json", CYCLONEDX),
        ("application/spdx+json", "SPDXVersion: SPDX-2.3\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: n\n"),
        ("application/vnd.cyclonedx+json; version=1.6", SPDX),
        ("application/vnd.cyclonedx+json", xml),
        ("application/vnd.cyclonedx+xml", CYCLONEDX),
        ("application/vnd.syft+json", SPDX),
        ("text/plain", "hello"),
    ] {
        let refused = world.promoter.plan_attaching(&request(&[sbom(media_type, text)])).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid, "{media_type}: {text}: {refused}");
        assert!(refused.contexts().contains(&("mediaType", media_type.to_owned())), "{refused}");
    }
    for (media_type, text) in [
        ("application/spdx+json", SPDX),
        ("Application/SPDX+JSON; charset=utf-8", SPDX),
        ("application/vnd.cyclonedx+json", CYCLONEDX),
        ("application/vnd.cyclonedx+xml", xml),
        ("application/json", SPDX),
        ("application/octet-stream", xml),
    ] {
        assert!(matches!(world.outlook(&[sbom(media_type, text)]).await, Outlook::Ready(_)), "{media_type}");
    }
}

#[tokio::test]
async fn a_second_sbom_is_attached_as_a_document_and_both_errors_say_so() {
    let world = World::new();
    let (spdx, cyclonedx) = (sbom("application/spdx+json", SPDX), sbom("application/vnd.cyclonedx+json", CYCLONEDX));
    let several = world.promoter.plan_attaching(&request(&[spdx.clone(), cyclonedx.clone()])).await.unwrap_err();
    world.attach(&[spdx]).await;
    let taken = world.promoter.plan_attaching(&request(&[cyclonedx])).await.unwrap_err();
    assert_eq!((several.kind(), taken.kind()), (ErrorKind::Invalid, ErrorKind::Conflict));
    for error in [several, taken] {
        assert!(error.hint_text().is_some_and(|hint| hint.contains("`kind: \"document\"`")), "{error:?}");
    }
    let media_type = "application/vnd.cyclonedx+json".to_owned();
    world.attach(&[Attachment::Document { media_type, bytes: CYCLONEDX.into() }]).await;
    let seen = world.evidence().await;
    let mut formats: Vec<String> = seen.sboms.iter().map(|sbom| sbom.value.format.to_string()).collect();
    formats.sort();
    formats.dedup();
    assert_eq!(formats, ["CycloneDX-1.6", "SPDX-2.3"]);
}

#[tokio::test]
async fn a_number_that_would_be_signed_as_another_is_refused() {
    let world = World::new();
    let statement = |predicate: serde_json::Value| {
        request(&[Attachment::Statement { predicate_type: "https://example.com/own".into(), predicate }])
    };
    for number in [json!(9_007_199_254_740_993_u64), json!(-9_007_199_254_740_993_i64), json!(u64::MAX)] {
        let wrong = json!({"runs": [{"build": number}]});
        let refused = world.promoter.plan_attaching(&statement(wrong)).await.unwrap_err();
        assert_eq!((refused.kind(), refused.hint_text()), (ErrorKind::Invalid, Some("write it as a text")));
        assert!(refused.to_string().contains("(at: runs[0].build, type: "), "{refused}");
    }
    // What is a double is signed as the double that it is.
    let kept = json!({"build": 9_007_199_254_740_992_u64, "share": 1e300, "least": -1});
    assert!(matches!(world.promoter.plan_attaching(&statement(kept)).await.unwrap(), Outlook::Ready(_)));
}

#[tokio::test]
async fn a_promotion_carries_signatures_of_both_forms_and_adds_to_them() {
    let world = World::new();
    world.attach(&[signature(Form::CosignTag), result("PASSED", Form::CosignTag)]).await;
    let target = MemoryRegistry::new();
    let onward = Promoter {
        source: Arc::new(world.registry.clone()),
        target: Arc::new(target.clone()),
        signer: Some(Arc::new(KeySigner::generate("qa").unwrap())),
        ..world.promoter.clone()
    };
    let promotion = Request {
        from: world.image.clone().into(),
        to: Repository::parse("memory:prod").unwrap().tagged(v1()),
        environment: "prod".into(),
        requester: "pipeline".into(),
        reason: None,
        move_tags: false,
        attach: vec![signature(Form::CosignTag)],
    };
    let Outlook::Ready(plan) = onward.plan(&promotion).await.unwrap() else { panic!() };
    assert!(onward.execute(approve(&plan)).await.unwrap().is_complete());
    let image = promotion.to.repository.at(world.image.digest.clone());
    let both = onward.recognised().and(world.promoter.signer.as_ref().unwrap().recognised().unwrap());
    let seen = evidence(&target, &image, &both).await;
    // Ours and theirs, and the record of the promotion beside their statement.
    assert_eq!((seen.signatures.len(), seen.statements.len()), (2, 2), "{:?}", seen.problems);
    // The target's list of signatures is the longer one now. It is not taken back, whether or not tags may be moved.
    for move_tags in [false, true] {
        let again = Request { move_tags, ..promotion.clone() };
        assert!(matches!(onward.plan(&again).await.unwrap(), Outlook::Nothing), "{move_tags}");
    }
    // Where the source has one more, that one comes too.
    let other = Promoter { signer: Some(Arc::new(KeySigner::generate("other").unwrap())), ..world.promoter.clone() };
    let Outlook::Ready(plan) = other.plan_attaching(&request(&[signature(Form::CosignTag)])).await.unwrap() else {
        panic!()
    };
    assert!(other.execute(approve(&plan)).await.unwrap().is_complete());
    for move_tags in [true, false] {
        let again = Request { move_tags, ..promotion.clone() };
        let Outlook::Ready(plan) = onward.plan(&again).await.unwrap() else { panic!() };
        let added: Vec<_> = plan.changes.iter().filter(|change| matches!(change, Change::AddLayers(_))).collect();
        assert_eq!(added.len(), 1, "{}", plan.render());
        // Neither the manifest that would list less nor its tag.
        assert!(!plan.changes.iter().any(|change| matches!(change, Change::Copy(_) | Change::SetTag(_))));
        if !move_tags {
            assert!(onward.execute(approve(&plan)).await.unwrap().is_complete());
        }
    }
    let all = both.and(other.signer.as_ref().unwrap().recognised().unwrap());
    assert_eq!(evidence(&target, &image, &all).await.signatures.len(), 3);
    assert!(matches!(onward.plan(&promotion).await.unwrap(), Outlook::Nothing));
}

/// What a permit to attach lets through: nothing but what the plan describes.
#[tokio::test]
async fn a_permit_signs_and_appends_only_what_was_planned() {
    let world = World::new();
    let manifest = world.registry.manifest(&world.image).await.unwrap();
    let permit = |predicate_type: &str, form, annotations: &BTreeMap<String, String>| {
        let content = Content::Statement {
            predicate_type: predicate_type.to_owned(),
            predicate: Some(Descriptor::of("", b"{}")),
            annotations: annotations.clone(),
            form,
            signer: world.promoter.signer.as_ref().unwrap().identity(),
        };
        testing_permit(Attach { repository: place(), subject: manifest.descriptor(), content })
    };
    let (none, prod) = (BTreeMap::new(), BTreeMap::from([("env".to_owned(), "prod".to_owned())]));
    let (image, other) = (&world.image.digest, Digest::of(b"other"));
    let simple = |digest: &Digest, annotations| SimpleSigning::write(&place(), digest, annotations).unwrap();
    let statement = |digest: &Digest, annotations: &BTreeMap<String, String>| {
        let subject = crate::sign::ResourceDescriptor::of(digest).annotated(annotations);
        Statement::write_about(subject, COSIGN_SIGN_TYPE, &json!({})).unwrap()
    };
    for annotations in [&none, &prod] {
        let other_annotations = if annotations.is_empty() { &prod } else { &none };
        let old = permit(COSIGN_SIGN_TYPE, Form::CosignTag, annotations);
        assert_eq!(Sign::clone(&old.sign(simple(image, annotations)).unwrap()).payload_type, None);
        let new = permit(COSIGN_SIGN_TYPE, Form::Bundle, annotations);
        assert!(new.sign(statement(image, annotations)).is_ok());
        for refused in [simple(&other, annotations), simple(image, other_annotations), statement(image, annotations)] {
            assert!(old.sign(refused).is_err());
        }
        for refused in [statement(&other, annotations), statement(image, other_annotations), simple(image, annotations)]
        {
            assert!(new.sign(refused).is_err());
        }
    }
    let old = permit(COSIGN_SIGN_TYPE, Form::CosignTag, &none);
    let parsed = |layers: &[&str]| {
        let layers: Vec<_> = layers.iter().map(|text| Descriptor::of(SIMPLE_SIGNING, text.as_bytes())).collect();
        let config = Descriptor::of(media_type::OCI_CONFIG, b"{}");
        let document =
            json!({"schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "config": config, "layers": layers});
        Manifest::parse(document.to_string(), None).unwrap()
    };
    let found = parsed(&["a", "b"]);
    let appended = old.appended(parsed(&["a", "b", "c"]), Some(&found)).unwrap();
    assert_eq!(appended.layers.len(), 1);
    assert!(old.appended(parsed(&["a"]), None).is_ok());
    for refused in [&["a", "c"][..], &["a", "b"], &["c"], &["a", "b", "c", "d"], &["b", "a", "c"], &["c", "a", "b"]] {
        assert!(old.appended(parsed(refused), Some(&found)).is_err(), "{refused:?}");
    }
    assert!(permit(COSIGN_SIGN_TYPE, Form::Bundle, &none).appended(parsed(&["a"]), None).is_err());
}

/// A plan whose changes are of the forms that there were before has the bytes that it had.
#[test]
fn what_is_usual_is_not_written_down() {
    let content = Content::Statement {
        predicate_type: "t".into(),
        predicate: None,
        annotations: BTreeMap::new(),
        form: Form::Bundle,
        signer: KeySigner::generate("k").unwrap().identity(),
    };
    let json = serde_json::to_value(&content).unwrap();
    let mut fields: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
    fields.sort();
    assert_eq!(fields, ["kind", "predicateType", "signer"]);
    assert!(matches!(
        Change::Attach(Box::new(Attach { repository: place(), subject: Descriptor::of("", b""), content })),
        Change::Attach(_)
    ));
}
