//! Reading documents that other tools wrote: their size, their encoding mark, their JSON.

mod numbers;
mod wrong;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

pub(crate) use self::numbers::check_numbers;
pub(crate) use self::wrong::in_words;
use crate::error::{Error, Result};
use crate::model::{Digest, Timestamp};

/// The largest document that is read into memory.
pub(crate) const MAX_DOCUMENT: usize = 256 << 20;

/// The text of a document: without a byte order mark, and decoded where the mark says UTF-16, as PowerShell's `>` writes it.
pub(crate) fn text(bytes: &[u8]) -> Result<Cow<'_, str>> {
    if bytes.len() > MAX_DOCUMENT {
        return Err(Error::invalid(format!("the document is larger than {MAX_DOCUMENT} bytes")));
    }
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        match text {
            Ok(text) if rest.len().is_multiple_of(2) => Ok(Cow::Owned(text)),
            _ => Err(Error::invalid("the document has the mark of UTF-16 and is not UTF-16")),
        }
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => std::str::from_utf8(rest)
            .map(Cow::Borrowed)
            .map_err(|e| Error::invalid("the document is not UTF-8 text").caused_by(e)),
    }
}

/// Reads JSON of a known shape; `what` names it in the error, such as `a Grype report`. A list is no document: serde would
/// take its items for the fields.
pub(crate) fn json<'a, T: Deserialize<'a>>(what: &str, text: &'a str) -> Result<T> {
    if text.trim_start().starts_with('[') {
        return Err(Error::invalid(format!("not {what}: it is a list")));
    }
    serde_json::from_str(text).map_err(|e| {
        let wrong = wrong::of_document::<T>(&e, text);
        Error::invalid(format!("not {what}: {wrong}")).caused_by(e)
    })
}

/// A time that cannot be read is no time; a rule that needs one then fails.
pub(crate) fn time<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Option::<Cow<'de, str>>::deserialize(d)?.and_then(|text| Timestamp::parse(&text).ok()))
}

/// The digest at the end of `text`: `sha256:…` alone, after an `@` (its colon perhaps as `%3A`), before `?` or `#`.
pub(crate) fn digest_in(text: &str) -> Option<Digest> {
    let end = text.rsplit_once('@').map_or(text, |(_, end)| end);
    let end = end.split(['?', '#']).next().unwrap_or(end);
    Digest::parse(&end.replace("%3A", ":").replace("%3a", ":")).ok()
}

/// An in-toto statement that somebody hands over unsigned. It proves no more than the bare document in it; statements that
/// count as signed are `sign`'s.
#[derive(Deserialize)]
pub(crate) struct UnsignedStatement<'a> {
    #[serde(default)]
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    pub(crate) predicate_type: String,
    #[serde(borrow)]
    pub(crate) predicate: &'a RawValue,
}

#[derive(Deserialize)]
struct Subject {
    #[serde(default)]
    digest: BTreeMap<String, String>,
}

impl UnsignedStatement<'_> {
    /// The digests of the subjects, those by algorithms that Cache does not compute left out.
    pub(crate) fn digests(&self) -> Vec<Digest> {
        let all = self.subject.iter().flat_map(|subject| &subject.digest);
        all.filter_map(|(algorithm, hex)| Digest::parse(&format!("{algorithm}:{hex}")).ok()).collect()
    }
}

/// A file or folder of the shared test data: beside the sources, or where the variable `CACHE_SHARED` says. Where it is
/// absent, that is said, and fails where `CACHE_INTEROP=required`.
#[cfg(test)]
pub(crate) fn shared_data(path: &str) -> Option<std::path::PathBuf> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("CACHE_SHARED").map_or_else(|| root.join("../../shared"), Into::into);
    let path = shared.join("data").join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("absent: {} [1 case skipped]", path.display());
    let required = std::env::var("CACHE_INTEROP").is_ok_and(|word| word == "required");
    assert!(!required, "{} is absent, and CACHE_INTEROP=required", path.display());
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_skipped_and_utf16_is_decoded() {
        assert_eq!(text(b"\xef\xbb\xbf{}").unwrap(), "{}");
        assert_eq!(text(b"\xff\xfe{\0}\0").unwrap(), "{}");
        assert_eq!(text(b"\xfe\xff\0{\0}").unwrap(), "{}");
        assert_eq!(text(b"").unwrap(), "");
    }

    #[test]
    fn other_bytes_are_invalid() {
        for bytes in [&b"\xff\xfe{"[..], b"\xff\xfe\x00\xd8", b"{\"a\":\"\xff\"}", b"\x80"] {
            assert!(text(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_digest_is_found_where_tools_put_it() {
        let digest = Digest::of(b"image");
        let escaped = digest.as_str().replace(':', "%3A");
        for text in [digest.to_string(), format!("r/a@{digest}"), format!("pkg:oci/a@{escaped}?arch=amd64")] {
            assert_eq!(digest_in(&text), Some(digest.clone()), "{text}");
        }
        assert_eq!(digest_in("pkg:oci/a@1.0"), None);
    }
}
