//! Which format an SBOM has.

use std::borrow::Cow;

use memchr::memmem;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::{CYCLONEDX_TYPE, Finding, SPDX_TYPE, Sbom, cyclonedx, spdx2, spdx3, syft, tag_value, trivy, yaml};
use crate::document::{self, UnsignedStatement};
use crate::error::{Error, Result};

/// The keys that tell the formats apart. A value of `null` counts as absent.
#[derive(Deserialize)]
struct Keys<'a> {
    #[serde(default, rename = "spdxVersion")]
    spdx: Option<IgnoredAny>,
    #[serde(default, rename = "bomFormat")]
    cyclonedx: Option<IgnoredAny>,
    #[serde(default)]
    artifacts: Option<IgnoredAny>,
    #[serde(default, rename = "@graph")]
    graph: Option<IgnoredAny>,
    #[serde(default, rename = "@context", borrow)]
    context: Option<&'a RawValue>,
    #[serde(default, rename = "ArtifactName")]
    artifact: Option<IgnoredAny>,
    #[serde(default, rename = "_type")]
    statement: Option<IgnoredAny>,
    /// The dependency graph export of a forge wraps the document.
    #[serde(default, borrow)]
    sbom: Option<&'a RawValue>,
}

impl<'a> Sbom<'a> {
    /// Reads an SBOM in any format that Cache knows: SPDX 2 as JSON, tag-value or YAML, SPDX 3 as JSON-LD, CycloneDX as JSON or
    /// XML, Syft's JSON, Trivy's JSON that lists packages, each perhaps with a byte order mark or as UTF-16, those in JSON also
    /// in `{"sbom": …}` or in an in-toto statement. It borrows from the bytes where it can. What is wrong with the document and
    /// can be read all the same is among the findings.
    ///
    /// # Errors
    /// `Invalid` where it is none of them or is broken; `Unsupported` where it is an SBOM in a form that is not read.
    pub fn parse(bytes: &'a [u8]) -> Result<Sbom<'a>> {
        match document::text(bytes) {
            Ok(Cow::Borrowed(text)) => parse_document(text),
            Ok(Cow::Owned(text)) => parse_document(&text).map(Sbom::into_owned),
            Err(error) if is_marked(bytes) || bytes.len() > document::MAX_DOCUMENT => Err(error),
            Err(error) => {
                let text = String::from_utf8_lossy(bytes);
                let mut sbom = parse_document(&text).map_err(|_| error)?.into_owned();
                let at = std::str::from_utf8(bytes).map_or_else(|e| e.valid_up_to(), str::len);
                let message = "bytes that are no UTF-8 stand as U+FFFD";
                sbom.findings.push(Finding::new("invalid-utf8", format!("byte {at}"), message));
                Ok(sbom)
            }
        }
    }
}

impl Sbom<'_> {
    /// Whether statements of this predicate type hold an SBOM.
    pub(crate) fn is_predicate(predicate_type: &str) -> bool {
        [SPDX_TYPE, CYCLONEDX_TYPE].iter().any(|known| {
            predicate_type.strip_prefix(known).is_some_and(|version| version.is_empty() || version.starts_with('/'))
        })
    }

    /// Reads the predicate of a statement: the document itself, or text or `{"Data": text}` as cosign wraps what it did not
    /// understand.
    pub(crate) fn of_predicate(json: &str) -> Result<Sbom<'static>> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Predicate {
            Text(String),
            Data {
                #[serde(rename = "Data")]
                data: String,
            },
            Document(IgnoredAny),
        }
        match document::json("an SBOM predicate", json)? {
            Predicate::Text(text) | Predicate::Data { data: text } => {
                Sbom::parse(text.as_bytes()).map(Sbom::into_owned)
            }
            Predicate::Document(_) => parse_text(json, false).map(Sbom::into_owned),
        }
    }
}

/// Whether the document says that it is UTF-16.
fn is_marked(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])
}

fn parse_document(text: &str) -> Result<Sbom<'_>> {
    let unread = |form: &str| Err(Error::unsupported(format!("an SBOM as {form} is not read; give it as JSON")));
    match text.trim_start() {
        start if start.starts_with('<') && start.contains("spdx.org/rdf") => unread("SPDX RDF/XML"),
        start if start.starts_with('<') && start.contains("<spdxVersion>") => unread("SPDX XML"),
        start if start.starts_with('<') => cyclonedx::parse_xml(start),
        start if !start.starts_with(['{', '[']) && has_line(start, "SPDXVersion:") => tag_value::parse(text),
        start if !start.starts_with(['{', '[']) && has_line(start, "spdxVersion:") => yaml::parse(text),
        _ => at_a_glance(text).map_or_else(|| parse_text(text, true), Ok),
    }
}

/// Whether a line begins so.
fn has_line(text: &str, begin: &str) -> bool {
    memmem::find_iter(text.as_bytes(), begin.as_bytes())
        .any(|at| at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n'))
}

/// Most documents name their format at once. Only where that is wrong are they looked through for it.
fn at_a_glance(text: &str) -> Option<Sbom<'_>> {
    let start = text.get(..text.floor_char_boundary(512))?;
    match ["\"spdxVersion\"", "\"bomFormat\"", "//spdx.org/rdf/3"].map(|word| start.contains(word)) {
        [true, false, false] => spdx2::parse(text).ok(),
        [false, true, false] => cyclonedx::parse(text).ok(),
        [false, false, true] => spdx3::parse(text).ok(),
        _ => None,
    }
}

/// A wrapper holds a document, never another wrapper.
fn parse_text(text: &str, may_be_wrapped: bool) -> Result<Sbom<'_>> {
    let keys: Keys<'_> = document::json("an SBOM", text)?;
    match keys {
        Keys { spdx: Some(_), .. } => spdx2::parse(text),
        Keys { cyclonedx: Some(_), .. } => cyclonedx::parse(text),
        Keys { artifacts: Some(_), .. } => syft::parse(text),
        Keys { graph: Some(_), .. } => spdx3::parse(text),
        Keys { context: Some(context), .. } if context.get().contains("//spdx.org/rdf/") => spdx3::parse(text),
        Keys { artifact: Some(_), .. } => trivy::parse(text),
        Keys { sbom: Some(inner), .. } if may_be_wrapped => parse_text(inner.get(), false),
        Keys { statement: Some(_), .. } if may_be_wrapped => statement(text),
        _ => Err(Error::invalid("not an SBOM: it has the keys of no known format")
            .hint("Cache reads SPDX, CycloneDX, Syft's JSON and Trivy's JSON")),
    }
}

/// What the document says it describes goes before what the statement around it is about.
fn statement(text: &str) -> Result<Sbom<'static>> {
    let statement: UnsignedStatement<'_> = document::json("an in-toto statement", text)?;
    if !Sbom::is_predicate(&statement.predicate_type) {
        return Err(Error::invalid(format!("a statement of type {:?} is no SBOM", statement.predicate_type)));
    }
    let mut sbom = Sbom::of_predicate(statement.predicate.get())?;
    if sbom.describes.is_empty() {
        sbom.describes = statement.digests();
    }
    Ok(sbom)
}
