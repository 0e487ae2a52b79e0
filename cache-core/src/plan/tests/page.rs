//! The page of a plan that is too long for a page.

use serde_json::json;

use super::*;

/// So many tags, the last of which is not new.
fn tags(count: usize) -> Plan {
    let tag = |at: usize| {
        let expected = if at == count { json!({"at": digest("old")}) } else { json!("absent") };
        let (tag, to) = (format!("v{at}"), digest("new"));
        change(
            json!({"do": "set-tag", "repository": "registry.example/app", "tag": tag, "to": to, "expected": expected}),
        )
    };
    plan((1..=count).map(tag).collect())
}

#[test]
fn a_page_that_shows_all_changes_shows_them_in_their_order() {
    let page = tags(3).html();
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is not in {page}"));
    assert!(at("<ol>") < at("app:v1 ") && at("app:v1 ") < at("app:v2 ") && at("app:v2 ") < at("<strong>MOVE tag"));
    assert!(!page.contains("not shown here"), "{page}");
}

#[test]
fn what_goes_away_is_on_a_page_that_cannot_show_all() {
    let page = tags(2_002).html();
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is not on the page"));
    assert!(at("2 more changes are not shown here; the plan&#39;s file has them.") < at("<strong>MOVE tag"));
    assert!(at("<strong>MOVE tag") < at("app:v1 ") && at("app:v1 ") < at("app:v1999 "));
    assert!(!page.contains("app:v2000 ") && !page.contains("app:v2001 "));
}
