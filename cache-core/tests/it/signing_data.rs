//! The acceptance data for signatures: what other implementations wrote, or stumbled over. Each case must be decided as
//! expected, and a refusal must have the reason that the case is about.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cache_core::ErrorKind;
use cache_core::gate::{Attached, Evidence, Found, PromotionGate, ProvenanceGate, SignatureGate};
use cache_core::model::{Digest, Reference, Secret, Timestamp};
use cache_core::policy::ClusterImagePolicy;
use cache_core::registry::MemoryRegistry;
use cache_core::sign::{
    Bundle, Demands, Envelope, IdentityConfig, IdentityRule, KeySigner, PublicKey, Shown, SigningConfig, Trust,
    TrustConfig, Trusted, TrustedRoot, TufRoot, Wanted, Window, decrypt_cosign_key,
};
use serde_json::Value;

use crate::support;
use crate::world::{evidence, repository, tag};

mod reasons;

/// How many cases are decided, by kind. A number that falls means that cases fell out unseen.
const DECIDED: [(&str, usize); 9] = [
    ("bundle", 79),
    ("dsse-key", 4),
    ("image", 75),
    ("key-decrypt", 17),
    ("oci-layout", 2),
    ("parse", 10),
    ("policy-doc", 37),
    ("slsa-gate", 42),
    ("tuf-root-chain", 1),
];

const LEFT_OUT: &str = "names a file that is not in the data";

#[derive(Debug)]
enum Ruling {
    Accepted,
    /// With the reason.
    Refused(String),
    OutOfScope(&'static str),
}

impl Ruling {
    fn of<T>(result: cache_core::Result<T>) -> Self {
        match result {
            Ok(_) => Ruling::Accepted,
            Err(error) => Ruling::Refused(chain(&error)),
        }
    }
}

/// An error with its causes, in one line.
fn chain(error: &cache_core::Error) -> String {
    let causes: Vec<String> = error.causes().map(ToString::to_string).collect();
    format!("{error} {}", causes.join(" < "))
}

struct Data {
    folder: PathBuf,
    registry: MemoryRegistry,
}

struct Case<'a> {
    data: &'a Data,
    folder: PathBuf,
    document: Value,
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    optional: usize,
}

#[tokio::test]
async fn every_case_is_decided_as_expected_and_for_the_reason_that_is_meant() {
    let Some(folder) = support::data("signing", "CACHE_SIGNING_DATA") else { return };
    let data = Data { registry: registry(&folder.join("images/registry")), folder };
    let mut decided: BTreeMap<String, Tally> = BTreeMap::new();
    let mut left: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in json(&data.folder.join("cases.json")).as_array().unwrap() {
        let (id, kind, expect) = (text(row, "id"), text(row, "kind"), text(row, "expect"));
        let folder = data.folder.join("cases").join(id);
        let case = Case { data: &data, document: json(&folder.join("case.json")), folder };
        let ruling = case.rule(kind).await;
        if let Ruling::OutOfScope(reason) = ruling {
            left.entry(reason).or_default().push(id.to_owned());
            continue;
        }
        if let Ruling::Refused(why) = &ruling {
            eprintln!("{id}: {why}");
        }
        let tally = decided.entry(kind.to_owned()).or_default();
        match expect {
            "optional" => tally.optional += 1,
            "pass" => tally.passed += 1,
            _ => tally.failed += 1,
        }
        let meant = match (&ruling, reasons::of(id).or_else(|| reasons::told(text(&case.document, "why")))) {
            (Ruling::Refused(why), Some(meant)) => why.contains(meant),
            (_, meant) => meant.is_none(),
        };
        match (&ruling, expect) {
            (Ruling::Accepted, "pass") | (_, "optional") => {}
            (Ruling::Refused(_), "fail") if meant => {}
            _ => wrong.push(format!("{id}: expected {expect}, {ruling:?}: {}", text(&case.document, "why"))),
        }
    }
    for (kind, tally) in &decided {
        let Tally { passed, failed, optional } = tally;
        eprintln!("signing data: {kind}: {passed} accepted, {failed} refused, {optional} optional");
    }
    for (reason, ids) in &left {
        eprintln!("signing data: {} not decided, {reason}: {}", ids.len(), ids.join(" "));
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    let counts = decided.iter().map(|(kind, tally)| (kind.clone(), tally.passed + tally.failed + tally.optional));
    assert_eq!(counts.collect::<BTreeMap<_, _>>(), DECIDED.map(|(kind, count)| (kind.to_owned(), count)).into());
}

impl Case<'_> {
    async fn rule(&self, kind: &str) -> Ruling {
        match kind {
            "dsse-key" => self.envelope(),
            "bundle" => self.bundle(),
            "image" => self.image().await,
            "oci-layout" => self.layout().await,
            "key-decrypt" => self.key_file(),
            "parse" => self.parse(),
            "tuf-root-chain" => Ruling::of(self.roots()),
            "slsa-gate" => self.provenance().await,
            "policy-doc" => {
                let document = String::from_utf8(read(&self.path("policy"))).unwrap();
                Ruling::of(ClusterImagePolicy::parse(&document))
            }
            other => panic!("nobody decided about the kind {other}"),
        }
    }

    fn envelope(&self) -> Ruling {
        let verified = |key: &PublicKey| Envelope::parse(&read(&self.path("envelope")))?.verify(key);
        let ruling = Ruling::of(verified(&key(&self.path("key")).unwrap()));
        assert!(verified(&stranger()).is_err());
        ruling
    }

    fn parse(&self) -> Ruling {
        let input = read(&self.path("input"));
        match text(&self.document, "document") {
            "trusted_root" if text(&self.document, "id").contains("certificate_authority") => {
                Ruling::of(TrustedRoot::check_authority(&input))
            }
            "trusted_root" => Ruling::of(TrustedRoot::parse(&input)),
            "signing_config" => Ruling::of(SigningConfig::parse(&input)),
            "trust_config" => Ruling::of(TrustConfig::parse(&input)),
            other => panic!("nobody decided about the document {other}"),
        }
    }

    /// Each root after the one before, from the first to the last.
    fn roots(&self) -> cache_core::Result<()> {
        let folder = self.path("roots");
        let file = |version: u64| read(&folder.join(format!("{version}.root.json")));
        let mut root = TufRoot::trusted(&file(1))?;
        assert!(root.next(&file(3)).is_err(), "a version may not be left out");
        for version in 2..=15 {
            root = root.next(&file(version))?;
            assert_eq!(root.version(), version);
        }
        Ok(())
    }

    /// The identity that the case names, as a rule.
    fn identity(&self, policy: &Value) -> cache_core::Result<IdentityRule> {
        let subject = match policy.get("identity_regexp") {
            Some(pattern) => Wanted::pattern(pattern.as_str().unwrap())?,
            None => Wanted::exact(text(policy, "identity")),
        };
        let issuer = policy.get("issuer").and_then(Value::as_str).map(Wanted::exact);
        Ok(IdentityRule { subject, issuer, claims: BTreeMap::new() })
    }

    fn root(&self, document: &Value) -> cache_core::Result<Arc<TrustedRoot>> {
        TrustedRoot::parse(&read(&self.file(text(document, "trusted_root")))).map(Arc::new)
    }

    /// Whom the case trusts.
    fn trusted(&self) -> cache_core::Result<Trusted> {
        let root = self.root(&self.document)?;
        if self.document.get("key").is_some() {
            let trusted = Trusted::key(key(&self.path("key"))?);
            if text(&self.document, "needs").contains("validity") {
                let end = Timestamp::parse("2026-01-01").ok();
                return Ok(trusted.valid(Window { start: None, end }, root));
            }
            return Ok(trusted);
        }
        let rule = self.identity(&self.document)?;
        let demands = match text(&self.document, "policy") {
            "--insecure-ignore-sct" => Demands { certificate_log: false, ..Demands::of_keyless() },
            policy if policy.contains("tlog_threshold=0") => {
                Demands { logs: 0, timestamps: 1, certificate_log: false, ..Demands::of_keyless() }
            }
            _ => Demands::of_keyless(),
        };
        let old = ["sigstore-go/example-provenance", "slsa-verifier/bundle-"];
        let shown = match old.iter().any(|id| text(&self.document, "id").starts_with(id)) {
            true => Shown::ByPromise,
            false => Shown::default(),
        };
        Ok(Trusted::identities("identity", vec![rule], root.clone()).demanding(Demands { shown, ..demands }, root))
    }

    fn bundle(&self) -> Ruling {
        let id = text(&self.document, "id");
        let bundle = Bundle::parse(&read(&self.path("bundle")));
        let strangers = Trust::in_keys(vec![stranger()]);
        assert!(self.verified(&bundle, &strangers).is_err(), "{id}: passed with a stranger's key");
        match self.trusted() {
            Ok(trusted) => Ruling::of(self.verified(&bundle, &Trust::default().and(trusted))),
            Err(error) => Ruling::of(Err::<(), _>(error)),
        }
    }

    fn verified(&self, bundle: &cache_core::Result<Bundle>, trust: &Trust) -> cache_core::Result<()> {
        let bundle = match bundle {
            Ok(bundle) => bundle,
            Err(error) => return Err(cache_core::Error::new(error.kind(), error.message())),
        };
        match self.document.get("artifact") {
            _ if bundle.envelope().is_some() => trust.verify_bundle(bundle, &self.artifact_digest()).map(|_| ()),
            Some(_) => trust.verify_file(bundle, &read(&self.path("artifact"))).map(|_| ()),
            None => trust.verify_file_digest(bundle, &self.artifact_digest()).map(|_| ()),
        }
    }

    fn artifact_digest(&self) -> Digest {
        if self.document.get("artifact").is_some() {
            return Digest::of(&read(&self.path("artifact")));
        }
        let sha256 = || format!("sha256:{}", text(&self.document, "artifact_sha256"));
        let digest = self.document.get("artifact_digest").and_then(Value::as_str).map_or_else(sha256, str::to_owned);
        Digest::parse(&digest).unwrap()
    }

    async fn image(&self) -> Ruling {
        let policy = &self.document["policy"];
        let id = text(&self.document, "id");
        assert!(
            matches!(self.image_with(Trusted::key(stranger())).await, Ruling::Refused(_)),
            "{id}: passed with a stranger's key"
        );
        match self.image_trusted(policy) {
            Ok(trusted) => self.image_with(trusted).await,
            Err(error) => Ruling::of(Err::<(), _>(error)),
        }
    }

    fn image_trusted(&self, policy: &Value) -> cache_core::Result<Trusted> {
        let needed = |what: &str| usize::from(text(policy, what) == "required");
        let demands = Demands { logs: needed("tlog"), timestamps: needed("timestamps"), ..Demands::of_keyless() };
        if policy.get("key").is_none() {
            let root = self.root(policy)?;
            return Ok(
                Trusted::identities("identity", vec![self.identity(policy)?], root.clone()).demanding(demands, root)
            );
        }
        let trusted = Trusted::key(key(&self.file(text(policy, "key")))?);
        match policy.get("trusted_root") {
            Some(_) => Ok(trusted.demanding(demands, self.root(policy)?)),
            None => Ok(trusted),
        }
    }

    async fn image_with(&self, trusted: Trusted) -> Ruling {
        let repository = repository(&format!("memory:{}", text(&self.document, "repo")));
        let named = text(&self.document, "reference");
        let reference: Reference = match Digest::parse(named) {
            Ok(digest) => repository.at(digest).into(),
            Err(_) => repository.tagged(tag(named)),
        };
        let policy = &self.document["policy"];
        let attestation = (text(&self.document, "operation") == "verify-attestation").then(|| text(policy, "type"));
        self.judge(&self.data.registry, reference, Trust::default().and(trusted), attestation).await
    }

    /// What the signature gate says, or whether there is a statement of the wanted type.
    async fn judge(
        &self,
        registry: &MemoryRegistry,
        reference: Reference,
        trust: Trust,
        attestation: Option<&str>,
    ) -> Ruling {
        let seen = evidence(registry, reference, trust).await.unwrap();
        let Some(wanted) = attestation else {
            let annotations = self.document["policy"].get("annotations").and_then(Value::as_object);
            let annotations = annotations.into_iter().flatten();
            let annotations = annotations.map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect();
            let verdict = SignatureGate { annotations, ..SignatureGate::default() }.judge(&seen).await.unwrap();
            let why: Vec<_> = verdict.reasons.iter().map(|reason| reason.message.as_str()).collect();
            return if verdict.allows() { Ruling::Accepted } else { Ruling::Refused(why.join("; ")) };
        };
        let about = seen.statements.iter().filter(|statement| statement.about == seen.image.digest);
        let types: Vec<_> = about.map(|statement| statement.value.value().predicate_type.as_str()).collect();
        if types.contains(&wanted) {
            return Ruling::Accepted;
        }
        let problems: Vec<_> = seen.problems.iter().map(|problem| problem.message.as_str()).collect();
        Ruling::Refused(format!("no statement of the type among {types:?}; {}", problems.join("; ")))
    }

    /// A folder as `cosign save` writes it: it says of each manifest what it is to the image.
    async fn layout(&self) -> Ruling {
        let folder = self.path("layout");
        let (registry, repository) = (MemoryRegistry::new(), repository("memory:saved"));
        for blob in std::fs::read_dir(folder.join("blobs/sha256")).unwrap() {
            let bytes = read(&blob.unwrap().path());
            // The children of an index are not in the list of manifests.
            if serde_json::from_slice::<Value>(&bytes).is_ok_and(|json| json.get("schemaVersion").is_some()) {
                registry.insert_manifest(&repository, None, bytes.clone()).unwrap();
            }
            registry.insert_blob(bytes);
        }
        let image = Digest::parse(text(&self.document, "image_digest")).unwrap();
        for row in json(&folder.join("index.json"))["manifests"].as_array().unwrap() {
            let digest = Digest::parse(text(row, "digest")).unwrap();
            let bytes = read(&folder.join("blobs/sha256").join(digest.hex()));
            let attestations = text(&row["annotations"], "kind").ends_with("/atts");
            let named = attestations.then(|| tag(&format!("sha256-{}.att", image.hex())));
            registry.insert_manifest(&repository, named, bytes).unwrap();
        }
        let root = self.root(&self.document).unwrap();
        let trusted = Trusted::identities("identity", vec![self.identity(&self.document).unwrap()], root);
        // These certificates are older than the logs that sign into them.
        let trust = Trust::default().and(trusted);
        let wanted = text(&self.document, "attestation_type");
        self.judge(&registry, repository.at(image).into(), trust, Some(wanted)).await
    }

    /// Provenance of a file, as the gate sees that of an image.
    async fn provenance(&self) -> Ruling {
        // Whoever has an identity at the provider of the case may sign; the gate says for whom. Nobody may without a builder.
        let config = IdentityConfig {
            subject_regexp: self.document.get("builder_id").map(|_| r"https://github\.com/.+".to_owned()),
            issuer: Some(text(&self.document, "issuer").to_owned()),
            ..IdentityConfig::default()
        };
        let trust = config.rule().and_then(|rule| {
            let trusted = Trusted::identities("builders", vec![rule], self.root(&self.document)?);
            let bundle = Bundle::parse(&read(&self.path("bundle")))?;
            Trust::default().and(trusted).verify_bundle(&bundle, &self.artifact_digest())
        });
        let verified = match trust {
            Ok(verified) => verified,
            Err(error) => return Ruling::of(Err::<(), _>(error)),
        };
        let about = self.artifact_digest();
        let statement = Attached {
            digest: Digest::of(verified.value().bytes()),
            about: about.clone(),
            found: Found::Given,
            by: Some(verified.by().clone()),
            value: verified,
        };
        let image = repository("memory:file").at(about);
        let evidence = Evidence { statements: vec![statement], ..Evidence::of(image, Timestamp::now()) };
        let wanted = [("expect_branch", "branch"), ("expect_tag", "tag"), ("expect_versioned_tag", "version")];
        let wanted = wanted.into_iter().filter_map(|(field, kind)| {
            let name = self.document.get(field)?.as_str()?;
            Some(format!("{kind}:{name}").parse().unwrap())
        });
        let delegator =
            "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/delegator_generic_slsa3.yml";
        let delegating = "https://github.com/slsa-framework/example-trw/.github/workflows/builder_high-perms_slsa3.yml";
        let gate = ProvenanceGate {
            builders: vec![text(&self.document, "builder_id").to_owned()],
            sources: vec![format!("https://{}", text(&self.document, "expect_source"))],
            refs: wanted.collect(),
            build_types: Vec::new(),
            signed_by: BTreeMap::from([(delegating.to_owned(), vec![delegator.to_owned()])]),
        };
        let verdict = gate.judge(&evidence).await.unwrap();
        let why: Vec<_> = verdict.reasons.iter().map(|r| format!("{}: {}", r.code, r.message)).collect();
        if verdict.allows() { Ruling::Accepted } else { Ruling::Refused(why.join("; ")) }
    }

    fn key_file(&self) -> Ruling {
        let path = self.path("key");
        if !path.exists() {
            return Ruling::OutOfScope(LEFT_OUT);
        }
        let pem = String::from_utf8(read(&path)).unwrap();
        let opened = decrypt_cosign_key(&pem, &Secret::new(text(&self.document, "password")));
        if let (Ok(opened), Some(_)) = (&opened, self.document.get("public_key")) {
            let public = key(&self.path("public_key")).unwrap();
            // Signing is for P-256 only; the other keys have been opened, and that is all that is asked.
            match KeySigner::from_pem("k", opened) {
                Ok(signer) => assert_eq!(signer.public_key().fingerprint(), public.fingerprint()),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Unsupported),
            }
        }
        Ruling::of(opened)
    }

    fn path(&self, field: &str) -> PathBuf {
        self.file(text(&self.document, field))
    }

    /// A file is named relative to the case, or with `@` to the whole data.
    fn file(&self, name: &str) -> PathBuf {
        match (name.strip_prefix('@'), name.strip_prefix("../")) {
            (Some(rest), _) => self.data.folder.join(rest),
            // The case's own folder may be missing where it shares all files with another.
            (_, Some(rest)) => self.folder.parent().unwrap().join(rest),
            _ => self.folder.join(name),
        }
    }
}

/// Loads the dump of a registry: `refs.json` beside a folder of blobs.
fn registry(folder: &Path) -> MemoryRegistry {
    let registry = MemoryRegistry::new();
    let bytes = |digest: &str| read(&folder.join("blobs").join(Digest::parse(digest).unwrap().hex()));
    for (name, contents) in json(&folder.join("refs.json")).as_object().unwrap() {
        let repository = repository(&format!("memory:{name}"));
        for blob in contents["blobs"].as_array().unwrap() {
            registry.insert_blob(bytes(blob.as_str().unwrap()));
        }
        for digest in contents["manifests"].as_object().unwrap().keys() {
            registry.insert_manifest(&repository, None, bytes(digest)).unwrap();
        }
        for (name, digest) in contents["tags"].as_object().unwrap() {
            registry.insert_manifest(&repository, Some(tag(name)), bytes(digest.as_str().unwrap())).unwrap();
        }
    }
    registry
}

fn key(path: &Path) -> cache_core::Result<PublicKey> {
    PublicKey::from_pem("key", &String::from_utf8(read(path)).unwrap())
}

/// A key that signed nothing here: whatever passes with it passes for a wrong reason.
fn stranger() -> PublicKey {
    KeySigner::generate("stranger").unwrap().public_key().clone()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&read(path)).unwrap()
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
