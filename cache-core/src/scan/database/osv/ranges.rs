//! From the events of a range to the versions between them.

use std::cmp::Ordering;
use std::ops::Bound;

use serde::Deserialize;

use super::super::advisory::{Range, Says};
use crate::scan::version::Scheme;

/// Events are compared each with each; beyond this many they are taken as they stand.
const MAX_COMPARED: usize = 500;

/// One event; one of these is stated.
#[derive(Default, Deserialize)]
pub(super) struct Event {
    #[serde(default)]
    introduced: Option<String>,
    #[serde(default)]
    fixed: Option<String>,
    #[serde(default)]
    last_affected: Option<String>,
    #[serde(default)]
    limit: Option<String>,
}

/// The end of a range: its version, which is still inside where it is the last affected one.
#[derive(Clone, Copy)]
struct End<'e> {
    version: &'e str,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Fixed,
    LastAffected,
    Limit,
}

impl Event {
    fn end(&self) -> Option<End<'_>> {
        let of = |version: &'_ Option<String>, kind| version.is_some().then_some(kind);
        let kind = of(&self.fixed, Kind::Fixed)
            .or(of(&self.last_affected, Kind::LastAffected))
            .or(of(&self.limit, Kind::Limit))?;
        let version = self.fixed.as_deref().or(self.last_affected.as_deref()).or(self.limit.as_deref())?;
        (version != "*").then_some(End { version, kind })
    }
}

/// A range for each version that introduces it, to the lowest end above. They may overlap.
pub(super) fn of(events: &[Event], scheme: Scheme) -> Vec<Range> {
    let comparable = events.len() <= MAX_COMPARED;
    let introduced = events.iter().enumerate().filter_map(|(at, event)| Some((at, event.introduced.as_deref()?)));
    introduced
        .map(|(at, introduced)| {
            let end = if comparable { lowest(events, introduced, scheme) } else { None };
            let next =
                || events.get(at + 1..)?.iter().take_while(|event| event.introduced.is_none()).find_map(Event::end);
            range(introduced, end.unwrap_or_else(next))
        })
        .collect()
}

/// The lowest end above a version; `None` where one of them cannot be compared.
fn lowest<'e>(events: &'e [Event], introduced: &str, scheme: Scheme) -> Option<Option<End<'e>>> {
    let mut lowest: Option<End<'e>> = None;
    for end in events.iter().filter_map(Event::end) {
        let above = match is_zero(introduced) {
            true => true,
            false => match scheme.compare(end.version, introduced)? {
                Ordering::Greater => true,
                Ordering::Equal => end.kind == Kind::LastAffected,
                Ordering::Less => false,
            },
        };
        let lower = match lowest {
            Some(lowest) => scheme.compare(end.version, lowest.version)? == Ordering::Less,
            None => true,
        };
        if above && lower {
            lowest = Some(end);
        }
    }
    Some(lowest)
}

fn range(introduced: &str, end: Option<End<'_>>) -> Range {
    let lower = if is_zero(introduced) { Bound::Unbounded } else { Bound::Included(introduced.to_owned()) };
    let version = || end.map(|end| end.version.to_owned()).unwrap_or_default();
    let (upper, says) = match end.map(|end| end.kind) {
        Some(Kind::Fixed) => (Bound::Excluded(version()), Says::FixedIn(version())),
        Some(Kind::LastAffected) => (Bound::Included(version()), Says::Affected),
        Some(Kind::Limit) => (Bound::Excluded(version()), Says::Affected),
        None => (Bound::Unbounded, Says::NotFixed),
    };
    Range { lower, upper, says }
}

/// OSV's word for "before everything".
fn is_zero(version: &str) -> bool {
    version == "0"
}

/// Whether all versions are inside.
pub(super) fn is_everything(range: &Range) -> bool {
    range.lower == Bound::Unbounded && range.upper == Bound::Unbounded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_json(events: serde_json::Value) -> Vec<String> {
        let events: Vec<Event> = serde_json::from_value(events).unwrap();
        let bound = |bound: &Bound<String>| match bound {
            Bound::Unbounded => "*".to_owned(),
            Bound::Included(version) => version.clone(),
            Bound::Excluded(version) => format!("!{version}"),
        };
        of(&events, Scheme::Semver)
            .iter()
            .map(|r| format!("{} {} {:?}", bound(&r.lower), bound(&r.upper), r.says))
            .collect()
    }

    #[test]
    fn each_introduction_ends_at_the_lowest_end_above_it() {
        let events =
            serde_json::json!([{"introduced": "2.0.0"}, {"fixed": "2.1.0"}, {"introduced": "0"}, {"fixed": "1.5.0"}]);
        assert_eq!(of_json(events), ["2.0.0 !2.1.0 FixedIn(\"2.1.0\")", "* !1.5.0 FixedIn(\"1.5.0\")"]);
        let several = serde_json::json!([{"introduced": "0"}, {"fixed": "1.2.0"}, {"fixed": "1.1.0"}]);
        assert_eq!(of_json(several), ["* !1.1.0 FixedIn(\"1.1.0\")"]);
    }

    #[test]
    fn other_ends_and_none() {
        assert_eq!(
            of_json(serde_json::json!([{"introduced": "1.0.0"}, {"last_affected": "1.0.0"}])),
            ["1.0.0 1.0.0 Affected"]
        );
        assert_eq!(of_json(serde_json::json!([{"introduced": "0"}])), ["* * NotFixed"]);
        assert_eq!(of_json(serde_json::json!([{"introduced": "0"}, {"limit": "*"}])), ["* * NotFixed"]);
        assert_eq!(of_json(serde_json::json!([{"introduced": "0"}, {"limit": "2.0.0"}])), ["* !2.0.0 Affected"]);
        assert_eq!(of_json(serde_json::json!([{"fixed": "1.0.0"}])), [""; 0]);
    }

    #[test]
    fn what_cannot_be_compared_is_taken_as_it_stands() {
        let events = serde_json::json!([{"introduced": "x"}, {"fixed": "y"}, {"introduced": "1.0.0"}, {"fixed": "z"}]);
        assert_eq!(of_json(events), ["x !y FixedIn(\"y\")", "1.0.0 !z FixedIn(\"z\")"]);
    }
}
