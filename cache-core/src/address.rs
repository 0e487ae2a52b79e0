//! Addresses as others may see them: without what lets somebody in.
//!
//! A secret is known by where it stands and by its name: one in a path cannot be.

use std::borrow::Cow;

/// What a parameter or a field is called that holds a secret has one of these words in it. A harmless one of such a name is lost,
/// which is better than the other way round.
const SECRETS: [&str; 11] =
    ["auth", "cookie", "credential", "jwt", "key", "pass", "pwd", "secret", "session", "sig", "token"];

/// Parameters that begin so are the parts of a signature.
const SIGNED: [&str; 2] = ["x-amz-", "x-goog-"];

/// An address without login and without the parameters that let somebody in; the others, such as `ref`, say what is meant. The
/// user of SSH stays, without a password; `git@host:path`, which has no scheme, has no place for one.
pub(crate) fn without_secrets(address: &str) -> Cow<'_, str> {
    cleaned(address, Within::Nothing)
}

/// The same of all addresses in a text, such as an error. There not even the user of SSH stays, which may be a token.
pub(crate) fn text_without_secrets(text: &str) -> Cow<'_, str> {
    cleaned(text, Within::Text)
}

/// What an address stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Text,
}

impl Within {
    /// Whether an address ends before this character.
    fn ends(self, c: char) -> bool {
        self == Within::Text && (c.is_whitespace() || "\"'`".contains(c))
    }
}

/// Whether a parameter or a field of this name holds a secret.
pub(crate) fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.iter().any(|word| name.contains(word))
}

fn cleaned(text: &str, within: Within) -> Cow<'_, str> {
    match without_logins(text, within) {
        Cow::Borrowed(text) => without_parameters(text, within),
        Cow::Owned(text) => Cow::Owned(without_parameters(&text, within).into_owned()),
    }
}

fn without_logins(text: &str, within: Within) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let authority = after.split(|c: char| "/?#".contains(c) || within.ends(c)).next().unwrap_or(after);
        shown.push_str(before);
        shown.push_str("://");
        rest = after;
        if let Some((login, _)) = without_digest(authority).rsplit_once('@') {
            let user = login.split(':').next().unwrap_or_default();
            if within == Within::Nothing && is_ssh(before) && !user.is_empty() {
                shown.push_str(user);
                shown.push('@');
            }
            rest = after.get(login.len() + 1..).unwrap_or_default();
        }
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// The image where one stands there with its digest, as in `docker://app@sha256:…`.
fn without_digest(authority: &str) -> &str {
    match authority.rsplit_once('@') {
        Some((image, digest)) if digest.starts_with("sha256:") || digest.starts_with("sha512:") => image,
        _ => authority,
    }
}

/// Whether the text ends in the scheme `ssh`, or one over it such as `git+ssh`.
fn is_ssh(text: &str) -> bool {
    text.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().is_some_and(|scheme| scheme.eq_ignore_ascii_case("ssh"))
}

fn without_parameters(text: &str, within: Within) -> Cow<'_, str> {
    if !text.contains('=') {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    // Fragments have parameters too.
    while let Some(at) = rest.find(['?', '#']) {
        let (before, marked) = rest.split_at(at);
        let (mark, after) = marked.split_at(1);
        let end = after.find(|c: char| "?#".contains(c) || within.ends(c)).unwrap_or(after.len());
        let (parameters, after) = after.split_at(end);
        let kept: Vec<String> = parameters.split('&').filter_map(without_secret).collect();
        shown.push_str(before);
        if !kept.is_empty() {
            shown.push_str(mark);
            shown.push_str(&kept.join("&"));
        }
        rest = after;
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// A parameter, where it holds no secret. Some part parameters by a semicolon, which may stand in a secret too.
fn without_secret(parameter: &str) -> Option<String> {
    let mut hides = false;
    let shows = |part: &&str| {
        hides = is_secret(part) || hides && !part.contains('=');
        !hides
    };
    let kept: Vec<&str> = parameter.split(';').filter(shows).collect();
    (!kept.is_empty()).then(|| kept.join(";"))
}

fn is_secret(parameter: &str) -> bool {
    let name = parameter.split_once('=').map_or("", |(name, _)| name).to_ascii_lowercase();
    names_a_secret(&name) || SIGNED.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_what_lets_one_in() {
        let cases = [
            ("https://oauth2:TOKEN@git.corp/x", "https://git.corp/x"),
            ("https://TOKEN@git.corp", "https://git.corp"),
            ("https://a@b:c@git.corp:8443/@scope/x@1?q=a@b#c", "https://git.corp:8443/@scope/x@1?q=a@b#c"),
            ("https://u:p w\"@git.corp/x", "https://git.corp/x"),
            ("docker://ci:s3cret@registry.corp/app", "docker://registry.corp/app"),
            ("docker://app@sha256:ab", "docker://app@sha256:ab"),
            ("docker://ci:s3cret@app@sha512:ab", "docker://app@sha512:ab"),
            ("git+ssh://git:secret@git.corp/x", "git+ssh://git@git.corp/x"),
            ("ssh://git@git.corp/x", "ssh://git@git.corp/x"),
            ("ssh://:secret@git.corp/x", "ssh://git.corp/x"),
            ("git@github.com:owner/repo", "git@github.com:owner/repo"),
            ("https://git.corp/x@y", "https://git.corp/x@y"),
            ("https://git.corp?to=a@b", "https://git.corp?to=a@b"),
            ("https://a.corp/?to=https://u:p@b.corp/x", "https://a.corp/?to=https://b.corp/x"),
            ("1.2.3", "1.2.3"),
            ("", ""),
        ];
        for (address, expected) in cases {
            assert_eq!(without_secrets(address), expected);
        }
    }

    #[test]
    fn a_parameter_that_lets_one_in_goes_and_the_others_stay() {
        for name in [
            "token",
            "access_token",
            "private_token",
            "auth",
            "key",
            "api_key",
            "apikey",
            "AWSAccessKeyId",
            "sig",
            "Signature",
            "X-Amz-Date",
            "x-goog-expires",
            "password",
            "client_secret",
            "jwt",
        ] {
            for (given, left) in [
                (format!("https://h/a.tgz?{name}=S"), "https://h/a.tgz"),
                (format!("https://h/a.tgz?{name}=S=="), "https://h/a.tgz"),
                (format!("https://h/a.tgz?{name}=S#abc"), "https://h/a.tgz#abc"),
                (format!("git+https://h/a?ref=v1&{name}=S&x=1#abc"), "git+https://h/a?ref=v1&x=1#abc"),
                (format!("https://h/a?{name}=S&ref=v1"), "https://h/a?ref=v1"),
                (format!("https://h/a#{name}=S"), "https://h/a"),
                (format!("https://h/a?ref=v1;{name}=S;x=1"), "https://h/a?ref=v1;x=1"),
                (format!("https://h/a?{name}=S;S&ref=v1"), "https://h/a?ref=v1"),
                (format!("a.tgz?{name}=S"), "a.tgz"),
            ] {
                assert_eq!(without_secrets(&given), left, "{given}");
            }
        }
        for whole in [
            "https://h/a?",
            "https://h/a#",
            "https://h/a?ref=v1&&x",
            "https://h/a?ref=v1;;x;",
            "https://h/a?b=c?d=e#f=g#",
            "https://h/a?token",
            "https://h/a#egg=a&subdirectory=b",
            "https://h/token=1/a?go-get=1",
            "name==1.0",
        ] {
            assert_eq!(without_secrets(whole), whole);
        }
    }

    #[test]
    fn every_address_in_a_text_loses_it() {
        for (text, expected) in [
            (
                "no \"https://pw@host?token=S\" and http://a:b@c:5000?x=y@z",
                "no \"https://host\" and http://c:5000?x=y@z",
            ),
            ("is it https://h/a?sig=S that failed?", "is it https://h/a that failed?"),
            ("docker://app@sha256:ab", "docker://app@sha256:ab"),
            ("no docker://ci:s3cret@registry.corp/app", "no docker://registry.corp/app"),
            ("no git+ssh://TOKEN@git.corp/x", "no git+ssh://git.corp/x"),
            ("a@b said \"x=1\"", "a@b said \"x=1\""),
        ] {
            assert_eq!(text_without_secrets(text), expected);
        }
    }
}
