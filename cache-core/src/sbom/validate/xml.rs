//! XML against the table.

use std::collections::HashMap;

use super::super::cyclonedx::xml::{Element, choose};
use super::super::grammar::{Form, GRAMMAR, Kind, Member, Minor, Object, Place, Side};
use super::{Report, rules, scalar};

/// Namespaces whose attributes may stand anywhere.
const EVERYWHERE: &[&str] = &["http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/XML/1998/namespace"];

/// Tells what is wrong with a CycloneDX document.
pub(super) fn check(report: Report, root: &Element<'_>, version: Minor) -> Report {
    let mut check = Check { version, report, ids: HashMap::new() };
    check.report.enter("bom");
    check.object(GRAMMAR.bom(), root);
    check.report
}

struct Check {
    version: Minor,
    report: Report,
    ids: HashMap<String, String>,
}

impl Check {
    fn object(&mut self, object: &Object, element: &Element<'_>) {
        if object.since > self.version {
            self.report.tell("unknown-element", format!("such an element came with 1.{}", object.since));
        }
        if let Some(itself) = object.members.iter().find(|member| member.place == Place::Itself) {
            return itself.forms.iter().take(1).for_each(|form| self.value(form.kind, element, &[]));
        }
        let mut stated: Vec<rules::Stated<'_>> = Vec::new();
        for (name, value) in &element.attributes {
            let is_it = |member: &&Member| {
                matches!(member.place, Place::Attribute(known) if known == *name) && self.has(member)
            };
            match object.members.iter().find(is_it) {
                Some(member) => {
                    stated.push((member.name, Some(&**value)));
                    self.report.enter(&format!("/@{name}"));
                    member.forms.iter().take(1).for_each(|form| self.scalar(form.kind, value));
                    self.report.leave();
                }
                None if object.attributes => {}
                None => self.report.tell("unknown-attribute", format!("there is no attribute {name} here")),
            }
        }
        self.foreign(element, object.attributes, object.elements);
        self.identify(element);
        match object.members.iter().find(|member| member.place == Place::Text) {
            Some(member) => {
                stated.push((member.name, Some(&*element.text)));
                member.forms.iter().take(1).for_each(|form| self.scalar(form.kind, &element.text));
                self.childless(element);
            }
            None => {
                self.textless(element);
                self.children(object, element, &mut stated);
            }
        }
        rules::check(&mut self.report, object, &stated, self.version, Side::Xml);
    }

    fn children<'e>(&mut self, object: &'e Object, element: &'e Element<'_>, stated: &mut Vec<rules::Stated<'e>>) {
        let (mut last, mut counts) = (None, Counts::default());
        for child in &element.children {
            self.report.enter(&counts.step(child.name));
            let chosen = choose(object, child, last.unwrap_or_default(), self.version);
            let member = chosen.and_then(|(at, form)| Some((at, form, object.members.get(at)?)));
            match member.filter(|(_, _, member)| self.has(member)) {
                Some((at, form, member)) => {
                    if !object.loose && last.is_some_and(|last| at < last) {
                        self.report.tell("wrong-order", "the element stands too late");
                    } else if !object.loose && last == Some(at) && member.place != Place::Each {
                        self.report.tell("repeated-element", "the element may stand only once");
                    }
                    last = Some(last.map_or(at, |last: usize| last.max(at)));
                    if !stated.iter().any(|(name, _)| *name == member.name) {
                        stated.push((member.name, Some(&*child.text)));
                    }
                    self.member(object, member, form, child, stated);
                }
                None => self.report.tell("unknown-element", format!("there is no such element in {}", object.name)),
            }
            self.report.leave();
        }
    }

    fn member<'e>(
        &mut self,
        object: &'e Object,
        member: &'e Member,
        form: &Form,
        child: &'e Element<'_>,
        stated: &mut Vec<rules::Stated<'e>>,
    ) {
        if matches!(member.place, Place::Within(_)) {
            return self.items(member, child);
        }
        let mut beside = Vec::new();
        for other in &object.members {
            if let Place::Of(name, attribute) = other.place
                && name == child.name
                && let Some(value) = child.attribute(attribute)
            {
                beside.push(attribute);
                stated.push((other.name, Some(value)));
                other.forms.iter().take(1).for_each(|form| self.scalar(form.kind, value));
            }
        }
        self.item(form, child, &beside);
    }

    fn items(&mut self, member: &Member, around: &Element<'_>) {
        self.textless(around);
        self.foreign(around, member.open, member.open);
        if !member.open && !around.attributes.is_empty() {
            self.report.tell("unknown-attribute", "there are no attributes here");
        }
        if member.nonempty && around.children.is_empty() {
            self.report.tell("wrong-value", "the list may not be empty");
        }
        let (mut counts, mut has_expression) = (Counts::default(), false);
        for child in &around.children {
            self.report.enter(&counts.step(child.name));
            match member.form_for(child) {
                Some(form) => {
                    has_expression |= form.element == "expression";
                    self.item(form, child, &[]);
                }
                None => self.report.tell("unknown-element", format!("there is no such item in {}", member.name)),
            }
            self.report.leave();
        }
        if member.unmixed && has_expression && around.children.len() > 1 && self.version <= 6 {
            self.report.tell("conflict", "an expression stands alone");
        }
    }

    fn item(&mut self, form: &Form, element: &Element<'_>, beside: &[&str]) {
        let Some(attribute) = form.attribute else {
            return self.value(form.kind, element.within(form), beside);
        };
        self.textless(element);
        self.foreign(element, true, false);
        match element.attribute(attribute) {
            Some(value) => self.scalar(form.kind, value),
            None => self.report.tell("missing-member", format!("the attribute {attribute} is required")),
        }
    }

    fn value(&mut self, kind: Kind, element: &Element<'_>, beside: &[&str]) {
        if let Kind::Object(at) = kind {
            return self.object(GRAMMAR.object(at), element);
        }
        for (name, _) in element.attributes.iter().filter(|(name, _)| !beside.contains(name)) {
            self.report.tell("unknown-attribute", format!("there is no attribute {name} here"));
        }
        self.foreign(element, false, false);
        self.childless(element);
        self.scalar(kind, &element.text);
    }

    fn scalar(&mut self, kind: Kind, text: &str) {
        if let Some(wrong) = scalar::wrong(kind, text, self.version, Side::Xml) {
            self.report.tell("wrong-value", wrong);
        }
    }

    fn has(&self, member: &Member) -> bool {
        member.is_in(self.version, Side::Xml)
    }

    fn foreign(&mut self, element: &Element<'_>, attributes: bool, elements: bool) {
        let elsewhere = element.foreign.iter().filter(|it| !EVERYWHERE.contains(&&*it.space));
        for foreign in elsewhere.filter(|_| !attributes) {
            self.report.tell("unknown-attribute", format!("there is no attribute {} here", foreign.name));
        }
        if !elements && !element.others.is_empty() {
            self.report.tell("unknown-element", "elements of other namespaces do not belong here");
        }
    }

    fn textless(&mut self, element: &Element<'_>) {
        if !element.text.trim().is_empty() {
            self.report.tell("unexpected-text", "text stands where elements belong");
        }
    }

    fn childless(&mut self, element: &Element<'_>) {
        if !element.children.is_empty() {
            self.report.tell("unknown-element", "elements stand where text belongs");
        }
    }

    /// The ids of all elements are unique.
    fn identify(&mut self, element: &Element<'_>) {
        let Some(id) = element.attribute("bom-ref") else { return };
        match self.ids.get(id) {
            Some(first) => self.report.tell("repeated-id", format!("{first} has the id {id:?} too")),
            None => drop(self.ids.insert(id.to_owned(), self.report.position().to_owned())),
        }
    }
}

/// How many elements of each name there were: `/component[3]`, and `/metadata` for the first.
#[derive(Default)]
struct Counts<'e>(HashMap<&'e str, usize>);

impl<'e> Counts<'e> {
    fn step(&mut self, name: &'e str) -> String {
        let count = self.0.entry(name).or_default();
        *count += 1;
        if *count == 1 { format!("/{name}") } else { format!("/{name}[{}]", *count - 1) }
    }
}
