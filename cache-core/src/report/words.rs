//! What several formats say in the same words.

use crate::gate::{Assessment, Standing, VexSaid, Vulnerability};
use crate::visible;

/// What the report is about.
pub(super) fn subject(assessment: &Assessment) -> String {
    let digest = || assessment.digest.as_ref().map(ToString::to_string);
    let name = assessment.image.clone().or_else(digest);
    name.map_or_else(|| "an image without a name".to_owned(), |name| visible::line(&name).into_owned())
}

/// The verdict in a few words.
pub(super) fn verdict(assessment: &Assessment) -> &'static str {
    if assessment.allows() { "may go on" } else { "is stopped" }
}

/// The installed versions, few of them.
pub(super) fn versions(one: &Vulnerability) -> String {
    one.versions.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Which package has it, and how bad it is by whom.
pub(super) fn sentence(one: &Vulnerability) -> String {
    format!("{} {} has {}, {} by {}", one.package, versions(one), one.id, one.severity, one.severity_by)
}

/// The versions with the fix, or what is said of it.
pub(super) fn fix(one: &Vulnerability) -> String {
    use crate::scan::FixState;
    match (one.fixed_in.is_empty(), one.fix_state) {
        (false, _) => one.fixed_in.join(", "),
        (true, FixState::WontFix) => "will not be fixed".to_owned(),
        (true, FixState::NotFixed) => "no fix yet".to_owned(),
        (true, FixState::Fixed) => "fixed".to_owned(),
        (true, FixState::Unknown) => String::new(),
    }
}

/// What became of it: that it stops the image, and by which rules; that it is excepted or cleared.
pub(super) fn state(one: &Vulnerability) -> String {
    match one.standing {
        Standing::Counts if one.blocks.is_empty() => "counts".to_owned(),
        Standing::Counts => format!("blocks: {}", one.blocks.join(", ")),
        Standing::Excepted => "excepted".to_owned(),
        Standing::Cleared => "cleared by VEX".to_owned(),
    }
}

/// Why it does not count, where it does not.
pub(super) fn why_not(one: &Vulnerability) -> Option<String> {
    let would_be = one.would_be.map(|outcome| format!(" (would be {outcome})")).unwrap_or_default();
    match one.standing {
        Standing::Counts => None,
        Standing::Excepted => Some(format!("excepted: {}{would_be}", one.exceptions.join("; "))),
        Standing::Cleared => {
            let said: Vec<String> = one.vex.iter().filter(|said| said.ignored.is_none()).map(statement).collect();
            Some(format!("cleared: {}{would_be}", said.join("; ")))
        }
    }
}

/// A VEX statement in words.
pub(super) fn statement(said: &VexSaid) -> String {
    let author = said.signed_by.as_ref().or(said.author.as_ref()).map_or("somebody who is not named", String::as_str);
    let why = [said.justification.as_deref(), said.explanation.as_deref()];
    let why: Vec<&str> = why.into_iter().flatten().collect();
    let why = if why.is_empty() { String::new() } else { format!(" ({})", why.join(": ")) };
    let ignored = said.ignored.as_ref().map(|why| format!(", which does not count: {why}")).unwrap_or_default();
    format!("{author} says {}{why} in {}{ignored}", said.status, said.document.short())
}

/// What to do about a package.
pub(super) fn remedy(remedy: &crate::gate::Remedy) -> String {
    let count = remedy.resolves.len();
    let what = if count == 1 { "1 vulnerability".to_owned() } else { format!("{count} vulnerabilities") };
    let from = remedy.from.join(", ");
    match &remedy.to[..] {
        [] => format!(
            "{} {from}: no fix for {what}; an exception or a VEX statement would have to cover it",
            remedy.package
        ),
        [to] => format!("{} {from} to {to}: resolves {what}", remedy.package),
        many => format!("{} {from} to one of {}: resolves {what}", remedy.package, many.join(", ")),
    }
}
