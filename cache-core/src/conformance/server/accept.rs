//! Which manifest types a client says that it takes.

use http::{HeaderMap, header};

/// Whether any `Accept` header names the type, or a range that holds it. Without the header nothing is named.
pub(super) fn takes(headers: &HeaderMap, media_type: &str) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| matches(range, media_type))
}

fn matches(range: &str, media_type: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let refused = parts.any(|parameter| matches!(parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
    let whole = || media_type.split_once('/').is_some_and(|(kind, _)| name == format!("{kind}/*"));
    !refused && (name == "*/*" || name.eq_ignore_ascii_case(media_type) || whole())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_parameters_are_understood() {
        let index = "application/vnd.oci.image.index.v1+json";
        for range in [index, "*/*", "application/*", "application/vnd.oci.image.index.v1+json; q=0.5"] {
            assert!(matches(range, index), "{range}");
        }
        for range in ["", "application/json", "text/*", "*/*;q=0"] {
            assert!(!matches(range, index), "{range}");
        }
    }
}
