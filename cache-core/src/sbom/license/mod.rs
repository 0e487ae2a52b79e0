//! What a stated licence amounts to under a set of rules: SPDX expressions (SPDX specification, annex D), and the names that
//! people write instead.

mod assess;
pub(super) mod debian;
mod gnu;
mod meaning;
pub(super) mod names;
pub(super) mod texts;
mod words;

pub use assess::{Assessment, Standing};
pub use meaning::{canonical, identifiers};

/// Which licences are wanted. Patterns are SPDX ids; a `*` at the end stands for any rest, and case does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseRules {
    /// Licences that are refused.
    pub deny: Vec<String>,
    /// Licences that a person has to look at: they count as unknown.
    pub review: Vec<String>,
    /// Exceptions (`WITH …`) that lift the refusal of a licence, because they allow what the refusal is about: linking.
    pub lifted_by: Vec<String>,
}

impl Default for LicenseRules {
    /// No strong copyleft: the GPL and the AGPL are refused, but for their linking exceptions; the LGPL is not. Licences that
    /// restrict the use, and the EUPL with its list of compatible licences, are to be looked at.
    fn default() -> Self {
        let list = |patterns: &[&str]| patterns.iter().map(|&p| p.to_owned()).collect();
        LicenseRules {
            deny: list(&["GPL-*", "AGPL-*"]),
            review: list(&["SSPL-*", "BUSL-*", "EUPL-*", "Elastic-*", "CC-BY-NC-*", "PolyForm-*"]),
            lifted_by: list(&[
                "Autoconf-exception-*",
                "Bison-exception-*",
                "Classpath-exception-*",
                "Font-exception-*",
                "GCC-exception-*",
                "GNAT-exception",
                "GNU-compiler-exception",
                "GPL-3.0-linking-*",
                "Independent-modules-exception",
                "Libtool-exception",
                "Linux-syscall-note",
                "OpenJDK-assembly-exception-*",
                "Texinfo-exception",
                "eCos-exception-*",
                "freertos-exception-*",
            ]),
        }
    }
}

impl LicenseRules {
    /// Whether this pattern matches a licence of the SPDX list.
    pub fn is_pattern(pattern: &str) -> bool {
        let patterns = [pattern.to_owned()];
        spdx::identifiers::LICENSES.iter().any(|license| matches(&patterns, license.name))
    }
}

/// Whether `id` is matched by one of the patterns.
pub(crate) fn matches(patterns: &[String], id: &str) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => id.get(..start.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(start)),
        None => pattern.eq_ignore_ascii_case(id),
    })
}

#[cfg(test)]
mod tests;
