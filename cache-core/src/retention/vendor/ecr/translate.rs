//! Our rules as a lifecycle policy of ECR.

use serde_json::{Value, json};

use crate::retention::RetentionRules;
use crate::retention::vendor::{Translation, glob, keeps_more, kept_tags, unsaid_anywhere};

/// A hundred years: a rule that selects images and expires none of them.
const NEVER: u32 = 36_500;

/// Our rules as a lifecycle policy.
///
/// ECR expires images and not tags. What protects a tag becomes a rule of its own, which selects and never expires.
pub fn translate(rules: &RetentionRules) -> Translation {
    let mut unsaid = unsaid_anywhere(rules);
    if rules.minimum_remaining.is_some() {
        unsaid.push("minimum_remaining: the service has no such rule".to_owned());
    }
    let mut document = Vec::new();
    if let Err(why) = draft(rules, &mut document, &mut unsaid) {
        unsaid.push(why);
        return Translation { document: None, unsaid };
    }
    if keeps_more(rules) || rules.minimum_remaining.is_some() || document.is_empty() {
        return Translation { document: None, unsaid };
    }
    let numbered = document.into_iter().zip(1_u32..).map(|(mut rule, priority)| {
        rule["rulePriority"] = json!(priority);
        rule
    });
    let numbered: Vec<Value> = numbered.collect();
    Translation { document: Some(json!({ "rules": numbered })), unsaid }
}

fn draft(rules: &RetentionRules, document: &mut Vec<Value>, unsaid: &mut Vec<String>) -> Result<(), String> {
    let rule = |description: &str, mut selection: Value, count: (&str, u32)| {
        selection["countType"] = json!(count.0);
        selection["countNumber"] = json!(count.1);
        if count.0 != "imageCountMoreThan" {
            selection["countUnit"] = json!("days");
        }
        json!({"description": description, "selection": selection, "action": {"type": "expire"}})
    };
    let days = |limit: u32| match limit {
        0 => Err("a limit of 0 days: the service counts from 1".to_owned()),
        // More than so many days ago, where ours are so many or more.
        limit => Ok(("sinceImagePushed", limit)),
    };
    let untagged = match (rules.untagged_after_days, rules.max_age_days.filter(|_| rules.candidates.is_none())) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    match untagged {
        Some(0) => unsaid.push("images without a tag, of any age: the service counts days from 1".to_owned()),
        Some(limit) => document.push(rule("untagged", json!({"tagStatus": "untagged"}), days(limit)?)),
        None => {}
    }
    let Some(max_age) = rules.max_age_days else { return Ok(()) };
    if rules.count_pulls == Some(true) {
        return Err(
            "count_pulls: the service expires by the push or by the pull, and not by the later of both".to_owned()
        );
    }
    for pattern in kept_tags(rules)? {
        let selection = json!({"tagStatus": "tagged", "tagPatternList": [pattern]});
        document.push(rule("kept", selection, ("sinceImagePushed", NEVER)));
    }
    let candidates = match &rules.candidates {
        None => vec!["*".to_owned()],
        Some(candidates) => candidates.texts().map(glob).collect::<Result<_, _>>()?,
    };
    match &rules.keep_last_tags {
        None => {
            for pattern in candidates {
                let selection = json!({"tagStatus": "tagged", "tagPatternList": [pattern]});
                document.push(rule("old", selection, days(max_age)?));
            }
            Ok(())
        }
        Some(_) if max_age > 0 => {
            Err("max_age_days together with keep_last_tags: the service expires for either reason alone".to_owned())
        }
        Some(keep) => {
            // An image of two groups would be expired for the first, and is kept for the second.
            let [last] = &keep.0[..] else {
                return Err("keep_last_tags of several groups: the service counts each alone".to_owned());
            };
            let patterns = match &last.tags {
                None => candidates,
                Some(tags) => {
                    unsaid.push("tags that keep_last_tags does not count go, and stay by the document".to_owned());
                    tags.texts().map(glob).collect::<Result<_, _>>()?
                }
            };
            let [pattern] = &patterns[..] else {
                return Err("keep_last_tags of several patterns together: the service counts each alone".to_owned());
            };
            if last.last == 0 {
                return Err("keep_last_tags: 0: the service counts from 1".to_owned());
            }
            let selection = json!({"tagStatus": "tagged", "tagPatternList": [pattern]});
            document.push(rule("all but the newest", selection, ("imageCountMoreThan", last.last)));
            Ok(())
        }
    }
}
