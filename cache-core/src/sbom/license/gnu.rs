//! The names of the GNU licences, which have the most spellings.

/// The SPDX id that `lower` spells: `gplv2+` (Fedora), `gpl-2+` (Debian), `gpl v2 or later`, `gnu general public license
/// v3.0 only`. The whole text has to be such a name, in lower case.
pub(super) fn license(lower: &str) -> Option<String> {
    // `gnu general public license v3 (gplv3)` says it twice.
    if let Some((name, short)) = lower.strip_suffix(')').and_then(|name| name.rsplit_once('('))
        && let Some(id) = spelled(short)
    {
        return spelled(name).filter(|known| *known == id);
    }
    spelled(lower)
}

fn spelled(lower: &str) -> Option<String> {
    // No name is longer, and most of what is asked for is none of these.
    if lower.len() > 100 || !["gpl", "gnu", "gfdl", "general public"].iter().any(|word| lower.contains(word)) {
        return None;
    }
    let mut text = lower.replace([',', '(', ')'], " ");
    for (long, short) in [
        ("library general public licen", "lgpl licen"),
        ("lesser general public licen", "lgpl licen"),
        ("affero general public licen", "agpl licen"),
        ("general public licen", "gpl licen"),
        ("free documentation licen", "gfdl licen"),
        ("any later version", "later"),
        ("at your option", ""),
        ("version", "v"),
        ("licence", "license"),
        ("newer", "later"),
    ] {
        text = text.replace(long, short);
    }
    let words = text.split(|c: char| c.is_whitespace() || c == '-' || c == '_');
    let mut words = words.filter(|word| !matches!(*word, "" | "the" | "gnu" | "license" | "v" | "any")).peekable();
    let first = words.next()?;
    let (family, rest) = ["agpl", "lgpl", "gpl", "gfdl"].iter().find_map(|f| Some((*f, first.strip_prefix(f)?)))?;
    // Debian's word for "no invariant sections".
    let free = family == "gfdl" && words.next_if_eq(&"niv").is_some();
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
        "3" | "3.0" => "3.0",
        "1.1" | "1.2" | "1.3" | "2.1" => number,
        _ => return None,
    };
    let later = match (words.next(), words.next(), words.next()) {
        (None | Some("only"), None, None) => plus,
        (Some("+"), None, None) | (Some("or"), Some("later" | "greater"), None) => true,
        (Some("or"), Some("later"), Some("later")) => true,
        _ => return None,
    };
    let free = if free { "no-invariants-" } else { "" };
    let id = format!("{}-{number}-{free}{}", family.to_ascii_uppercase(), if later { "or-later" } else { "only" });
    spdx::identifiers::LICENSES.iter().any(|license| license.name == id).then_some(id)
}

fn from_first(family: &str) -> String {
    match family {
        "gpl" => "GPL-1.0-or-later",
        "lgpl" => "LGPL-2.0-or-later",
        "gfdl" => "GFDL-1.1-or-later",
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
            ("GPL-2.0", "GPL-2.0-only"),
            ("GPL+", "GPL-1.0-or-later"),
            ("GNU General Public License v3 (GPLv3)", "GPL-3.0-only"),
            ("GNU Lesser General Public License v2 or later (LGPLv2+)", "LGPL-2.0-or-later"),
            ("GNU Library General Public Licence v2", "LGPL-2.0-only"),
            ("GFDL-1.2+", "GFDL-1.2-or-later"),
            ("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"),
        ] {
            assert_eq!(license(&name.to_lowercase()).as_deref(), Some(id), "{name}");
        }
    }

    #[test]
    fn what_only_begins_like_one_is_not_one() {
        for name in [
            "GPLv2 with classpath exception",
            "GPL-4",
            "gplx",
            "GPL-2.0-or-later+x",
            "LGPL-9.9",
            "UNLICENSED",
            "",
            "gpl v3 (gpl v2)",
        ] {
            assert_eq!(license(&name.to_lowercase()), None, "{name}");
        }
    }
}
