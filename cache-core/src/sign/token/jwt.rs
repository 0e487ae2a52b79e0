//! What an identity token says (RFC 7519). Its signature is for the certificate authority to check; here it is only looked at,
//! so that nothing is sent to a service that it was not made for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::model::{Identity, Secret, Timestamp};

/// No token is larger.
const MAX_TOKEN: usize = 64 << 10;
/// A token must be good for so many seconds more: it has to get to the authority.
const MARGIN: i64 = 10;
/// How the issuer of tokens for GitHub Actions begins; enterprises have a path of their own.
const GITHUB_ACTIONS: &str = "https://token.actions.githubusercontent.com";

/// A token whose claims were read. It is never shown.
#[derive(Debug, Clone)]
pub struct IdentityToken {
    token: Secret,
    claims: Claims,
}

#[derive(Debug, Clone, Deserialize)]
struct Claims {
    iss: String,
    #[serde(default)]
    sub: String,
    aud: Audience,
    exp: Number,
    #[serde(default)]
    nbf: Option<Number>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    email_verified: Option<Verified>,
    /// The workflow that runs, of GitHub Actions.
    #[serde(default)]
    job_workflow_ref: Option<String>,
    /// The pipeline's configuration, of GitLab.
    #[serde(default)]
    ci_config_ref_uri: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Seconds since 1970; some providers write fractions.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Number {
    Whole(i64),
    Fraction(f64),
}

/// A truth value; some providers write it as text.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Verified {
    Flag(bool),
    Text(String),
}

impl Number {
    fn seconds(self) -> i64 {
        match self {
            Number::Whole(seconds) => seconds,
            // Saturates; what is no number becomes 0.
            Number::Fraction(seconds) => seconds as i64,
        }
    }
}

impl IdentityToken {
    /// Reads a token, and checks that it is for this audience and still good.
    ///
    /// # Errors
    /// `Invalid` where it is no token; `Denied` where it is for somebody else, has expired, is not good yet, or is for an
    /// address that the provider has not verified. The token is in no error.
    pub fn read(token: Secret, audience: &str, now: Timestamp) -> Result<Self> {
        let token = Secret::new(token.reveal().trim());
        let claims = claims(token.reveal())?;
        let wrong = |what: &str| Error::denied(format!("the identity token {what}")).context("issuer", &claims.iss);
        let is_for = match &claims.aud {
            Audience::One(one) => one == audience,
            Audience::Several(several) => several.iter().any(|one| one == audience),
        };
        if !is_for {
            return Err(wrong("is for another audience")
                .context("wanted", audience)
                .hint("have the provider make one for this audience"));
        }
        if claims.exp.seconds() <= now.unix().saturating_add(MARGIN) {
            return Err(wrong("has expired, or will in a moment"));
        }
        // Clocks differ by a little.
        if claims.nbf.is_some_and(|from| from.seconds() > now.unix().saturating_add(60)) {
            return Err(wrong("is not good yet").hint("is the clock of this machine right?"));
        }
        let verified = match &claims.email_verified {
            Some(Verified::Flag(flag)) => *flag,
            Some(Verified::Text(text)) => text == "true",
            None => false,
        };
        if claims.email.is_some() && !verified {
            return Err(wrong("is for an address that the provider has not verified"));
        }
        if claims.email.is_none() && claims.sub.is_empty() {
            return Err(wrong("is for nobody"));
        }
        Ok(IdentityToken { token, claims })
    }

    /// The token, for the place that sends it.
    pub(crate) fn secret(&self) -> &Secret {
        &self.token
    }

    /// Who made it.
    pub fn issuer(&self) -> &str {
        &self.claims.iss
    }

    /// Whom it is for: an address, or what the provider calls a subject. A certificate authority has this signed with the key
    /// that it is to certify.
    pub fn subject(&self) -> &str {
        self.claims.email.as_deref().unwrap_or(&self.claims.sub)
    }

    /// Whom a certificate for this token will name, where that is known: the address of a person, the workflow of a job of
    /// GitHub Actions, the pipeline of a job of GitLab, or the subject where it is a URI.
    ///
    /// # Errors
    /// `Unsupported` for tokens of other providers, whose names the authority makes by rules of its own.
    pub fn identity(&self) -> Result<Identity> {
        let claims = &self.claims;
        let subject = match (&claims.email, &claims.job_workflow_ref, &claims.ci_config_ref_uri) {
            (Some(email), ..) => email.clone(),
            (None, Some(workflow), _) if claims.iss.starts_with(GITHUB_ACTIONS) => {
                format!("https://github.com/{workflow}")
            }
            (None, None, Some(pipeline)) => format!("https://{pipeline}"),
            (None, None, None) if claims.sub.contains("://") => claims.sub.clone(),
            _ => {
                return Err(Error::unsupported("nobody knows beforehand whom a certificate for this token will name")
                    .context("issuer", &claims.iss)
                    .hint("say for whom it will be"));
            }
        };
        Ok(Identity::Certificate { subject, issuer: Some(claims.iss.clone()), claims: Default::default() })
    }
}

/// The errors of parsers would quote the token.
fn claims(token: &str) -> Result<Claims> {
    let malformed =
        || Error::invalid("this is not an identity token").hint("it is a JSON Web Token: three parts with dots");
    if token.len() > MAX_TOKEN {
        return Err(Error::invalid("the identity token is too large"));
    }
    let mut parts = token.split('.');
    let (Some(header), Some(claims), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(malformed());
    };
    // It becomes a header of a request.
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if header.is_empty() || signature.is_empty() || !plain(header) || !plain(signature) {
        return Err(malformed());
    }
    let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| malformed())?;
    serde_json::from_slice(&claims).map_err(|_| malformed())
}
