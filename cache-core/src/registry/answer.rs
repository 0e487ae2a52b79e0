//! From an answer that says no to an error that says why: the words of registries (distribution specification, "Error Codes";
//! Harbor, ACR and Artifactory write the same), of AWS (`__type`, `message`), of Azure's management (`error`) and of
//! Kubernetes (`Status`).

use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result};
use crate::http::{Answer, kind, shown};
use crate::model::Digest;

/// Of an error's body more is not read.
const MAX_REFUSAL: u64 = 64 << 10;
/// Of a server's words more is not shown.
const MAX_WORDS: usize = 300;

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    errors: Vec<Entry>,
    #[serde(default)]
    error: Option<Entry>,
    #[serde(default, rename = "__type")]
    kind: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    message: Option<String>,
    /// Some servers write both.
    #[serde(default, rename = "Message")]
    message_of_old: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Full {
        #[serde(default)]
        code: String,
        #[serde(default)]
        message: Option<String>,
    },
    /// OAuth says `"error": "invalid_grant"`.
    Word(String),
}

/// An error of the kind that the status says, with the registry's own words.
pub(in crate::registry) async fn refusal(answer: Answer, what: &str) -> Error {
    let status = answer.status();
    let error = Error::new(kind(status), what).context("url", shown(answer.url())).context("status", status.as_u16());
    let said = answer.bytes(MAX_REFUSAL).await.ok().and_then(|body| words(&body));
    match said {
        // Registries say this with 400, 409 or 412.
        Some(said) if status.is_client_error() && said.contains("immutable") => {
            error.of_kind(ErrorKind::Conflict).context("registry says", said)
        }
        Some(said) => error.context("registry says", said),
        None => error,
    }
}

/// Whether the answer is that the repository or the manifest is not known.
pub(in crate::registry) async fn says_unknown(answer: Answer) -> bool {
    let Ok(body) = answer.bytes(MAX_REFUSAL).await else { return false };
    let entries = serde_json::from_slice(&body).map_or_else(|_| Vec::new(), |body: Body| body.errors);
    let unknown = |entry: &Entry| matches!(entry, Entry::Full { code, .. } if code == "NAME_UNKNOWN" || code == "MANIFEST_UNKNOWN");
    entries.iter().any(unknown)
}

/// The digest that a registry names for what it answers with. A claim: the bytes decide.
pub(in crate::registry) fn claimed_digest(answer: &Answer) -> Option<Digest> {
    Digest::parse(answer.header("docker-content-digest")?).ok()
}

/// Refuses a registry that says it stored something else than it was sent.
pub(in crate::registry) fn confirms(answer: &Answer, sent: &Digest) -> Result<()> {
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
    // Of `com.amazonaws.ecr#RepositoryNotFoundException` the end says it.
    let kind = body.kind.or(body.reason).map(|kind| kind.rsplit('#').next().unwrap_or_default().to_owned());
    let own = Entry::Full { code: kind.unwrap_or_default(), message: body.message.or(body.message_of_old) };
    let entries = body.errors.into_iter().chain(body.error).chain([own]).map(|entry| match entry {
        Entry::Full { code, message } => format!("{code} {}", message.unwrap_or_default()).trim().to_owned(),
        Entry::Word(word) => word,
    });
    let text = entries.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
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
        for (body, expected) in [
            (r#"{"__type": "com.aws#LimitExceededException", "message": "m"}"#, "LimitExceededException m"),
            (r#"{"__type": "NotFoundException", "message": "m", "Message": "m"}"#, "NotFoundException m"),
            (r#"{"__type": "AccessDeniedException", "Message": "m"}"#, "AccessDeniedException m"),
            (r#"{"error": {"code": "AuthorizationFailed", "message": "m"}}"#, "AuthorizationFailed m"),
            (r#"{"kind": "Status", "reason": "Forbidden", "message": "m", "code": 403}"#, "Forbidden m"),
            (r#"{"error": "invalid_grant", "error_description": "m"}"#, "invalid_grant"),
            (r#"{"errors": [{"status": 404, "message": "m"}]}"#, "m"),
        ] {
            assert_eq!(words(body.as_bytes()).as_deref(), Some(expected));
        }
        for odd in [&b"<html>"[..], b"{}", b"", b"{\"errors\": []}", b"{\"errors\": [1]}"] {
            assert_eq!(words(odd), None);
        }
    }
}
