use serde_json::json;

use super::*;
use crate::model::Timestamp;
use crate::retention::inventory::{Deployed, DeployedImage, INVENTORY_VERSION, Inventory};

fn now() -> Timestamp {
    Timestamp::parse("2026-06-30T12:00:00Z").unwrap()
}

fn digest(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

fn ago(days: i64) -> Option<Timestamp> {
    Timestamp::from_unix(now().unix() - days * 86_400).ok()
}

fn image(name: &str, tags: &[&str], days: i64) -> ListedImage {
    ListedImage {
        digest: digest(name),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        pushed: ago(days),
        pulled: None,
        children: Vec::new(),
        locked: false,
        untagged: None,
        deleted: None,
    }
}

fn rules(yaml: &str) -> RetentionRules {
    serde_saphyr::from_str(yaml).unwrap()
}

fn names<'a>(doomed: &[Doomed], all: &'a [&str]) -> Vec<&'a str> {
    all.iter().filter(|name| doomed.iter().any(|doomed| doomed.digest == digest(name))).copied().collect()
}

/// Expires what has no tag after 14 days, and keeps the last ten that are tagged `v…`.
const TWO_RULES: &str = r#"{"rules": [
    {"rulePriority": 1, "description": "untagged", "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed",
     "countUnit": "days", "countNumber": 14}, "action": {"type": "expire"}},
    {"rulePriority": 2, "selection": {"tagStatus": "tagged", "tagPatternList": ["v*"], "countType": "imageCountMoreThan",
     "countNumber": 10}, "action": {"type": "expire"}}]}"#;

#[test]
fn the_policy_of_two_rules_is_read_explained_and_simulated() {
    let policy = ecr::LifecyclePolicy::parse(TWO_RULES).unwrap();
    assert_eq!(
        policy.explain(),
        [
            "images without a tag that were pushed more than 14 days ago are expired",
            "all but the 10 newest images with tags like v* are expired"
        ]
    );
    let mut images: Vec<_> = (0..12).map(|n| image(&format!("v{n}"), &[&format!("v{n}")], n)).collect();
    images.extend([
        image("old", &[], 15),
        image("young", &[], 14),
        image("dev", &["dev"], 999),
        image("child", &[], 99),
    ]);
    images[3].children = vec![digest("child")];
    let doomed = policy.simulate(&images, now()).unwrap();
    assert_eq!(names(&doomed, &["v9", "v10", "v11", "old", "young", "dev", "child"]), ["v10", "v11", "old"]);
    assert!(doomed[0].why.starts_with("rule 1: "), "{}", doomed[0].why);
}

#[test]
fn an_image_of_a_rule_is_safe_from_later_ones() {
    let policy = ecr::LifecyclePolicy::parse(
        r#"{"rules": [
        {"rulePriority": 5, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}, "action": {"type": "expire"}},
        {"rulePriority": 1, "selection": {"tagStatus": "tagged", "tagPrefixList": ["prod", "web"], "countType": "sinceImagePulled",
         "countUnit": "days", "countNumber": 900}, "action": {"type": "expire"}}]}"#,
    )
    .unwrap();
    let images = [
        image("both", &["prod-1", "web-1"], 50),
        image("one", &["prod-2"], 40),
        image("none", &[], 30),
        image("new", &[], 1),
    ];
    // All entries have to match; what the first rule selects counts for the last and is safe from it.
    assert_eq!(names(&policy.simulate(&images, now()).unwrap(), &["both", "one", "none", "new"]), ["one", "none"]);
}

#[test]
fn lifecycle_policies_that_the_service_refuses_are_refused() {
    let rule = |selection: &str, action: &str| {
        format!(r#"{{"rules": [{{"rulePriority": 1, "selection": {{{selection}}}, "action": {{{action}}}}}]}}"#)
    };
    let expire = r#""type": "expire""#;
    let count = r#""countType": "imageCountMoreThan", "countNumber": 1"#;
    for wrong in [
        "{}".to_owned(),
        r#"{"rules": []}"#.to_owned(),
        rule(&format!(r#""tagStatus": "tagged", {count}"#), expire),
        rule(&format!(r#""tagStatus": "untagged", "tagPrefixList": ["a"], {count}"#), expire),
        rule(&format!(r#""tagStatus": "tagged", "tagPatternList": ["*a*b*c*d*e"], {count}"#), expire),
        rule(r#""tagStatus": "any", "countType": "sinceImagePushed", "countNumber": 1"#, expire),
        rule(r#""tagStatus": "any", "countType": "imageCountMoreThan", "countUnit": "days", "countNumber": 1"#, expire),
        rule(r#""tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 0"#, expire),
        rule(&format!(r#""tagStatus": "any", {count}"#), r#""type": "keep""#),
        TWO_RULES.replace("\"rulePriority\": 2", "\"rulePriority\": 1"),
        TWO_RULES.replace("\"untagged\", \"count", "\"any\", \"count"),
        format!("{TWO_RULES}{}", " ".repeat(40_000)),
    ] {
        assert!(ecr::LifecyclePolicy::parse(&wrong).is_err(), "{}", &wrong[..wrong.len().min(200)]);
    }
}

#[test]
fn listings_of_ecr_and_harbor_are_read() {
    let ecr = json!({"imageDetails": [
        {"imageDigest": digest("a"), "imageTags": ["v1"], "imagePushedAt": 1_700_000_000.5, "lastRecordedPullTime": "2026-01-02T03:04:05+00:00"},
        {"imageDigest": digest("b"), "imagePushedAt": "2026-01-01"}]});
    let read = ecr::listing(&ecr).unwrap();
    assert_eq!(
        (read[0].tags.len(), read[0].pushed.map(Timestamp::unix), read[1].tags.len()),
        (1, Some(1_700_000_000), 0)
    );
    assert!(ecr::listing(&json!({"imageDetails": [], "nextToken": "x"})).is_err());
    let harbor = json!([{"digest": digest("a"), "push_time": "2026-01-01T00:00:00Z", "pull_time": "0001-01-01T00:00:00.000Z",
        "tags": [{"name": "v1", "push_time": "2026-02-01T00:00:00Z", "immutable": true}],
        "references": [{"child_digest": digest("c")}]}, {"digest": digest("c"), "push_time": "", "tags": null}]);
    let read = harbor::listing(&harbor).unwrap();
    assert_eq!(read[0].pushed, Timestamp::parse("2026-02-01").ok());
    assert_eq!((read[0].pulled, read[0].locked, &read[0].children[0]), (None, true, &digest("c")));
    assert!(harbor::listing(&json!({})).is_err());
}

/// What our rules say as a lifecycle policy deletes what our rules let go, and no more.
#[test]
fn rules_become_lifecycle_policies_where_they_say_the_same() {
    let said = ecr::translate(&rules(
        "{untagged_after_days: 14, max_age_days: 0, candidates: v*, keep_last_tags: 10, moving_tags: latest}",
    ));
    assert_eq!(said.unsaid, [""; 0]);
    let policy = ecr::LifecyclePolicy::parse(&said.document.unwrap().to_string()).unwrap();
    let mut images: Vec<_> = (0..12).map(|n| image(&format!("v{n}"), &[&format!("v{n}")], n)).collect();
    images[11].tags.push("latest".to_owned());
    images.extend([image("old", &[], 15), image("young", &[], 13), image("dev", &["dev"], 999)]);
    assert_eq!(
        names(&policy.simulate(&images, now()).unwrap(), &["v9", "v10", "v11", "old", "young", "dev"]),
        ["v10", "old"]
    );
    for (yaml, why) in [
        ("{max_age_days: 30, keep_last_tags: 10}", "either reason"),
        ("{max_age_days: 30, keep_deployed: true}", "deployed"),
        ("{max_age_days: 30, keep_semver: true}", "versions"),
        ("{max_age_days: 30, candidates: '/v.*/'}", "regular expressions"),
        ("{max_age_days: 30, count_pulls: true}", "later of both"),
        ("{max_age_days: 0, keep_last_tags: [{tags: a*, last: 1}, {tags: b*, last: 1}]}", "several groups"),
        ("{max_age_days: 30, minimum_remaining: 1}", "minimum_remaining"),
    ] {
        let said = ecr::translate(&rules(yaml));
        assert!(said.document.is_none(), "{yaml}");
        assert!(said.unsaid.iter().any(|unsaid| unsaid.contains(why)), "{yaml}: {:?}", said.unsaid);
    }
}

fn harbor_policy(rules: &serde_json::Value) -> harbor::RetentionPolicy {
    harbor::RetentionPolicy::parse(&json!({"algorithm": "or", "rules": rules}).to_string()).unwrap()
}

fn harbor_rule(template: &str, number: u32, decoration: &str, pattern: &str, untagged: bool) -> serde_json::Value {
    json!({"action": "retain", "template": template, "params": {template: number},
        "tag_selectors": [{"kind": "doublestar", "decoration": decoration, "pattern": pattern, "extras": format!("{{\"untagged\":{untagged}}}")}],
        "scope_selectors": {"repository": [{"kind": "doublestar", "decoration": "repoMatches", "pattern": "{app,web}"}]}})
}

#[test]
fn harbors_policies_are_read_explained_and_simulated() {
    let policy = harbor_policy(&json!([
        harbor_rule("latestPushedK", 2, "matches", "v*", false),
        harbor_rule("nDaysSinceLastPush", 7, "excludes", "{v*,tmp}", true),
    ]));
    assert_eq!(
        policy.explain().unwrap()[0],
        "retains the 2 artifacts pushed last with tags like v* in repositories like {app,web}"
    );
    let mut images = vec![
        image("v1", &["v1"], 30),
        image("v2", &["v2"], 20),
        image("v3", &["v3", "tmp"], 10),
        image("dev", &["dev"], 6),
        image("old", &["dev-0"], 8),
        image("tmp", &["tmp"], 1),
        image("untagged", &[], 1),
        image("child", &[], 99),
    ];
    images[2].children = vec![digest("child")];
    let all = ["v1", "v2", "v3", "dev", "old", "tmp", "untagged", "child"];
    // What no rule is about goes too: that is what surprises people.
    assert_eq!(names(&policy.simulate("app", &images, now()).unwrap(), &all), ["v1", "old", "tmp"]);
    assert_eq!(policy.simulate("other", &images, now()).unwrap(), []);
    images[0].locked = true;
    assert_eq!(names(&policy.simulate("web", &images, now()).unwrap(), &all), ["old", "tmp"]);
    // Never pulled counts as very old.
    let policy = harbor_policy(&json!([harbor_rule("nDaysSinceLastPull", 30, "matches", "**", true)]));
    assert_eq!(policy.simulate("app", &images[1..3], now()).unwrap().len(), 2);
    let mut off = harbor_rule("always", 0, "matches", "**", true);
    off["disabled"] = json!(true);
    assert_eq!(harbor_policy(&json!([off])).simulate("app", &images, now()).unwrap(), []);
    for wrong in [
        json!([harbor_rule("newest", 1, "matches", "**", true)]),
        json!([harbor_rule("latestPushedK", 1, "likes", "**", true)]),
        json!([harbor_rule("latestPushedK", 1, "matches", "{a", true)]),
        json!([{"action": "retain", "template": "latestPushedK", "params": {"latestPushedK": "many"}}]),
    ] {
        let text = json!({"algorithm": "or", "rules": wrong}).to_string();
        assert!(harbor::RetentionPolicy::parse(&text).is_err(), "{text}");
    }
}

#[test]
fn rules_become_policies_of_harbor_where_they_say_the_same() {
    let images = [
        image("v1", &["v1"], 99),
        image("v2", &["v2"], 98),
        image("latest", &["latest"], 99),
        image("dev", &["dev-1"], 40),
        image("young", &["dev-2"], 29),
        image("untagged", &[], 20),
        image("fresh", &[], 13),
    ];
    let all = ["v1", "v2", "latest", "dev", "young", "untagged", "fresh"];
    for (yaml, gone) in [
        ("{max_age_days: 30}", &["v1", "v2", "dev"][..]),
        ("{max_age_days: 30, untagged_after_days: 14}", &["v1", "v2", "dev", "untagged"]),
        ("{max_age_days: 30, keep_last_tags: 3}", &["v1"]),
        ("{max_age_days: 30, protect: {tags: [v*]}}", &["dev"]),
        ("{max_age_days: 30, candidates: [dev-*], untagged_after_days: 14}", &["dev", "untagged"]),
        ("{max_age_days: 30, candidates: dev-*}", &["dev"]),
        ("{untagged_after_days: 14}", &["untagged"]),
        ("{max_age_days: 0, minimum_remaining: 2}", &["v1", "v2", "dev", "young"]),
    ] {
        let said = harbor::translate(&rules(yaml));
        assert_eq!(said.unsaid, [""; 0], "{yaml}");
        let policy = harbor::RetentionPolicy::parse(&said.document.unwrap().to_string()).unwrap();
        let doomed = policy.simulate("app", &images, now()).unwrap();
        assert_eq!(names(&doomed, &all), gone, "{yaml}");
    }
    for yaml in [
        "{keep_last_tags: 3}",
        "{max_age_days: 30, keep_deployed: true}",
        "{max_age_days: 9, untagged_after_days: 20, candidates: a}",
    ] {
        let said = harbor::translate(&rules(yaml));
        assert!(said.document.is_none() && !said.unsaid.is_empty(), "{yaml}");
    }
}

#[test]
fn acr_policies_are_read_and_explained() {
    let parse = acr::Policies::parse;
    let policies =
        parse(r#"{"retentionPolicy": {"days": 30, "status": "enabled"}, "softDeletePolicy": {"status": "disabled"}}"#);
    let text = policies.unwrap().explain();
    assert!(text[0].contains("30 days after they lost their last tag") && text[1].contains("gone at once"), "{text:?}");
    for wrong in [
        r#"{"retentionPolicy": {"days": 366, "status": "enabled"}}"#,
        r#"{"softDeletePolicy": {"retentionDays": 91, "status": "enabled"}}"#,
        r#"{"retentionPolicy": {"status": "enabled"}, "softDeletePolicy": {"status": "enabled"}}"#,
        r#"{"retentionPolicy": {"status": "on"}}"#,
        "1",
    ] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
    let said = acr::translate(&rules("{untagged_after_days: 14, max_age_days: 30}"));
    assert_eq!(said.document.unwrap()["retentionPolicy"]["days"], 14);
    assert_eq!(said.unsaid.len(), 2);
    assert!(acr::translate(&rules("{untagged_after_days: 14, keep_deployed: true}")).document.is_none());
}

#[test]
fn acr_policies_are_simulated() {
    let of = |retention: &serde_json::Value, soft: &serde_json::Value| {
        let text = json!({"retentionPolicy": retention, "softDeletePolicy": soft}).to_string();
        acr::Policies::parse(&text).unwrap()
    };
    let lost = |name: &str, days: i64| ListedImage { untagged: ago(days), ..image(name, &[], 400) };
    let names_of = ["tagged", "old", "young", "never", "locked", "index", "child", "binned", "kept in the bin"];
    let images = [
        ListedImage { untagged: ago(400), ..image("tagged", &["v1"], 400) },
        lost("old", 30),
        lost("young", 29),
        image("never", &[], 400),
        ListedImage { locked: true, ..lost("locked", 400) },
        ListedImage { children: vec![digest("child")], ..image("index", &["v2"], 400) },
        lost("child", 90),
        ListedImage { deleted: ago(7), ..image("binned", &["v0"], 400) },
        ListedImage { deleted: ago(6), ..image("kept in the bin", &["v0"], 400) },
    ];
    let (on, off) = (json!({"days": 30, "status": "enabled"}), json!({"days": 30, "status": "disabled"}));
    let doomed = of(&on, &json!(null)).simulate(&images, now());
    assert_eq!(names(&doomed, &names_of), ["old", "child"]);
    assert_eq!(doomed[0].why, "it lost its last tag 30 days ago, and 30 are the limit");
    assert!(doomed[1].why.ends_with("; an index that stays lists it"), "{}", doomed[1].why);
    // Whether the policy was on when the tag was lost, nobody says where it was changed since.
    let changed = json!({"days": 30, "status": "enabled", "lastUpdatedTime": ago(10)});
    assert!(of(&changed, &json!(null)).simulate(&images, now())[0].why.contains("was changed since"));
    assert!(of(&off, &json!(null)).simulate(&images, now()).is_empty());
    // Soft deletion ends what is deleted, and deletes nothing itself.
    let soft = json!({"retentionDays": 7, "status": "enabled"});
    let doomed = of(&off, &soft).simulate(&images, now());
    assert_eq!(names(&doomed, &names_of), ["binned"]);
    assert_eq!(doomed[0].why, "it was deleted 7 days ago, and can be had back for 7");
}

#[test]
fn listings_of_acr_are_read() {
    let listing = json!({"registry": "r", "imageName": "app", "manifests": [
        {"digest": digest("a"), "createdTime": "2026-01-01T00:00:00.1234567Z", "lastUpdateTime": "2026-01-01T00:00:00.1234567Z",
         "tags": ["v1"], "changeableAttributes": {"deleteEnabled": false}},
        {"digest": digest("b"), "createdTime": "2026-01-01T00:00:00Z", "lastUpdateTime": "2026-02-01T00:00:00.5Z"},
        {"digest": digest("c"), "createdTime": "2026-01-01T00:00:00Z", "lastUpdateTime": "2026-01-01T00:00:00Z", "tags": null},
    ]});
    let images = acr::listing(&listing).unwrap();
    assert_eq!((images[0].tags.as_slice(), images[0].locked, images[0].untagged), (&["v1".to_owned()][..], true, None));
    // What changed after it was pushed and has no tag has lost it; what never changed never had one.
    assert_eq!(images[1].untagged, Timestamp::parse("2026-02-01T00:00:00.5Z").ok());
    assert_eq!((images[2].untagged, images[2].pushed), (None, Timestamp::parse("2026-01-01T00:00:00Z").ok()));
    assert_eq!(acr::listing(&listing["manifests"]).unwrap(), images);
    for wrong in [
        json!({}),
        json!([{"createdTime": "x"}]),
        json!([{"digest": digest("a"), "createdTime": "yesterday"}]),
        json!(7),
    ] {
        assert!(acr::listing(&wrong).is_err(), "{wrong}");
    }
}

#[test]
fn oc_adm_prune_images_is_simulated() {
    let time = |minutes: i64| Timestamp::from_unix(now().unix() - minutes * 60).unwrap().to_string();
    let image = |name: &str, minutes: i64| {
        json!({"metadata": {"name": digest(name), "creationTimestamp": time(minutes),
        "annotations": {"openshift.io/image.managed": if name == "foreign" { "false" } else { "true" }}}})
    };
    let item = |name: &str, minutes: i64| json!({"image": digest(name), "created": time(minutes)});
    let names_of = ["r0", "r1", "r2", "r3", "r4", "lone", "new", "runs", "foreign"];
    let mut list: Vec<_> = names_of.iter().map(|name| image(name, if *name == "new" { 59 } else { 900 })).collect();
    let mut index = image("index", 900);
    index["dockerImageManifests"] = json!([{"digest": digest("child")}]);
    list.extend([index, image("child", 900)]);
    let images = json!({"kind": "ImageList", "items": list});
    let streams = json!({"kind": "ImageStreamList", "items": [{"metadata": {"creationTimestamp": time(9000)},
        "status": {"tags": [{"items": [item("r0", 100), item("r1", 200), item("r2", 300), item("r3", 400), item("r4", 59)]},
            {"items": [item("index", 100)]}]}}]});
    let used = Inventory {
        version: INVENTORY_VERSION,
        source: "c".to_owned(),
        taken: now(),
        complete: true,
        images: vec![DeployedImage { image: None, digest: Some(digest("runs")), used_by: String::new() }],
    };
    let deployed = Deployed::of([&used], &[]);
    let all = ["r0", "r1", "r2", "r3", "r4", "lone", "new", "runs", "foreign", "index", "child"];
    let pruned = |prune: openshift::Prune| names(&prune.simulate(&images, &streams, &deployed, now()).unwrap(), &all);
    assert_eq!(pruned(openshift::Prune::default()), ["r3", "lone", "foreign"]);
    assert_eq!(
        pruned(openshift::Prune { all: false, keep_tag_revisions: 1, ..Default::default() }),
        ["r1", "r2", "r3", "lone"]
    );
    assert!(openshift::Prune::default().simulate(&json!({}), &streams, &deployed, now()).is_err());
    assert!(openshift::translate(&rules("{max_age_days: 1}")).document.is_none());
    assert_eq!(openshift::Prune::default().explain().len(), 3);
}
