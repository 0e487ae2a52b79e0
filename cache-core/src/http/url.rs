//! Addresses: which origin, what may be shown, where a relative one leads.

use std::net::{IpAddr, Ipv6Addr};

use ::http::Uri;

use crate::error::{Error, Result};

pub(crate) fn is_secure(url: &Uri) -> bool {
    url.scheme_str() == Some("https")
}

/// The host without port and brackets, in lower case.
pub(crate) fn host_name(url: &Uri) -> String {
    url.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase()
}

pub(super) fn port(url: &Uri) -> u16 {
    url.port_u16().unwrap_or(if is_secure(url) { 443 } else { 80 })
}

/// The host as the header `Host` has it: with the port, where that is not the usual one.
#[cfg(feature = "aws")]
pub(crate) fn with_port(url: &Uri) -> String {
    let port = url.port_u16().filter(|port| *port != if is_secure(url) { 443 } else { 80 });
    let host = url.host().unwrap_or_default();
    port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Scheme, host and port: what credentials are bound to.
pub(crate) fn same_origin(a: &Uri, b: &Uri) -> bool {
    a.scheme() == b.scheme() && host_name(a) == host_name(b) && port(a) == port(b)
}

/// Whether a host (`name` or `name:port`, an address with brackets or without) is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None if host.parse::<Ipv6Addr>().is_ok() => host,
        None => host.split(':').next().unwrap_or(host),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// An address as messages and logs show it, without user part and query. A server may sign a query under any name, so it does not
/// go by names as [`without_secrets`](crate::address::without_secrets) does.
pub(crate) fn shown(url: &Uri) -> String {
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://{}{port}{}", url.scheme_str().unwrap_or(""), url.host().unwrap_or(""), url.path())
}

/// Where a `Location` or `Link` leads.
pub(crate) fn resolve(base: &Uri, location: &str) -> Result<Uri> {
    let bad = || Error::unavailable("the server names an address that is none").context("server", shown(base));
    let (scheme, authority) = (base.scheme_str().unwrap_or("https"), base.authority().map_or("", |a| a.as_str()));
    let absolute = if has_scheme(location) {
        location.to_owned()
    } else if let Some(rest) = location.strip_prefix("//") {
        format!("{scheme}://{rest}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else if location.starts_with('?') {
        format!("{scheme}://{authority}{}{location}", base.path())
    } else {
        let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{location}")
    };
    let url: Uri = absolute.parse().map_err(|_| bad())?;
    let known = matches!(url.scheme_str(), Some("http" | "https"));
    let plain = url.authority().is_some_and(|a| !a.as_str().contains('@'));
    if known && plain && !host_name(&url).is_empty() { Ok(url) } else { Err(bad()) }
}

/// Whether it begins with a scheme and an authority (RFC 3986, 3.1): a query may hold an address of its own.
fn has_scheme(location: &str) -> bool {
    location.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}

/// Adds a parameter, keeping the query as it is. The value must be encoded already.
pub(crate) fn with_query(url: &Uri, parameter: &str) -> Result<Uri> {
    let joint = if url.query().is_some_and(|q| !q.is_empty()) { "&" } else { "?" };
    let text = url.to_string();
    let text = text.trim_end_matches('?');
    format!("{text}{joint}{parameter}").parse().map_err(|e: ::http::uri::InvalidUri| {
        Error::unexpected("the address cannot be extended").context("url", shown(url)).caused_by(e)
    })
}

/// Percent-encodes a value of a query or a form (RFC 3986, unreserved characters stay).
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// Undoes percent-encoding. What is no escape stays as it is.
pub(crate) fn decode(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => char::from(*high).to_digit(16).zip(char::from(*low).to_digit(16)),
            _ => None,
        };
        let (byte, taken) = match escaped {
            Some((high, low)) => (u8::try_from(high << 4 | low).unwrap_or(b'%'), 3),
            None => (*first, 1),
        };
        decoded.push(byte);
        rest = rest.get(taken..).unwrap_or_default();
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    #[test]
    fn locations_are_resolved_against_their_page() {
        let base = uri("https://r.test:5000/v2/a/tags/list?n=2");
        for (location, expected) in [
            ("/v2/b?x=a%2Bb", "https://r.test:5000/v2/b?x=a%2Bb"),
            ("http://o.test/x", "http://o.test/x"),
            ("//o.test/x", "https://o.test/x"),
            ("?last=b", "https://r.test:5000/v2/a/tags/list?last=b"),
            ("more", "https://r.test:5000/v2/a/tags/more"),
            ("upload?state=http://x", "https://r.test:5000/v2/a/tags/upload?state=http://x"),
            ("?last=http://x", "https://r.test:5000/v2/a/tags/list?last=http://x"),
        ] {
            assert_eq!(resolve(&base, location).unwrap().to_string(), expected);
        }
        for bad in ["ftp://o.test/x", "http://", "http://user:pw@o.test/", "file:///etc/passwd", "http://[::1/x"] {
            assert!(resolve(&base, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn neither_query_nor_password_is_shown() {
        assert_eq!(shown(&uri("https://u:secret@r.test:1/p?sig=secret")), "https://r.test:1/p");
    }

    #[test]
    fn u06_a_query_is_kept_and_extended() {
        let extended = with_query(&uri("http://r.test/up?state=a%2Bb"), "digest=sha256:0").unwrap();
        assert_eq!(extended.to_string(), "http://r.test/up?state=a%2Bb&digest=sha256:0");
        assert_eq!(with_query(&uri("http://r.test/up"), "d=1").unwrap().to_string(), "http://r.test/up?d=1");
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for text in ["", "a b", "ü:@/%", "%41"] {
            assert_eq!(decode(&encode(text)), text.as_bytes());
        }
        assert_eq!(decode("%4"), b"%4");
        assert_eq!(decode("%zz%"), b"%zz%");
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert!(same_origin(&uri("https://R.test/a"), &uri("https://r.test:443/b")));
        assert!(!same_origin(&uri("https://r.test/"), &uri("http://r.test/")));
        assert!(!same_origin(&uri("http://r.test:1/"), &uri("http://r.test:2/")));
        assert!(is_loopback("127.0.0.1:5000") && is_loopback("[::1]:5000") && is_loopback("localhost"));
        assert!(is_loopback("::1") && !is_loopback("fe80::1"));
        assert!(!is_loopback("r.test:5000") && !is_loopback("10.0.0.1"));
    }
}
