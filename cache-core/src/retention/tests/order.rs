//! The order of deletions.

use super::shape::{Shape, digest, now};
use crate::plan::{Change, DeleteTarget};
use crate::registry::Untagging;
use crate::retention::inventory::Deployed;
use crate::retention::{Freeing, RepositoryGraph, judge, order};

fn order_of(shape: &Shape, yaml: &str, names: &[&str]) -> Vec<String> {
    let graph = RepositoryGraph::new(shape.facts.clone());
    let decision = judge(&graph, &super::shape::rules(yaml), &Deployed::default(), now());
    let name = |wanted| names.iter().find(|name| digest(name) == wanted).map_or("?", |name| *name).to_owned();
    let step = |change| match change {
        Change::Delete(op) => match op.target {
            DeleteTarget::Tag(tag) if tag.as_str().starts_with("sha256-") => "attaching tag".to_owned(),
            DeleteTarget::Tag(tag) => format!("tag {tag}"),
            DeleteTarget::Manifest => name(op.expected),
        },
        other => panic!("{other}"),
    };
    order::changes(&graph, &decision).into_iter().map(step).collect()
}

/// B2 63, K04: tags, what is about others, indexes, what they list.
#[test]
fn b63_k04_holders_go_before_what_they_hold() {
    let shape = Shape::new()
        .image("child", 99)
        .index("inner", 99, &["child"])
        .index("outer", 99, &["inner"])
        .referrer("sbom", 99, "outer")
        .referrer("signature", 99, "sbom")
        .referrer("of child", 99, "child")
        .index("list", 99, &["sbom"])
        .attach("outer", "", "list")
        .tag("v", "outer");
    let names = ["child", "inner", "outer", "sbom", "signature", "of child", "list"];
    let order = order_of(&shape, "max_age_days: 1", &names);
    assert_eq!(order[2], "list");
    let mut tags = order[..2].to_vec();
    tags.sort();
    assert_eq!(tags, ["attaching tag", "tag v"]);
    let at = |name: &str| order.iter().position(|step| step == name).unwrap();
    for (before, after) in
        [("signature", "sbom"), ("sbom", "outer"), ("of child", "outer"), ("outer", "inner"), ("inner", "child")]
    {
        assert!(at(before) < at(after), "{before} {after}: {order:?}");
    }
    assert_eq!(order.len(), 9);
}

/// X02: where a registry cannot delete a tag alone, only the manifests are named.
#[test]
fn x02_without_untagging_only_manifests_go() {
    let mut shape = Shape::new().image("a", 99).tag("x", "a").tag("y", "a");
    shape.facts.untagging = Untagging::Never;
    assert_eq!(order_of(&shape, "max_age_days: 1", &["a"]), ["a"]);
}

/// K18: what a kept image shares is not set free, and what is shared is counted once.
#[test]
fn k18_shared_layers_are_counted_once() {
    let blob = |name: &str, size| (digest(name), size);
    let shape = Shape::new()
        .add("kept", |m| (m.pushed, m.blobs) = (super::shape::ago(0), vec![blob("base", 1000), blob("k", 1)]))
        .add("a", |m| {
            (m.pushed, m.blobs) = (super::shape::ago(99), vec![blob("base", 1000), blob("both", 20), blob("a", 3)])
        })
        .add("b", |m| (m.pushed, m.blobs) = (super::shape::ago(99), vec![blob("both", 20), blob("b", 4)]))
        .tag("kept", "kept")
        .tag("a", "a")
        .tag("b", "b");
    let graph = shape.graph();
    let decision = judge(&graph, &super::shape::rules("max_age_days: 1"), &Deployed::default(), now());
    let mut freeing = Freeing::default();
    freeing.add(&graph, &decision);
    let storage = freeing.storage();
    assert_eq!((storage.blobs, storage.bytes, storage.of), (3, 20 + 3 + 4 + 200, 1028 + 300));
}
