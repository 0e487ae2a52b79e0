//! Licences: SPDX 3 has an element for each part of an expression, the model the expression.

use std::collections::HashMap;

use super::super::json::List;
use super::super::text::{Text, plain_word};
use super::document::{Element, Entry, References};
use super::words::nothing;

/// What stands before the identifiers of the SPDX licence list.
const LISTED: &[&str] = &["https://spdx.org/licenses/", "http://spdx.org/licenses/"];
/// As deep as licences are put together.
const MAX_DEPTH: usize = 32;
/// As many licences as one is put together of.
const MAX_PARTS: usize = 1000;

/// The licences of a document, by the names of their elements.
#[derive(Default)]
pub(super) struct Licenses<'a> {
    known: HashMap<Text<'a>, Known<'a>>,
    /// What expressions call the licences that have no SPDX identifier.
    names: HashMap<Text<'a>, Text<'a>>,
}

enum Known<'a> {
    /// An expression, or a name in one.
    Text(Text<'a>),
    /// Licences with `AND` or `OR` between them.
    Set(&'static str, Vec<Text<'a>>),
    /// Or any later version.
    Later(Text<'a>),
    /// With an exception.
    With(Text<'a>, Text<'a>),
}

impl<'a> Licenses<'a> {
    /// Adds an element, where it is a licence.
    pub(super) fn add(&mut self, element: &Element<'a>) {
        if !element.kind.starts_with("simplelicensing_") && !element.kind.starts_with("expandedlicensing_") {
            return;
        }
        let (mut element, mut unread) = (element.clone(), Vec::new());
        let mut one = |element: &mut Element<'a>, name| element.ids(name, &mut unread).into_iter().next();
        let known = match element.kind.trim_start_matches("expandedlicensing_") {
            "simplelicensing_LicenseExpression" => {
                let entries = element.take::<List<Entry<'a>>>("simplelicensing_customIdToUri", &mut Vec::new());
                let named = entries.unwrap_or_default().into_iter().map(|entry| (entry.value, entry.key));
                self.names.extend(named.filter(|(_, name)| !name.is_empty()));
                element.text("simplelicensing_licenseExpression", &mut Vec::new()).map(Known::Text)
            }
            "ConjunctiveLicenseSet" => Some(Known::Set(" AND ", members(&mut element))),
            "DisjunctiveLicenseSet" => Some(Known::Set(" OR ", members(&mut element))),
            "OrLaterOperator" => one(&mut element, "expandedlicensing_subjectLicense").map(Known::Later),
            "WithAdditionOperator" => one(&mut element, "expandedlicensing_subjectExtendableLicense")
                .zip(one(&mut element, "expandedlicensing_subjectAddition"))
                .map(|(license, addition)| Known::With(license, addition)),
            _ => None,
        };
        if let Some(known) = known {
            self.known.insert(element.id, known);
        }
    }

    /// Adds a name for a licence.
    pub(super) fn call(&mut self, id: Text<'a>, name: Text<'a>) {
        self.names.insert(id, name);
    }

    /// What expressions call a licence that has no SPDX identifier, or an exception.
    pub(super) fn name(&self, id: &str) -> Text<'a> {
        if let Some(name) = self.names.get(id) {
            return name.clone();
        }
        let end = id.rsplit(['/', '#']).next().unwrap_or_default();
        match end {
            end if end.starts_with("LicenseRef-") || end.starts_with("AdditionRef-") => end.to_owned().into(),
            end => format!("LicenseRef-{}", plain_word(end)).into(),
        }
    }

    /// The expression that an element stands for. None where it says that there is none, or that nobody asserts one.
    pub(super) fn text(&self, id: &str) -> Option<Text<'a>> {
        let text = match self.known.get(id) {
            Some(Known::Text(text)) => text.clone(),
            _ => self.whole(id, 0, &mut 0)?.into(),
        };
        Some(text).filter(|text| !matches!(text.trim(), "" | "NOASSERTION" | "NONE"))
    }

    fn whole(&self, id: &str, depth: usize, parts: &mut usize) -> Option<String> {
        *parts += 1;
        if depth > MAX_DEPTH || *parts > MAX_PARTS || nothing(id).is_some() {
            return None;
        }
        let mut inner = |id: &str| {
            let text = self.whole(id, depth + 1, parts)?;
            Some(if text.contains(' ') { format!("({text})") } else { text })
        };
        match self.known.get(id) {
            Some(Known::Text(text)) => Some(text.to_string()),
            Some(Known::Set(word, members)) => {
                let members: Option<Vec<String>> = members.iter().map(|member| inner(member)).collect();
                members.filter(|members| !members.is_empty()).map(|members| members.join(word))
            }
            Some(Known::Later(license)) => inner(license).map(|license| format!("{license}+")),
            Some(Known::With(license, addition)) => Some(format!("{} WITH {}", inner(license)?, inner(addition)?)),
            None => match LISTED.iter().find_map(|list| id.strip_prefix(list)) {
                Some(listed) if !listed.is_empty() => Some(listed.trim_end_matches(".html").to_owned()),
                _ => Some(self.name(id).to_string()),
            },
        }
    }
}

fn members<'a>(element: &mut Element<'a>) -> Vec<Text<'a>> {
    element.take::<References<'a>>("expandedlicensing_member", &mut Vec::new()).unwrap_or_default().0
}
