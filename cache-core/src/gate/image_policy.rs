//! Policies that say for some images whose signatures and attestations they need: those of Sigstore's admission controller.

use std::fmt;

use async_trait::async_trait;
use regex::Regex;

use super::{Evidence, PromotionGate};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{LookedAt, Pinned, Reason, Transport, Verdict};

/// A pattern for names of images: `*` stands for anything but a slash, `**` for anything.
#[derive(Debug, Clone)]
pub struct ImageGlob {
    text: String,
    pattern: Regex,
}

impl ImageGlob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// `Invalid` where it has characters that no name of an image has.
    pub fn parse(text: &str) -> Result<Self> {
        let known = |c: char| c.is_ascii_alphanumeric() || "-_:/*.@".contains(c);
        let wrong = || Error::invalid(format!("{text:?} is no pattern for images"));
        if text.is_empty() || !text.chars().all(known) {
            return Err(wrong());
        }
        // The short forms for the public registry.
        let full = match text {
            "*" => "index.docker.io/library/*",
            "*/*" => "index.docker.io/*/*",
            other => other,
        };
        let parts: Vec<String> = full.split("**").map(|part| regex::escape(part).replace(r"\*", "[^/]*")).collect();
        let pattern = Regex::new(&format!(r"\A(?:{})\z", parts.join(".*"))).map_err(|_| wrong())?;
        Ok(ImageGlob { text: text.to_owned(), pattern })
    }

    /// Whether the image has such a name: with its digest or without, and for the public registry in each of its forms.
    pub fn matches(&self, image: &Pinned) -> bool {
        let repository = image.repository.to_string();
        let mut names = vec![repository.clone()];
        if image.repository.transport() == Transport::Registry
            && let Some(path) = repository.strip_prefix("docker.io/")
        {
            names.push(format!("index.docker.io/{path}"));
            names.push(path.to_owned());
            names.extend(path.strip_prefix("library/").map(str::to_owned));
        }
        let matches =
            |name: &String| self.pattern.is_match(name) || self.pattern.is_match(&format!("{name}@{}", image.digest));
        names.iter().any(matches)
    }
}

impl fmt::Display for ImageGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What one policy demands of the images that it is for.
#[derive(Debug, Clone)]
pub struct ImagePolicy {
    /// Its name.
    pub name: String,
    /// Whether an image that does not satisfy it is refused, or only told of.
    pub enforce: bool,
    /// The images that it is for.
    pub images: Vec<ImageGlob>,
    /// Each of them suffices.
    pub authorities: Vec<ImageAuthority>,
    /// What of it cannot be decided here, so that it is never satisfied.
    pub undecidable: Option<String>,
}

/// Somebody who may vouch for an image.
#[derive(Debug, Clone)]
pub struct ImageAuthority {
    /// Its name, within the policy.
    pub name: String,
    /// Who it is.
    pub who: ImageVoucher,
    /// The attestations that it must have signed, all of them. Without any, it is a signature of the image that is needed.
    pub attestations: Vec<ImageAttestation>,
}

/// Who vouches.
#[derive(Debug, Clone)]
pub enum ImageVoucher {
    /// The [`Trusted`](crate::sign::Trusted) of this name.
    Trusted(String),
    /// Nobody: such images always pass, or never.
    Static {
        /// Whether they pass.
        pass: bool,
        /// Why, in the words of the policy.
        message: String,
    },
    /// Somebody whose signatures cannot be verified here, and why.
    Undecidable(String),
}

/// An attestation that is needed.
#[derive(Debug, Clone)]
pub struct ImageAttestation {
    /// Its name, within the authority.
    pub name: String,
    /// The type of its predicate.
    pub predicate_type: String,
    /// What is demanded of its content and cannot be decided here, so that it is never satisfied.
    pub undecidable: Option<String>,
}

/// Judges by such policies: all that are for the image must be satisfied, and at least one must be for it.
#[derive(Debug, Clone, Default)]
pub struct ImagePolicyGate {
    /// The policies.
    pub policies: Vec<ImagePolicy>,
}

#[async_trait]
impl PromotionGate for ImagePolicyGate {
    fn name(&self) -> &str {
        "image-policy"
    }

    async fn judge(&self, evidence: &Evidence) -> Result<Verdict> {
        let is_for = |policy: &&ImagePolicy| policy.images.iter().any(|glob| glob.matches(&evidence.image));
        let mut reasons: Vec<Reason> =
            self.policies.iter().filter(is_for).map(|policy| policy.judge(evidence)).collect();
        if reasons.is_empty() {
            reasons.push(Reason::fail("no-policy", "no policy is for this image"));
        }
        let signatures = evidence.signatures.iter().map(|s| s.looked_at("signature"));
        let statements = evidence.statements.iter().map(|s| s.looked_at("statement"));
        let mut looked_at: Vec<LookedAt> = signatures.chain(statements).collect();
        looked_at.retain(|seen| seen.about == evidence.image.digest);
        Ok(Verdict::new(self.name(), reasons, looked_at))
    }
}

impl ImagePolicy {
    fn judge(&self, evidence: &Evidence) -> Reason {
        let name = &self.name;
        let mut lacking = Vec::new();
        if let Some(what) = &self.undecidable {
            lacking.push(format!("{what} cannot be decided"));
        } else {
            for authority in &self.authorities {
                match authority.lacks(evidence) {
                    None => {
                        let message = format!("policy {name} is satisfied by its authority {}", authority.name);
                        return Reason::pass("policy-satisfied", message);
                    }
                    Some(why) => lacking.push(format!("{}: {why}", authority.name)),
                }
            }
        }
        // A signature that could not be checked may have been the one.
        let mut problems = evidence.problems.iter().filter(|p| matches!(p.what.as_str(), "signature" | "statement"));
        let unclear = problems.clone().any(|problem| problem.kind != ErrorKind::Untrusted);
        if let Some(problem) = problems.next() {
            lacking.push(format!("{} does not count: {}", problem.digest.short(), problem.message));
        }
        let message = format!("policy {name} is not satisfied: {}", lacking.join("; "));
        match (self.enforce, unclear) {
            (false, _) => Reason::warn("policy-not-satisfied", message),
            (true, false) => Reason::fail("policy-not-satisfied", message),
            (true, true) => Reason::error("policy-not-satisfied", message),
        }
    }
}

impl ImageAuthority {
    /// What is missing, where something is.
    fn lacks(&self, evidence: &Evidence) -> Option<String> {
        let trusted = match &self.who {
            ImageVoucher::Static { pass: true, .. } => return None,
            ImageVoucher::Static { pass: false, message } => return Some(format!("never passes ({message})")),
            ImageVoucher::Undecidable(why) => return Some(why.clone()),
            ImageVoucher::Trusted(name) => name,
        };
        let image = &evidence.image.digest;
        if self.attestations.is_empty() {
            let mut signatures = evidence.signatures.iter().filter(|signature| signature.about == *image);
            let signed = signatures.any(|signature| signature.value.accepted().contains(trusted));
            return (!signed).then(|| "no signature".to_owned());
        }
        self.attestations.iter().find_map(|wanted| {
            if let Some(what) = &wanted.undecidable {
                return Some(format!("{what} of attestation {} cannot be decided", wanted.name));
            }
            let there = evidence.statements.iter().any(|statement| {
                statement.about == *image
                    && statement.value.value().predicate_type == wanted.predicate_type
                    && statement.value.accepted().contains(trusted)
            });
            (!there).then(|| format!("no attestation of the type {}", wanted.predicate_type))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Digest, Repository};

    fn matches(glob: &str, name: &str) -> bool {
        let image = Repository::parse(name).unwrap().at(Digest::of(b"image"));
        ImageGlob::parse(glob).unwrap().matches(&image)
    }

    #[test]
    fn one_star_stays_within_a_part_and_two_do_not() {
        assert!(matches("ghcr.io/team/*", "ghcr.io/team/app"));
        assert!(!matches("ghcr.io/team/*", "ghcr.io/team/app/sub"));
        assert!(matches("ghcr.io/team/**", "ghcr.io/team/app/sub"));
        assert!(matches("**", "ghcr.io/team/app"));
        assert!(!matches("ghcr.io/team/app", "ghcr.io/team/app2"));
        assert!(!matches("ghcr.io/team/app", "xghcr.io/team/app"));
        assert!(!matches("ghcr-io/team/app", "ghcr.io/team/app"));
        assert!(
            matches("*", "busybox") && matches("docker.io/library/busybox", "busybox") && matches("busy*", "busybox")
        );
        assert!(matches("*/*", "team/app") && !matches("*", "team/app"));
        for wrong in ["", "[", "a b", "a\\d", "ä"] {
            assert!(ImageGlob::parse(wrong).is_err(), "{wrong}");
        }
    }
}
