//! What a registry asks for: `WWW-Authenticate` (RFC 9110, 11.6.1; distribution, "Token Authentication").

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

/// How a registry wants to know who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password with every request.
    Basic,
    /// A token from `realm`.
    Bearer(Realm),
}

/// Where tokens are given out, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Realm {
    pub(super) url: String,
    pub(super) service: Option<String>,
    /// The scopes that the registry named, each alone.
    pub(super) scopes: Vec<String>,
}

/// The best of all challenges in all headers: a token before a password; what is unknown is passed over.
pub(super) fn best(headers: &HeaderMap) -> Option<Challenge> {
    let values = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let all: Vec<(String, Vec<(String, String)>)> = values.flat_map(parse).collect();
    let bearer = all.iter().filter(|(scheme, _)| scheme == "bearer").find_map(|(_, parameters)| realm(parameters));
    bearer
        .map(Challenge::Bearer)
        .or_else(|| all.iter().any(|(scheme, _)| scheme == "basic").then_some(Challenge::Basic))
}

fn realm(parameters: &[(String, String)]) -> Option<Realm> {
    let get = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let scopes = get("scope").unwrap_or_default();
    // A word that is not `type:name:actions` says nothing that a token server could grant.
    let scopes = scopes.split_whitespace().filter(|scope| scope.split(':').count() >= 3).map(str::to_owned).collect();
    Some(Realm { url: get("realm")?, service: get("service"), scopes })
}

/// Schemes with their parameters, both in lower case (values as they are).
fn parse(header: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut all: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for part in split(header) {
        // `Scheme key=value`, `Scheme`, or a further `key=value` of the scheme before.
        let (scheme, parameter) = match part.find([' ', '=']) {
            Some(at) if part.as_bytes()[at] == b' ' => (Some(&part[..at]), part[at..].trim_start()),
            Some(_) => (None, part),
            None => (Some(part), ""),
        };
        if let Some(scheme) = scheme {
            all.push((scheme.to_ascii_lowercase(), Vec::new()));
        }
        if let (Some((_, parameters)), Some((key, value))) = (all.last_mut(), parameter.split_once('=')) {
            parameters.push((key.trim().to_ascii_lowercase(), unquoted(value.trim())));
        }
    }
    all
}

/// Splits at commas outside quotes.
fn split(header: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in header.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                parts.push(&header[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&header[start..]);
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) else { return value.to_owned() };
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        text.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(headers: &[&str]) -> Option<Challenge> {
        best(&headers.iter().map(|text| (WWW_AUTHENTICATE, text.parse().unwrap())).collect())
    }

    fn bearer(url: &str, service: Option<&str>, scopes: &[&str]) -> Option<Challenge> {
        let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
        Some(Challenge::Bearer(Realm { url: url.to_owned(), service: service.map(str::to_owned), scopes }))
    }

    #[test]
    fn a23_the_best_known_challenge_is_taken_from_any_header() {
        assert_eq!(of(&["Negotiate", "basic realm=\"x\""]), Some(Challenge::Basic));
        assert_eq!(of(&["Negotiate, basic realm=\"x\""]), Some(Challenge::Basic));
        assert_eq!(
            of(&["Basic realm=\"x\", BEARER Realm=\"https://t\",Service=\"s,1\""]),
            bearer("https://t", Some("s,1"), &[])
        );
        assert_eq!(of(&["Negotiate", "NTLM"]), None);
        assert_eq!(of(&["Basic"]), Some(Challenge::Basic));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a04_several_scopes_are_kept_each() {
        let header = "Bearer realm=\"https://t\",scope=\"repository:t/d:pull,push repository:o/s:pull\"";
        assert_eq!(of(&[header]), bearer("https://t", None, &["repository:t/d:pull,push", "repository:o/s:pull"]));
    }

    #[test]
    fn a06_a_scope_of_unknown_form_is_dropped() {
        assert_eq!(of(&["Bearer realm=\"https://t\",scope=\"zzz\""]), bearer("https://t", None, &[]));
    }

    #[test]
    fn hostile_headers_do_no_harm() {
        for header in
            ["Bearer", "Bearer realm", "Bearer realm=\"", "Bearer realm=\"a\\", ",,,", "=,=", "\"", "Bearer ,realm=x"]
        {
            let _ = of(&[header]);
        }
    }
}
