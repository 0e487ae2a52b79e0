//! Recognising programs that no package manager installed, by the name of the file and by how they write their own version.

use regex::bytes::{Regex, RegexBuilder};

use super::rules::{RULES, Rule};
use super::scan::Window;
use crate::sbom::catalog::{Fact, FileInfo, Found};

/// The rules that apply to a file name.
pub(super) fn rules(name: &str) -> impl Iterator<Item = &'static Rule> + '_ {
    RULES.iter().filter(move |rule| rule.names.iter().any(|pattern| matches(pattern, name)))
}

/// Whether a name is of a pattern with at most two `*`.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(start) else { return false };
    match rest.split_once('*') {
        Some((middle, end)) => {
            name.ends_with(end) && name.find(middle).is_some_and(|at| at + middle.len() + end.len() <= name.len())
        }
        None => name.ends_with(rest),
    }
}

/// Looks for the versions that a file may state.
#[derive(Debug)]
pub(super) struct Search {
    candidates: Vec<Candidate>,
}

#[derive(Debug)]
struct Candidate {
    rule: &'static Rule,
    /// In the order in which they count, each with the first version it found.
    patterns: Vec<(Regex, Option<String>)>,
}

impl Search {
    pub(super) fn new(file: &FileInfo<'_>) -> Self {
        let name = file.file_name();
        let rules = rules(name).filter(|rule| rule.folder.is_empty() || file.path.contains(rule.folder));
        let candidates = rules.filter_map(|rule| {
            let release = release(name);
            // A pattern may speak of the version in the file's name, as `python3.11` has one.
            let patterns = rule.patterns.iter().filter_map(|pattern| match pattern.contains("RELEASE") {
                true => regex(&pattern.replace("RELEASE", &regex::escape(release?))),
                false => regex(pattern),
            });
            let patterns: Vec<_> = patterns.map(|pattern| (pattern, None)).collect();
            (!patterns.is_empty()).then_some(Candidate { rule, patterns })
        });
        Search { candidates: candidates.collect() }
    }

    pub(super) fn see(&mut self, window: &Window<'_>) {
        for candidate in &mut self.candidates {
            for (pattern, version) in &mut candidate.patterns {
                if version.is_some() {
                    break;
                }
                let Some(captures) = pattern.captures_at(window.bytes, window.starts.start) else { continue };
                let begins = captures.get(0).is_some_and(|all| window.starts.contains(&all.start()));
                let text = captures.name("version").filter(|_| begins);
                *version = text.map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned());
            }
        }
    }

    pub(super) fn facts(self) -> Vec<Fact> {
        let mut facts: Vec<Fact> = Vec::new();
        let mut taken: Vec<&str> = Vec::new();
        for candidate in self.candidates {
            let Some(version) = candidate.patterns.into_iter().find_map(|(_, version)| version) else { continue };
            // Of the rules that exclude each other the first counts.
            if !candidate.rule.one_of.is_empty() {
                if taken.contains(&candidate.rule.one_of) {
                    continue;
                }
                taken.push(candidate.rule.one_of);
            }
            facts.push(Fact::Package(Box::new(found(candidate.rule, version))));
        }
        facts
    }
}

fn found(rule: &Rule, version: String) -> Found {
    let escaped: String = version.chars().flat_map(|c| (!plain(c)).then_some('\\').into_iter().chain([c])).collect();
    let cpe = |product: &&str| format!("cpe:2.3:a:{product}:{escaped}:*:*:*:*:*:*:*");
    let (namespace, name) = rule.package.rsplit_once('/').unwrap_or(("", rule.package));
    Found {
        kind: rule.kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        cpes: rule.products.iter().map(cpe).collect(),
        version,
        ..Found::default()
    }
}

fn plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_')
}

fn regex(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).unicode(false).build().ok()
}

/// The first version of at least two numbers in a file name.
fn release(name: &str) -> Option<&str> {
    let name = name.get(name.find(|c: char| c.is_ascii_digit())?..)?;
    let end = name.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(name.len());
    let version = name.get(..end)?.trim_end_matches('.');
    version.contains('.').then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_one_and_names_a_version() {
        let mut count = 0;
        for rule in RULES {
            for pattern in rule.patterns {
                let built = regex(pattern).unwrap_or_else(|| panic!("{pattern}"));
                assert!(built.capture_names().flatten().any(|name| name == "version"), "{pattern}");
                count += 1;
            }
            assert!(!rule.names.is_empty() && !rule.patterns.is_empty());
        }
        eprintln!("{} rules, {count} patterns", RULES.len());
    }

    #[test]
    fn names_are_matched_whole() {
        let cases = [
            ("node", "node", true),
            ("node", "node2", false),
            ("python*", "python3.11", true),
            ("libpython*.so*", "libpython3.11.so.1.0", true),
            ("libpython*.so*", "libpython3.11.a", false),
            ("libQt*Core.so*", "libQt5Core.so.5", true),
            ("a*b*b", "ab", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
        eprintln!("{} names", cases.len());
    }
}
