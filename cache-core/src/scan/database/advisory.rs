//! What a source says of one package, as it goes into the index.

use std::ops::Bound;

use crate::scan::version::Scheme;
use crate::scan::{Epss, FixState, Rating};

/// What one source says of one vulnerability of one package of one ecosystem.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Advisory {
    /// The source's id of it.
    pub(crate) id: String,
    /// Other ids of the same; where several are CVEs, it is about all of them.
    pub(crate) aliases: Vec<String>,
    /// Who says it: `ghsa`, `debian`.
    pub(crate) source: String,
    /// How bad it is, the source's own word first.
    pub(crate) ratings: Vec<Rating>,
    /// The versions it is about.
    pub(crate) ranges: Vec<Range>,
    /// More versions that are affected, one by one.
    pub(crate) versions: Vec<String>,
    /// What its package's name is a name of.
    pub(crate) names: Names,
    /// The module of an rpm with its stream, `nodejs:12`; empty for packages of no module.
    pub(crate) module: String,
    /// The architectures it is about; empty for all.
    pub(crate) arches: Vec<String>,
    /// Whether it is known to be exploited.
    pub(crate) exploited: bool,
    /// How likely it is to be exploited.
    pub(crate) epss: Option<Epss>,
}

/// Versions between two bounds, and what is said of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) lower: Bound<String>,
    pub(crate) upper: Bound<String>,
    pub(crate) says: Says<String>,
}

/// What is said of the versions of a range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Says<T> {
    /// They are affected, and nothing is said of a fix.
    #[default]
    Affected,
    /// They are affected, and this version is not.
    FixedIn(T),
    /// They are affected, and there is no fix yet.
    NotFixed,
    /// They are affected, and there will be no fix.
    WontFix,
    /// They are not affected.
    NotAffected,
}

impl<T> Says<T> {
    pub(crate) fn state(&self) -> FixState {
        match self {
            Says::Affected | Says::NotAffected => FixState::Unknown,
            Says::FixedIn(_) => FixState::Fixed,
            Says::NotFixed => FixState::NotFixed,
            Says::WontFix => FixState::WontFix,
        }
    }
}

/// Whether an advisory names packages as they are installed or the ones that they are built from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Names {
    #[default]
    Binary,
    Source,
    /// Either.
    Both,
}

/// Where a version lies relative to a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Inside,
    Outside,
    /// The version or a bound cannot be read.
    Unknown,
}

/// Where the version lies between the bounds.
pub(crate) fn place(scheme: Scheme, version: &str, lower: Bound<&str>, upper: Bound<&str>) -> Place {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = |bound: &str| scheme.compare(version, bound);
    let above = match lower {
        Bound::Unbounded => Some(true),
        Bound::Included(bound) => order(bound).map(|order| order != Less),
        Bound::Excluded(bound) => order(bound).map(|order| order == Greater),
    };
    let below = match upper {
        Bound::Unbounded => Some(true),
        Bound::Included(bound) => order(bound).map(|order| matches!(order, Less | Equal)),
        Bound::Excluded(bound) => order(bound).map(|order| order == Less),
    };
    match (above, below) {
        (Some(false), _) | (_, Some(false)) => Place::Outside,
        (Some(true), Some(true)) => Place::Inside,
        _ => Place::Unknown,
    }
}

/// A bound whose text is borrowed.
pub(crate) fn borrowed(bound: &Bound<String>) -> Bound<&str> {
    bound.as_ref().map(String::as_str)
}
