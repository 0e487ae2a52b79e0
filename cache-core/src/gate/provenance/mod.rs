//! Built where it should be, from what it should be.

mod build;
mod version;

use std::collections::BTreeMap;

use async_trait::async_trait;
pub use version::WantedRef;

pub(crate) use self::build::Build;
use super::coverage::{Coverage, Rejected, unverified};
use super::{Attached, Evidence, PromotionGate};
use crate::error::Result;
use crate::model::{Identity, Reason, Verdict};
use crate::sign::{Statement, Verified};

/// The predicate type of SLSA provenance, version 1.
pub const SLSA_V1: &str = "https://slsa.dev/provenance/v1";
/// The predicate type of SLSA provenance, version 0.2.
pub const SLSA_V02: &str = "https://slsa.dev/provenance/v0.2";

/// Demands signed SLSA provenance of the image, or of each of its platforms.
#[derive(Debug, Clone, Default)]
pub struct ProvenanceGate {
    /// The builders that may have built it, by id; a `*` at the end stands for any rest. Empty means any.
    pub builders: Vec<String>,
    /// The repositories that it may come from, such as `https://git.example.com/team/app`; a `*` at the end stands for any
    /// rest. Empty means any.
    pub sources: Vec<String>,
    /// The branches and tags that it may come from. Empty means any.
    pub refs: Vec<WantedRef>,
    /// The types of build, by URI; a `*` at the end stands for any rest. Empty means any.
    pub build_types: Vec<String>,
    /// Who may sign for a builder, by the builder's id: the name in a certificate, or the name of a trusted key; a `*` at the
    /// end stands for any rest. For a builder that is not here, a keyless signer must be the builder itself: that a builder is
    /// named in provenance is only a claim of whoever signed it.
    pub signed_by: BTreeMap<String, Vec<String>>,
}

#[async_trait]
impl PromotionGate for ProvenanceGate {
    fn name(&self) -> &str {
        "provenance"
    }

    async fn judge(&self, evidence: &Evidence) -> Result<Verdict> {
        let mut coverage = Coverage::of(evidence);
        let (mut reasons, mut rejected, mut looked_at) = (Vec::new(), Vec::new(), Vec::new());
        for statement in &evidence.statements {
            if !matches!(statement.value.value().predicate_type.as_str(), SLSA_V1 | SLSA_V02) {
                continue;
            }
            looked_at.push(statement.looked_at("provenance"));
            let scope = coverage.scope(&statement.about, &[], None).map_err(|why| ("provenance-of-another-image", why));
            match scope.and_then(|targets| Ok((targets, self.accept(statement)?))) {
                Ok((targets, build)) => {
                    coverage.cover(&targets);
                    let message =
                        format!("{} says: {build}; signed by {}", statement.digest.short(), statement.value.by());
                    reasons.push(Reason::pass("provenance", message));
                }
                Err((code, why)) => rejected.push(Rejected::new("provenance", statement, code, &why)),
            }
        }
        let complete = coverage.is_complete();
        if !complete {
            let message = format!("no signed SLSA provenance of {} counts", coverage.missing());
            reasons.push(Reason::fail("no-provenance", message));
        }
        reasons.extend(unverified(evidence, complete));
        reasons.extend(rejected.into_iter().map(|r| r.reason(complete)));
        Ok(Verdict::new(self.name(), reasons, looked_at))
    }
}

impl ProvenanceGate {
    fn accept(&self, statement: &Attached<Verified<Statement>>) -> Result<String, (&'static str, String)> {
        let signer = statement.value.by();
        let build = Build::of(statement.value.value(), signer)
            .map_err(|e| ("unreadable-provenance", format!("cannot be read: {}", e.message())))?;
        let builder = &build.builder;
        if !self.builders.is_empty() && !named(&self.builders, builder) {
            return Err(("builder-not-allowed", format!("was made by the builder {builder:?}, which is not allowed")));
        }
        if !self.may_sign(signer, builder) {
            return Err(("signer-is-not-builder", format!("names the builder {builder:?} and is signed by {signer}")));
        }
        if !self.build_types.is_empty() && !named(&self.build_types, &build.build_type) {
            let message = format!("is of a build of the type {:?}, which is not allowed", build.build_type);
            return Err(("build-type-not-allowed", message));
        }
        if !self.sources.is_empty() {
            if build.sources.is_empty() {
                return Err(("source-not-stated", "does not say which repository the image was built from".to_owned()));
            }
            // Where it names several, all of them have to be right: nobody knows which one was built.
            if let Some(other) = build.sources.iter().find(|source| !named(&self.sources, source)) {
                return Err((
                    "source-not-allowed",
                    format!("says the image is built from {other:?}, which is not allowed"),
                ));
            }
        }
        if !self.refs.is_empty() {
            if build.refs.is_empty() {
                return Err(("ref-not-stated", "does not say which branch or tag the image was built from".to_owned()));
            }
            if let Some(other) = build.refs.iter().find(|found| !self.refs.iter().any(|wanted| wanted.matches(found))) {
                return Err((
                    "ref-not-allowed",
                    format!("says the image is built from {other:?}, which is not allowed"),
                ));
            }
        }
        let sources = if build.sources.is_empty() { "no source".to_owned() } else { build.sources.join(", ") };
        Ok(format!("built by {:?} from {sources}", build.builder))
    }
}

impl ProvenanceGate {
    /// Whether this signer may sign provenance by this builder.
    fn may_sign(&self, signer: &Identity, builder: &str) -> bool {
        let mut rules = self.signed_by.iter().filter(|(id, _)| named(std::slice::from_ref(id), builder)).peekable();
        let listed = rules.peek().is_some();
        let name = match signer {
            Identity::Key { name, .. } => name,
            Identity::Certificate { subject, .. } => subject,
        };
        if listed {
            return rules.any(|(_, signers)| named(signers, name));
        }
        match signer {
            Identity::Key { .. } => true,
            Identity::Certificate { subject, .. } => subject == builder,
        }
    }
}

fn named(allowed: &[String], found: &str) -> bool {
    allowed.iter().any(|allowed| match allowed.strip_suffix('*') {
        Some(start) => found.starts_with(start) || repository(found).starts_with(start),
        // An entry with a version (`@refs/tags/v1`) means this version only.
        None => found == allowed || repository(found) == bare(allowed),
    })
}

/// A source without what version control systems and builders add: `git+https://host/team/app.git@refs/heads/main`.
fn repository(uri: &str) -> &str {
    let uri = uri.split('#').next().unwrap_or_default();
    let path = uri.find("://").map_or(0, |at| at + 3);
    // An `@` before the first slash belongs to the host.
    let host = uri[path..].find('/').map_or(uri.len(), |at| path + at);
    bare(uri[host..].find('@').map_or(uri, |at| &uri[..host + at]))
}

fn bare(uri: &str) -> &str {
    let uri = uri.strip_prefix("git+").unwrap_or(uri).trim_end_matches('/');
    uri.strip_suffix(".git").unwrap_or(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_recognised_in_what_builders_write() {
        let bare = "https://git.example.com/team/app";
        for text in [
            "https://git.example.com/team/app",
            "git+https://git.example.com/team/app.git@refs/heads/main",
            "git+https://git.example.com/team/app@refs/tags/v1#sub",
            "https://git.example.com/team/app/",
        ] {
            assert_eq!(repository(text), bare, "{text}");
        }
        assert_eq!(repository("ssh://git@git.example.com/team/app.git"), "ssh://git@git.example.com/team/app");
        for other in ["https://git.example.com/team/app2", "https://git.example.com@evil.example/team/app", ""] {
            assert!(!named(&[bare.to_owned()], other), "{other}");
        }
        assert!(named(
            &["https://git.example.com/team/*".to_owned()],
            "git+https://git.example.com/team/x@refs/heads/main"
        ));
        let pinned = ["https://ci.example.com/build.yml@refs/tags/v1".to_owned()];
        assert!(named(&pinned, &pinned[0]) && !named(&pinned, "https://ci.example.com/build.yml@refs/heads/other"));
    }
}
