//! What holds between the members of an object.

use super::super::grammar::{Minor, Named, Object, Rule, Side};
use super::Report;

/// A member that is stated, and its text where it is one.
pub(super) type Stated<'s> = (&'s str, Option<&'s str>);

/// Required members and rules.
pub(super) fn check(report: &mut Report, object: &Object, stated: &[Stated<'_>], version: Minor, side: Side) {
    let is_stated = |name: &str| stated.iter().any(|(known, _)| *known == name);
    let text_of = |name: &str| stated.iter().find(|(known, _)| *known == name).and_then(|(_, text)| *text);
    for member in object.members.iter().filter(|member| member.is_required(version, side)) {
        if !is_stated(member.name) {
            report.tell("missing-member", format!("{} is required", member.name));
        }
    }
    for rule in &object.rules {
        match rule {
            Rule::OneOfJson(_) if side == Side::Xml => {}
            Rule::One(all) | Rule::OneOfJson(all) | Rule::Closed(all) | Rule::Any(all) => {
                let holds = |names: &&Vec<Named>| names.iter().all(|it| it.may_lack || is_stated(it.name));
                let held: Vec<&Vec<Named>> = all.iter().filter(holds).collect();
                match held.as_slice() {
                    [] => report.tell("missing-member", format!("one is required: {}", list(all))),
                    [_, _, ..] if !matches!(rule, Rule::Any(_)) => {
                        report.tell("conflict", format!("only one may be: {}", list(all)));
                    }
                    [held, ..] if matches!(rule, Rule::Closed(_)) => {
                        let others = all.iter().flatten().filter(|it| held.iter().all(|own| own.name != it.name));
                        for other in others.filter(|it| is_stated(it.name)) {
                            report.tell("conflict", format!("{} does not go with the others", other.name));
                        }
                    }
                    _ => {}
                }
            }
            Rule::Without(one, other) if is_stated(one) && is_stated(other) => {
                report.tell("conflict", format!("{one} and {other} exclude each other"));
            }
            Rule::Needs(one, other, value) if is_stated(one) && text_of(other) != Some(*value) => {
                report.tell("conflict", format!("{one} is only allowed where {other} is {value}"));
            }
            Rule::Case(name, value, others) if text_of(name) == Some(*value) => {
                let is_right = |(known, _): &Stated<'_>| known == name || others.contains(known);
                if !stated.iter().all(is_right) || !others.iter().all(|other| is_stated(other)) {
                    report.tell("conflict", format!("with {name} {value} there are {}", others.join(", ")));
                }
            }
            Rule::Without(..) | Rule::Needs(..) | Rule::Case(..) => {}
        }
    }
}

fn list(all: &[Vec<Named>]) -> String {
    let one = |names: &Vec<Named>| {
        let needed = names.iter().filter(|it| !it.may_lack).map(|it| it.name);
        needed.collect::<Vec<_>>().join(" with ")
    };
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}
