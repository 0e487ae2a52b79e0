//! Real images in registries, for what reads and writes them.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::shape::rules;
use crate::approve::{Answer, ApprovalPolicy, Approved, Ledger, by_callback};
use crate::conformance::server::{Options, Server};
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Digest, Repository, Tag, Timestamp};
use crate::plan::Plan;
use crate::registry::{OciOptions, OciRegistry, Registry, RegistryWriter, Untagging};
use crate::retention::{Cleaner, Proposal, Proposed, Retention, RetentionRequest, SurveyOptions};
use crate::{Error, Result};

pub(super) const APP: &str = "team/app";

/// A registry over HTTP, and the folder that cleaners keep their files in.
pub(super) struct World {
    pub(super) server: Server,
    pub(super) folder: tempfile::TempDir,
}

impl World {
    pub(super) async fn new(options: Options) -> World {
        World { server: Server::start(options).await.unwrap(), folder: tempfile::tempdir().unwrap() }
    }

    pub(super) fn repository(&self) -> Repository {
        Repository::parse(&format!("{}/{APP}", self.server.host())).unwrap()
    }

    pub(super) fn registry(&self) -> Arc<OciRegistry> {
        Arc::new(OciRegistry::of(&self.repository(), OciOptions::default()).unwrap())
    }

    fn blob(&self, media_type: &str, bytes: impl Into<Bytes>) -> Descriptor {
        let bytes = bytes.into();
        self.server.put_blob(APP, bytes.clone());
        Descriptor::of(media_type, &bytes)
    }

    pub(super) fn put(&self, tag: Option<&str>, manifest: &Value) -> Descriptor {
        let media_type = manifest["mediaType"].as_str().unwrap();
        let bytes = manifest.to_string();
        self.server.put_manifest(APP, tag, bytes.clone(), media_type);
        Descriptor::of(media_type, bytes.as_bytes())
    }

    /// An image whose one layer is its own.
    pub(super) fn image(&self, tag: Option<&str>, name: &str) -> Descriptor {
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
            "config": self.blob(media_type::OCI_CONFIG, format!(r#"{{"architecture":"{name}","os":"linux"}}"#)),
            "layers": [self.blob(media_type::OCI_LAYER_GZIP, name.to_owned())],
        });
        self.put(tag, &manifest)
    }

    pub(super) fn index(&self, tag: Option<&str>, children: &[&Descriptor]) -> Descriptor {
        self.put(tag, &json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": children}))
    }

    /// Something about a manifest, entered in the fallback tag as well.
    pub(super) fn referrer(&self, name: &str, subject: &Descriptor) -> Descriptor {
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "artifactType": "application/spdx+json",
            "config": self.blob(media_type::OCI_EMPTY, "{}"),
            "layers": [self.blob("application/spdx+json", name.to_owned())],
            "subject": subject,
        });
        let referrer = self.put(None, &manifest);
        self.index(Some(Tag::of_digest(&subject.digest, "").as_str()), &[&referrer]);
        referrer
    }

    /// An index of two platforms and an attestation; an SBOM, a signature of that, a bundle about one platform, and a signature
    /// under cosign's tag. Gives all of its manifests, the index first and the lists of fallback tags last.
    pub(super) fn unit(&self, tag: &str) -> Vec<Digest> {
        let child = |platform: &str| self.image(None, &format!("{tag} {platform}"));
        let children = [child("amd64"), child("arm64"), child("attestation")];
        let index = self.index(Some(tag), &children.each_ref());
        let sbom = self.referrer(&format!("{tag} sbom"), &index);
        let signature = self.referrer(&format!("{tag} signature"), &sbom);
        let bundle = self.referrer(&format!("{tag} bundle"), &children[0]);
        let sig = self.image(Some(Tag::of_digest(&index.digest, ".sig").as_str()), &format!("{tag} sig"));
        let [amd64, arm64, attestation] = children;
        let all = [index, amd64, arm64, attestation, sbom, signature, bundle, sig];
        let lists = [0, 1, 4].map(|n| {
            let tag = Tag::of_digest(&all[n].digest, "");
            self.server.tags(APP).into_iter().find(|(name, _)| name == tag.as_str()).unwrap().1
        });
        all.into_iter().map(|descriptor| descriptor.digest).chain(lists).collect()
    }

    pub(super) fn retention(&self, yaml: &str) -> Retention {
        Retention {
            registry: self.registry(),
            rules: rules(yaml),
            policy: None,
            inventories: Vec::new(),
            mirrors: Vec::new(),
            survey: SurveyOptions::default(),
            clock: None,
        }
    }

    pub(super) fn request(&self) -> RetentionRequest {
        RetentionRequest {
            repositories: vec![self.repository()],
            environment: "test".to_owned(),
            requester: "pipeline".to_owned(),
            reason: None,
        }
    }

    pub(super) async fn propose(&self, yaml: &str) -> Result<Proposal> {
        self.retention(yaml).plan(&self.request()).await
    }

    pub(super) async fn plan(&self, yaml: &str) -> Plan {
        ready(self.propose(yaml).await.unwrap())
    }

    pub(super) async fn plan_where(&self, untag: Untagging, yaml: &str) -> Plan {
        let mut retention = self.retention(yaml);
        retention.survey.untag = Some(untag);
        ready(retention.plan(&self.request()).await.unwrap())
    }

    pub(super) fn cleaner(&self) -> Cleaner {
        self.cleaner_of(self.registry())
    }

    pub(super) fn cleaner_of(&self, registry: Arc<dyn RegistryWriter>) -> Cleaner {
        Cleaner {
            registry,
            retention: None,
            ledger: Ledger::at(self.folder.path().join("ledger")),
            restore: self.restore_folder(),
            concurrency: 4,
            clock: None,
        }
    }

    pub(super) fn restore_folder(&self) -> PathBuf {
        self.folder.path().join("restore")
    }

    pub(super) fn manifests(&self) -> Vec<Digest> {
        self.server.manifests(APP)
    }

    pub(super) fn has_tag(&self, tag: &str) -> bool {
        self.server.tags(APP).iter().any(|(name, _)| name == tag)
    }

    pub(super) fn deletions(&self) -> usize {
        self.server.count("DELETE", "")
    }

    /// How many referrers a client sees.
    pub(super) async fn referrers(&self, digest: &Digest) -> usize {
        self.registry().referrers(&self.repository().at(digest.clone())).await.unwrap().len()
    }
}

pub(super) fn ready(proposal: Proposal) -> Plan {
    match proposal.outcome {
        Proposed::Ready(plan) => plan,
        other => panic!("{other:?}"),
    }
}

pub(super) fn approved(plan: Plan) -> Approved {
    approved_by(plan, "alice").unwrap()
}

pub(super) fn approved_by(plan: Plan, approver: &str) -> Result<Approved, Error> {
    let yes = Answer::approve(approver);
    let approval = by_callback(&plan, Timestamp::now(), |_| Ok(yes))?;
    ApprovalPolicy::default().admit(plan, vec![approval], Timestamp::now())
}
