//! SPDX 2.2 and 2.3 as JSON: the table, and what the specification asks of the document as a whole (SPDX specification 2.3,
//! chapters 6 to 11).

use std::collections::HashSet;

use super::super::bom::{DOCUMENT, Finding};
use super::super::check::is_elsewhere;
use super::super::grammar::{GRAMMAR, Minor};
use super::super::value::Value;
use super::{Report, json};
use crate::error::{Error, Result};

/// What stands for an element or a licence and is none.
const NOTHING: &[&str] = &["NONE", "NOASSERTION"];
/// The members that hold licence expressions.
const LICENSES: &[&str] =
    &["licenseConcluded", "licenseDeclared", "licenseInfoFromFiles", "licenseInfoInFiles", "licenseInfoInSnippets"];

pub(super) fn check(document: &Value<'_>) -> Result<Vec<Finding>> {
    let stated = document.get("spdxVersion").and_then(Value::text).unwrap_or_default();
    let version: Minor = match stated {
        "SPDX-2.2" => 2,
        "SPDX-2.3" => 3,
        _ => return Err(Error::unsupported(format!("spdxVersion {stated:?} is not validated"))),
    };
    let report = json::check(Report::default(), GRAMMAR.spdx(), document, version);
    let mut whole = Whole { version, report, ids: HashSet::new(), licenses: HashSet::new() };
    whole.document(document);
    whole.list(document, "hasExtractedLicensingInfos", Whole::extracted);
    whole.identify(document);
    for list in ["packages", "files", "snippets"] {
        whole.list(document, list, Whole::identify);
    }
    whole.list(document, "packages", Whole::package);
    for list in ["packages", "files", "snippets"] {
        whole.list(document, list, Whole::licensed);
    }
    whole.list(document, "relationships", Whole::relationship);
    Ok(whole.report.findings)
}

struct Whole<'v> {
    version: Minor,
    report: Report,
    ids: HashSet<&'v str>,
    licenses: HashSet<&'v str>,
}

impl<'v> Whole<'v> {
    fn list(&mut self, document: &'v Value<'_>, name: &str, mut one: impl FnMut(&mut Self, &'v Value<'_>)) {
        for (at, item) in document.get(name).map(Value::items).unwrap_or_default().iter().enumerate() {
            self.report.enter(&format!("{name}[{at}]"));
            one(self, item);
            self.report.leave();
        }
    }

    fn tell(&mut self, member: &str, code: &'static str, message: impl Into<String>) {
        self.report.enter(&format!(".{member}"));
        self.report.tell(code, message);
        self.report.leave();
    }

    fn document(&mut self, document: &Value<'_>) {
        let text = |name: &str| document.get(name).and_then(Value::text).unwrap_or_default();
        if text("SPDXID") != DOCUMENT {
            self.tell("SPDXID", "wrong-value", format!("a document is called {DOCUMENT}"));
        }
        if text("dataLicense") != "CC0-1.0" {
            self.tell("dataLicense", "wrong-value", "the licence of the data is CC0-1.0");
        }
        let namespace = text("documentNamespace");
        if !namespace.is_empty() && (namespace.contains('#') || !namespace.contains(':')) {
            self.tell("documentNamespace", "wrong-value", "a namespace is an absolute URI without a fragment");
        }
        let creators = document.get("creationInfo").and_then(|creation| creation.get("creators"));
        let is_actor = |text: &str| ["Person:", "Organization:", "Tool:"].iter().any(|kind| text.starts_with(kind));
        for creator in creators.map(Value::items).unwrap_or_default().iter().filter_map(Value::text) {
            if !is_actor(creator) {
                self.tell(
                    "creationInfo.creators",
                    "wrong-value",
                    format!("{creator:?} is no Person:, Organization: or Tool:"),
                );
            }
        }
    }

    /// Ids are unique, and made of letters, digits, points and dashes.
    fn identify(&mut self, element: &'v Value<'_>) {
        let Some(id) = element.get("SPDXID").and_then(Value::text) else { return };
        let is_idstring = |name: &str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        };
        if !id.strip_prefix("SPDXRef-").is_some_and(is_idstring) {
            self.tell(
                "SPDXID",
                "wrong-value",
                format!("{id:?} is no SPDXRef- with letters, digits, points and dashes"),
            );
        }
        if !self.ids.insert(id) {
            self.tell("SPDXID", "repeated-id", format!("another element is {id} too"));
        }
    }

    fn extracted(&mut self, license: &'v Value<'_>) {
        let Some(id) = license.get("licenseId").and_then(Value::text) else { return };
        if !id.starts_with("LicenseRef-") {
            self.tell("licenseId", "wrong-value", format!("{id:?} is no LicenseRef-"));
        }
        if !self.licenses.insert(id) {
            self.tell("licenseId", "repeated-id", format!("{id} is defined twice"));
        }
    }

    /// What may be said where nobody looked at the files, and what must be where somebody did.
    fn package(&mut self, package: &'v Value<'_>) {
        let analyzed = package.get("filesAnalyzed") != Some(&Value::Bool(false));
        let has = |name: &str| package.get(name).is_some_and(|value| !value.is_nothing());
        if analyzed && self.version < 3 && !has("packageVerificationCode") {
            self.report.tell("missing-member", "packageVerificationCode is required where the files were analyzed");
        }
        for name in ["packageVerificationCode", "licenseInfoFromFiles"] {
            if !analyzed && has(name) {
                self.tell(name, "conflict", "it may not be where the files were not analyzed");
            }
        }
        for name in ["supplier", "originator"] {
            let text = package.get(name).and_then(Value::text).unwrap_or("NOASSERTION");
            if text != "NOASSERTION" && !["Person:", "Organization:"].iter().any(|kind| text.starts_with(kind)) {
                self.tell(name, "wrong-value", format!("{text:?} is no Person: or Organization:"));
            }
        }
    }

    fn licensed(&mut self, element: &'v Value<'_>) {
        for name in LICENSES {
            let value = element.get(name);
            let texts = value.and_then(Value::text).into_iter();
            for text in texts.chain(value.map(Value::items).unwrap_or_default().iter().filter_map(Value::text)) {
                if let Some(wrong) = self.wrong_license(text) {
                    self.tell(name, "wrong-value", wrong);
                }
            }
        }
    }

    fn wrong_license(&self, text: &str) -> Option<String> {
        if NOTHING.contains(&text) {
            return None;
        }
        if let Err(error) = spdx::Expression::parse(text) {
            return Some(format!("{text:?} is no licence expression: {}", error.reason));
        }
        let words = text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')'));
        let undefined = words.filter(|word| word.starts_with("LicenseRef-")).find(|word| !self.licenses.contains(word));
        undefined.map(|id| format!("{id} is defined nowhere"))
    }

    fn relationship(&mut self, relationship: &'v Value<'_>) {
        for name in ["spdxElementId", "relatedSpdxElement"] {
            let Some(id) = relationship.get(name).and_then(Value::text) else { continue };
            let is_nothing = name == "relatedSpdxElement" && NOTHING.contains(&id);
            if !is_nothing && !is_elsewhere(id) && !self.ids.contains(id) {
                self.tell(name, "dangling-reference", format!("there is no {id:?}"));
            }
        }
    }
}
