//! What SLSA provenance says of a build (`build-provenance` of SLSA, v0.2 and v1).

use serde::Deserialize;
use serde_json::Value;

use super::SLSA_V1;
use crate::error::Result;
use crate::model::{Identity, null_is_empty};
use crate::sign::Statement;

/// A build, by the provenance and by the certificate of its signer.
pub(crate) struct Build {
    pub(crate) builder: String,
    pub(crate) build_type: String,
    /// The repositories that it was asked to build.
    pub(crate) sources: Vec<String>,
    /// The branches or tags of them, by their full names.
    pub(crate) refs: Vec<String>,
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
    build_type: String,
    #[serde(default)]
    external_parameters: Value,
}

#[derive(Deserialize)]
struct Run {
    builder: Builder,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct V02 {
    builder: Builder,
    #[serde(default)]
    build_type: String,
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
    /// be among them. What the certificate says was seen by the authority that issued it, so it counts beside.
    pub(crate) fn of(statement: &Statement, signer: &Identity) -> Result<Build> {
        let mut build = if statement.predicate_type == SLSA_V1 {
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
            Build {
                builder: run_details.builder.id,
                build_type: build_definition.build_type,
                sources: texts(places),
                refs: texts([asked.pointer("/workflow/ref"), asked.pointer("/source/ref")]),
            }
        } else {
            let V02 { builder, build_type, invocation } = statement.predicate()?;
            let sources = texts([invocation.config_source.get("uri")]);
            Build { builder: builder.id, build_type, sources, refs: Vec::new() }
        };
        build.refs.extend(build.sources.iter().filter_map(|source| reference(source)).map(str::to_owned));
        build.sources.extend(signer.claim("sourceRepositoryURI").map(str::to_owned));
        build.refs.extend(signer.claim("sourceRepositoryRef").map(str::to_owned));
        Ok(build)
    }
}

fn texts<const N: usize>(places: [Option<&Value>; N]) -> Vec<String> {
    let texts = places.into_iter().flatten().filter_map(Value::as_str);
    texts.filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

/// The branch or tag at the end of a source: `…@refs/heads/main`.
fn reference(source: &str) -> Option<&str> {
    let at = source.find("@refs/")?;
    source.get(at + 1..)?.split('#').next()
}
