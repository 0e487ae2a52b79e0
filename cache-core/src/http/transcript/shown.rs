//! What is shown of addresses, headers and texts.

use ::http::{HeaderMap, Uri};
use serde_json::{Map, Value};

use super::secrets::Secrets;
use crate::address::names_a_secret;
use crate::http::{decode, resolve, shown};

/// A longer run of letters and digits may be a key of some kind.
const LONGEST_WORD: usize = 36;
const LONGEST_TEXT: usize = 200;

const HEADERS: &[&str] = &[
    "accept",
    "accept-ranges",
    "allow",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "docker-content-digest",
    "docker-distribution-api-version",
    "docker-upload-uuid",
    "etag",
    "host",
    "if-match",
    "if-none-match",
    "link",
    "location",
    "oci-chunk-min-length",
    "oci-filters-applied",
    "oci-subject",
    "range",
    "retry-after",
    "server",
    "transfer-encoding",
    "user-agent",
    "x-amz-target",
    "x-is-resource-name",
    "x-ms-blob-type",
    "x-total-count",
];
pub(super) const PARAMETERS: &[&str] = &[
    "api-version",
    "artifactType",
    "digest",
    "from",
    "grant_type",
    "last",
    "limit",
    "mount",
    "n",
    "orderby",
    "packageType",
    "page",
    "page_size",
    "reference",
    "reference_id",
    "scope",
    "service",
    "with_accessory",
    "with_detail",
    "with_immutable_status",
    "with_scan_overview",
    "with_tag",
];
pub(super) const FIELDS: &[&str] = &[
    "__type",
    "action",
    "actions",
    "algorithm",
    "architecture",
    "artifactType",
    "artifact_type",
    "code",
    "config",
    "createdTime",
    "created",
    "digest",
    "failureCode",
    "image",
    "imageDigest",
    "imageManifestMediaType",
    "imageName",
    "imageScanStatus",
    "imageTag",
    "imageTagMutability",
    "imageTags",
    "kind",
    "lastUpdateTime",
    "manifest_media_type",
    "mediaType",
    "method",
    "name",
    "namespace",
    "os",
    "packageType",
    "path",
    "pull_time",
    "push_time",
    "reason",
    "repo",
    "repositories",
    "repository",
    "repositoryName",
    "scan_status",
    "severity",
    "status",
    "tag",
    "tagStatus",
    "tags",
    "template",
    "type",
    "urls",
    "variant",
];

/// An address with those parameters that are harmless. The others may sign it.
pub(super) fn address(url: &Uri, secrets: &mut Secrets) -> String {
    let parameters = url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = String::from_utf8_lossy(&decode(value)).into_owned();
        if PARAMETERS.contains(&name) && is_harmless(&decoded) {
            return pair.to_owned();
        }
        if names_a_secret(name) {
            secrets.learn(value);
            secrets.learn(&decoded);
        }
        format!("{}={}", if is_harmless(name) { name } else { "?" }, length_of(&decoded))
    });
    let query = parameters.collect::<Vec<_>>().join("&");
    let path: Vec<String> = url.path().split('/').map(|part| kept_or_length(part, true)).collect();
    let place = shown(url);
    let place = place.strip_suffix(url.path()).unwrap_or(&place);
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{place}{}{mark}{query}", path.join("/"))
}

pub(super) fn headers(headers: &HeaderMap, url: &Uri) -> Value {
    let mut shown = Map::new();
    for (name, value) in headers {
        let text = String::from_utf8_lossy(value.as_bytes());
        let said = match name.as_str() {
            "location" | "link" => {
                let target = text.trim_start_matches('<').split('>').next().unwrap_or_default();
                resolve(url, target).map_or_else(|_| length_of(&text), |url| address(&url, &mut Secrets::default()))
            }
            "www-authenticate" => challenge(&text),
            known => kept_or_length(&text, HEADERS.contains(&known)),
        };
        shown.insert(name.as_str().to_owned(), Value::String(said));
    }
    Value::Object(shown)
}

/// A challenge: its scheme, and its parameters where they are those of a token service.
fn challenge(text: &str) -> String {
    let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
    let parameter = |part: &str| {
        let (name, value) = part.trim().split_once('=')?;
        let value = value.trim_matches('"');
        let said = match (name, value.parse::<Uri>()) {
            ("realm", Ok(url)) if url.scheme().is_some() => address(&url, &mut Secrets::default()),
            ("realm" | "service" | "scope" | "error", _) => kept_or_length(value, true),
            _ => length_of(value),
        };
        Some(format!("{}=\"{said}\"", kept_or_length(name, true)))
    };
    let parameters: Vec<String> = rest.split("\",").filter_map(parameter).collect();
    format!("{} {}", kept_or_length(scheme, true), parameters.join(", ")).trim_end().to_owned()
}

pub(super) fn kept_or_length(text: &str, is_known: bool) -> String {
    if is_known && is_harmless(text) { text.to_owned() } else { length_of(text) }
}

fn length_of(text: &str) -> String {
    format!("({} characters)", text.chars().count())
}

/// Whether a text looks like a name, a number, a time, a digest or a media type, and not like a key.
pub(super) fn is_harmless(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " ._:/@+*,;=$()%\"<>-".contains(c);
    if text.len() > LONGEST_TEXT || !text.chars().all(is_plain) {
        return false;
    }
    let is_digest = |word: &str| {
        let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
        matches!(word.len(), 64 | 128) && hex(word)
    };
    text.split(|c: char| !c.is_ascii_alphanumeric()).all(|word| word.len() <= LONGEST_WORD || is_digest(word))
}
