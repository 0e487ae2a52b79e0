//! Where to read more about a vulnerability, and names that stay the same from run to run.

use crate::gate::{Assessment, Vulnerability};
use crate::model::Digest;

/// A page about the vulnerability of this id; none for an id that is not of plain letters.
pub(super) fn about(id: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
    if id.is_empty() || !id.chars().all(plain) {
        return None;
    }
    let upper = id.to_ascii_uppercase();
    Some(match upper.get(..5) {
        Some(start) if start.starts_with("CVE-") => format!("https://nvd.nist.gov/vuln/detail/{upper}"),
        Some("GHSA-") => format!("https://github.com/advisories/{id}"),
        _ => format!("https://osv.dev/vulnerability/{id}"),
    })
}

/// What tells a vulnerability in a package from all others, whatever else changes: a digest in hexadecimal.
pub(super) fn fingerprint(one: &Vulnerability) -> String {
    let name = one.purls.first().map_or(one.package.as_str(), |purl| purl.split('@').next().unwrap_or(purl));
    Digest::of(format!("{}\0{name}", one.id).as_bytes()).hex().to_owned()
}

/// A UUID made of 32 hexadecimal digits: version 8, whose content is its maker's own (RFC 9562).
pub(super) fn uuid(hex: &str) -> String {
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// A name for the report: the same for the same content.
pub(super) fn uuid_of(assessment: &Assessment) -> String {
    let parts = serde_json::to_vec(assessment).unwrap_or_default();
    uuid(Digest::of(&parts).hex())
}
