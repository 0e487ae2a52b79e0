//! Debian's short names of licences (copyright format 1.0, section 7) as SPDX expressions: `GPL-1+ or Artistic, and Expat`,
//! `GPL-2+ with Autoconf exception`.

use super::names;
use crate::sbom::text::plain_word;

/// A longer text is no short name.
const MAX_TEXT: usize = 512;
/// The exception of a name begins before this many dashes.
const MAX_DASHES: usize = 8;

/// Debian's own names, in lower case.
const NAMES: &[(&str, &str)] = &[
    ("artistic-1", "Artistic-1.0"),
    ("boost", "BSL-1.0"),
    ("boost-1.0", "BSL-1.0"),
    ("bsd", "BSD-3-Clause"),
    ("bsd-2", "BSD-2-Clause"),
    ("bsd-3", "BSD-3-Clause"),
    ("bsd-4", "BSD-4-Clause"),
    ("bsd2", "BSD-2-Clause"),
    ("bsd3", "BSD-3-Clause"),
    ("bsl-1", "BSL-1.0"),
    ("cc0", "CC0-1.0"),
    ("edl-1", "BSD-3-Clause"),
    ("edl-1.0", "BSD-3-Clause"),
    ("gfdl", "GFDL-1.1-or-later"),
    ("gfdl-1.1", "GFDL-1.1-only"),
    ("gfdl-1.1+", "GFDL-1.1-or-later"),
    ("gfdl-1.2", "GFDL-1.2-only"),
    ("gfdl-1.2+", "GFDL-1.2-or-later"),
    ("gfdl-1.3", "GFDL-1.3-only"),
    ("gfdl-1.3+", "GFDL-1.3-or-later"),
    ("gfdl-niv-1.1", "GFDL-1.1-no-invariants-only"),
    ("gfdl-niv-1.1+", "GFDL-1.1-no-invariants-or-later"),
    ("gfdl-niv-1.2", "GFDL-1.2-no-invariants-only"),
    ("gfdl-niv-1.2+", "GFDL-1.2-no-invariants-or-later"),
    ("gfdl-niv-1.3", "GFDL-1.3-no-invariants-only"),
    ("gfdl-niv-1.3+", "GFDL-1.3-no-invariants-or-later"),
    ("mit/x", "MIT"),
    ("mit/x11", "MIT"),
    ("mpl-2", "MPL-2.0"),
    ("openldap-2.8", "OLDAP-2.8"),
    ("sil-1.1", "OFL-1.1"),
];

/// Exceptions by the words before `exception`: of the third version of the GPL, and of the others.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("autoconf", "Autoconf-exception-3.0", "Autoconf-exception-2.0"),
    ("bison", "Bison-exception-2.2", "Bison-exception-2.2"),
    ("classpath", "Classpath-exception-2.0", "Classpath-exception-2.0"),
    ("font", "Font-exception-2.0", "Font-exception-2.0"),
    ("gcc", "GCC-exception-3.1", "GCC-exception-2.0"),
    ("gcc-runtime-library", "GCC-exception-3.1", "GCC-exception-2.0"),
    ("libtool", "Libtool-exception", "Libtool-exception"),
    ("linux-syscall-note", "Linux-syscall-note", "Linux-syscall-note"),
    ("llvm", "LLVM-exception", "LLVM-exception"),
    ("texinfo", "Texinfo-exception", "Texinfo-exception"),
];

/// The SPDX expression that a short name or several mean. One name that is not known makes `None`, and beside known ones a
/// reference. A comma binds weaker than `or`, `or` weaker than `and`.
pub(in crate::sbom) fn expression(text: &str) -> Option<String> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let text = text.replace("_or_", " or ").replace("_and_", " and ").replace(',', " , ");
    let mut names = Names::default();
    let mut comma = false;
    for word in text.split_whitespace() {
        match word.to_ascii_lowercase().as_str() {
            "," => comma = true,
            operator @ ("and" | "or") => {
                names.end()?;
                names.before = Before { and: operator == "and", comma: std::mem::take(&mut comma) };
            }
            // A comma stands only before an operator.
            _ if comma => return None,
            _ => names.words.push(word),
        }
    }
    names.end()?;
    if comma || !names.known { None } else { names.join() }
}

/// The operator before a name.
#[derive(Default, Clone, Copy)]
struct Before {
    and: bool,
    comma: bool,
}

struct Term {
    text: String,
    /// Whether it is a choice, so that it needs parentheses beside an `AND`.
    choice: bool,
}

#[derive(Default)]
struct Names<'a> {
    /// The words of the name that is being read.
    words: Vec<&'a str>,
    before: Before,
    terms: Vec<(Before, Term)>,
    known: bool,
}

impl Names<'_> {
    fn end(&mut self) -> Option<()> {
        let text = self.words.join(" ");
        let id = license(&text);
        self.known |= id.is_some();
        // A word or a few are a name; a sentence is none.
        let text = id.or_else(|| (1..=4).contains(&self.words.len()).then(|| reference(&text)))?;
        self.words.clear();
        self.terms.push((self.before, Term { choice: text.contains(" OR "), text }));
        Some(())
    }

    fn join(self) -> Option<String> {
        // What stands between commas, in it the alternatives, in them what applies together.
        let (mut whole, mut choice, mut all) = (None, None, None);
        let mut between = true;
        for (before, term) in self.terms {
            if before.and && !before.comma {
                all = join(all, true, Some(term));
                continue;
            }
            choice = join(choice, false, all.replace(term));
            if before.comma {
                whole = join(whole, between, choice.take());
                between = before.and;
            }
        }
        choice = join(choice, false, all);
        join(whole, between, choice).map(|term| term.text)
    }
}

fn join(left: Option<Term>, and: bool, right: Option<Term>) -> Option<Term> {
    let (left, right) = match (left, right) {
        (Some(left), Some(right)) => (left, right),
        (one, None) | (None, one) => return one,
    };
    let text = |term: Term| if and && term.choice { format!("({})", term.text) } else { term.text };
    let operator = if and { "AND" } else { "OR" };
    Some(Term { text: format!("{} {operator} {}", text(left), text(right)), choice: !and })
}

/// One name, perhaps with an exception.
fn license(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    if lower == "perl" {
        return Some("GPL-1.0-or-later OR Artistic-1.0-Perl".to_owned());
    }
    plain(&lower).or_else(|| with_exception(&lower))
}

fn plain(lower: &str) -> Option<String> {
    let own = NAMES.iter().find(|(name, _)| *name == lower).map(|(_, id)| (*id).to_owned());
    let id = own.or_else(|| names::license(lower).map(|id| id.into_owned()))?;
    // The bare id of a licence of GNU is deprecated and means the version alone.
    let alone = id.contains("GPL-").then(|| names::license(&format!("{id}-only"))).flatten();
    Some(alone.map_or(id, |id| id.into_owned()))
}

/// `gpl-2+ with autoconf exception`, `gpl-3+-with-bison-exception`, `apache-2-llvm-exceptions`.
fn with_exception(lower: &str) -> Option<String> {
    let text = lower.replace(' ', "-");
    let whole = ["-exceptions", "-exception"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(&text);
    let said = whole.len() < text.len();
    whole.match_indices('-').take(MAX_DASHES).find_map(|(at, _)| {
        let (name, words) = whole.split_at_checked(at)?;
        let words = words.trim_start_matches("-with-").trim_start_matches('-');
        let id = plain(name)?;
        Some(format!("{id} WITH {}", exception_of(&id, words, said)?))
    })
}

fn exception_of(id: &str, words: &str, said: bool) -> Option<&'static str> {
    let known = EXCEPTIONS.iter().find(|(name, ..)| *name == words && (said || words.ends_with("note")));
    let (_, third, other) = known?;
    Some(if id.contains("GPL-3") { third } else { other })
}

fn reference(name: &str) -> String {
    format!("LicenseRef-{}", plain_word(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_expressions_of_debian() {
        let rows = [
            ("GPL-2+", "GPL-2.0-or-later"),
            ("LGPL-2.1", "LGPL-2.1-only"),
            ("Expat", "MIT"),
            ("BSD-3-clause", "BSD-3-Clause"),
            ("LGPL-2.0+", "LGPL-2.0-or-later"),
            ("GPLv3+", "GPL-3.0-or-later"),
            ("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"),
            ("GFDL-1.3", "GFDL-1.3-only"),
            ("MIT/X11", "MIT"),
            ("GPL-1+ or Artistic", "GPL-1.0-or-later OR Artistic-1.0-Perl"),
            ("Perl", "GPL-1.0-or-later OR Artistic-1.0-Perl"),
            ("Perl and Expat", "(GPL-1.0-or-later OR Artistic-1.0-Perl) AND MIT"),
            ("GPL-1+ or Artistic, and Expat", "(GPL-1.0-or-later OR Artistic-1.0-Perl) AND MIT"),
            ("REGCOMP, and GPL-1+ or Artistic", "LicenseRef-REGCOMP AND (GPL-1.0-or-later OR Artistic-1.0-Perl)"),
            ("GPL-2+ or AFL-2.1, and Expat and ISC", "(GPL-2.0-or-later OR AFL-2.1) AND MIT AND ISC"),
            ("Expat and ISC or Zlib", "MIT AND ISC OR Zlib"),
            ("Expat or ISC and Zlib", "MIT OR ISC AND Zlib"),
            ("Expat and ISC, or Zlib", "MIT AND ISC OR Zlib"),
            ("LGPLv3+_or_GPLv2+", "LGPL-3.0-or-later OR GPL-2.0-or-later"),
            ("libpng OR Apache-2.0 OR BSD-3-clause", "Libpng OR Apache-2.0 OR BSD-3-Clause"),
            ("GPL-2+ with Autoconf exception", "GPL-2.0-or-later WITH Autoconf-exception-2.0"),
            ("GPL-3+ with AutoConf exception", "GPL-3.0-or-later WITH Autoconf-exception-3.0"),
            ("GPL-3+-WITH-BISON-EXCEPTION", "GPL-3.0-or-later WITH Bison-exception-2.2"),
            ("GPL-2+-libtool-exception", "GPL-2.0-or-later WITH Libtool-exception"),
            ("GPL with Classpath exception", "GPL-1.0-or-later WITH Classpath-exception-2.0"),
            ("GPL-2 with Linux-syscall-note exception", "GPL-2.0-only WITH Linux-syscall-note"),
            ("GPL-3+ with GCC Runtime Library exception", "GPL-3.0-or-later WITH GCC-exception-3.1"),
            ("APACHE-2-LLVM-EXCEPTIONS", "Apache-2.0 WITH LLVM-exception"),
            ("Apache-2.0 with LLVM exception", "Apache-2.0 WITH LLVM-exception"),
            (
                "OpenLDAP-2.8 and FSF-unlimited and GPL-2+ with Libtool exception",
                "OLDAP-2.8 AND FSFUL AND GPL-2.0-or-later WITH Libtool-exception",
            ),
            ("LGPL-2.1+ with OpenSSL exception and Expat", "LicenseRef-LGPL-2.1--with-OpenSSL-exception AND MIT"),
        ];
        for (text, right) in rows {
            assert_eq!(expression(text).as_deref(), Some(right), "{text}");
            spdx::Expression::parse_mode(right, spdx::ParseMode::LAX).unwrap();
        }
        println!("{} names", rows.len());
    }

    #[test]
    fn what_is_not_known_stays_as_it_is() {
        let rows = [
            "",
            "public-domain",
            "permissive",
            "GPL-2+ with OpenSSL exception",
            "GPL-2+ with Autoconf-data exception",
            "foo or bar",
            "Expat, ISC",
            "Expat or",
            "or",
            "Expat,",
            "and and and",
            "Permission is hereby granted, free of charge, to any person obtaining",
            "Expat or you may not do anything at all with it",
        ];
        for text in rows {
            assert_eq!(expression(text), None, "{text}");
        }
        assert_eq!(expression(&"Expat or ".repeat(1000)), None);
        println!("{} names", rows.len());
    }
}
