//! The evaluation of a licence expression, branch by branch.

use spdx::expression::{ExprNode, Operator};
use spdx::{LicenseItem, LicenseReq};

use super::pattern::{is_like, refuses};
use super::{LicenseRules, meaning, names};

/// How a licence stands, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// No rule is against it.
    Allowed,
    /// Nobody can say without looking.
    Unknown,
    /// A rule refuses it.
    Denied,
}

/// What a stated licence amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// How it stands.
    pub standing: Standing,
    /// The branch that was chosen where there is a choice, in SPDX ids: the best of an `OR`, all of an `AND`.
    pub chosen: String,
    /// Whether there was a choice.
    pub choice: bool,
    /// What speaks against the branches that were not chosen, one line for each licence in them that is in the way. Empty
    /// where all branches are allowed: then the first is chosen.
    pub against_others: Vec<String>,
    /// Why it is not allowed, one line for each licence that is in the way.
    pub because: Vec<String>,
    /// The ids that are denied and in the way.
    pub denied: Vec<String>,
    /// What was understood, where the text is not an SPDX expression as it stands.
    pub understood_as: Option<String>,
}

impl LicenseRules {
    /// Assesses a licence as a document states it. Text that cannot be understood is `Unknown`, never allowed.
    pub fn assess(&self, text: &str) -> Assessment {
        let text = text.trim();
        let meaning = match meaning::read(text) {
            Ok(meaning) => meaning,
            // What is too long for an expression is too long to be shown as the chosen one.
            Err(why) => return unknown(if text.len() > 1000 { "" } else { text }, why),
        };
        let mut parts: Vec<Part> = Vec::new();
        let mut choice = false;
        for node in meaning.expression.iter() {
            let part = match node {
                ExprNode::Req(leaf) => self.leaf(&leaf.req),
                ExprNode::Op(operator) => {
                    choice |= *operator == Operator::Or;
                    let (Some(right), Some(left)) = (parts.pop(), parts.pop()) else {
                        return unknown(text, "it is not a licence expression");
                    };
                    join(*operator, left, right)
                }
            };
            parts.push(part);
        }
        let Some(whole) = parts.pop() else { return unknown(text, "it is not a licence expression") };
        let understood_as = (meaning.text != text).then_some(meaning.text);
        Assessment {
            standing: whole.standing,
            chosen: whole.text,
            choice,
            against_others: whole.against_others,
            because: whole.because,
            denied: whole.denied,
            understood_as,
        }
    }

    fn leaf(&self, stated: &LicenseReq) -> Part {
        let text = stated.to_string();
        let part = |standing, why: &str| Part {
            standing,
            because: if why.is_empty() { Vec::new() } else { vec![format!("{text} {why}")] },
            denied: Vec::new(),
            against_others: Vec::new(),
            text: text.clone(),
        };
        let denied = |id: &str, why: &str| Part { denied: vec![id.to_owned()], ..part(Standing::Denied, why) };
        let (id, exception) = match (&stated.license, &stated.addition) {
            (LicenseItem::Spdx { id, .. }, None) => (id.name.to_owned(), None),
            (LicenseItem::Spdx { id, .. }, Some(addition)) => match addition.id() {
                Some(exception) => (id.name.to_owned(), Some(exception.name)),
                None => return part(Standing::Unknown, "has an exception that is not known"),
            },
            // Converters write such a reference for a name that is no id.
            (LicenseItem::Other(reference), None) => match names::license(&reference.lic_ref) {
                Some(id) if refuses(&self.deny, &id) => {
                    return denied(&id, &format!("means {id}, which is denied"));
                }
                _ => return part(Standing::Unknown, "is a reference to other text"),
            },
            (LicenseItem::Other(_), Some(_)) => return part(Standing::Unknown, "is a reference to other text"),
        };
        let lifts = |exception: &str| self.lifted_by.iter().any(|pattern| is_like(pattern, exception));
        let lifted = exception.is_some_and(lifts);
        if refuses(&self.deny, &id) && !lifted {
            denied(&id, "is denied")
        } else if refuses(&self.review, &id) {
            part(Standing::Unknown, "is to be looked at by a person")
        } else {
            part(Standing::Allowed, "")
        }
    }
}

struct Part {
    standing: Standing,
    text: String,
    because: Vec<String>,
    denied: Vec<String>,
    against_others: Vec<String>,
}

/// Of a choice the better branch counts, of a conjunction everything does.
fn join(operator: Operator, left: Part, right: Part) -> Part {
    match operator {
        Operator::Or if right.standing < left.standing => preferred(right, left),
        Operator::Or if left.standing < right.standing || left.standing == Standing::Allowed => preferred(left, right),
        Operator::Or | Operator::And => {
            let standing = left.standing.max(right.standing);
            let word = if operator == Operator::Or { "OR" } else { "AND" };
            let because = left.because.into_iter().chain(right.because).collect();
            let denied = left.denied.into_iter().chain(right.denied).collect();
            let against_others = left.against_others.into_iter().chain(right.against_others).collect();
            Part { standing, text: format!("{} {word} {}", left.text, right.text), because, denied, against_others }
        }
    }
}

/// The better of two branches, which remembers what speaks against the other.
fn preferred(chosen: Part, other: Part) -> Part {
    let against_others = chosen.against_others.into_iter().chain(other.against_others).chain(other.because).collect();
    Part { against_others, ..chosen }
}

fn unknown(text: &str, why: &str) -> Assessment {
    Assessment {
        standing: Standing::Unknown,
        chosen: text.to_owned(),
        choice: false,
        against_others: Vec::new(),
        because: vec![why.to_owned()],
        denied: Vec::new(),
        understood_as: None,
    }
}
