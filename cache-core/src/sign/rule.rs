//! Which keyless signers count.

use std::collections::BTreeMap;
use std::fmt;

use regex::Regex;
use serde::Deserialize;

use super::verify::is_claim;
use crate::error::{Error, Result};
use crate::model::Identity;
use crate::pattern::whole;

/// A pattern may not grow larger than this when it is compiled.
const MAX_PATTERN: usize = 1 << 20;

/// A text that is wanted: exactly this one, or one that a pattern matches as a whole.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// This text.
    Exact(String),
    /// A text that the regular expression matches from its first to its last character.
    Pattern(Regex),
}

impl Wanted {
    /// This text.
    pub fn exact(text: impl Into<String>) -> Self {
        Wanted::Exact(text.into())
    }

    /// What the regular expression matches as a whole. (cosign takes a match of any part, and so `example.com/app` is also
    /// found in `https://evil.example/example.com/app`.)
    ///
    /// # Errors
    /// `Invalid` where it is none, or too large.
    pub fn pattern(pattern: &str) -> Result<Self> {
        let wrong = |e: regex::Error| {
            Error::invalid(format!("{pattern:?} is no regular expression")).hint(format!("{e}")).caused_by(e)
        };
        whole(pattern, MAX_PATTERN).map(Wanted::Pattern).map_err(wrong)
    }

    /// Whether it is this text.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Wanted::Exact(wanted) => wanted == text,
            Wanted::Pattern(pattern) => pattern.is_match(text),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wanted::Exact(text) => f.write_str(text),
            Wanted::Pattern(pattern) => {
                let text = pattern.as_str();
                let text = text.strip_prefix(r"\A(?:").and_then(|rest| rest.strip_suffix(r")\z")).unwrap_or(text);
                write!(f, "/{text}/")
            }
        }
    }
}

/// A keyless signer, or a set of them, whose signatures count. Who signed and who authenticated the signer belong together:
/// anybody can be anybody at a provider of one's own.
#[derive(Debug, Clone)]
pub struct IdentityRule {
    /// The name in the certificate.
    pub subject: Wanted,
    /// Who authenticated it. `None` stands for a certificate that names no issuer, not for any issuer.
    pub issuer: Option<Wanted>,
    /// What else the certificate must say, by the name of the claim.
    pub claims: BTreeMap<String, Wanted>,
}

impl IdentityRule {
    /// Exactly this subject, authenticated by exactly this issuer.
    pub fn exact(subject: impl Into<String>, issuer: impl Into<String>) -> Self {
        IdentityRule { subject: Wanted::exact(subject), issuer: Some(Wanted::exact(issuer)), claims: BTreeMap::new() }
    }

    /// The same, and the certificate must say this too.
    ///
    /// # Errors
    /// `Invalid` where no certificate has a claim of this name.
    pub fn and_claim(mut self, name: &str, wanted: Wanted) -> Result<Self> {
        if !is_claim(name) {
            return Err(Error::invalid(format!("{name:?} is no claim of a certificate"))
                .hint("such as sourceRepositoryURI, sourceRepositoryRef, buildSignerURI, buildTrigger"));
        }
        self.claims.insert(name.to_owned(), wanted);
        Ok(self)
    }

    /// Whether this is such a signer.
    pub fn matches(&self, identity: &Identity) -> bool {
        let Identity::Certificate { subject, issuer, claims } = identity else { return false };
        let issuer = match (&self.issuer, issuer) {
            (Some(wanted), Some(issuer)) => wanted.matches(issuer),
            (None, None) => true,
            _ => false,
        };
        let claimed = |(name, wanted): (&String, &Wanted)| claims.get(name).is_some_and(|claim| wanted.matches(claim));
        self.subject.matches(subject) && issuer && self.claims.iter().all(claimed)
    }
}

impl fmt::Display for IdentityRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.issuer {
            Some(issuer) => write!(f, "{} authenticated by {issuer}", self.subject),
            None => write!(f, "{}", self.subject),
        }
    }
}

/// A rule as configuration: each text exactly, or as a pattern under a name with `Regexp`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityConfig {
    /// The name in the certificate.
    #[serde(default)]
    pub subject: Option<String>,
    /// A pattern for it.
    #[serde(default, alias = "subject_regexp")]
    pub subject_regexp: Option<String>,
    /// Who authenticated it.
    #[serde(default)]
    pub issuer: Option<String>,
    /// A pattern for it.
    #[serde(default, alias = "issuer_regexp")]
    pub issuer_regexp: Option<String>,
    /// For authorities that write no issuer into their certificates: `true`, and no issuer.
    #[serde(default, alias = "no_issuer")]
    pub no_issuer: bool,
    /// What else the certificate must say, exactly.
    #[serde(default)]
    pub claims: BTreeMap<String, String>,
    /// Patterns for that.
    #[serde(default, alias = "claims_regexp")]
    pub claims_regexp: BTreeMap<String, String>,
}

impl IdentityConfig {
    /// The rule.
    ///
    /// # Errors
    /// `Invalid` where the subject or the issuer is not there or there twice, a pattern does not compile, or a claim is not
    /// known.
    pub fn rule(&self) -> Result<IdentityRule> {
        let one = |what: &str, exact: &Option<String>, pattern: &Option<String>| match (exact, pattern) {
            (Some(text), None) if !text.is_empty() => Ok(Wanted::exact(text)),
            (None, Some(pattern)) if !pattern.is_empty() => Wanted::pattern(pattern),
            _ => Err(Error::invalid(format!("an identity has either one {what} or one pattern for it"))),
        };
        let issuer = match (self.no_issuer, &self.issuer, &self.issuer_regexp) {
            (true, None, None) => None,
            (true, ..) => return Err(Error::invalid("an identity has either an issuer or none")),
            (false, exact, pattern) => Some(one("issuer", exact, pattern)?),
        };
        let subject = one("subject", &self.subject, &self.subject_regexp)?;
        let mut rule = IdentityRule { subject, issuer, claims: BTreeMap::new() };
        for (name, text) in &self.claims {
            rule = rule.and_claim(name, Wanted::exact(text))?;
        }
        for (name, pattern) in &self.claims_regexp {
            if self.claims.contains_key(name) {
                return Err(Error::invalid(format!("the claim {name:?} is there twice")));
            }
            rule = rule.and_claim(name, Wanted::pattern(pattern)?)?;
        }
        Ok(rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody(subject: &str, issuer: Option<&str>) -> Identity {
        let claims = BTreeMap::from([("sourceRepositoryRef".to_owned(), "refs/heads/main".to_owned())]);
        Identity::Certificate { subject: subject.to_owned(), issuer: issuer.map(str::to_owned), claims }
    }

    #[test]
    fn a_pattern_matches_the_whole_text_or_nothing() {
        let pattern = Wanted::pattern(r"https://ci\.example\.com/app|b").unwrap();
        assert!(pattern.matches("https://ci.example.com/app") && pattern.matches("b"));
        for other in ["https://ci.example.com/app2", "xhttps://ci.example.com/app", "ab", "b\n", "\nb", ""] {
            assert!(!pattern.matches(other), "{other:?}");
        }
        assert!(Wanted::pattern("(?m)^b$").unwrap().matches("b"));
        assert!(!Wanted::pattern("(?m)^b$").unwrap().matches("b\na"));
        for broken in ["([", "b)|(?:a", "a{1000}{1000}{1000}"] {
            assert!(Wanted::pattern(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn subject_and_issuer_belong_together() {
        let rule = IdentityRule::exact("dev@example.com", "https://id.example.com");
        assert!(rule.matches(&somebody("dev@example.com", Some("https://id.example.com"))));
        assert!(!rule.matches(&somebody("dev@example.com", Some("https://id.example.org"))));
        assert!(!rule.matches(&somebody("dev@example.com", None)));
        assert!(!rule.matches(&somebody("ceo@example.com", Some("https://id.example.com"))));
        let nobody = IdentityRule { issuer: None, ..rule.clone() };
        assert!(nobody.matches(&somebody("dev@example.com", None)));
        assert!(!nobody.matches(&somebody("dev@example.com", Some("https://id.example.com"))));
    }

    #[test]
    fn claims_are_demanded_by_their_names() {
        let rule = |wanted: &str| {
            let rule = IdentityRule::exact("a", "i");
            rule.and_claim("sourceRepositoryRef", Wanted::exact(wanted)).unwrap()
        };
        assert!(rule("refs/heads/main").matches(&somebody("a", Some("i"))));
        assert!(!rule("refs/heads/dev").matches(&somebody("a", Some("i"))));
        assert!(IdentityRule::exact("a", "i").and_claim("ref", Wanted::exact("b")).is_err());
    }

    #[test]
    fn a_configuration_says_both_and_each_once() {
        let rule = |json: &str| serde_json::from_str::<IdentityConfig>(json).map(|config| config.rule());
        assert!(rule(r#"{"subject":"a","issuerRegexp":"b.*"}"#).unwrap().is_ok());
        assert!(rule(r#"{"subject":"a","noIssuer":true}"#).unwrap().is_ok());
        for json in [
            r#"{"subject":"a"}"#,
            r#"{"issuer":"a"}"#,
            r#"{"subject":"","issuer":"b"}"#,
            r#"{"subject":"a","subjectRegexp":"a","issuer":"b"}"#,
            r#"{"subject":"a","issuer":"b","noIssuer":true}"#,
            r#"{"subjectRegexp":"([","issuer":"b"}"#,
            r#"{"subject":"a","issuer":"b","claims":{"ref":"x"}}"#,
        ] {
            assert!(rule(json).unwrap().is_err(), "{json}");
        }
        assert!(rule(r#"{"subject":"a","issuer":"b","isuer":"c"}"#).is_err());
    }
}
