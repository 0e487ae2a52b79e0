//! Built where it should be, from what it should be.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;

use super::coverage::{Coverage, Rejected, unverified};
use super::{Attached, Evidence, PromotionGate};
use crate::error::Result;
use crate::model::null_is_empty;
use crate::model::{Reason, Verdict};
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
        let build = Build::of(statement.value.value())
            .map_err(|e| ("unreadable-provenance", format!("cannot be read: {}", e.message())))?;
        if !self.builders.is_empty() && !named(&self.builders, &build.builder) {
            return Err((
                "builder-not-allowed",
                format!("was made by the builder {:?}, which is not allowed", build.builder),
            ));
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
        let sources = if build.sources.is_empty() { "no source".to_owned() } else { build.sources.join(", ") };
        Ok(format!("built by {:?} from {sources}", build.builder))
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

/// What provenance says of a build.
struct Build {
    builder: String,
    sources: Vec<String>,
}

#[derive(Deserialize)]
struct Builder {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct V1 {
    build_definition: Definition,
    run_details: Run,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    #[serde(default)]
    external_parameters: Value,
}

#[derive(Deserialize)]
struct Run {
    builder: Builder,
}

#[derive(Deserialize)]
struct V02 {
    builder: Builder,
    #[serde(default, deserialize_with = "null_is_empty")]
    invocation: Invocation,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    #[serde(default)]
    config_source: Value,
}

impl Build {
    /// The source is what the build was asked to build. Dependencies ("materials") are no sources: anybody's repository may
    /// be among them.
    fn of(statement: &Statement) -> Result<Build> {
        let (builder, sources) = if statement.predicate_type == SLSA_V1 {
            let V1 { build_definition, run_details } = statement.predicate()?;
            let asked = &build_definition.external_parameters;
            // Builders disagree about where; the specification leaves it to them.
            let places = [
                asked.pointer("/workflow/repository"),
                asked.pointer("/source/uri"),
                asked.pointer("/source/repository"),
                asked.pointer("/source"),
                asked.pointer("/configSource/uri"),
                asked.pointer("/repository"),
            ];
            (
                run_details.builder.id,
                places.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
            )
        } else {
            let V02 { builder, invocation } = statement.predicate()?;
            let source = invocation.config_source.get("uri").and_then(Value::as_str);
            (builder.id, source.map(str::to_owned).into_iter().collect::<Vec<_>>())
        };
        Ok(Build { builder, sources: sources.into_iter().filter(|s| !s.is_empty()).collect() })
    }
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
