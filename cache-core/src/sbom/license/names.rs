//! From what people write to SPDX ids: other letter case, deprecated forms, the short names of distributions.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// SPDX ids by their lower-case form.
static LICENSES: LazyLock<HashMap<String, &'static str>> =
    LazyLock::new(|| spdx::identifiers::LICENSES.iter().map(|l| (l.name.to_ascii_lowercase(), l.name)).collect());
static EXCEPTIONS: LazyLock<HashMap<String, &'static str>> =
    LazyLock::new(|| spdx::identifiers::EXCEPTIONS.iter().map(|e| (e.name.to_ascii_lowercase(), e.name)).collect());

/// Names that are no ids and mean one licence, in lower case.
const SYNONYMS: &[(&str, &str)] = &[
    ("apache 2.0", "Apache-2.0"),
    ("apache-2", "Apache-2.0"),
    ("apache license 2.0", "Apache-2.0"),
    ("apache license version 2.0", "Apache-2.0"),
    ("apache license, version 2.0", "Apache-2.0"),
    ("apache software license 2.0", "Apache-2.0"),
    ("apache2", "Apache-2.0"),
    ("artistic", "Artistic-1.0-Perl"),
    ("artistic-2", "Artistic-2.0"),
    ("asl 2.0", "Apache-2.0"),
    ("bsd 2-clause", "BSD-2-Clause"),
    ("bsd 3-clause", "BSD-3-Clause"),
    ("bsd-2-clause license", "BSD-2-Clause"),
    ("bsd-3-clause license", "BSD-3-Clause"),
    ("expat", "MIT"),
    ("isc license", "ISC"),
    ("mit license", "MIT"),
    ("mplv2.0", "MPL-2.0"),
    ("the mit license", "MIT"),
];

/// Deprecated ids that hold an exception, and what they stand for.
const WITH_EXCEPTION: &[(&str, &str, &str)] = &[
    ("GPL-2.0-with-autoconf-exception", "GPL-2.0-only", "Autoconf-exception-2.0"),
    ("GPL-2.0-with-bison-exception", "GPL-2.0-only", "Bison-exception-2.2"),
    ("GPL-2.0-with-classpath-exception", "GPL-2.0-only", "Classpath-exception-2.0"),
    ("GPL-2.0-with-font-exception", "GPL-2.0-only", "Font-exception-2.0"),
    ("GPL-2.0-with-GCC-exception", "GPL-2.0-only", "GCC-exception-2.0"),
    ("GPL-3.0-with-autoconf-exception", "GPL-3.0-only", "Autoconf-exception-3.0"),
    ("GPL-3.0-with-GCC-exception", "GPL-3.0-only", "GCC-exception-3.1"),
];

/// The SPDX id that `name` means, the whole of it; a trailing `+` of an id is kept.
pub(in crate::sbom) fn license(name: &str) -> Option<Cow<'static, str>> {
    let lower = name.to_ascii_lowercase();
    // `GPL-2.0+` is an id of its own, and a deprecated one.
    if lower.ends_with('+')
        && let Some(id) = gnu(&lower)
    {
        return Some(Cow::Owned(id));
    }
    if let Some(id) = LICENSES.get(&lower) {
        return Some(Cow::Borrowed(id));
    }
    if let Some(id) = lower.strip_suffix('+').and_then(|base| LICENSES.get(base)) {
        return Some(Cow::Owned(format!("{id}+")));
    }
    let synonym = SYNONYMS.iter().find(|(synonym, _)| *synonym == lower).map(|(_, id)| Cow::Borrowed(*id));
    synonym.or_else(|| gnu(&lower).map(Cow::Owned))
}

/// The SPDX id of an exception.
pub(in crate::sbom) fn exception(name: &str) -> Option<&'static str> {
    EXCEPTIONS.get(&name.to_ascii_lowercase()).copied()
}

/// The licence and the exception that a deprecated id stands for.
pub(in crate::sbom) fn with_exception(id: &str) -> Option<(&'static str, &'static str)> {
    WITH_EXCEPTION.iter().find(|(old, ..)| *old == id).map(|(_, license, exception)| (*license, *exception))
}

/// The GNU licences have the most spellings: `GPLv2+` (Fedora), `GPL-2+` (Debian), `GPL v2 or later`, `GNU General Public
/// License v3.0 only`. The whole text has to be such a name.
fn gnu(lower: &str) -> Option<String> {
    let mut text = lower.replace([',', '(', ')'], " ");
    for (long, short) in [
        ("library general public license", "lgpl"),
        ("lesser general public license", "lgpl"),
        ("affero general public license", "agpl"),
        ("general public license", "gpl"),
        ("any later version", "later"),
        ("at your option", ""),
        ("version", "v"),
        ("licence", "license"),
        ("newer", "later"),
    ] {
        text = text.replace(long, short);
    }
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c == '-' || c == '_').collect();
    let mut words = words.into_iter().filter(|word| !matches!(*word, "" | "the" | "gnu" | "license" | "v")).peekable();
    let first = words.next()?;
    let (family, rest) = ["agpl", "lgpl", "gpl"].iter().find_map(|f| Some((*f, first.strip_prefix(f)?)))?;
    let mut number = rest.strip_prefix('v').unwrap_or(rest);
    if number.is_empty() {
        number = words.next().unwrap_or("");
        number = number.strip_prefix('v').unwrap_or(number);
    }
    let (number, plus) = match number.strip_suffix('+') {
        Some(number) => (number, true),
        None => (number, false),
    };
    let number = match number {
        // The name alone means any version that there ever was.
        "" => return words.next().is_none().then(|| from_first(family)),
        "1" | "1.0" => "1.0",
        "2" | "2.0" => "2.0",
        "2.1" => "2.1",
        "3" | "3.0" => "3.0",
        _ => return None,
    };
    let later = match (words.next(), words.next(), words.next()) {
        (None | Some("only"), None, None) => plus,
        (Some("+"), None, None) | (Some("or"), Some("later"), None) | (Some("or"), Some("later"), Some("later")) => {
            true
        }
        _ => return None,
    };
    let id = format!("{}-{number}-{}", family.to_ascii_uppercase(), if later { "or-later" } else { "only" });
    LICENSES.contains_key(&id.to_ascii_lowercase()).then_some(id)
}

fn from_first(family: &str) -> String {
    match family {
        "gpl" => "GPL-1.0-or-later",
        "lgpl" => "LGPL-2.0-or-later",
        _ => "AGPL-1.0-or-later",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_many_spellings_of_the_gnu_licences() {
        for (name, id) in [
            ("GPLv2+", "GPL-2.0-or-later"),
            ("GPL-2+", "GPL-2.0-or-later"),
            ("GPL v2 or later", "GPL-2.0-or-later"),
            ("GNU General Public License v2.0 or later", "GPL-2.0-or-later"),
            ("GNU GPL, version 3 (or any later version)", "GPL-3.0-or-later"),
            ("gpl2", "GPL-2.0-only"),
            ("GPLv3", "GPL-3.0-only"),
            ("GPL", "GPL-1.0-or-later"),
            ("LGPLv2.1", "LGPL-2.1-only"),
            ("GNU Lesser General Public License v3.0 only", "LGPL-3.0-only"),
            ("AGPL-3", "AGPL-3.0-only"),
        ] {
            assert_eq!(license(name).as_deref(), Some(id), "{name}");
        }
    }

    #[test]
    fn what_only_begins_like_one_is_not_one() {
        for name in
            ["GPLv2 with classpath exception", "GPL-4", "gplx", "GPL-2.0-or-later+x", "LGPL-9.9", "UNLICENSED", ""]
        {
            assert_eq!(license(name), None, "{name}");
        }
    }

    #[test]
    fn every_deprecated_id_with_an_exception_is_known() {
        let ids: Vec<_> = spdx::identifiers::LICENSES.iter().filter(|l| l.name.contains("-with-")).collect();
        assert!(ids.iter().all(|l| with_exception(l.name).is_some()));
        assert!(WITH_EXCEPTION.iter().all(|(_, _, e)| exception(e).is_some()));
    }
}
