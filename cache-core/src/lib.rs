//! The supply-chain guardian for container images.
//!
//! Cache promotes an image from one registry to another together with everything that belongs to it, once the gates have
//! seen its evidence and a human has approved exactly what will happen. What is written is read back, what is left behind is
//! named, and the record is signed and attached.
//!
//! # One promotion
//!
//! ```
//! use std::sync::Arc;
//!
//! use cache_core::approve::{Answer, ApprovalPolicy, Ledger, by_callback};
//! use cache_core::gate::SignatureGate;
//! use cache_core::model::{Descriptor, Reference, Timestamp};
//! use cache_core::promote::{Attachment, Outlook, Promoter, Request};
//! use cache_core::registry::{MemoryRegistry, Registry};
//! use cache_core::sign::{COSIGN_SIGN_TYPE, KeySigner, Trust};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! // An image, as a build leaves it. Over the network this would be an `OciRegistry`, on disk a `Layout`.
//! let (build, dev, prod) = (MemoryRegistry::new(), MemoryRegistry::new(), MemoryRegistry::new());
//! let (config, layer) = (build.insert_blob("{}"), build.insert_blob("layer"));
//! let built: Reference = "memory:build/app:v1".parse()?;
//! let manifest = serde_json::json!({
//!     "schemaVersion": 2,
//!     "mediaType": "application/vnd.oci.image.manifest.v1+json",
//!     "config": Descriptor::new("application/vnd.oci.image.config.v1+json", config.digest, config.size),
//!     "layers": [Descriptor::new("application/vnd.oci.image.layer.v1.tar+gzip", layer.digest, layer.size)],
//! });
//! build.insert_manifest(&built.repository, built.tag.clone(), manifest.to_string())?;
//!
//! // To dev, with a signature. Each step needs a plan, and each plan a person.
//! let key = Arc::new(KeySigner::generate("release")?);
//! let ledger = tempfile::tempdir().unwrap();
//! let promoter = Promoter {
//!     source: Arc::new(build),
//!     target: Arc::new(dev.clone()),
//!     gates: vec![],
//!     trust: Trust::in_keys(vec![key.public_key().clone()]),
//!     signer: Some(key.clone()),
//!     policy: None,
//!     materials: MemoryRegistry::new(),
//!     ledger: Ledger::at(ledger.path()),
//!     clock: None,
//! };
//! let mut request = Request {
//!     from: built,
//!     to: "memory:dev/app:v1".parse()?,
//!     environment: "dev".into(),
//!     requester: "pipeline".into(),
//!     reason: None,
//!     move_tags: false,
//!     attach: vec![Attachment::Statement {
//!         predicate_type: COSIGN_SIGN_TYPE.into(),
//!         predicate: serde_json::json!({}),
//!     }],
//! };
//! let Outlook::Ready(plan) = promoter.plan(&request).await? else { panic!("blocked") };
//! let ask = |plan: &_| {
//!     println!("{plan:?}"); // a person reads `plan.render()` here
//!     Ok(Answer::approve("alice"))
//! };
//! let approval = by_callback(&plan, Timestamp::now(), ask)?;
//! let approved = ApprovalPolicy::default().admit(plan, vec![approval], Timestamp::now())?;
//! assert!(promoter.execute(approved).await?.is_complete());
//!
//! // To prod, which takes only what is signed.
//! let promoter = Promoter {
//!     source: Arc::new(dev),
//!     target: Arc::new(prod.clone()),
//!     gates: vec![Arc::new(SignatureGate::default())],
//!     ..promoter
//! };
//! request = Request {
//!     from: "memory:dev/app:v1".parse()?,
//!     to: "memory:prod/app:v1".parse()?,
//!     environment: "prod".into(),
//!     attach: vec![],
//!     ..request
//! };
//! let Outlook::Ready(plan) = promoter.plan(&request).await? else { panic!("blocked") };
//! let approval = by_callback(&plan, Timestamp::now(), ask)?;
//! let approved = ApprovalPolicy::default().admit(plan, vec![approval], Timestamp::now())?;
//! let receipt = promoter.execute(approved).await?;
//! assert!(receipt.is_complete());
//! assert_eq!(prod.resolve(&request.to).await?.digest, dev_digest(&promoter, &request).await?);
//! # async fn dev_digest(p: &Promoter, r: &Request) -> cache_core::Result<cache_core::model::Digest> {
//! #     Ok(p.source.resolve(&r.from).await?.digest)
//! # }
//! # Ok::<(), cache_core::Error>(())
//! # }).unwrap();
//! ```
//!
//! # Where things are
//!
//! [`connect`] opens all of it from configuration: begin there.
//!
//! [`model`] holds plain data; [`registry`] reads and writes images; [`sign`] signs and verifies; [`sbom`] and [`scan`] read
//! what describes an image, and [`generate`] makes SBOMs; [`policy`] reads the policy file; [`gate`] judges; [`report`] writes what
//! was found for people and for other tools, and [`story`] tells what happened to an image; [`plan`], [`approve`], [`execute`] and
//! [`promote`] are the way from a wish to a receipt, [`ask`] asks people on it, and [`administer`] is the same way for what a registry
//! keeps beside images. [`retention`] cleans up. `bucket` keeps ledgers for several machines, where a feature for it is on.
//!
//! # Features
//!
//! `acr`, `artifactory`, `ecr`, `harbor`, `openshift`, all on by default: what these systems have beside the OCI protocol.
//!
//! `s3`, `gcs`, `azblob`, all on by default: ledgers of used approvals in buckets, for several machines.
//!
//! `conformance`: a strict OCI registry in process with fault switches, and the suite that any registry adapter must pass.
mod address;
pub mod administer;
pub mod approve;
pub mod ask;
mod at_once;
mod blocking;
#[cfg(feature = "bucket")]
pub mod bucket;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod connect;
mod document;
pub mod error;
pub mod execute;
mod files;
pub mod gate;
pub mod generate;
mod html;
mod http;
mod kube;
pub mod model;
mod pages;
mod pattern;
pub mod plan;
pub mod policy;
mod program;
pub mod promote;
pub mod registry;
pub mod report;
pub mod retention;
pub mod sbom;
pub mod scan;
pub mod sign;
mod sqlite;
pub mod story;
mod tarball;
mod visible;
mod watch;
mod words;
mod zip;
pub use error::{Error, ErrorKind, Result};
pub use watch::Watch;
