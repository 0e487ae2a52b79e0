//! The document, key by key.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Signer, Who};
use crate::error::{Error, Result};
use crate::gate::{ImageAttestation, ImageAuthority, ImageGlob, ImagePolicy, ImageVoucher};
use crate::sign::{Demands, IdentityRule, PublicKey, Wanted};

const VERSIONS: [&str; 2] = ["policy.sigstore.dev/v1alpha1", "policy.sigstore.dev/v1beta1"];
/// What policies may be restricted to in a cluster.
const RESOURCES: [&str; 7] = ["pods", "replicasets", "deployments", "statefulsets", "daemonsets", "jobs", "cronjobs"];
/// The most authorities, and the most of anything else, in one policy.
const MAX: usize = 256;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Document {
    api_version: String,
    kind: String,
    metadata: Metadata,
    spec: Spec,
    #[serde(default, rename = "status")]
    _status: Option<IgnoredAny>,
}

// A cluster adds to it as it likes.
#[derive(Deserialize)]
struct Metadata {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    #[serde(default)]
    mode: Option<Mode>,
    images: Vec<Image>,
    #[serde(default, rename = "match")]
    restricted: Vec<Match>,
    authorities: Vec<Authority>,
    #[serde(default)]
    policy: Option<ContentPolicy>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Enforce,
    Warn,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Image {
    glob: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Match {
    #[serde(default)]
    resource: String,
    #[serde(default, rename = "version")]
    _version: String,
    #[serde(default, rename = "group")]
    _group: String,
    #[serde(default, rename = "selector")]
    _selector: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authority {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    key: Option<Key>,
    #[serde(default)]
    keyless: Option<Keyless>,
    #[serde(default, rename = "static")]
    fixed: Option<Fixed>,
    #[serde(default)]
    source: Vec<Source>,
    #[serde(default)]
    ctlog: Option<Service>,
    #[serde(default)]
    rfc3161timestamp: Option<Service>,
    #[serde(default)]
    attestations: Vec<Attestation>,
    #[serde(default, rename = "signatureFormat")]
    format: Option<Format>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Legacy,
    Bundle,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Key {
    #[serde(default)]
    secret_ref: Option<IgnoredAny>,
    #[serde(default)]
    data: Option<String>,
    #[serde(default)]
    kms: Option<String>,
    #[serde(default)]
    hash_algorithm: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Keyless {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    identities: Vec<Identity>,
    #[serde(default)]
    trust_root_ref: Option<String>,
    #[serde(default, rename = "ca-cert")]
    ca_cert: Option<Key>,
    #[serde(default, rename = "insecureIgnoreSCT")]
    ignore_certificate_log: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Identity {
    #[serde(default)]
    issuer: Option<String>,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default, rename = "issuerRegExp")]
    issuer_pattern: Option<String>,
    #[serde(default, rename = "subjectRegExp")]
    subject_pattern: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixed {
    action: Action,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Action {
    Pass,
    Fail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Source {
    #[serde(default)]
    oci: Option<String>,
    #[serde(default, rename = "signaturePullSecrets")]
    _secrets: Option<IgnoredAny>,
    #[serde(default)]
    tag: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Service {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    trust_root_ref: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Attestation {
    name: String,
    predicate_type: String,
    #[serde(default)]
    policy: Option<ContentPolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ContentPolicy {
    #[serde(rename = "type")]
    language: Language,
    #[serde(default)]
    data: Option<String>,
    #[serde(default)]
    config_map_ref: Option<IgnoredAny>,
    #[serde(default)]
    remote: Option<IgnoredAny>,
    #[serde(default, rename = "fetchConfigFile")]
    _fetch_config_file: Option<bool>,
    #[serde(default, rename = "includeSpec")]
    _include_spec: Option<bool>,
    #[serde(default, rename = "includeObjectMeta")]
    _include_object_meta: Option<bool>,
    #[serde(default, rename = "includeTypeMeta")]
    _include_type_meta: Option<bool>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Language {
    Cue,
    Rego,
}

fn is_url(text: &str) -> bool {
    text.parse::<::http::Uri>().is_ok_and(|url| url.scheme().is_some() && url.host().is_some())
}

fn wrong(what: impl Into<String>) -> Error {
    Error::invalid(what)
}

impl Document {
    pub(super) fn read(self) -> Result<(ImagePolicy, Vec<Signer>)> {
        let name = self.metadata.name;
        if self.kind != "ClusterImagePolicy" || !VERSIONS.contains(&self.api_version.as_str()) {
            return Err(wrong(format!("a {:?} of {:?} is no policy for images", self.kind, self.api_version)));
        }
        self.spec.read(&name).map_err(|e| e.context("policy", &name))
    }
}

impl Spec {
    fn read(self, name: &str) -> Result<(ImagePolicy, Vec<Signer>)> {
        if self.images.is_empty() || self.images.len() > MAX {
            return Err(wrong("the policy is for no images, or for too many"));
        }
        if self.authorities.is_empty() || self.authorities.len() > MAX {
            return Err(wrong("the policy has no authority, or too many"));
        }
        // Outside a cluster nothing restricts a policy: it holds for the image wherever it runs.
        if let Some(other) = self.restricted.iter().find(|m| !RESOURCES.contains(&m.resource.as_str())) {
            return Err(wrong(format!("{:?} is no resource that has images", other.resource)));
        }
        let images = self.images.iter().map(|image| ImageGlob::parse(&image.glob)).collect::<Result<_>>()?;
        let (mut authorities, mut signers): (Vec<ImageAuthority>, Vec<Signer>) = (Vec::new(), Vec::new());
        for (number, authority) in self.authorities.into_iter().enumerate() {
            let own = authority.name.clone().unwrap_or_else(|| format!("authority-{number}"));
            if authorities.iter().any(|other| other.name == own) {
                return Err(wrong(format!("two authorities are called {own:?}")));
            }
            let (authority, signer) = authority.read(name, own)?;
            authorities.push(authority);
            signers.extend(signer);
        }
        let undecidable = self.policy.map(|policy| policy.read()).transpose()?;
        let enforce = self.mode != Some(Mode::Warn);
        Ok((ImagePolicy { name: name.to_owned(), enforce, images, authorities, undecidable }, signers))
    }
}

impl Authority {
    fn read(self, policy: &str, name: String) -> Result<(ImageAuthority, Option<Signer>)> {
        let full = format!("{policy}/{name}");
        let attestations = self.attestations.into_iter().map(Attestation::read).collect::<Result<Vec<_>>>()?;
        let services = [&self.ctlog, &self.rfc3161timestamp];
        if services.into_iter().flatten().any(|s| s.url.as_ref().is_some_and(|url| !is_url(url))) {
            return Err(wrong("the address of a log is no URL"));
        }
        let root = |service: &Option<Service>| service.as_ref().and_then(|s| s.trust_root_ref.clone());
        let roots = [root(&self.ctlog), root(&self.rfc3161timestamp)].into_iter().flatten();
        let (log, timestamp) = (self.ctlog.is_some(), self.rfc3161timestamp.is_some());
        let mut needed = match (log, timestamp) {
            (_, false) => Demands::of_keyless(),
            (log, true) => Demands { logs: usize::from(log), timestamps: 1, ..Demands::of_keyless() },
        };
        // Both formats are read wherever they are.
        let (None | Some(Format::Legacy | Format::Bundle)) = self.format;
        let elsewhere = self.source.iter().any(|source| source.oci.is_some() || source.tag.is_some());
        let (who, signer) = match (self.key, self.keyless, self.fixed) {
            (Some(key), None, None) => match key.read(&full)? {
                Ok(key) => {
                    let demands = (log || timestamp).then(|| Demands { logs: usize::from(log), ..needed });
                    (ImageVoucher::Trusted(full.clone()), Some((Who::Key(key), demands, None)))
                }
                Err(why) => (ImageVoucher::Undecidable(why), None),
            },
            (None, Some(keyless), None) => {
                needed.certificate_log = !keyless.ignore_certificate_log;
                let root = keyless.trust_root_ref.clone();
                match keyless.read()? {
                    Ok(rules) => {
                        let signer = (Who::Identities(rules), Some(needed), root);
                        (ImageVoucher::Trusted(full.clone()), Some(signer))
                    }
                    Err(why) => (ImageVoucher::Undecidable(why), None),
                }
            }
            (None, None, Some(fixed)) => {
                if !attestations.is_empty() || log || timestamp || !self.source.is_empty() {
                    return Err(wrong("an authority that looks at nothing has no attestations, logs or sources"));
                }
                let pass = fixed.action == Action::Pass;
                (ImageVoucher::Static { pass, message: fixed.message }, None)
            }
            _ => return Err(wrong(format!("authority {name} is either a key, keyless or static"))),
        };
        let who = match who {
            ImageVoucher::Trusted(_) if elsewhere => {
                ImageVoucher::Undecidable("signatures in another repository are not looked at".to_owned())
            }
            who => who,
        };
        let mut roots: Vec<String> = roots.chain(signer.iter().filter_map(|(_, _, root)| root.clone())).collect();
        roots.dedup();
        if roots.len() > 1 {
            return Err(Error::unsupported(format!("authority {name} names several trusted roots"))
                .hint("a trusted root holds authorities, logs and timestamp authorities together"));
        }
        let root = roots.pop();
        let signer = signer.map(|(who, demands, _)| Signer { name: full, who, demands, root });
        Ok((ImageAuthority { name, who, attestations }, signer))
    }
}

impl Key {
    /// The key, or why it is not at hand.
    fn read(self, name: &str) -> Result<Result<PublicKey, String>> {
        match (self.secret_ref, self.data, self.kms) {
            (None, Some(pem), None) => {
                let key = PublicKey::from_pem(name, &pem)?;
                match self.hash_algorithm {
                    Some(hash) => key.hashing_with(&hash).map(Ok),
                    None => Ok(Ok(key)),
                }
            }
            (Some(_), None, None) => Ok(Err("its key is a secret of a cluster".to_owned())),
            (None, None, Some(kms)) if is_kms(&kms) => {
                Ok(Err(format!("its key is in a key management service ({kms})")))
            }
            (None, None, Some(kms)) => Err(wrong(format!("{kms:?} names no key of a key management service"))),
            _ => Err(wrong("a key is either data, a secretRef or a kms")),
        }
    }
}

/// Whether this names a key of a key management service. Keys of AWS are named by their full ARN: a short name could be
/// another key in another account.
fn is_kms(kms: &str) -> bool {
    let Some((scheme, rest)) = kms.split_once("://") else { return false };
    match scheme {
        "awskms" => {
            let Some((_, arn)) = rest.split_once('/') else { return false };
            let parts: Vec<&str> = arn.splitn(6, ':').collect();
            let [arn, partition, service, region, account, resource] = parts[..] else { return false };
            let key = resource.strip_prefix("key/").or_else(|| resource.strip_prefix("alias/"));
            arn == "arn"
                && partition.starts_with("aws")
                && service == "kms"
                && !region.is_empty()
                && account.len() == 12
                && account.bytes().all(|b| b.is_ascii_digit())
                && key.is_some_and(|key| !key.is_empty())
        }
        "gcpkms" | "azurekms" | "hashivault" => !rest.is_empty(),
        _ => false,
    }
}

impl Keyless {
    /// The rules, or why they cannot be checked.
    fn read(self) -> Result<Result<Vec<IdentityRule>, String>> {
        if self.identities.is_empty() || self.identities.len() > MAX {
            return Err(wrong("a keyless authority names its identities"));
        }
        let rules = self.identities.into_iter().map(Identity::read).collect::<Result<Vec<_>>>()?;
        if self.url.as_ref().is_some_and(|url| !is_url(url)) {
            return Err(wrong("the address of the certificate authority is no URL"));
        }
        match (self.url, self.ca_cert, self.trust_root_ref) {
            (Some(_), Some(_), _) | (_, Some(_), Some(_)) => {
                Err(wrong("a keyless authority has either a url or a ca-cert or a trustRootRef"))
            }
            (_, Some(certificate), _) => {
                match (certificate.secret_ref, certificate.data, certificate.kms) {
                    (Some(_), None, None) | (None, Some(_), None) => {}
                    (None, None, Some(kms)) if is_kms(&kms) => {}
                    _ => return Err(wrong("a ca-cert is either data, a secretRef or a kms")),
                }
                Ok(
                    Err("its certificate authority comes without logs (ca-cert); name a trusted root instead"
                        .to_owned()),
                )
            }
            // The address says nothing of what is trusted: that is the trusted root's.
            _ => Ok(Ok(rules)),
        }
    }
}

impl Identity {
    fn read(self) -> Result<IdentityRule> {
        let one = |what: &str, exact: Option<String>, pattern: Option<String>| match (exact, pattern) {
            (Some(text), None) if !text.is_empty() => Ok(Wanted::exact(text)),
            (None, Some(pattern)) if !pattern.is_empty() => Wanted::pattern(&pattern),
            _ => Err(wrong(format!("an identity has either its {what} or a pattern for it"))),
        };
        // A broken pattern is told of before something that is missing.
        for pattern in [&self.issuer_pattern, &self.subject_pattern].into_iter().flatten() {
            Wanted::pattern(pattern)?;
        }
        let issuer = one("issuer", self.issuer, self.issuer_pattern)?;
        let subject = one("subject", self.subject, self.subject_pattern)?;
        Ok(IdentityRule { subject, issuer: Some(issuer), claims: Default::default() })
    }
}

impl Attestation {
    fn read(self) -> Result<ImageAttestation> {
        if self.name.is_empty() || self.predicate_type.is_empty() {
            return Err(wrong("an attestation has a name and a predicateType"));
        }
        let undecidable = self.policy.map(|policy| policy.read()).transpose()?;
        let predicate_type = uri_of(&self.predicate_type).to_owned();
        Ok(ImageAttestation { name: self.name, predicate_type, undecidable })
    }
}

impl ContentPolicy {
    /// What it is, in words.
    fn read(self) -> Result<String> {
        let places = [self.data.is_some(), self.config_map_ref.is_some(), self.remote.is_some()];
        if places.into_iter().filter(|there| *there).count() != 1 {
            return Err(wrong("a policy for content is either data, a configMapRef or a remote"));
        }
        Ok(match self.language {
            Language::Cue => "the CUE policy".to_owned(),
            Language::Rego => "the Rego policy".to_owned(),
        })
    }
}

/// The URI of a predicate type that is known by a short name, as with cosign.
fn uri_of(name: &str) -> &str {
    match name {
        "custom" => "https://cosign.sigstore.dev/attestation/v1",
        "slsaprovenance" | "slsaprovenance02" => "https://slsa.dev/provenance/v0.2",
        "slsaprovenance1" => "https://slsa.dev/provenance/v1",
        "spdx" | "spdxjson" => "https://spdx.dev/Document",
        "cyclonedx" => "https://cyclonedx.org/bom",
        "link" => "https://in-toto.io/Link/v1",
        "vuln" => "https://cosign.sigstore.dev/attestation/vuln/v1",
        "openvex" => "https://openvex.dev/ns",
        other => other,
    }
}
