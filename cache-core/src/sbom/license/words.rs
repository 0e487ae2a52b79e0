//! From a licence as people write it to the SPDX expression that it means.
//!
//! SPDX expressions in any letter case, Debian's short names and grammar (`GPL-2+ or Artistic, and BSD-3-clause`: DEP-5),
//! Fedora's short names (`GPLv2+ and MIT`, `ASL 2.0`), Cargo's slash, names in full.

use super::names;
use crate::sbom::text::plain_word;

/// The words of an expression as SPDX has them: ids in their own letter case, operators in capitals, references for names
/// that are not known. What is no expression stays none.
pub(super) fn expression(text: &str) -> String {
    if let Some(whole) = names::whole(text) {
        return whole;
    }
    // In DEP-5 a comma before an operator closes what stands before it.
    for (comma, operator) in [(", and ", " AND "), (", or ", " OR ")] {
        let lower = text.to_ascii_lowercase();
        if lower.contains(comma) && !text.contains(['(', ')']) {
            let mut parts = Vec::new();
            let mut rest = text;
            while let Some(at) = rest.to_ascii_lowercase().find(comma) {
                let (part, after) = rest.split_at(at);
                parts.push(part);
                rest = after.get(comma.len()..).unwrap_or("");
            }
            parts.push(rest);
            let parts: Vec<_> = parts.into_iter().map(|part| format!("({})", plain_expression(part))).collect();
            return parts.join(operator);
        }
    }
    plain_expression(text)
}

/// An expression without DEP-5's commas.
fn plain_expression(text: &str) -> String {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let (mut out, mut name): (Vec<String>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut exception = false;
    while let Some(word) = words.next() {
        let operator = match word.to_ascii_uppercase().as_str() {
            "AND" | "&" | "&&" => "AND",
            // `or later` is the end of a name.
            "OR" if words.peek().is_some_and(|next| is_later(next)) => "",
            "OR" | "|" | "||" => "OR",
            "WITH" | "W/" => "WITH",
            "(" => "(",
            ")" => ")",
            _ => "",
        };
        if operator.is_empty() {
            name.push(word);
            continue;
        }
        finish(&mut name, &mut out, exception);
        exception = operator == "WITH";
        out.push(operator.to_owned());
    }
    finish(&mut name, &mut out, exception);
    out.join(" ").replace("( ", "(").replace(" )", ")")
}

/// Puts the name that the words are to what is there.
fn finish(name: &mut Vec<&str>, out: &mut Vec<String>, exception: bool) {
    if name.is_empty() {
        return;
    }
    let text = name.join(" ");
    name.clear();
    if !exception {
        out.push(license(&text));
        return;
    }
    if text.starts_with("AdditionRef-") {
        out.push(text);
        return;
    }
    let license = out.len().checked_sub(2).and_then(|at| out.get(at)).map_or("", String::as_str);
    out.push(names::exception(&text, license).unwrap_or_else(|| format!("AdditionRef-{}", plain_word(&text))));
}

fn is_later(word: &str) -> bool {
    matches!(word.to_ascii_lowercase().trim_end_matches([',', ')']), "later" | "newer" | "any" | "greater")
}

fn license(text: &str) -> String {
    if text.starts_with("LicenseRef-") || text.starts_with("DocumentRef-") {
        return text.to_owned();
    }
    if let Some(expression) = names::whole(text) {
        return expression;
    }
    // Cargo's manifests once wrote a choice like this.
    let either: Option<Vec<_>> = text.split('/').map(names::license).collect();
    match either {
        Some(ids) if ids.len() > 1 => format!("({})", ids.join(" OR ")),
        // A `+` or a comma is no part of a name, and prose is none; the expression will not parse, and must not.
        _ if text.contains(['+', ',', ';']) || text.split(' ').count() > 4 => text.to_owned(),
        _ => format!("LicenseRef-{}", plain_word(text)),
    }
}
