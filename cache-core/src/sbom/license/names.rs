//! From the names of single licences and exceptions to SPDX ids: other letter case, deprecated forms, the short names of
//! distributions, names in full, addresses.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use spdx::identifiers::{EXCEPTIONS, LICENSES};

use super::gnu;

/// SPDX ids by their lower-case form.
static IDS: LazyLock<HashMap<String, &'static str>> =
    LazyLock::new(|| listed().map(|l| (l.name.to_ascii_lowercase(), l.name)).collect());
static EXCEPTION_IDS: LazyLock<HashMap<String, &'static str>> =
    LazyLock::new(|| EXCEPTIONS.iter().map(|e| (e.name.to_ascii_lowercase(), e.name)).collect());

/// Ids by what remains of names ([`bare`]): the list's own names, and the [`SYNONYMS`]. A name that two licences share is
/// none.
static NAMES: LazyLock<HashMap<String, Option<&'static str>>> = LazyLock::new(|| {
    let current = listed().filter(|license| !is_deprecated(license));
    let listed =
        current.flat_map(|license| [(bare(license.full_name), license.name), (bare(license.name), license.name)]);
    let mut names: HashMap<String, Option<&'static str>> = HashMap::new();
    for (name, id) in listed {
        names.entry(name).and_modify(|known| *known = known.filter(|known| *known == id)).or_insert(Some(id));
    }
    names.extend(SYNONYMS.iter().map(|(name, id)| (bare(name), Some(*id))));
    names
});

/// The licences of the list; the crate counts the words for no licence among them.
fn listed() -> impl Iterator<Item = &'static spdx::License> {
    LICENSES.iter().filter(|license| !matches!(license.name, "NOASSERTION" | "NONE"))
}

fn is_deprecated(license: &spdx::License) -> bool {
    license.flags & spdx::flags::IS_DEPRECATED != 0
}

/// The ids that stated licences are read as: those of today's list, and two old ones that nothing took the place of.
pub(super) fn current() -> impl Iterator<Item = &'static str> {
    listed()
        .filter(|license| !is_deprecated(license) || in_place_of(license.name) == Some(license.name))
        .map(|l| l.name)
}

/// What took the place of a deprecated id, in any letter case: an id, or one with an exception.
pub(super) fn in_place_of(id: &str) -> Option<&'static str> {
    static NEW: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
        let old = listed().filter(|license| is_deprecated(license));
        old.filter_map(|license| Some((license.name.to_ascii_lowercase(), whole(license.name)?))).collect()
    });
    NEW.get(&id.to_ascii_lowercase()).map(String::as_str)
}

/// Names that mean one licence and are not the list's.
const SYNONYMS: &[(&str, &str)] = &[
    ("apache 2", "Apache-2.0"),
    ("apache software 2.0", "Apache-2.0"),
    ("apache software 2", "Apache-2.0"),
    ("apache public 2.0", "Apache-2.0"),
    ("asl 1.1", "Apache-1.1"),
    ("asl 2.0", "Apache-2.0"),
    ("al 2.0", "Apache-2.0"),
    ("artistic", "Artistic-1.0-Perl"),
    ("artistic 2", "Artistic-2.0"),
    ("boost", "BSL-1.0"),
    ("boost software 1.0", "BSL-1.0"),
    ("bsd 2 clause", "BSD-2-Clause"),
    ("bsd 3", "BSD-3-Clause"),
    ("bsd 3 clause", "BSD-3-Clause"),
    ("bsd 3 clause new", "BSD-3-Clause"),
    ("bsd 4 clause", "BSD-4-Clause"),
    ("2 clause bsd", "BSD-2-Clause"),
    ("3 clause bsd", "BSD-3-Clause"),
    ("new bsd", "BSD-3-Clause"),
    ("modified bsd", "BSD-3-Clause"),
    ("revised bsd", "BSD-3-Clause"),
    ("simplified bsd", "BSD-2-Clause"),
    ("cc0", "CC0-1.0"),
    ("cc0 1.0 universal", "CC0-1.0"),
    ("cddl 1.0", "CDDL-1.0"),
    ("cddl 1.1", "CDDL-1.1"),
    ("common development and distribution cddl 1.0", "CDDL-1.0"),
    ("common development and distribution cddl 1.1", "CDDL-1.1"),
    ("eclipse 1.0", "EPL-1.0"),
    ("eclipse 2.0", "EPL-2.0"),
    ("eclipse distribution 1.0", "BSD-3-Clause"),
    ("edl 1.0", "BSD-3-Clause"),
    ("eclipse public 1", "EPL-1.0"),
    ("eclipse public 2", "EPL-2.0"),
    ("epl 1", "EPL-1.0"),
    ("epl 2", "EPL-2.0"),
    ("expat", "MIT"),
    ("isc iscl", "ISC"),
    ("mit", "MIT"),
    ("mit mit", "MIT"),
    ("mpl 1.1", "MPL-1.1"),
    ("mpl 2", "MPL-2.0"),
    ("mpl 2.0", "MPL-2.0"),
    ("mozilla public 1.1 mpl 1.1", "MPL-1.1"),
    ("mozilla public 2.0 mpl 2.0", "MPL-2.0"),
    ("ofl", "OFL-1.1"),
    ("openssl", "OpenSSL"),
    ("psf", "PSF-2.0"),
    ("python software foundation", "PSF-2.0"),
    ("unlicense unlicense", "Unlicense"),
    ("university of illinois/ncsa open source", "NCSA"),
    ("zlib/libpng", "Zlib"),
    ("zlib", "Zlib"),
    ("zope public 2.1", "ZPL-2.1"),
];

/// Names that stand for an expression.
const EXPRESSIONS: &[(&str, &str)] = &[
    // Perl's own terms, and so those of most of its modules.
    ("perl", "(Artistic-1.0-Perl OR GPL-1.0-or-later)"),
    ("perl 5", "(Artistic-1.0-Perl OR GPL-1.0-or-later)"),
];

/// Deprecated ids and what the list puts in their place, where that is not `-only` or `-or-later` of the same.
const REPLACED: &[(&str, &str)] = &[
    ("BSD-2-Clause-FreeBSD", "BSD-2-Clause"),
    ("BSD-2-Clause-NetBSD", "BSD-2-Clause"),
    ("bzip2-1.0.5", "bzip2-1.0.6"),
    ("eCos-2.0", "GPL-2.0-or-later WITH eCos-exception-2.0"),
    ("GPL-2.0-with-autoconf-exception", "GPL-2.0-only WITH Autoconf-exception-2.0"),
    ("GPL-2.0-with-bison-exception", "GPL-2.0-only WITH Bison-exception-2.2"),
    ("GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
    ("GPL-2.0-with-font-exception", "GPL-2.0-only WITH Font-exception-2.0"),
    ("GPL-2.0-with-GCC-exception", "GPL-2.0-only WITH GCC-exception-2.0"),
    ("GPL-3.0-with-autoconf-exception", "GPL-3.0-only WITH Autoconf-exception-3.0"),
    ("GPL-3.0-with-GCC-exception", "GPL-3.0-only WITH GCC-exception-3.1"),
    ("StandardML-NJ", "SMLNJ"),
    ("wxWindows", "LGPL-2.0-or-later WITH WxWindows-exception-3.1"),
];

/// The SPDX expression that `name` means, the whole of it: an id, or what stands in the place of a deprecated one.
pub(super) fn whole(name: &str) -> Option<String> {
    let bare = bare(name);
    if let Some((_, expression)) = EXPRESSIONS.iter().find(|(known, _)| *known == bare) {
        return Some((*expression).to_owned());
    }
    let id = license(name)?;
    Some(match REPLACED.iter().find(|(old, _)| *old == id) {
        Some((_, new)) => (*new).to_owned(),
        None => id.into_owned(),
    })
}

/// The SPDX id that `name` means, the whole of it; a trailing `+` of an id is kept.
pub(in crate::sbom) fn license(name: &str) -> Option<Cow<'static, str>> {
    let name = trove(name.trim());
    let lower = name.to_ascii_lowercase();
    // `GPL-2.0` and `GPL-2.0+` are ids of their own, and deprecated ones.
    if let Some(id) = gnu::license(&lower).filter(|id| IDS.contains_key(&id.to_ascii_lowercase())) {
        return Some(Cow::Owned(id));
    }
    if let Some(id) = IDS.get(&lower) {
        return Some(Cow::Borrowed(id));
    }
    if let Some(id) = lower.strip_suffix('+').and_then(|base| IDS.get(base)) {
        return Some(Cow::Owned(format!("{id}+")));
    }
    if let Some(id) = address(&lower) {
        return Some(id);
    }
    NAMES.get(&bare(name)).copied().flatten().map(Cow::Borrowed)
}

/// The SPDX id of an exception; which of several depends on the licence that it is of.
pub(super) fn exception(name: &str, license: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    if let Some(id) = EXCEPTION_IDS.get(&lower) {
        return Some((*id).to_owned());
    }
    let third = license.contains("-3.0");
    let bare = bare(name);
    let words: Vec<&str> = bare.split(' ').filter(|word| !matches!(*word, "gnu" | "exception" | "linking")).collect();
    let id = match words.join(" ").as_str() {
        "classpath" | "classpath 2.0" | "cpe" | "ce" => "Classpath-exception-2.0",
        "autoconf" if third => "Autoconf-exception-3.0",
        "autoconf" => "Autoconf-exception-2.0",
        "bison" => "Bison-exception-2.2",
        "font" => "Font-exception-2.0",
        "libtool" => "Libtool-exception",
        "gcc" | "gcc runtime library" | "gcc runtime" if third => "GCC-exception-3.1",
        "gcc" | "gcc runtime library" => "GCC-exception-2.0",
        "llvm" | "llvms" => "LLVM-exception",
        "linux syscall note" | "linux syscall" => "Linux-syscall-note",
        _ => return None,
    };
    Some(id.to_owned())
}

/// What remains of a name without the words that tell nothing: `The Apache License, Version 2.0` and `apache-2.0` are both
/// `apache 2.0`.
fn bare(name: &str) -> String {
    let lower = name.to_lowercase().replace(['-', '_', ',', '(', ')', '"', '\'', ':', '“', '”'], " ");
    let mut words: Vec<&str> = Vec::new();
    for word in lower.split_whitespace() {
        // `MPLv2.0`, `apache2`
        let at = word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len());
        let (letters, number) = word.split_at(at);
        let split = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && !letters.is_empty();
        let letters = if split && at < word.len() { letters.strip_suffix('v').unwrap_or(letters) } else { letters };
        let pieces = if split { [letters, number] } else { [word, ""] };
        words.extend(pieces.into_iter().filter(|piece| {
            !matches!(
                *piece,
                "" | "the" | "license" | "licence" | "licensed" | "version" | "v" | "under" | "v." | "ver"
            )
        }));
    }
    words.join(" ")
}

/// The name at the end of a classifier of PyPI: `License :: OSI Approved :: MIT License`.
fn trove(name: &str) -> &str {
    let is = name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("license"));
    match name.rsplit_once(" :: ") {
        Some((_, last)) if is => last,
        _ => name,
    }
}

/// The licence whose text is at this address; `lower` is in lower case.
fn address(lower: &str) -> Option<Cow<'static, str>> {
    let path = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"))?;
    let path = path.strip_prefix("www.").unwrap_or(path).trim_end_matches('/');
    let path = [".html", ".txt", ".php", ".en"].iter().fold(path, |path, end| path.strip_suffix(end).unwrap_or(path));
    for start in ["opensource.org/licenses/", "opensource.org/license/", "spdx.org/licenses/", "licenses.nuget.org/"] {
        if let Some(id) = path.strip_prefix(start) {
            return license(id).filter(|_| !id.contains("://"));
        }
    }
    let id = match path {
        "apache.org/licenses/license-2.0" => "Apache-2.0",
        "eclipse.org/legal/epl-v10" => "EPL-1.0",
        "eclipse.org/legal/epl-2.0" | "eclipse.org/legal/epl-v20" => "EPL-2.0",
        "mozilla.org/mpl/2.0" | "mozilla.org/en-us/mpl/2.0" => "MPL-2.0",
        "unlicense.org" => "Unlicense",
        "creativecommons.org/publicdomain/zero/1.0" => "CC0-1.0",
        "gnu.org/licenses/gpl-2.0" | "gnu.org/licenses/old-licenses/gpl-2.0" => "GPL-2.0-only",
        "gnu.org/licenses/gpl-3.0" => "GPL-3.0-only",
        "gnu.org/licenses/agpl-3.0" => "AGPL-3.0-only",
        "gnu.org/licenses/lgpl-2.1" | "gnu.org/licenses/old-licenses/lgpl-2.1" => "LGPL-2.1-only",
        "gnu.org/licenses/lgpl-3.0" => "LGPL-3.0-only",
        _ => return None,
    };
    Some(Cow::Borrowed(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deprecated_id_has_one_in_its_place() {
        let mut seen = 0;
        for old in listed().filter(|license| is_deprecated(license)) {
            let new = whole(old.name).unwrap_or_else(|| panic!("{}", old.name));
            let known = new.split(" WITH ").next().unwrap();
            let current = listed().any(|l| l.name == known && !is_deprecated(l));
            assert!(current || new == old.name && matches!(new.as_str(), "Nunit" | "Net-SNMP"), "{}: {new}", old.name);
            let addition = new.split_once(" WITH ").map(|(_, exception)| exception);
            assert!(addition.is_none_or(|id| EXCEPTIONS.iter().any(|e| e.name == id)), "{new}");
            seen += 1;
        }
        println!("{seen} deprecated ids");
    }

    #[test]
    fn every_id_is_itself_in_any_letter_case() {
        for known in listed().filter(|license| !is_deprecated(license)) {
            assert_eq!(license(&known.name.to_uppercase()).as_deref(), Some(known.name));
        }
        for known in EXCEPTIONS {
            assert_eq!(exception(&known.name.to_uppercase(), "").as_deref(), Some(known.name));
        }
    }

    #[test]
    fn most_names_of_the_list_are_known_and_none_means_another() {
        let current: Vec<_> = listed().filter(|license| !is_deprecated(license)).collect();
        let known = current.iter().filter(|l| license(l.full_name).is_some()).count();
        println!("{known} of {} names in full are known", current.len());
        assert!(known * 100 > current.len() * 95);
        for l in current {
            assert!(license(l.full_name).is_none_or(|id| id == l.name), "{}: {:?}", l.full_name, license(l.full_name));
        }
    }
}
