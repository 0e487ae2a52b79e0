//! OpenVEX (openvex/spec, versions 0.0 to 0.2 of the namespace `https://openvex.dev/ns`).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::{Vex, VexFormat, VexName, VexProblem, VexProduct, VexStatement, VexStatus, justification, said, time};
use crate::document;
use crate::error::{Error, Result};
use crate::model::null_is_empty;

const CONTEXT: &str = "https://openvex.dev/ns";

/// Why a product is not affected.
const JUSTIFICATIONS: &[&str] = &[
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
];

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "@context")]
    context: Value,
    #[serde(default, rename = "@id")]
    id: Option<String>,
    #[serde(default)]
    author: Option<String>,
    #[serde(default)]
    version: Option<Value>,
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    statements: Vec<Statement>,
}

#[derive(Deserialize)]
struct Statement {
    vulnerability: OneOf<Vulnerability>,
    #[serde(default, deserialize_with = "null_is_empty")]
    products: Vec<OneOf<Product>>,
    /// Until version 0.2 they stood here, for all products.
    #[serde(default, deserialize_with = "null_is_empty")]
    subcomponents: Vec<OneOf<Component>>,
    status: String,
    #[serde(default)]
    justification: Option<String>,
    #[serde(default)]
    impact_statement: Option<String>,
    #[serde(default)]
    action_statement: Option<String>,
    #[serde(default)]
    status_notes: Option<String>,
    #[serde(default)]
    timestamp: Option<String>,
}

/// A name alone, as before version 0.2, or an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOf<T> {
    Name(String),
    Object(T),
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(default, rename = "@id", deserialize_with = "null_is_empty")]
    id: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    name: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    aliases: Vec<String>,
}

#[derive(Deserialize)]
struct Product {
    #[serde(flatten)]
    own: Component,
    #[serde(default, deserialize_with = "null_is_empty")]
    subcomponents: Vec<OneOf<Component>>,
}

#[derive(Deserialize)]
struct Component {
    #[serde(default, rename = "@id", deserialize_with = "null_is_empty")]
    id: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    identifiers: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    hashes: BTreeMap<String, String>,
}

pub(super) fn parse(text: &str) -> Result<Vex> {
    let document: Document = document::json("an OpenVEX document", text)?;
    check_context(&document.context)?;
    let mut problems = Vec::new();
    let issued = time(document.timestamp.as_deref(), "timestamp", &mut problems);
    let mut statements = Vec::new();
    for (i, statement) in document.statements.into_iter().enumerate() {
        let position = format!("statements[{i}]");
        match statement.read(&position, &mut problems) {
            Ok(statement) => statements.push(VexStatement { at: statement.at.or(issued), ..statement }),
            Err(why) => problems.push(VexProblem::new(position, why)),
        }
    }
    Ok(Vex {
        format: VexFormat::OpenVex,
        id: said(document.id),
        author: said(document.author),
        version: document.version.as_ref().and_then(number),
        issued,
        statements,
        problems,
    })
}

/// The version, which was text before it was a number.
fn number(version: &Value) -> Option<u64> {
    version.as_u64().or_else(|| version.as_str()?.parse().ok())
}

fn check_context(context: &Value) -> Result<()> {
    let mut all =
        context.as_array().map_or(std::slice::from_ref(context), Vec::as_slice).iter().filter_map(Value::as_str);
    let Some(context) = all.find(|context| context.starts_with(CONTEXT)) else {
        return Err(Error::invalid(format!("not an OpenVEX document: @context is {context}")));
    };
    let version = context.trim_start_matches(CONTEXT).trim_matches('/');
    if version.is_empty() || ["v0.0.", "v0.1.", "v0.2."].iter().any(|known| version.starts_with(known)) {
        return Ok(());
    }
    Err(Error::unsupported(format!("OpenVEX {version} is not read")).context("field", "@context"))
}

impl Statement {
    fn read(self, position: &str, problems: &mut Vec<VexProblem>) -> std::result::Result<VexStatement, String> {
        let status = match self.status.as_str() {
            "not_affected" => VexStatus::NotAffected,
            "affected" => VexStatus::Affected,
            "fixed" => VexStatus::Fixed,
            "under_investigation" => VexStatus::UnderInvestigation,
            other => return Err(format!("the status {other:?} is not known")),
        };
        let vulnerabilities = self.vulnerability.names();
        if vulnerabilities.is_empty() {
            return Err("it names no vulnerability".to_owned());
        }
        let justification = justification(self.justification, JUSTIFICATIONS, position, problems);
        let common: Vec<VexName> = self.subcomponents.iter().map(OneOf::name).collect();
        let products: Vec<Arc<VexProduct>> =
            self.products.iter().flat_map(|product| product.products(&common)).map(Arc::new).collect();
        if products.is_empty() {
            return Err("it names no product".to_owned());
        }
        let at = time(self.timestamp.as_deref(), position, problems);
        let explanation = match status {
            VexStatus::NotAffected => said(self.impact_statement),
            _ => said(self.action_statement),
        };
        // Notes are about the status; they are no reason for it.
        let explanation = explanation.or_else(|| said(self.status_notes).filter(|_| status != VexStatus::NotAffected));
        Ok(VexStatement {
            position: position.to_owned(),
            vulnerabilities: vulnerabilities.into(),
            products,
            status,
            justification,
            explanation,
            at,
        })
    }
}

impl OneOf<Vulnerability> {
    fn names(&self) -> Vec<String> {
        let mut names = match self {
            OneOf::Name(name) => vec![name.as_str()],
            // The id is often the address of a page about it, which ends in a name.
            OneOf::Object(object) => {
                let own = [object.name.as_str(), object.id.rsplit(['/', '#']).next().unwrap_or_default()];
                own.into_iter().chain(object.aliases.iter().map(String::as_str)).collect()
            }
        };
        names.retain(|name| !name.trim().is_empty());
        let mut seen = Vec::new();
        names.retain(|name| {
            !seen.contains(name) && {
                seen.push(*name);
                true
            }
        });
        names.into_iter().map(|name| name.trim().to_owned()).collect()
    }
}

impl OneOf<Component> {
    fn name(&self) -> VexName {
        match self {
            OneOf::Name(name) => VexName::of(name),
            OneOf::Object(object) => object.name(),
        }
    }
}

impl OneOf<Product> {
    fn products(&self, common: &[VexName]) -> Vec<VexProduct> {
        let (product, own): (VexName, Vec<VexName>) = match self {
            OneOf::Name(name) => (VexName::of(name), Vec::new()),
            OneOf::Object(object) => (object.own.name(), object.subcomponents.iter().map(OneOf::name).collect()),
        };
        let components = if own.is_empty() { common } else { &own };
        if components.is_empty() {
            return vec![VexProduct { product, component: None }];
        }
        let of = |component: &VexName| VexProduct { product: product.clone(), component: Some(component.clone()) };
        components.iter().map(of).collect()
    }
}

impl Component {
    fn name(&self) -> VexName {
        let mut name = VexName::of(&self.id);
        if let Some(purl) = self.identifiers.get("purl") {
            name.add_purl(purl);
        }
        if name.text.is_empty() {
            name.text = self.identifiers.values().next().cloned().unwrap_or_default();
        }
        self.hashes.iter().for_each(|(algorithm, value)| name.add_hash(algorithm, value));
        name
    }
}
