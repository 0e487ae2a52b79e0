//! Our rules as a retention policy of Harbor.

use serde_json::{Value, json};

use super::MAX_RULES;
use crate::retention::RetentionRules;
use crate::retention::vendor::{Translation, glob, keeps_more, kept_tags, unsaid_anywhere};

/// Our rules as a policy of a project, for all of its repositories.
///
/// Harbor deletes artifacts with all of their tags, and retains an artifact for one tag.
pub fn translate(rules: &RetentionRules) -> Translation {
    let mut unsaid = unsaid_anywhere(rules);
    let drafted = if rules.max_age_days.is_none() && rules.untagged_after_days.is_none() {
        Err("no rule lets images go, and a policy of Harbor deletes what it does not retain".to_owned())
    } else {
        draft(rules)
    };
    let document = match drafted {
        Err(why) => {
            unsaid.push(why);
            None
        }
        Ok(all) if all.len() > MAX_RULES => {
            unsaid.push(format!("{} rules are needed, and a policy has at most {MAX_RULES}", all.len()));
            None
        }
        Ok(_) if keeps_more(rules) => None,
        Ok(all) => Some(json!({"algorithm": "or", "rules": all})),
    };
    Translation { document, unsaid }
}

fn draft(rules: &RetentionRules) -> Result<Vec<Value>, String> {
    let rule = |template: &str, number: Option<u32>, selector: (&str, &str), untagged: bool| {
        let params = number.map_or(json!({}), |number| json!({ template: number }));
        let extras = json!({ "untagged": untagged }).to_string();
        json!({
            "disabled": false, "action": "retain", "template": template, "params": params,
            "tag_selectors": [
                {"kind": "doublestar", "decoration": selector.0, "pattern": selector.1, "extras": extras}
            ],
            "scope_selectors": {
                "repository": [{"kind": "doublestar", "decoration": "repoMatches", "pattern": "**"}]
            },
        })
    };
    let either = |patterns: Vec<String>| match &patterns[..] {
        [one] => one.clone(),
        several => format!("{{{}}}", several.join(",")),
    };
    let mut all = vec![rule("always", None, ("matches", &either(kept_tags(rules)?)), false)];
    let mut within = |days: u32, selector: (&str, &str), untagged: bool| {
        if days > 0 {
            all.push(rule("nDaysSinceLastPush", Some(days), selector, untagged));
            if rules.count_pulls == Some(true) {
                all.push(rule("nDaysSinceLastPull", Some(days), selector, untagged));
            }
        }
    };
    let untagged_by_age = rules.max_age_days.filter(|_| rules.candidates.is_none());
    let untagged = match (rules.untagged_after_days, untagged_by_age) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    if let Some(days) = untagged {
        // It retains tagged artifacts of that age as well, which are retained anyway.
        within(days, ("matches", "**"), true);
    }
    if let Some(days) = rules.max_age_days {
        within(days, ("matches", "**"), false);
    }
    if let (Some(untagged), Some(tagged)) = (untagged, rules.max_age_days)
        && untagged > tagged
    {
        return Err(
            "images without a tag that stay longer than those with one: no selector is for them alone".to_owned()
        );
    }
    match (&rules.candidates, rules.max_age_days) {
        (_, None) => all.push(rule("always", None, ("matches", "**"), false)),
        (Some(candidates), Some(_)) => {
            let patterns = candidates.texts().map(glob).collect::<Result<Vec<_>, _>>()?;
            all.push(rule("always", None, ("excludes", &either(patterns)), untagged.is_none()));
        }
        (None, Some(_)) => {}
    }
    for last in rules.keep_last_tags.iter().flat_map(|keep| &keep.0).filter(|last| last.last > 0) {
        let patterns = match last.tags.as_ref().or(rules.candidates.as_ref()) {
            None => "**".to_owned(),
            Some(tags) => either(tags.texts().map(glob).collect::<Result<Vec<_>, _>>()?),
        };
        all.push(rule("latestPushedK", Some(last.last), ("matches", &patterns), false));
    }
    if let Some(minimum) = rules.minimum_remaining.filter(|minimum| *minimum > 0) {
        all.push(rule("latestPushedK", Some(minimum), ("matches", "**"), true));
    }
    if untagged.is_none() && rules.candidates.is_none() {
        return Err("images without a tag stay, and no selector is for them alone".to_owned());
    }
    Ok(all)
}
