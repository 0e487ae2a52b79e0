//! Constraints such as `>=1.0,<1.2 || >=2.0,<2.1`, as Grype's and Trivy's databases have them, as ranges.

use std::ops::Bound;

use super::advisory::{Range, Says};

/// A longer constraint is none.
const MAX_LENGTH: usize = 1 << 20;

/// The ranges that a constraint covers; an empty one covers everything. What cannot be understood becomes a range that no
/// version can be compared with, so that it is seen.
pub(super) fn ranges(constraint: &str, says: &Says<String>) -> Vec<Range> {
    let all = || Range { lower: Bound::Unbounded, upper: Bound::Unbounded, says: says.clone() };
    if constraint.trim().is_empty() {
        return vec![all()];
    }
    let incomparable =
        |text: &str| Range { lower: Bound::Unbounded, upper: Bound::Excluded(format!("? {text}")), says: says.clone() };
    if constraint.len() > MAX_LENGTH {
        return vec![incomparable("a constraint too long to read")];
    }
    let alternatives = constraint.split('|').map(str::trim).filter(|part| !part.is_empty());
    let range = |text: &str| {
        let (lower, upper) = bounds(text)?;
        Some(Range { lower, upper, says: says.clone() })
    };
    alternatives.map(|text| range(text).unwrap_or_else(|| incomparable(text))).collect()
}

type Bounds = (Bound<String>, Bound<String>);

fn bounds(text: &str) -> Option<Bounds> {
    if text.starts_with(['[', '(']) {
        return interval(text);
    }
    let (mut lower, mut upper) = (Bound::Unbounded, Bound::Unbounded);
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', ',', '\t']);
        if rest.is_empty() {
            return Some((lower, upper));
        }
        let operator;
        (operator, rest) = rest.split_at(rest.find(|letter: char| !"<>=!~^".contains(letter)).unwrap_or(rest.len()));
        rest = rest.trim_start();
        let version;
        (version, rest) = rest.split_at(rest.find([' ', ',', '\t']).unwrap_or(rest.len()));
        // As in OSV's records, "0" is before all versions, also those that have no order with it.
        if (version == "*" && matches!(operator, "" | "=" | ">=")) || (version, operator) == ("0", ">=") {
            continue;
        }
        if version.is_empty() {
            return None;
        }
        let stated = || version.to_owned();
        match operator {
            "<" => upper = Bound::Excluded(stated()),
            "<=" => upper = Bound::Included(stated()),
            ">" => lower = Bound::Excluded(stated()),
            ">=" => lower = Bound::Included(stated()),
            "" | "=" | "==" => (lower, upper) = (Bound::Included(stated()), Bound::Included(stated())),
            "^" | "~" | "~>" => (lower, upper) = (Bound::Included(stated()), Bound::Excluded(next(version, operator)?)),
            _ => return None,
        }
    }
}

/// Maven's notation: `[1.0,2.0)`, `(,1.0]`, `[1.0]`.
fn interval(text: &str) -> Option<Bounds> {
    let inner = text.get(1..text.len().checked_sub(1)?)?;
    let bound = |version: &str, included: bool| match (version.trim(), included) {
        ("", _) => Bound::Unbounded,
        (version, true) => Bound::Included(version.to_owned()),
        (version, false) => Bound::Excluded(version.to_owned()),
    };
    let (from, to) = (text.starts_with('['), text.ends_with(']'));
    if !to && !text.ends_with(')') {
        return None;
    }
    match inner.split_once(',') {
        Some((_, upper)) if upper.contains([',', '[', '(']) => None,
        Some((lower, upper)) => Some((bound(lower, from), bound(upper, to))),
        None => Some((bound(inner, true), bound(inner, true))),
    }
}

/// The first version that is too new: of `^` with another of the first number that is not zero, of `~` another second number,
/// of `~>` another of the last number but one.
fn next(version: &str, operator: &str) -> Option<String> {
    let release = version.split(['-', '+']).next()?.trim_start_matches('v');
    let numbers = release.split('.').map(|number| number.parse::<u64>().ok()).collect::<Option<Vec<u64>>>()?;
    let raised = match operator {
        "^" => numbers.iter().position(|number| *number != 0).unwrap_or(numbers.len().checked_sub(1)?),
        "~" => 1.min(numbers.len() - 1),
        _ => numbers.len().saturating_sub(2),
    };
    let mut numbers: Vec<u64> = numbers.into_iter().take(raised + 1).collect();
    let last = numbers.last_mut()?;
    *last = last.checked_add(1)?;
    Some(numbers.iter().map(u64::to_string).collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(constraint: &str) -> String {
        let side = |bound: &Bound<String>, open: &str| match bound {
            Bound::Unbounded => "*".to_owned(),
            Bound::Included(version) => version.clone(),
            Bound::Excluded(version) => format!("{open}{version}"),
        };
        let ranges = ranges(constraint, &Says::Affected);
        ranges
            .iter()
            .map(|r| format!("{}..{}", side(&r.lower, "!"), side(&r.upper, "!")))
            .collect::<Vec<_>>()
            .join(" | ")
    }

    #[test]
    fn constraints_of_both_databases() {
        for (constraint, right) in [
            ("", "*..*"),
            ("< 2.36-9+deb12u1", "*..!2.36-9+deb12u1"),
            (">=4.0.0,<4.17.21", "4.0.0..!4.17.21"),
            (">= 1.0, < 1.2 || >= 2.0 <2.1", "1.0..!1.2 | 2.0..!2.1"),
            ("<1.2|>2,<=2.1", "*..!1.2 | !2..2.1"),
            ("= 1.0", "1.0..1.0"),
            ("1.6.14", "1.6.14..1.6.14"),
            ("[1.0,2.0)", "1.0..!2.0"),
            ("(,1.0]", "*..1.0"),
            ("[1.0]", "1.0..1.0"),
            ("^1.2.3", "1.2.3..!2"),
            ("^0.2.3", "0.2.3..!0.3"),
            ("~1.2.3", "1.2.3..!1.3"),
            ("~> 1.2.3", "1.2.3..!1.3"),
            ("~> 1.2", "1.2..!2"),
            ("*", "*..*"),
            (">= 0, < 1.2", "*..!1.2"),
        ] {
            assert_eq!(read(constraint), right, "{constraint}");
        }
    }

    #[test]
    fn what_cannot_be_understood_compares_with_nothing() {
        for constraint in ["!= 1.0", "<", "[1.0,2.0),[3.0,4.0)", "(1.0", "~> x", "[é", "^18446744073709551615"] {
            let ranges = ranges(constraint, &Says::Affected);
            let range = &ranges[0];
            let place = super::super::advisory::place(
                crate::scan::version::Scheme::Semver,
                "1.0.0",
                super::super::advisory::borrowed(&range.lower),
                super::super::advisory::borrowed(&range.upper),
            );
            assert_eq!(place, super::super::Place::Unknown, "{constraint}");
        }
    }
}
