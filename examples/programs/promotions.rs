//! `promote`, `story` and `retention`.

use crate::{Place, layouts, scenarios};

const GIVEN: [&str; 8] =
    ["--from", "oci:source:v1", "--to", "oci:target:v1", "--key", "keys/release.pub", "--environment", "staging"];

/// A signed image, and the policy of its scenario.
fn signed() -> Place {
    let place = Place::of("promote-signed");
    let scenario = std::fs::read(scenarios().join("promote-signed.json")).unwrap();
    let scenario: serde_json::Value = serde_json::from_slice(&scenario).unwrap();
    place.write("policy.yaml", scenario["promoter"]["policy"].as_str().unwrap());
    place
}

fn with<'a>(given: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [given, more].concat()
}

#[test]
fn an_image_is_promoted_on_an_approval_and_not_without_and_its_story_told() {
    let place = signed();
    let given = with(&GIVEN, &["--policy", "policy.yaml"]);
    let first = place.run("promote", &given);
    let digest = first.asked();
    assert!(first.out.contains(&format!("Plan {digest}")), "{first:?}");
    let another = format!("sha256:{}", "0".repeat(64));
    place.run("promote", &with(&given, &["--approve", &another])).asked();
    assert!(!place.path("target/index.json").exists());

    let done = place.told("promote", &with(&given, &["--approve", digest]));
    assert!(done.contains("complete"), "{done}");
    // The image and its signature.
    let mut both = [place.listed("source"), place.listed("target")];
    both.iter_mut().for_each(|listed| listed.sort());
    assert_eq!(both[0].len(), 2);
    assert!(both[0].iter().all(|digest| both[1].contains(digest)), "{both:?}");
    assert!(place.told("promote", &given).contains("Already so: oci:target:v1"));

    let told = place.told("story", &["oci:target:v1", "--key", "keys/release.pub", "--page", "story.html"]);
    assert!(told.starts_with("# The story of oci:target:v1") && told.contains("Signed by key"), "{told}");
    assert!(place.read("story.html").starts_with("<!doctype html>"));
    let stranger = place.told("story", &["oci:target:v1", "--key", "keys/alice.pub"]);
    assert!(!stranger.contains("Signed by key"), "{stranger}");
    let absent = place.run("story", &["oci:target:v2"]);
    assert!(absent.code == Some(1) && absent.out.is_empty() && !absent.err.is_empty(), "{absent:?}");
}

#[test]
fn an_image_that_nobody_signed_is_refused_with_the_reason() {
    let place = Place::of("promote-unsigned-blocked");
    let refused = place.run("promote", &GIVEN);
    assert!(refused.code == Some(2) && refused.out.contains("signature: fail"), "{refused:?}");
    assert!(!place.path("target/index.json").exists());
    for wrong in [&["--policy", "no-such-file.yaml"][..], &["--what", "x"], &["--approve"]] {
        let ran = place.run("promote", &with(&GIVEN, wrong));
        assert!(ran.code == Some(1) && ran.err.starts_with("error: "), "{ran:?}");
    }
}

#[test]
fn a_repository_is_cleaned_on_an_approval_and_what_went_comes_back() {
    let place = signed();
    place.write("policy.yaml", "retention_policy:\n  dev: {max_age_days: 0}\n");
    let given = ["--repository", "oci:source", "--policy", "policy.yaml", "--environment", "dev", "--ledger", "ledger"];
    let before = place.listed("source");
    let dry = place.run("retention", &given);
    assert!(dry.out.contains("A dry run: nothing was changed") && dry.out.contains("delete sha256:"), "{dry:?}");
    assert_eq!(place.listed("source"), before);

    let cleaned = place.told("retention", &with(&given, &["--approve", dry.asked()]));
    assert!(cleaned.contains("complete"), "{cleaned}");
    assert!(place.listed("source").is_empty());
    let file = cleaned.split_once("restored from ").unwrap().1.lines().next().unwrap();
    let back = with(&given, &["--restore", file]);
    let asked = place.run("retention", &back);
    assert!(place.told("retention", &with(&back, &["--approve", asked.asked()])).contains("complete"));
    assert!(before.iter().all(|digest| place.listed("source").contains(digest)));
    assert!(place.told("retention", &back).contains("Everything is there"));
    assert_eq!(place.run("retention", &["--repository"]).code, Some(1));
}

/// The same bytes as ever: what the scenarios of all three languages rest upon.
#[test]
fn the_layouts_of_the_scenarios_are_made_by_the_program_as_by_the_tests() {
    let (place, made) = (Place::empty(), Place::of("promote-signed"));
    assert_eq!(place.told("make-layout", &["promote-signed", "made"]), "");
    assert_eq!(place.read("made/source/index.json"), made.read("source/index.json"));
    layouts::write(&place.path("other"), &[("program", "another program\n")], None).unwrap();
    assert_ne!(place.listed("other"), place.listed("made/source"));
}
