//! The evaluation of a licence expression, branch by branch.

use spdx::expression::{ExprNode, Operator};
use spdx::{Expression, LicenseItem, LicenseReq, ParseMode};

use super::{LicenseRules, matches, names};

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
        if matches!(text, "" | "NOASSERTION" | "NONE") {
            return unknown(text, "no licence is stated");
        }
        if text.len() > MAX_TEXT {
            return unknown("", "the text is too long for a licence expression");
        }
        let normal = names::license(text).map_or_else(|| normalise(text), |id| id.into_owned());
        let Ok(expression) = Expression::parse_mode(&normal, MODE) else {
            return unknown(text, "it is not a licence expression");
        };
        let mut parts: Vec<Part> = Vec::new();
        let mut choice = false;
        for node in expression.iter() {
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
        let understood_as = (normal != text).then_some(normal);
        Assessment {
            standing: whole.standing,
            chosen: whole.text,
            choice,
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
            text: text.clone(),
        };
        let denied = |id: &str, why: &str| Part { denied: vec![id.to_owned()], ..part(Standing::Denied, why) };
        let (id, exception) = match (&stated.license, &stated.addition) {
            (LicenseItem::Spdx { id, .. }, addition) => match (names::with_exception(id.name), addition) {
                (Some((license, exception)), None) => (license.to_owned(), Some(exception)),
                (_, None) => (id.name.to_owned(), None),
                (_, Some(addition)) => match addition.id() {
                    Some(exception) => (id.name.to_owned(), Some(exception.name)),
                    None => return part(Standing::Unknown, "has an exception that is not known"),
                },
            },
            // Converters write such a reference for a name that is no id.
            (LicenseItem::Other(reference), None) => match names::license(&reference.lic_ref) {
                Some(id) if matches(&self.deny, &id) => {
                    return denied(&id, &format!("means {id}, which is denied"));
                }
                _ => return part(Standing::Unknown, "is a reference to other text"),
            },
            (LicenseItem::Other(_), Some(_)) => return part(Standing::Unknown, "is a reference to other text"),
        };
        let lifted = exception.is_some_and(|exception| matches(&self.lifted_by, exception));
        if matches(&self.deny, &id) && !lifted {
            denied(&id, "is denied")
        } else if matches(&self.review, &id) {
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
}

/// Of a choice the better branch counts, of a conjunction everything does.
fn join(operator: Operator, left: Part, right: Part) -> Part {
    match operator {
        Operator::Or if right.standing < left.standing => right,
        Operator::Or if left.standing < right.standing || left.standing == Standing::Allowed => left,
        Operator::Or | Operator::And => {
            let standing = left.standing.max(right.standing);
            let word = if operator == Operator::Or { "OR" } else { "AND" };
            let because = left.because.into_iter().chain(right.because).collect();
            let denied = left.denied.into_iter().chain(right.denied).collect();
            Part { standing, text: format!("{} {word} {}", left.text, right.text), because, denied }
        }
    }
}

fn unknown(text: &str, why: &str) -> Assessment {
    Assessment {
        standing: Standing::Unknown,
        chosen: text.to_owned(),
        choice: false,
        because: vec![why.to_owned()],
        denied: Vec::new(),
        understood_as: None,
    }
}

/// Rewrites the words of an expression as SPDX has them: ids in their own letter case, operators in capitals, references for
/// names that are not known.
fn normalise(text: &str) -> String {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut after_with = false;
    let words = spaced.split_whitespace().map(|word| {
        let exception = std::mem::replace(&mut after_with, word.eq_ignore_ascii_case("with"));
        match word.to_ascii_uppercase().as_str() {
            operator @ ("AND" | "OR" | "WITH" | "(" | ")") => operator.to_owned(),
            _ if exception => {
                names::exception(word).map_or_else(|| format!("AdditionRef-{}", plain(word)), str::to_owned)
            }
            _ if word.starts_with("LicenseRef-") || word.starts_with("DocumentRef-") => word.to_owned(),
            _ => license_word(word),
        }
    });
    words.collect::<Vec<_>>().join(" ").replace("( ", "(").replace(" )", ")")
}

fn license_word(word: &str) -> String {
    if let Some(id) = names::license(word) {
        return id.into_owned();
    }
    // Cargo's manifests once wrote a choice like this.
    let either: Option<Vec<_>> = word.split('/').map(names::license).collect();
    match either {
        Some(ids) if ids.len() > 1 => format!("({})", ids.join(" OR ")),
        // A `+` or a comma is no part of a name; the expression will not parse, and must not.
        _ if word.contains(['+', ',', ';']) => word.to_owned(),
        _ => format!("LicenseRef-{}", plain(word)),
    }
}

fn plain(word: &str) -> String {
    word.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect()
}
