//! From an answer that says no to an error that says why (distribution specification, "Error Codes").

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::http::{Answer, kind, shown};
use crate::model::Digest;

/// Of an error's body more is not read.
const MAX_REFUSAL: u64 = 64 << 10;
/// Of a server's words more is not shown.
const MAX_WORDS: usize = 300;

#[derive(Deserialize)]
struct Body {
    errors: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: Option<String>,
}

/// An error of the kind that the status says, with the registry's own words.
pub(super) async fn refusal(answer: Answer, what: &str) -> Error {
    let status = answer.status();
    let error = Error::new(kind(status), what).context("url", shown(answer.url())).context("status", status.as_u16());
    let said = answer.bytes(MAX_REFUSAL).await.ok().and_then(|body| words(&body));
    match said {
        Some(said) => error.context("registry says", said),
        None => error,
    }
}

/// Whether the answer is that the repository or the manifest is not known.
pub(super) async fn says_unknown(answer: Answer) -> bool {
    let Ok(body) = answer.bytes(MAX_REFUSAL).await else { return false };
    let entries = serde_json::from_slice(&body).map_or_else(|_| Vec::new(), |body: Body| body.errors);
    entries.iter().any(|entry| matches!(entry.code.as_str(), "NAME_UNKNOWN" | "MANIFEST_UNKNOWN"))
}

/// The digest that a registry names for what it answers with. A claim: the bytes decide.
pub(super) fn claimed_digest(answer: &Answer) -> Option<Digest> {
    Digest::parse(answer.header("docker-content-digest")?).ok()
}

/// Refuses a registry that says it stored something else than it was sent.
pub(super) fn confirms(answer: &Answer, sent: &Digest) -> Result<()> {
    match claimed_digest(answer) {
        Some(stored) if stored.algorithm() == sent.algorithm() && stored != *sent => {
            Err(Error::untrusted("the registry says that it stored something else than it was sent")
                .context("sent", sent)
                .context("stored", stored))
        }
        _ => Ok(()),
    }
}

/// The codes and messages of the body, as one printable line.
fn words(body: &[u8]) -> Option<String> {
    let body: Body = serde_json::from_slice(body).ok()?;
    let entries = body.errors.into_iter().map(|entry| match entry.message.filter(|m| !m.is_empty()) {
        Some(message) => format!("{} {message}", entry.code),
        None => entry.code,
    });
    let text = entries.collect::<Vec<_>>().join("; ");
    let printable: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_WORDS).collect();
    Some(printable).filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registrys_words_are_one_short_printable_line() {
        let body = br#"{"errors": [{"code": "DENIED", "message": "no\n\u001b[31m"}, {"code": "X"}]}"#;
        assert_eq!(words(body).unwrap(), "DENIED no  [31m; X");
        for odd in [&b"<html>"[..], b"{}", b"", b"{\"errors\": []}", b"{\"errors\": [1]}"] {
            assert_eq!(words(odd), None);
        }
    }
}
