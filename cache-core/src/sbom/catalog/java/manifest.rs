//! `META-INF/MANIFEST.MF` (the specification of JAR files), as far as it tells what an archive is.

use std::collections::BTreeMap;

/// The main section, and the sections of single entries after it.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    main: BTreeMap<String, String>,
    sections: Vec<BTreeMap<String, String>>,
}

/// How many sections count: signed archives have one for each file, which says nothing here.
const MAX_SECTIONS: usize = 1000;

impl Manifest {
    pub(super) fn parse(text: &str) -> Manifest {
        let mut sections: Vec<BTreeMap<String, String>> = vec![BTreeMap::new()];
        let mut last: Option<String> = None;
        for line in text.lines() {
            let Some(section) = sections.last_mut() else { break };
            if line.is_empty() {
                last = None;
                if !section.is_empty() {
                    if sections.len() > MAX_SECTIONS {
                        break;
                    }
                    sections.push(BTreeMap::new());
                }
            } else if let Some(more) = line.strip_prefix(' ') {
                if let Some(value) = last.as_ref().and_then(|key| section.get_mut(key)) {
                    value.push_str(more.trim_end());
                }
            } else if let Some((key, value)) = line.split_once(':') {
                let key = key.trim().to_ascii_lowercase();
                section.insert(key.clone(), value.trim().to_owned());
                last = Some(key);
            }
        }
        let main = sections.remove(0);
        Manifest { main, sections }
    }

    /// A value of the main section that is not empty.
    pub(super) fn main(&self, key: &str) -> Option<&str> {
        self.main.get(&key.to_ascii_lowercase()).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A value of the main section, or else of the first section that has it.
    pub(super) fn any(&self, key: &str) -> Option<&str> {
        let key = key.to_ascii_lowercase();
        let all = std::iter::once(&self.main).chain(&self.sections);
        all.filter_map(|section| section.get(&key)).map(String::as_str).find(|value| !value.is_empty())
    }

    /// The licences that it states. OSGi separates several by commas and gives each attributes after a semicolon.
    pub(super) fn licenses(&self) -> Vec<String> {
        let stated = ["Bundle-License", "Plugin-License-Name"].into_iter().filter_map(|key| self.any(key));
        let mut licenses: Vec<String> = stated.flat_map(clauses).collect();
        licenses.dedup();
        licenses
    }
}

/// The clauses of an OSGi header without their attributes and quotes.
fn clauses(header: &str) -> Vec<String> {
    let mut quoted = false;
    let clauses = header.split(|c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    let bare =
        clauses.map(|clause| clause.split(';').next().unwrap_or_default().trim().trim_matches('"').trim().to_owned());
    bare.filter(|clause| !clause.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_on_after_a_space_and_sections_after_an_empty_line() {
        let text = "Manifest-Version: 1.0\r\nBundle-SymbolicName: org.exam\r\n ple.lib\r\n\r\nName: a/b\r\nSpecification-Version: 2\r\n x\r\nno colon\n";
        let manifest = Manifest::parse(text);
        assert_eq!(manifest.main("bundle-symbolicname"), Some("org.example.lib"));
        assert_eq!(manifest.main("Specification-Version"), None);
        assert_eq!(manifest.any("Specification-Version"), Some("2x"));
        assert_eq!(Manifest::parse("").main("x"), None);
        assert_eq!(Manifest::parse(" x\n\n\n y\n:\n").main("x"), None);
    }

    #[test]
    fn licences_are_taken_from_their_clauses() {
        let cases = [
            ("Bundle-License: Apache-2.0", vec!["Apache-2.0"]),
            ("Bundle-License: \"Apache-2.0\";link=\"https://a/b,c\",MIT", vec!["Apache-2.0", "MIT"]),
            (
                "Bundle-License: https://www.apache.org/licenses/LICENSE-2.0.txt",
                vec!["https://www.apache.org/licenses/LICENSE-2.0.txt"],
            ),
            ("Plugin-License-Name: MIT License", vec!["MIT License"]),
            ("Bundle-License:", vec![]),
        ];
        for (text, expected) in &cases {
            assert_eq!(Manifest::parse(text).licenses(), *expected, "{text}");
        }
        eprintln!("{} manifests", cases.len());
    }
}
