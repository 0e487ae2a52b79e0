//! Reports of images that were lost, each as a case that keeps them.

use super::shape::{Shape, ago, deployed, digest, now, repository, tag};
use crate::model::Timestamp;
use crate::registry::Untagging;
use crate::retention::Kind;
use crate::retention::inventory::{Deployed, Mirror};

/// An index of two platforms and an attestation, with an SBOM, the signature of the SBOM, a bundle about a child, and a
/// signature under cosign's tag, whose list of referrers stands under the fallback tag.
fn promoted(days: i64) -> Shape {
    Shape::new()
        .image("amd64", days)
        .image("arm64", days)
        .image("attestation", days)
        .index("index", days, &["amd64", "arm64", "attestation"])
        .referrer("sbom", days, "index")
        .referrer("signature of sbom", days, "sbom")
        .referrer("bundle", days, "amd64")
        .image("sig", days)
        .attach("index", ".sig", "sig")
        .index("list", days, &["sbom"])
        .attach("index", "", "list")
}

const ALL: [&str; 9] = ["amd64", "arm64", "attestation", "bundle", "index", "list", "sbom", "sig", "signature of sbom"];

fn inventory(images: &[&str], digests: &[&str]) -> Deployed {
    Deployed::of([&deployed(images, digests)], &[])
}

/// B2 50, 58, 62, K01, K02: deleting what is untagged deletes nothing of a tagged image.
#[test]
fn b50_b58_k01_k02_what_a_kept_image_needs_is_kept() {
    let judged = promoted(900);
    let judged = judged.tag("v1", "index");
    let judged = judged.judge("{untagged_after_days: 0, orphaned_after_days: 0}");
    assert_eq!(judged.gone(), [""; 0]);
    assert_eq!(judged.kind("attestation"), Kind::Child);
    assert_eq!(judged.kind("list"), Kind::Attachment);
    assert_eq!(judged.why("sbom"), ["attached"]);
    assert_eq!(judged.why("amd64"), ["child"]);
}

/// B2 57, K03: what is about an image goes with it, in every style, and nothing stays behind.
#[test]
fn b57_k03_what_is_about_an_image_goes_with_it() {
    let shape = promoted(900).tag("old", "index").tagged("new", 1);
    let judged = shape.judge("max_age_days: 30");
    assert_eq!(judged.gone(), ALL);
    assert_eq!(judged.untagged().len(), 3);
    assert_eq!(judged.why("signature of sbom"), ["attached-to-deleted"]);
}

/// B2 51: a platform that was pulled keeps its index.
#[test]
fn b51_a_child_that_was_pulled_keeps_its_index() {
    let shape = Shape::new()
        .add("child", |child| (child.pushed, child.pulled) = (ago(400), ago(1)))
        .index("inner", 400, &["child"])
        .index("outer", 400, &["inner"])
        .tag("v", "outer");
    assert_eq!(shape.judge("{max_age_days: 30, count_pulls: true}").gone(), [""; 0]);
    assert_eq!(shape.judge("{max_age_days: 30}").gone(), ["child", "inner", "outer"]);
}

/// B2 53: what may go and what is kept have words of their own.
#[test]
fn b53_candidates_and_protect_say_which_is_meant() {
    let shape = Shape::new().tagged("dev-1", 99).tagged("release-1", 99).image("untagged", 99);
    let judged = shape.judge("{max_age_days: 30, candidates: dev-*}");
    assert_eq!(judged.gone(), ["dev-1"]);
    assert_eq!(judged.why_tag("release-1"), "no-candidate");
    let judged = shape.judge("{max_age_days: 30, protect: {tags: release-*}}");
    assert_eq!(judged.gone(), ["dev-1", "untagged"]);
    assert_eq!(judged.why_tag("release-1"), "protected");
}

/// B2 54, 69: versions are kept, what is none is no business of the rule, and moving tags keep what they name.
#[test]
fn b54_semver_keeps_versions() {
    let shape =
        Shape::new().tagged("1.2.3", 900).tagged("v1.2.3-rc.1", 900).tagged("1.2", 900).tagged("nightly-5", 900);
    let shape = shape.image("newest", 900).tag("latest", "newest");
    let judged = shape.judge("{max_age_days: 30, keep_semver: true}");
    assert_eq!(judged.gone(), ["1.2", "nightly-5"]);
    assert_eq!((judged.why_tag("1.2.3"), judged.why_tag("latest")), ("semver", "moving-tag"));
    let judged = shape.judge("{max_age_days: 30, keep_semver: true, moving_tags: current}");
    assert_eq!(judged.gone(), ["1.2", "newest", "nightly-5"]);
}

#[test]
fn b54_b69_the_last_versions_are_those_of_the_highest_precedence() {
    let versions = ["1.0.0", "v1.0.1", "1.1.0-rc.9", "1.1.0-rc.10", "1.1.0", "2.0.0-alpha", "1.10.0", "1.9.0"];
    let shape = versions.iter().fold(Shape::new(), |shape, version| shape.tagged(version, 900));
    let kept = |semver: &str| {
        let judged = shape.judge(&format!("{{max_age_days: 30, keep_semver: {semver}}}"));
        let gone: Vec<String> = judged.gone().into_iter().map(str::to_owned).collect();
        versions.iter().filter(|v| !gone.contains(&(**v).to_owned())).copied().collect::<Vec<_>>()
    };
    assert_eq!(kept("{last: 2}"), ["1.10.0", "1.9.0"]);
    assert_eq!(kept("{last: 1, prereleases: true}"), ["2.0.0-alpha"]);
    assert_eq!(kept("{last: 1, per: major}"), ["1.10.0"]);
    assert_eq!(kept("{last: 1, per: minor}"), ["v1.0.1", "1.1.0", "1.10.0", "1.9.0"]);
    assert_eq!(
        kept("{last: 2, per: minor, prereleases: true}"),
        ["1.0.0", "v1.0.1", "1.1.0-rc.10", "1.1.0", "2.0.0-alpha", "1.10.0", "1.9.0"]
    );
    // Both names of one version of one image are one; the builds of a version have only the order of time.
    let shape = Shape::new().image("a", 9).tag("1.0.0", "a").tag("v1.0.0", "a").tagged("0.9.0", 9);
    assert_eq!(shape.judge("{max_age_days: 1, keep_semver: {last: 1}}").gone(), ["0.9.0"]);
    assert_eq!(shape.judge("{max_age_days: 1, keep_semver: {last: 1}}").untagged(), ["0.9.0"]);
    let shape = Shape::new().tagged("1.0.0_a", 9).tagged("1.0.0_b", 8);
    assert_eq!(shape.judge("{max_age_days: 1, keep_semver: {last: 1, underscore_is_plus: true}}").gone(), ["1.0.0_a"]);
    let shape = Shape::new().tagged("1.0.0-rc10", 9);
    let judged = shape.judge("{max_age_days: 1, keep_semver: {last: 1, prereleases: true}}");
    assert!(judged.decision.notes[0].contains("rc10"), "{:?}", judged.decision.notes);
}

/// B2 59, 66, K17: what runs is kept, by digest, by the digest of a platform, of a configuration, and by tag.
#[test]
fn b59_b66_k17_what_is_deployed_is_kept() {
    let rules = "{max_age_days: 1, untagged_after_days: 1, keep_deployed: true}";
    let shape = promoted(900).tag("old", "index").image("lone", 900).tagged("other", 900);
    for (images, digests, gone) in [
        (&["registry.example/team/app:other"][..], &[][..], 10),
        (&[], &["lone"], 10),
        (&[], &["index"], 2),
        (&[], &["arm64"], 2),
        (&[], &["config of arm64"], 2),
        (&[], &["bundle"], 2),
        (&["registry.example/team/app:old"], &[], 2),
        (&["registry.example/team/other:old"], &["elsewhere"], 11),
    ] {
        let judged = shape.judge_with(rules, &inventory(images, digests));
        assert_eq!(judged.gone().len(), gone, "{images:?} {digests:?}: {:?}", judged.gone());
    }
    let judged = shape.judge_with(rules, &inventory(&[], &["arm64"]));
    assert_eq!(
        (judged.why("arm64"), judged.why("index"), judged.why("amd64")),
        (vec!["deployed", "child"], vec!["holds"], vec!["child"])
    );
    // Without the rule it is not asked.
    let judged = shape.judge_with("{max_age_days: 1}", &inventory(&[], &["index"]));
    assert_eq!(judged.gone().len(), 11);
}

/// B2 74: what another repository needs is named in an inventory like anything else; and mirrors have the same tags.
#[test]
fn b74_a_reference_from_elsewhere_and_from_a_mirror_keeps() {
    let shape = Shape::new().tagged("a", 900).tagged("b", 900);
    let rules = "{max_age_days: 1, keep_deployed: true}";
    let elsewhere = format!("registry.example/team/compose@{}", digest("a"));
    assert_eq!(shape.judge_with(rules, &inventory(&[&elsewhere], &[])).gone(), ["b"]);
    let mirror = Mirror { mirror: "mirror.example/cache".to_owned(), of: "registry.example".to_owned() };
    let inventory = deployed(&["mirror.example/cache/team/app:b"], &[]);
    assert_eq!(shape.judge_with(rules, &Deployed::of([&inventory], std::slice::from_ref(&mirror))).gone(), ["a"]);
    assert_eq!(shape.judge_with(rules, &Deployed::of([&inventory], &[])).gone(), ["a", "b"]);
    let other = deployed(&["mirror.example/cache2/team/app:b"], &[]);
    assert_eq!(shape.judge_with(rules, &Deployed::of([&other], &[mirror])).gone(), ["a", "b"]);
}

/// B2 60: signatures and SBOMs are no images, even where somebody tagged them.
#[test]
fn b60_only_images_are_counted() {
    let mut shape = Shape::new();
    for (name, days) in [("a", 4), ("b", 3), ("c", 2)] {
        let (sbom, sig) = (format!("sbom {name}"), format!("sig {name}"));
        shape = shape.tagged(name, days).referrer(&sbom, 0, name).tag(&format!("sbom-{name}"), &sbom);
        shape = shape.image(&sig, 0).attach(name, ".sig", &sig);
    }
    let judged = shape.judge("{max_age_days: 1, keep_last_tags: 3}");
    assert_eq!(judged.gone(), [""; 0]);
    assert_eq!((judged.why("a"), judged.why("c")), (vec!["among-last"], vec!["among-last"]));
}

/// B2 61, K06: an image is as old as its stay here: it was promoted, or tagged, today.
#[test]
fn b61_k06_age_counts_from_entering_the_environment() {
    let shape = Shape::new().tagged("a", 400).tagged("b", 400).tagged("c", 400);
    let mut shape = shape.add("record", |record| {
        record.subject = Some(digest("a"));
        record.promotion = ago(0);
    });
    for fact in &mut shape.facts.tags {
        fact.tagged = if fact.tag == tag("b") { ago(0) } else { None };
    }
    let judged = shape.judge("max_age_days: 30");
    assert_eq!(judged.gone(), ["c"]);
    assert_eq!(judged.why_tag("a"), "young");
}

/// What a rollback would put back is kept for as long as that is possible, whatever the rules say, with all that it needs.
#[test]
fn what_a_promotion_replaced_is_kept_for_a_rollback() {
    let replaced = |days: i64| {
        let shape = promoted(900).tag("old", "index").tagged("new", 900).tagged("other", 900);
        shape.add("record", |record| {
            record.subject = Some(digest("new"));
            record.replaced = Some((digest("index"), ago(days).unwrap()));
        })
    };
    let shape = replaced(29);
    let judged = shape.judge("max_age_days: 0");
    assert_eq!(judged.gone(), ["new", "other", "record"]);
    assert_eq!((judged.why("index"), judged.why("sbom")), (vec!["replaced"], vec!["attached"]));
    assert_eq!(replaced(30).judge("max_age_days: 0").gone().len(), ALL.len() + 3);
    let longer = replaced(30);
    assert_eq!(longer.judge("{max_age_days: 0, keep_replaced_days: 60}").gone().len(), 3);
    // What is replaced and has no tag any more stays as well.
    let mut untagged = replaced(1);
    untagged.facts.tags.retain(|fact| fact.tag != tag("old"));
    assert_eq!(untagged.judge("{untagged_after_days: 0, max_age_days: 0}").gone(), ["new", "other", "record"]);
    let none: crate::retention::RetentionRules = serde_saphyr::from_str("keep_replaced_days: 0").unwrap();
    assert!(none.check().unwrap_err().to_string().contains("at least 1"));
}

/// B2 64: the four cases of a list and a child, each with a tag or without; and a child that is missing.
#[test]
fn b64_lists_and_children_with_and_without_tags() {
    let shape = || Shape::new().image("child", 900).index("list", 900, &["child", "missing"]);
    let rules = "{untagged_after_days: 1}";
    assert_eq!(shape().tag("l", "list").judge(rules).gone(), [""; 0]);
    assert_eq!(shape().tag("l", "list").tag("c", "child").judge(rules).gone(), [""; 0]);
    assert_eq!(shape().tag("c", "child").judge(rules).gone(), ["list"]);
    assert_eq!(shape().judge(rules).gone(), ["child", "list"]);
    assert!(shape().judge(rules).decision.notes.iter().any(|note| note.contains("1 manifests that are not there")));
}

/// B2 67, K12: what a build says of its time is believed only where asked for, and never where it cannot be.
#[test]
fn b67_k12_the_time_of_a_build_alone_makes_nothing_old() {
    let built = |text: &str| Some(Timestamp::parse(text).unwrap());
    let shape = Shape::new()
        .add("epoch", |m| (m.created, m.pushed) = (built("1970-01-01"), ago(0)))
        .add("unknown", |m| m.created = built("2020-01-01"))
        .add("year 1", |m| m.created = built("0001-01-01"))
        .add("zip", |m| m.created = built("1980-01-01"))
        .add("future", |m| m.created = built("2099-01-01"))
        .add("none", |_| {});
    let names = ["epoch", "unknown", "year 1", "zip", "future", "none"];
    let shape = names.iter().fold(shape, |shape, name| shape.tag(&name.replace(' ', "-"), name));
    let judged = shape.judge("max_age_days: 30");
    assert_eq!(judged.gone(), [""; 0]);
    assert_eq!((judged.why_tag("unknown"), judged.why_tag("epoch")), ("age-unknown", "young"));
    assert_eq!(shape.judge("{max_age_days: 30, count_created: true}").gone(), ["unknown"]);
    // What might be the newest is kept.
    let judged = shape.judge("{max_age_days: 0, keep_last_tags: 1}");
    assert_eq!(judged.gone(), [""; 0]);
    assert_eq!((judged.why("epoch"), judged.why("zip")), (vec!["among-last"], vec!["age-unknown"]));
}

/// B2 68, K13: of images of the same time the same ones are kept each time.
#[test]
fn b68_k13_equal_times_are_decided_by_digest() {
    let names = ["a", "b", "c", "d", "e"];
    let forwards = names.iter().fold(Shape::new(), |shape, name| shape.tagged(name, 50));
    let backwards = names.iter().rev().fold(Shape::new(), |shape, name| shape.tagged(name, 50));
    let rules = "{max_age_days: 30, keep_last_tags: 2}";
    assert_eq!(forwards.judge(rules).gone(), backwards.judge(rules).gone());
    assert_eq!(forwards.judge(rules).gone().len(), 3);
    let mut kept: Vec<_> = names.iter().filter(|name| !forwards.judge(rules).gone().contains(name)).collect();
    kept.sort_by_key(|name| digest(name));
    let mut all: Vec<_> = names.iter().collect();
    all.sort_by_key(|name| digest(name));
    assert_eq!(kept, all[..2]);
}

/// B2 72: a rule for what has no tag lets nothing go that has one.
#[test]
fn b72_untagged_only_is_untagged_only() {
    let shape = promoted(900).tag("old", "index").tagged("older", 999).image("lone", 999);
    let judged = shape.judge("untagged_after_days: 1");
    assert_eq!(judged.gone(), ["lone"]);
    assert_eq!(judged.untagged(), [""; 0]);
}

/// B2 73: age counts for what has no tag as well.
#[test]
fn b73_age_counts_for_untagged_images() {
    let shape = Shape::new().image("ten", 10).image("year", 366);
    assert_eq!(shape.judge("max_age_days: 365").gone(), ["year"]);
    assert_eq!(shape.judge("untagged_after_days: 11").gone(), ["year"]);
}

/// B2 75: a tag that names nothing is told.
#[test]
fn b75_a_dangling_tag_is_told() {
    let mut shape = Shape::new().tagged("a", 1);
    shape.facts.dangling.push(tag("ghost"));
    assert!(shape.judge("max_age_days: 1").decision.notes[0].contains("ghost"));
}

/// K05, X01: of one image one tag goes and the other stays, where the registry can do that.
#[test]
fn k05_x01_one_tag_goes_and_the_other_stays() {
    let shape = Shape::new().image("a", 99).tag("v1", "a").tag("dev-1", "a").tag("dev-2", "a");
    let rules = "{max_age_days: 30, protect: {tags: v*}}";
    let judged = shape.judge(rules);
    assert_eq!((judged.gone(), judged.untagged()), (vec![], vec!["dev-1".to_owned(), "dev-2".to_owned()]));
    assert_eq!(judged.why("a"), ["tagged"]);
    // Why the tag stays is told with the image.
    let told = serde_json::to_value(&judged.decision.manifests[0]).unwrap();
    assert_eq!(told["why"][0], serde_json::json!({"code": "tagged", "message": "its tag v1 is kept: protected by v*"}));
    for untag in [Untagging::Never, Untagging::WithManifest] {
        let mut shape = shape.clone();
        shape.facts.untagging = untag;
        let judged = shape.judge(rules);
        assert_eq!((judged.gone(), judged.untagged()), (vec![], vec![]));
        assert_eq!(judged.why_tag("dev-1"), "cannot-untag");
        // With all its tags it can go.
        assert_eq!(shape.judge("max_age_days: 30").gone(), ["a"]);
    }
    // The last tag takes the image along.
    assert_eq!(shape.judge("max_age_days: 30").gone(), ["a"]);
}

/// K10: what is young is kept and so are the newest of the rest; never is something kept that is older than what goes.
#[test]
fn k10_age_and_number_keep_the_newest() {
    let shape =
        [1, 2, 40, 50, 60, 70].iter().fold(Shape::new(), |shape, days| shape.tagged(&format!("d{days}"), *days));
    assert_eq!(shape.judge("{max_age_days: 30, keep_last_tags: 4}").gone(), ["d60", "d70"]);
    assert_eq!(shape.judge("{max_age_days: 45, keep_last_tags: 1}").gone(), ["d50", "d60", "d70"]);
    assert_eq!(shape.judge("{max_age_days: 0, keep_last_tags: 0}").gone().len(), 6);
}

/// K15: days are of 24 hours, back from the instant of the run, wherever the clock hangs.
#[test]
fn k15_days_are_counted_from_the_instant() {
    let at = |text: &str| Some(Timestamp::parse(text).unwrap());
    let shape = Shape::new()
        .add("just", |m| m.pushed = at("2026-05-31T17:30:00+05:30"))
        .add("not yet", |m| m.pushed = at("2026-05-31T04:00:01-08:00"))
        .tag("just", "just")
        .tag("not-yet", "not yet");
    assert_eq!(shape.judge("max_age_days: 30").gone(), ["just"]);
    assert_eq!(now(), Timestamp::parse("2026-06-30T17:30:00+05:30").unwrap());
    // A clock that is ahead makes nothing old.
    let shape = Shape::new().add("ahead", |m| m.pushed = at("2027-01-01")).tag("ahead", "ahead");
    assert_eq!(shape.judge("max_age_days: 1").gone(), [""; 0]);
}

/// K16: rules that keep are added up.
#[test]
fn k16_several_groups_keep_one_each() {
    let shape = ["a-1", "b-1", "c-1"].iter().fold(Shape::new(), |shape, name| shape.tagged(name, 99));
    let one = "{max_age_days: 1, keep_last_tags: [{tags: a-*, last: 1}, {tags: b-*, last: 1}, {tags: c-*, last: 1}]}";
    assert_eq!(shape.judge(one).gone(), [""; 0]);
    let shape = shape.tagged("a-2", 98).tagged("d-1", 98);
    assert_eq!(shape.judge(one).gone(), ["a-1", "d-1"]);
}

/// K19: what the registry locks is told and not tried.
#[test]
fn k19_what_is_locked_stays() {
    let shape = Shape::new().add("a", |m| (m.pushed, m.locked) = (ago(99), true)).tag("a", "a");
    let mut shape = shape.image("b", 99).tag("b1", "b").tag("b2", "b").tagged("c", 99);
    shape.facts.tags.iter_mut().filter(|fact| fact.tag == tag("b1")).for_each(|fact| fact.locked = true);
    let judged = shape.judge("max_age_days: 1");
    assert_eq!((judged.gone(), judged.untagged()), (vec!["c"], vec!["b2".to_owned(), "c".to_owned()]));
    assert_eq!((judged.why("a"), judged.why_tag("b1")), (vec!["locked"], "locked"));
    // A child that cannot go holds nothing back but itself and what is about it.
    let shape = Shape::new()
        .add("child", |m| (m.pushed, m.locked) = (ago(99), true))
        .image("free", 99)
        .index("index", 99, &["child", "free"])
        .referrer("sbom", 99, "child")
        .tag("x", "index");
    assert_eq!(shape.judge("max_age_days: 1").gone(), ["free", "index"]);
}

/// What is about something that is gone stays until a rule lets it go; so does what cannot be read.
#[test]
fn k03_left_overs_go_when_a_rule_says_so() {
    let shape = Shape::new().referrer("sbom", 99, "gone").image("sig", 99).attach("gone", ".sig", "sig");
    let shape = shape.index("list", 99, &["sbom"]).attach("gone", "", "list").tagged("a", 1);
    let judged = shape.judge("{max_age_days: 1000, untagged_after_days: 1}");
    assert_eq!(judged.gone(), [""; 0]);
    assert_eq!((judged.kind("sbom"), judged.why("sig")), (Kind::LeftOver, vec!["unmatched"]));
    assert_eq!(shape.judge("orphaned_after_days: 30").gone(), ["list", "sbom", "sig"]);
    let shape = Shape::new().add("schema1", |m| m.is_opaque = true).tag("old", "schema1");
    assert_eq!(shape.judge("max_age_days: 0").why("schema1"), ["unreadable"]);
}

/// An index that people named by a digest is an image and no list of referrers.
#[test]
fn a_tag_that_looks_like_a_digest_may_be_an_image() {
    let shape = Shape::new().image("child", 99).index("index", 99, &["child"]).image("subject", 99);
    let shape = shape.attach("subject", "", "index").tag("v", "subject");
    let judged = shape.judge("{max_age_days: 1, protect: {tags: v}}");
    assert_eq!(judged.kind("index"), Kind::Image);
    assert_eq!(judged.gone(), ["child", "index"]);
    // Cosign's tags can be made to go round in a circle, which nothing holds: it is kept, since no rule is about it.
    let circle = Shape::new().image("a", 99).image("b", 99).attach("a", ".sig", "b").attach("b", ".sig", "a");
    assert_eq!(circle.judge("{max_age_days: 0, untagged_after_days: 0, orphaned_after_days: 0}").gone(), [""; 0]);
}

/// Protecting a digest protects what holds it.
#[test]
fn a_protected_digest_keeps_all_around_it() {
    let shape = promoted(900).tag("old", "index");
    let rules = format!("{{max_age_days: 1, protect: {{digests: ['{}']}}}}", digest("amd64"));
    assert_eq!(shape.judge(&rules).gone(), [""; 0]);
    let rules = format!("{{max_age_days: 1, minimum_remaining: 1, protect: {{digests: ['{}']}}}}", digest("x"));
    let judged = shape.clone().tagged("older", 901).judge(&rules).gone().len();
    assert_eq!(judged, 1);
}

#[test]
fn rules_are_those_of_the_repository() {
    let all = super::shape::rules(
        "{max_age_days: 30, keep_semver: true, repositories: [{names: team/*, rules: {max_age_days: 90}}, {names: '**', rules: {keep_semver: false}}]}",
    );
    let own = all.of(&repository());
    assert_eq!((own.max_age_days, own.keep_semver.is_some()), (Some(90), true));
    assert!(own.repositories.is_empty());
}
