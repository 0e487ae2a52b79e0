//! What Fulcio writes into a certificate about the signer (`docs/oid-info.md` of Fulcio).

use std::collections::BTreeMap;

use super::der::{self, Reader, malformed};
use crate::error::{Error, Result};

/// 1.3.6.1.4.1.57264.1; one more number says which claim it is.
const PREFIX: [u8; 9] = [0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30, 0x01];

/// The name of each claim, by its number. Those up to 6 are raw text and deprecated; the others are UTF8String.
const CLAIMS: [(u8, &str); 21] = [
    (2, "githubWorkflowTrigger"),
    (3, "githubWorkflowSHA"),
    (4, "githubWorkflowName"),
    (5, "githubWorkflowRepository"),
    (6, "githubWorkflowRef"),
    (9, "buildSignerURI"),
    (10, "buildSignerDigest"),
    (11, "runnerEnvironment"),
    (12, "sourceRepositoryURI"),
    (13, "sourceRepositoryDigest"),
    (14, "sourceRepositoryRef"),
    (15, "sourceRepositoryIdentifier"),
    (16, "sourceRepositoryOwnerURI"),
    (17, "sourceRepositoryOwnerIdentifier"),
    (18, "buildConfigURI"),
    (19, "buildConfigDigest"),
    (20, "buildTrigger"),
    (21, "runInvocationURI"),
    (22, "sourceRepositoryVisibilityAtSigning"),
    (23, "deploymentEnvironment"),
    (24, "tokenSubject"),
];
const ISSUER_OLD: u8 = 1;
const OTHER_NAME: u8 = 7;
const ISSUER: u8 = 8;
const LAST_RAW: u8 = 6;

/// Whether a claim has this name.
pub(in crate::sign) fn is_claim(name: &str) -> bool {
    CLAIMS.iter().any(|(_, known)| *known == name)
}

/// The issuer and the claims. The newer form of the issuer wins, also where the older one says something else.
pub(super) fn claims<'a>(
    extensions: impl Iterator<Item = (&'a [u8], &'a [u8])>,
) -> Result<(Option<String>, BTreeMap<String, String>)> {
    let (mut old, mut new, mut claims) = (None, None, BTreeMap::new());
    for (oid, value) in extensions {
        let Some([number]) = oid.strip_prefix(&PREFIX) else { continue };
        let number = *number;
        let text = || match number {
            ..=LAST_RAW => text(value),
            _ => text(Reader::only(value, der::UTF8_STRING)?.content),
        };
        match number {
            ISSUER_OLD => old = Some(text()?),
            ISSUER => new = Some(text()?),
            _ => {
                if let Some((_, name)) = CLAIMS.iter().find(|(known, _)| *known == number) {
                    claims.insert((*name).to_owned(), text()?);
                }
            }
        }
    }
    Ok((new.or(old), claims))
}

/// The one name in the subject alternative names: an address, a URI, a host, or Fulcio's own for user names.
pub(super) fn subject(names: &[u8]) -> Result<String> {
    if names.is_empty() {
        return Err(Error::untrusted("the certificate names nobody"));
    }
    let mut names = Reader::only(names, der::SEQUENCE)?.inner();
    let name = names.any()?;
    if !names.is_empty() {
        return Err(Error::untrusted("the certificate has several names"));
    }
    match name.tag {
        // rfc822Name, dNSName, uniformResourceIdentifier
        0x81 | 0x82 | 0x86 => text(name.content),
        tag if tag == der::context(0) => {
            let mut other = name.inner();
            let kind = other.expect(der::OID)?;
            if kind.content.strip_prefix(&PREFIX) != Some(&[OTHER_NAME]) {
                return Err(Error::unsupported("the name in the certificate is of an unknown kind"));
            }
            text(Reader::only(other.expect(der::context(0))?.content, der::UTF8_STRING)?.content)
        }
        _ => Err(Error::unsupported("the name in the certificate is of an unknown kind")),
    }
}

fn text(bytes: &[u8]) -> Result<String> {
    let text = std::str::from_utf8(bytes).map_err(|_| malformed())?;
    if text.chars().any(char::is_control) {
        return Err(malformed());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(number: u8) -> Vec<u8> {
        [&PREFIX[..], &[number]].concat()
    }

    #[test]
    fn the_newer_issuer_wins() {
        let (old, new) = (oid(1), oid(8));
        let value = der::element(der::UTF8_STRING, b"https://new.example.com");
        let both = [(&old[..], &b"https://old.example.com"[..]), (&new[..], &value[..])];
        assert_eq!(claims(both.into_iter()).unwrap().0.unwrap(), "https://new.example.com");
        assert_eq!(claims(both[..1].iter().copied()).unwrap().0.unwrap(), "https://old.example.com");
        let broken = [(&new[..], &b"raw"[..])];
        assert!(claims(broken.into_iter()).is_err());
    }

    #[test]
    fn claims_have_names() {
        let oid = oid(14);
        let value = der::element(der::UTF8_STRING, b"refs/heads/main");
        let (_, claims) = claims([(&oid[..], &value[..])].into_iter()).unwrap();
        assert_eq!(claims["sourceRepositoryRef"], "refs/heads/main");
        assert!(is_claim("sourceRepositoryRef") && !is_claim("sourcerepositoryref"));
    }

    #[test]
    fn a_certificate_names_one() {
        let uri = der::element(0x86, b"https://example.com/a");
        assert_eq!(subject(&der::element(der::SEQUENCE, &uri)).unwrap(), "https://example.com/a");
        let two = der::element(der::SEQUENCE, &[uri.clone(), uri].concat());
        for bytes in [&b""[..], &two, &der::element(der::SEQUENCE, b""), &der::element(der::SEQUENCE, &[0x86, 1, 10])] {
            assert!(subject(bytes).is_err());
        }
    }
}
