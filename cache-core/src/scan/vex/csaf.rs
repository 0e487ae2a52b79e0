//! VEX in CSAF 2.0 and 2.1 (oasis-tcs/csaf): `product_status`, with `flags` and `threats` as the reasons.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Deserialize;

use super::{Vex, VexFormat, VexProblem, VexProduct, VexStatement, VexStatus, said, time};
use crate::document;
use crate::error::{Error, Result};
use crate::model::{Timestamp, null_is_empty};

mod tree;

use tree::{ProductTree, Products};

/// Why a product is not affected.
const LABELS: &[&str] = &[
    "component_not_present",
    "inline_mitigations_already_exist",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_not_present",
];

#[derive(Deserialize)]
struct Document {
    document: Head,
    #[serde(default, deserialize_with = "null_is_empty")]
    product_tree: ProductTree,
    #[serde(default, deserialize_with = "null_is_empty")]
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Deserialize)]
struct Head {
    csaf_version: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    publisher: Publisher,
    #[serde(default, deserialize_with = "null_is_empty")]
    tracking: Tracking,
}

#[derive(Default, Deserialize)]
struct Publisher {
    #[serde(default)]
    name: Option<String>,
}

#[derive(Default, Deserialize)]
struct Tracking {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    current_release_date: Option<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    status: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    version: String,
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(default)]
    cve: Option<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    ids: Vec<Id>,
    #[serde(default, deserialize_with = "null_is_empty")]
    product_status: BTreeMap<String, Vec<String>>,
    #[serde(default, deserialize_with = "null_is_empty")]
    flags: Vec<About>,
    #[serde(default, deserialize_with = "null_is_empty")]
    threats: Vec<About>,
    #[serde(default, deserialize_with = "null_is_empty")]
    remediations: Vec<About>,
}

#[derive(Deserialize)]
struct Id {
    #[serde(default, deserialize_with = "null_is_empty")]
    text: String,
}

/// A flag, a threat or a remediation: something that is said of some products, or of all.
#[derive(Deserialize)]
struct About {
    #[serde(default, deserialize_with = "null_is_empty")]
    label: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    category: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    details: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    product_ids: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    group_ids: Vec<String>,
}

pub(super) fn parse(text: &str) -> Result<Vex> {
    let document: Document = document::json("a CSAF document", text)?;
    let Head { csaf_version, publisher, tracking } = document.document;
    if !["2.0", "2.1"].contains(&csaf_version.as_str()) {
        return Err(
            Error::unsupported(format!("CSAF {csaf_version} is not read")).context("field", "document.csaf_version")
        );
    }
    let mut problems = Vec::new();
    let issued =
        time(tracking.current_release_date.as_deref(), "document.tracking.current_release_date", &mut problems);
    let products = document.product_tree.products(&mut problems);
    let mut statements = Vec::new();
    if tracking.status == "draft" {
        problems.push(VexProblem::new("document.tracking.status", "a draft says nothing yet"));
    } else {
        for (i, vulnerability) in document.vulnerabilities.iter().enumerate() {
            vulnerability.read(&format!("vulnerabilities[{i}]"), &products, issued, &mut statements, &mut problems);
        }
    }
    Ok(Vex {
        format: VexFormat::Csaf,
        id: said(tracking.id),
        author: said(publisher.name),
        version: tracking.version.parse().ok(),
        issued,
        statements,
        problems,
    })
}

fn status(word: &str) -> Option<VexStatus> {
    Some(match word {
        "known_not_affected" => VexStatus::NotAffected,
        "fixed" | "first_fixed" => VexStatus::Fixed,
        "known_affected" | "first_affected" | "last_affected" => VexStatus::Affected,
        "under_investigation" => VexStatus::UnderInvestigation,
        _ => return None,
    })
}

/// A label and words, each where there is one.
type Why<'a> = (Option<&'a str>, Option<&'a str>);

/// Why products have their status: what is said of one product, or of all.
#[derive(Default)]
struct Reasons<'v> {
    labels: HashMap<&'v str, &'v str>,
    /// By product; under the empty text, what is said of all.
    words: HashMap<&'v str, &'v str>,
}

impl<'v> Reasons<'v> {
    fn of(vulnerability: &'v Vulnerability, status: VexStatus, products: &'v Products) -> Self {
        let mut reasons = Reasons::default();
        let about = if status == VexStatus::NotAffected { &vulnerability.threats } else { &vulnerability.remediations };
        for said in about.iter().filter(|said| !said.details.is_empty()) {
            if status == VexStatus::NotAffected && said.category != "impact" {
                continue;
            }
            said.ids(products).for_each(|id| {
                reasons.words.entry(id).or_insert(&said.details);
            });
        }
        for flag in vulnerability.flags.iter().filter(|flag| LABELS.contains(&flag.label.as_str())) {
            flag.ids(products).for_each(|id| {
                reasons.labels.entry(id).or_insert(&flag.label);
            });
        }
        reasons
    }

    fn for_product(&self, id: &str) -> (Option<&'v str>, Option<&'v str>) {
        let words = self.words.get(id).or_else(|| self.words.get("")).copied();
        (self.labels.get(id).or_else(|| self.labels.get("")).copied(), words)
    }
}

impl About {
    /// The products; the empty text where it is about all.
    fn ids<'v>(&'v self, products: &'v Products) -> Box<dyn Iterator<Item = &'v str> + 'v> {
        if self.product_ids.is_empty() && self.group_ids.is_empty() {
            return Box::new(std::iter::once(""));
        }
        let groups = self.group_ids.iter().filter_map(|group| products.groups.get(group)).flatten();
        Box::new(self.product_ids.iter().chain(groups).map(String::as_str))
    }
}

impl Vulnerability {
    fn read(
        &self,
        position: &str,
        products: &Products,
        at: Option<Timestamp>,
        statements: &mut Vec<VexStatement>,
        problems: &mut Vec<VexProblem>,
    ) {
        let names = self.cve.iter().chain(self.ids.iter().map(|id| &id.text)).filter(|name| !name.is_empty());
        let vulnerabilities: Arc<[String]> = names.cloned().collect();
        if vulnerabilities.is_empty() {
            return problems.push(VexProblem::new(position, "it names no vulnerability"));
        }
        for flag in self.flags.iter().filter(|flag| !LABELS.contains(&flag.label.as_str())) {
            problems.push(VexProblem::new(position, format!("the flag {:?} is not known", flag.label)));
        }
        for (word, ids) in &self.product_status {
            let position = format!("{position}.product_status.{word}");
            let Some(status) = status(word) else {
                if word != "recommended" {
                    problems.push(VexProblem::new(position, "the status is not known"));
                }
                continue;
            };
            let reasons = Reasons::of(self, status, products);
            // One statement for all products that have the same reasons.
            let mut alike: BTreeMap<Why<'_>, Vec<Arc<VexProduct>>> = BTreeMap::new();
            for id in ids {
                match products.by_id.get(id) {
                    Some(product) => alike.entry(reasons.for_product(id)).or_default().push(Arc::clone(product)),
                    None => problems.push(VexProblem::new(&position, format!("the product {id:?} is not in the tree"))),
                }
            }
            statements.extend(alike.into_iter().map(|((label, words), products)| VexStatement {
                position: position.clone(),
                vulnerabilities: Arc::clone(&vulnerabilities),
                products,
                status,
                justification: label.filter(|_| status == VexStatus::NotAffected).map(str::to_owned),
                explanation: words.map(str::to_owned),
                at,
            }));
        }
    }
}
