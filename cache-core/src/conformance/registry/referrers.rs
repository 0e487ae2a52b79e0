//! Referrers, whether the registry lists them or a fallback tag does.

use futures_util::future::join_all;
use serde_json::json;

use super::bench::{Bench, KIND};
use super::flaw::{Check, expect};
use crate::error::Result;
use crate::model::manifest::media_type;
use crate::model::{Descriptor, Digest, Manifest};

pub(super) async fn referrers_are_listed_once_and_sorted(bench: &Bench<'_>) -> Check {
    let subject = bench.image("subject of three")?;
    bench.put(&subject).await?;
    let mut wanted = Vec::new();
    for note in ["first", "second", "third"] {
        let artifact = bench.artifact(note, &subject)?;
        bench.put(&artifact).await?;
        bench.put_manifest(&artifact).await?;
        wanted.push(artifact);
    }
    expect_listed(bench, &subject, &wanted).await
}

pub(super) async fn referrers_have_type_and_annotations(bench: &Bench<'_>) -> Check {
    let subject = bench.image("subject of typed ones")?;
    bench.put(&subject).await?;
    let typed = bench.artifact("typed", &subject)?;
    // Where a manifest has no artifact type, its configuration's type stands in for it.
    let mut by_config = bench.image_json("typed by its configuration");
    by_config["config"] = json!(bench.blob("application/vnd.example.config.v1+json", "{}"));
    by_config["subject"] = json!(subject.descriptor());
    let by_config = Manifest::parse(by_config.to_string(), None)?;
    for artifact in [&typed, &by_config] {
        bench.put(artifact).await?;
    }
    let listed = bench.referrers(&subject).await?;
    for (artifact, kind) in [(&typed, KIND), (&by_config, "application/vnd.example.config.v1+json")] {
        let found = listed.iter().find(|d| d.digest == *artifact.digest());
        let expected = Descriptor { annotations: artifact.annotations().clone(), ..artifact.descriptor() };
        let kind_is_right = found.is_some_and(|d| d.artifact_type.as_deref() == Some(kind));
        expect(kind_is_right, &format!("a referrer of type {kind} in {listed:?}"))?;
        let same = found.is_some_and(|d| {
            (&d.media_type, d.size, &d.annotations) == (&expected.media_type, expected.size, &expected.annotations)
        });
        expect(same, &format!("{expected:?} in {listed:?}"))?;
    }
    Ok(())
}

pub(super) async fn index_may_be_a_referrer(bench: &Bench<'_>) -> Check {
    let subject = bench.image("subject of an index")?;
    let part = bench.image("part of a referring index")?;
    for image in [&subject, &part] {
        bench.put(image).await?;
    }
    let index = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "artifactType": KIND,
        "manifests": [part.descriptor()], "subject": subject.descriptor(),
    });
    let index = Manifest::parse(index.to_string(), None)?;
    bench.put(&index).await?;
    expect_listed(bench, &subject, &[index]).await
}

pub(super) async fn referrer_may_come_before_its_subject(bench: &Bench<'_>) -> Check {
    let subject = bench.image("late subject")?;
    let artifact = bench.artifact("early", &subject)?;
    bench.put(&artifact).await?;
    expect_listed(bench, &subject, std::slice::from_ref(&artifact)).await?;
    bench.put(&subject).await?;
    expect_listed(bench, &subject, &[artifact]).await
}

pub(super) async fn referrers_are_of_their_subject_only(bench: &Bench<'_>) -> Check {
    let (one, two) = (bench.image("one subject")?, bench.image("another subject")?);
    for image in [&one, &two] {
        bench.put(image).await?;
    }
    let (about_one, about_two) = (bench.artifact("about one", &one)?, bench.artifact("about two", &two)?);
    // And one about an artifact.
    let about_about = bench.artifact("about the one about one", &about_one)?;
    for artifact in [&about_one, &about_two, &about_about] {
        bench.put(artifact).await?;
    }
    expect_listed(bench, &about_one, &[about_about]).await?;
    expect_listed(bench, &one, &[about_one]).await?;
    expect_listed(bench, &two, &[about_two]).await
}

pub(super) async fn writers_at_once_lose_no_referrer(bench: &Bench<'_>) -> Check {
    let subject = bench.image("subject of many at once")?;
    bench.put(&subject).await?;
    let artifacts: Vec<Manifest> =
        (0..8).map(|n| bench.artifact(&format!("at once {n}"), &subject)).collect::<Result<_>>()?;
    for blob in artifacts.iter().flat_map(|a| a.blobs()) {
        bench.put_blob(blob).await?;
    }
    for written in join_all(artifacts.iter().map(|a| bench.put_manifest(a))).await {
        written?;
    }
    expect_listed(bench, &subject, &artifacts).await
}

/// Whether the subject's referrers are these, sorted, each once.
async fn expect_listed(bench: &Bench<'_>, subject: &Manifest, wanted: &[Manifest]) -> Check {
    let listed = bench.referrers(subject).await?;
    let mut wanted: Vec<&Digest> = wanted.iter().map(|m| m.digest()).collect();
    wanted.sort();
    let found: Vec<&Digest> = listed.iter().map(|d| &d.digest).collect();
    expect(found == wanted, &format!("the referrers {wanted:?}; found {found:?}"))
}
