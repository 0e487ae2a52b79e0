//! Whether one advisory is about one version of one package.

use std::cmp::Ordering;
use std::ops::Bound;

use super::installed::Installed;
use crate::scan::database::{Names, Place, Record, Says, Spanning, place};
use crate::scan::version::{Pseudo, Scheme};

/// A name under which a package is looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query<'q> {
    pub(super) name: &'q str,
    pub(super) version: &'q str,
    /// Whether it is the name of what is installed, of what that was built from, or of both.
    pub(super) role: Names,
    pub(super) has_epoch: bool,
}

/// What an advisory means for a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer<'r> {
    /// It is about another package.
    Elsewhere,
    /// The version is affected; the version that has the fix, where one is known.
    Affected { fix: Option<&'r str>, state: crate::scan::FixState },
    /// It is about the package, and this version is not affected.
    NotAffected,
    /// It says nothing but that this version is not affected, which goes before what others say.
    RuledOut,
    /// Nobody can tell, for the reason.
    Unknown(Reason),
}

/// Why nobody can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    /// The installed version, or the advisory's, is none of the scheme.
    Unreadable,
    /// The version says nothing of which release it follows.
    NotComparable,
    /// It is not known of which module the package or the advisory is.
    Module,
}

impl Reason {
    pub(super) const ALL: [Reason; 3] = [Reason::Unreadable, Reason::NotComparable, Reason::Module];

    pub(super) fn code(self) -> &'static str {
        match self {
            Reason::Unreadable => "unreadable-version",
            Reason::NotComparable => "not-comparable-version",
            Reason::Module => "unknown-module",
        }
    }

    pub(super) fn message(self) -> &'static str {
        match self {
            Reason::Unreadable => {
                "its version, or one in the advisory, is no version of its ecosystem, so they have no order"
            }
            Reason::NotComparable => "its version is a commit that follows no release, so it has no order with the fix",
            Reason::Module => "the package or the advisory is of a module, and which one is not stated",
        }
    }
}

/// The answer of a record that was found under the query's name.
pub(super) fn judge<'r>(
    record: &'r Record<'_>,
    installed: &Installed<'_>,
    query: Query<'_>,
    scheme: Scheme,
) -> Answer<'r> {
    let by_role = match record.names {
        Names::Both => true,
        names => query.role == Names::Both || query.role == names,
    };
    if !by_role || !of_architecture(record, installed) {
        return Answer::Elsewhere;
    }
    match of_module(record, installed) {
        Module::Another => return Answer::Elsewhere,
        Module::Unknown => return Answer::Unknown(Reason::Module),
        Module::Same => {}
    }
    let version = Version::of(query, scheme);
    // Purls write some versions in lower case.
    let exact = |listed: &str| {
        listed.eq_ignore_ascii_case(query.version) || scheme.compare(listed, query.version) == Some(Ordering::Equal)
    };
    if record.versions.iter().any(|listed| exact(listed)) {
        return Answer::Affected { fix: None, state: Default::default() };
    }
    let only_denies = record.ranges.iter().all(|range| range.says == Says::NotAffected);
    let mut unknown = None;
    let mut affected = None;
    for range in &record.ranges {
        match (version.place(range), range.says) {
            (Ok(Place::Inside), Says::NotAffected) if only_denies => return Answer::RuledOut,
            (Ok(Place::Inside), Says::NotAffected) => return Answer::NotAffected,
            (Ok(Place::Inside), says) => {
                let fix = if let Says::FixedIn(version) = says { Some(version) } else { None };
                affected.get_or_insert(Answer::Affected { fix, state: says.state() });
            }
            (Ok(Place::Outside), _) => {}
            (Ok(Place::Unknown), _) => unknown = unknown.or(Some(Reason::Unreadable)),
            (Err(reason), _) => unknown = unknown.or(Some(reason)),
        }
    }
    affected.or(unknown.map(Answer::Unknown)).unwrap_or(Answer::NotAffected)
}

fn of_architecture(record: &Record<'_>, installed: &Installed<'_>) -> bool {
    let arch = installed.purl.qualifier("arch").unwrap_or_default();
    record.arches.is_empty() || matches!(arch, "" | "noarch" | "all" | "src") || record.arches.contains(&arch)
}

enum Module {
    Same,
    Another,
    Unknown,
}

/// Streams of a module have versions of their own: a fix of one says nothing of another, nor of packages of no module.
fn of_module(record: &Record<'_>, installed: &Installed<'_>) -> Module {
    if installed.purl.kind() != "rpm" {
        return Module::Same;
    }
    let is_of_some_module = record.ranges.iter().any(|range| match (range.upper, range.says) {
        (Bound::Included(version) | Bound::Excluded(version), _) | (_, Says::FixedIn(version)) => {
            version.contains(".module")
        }
        _ => false,
    });
    let when = |same: bool| if same { Module::Same } else { Module::Another };
    match (&installed.module, record.module) {
        (Some(own), stated) if !stated.is_empty() => when(own == stated),
        (Some(_), _) if is_of_some_module => Module::Unknown,
        (Some(_), _) => Module::Another,
        (None, _) if installed.is_modular() => Module::Unknown,
        (None, stated) => when(stated.is_empty() && !is_of_some_module),
    }
}

/// The installed version as it is compared.
struct Version<'v> {
    text: &'v str,
    scheme: Scheme,
    /// Whether epochs are left out on both sides.
    without_epoch: bool,
    is_zero_base: bool,
}

impl<'v> Version<'v> {
    fn of(query: Query<'v>, scheme: Scheme) -> Self {
        // Raspberry Pi's rebuilds of Debian's packages raise the epoch, and would be above every fix.
        let number = query.version.rsplit_once("+rpt").map(|(_, number)| number);
        let is_rebuild =
            scheme == Scheme::Dpkg && number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        let without_epoch = is_rebuild || !query.has_epoch;
        Version {
            text: if without_epoch { bare(query.version) } else { query.version },
            scheme,
            without_epoch,
            is_zero_base: scheme == Scheme::Go && Pseudo::of(query.version) == Some(Pseudo::ZeroBase),
        }
    }

    fn place(&self, range: &Spanning<'_>) -> Result<Place, Reason> {
        let (lower, upper) = match self.without_epoch {
            true => (range.lower.map(bare), range.upper.map(bare)),
            false => (range.lower, range.upper),
        };
        // Whether it is one certain version needs no order.
        if let (Bound::Included(only), Bound::Included(same)) = (lower, upper)
            && only == same
        {
            let is_it = self.scheme.compare(self.text, only) == Some(Ordering::Equal);
            return Ok(if is_it { Place::Inside } else { Place::Outside });
        }
        let is_release = |bound: Bound<&str>| match bound {
            Bound::Included(version) | Bound::Excluded(version) => Pseudo::of(version).is_none(),
            Bound::Unbounded => false,
        };
        if self.is_zero_base && (is_release(lower) || is_release(upper)) {
            return Err(Reason::NotComparable);
        }
        Ok(place(self.scheme, self.text, lower, upper))
    }
}

fn bare(version: &str) -> &str {
    version.split_once(':').map_or(version, |(_, rest)| rest)
}
