//! What the tests of the vendors share: plans carried out at a fake, and requests held against the vendor's own description.

pub(in crate::registry) mod openapi;
mod replay;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::administer::{Administrator, Carried, Request, Wish};
use crate::approve::{Answer, ApprovalPolicy, Approved, Ledger, by_callback};
use crate::conformance::server::Server;
use crate::error::Result;
use crate::http::Patience;
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Digest, Timestamp};
use crate::plan::{Action, Plan};
use crate::registry::RegistryWriter;

/// A description of a vendor's interface, where the shared specifications are.
pub(in crate::registry) fn specification(path: &str) -> Option<PathBuf> {
    crate::document::shared_data(&format!("../specs/{path}"))
}

pub(in crate::registry) fn impatient() -> Patience {
    let ms = Duration::from_millis;
    Patience { first_pause: ms(1), longest_pause: ms(20), answer: ms(5000), idle: ms(500), ..Patience::default() }
}

/// Plans carried out by an administrator, each approved by somebody.
pub(in crate::registry) struct Desk {
    pub(in crate::registry) administrator: Administrator,
    _folder: tempfile::TempDir,
}

impl Desk {
    pub(in crate::registry) fn of(registry: impl RegistryWriter) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path());
        Desk { administrator: Administrator { registry: Arc::new(registry), ledger, clock: None }, _folder: folder }
    }

    pub(in crate::registry) async fn plan(&self, wishes: Vec<Wish>) -> Result<Option<Plan>> {
        let text = |text: &str| text.to_owned();
        let request = Request {
            environment: text("prod"),
            requester: text("pipeline"),
            reason: None,
            what: text("a test"),
            wishes,
        };
        self.administrator.plan(&request).await
    }

    pub(in crate::registry) async fn execute(&self, plan: &Plan) -> Result<Carried> {
        self.administrator.execute(approved(plan)).await
    }

    /// Plans, approves and executes; there must be something to do.
    pub(in crate::registry) async fn carry_out(&self, wishes: Vec<Wish>) -> Result<Carried> {
        let plan = self.plan(wishes).await?.expect("something to do");
        self.execute(&plan).await
    }

    /// Carries an action out, sees that all of it was done, and that there is nothing left to do.
    pub(in crate::registry) async fn settle(&self, action: Action) -> Carried {
        let carried = self.carry_out(vec![Wish::Action(action.clone())]).await.unwrap();
        assert!(carried.receipt.is_complete(), "{}", carried.receipt);
        assert!(self.plan(vec![Wish::Action(action)]).await.unwrap().is_none());
        carried
    }

    /// Why the only step of a plan failed.
    pub(in crate::registry) async fn failure(&self, wish: Wish) -> String {
        let carried = self.carry_out(vec![wish]).await.unwrap();
        assert!(!carried.receipt.is_complete());
        carried.receipt.to_string()
    }
}

pub(in crate::registry) fn approved(plan: &Plan) -> Approved {
    let yes = Answer::approve("alice");
    let approval = by_callback(plan, Timestamp::now(), |_| Ok(yes)).unwrap();
    ApprovalPolicy::default().admit(plan.clone(), vec![approval], Timestamp::now()).unwrap()
}

/// Puts an image of one layer into a registry.
pub(in crate::registry) fn seed_image(server: &Server, repository: &str, tag: Option<&str>, layer: &str) -> Digest {
    server.put_blob(repository, "{}");
    server.put_blob(repository, layer.to_owned());
    let document = json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_MANIFEST,
        "config": Descriptor::of(media_type::OCI_CONFIG, b"{}"),
        "layers": [Descriptor::of(media_type::OCI_LAYER_GZIP, layer.as_bytes())],
    });
    server.put_manifest(repository, tag, document.to_string(), media_type::OCI_MANIFEST)
}

/// Puts an index of these images into a registry.
pub(in crate::registry) fn seed_index(server: &Server, repository: &str, tag: Option<&str>, of: &[&Digest]) -> Digest {
    let child = |digest: &&Digest| {
        let bytes = server.manifest_bytes(repository, digest.as_str()).unwrap();
        json!(Descriptor::of(media_type::OCI_MANIFEST, &bytes))
    };
    let manifests: Vec<Value> = of.iter().map(child).collect();
    let document = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": manifests});
    server.put_manifest(repository, tag, document.to_string(), media_type::OCI_INDEX)
}
