//! JSON against the table.

use std::collections::{HashMap, HashSet};

use super::super::grammar::{Form, GRAMMAR, Kind, Member, Minor, Object, Side};
use super::super::value::{Members, Value};
use super::{Report, rules, scalar};

/// Tells what is wrong with a document that is to be such an object.
pub(super) fn check(report: Report, object: &Object, document: &Value<'_>, version: Minor) -> Report {
    let mut check = Check { version, report, ids: HashMap::new() };
    check.object(object, document);
    check.report
}

struct Check {
    version: Minor,
    report: Report,
    /// Where the components and services are that have an id.
    ids: HashMap<String, String>,
}

impl Check {
    fn object(&mut self, object: &Object, value: &Value<'_>) {
        let Value::Object(members) = value else {
            return self.report.tell("wrong-type", "an object is expected");
        };
        if object.since > self.version {
            self.report.tell("unknown-member", format!("such an object came with 1.{}", object.since));
        }
        let mut seen = HashSet::new();
        for (name, value) in members {
            if !seen.insert(&**name) {
                self.report.tell("repeated-member", format!("{name} stands twice"));
            }
            self.report.enter(&format!(".{name}"));
            match alternative(object, name, value, self.version) {
                Some(member) => self.member(member, value),
                None if self.version <= object.open => {}
                None => self.report.tell("unknown-member", format!("there is no such member in {}", object.name)),
            }
            self.report.leave();
        }
        let stated: Vec<rules::Stated<'_>> = members.iter().map(|(name, value)| (&**name, plain(value))).collect();
        rules::check(&mut self.report, object, &stated, self.version, Side::Json);
        if matches!(object.name, "component" | "service") {
            self.identify(value);
        }
    }

    fn member(&mut self, member: &Member, value: &Value<'_>) {
        if !member.list {
            return match member.form_of(value) {
                Some(form) => self.value(form, value),
                None => self.report.tell("wrong-type", "no such value is expected"),
            };
        }
        let Value::List(items) = value else {
            return self.report.tell("wrong-type", "a list is expected");
        };
        if member.nonempty && items.is_empty() {
            self.report.tell("wrong-value", "the list may not be empty");
        }
        let mut known = HashSet::new();
        let mut has_expression = false;
        for (at, item) in items.iter().enumerate() {
            self.report.enter(&format!("[{at}]"));
            if member.unique && !known.insert(canonical(item)) {
                self.report.tell("repeated-item", "the list has this item already");
            }
            if let Some(form) = member.form_of(item) {
                has_expression |= form.element == "expression";
                self.value(form, item);
            }
            self.report.leave();
        }
        if member.unmixed && has_expression && items.len() > 1 && matches!(self.version, 5 | 6) {
            self.report.tell("conflict", "an expression stands alone");
        }
    }

    fn value(&mut self, form: &Form, value: &Value<'_>) {
        let (kind, version) = (form.kind, self.version);
        let wrong = match (kind, value) {
            (Kind::Object(at), value) => return self.object(GRAMMAR.object(at), value),
            (Kind::Bool, Value::Bool(_)) => None,
            (Kind::Bool, _) => Some("a truth value is expected".to_owned()),
            (Kind::Int(low, high), Value::Number(text)) => {
                let value = text.parse::<f64>().ok().filter(|value| value.fract() == 0.0);
                let is_right = value.is_some_and(|value| scalar::is_within(value, low, high, version));
                (!is_right).then(|| format!("{text} is no whole number in the range"))
            }
            (Kind::Number(low, high), Value::Number(text)) => {
                let is_right = text.parse().is_ok_and(|value| scalar::is_within(value, low, high, version));
                (!is_right).then(|| format!("{text} is not in the range"))
            }
            (Kind::Int(..) | Kind::Number(..), _) => Some("a number is expected".to_owned()),
            (_, Value::Text(text)) => {
                if let Some(wrong) = scalar::wrong(kind, text, version, Side::Json) {
                    self.report.tell("wrong-value", wrong);
                }
                None
            }
            _ => Some("text is expected".to_owned()),
        };
        if let Some(wrong) = wrong {
            self.report.tell("wrong-type", wrong);
        }
    }

    /// Ids are unique. Those of workflows are not asked: the specification's own examples repeat them.
    fn identify(&mut self, value: &Value<'_>) {
        let Some(id) = value.get("bom-ref").and_then(Value::text).filter(|id| !id.is_empty()) else { return };
        let place = self.report.position().to_owned();
        if let Some(first) = self.ids.get(id) {
            let message = format!("{} has the id {id:?} too", if first.is_empty() { "the document" } else { first });
            return self.report.tell("repeated-id", message);
        }
        self.ids.insert(id.to_owned(), place);
    }
}

/// The member of that name; of two, that which takes such a value.
fn alternative<'g>(object: &'g Object, name: &str, value: &Value<'_>, version: Minor) -> Option<&'g Member> {
    let in_version = || object.named(name).map(|(_, member)| member).filter(|m| m.is_in(version, Side::Json));
    let is_list = matches!(value, Value::List(_));
    in_version().find(|member| member.list == is_list).or_else(|| in_version().next())
}

fn plain<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    match value {
        Value::Text(text) => Some(text),
        Value::Bool(value) => Some(if *value { "true" } else { "false" }),
        _ => None,
    }
}

/// The same text for values that are equal: the members of an object have no order.
fn canonical(value: &Value<'_>) -> String {
    fn sorted<'v>(value: &'v Value<'_>) -> Value<'v> {
        match value {
            Value::Object(members) => {
                let mut members: Members<'v> =
                    members.iter().map(|(name, value)| (name.as_ref().into(), sorted(value))).collect();
                members.sort_by(|(one, _), (other, _)| one.cmp(other));
                Value::Object(members)
            }
            Value::List(items) => Value::List(items.iter().map(sorted).collect()),
            Value::Text(text) => Value::Text(text.as_ref().into()),
            Value::Number(text) => Value::Number(text),
            Value::Bool(value) => Value::Bool(*value),
            Value::Null => Value::Null,
        }
    }
    serde_json::to_string(&sorted(value)).unwrap_or_default()
}
