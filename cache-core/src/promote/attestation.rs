//! Attestations by the names that people know them by, with predicates that are what they claim.

use serde_json::Value;

use super::record::VSA_TYPE;
use crate::document;
use crate::error::{Error, Result};
use crate::gate::{SLSA_V1, SLSA_V02, TEST_RESULT_TYPE};
use crate::plan::Form;
use crate::sbom::{CYCLONEDX_TYPE, Family, SPDX_TYPE, Sbom};
use crate::scan::{Report, VULN_TYPE};
use crate::sign::COSIGN_SIGN_TYPE;

const OPENVEX: &str = "https://openvex.dev/ns";
const LINK: &str = "https://in-toto.io/Link/v1";
const CUSTOM: &str = "https://cosign.sigstore.dev/attestation/v1";

/// The names, most of them cosign's, and the types that they stand for.
const NAMES: [(&str, &str); 13] = [
    ("slsaprovenance", SLSA_V02),
    ("slsaprovenance02", SLSA_V02),
    ("slsaprovenance1", SLSA_V1),
    ("spdx", SPDX_TYPE),
    ("spdxjson", SPDX_TYPE),
    ("cyclonedx", CYCLONEDX_TYPE),
    ("vuln", VULN_TYPE),
    ("vsa", VSA_TYPE),
    ("test-result", TEST_RESULT_TYPE),
    ("openvex", OPENVEX),
    ("link", LINK),
    ("custom", CUSTOM),
    ("signature", COSIGN_SIGN_TYPE),
];

/// A statement about an image that is to be signed: the type of the predicate, and the predicate.
#[derive(Debug, Clone, PartialEq)]
pub struct Attestation {
    predicate_type: String,
    predicate: Value,
    form: Form,
}

impl Attestation {
    /// Reads a predicate of this type: `slsaprovenance02` (or `slsaprovenance`), `slsaprovenance1`, `spdx`, `cyclonedx`, `vuln`,
    /// `vsa`, `test-result`, `openvex`, `link`, `custom`, or a URI. `custom` takes any text, and wraps it as cosign does.
    ///
    /// # Errors
    /// `Invalid` where the type is neither a name nor a URI, the predicate is no JSON, or is not what its type says, as far as
    /// the type is known here; where it has a whole number that would be signed as another one. A signature of an image is no
    /// attestation, and is refused as one.
    pub fn new(kind: &str, predicate: &[u8]) -> Result<Self> {
        let predicate_type = Attestation::predicate_type_of(kind)?;
        let text = document::text(predicate)?;
        let at = |error: Error| error.context("type", predicate_type);
        let predicate = match predicate_type {
            CUSTOM => custom(&text),
            _ => serde_json::from_str(&text)
                .map_err(|e| at(Error::invalid(format!("the predicate is not JSON: {e}")).caused_by(e)))?,
        };
        // What cosign wraps as a text has no numbers.
        if predicate_type != CUSTOM || !predicate["Data"].is_string() {
            document::check_numbers(&text).map_err(at)?;
        }
        check(predicate_type, &predicate, &text).map_err(at)?;
        Ok(Attestation { predicate_type: predicate_type.to_owned(), predicate, form: Form::default() })
    }

    /// The URI that a kind of attestation stands for; a URI stands for itself.
    ///
    /// # Errors
    /// `Invalid` where it is neither.
    pub fn predicate_type_of(kind: &str) -> Result<&str> {
        let known = NAMES.iter().find(|(name, _)| *name == kind).map(|(_, uri)| *uri);
        known.or_else(|| is_uri(kind).then_some(kind)).ok_or_else(|| {
            let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).filter(|name| *name != "signature").collect();
            Error::invalid(format!("{kind:?} is neither a kind of attestation nor a URI"))
                .hint(format!("known are {}", names.join(", ")))
        })
    }

    /// The same, kept in this form.
    #[must_use]
    pub fn in_form(self, form: Form) -> Self {
        Attestation { form, ..self }
    }

    /// What the predicate is, by URI.
    pub fn predicate_type(&self) -> &str {
        &self.predicate_type
    }

    /// The predicate.
    pub fn predicate(&self) -> &Value {
        &self.predicate
    }

    /// How it is kept.
    pub fn form(&self) -> Form {
        self.form
    }
}

/// A scheme and something after it.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(plain);
    scheme && !rest.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// cosign puts what it does not understand into a field: JSON as JSON, and all else as text. The time that it adds would make
/// another predicate of the same document, so there is none.
fn custom(text: &str) -> Value {
    let data = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    serde_json::json!({"Data": data})
}

fn check(predicate_type: &str, predicate: &Value, text: &str) -> Result<()> {
    match predicate_type {
        SLSA_V02 => shape(predicate, &["/builder/id", "/buildType"]),
        SLSA_V1 => shape(predicate, &["/buildDefinition/buildType", "/runDetails/builder/id"]),
        VSA_TYPE => {
            shape(predicate, &["/verifier/id", "/resourceUri", "/timeVerified"])?;
            one_of(predicate, "verificationResult", &["PASSED", "FAILED"])
        }
        TEST_RESULT_TYPE => one_of(predicate, "result", &["PASSED", "WARNED", "FAILED"]),
        VULN_TYPE => Report::of_predicate(text).map(|_| ()),
        OPENVEX => match (predicate["@context"].as_str(), predicate["statements"].is_array()) {
            (Some(context), true) if context.starts_with(OPENVEX) => Ok(()),
            _ => Err(Error::invalid("the predicate is no OpenVEX document")),
        },
        COSIGN_SIGN_TYPE => Err(Error::invalid("a signature of an image is no attestation").hint("sign the image")),
        sbom if Sbom::is_predicate(sbom) => {
            let promised = if sbom.starts_with(SPDX_TYPE) { Family::Spdx } else { Family::CycloneDx };
            match Sbom::of_predicate(text)?.format.family {
                found if found == promised => Ok(()),
                found => Err(Error::invalid(format!("the SBOM is of another format: {found}"))),
            }
        }
        _ => Ok(()),
    }
}

/// Checks that there is some text at each of these places.
fn shape(predicate: &Value, places: &[&str]) -> Result<()> {
    let there = |place: &&&str| predicate.pointer(place).and_then(Value::as_str).is_none_or(str::is_empty);
    match places.iter().find(there) {
        Some(place) => Err(Error::invalid("the predicate is not of its type").context("missing", place)),
        None => Ok(()),
    }
}

fn one_of(predicate: &Value, field: &'static str, words: &[&str]) -> Result<()> {
    if predicate[field].as_str().is_some_and(|found| words.contains(&found)) {
        return Ok(());
    }
    Err(Error::invalid(format!("the predicate is not of its type: {field:?} is none of {}", words.join(", "))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(kind: &str, predicate: &Value) -> Result<Attestation> {
        Attestation::new(kind, predicate.to_string().as_bytes())
    }

    fn good() -> Vec<(&'static str, &'static str, Value)> {
        let spdx = json!({"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "n",
            "documentNamespace": "https://example.com/n", "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": []}});
        let report = json!({"scanner": {"uri": "pkg:x", "version": "1", "db": {}, "result": {"SchemaVersion": 2,
            "ArtifactName": "a", "ArtifactType": "container_image", "Results": []}},
            "metadata": {"scanStartedOn": "2026-01-01T00:00:00Z", "scanFinishedOn": "2026-01-01T00:00:00Z"}});
        vec![
            ("slsaprovenance", SLSA_V02, json!({"builder": {"id": "https://b"}, "buildType": "https://t"})),
            ("slsaprovenance02", SLSA_V02, json!({"builder": {"id": "https://b"}, "buildType": "https://t"})),
            (
                "slsaprovenance1",
                SLSA_V1,
                json!({"buildDefinition": {"buildType": "https://t"}, "runDetails": {"builder": {"id": "https://b"}}}),
            ),
            ("spdx", SPDX_TYPE, spdx.clone()),
            ("spdxjson", SPDX_TYPE, spdx),
            ("cyclonedx", CYCLONEDX_TYPE, json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []})),
            ("vuln", VULN_TYPE, report),
            (
                "vsa",
                VSA_TYPE,
                json!({"verifier": {"id": "https://v"}, "timeVerified": "2026-01-01T00:00:00Z",
                    "resourceUri": "pkg:x", "verificationResult": "PASSED"}),
            ),
            ("test-result", TEST_RESULT_TYPE, json!({"result": "PASSED", "configuration": []})),
            ("openvex", OPENVEX, json!({"@context": "https://openvex.dev/ns/v0.2.0", "statements": []})),
            ("link", LINK, json!({"name": "build"})),
            ("https://example.com/p/v1", "https://example.com/p/v1", json!({"any": "thing"})),
        ]
    }

    #[test]
    fn each_kind_has_its_type_and_takes_what_is_of_it() {
        for (kind, uri, predicate) in good() {
            let attestation = of(kind, &predicate).unwrap_or_else(|e| panic!("{kind}: {e:?}"));
            assert_eq!((attestation.predicate_type(), attestation.predicate()), (uri, &predicate), "{kind}");
            // By its URI it is held to the same.
            assert_eq!(of(uri, &predicate).unwrap(), attestation, "{kind}");
        }
    }

    #[test]
    fn what_is_of_another_kind_is_refused() {
        for (kind, _, _) in
            good().into_iter().filter(|(kind, ..)| !matches!(*kind, "link" | "https://example.com/p/v1"))
        {
            for other in [json!({}), json!([]), json!("text"), json!({"a": 1}), json!(null)] {
                assert!(of(kind, &other).is_err(), "{kind}: {other}");
            }
            assert!(Attestation::new(kind, b"{").is_err(), "{kind}");
        }
        let swapped = good();
        let find = |name: &str| &swapped.iter().find(|(kind, ..)| *kind == name).unwrap().2;
        assert!(of("spdx", find("cyclonedx")).is_err() && of("cyclonedx", find("spdx")).is_err());
        assert!(of("slsaprovenance1", find("slsaprovenance02")).is_err());
        for kind in ["", "sbom", "not a uri", "https:", "a b:c", "signature", COSIGN_SIGN_TYPE] {
            assert!(of(kind, &json!({})).is_err(), "{kind}");
        }
    }

    /// Found by a user: 9007199254740993 was signed as 9007199254740992.
    #[test]
    fn numbers_that_would_be_signed_as_others_are_refused() {
        for kind in ["https://example.com/own", "custom"] {
            for number in ["9007199254740993", "-9007199254740993", "18446744073709551616"] {
                let text = format!("{{\"build\": {number}}}");
                let error = Attestation::new(kind, text.as_bytes()).unwrap_err();
                assert_eq!(error.kind(), crate::ErrorKind::Invalid);
                assert!(error.to_string().contains("(at: build, type: "), "{error}");
            }
            let kept = "{\"build\": 9007199254740992, \"share\": 1e300, \"id\": \"18446744073709551616\"}";
            assert!(Attestation::new(kind, kept.as_bytes()).is_ok());
        }
        assert!(Attestation::new("https://example.com/own", b"{\"a\": 1e400}").is_err());
        assert!(Attestation::new("custom", b"build 9007199254740993").is_ok());
    }

    #[test]
    fn anything_is_custom() {
        let data = |text: &str| Attestation::new("custom", text.as_bytes()).unwrap().predicate().clone();
        assert_eq!(data("{\"a\":1}"), json!({"Data": {"a": 1}}));
        assert_eq!(data("plain text"), json!({"Data": "plain text"}));
        assert!(Attestation::new("custom", &[0xff, 0x00]).is_err());
    }
}
