//! How long it takes to plan the cleaning of many repositories, of a registry that answers at once: reading, deciding, and the plan as
//! it is approved. What the process had of memory at its peak is printed; the registry makes its answers when it is asked, and keeps few.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use cache_core::model::{Descriptor, Digest, Manifest, Pinned, Reference, Repository, Tag, Timestamp};
use cache_core::policy::Policy;
use cache_core::registry::{Abilities, BlobStream, Listed, ListedTag, Listing, Registry, Untagging};
use cache_core::retention::{Proposed, Retention, RetentionRequest, SurveyOptions};
use cache_core::{Error, Result};
use criterion::{Criterion, Throughput};
use serde_json::json;

const TAGS: usize = 100;
const OCI: &str = "application/vnd.oci.image";
/// Of which nothing is known by heart.
const KEPT: usize = 32;

/// One repository: images of one manifest, or of an index with two platforms and an SBOM.
struct Content {
    manifests: HashMap<Digest, Manifest>,
    sboms: HashMap<Digest, Descriptor>,
    listed: Vec<Listed>,
}

impl Content {
    fn of(repository: &Repository, whole: bool, now: Timestamp) -> Content {
        let blob = |kind: &str, name: &str, size: u64| {
            Descriptor::new(format!("{OCI}.{kind}"), Digest::of(format!("{repository} {name}").as_bytes()), size)
        };
        let mut content = Content { manifests: HashMap::new(), sboms: HashMap::new(), listed: Vec::new() };
        let base: Vec<Descriptor> = (0..4)
            .map(|n| {
                Descriptor::new(
                    format!("{OCI}.layer.v1.tar+gzip"),
                    Digest::of(format!("base {n}").as_bytes()),
                    30_000_000,
                )
            })
            .collect();
        for n in 0..TAGS {
            let days = i64::try_from(n).unwrap_or_default();
            let pushed = Timestamp::from_unix(now.unix() - days * 24 * 60 * 60).ok();
            let mut add = |value: serde_json::Value, tag: Option<String>| {
                let manifest = Manifest::parse(value.to_string(), None).expect("a manifest");
                let descriptor = manifest.descriptor();
                let tags = tag.and_then(|tag| Tag::parse(&tag).ok());
                let tags = tags.map(|tag| ListedTag { tag, tagged: None, locked: false }).into_iter().collect();
                let digest = descriptor.digest.clone();
                content.listed.push(Listed { digest: digest.clone(), tags, pushed, pulled: None, locked: false });
                content.manifests.insert(digest, manifest);
                descriptor
            };
            let mut image = |name: &str, tag: Option<String>| {
                let layers: Vec<_> = base
                    .iter()
                    .cloned()
                    .chain([blob("layer.v1.tar+gzip", &format!("{name} layer {n}"), 1_000_000)])
                    .collect();
                let config = blob("config.v1+json", &format!("{name} config {n}"), 3000);
                add(
                    json!({"schemaVersion": 2, "mediaType": format!("{OCI}.manifest.v1+json"), "config": config, "layers": layers}),
                    tag,
                )
            };
            let tag = Some(format!("build-{n}"));
            if !whole {
                image("only", tag);
                continue;
            }
            let children = [image("amd64", None), image("arm64", None)];
            let index = add(
                json!({"schemaVersion": 2, "mediaType": format!("{OCI}.index.v1+json"), "manifests": children}),
                tag,
            );
            let sbom = add(
                json!({
                    "schemaVersion": 2, "mediaType": format!("{OCI}.manifest.v1+json"), "artifactType": "application/spdx+json",
                    "config": Descriptor::new("application/vnd.oci.empty.v1+json", Digest::of(b"{}"), 2),
                    "layers": [blob("layer.v1.tar+gzip", &format!("sbom {n}"), 100_000)], "subject": index,
                }),
                None,
            );
            content.sboms.insert(index.digest, sbom);
        }
        content
    }
}

struct Made {
    whole: bool,
    now: Timestamp,
    kept: Mutex<VecDeque<(Repository, Arc<Content>)>>,
    /// What making the answers took: no registry, so no part of planning.
    making: Arc<Mutex<Duration>>,
}

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Made")
    }
}

impl Made {
    fn content(&self, repository: &Repository) -> Arc<Content> {
        let mut kept = self.kept.lock().expect("no thread panics");
        if let Some((_, content)) = kept.iter().find(|(known, _)| known == repository) {
            return content.clone();
        }
        let start = Instant::now();
        let content = Arc::new(Content::of(repository, self.whole, self.now));
        *self.making.lock().expect("no thread panics") += start.elapsed();
        kept.push_back((repository.clone(), content.clone()));
        if kept.len() > KEPT {
            kept.pop_front();
        }
        content
    }

    fn get(&self, image: &Pinned) -> Result<Manifest> {
        let found = self.content(&image.repository).manifests.get(&image.digest).cloned();
        found.ok_or_else(|| Error::not_found("no such manifest"))
    }
}

#[async_trait]
impl Registry for Made {
    async fn resolve(&self, reference: &Reference) -> Result<Descriptor> {
        let digest = reference.digest.clone().ok_or_else(|| Error::not_found("tags are listed"))?;
        Ok(self.get(&reference.repository.at(digest))?.descriptor())
    }

    async fn manifest(&self, image: &Pinned) -> Result<Manifest> {
        self.get(image)
    }

    async fn blob(&self, _: &Repository, _: &Descriptor) -> Result<BlobStream> {
        Err(Error::not_found("no blob is here"))
    }

    async fn tags(&self, repository: &Repository) -> Result<Vec<Tag>> {
        let content = self.content(repository);
        Ok(content.listed.iter().flat_map(|listed| listed.tags.iter().map(|tag| tag.tag.clone())).collect())
    }

    async fn referrers(&self, subject: &Pinned) -> Result<Vec<Descriptor>> {
        Ok(self.content(&subject.repository).sboms.get(&subject.digest).cloned().into_iter().collect())
    }

    fn abilities(&self) -> Abilities<'_> {
        let mut abilities = Abilities::default();
        abilities.listing = Some(self);
        abilities.untagging = Untagging::Alone;
        abilities
    }
}

#[async_trait]
impl Listing for Made {
    async fn manifests(&self, repository: &Repository) -> Result<Vec<Listed>> {
        Ok(self.content(repository).listed.clone())
    }
}

const RULES: &str = "retention_policy:\n  dev: {max_age_days: 30, keep_last_tags: 10, keep_semver: true}\n";

/// Plans once, and gives how many manifests go, and how long the registry was making its answers.
fn plan(repositories: usize, whole: bool) -> (usize, Duration) {
    let making = Arc::new(Mutex::default());
    let now = Timestamp::parse("2026-06-30T12:00:00Z").expect("a time");
    let policy = Policy::parse(RULES).expect("a policy");
    let retention = Retention {
        registry: Arc::new(Made { whole, now, kept: Mutex::default(), making: making.clone() }),
        rules: policy.retention("dev").expect("rules").clone(),
        policy: None,
        inventories: Vec::new(),
        mirrors: Vec::new(),
        survey: SurveyOptions::default(),
        clock: Some(now),
    };
    let name = |n: usize| Repository::parse(&format!("registry.example/team/app-{n}")).expect("a name");
    let request = RetentionRequest {
        repositories: (0..repositories).map(name).collect(),
        environment: "dev".into(),
        requester: "pipeline".into(),
        reason: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let proposal = runtime.block_on(retention.plan(&request)).expect("a proposal");
    assert!(matches!(proposal.outcome, Proposed::Ready(_)));
    assert_eq!(proposal.totals.images_deleted, repositories * 70);
    let making = *making.lock().expect("no thread panics");
    (proposal.totals.manifests_deleted, making)
}

/// The most memory that this process has had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
}

fn main() {
    // The smaller first: the peak is that of the process.
    for whole in [false, true] {
        let start = Instant::now();
        let (gone, making) = plan(1000, whole);
        let manifests = TAGS * 1000 * if whole { 4 } else { 1 };
        println!(
            "100,000 tags of {manifests} manifests in 1,000 repositories: planned in {:.2} s and {:.2} s for the answers, \
             peak {} MiB, {gone} manifests go",
            (start.elapsed() - making).as_secs_f64(),
            making.as_secs_f64(),
            peak()
        );
    }
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let mut group = criterion.benchmark_group("retention");
    for (name, whole, manifests) in
        [("10 repositories, a manifest a tag", false, 1000), ("10 repositories, four manifests a tag", true, 4000)]
    {
        group.throughput(Throughput::Elements(manifests));
        group.bench_function(name, |bencher| bencher.iter(|| plan(10, whole)));
    }
    group.finish();
    criterion.final_summary();
}
