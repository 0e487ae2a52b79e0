//! Which licences an expression names.

use std::collections::BTreeSet;

use spdx::expression::{ExprNode, Operator};
use spdx::{Expression, LicenseItem, LicenseReq, ParseMode};

use super::words;

/// A longer text is no licence expression.
const MAX_TEXT: usize = 16 << 10;

/// The licence list's ids, and the deprecated ones of older lists.
const MODE: ParseMode = ParseMode {
    allow_slash_as_or_operator: false,
    allow_imprecise_license_names: false,
    allow_postfix_plus_on_gpl: false,
    allow_deprecated: true,
    allow_unknown: false,
};

/// A licence as it is stated, read.
pub(super) struct Meaning {
    /// The SPDX expression that was understood.
    pub(super) text: String,
    pub(super) expression: Expression,
}

/// Reads a stated licence; the error says why it means nothing.
pub(super) fn read(text: &str) -> Result<Meaning, &'static str> {
    let text = text.trim();
    if matches!(text, "" | "NOASSERTION" | "NONE") {
        return Err("no licence is stated");
    }
    if text.len() > MAX_TEXT {
        return Err("the text is too long for a licence expression");
    }
    let normal = words::expression(text);
    match Expression::parse_mode(&normal, MODE) {
        Ok(expression) => Ok(Meaning { text: normal, expression }),
        Err(_) => Err("it is not a licence expression"),
    }
}

/// The licences that a stated licence names, as SPDX has them, each once and sorted: an id, perhaps with an exception
/// (`GPL-2.0-only WITH Classpath-exception-2.0`), or a reference. Empty where the text cannot be understood; names that are
/// not known are left out.
pub fn identifiers(text: &str) -> Vec<String> {
    let Ok(meaning) = read(text) else { return Vec::new() };
    let known = meaning.expression.requirements().map(|leaf| &leaf.req).filter(|leaf| is_stated(leaf, text));
    known.map(ToString::to_string).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The SPDX expression that a stated licence means, its parts sorted, so that what means the same reads the same. None where
/// there is a name in it that is not known.
pub fn canonical(text: &str) -> Option<String> {
    let meaning = read(text).ok()?;
    let mut parts: Vec<Sorted> = Vec::new();
    for node in meaning.expression.iter() {
        let part = match node {
            ExprNode::Req(leaf) if is_stated(&leaf.req, text) && has_stated_exception(&leaf.req, text) => {
                Sorted::Leaf(leaf.req.to_string())
            }
            ExprNode::Req(_) => return None,
            ExprNode::Op(operator) => {
                let (right, left) = (parts.pop()?, parts.pop()?);
                let mut all = left.under(*operator);
                all.append(&mut right.under(*operator));
                Sorted::All(*operator, all)
            }
        };
        parts.push(part);
    }
    Some(parts.pop()?.text())
}

/// Whether a reference was in the text, and does not stand for a name that is not known.
fn is_stated(leaf: &LicenseReq, text: &str) -> bool {
    !matches!(&leaf.license, LicenseItem::Other(other) if !text.contains(&other.to_string()))
}

fn has_stated_exception(leaf: &LicenseReq, text: &str) -> bool {
    leaf.addition.as_ref().is_none_or(|addition| addition.id().is_some() || text.contains(&addition.to_string()))
}

/// An expression whose parts are sorted.
enum Sorted {
    Leaf(String),
    All(Operator, BTreeSet<String>),
}

impl Sorted {
    /// The parts as they stand in an expression of this operator.
    fn under(self, operator: Operator) -> BTreeSet<String> {
        match self {
            Sorted::All(own, parts) if own == operator => parts,
            Sorted::All(_, ref parts) if parts.len() > 1 => BTreeSet::from([format!("({})", self.text())]),
            other => BTreeSet::from([other.text()]),
        }
    }

    fn text(&self) -> String {
        match self {
            Sorted::Leaf(text) => text.clone(),
            Sorted::All(operator, parts) => {
                let word = if *operator == Operator::Or { " OR " } else { " AND " };
                parts.iter().map(String::as_str).collect::<Vec<_>>().join(word)
            }
        }
    }
}
