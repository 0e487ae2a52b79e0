//! Reads the table.

use std::collections::HashMap;

use super::{Form, Grammar, Kind, Member, Minor, Named, Object, Place, Rule, Shape, Span, Words};

const OBJECTS: &[&str] = &[
    include_str!("bom.txt"),
    include_str!("component.txt"),
    include_str!("cryptography.txt"),
    include_str!("declarations.txt"),
    include_str!("formulation.txt"),
    include_str!("model.txt"),
    include_str!("spdx.txt"),
    include_str!("vulnerability.txt"),
];
const WORDS: &str = include_str!("words.txt");

/// Types that are neither objects nor enumerations.
const SCALARS: &[(&str, Kind)] = &[
    ("text", Kind::Text(Shape::Any)),
    ("time", Kind::Text(Shape::Time)),
    ("date", Kind::Text(Shape::Date)),
    ("uri", Kind::Text(Shape::Uri)),
    ("email", Kind::Text(Shape::Email)),
    ("ref", Kind::Text(Shape::Ref)),
    ("version", Kind::Text(Shape::Version)),
    ("version-range", Kind::Text(Shape::VersionRange)),
    ("uuid", Kind::Text(Shape::Uuid)),
    ("mime", Kind::Text(Shape::Mime)),
    ("digest", Kind::Text(Shape::Digest)),
    ("cpe", Kind::Text(Shape::Cpe)),
    ("cre", Kind::Text(Shape::Cre)),
    ("patent-number", Kind::Text(Shape::PatentNumber)),
    ("jurisdiction", Kind::Text(Shape::Jurisdiction)),
    ("locale", Kind::Text(Shape::Locale)),
    ("spdx-id", Kind::Text(Shape::License)),
    ("signature-algorithm", Kind::Text(Shape::Any)),
    ("bool", Kind::Bool),
    ("cwe", Kind::Int(1.0, f64::MAX)),
];

/// The whole table; the line that is no part of one.
pub(super) fn all() -> Result<Grammar, String> {
    let mut grammar = Grammar { names: SCALARS.iter().copied().collect(), ..Grammar::default() };
    for line in WORDS.lines().filter(|line| is_head(line)) {
        let name = line.split(' ').next().unwrap_or_default();
        grammar.names.insert(name, Kind::Words(grammar.words.len()));
        grammar.words.push(Words { json: line.ends_with(" json"), ..Words::default() });
    }
    words(&mut grammar.words)?;
    let lines = || OBJECTS.iter().flat_map(|file| file.lines()).filter(|line| !line.trim().is_empty());
    for line in lines().filter(|line| is_head(line)) {
        let object = head(line)?;
        grammar.names.insert(object.name, Kind::Object(grammar.objects.len()));
        grammar.objects.push(object);
    }
    let mut at = None;
    for line in lines() {
        if is_head(line) {
            at = Some(at.map_or(0, |at| at + 1));
            continue;
        }
        let object = at.and_then(|at: usize| grammar.objects.get_mut(at)).ok_or(line)?;
        match rule(line)? {
            Some(rule) => object.rules.push(rule),
            None => object.members.push(member(line, &grammar.names)?),
        }
    }
    Ok(grammar)
}

fn is_head(line: &str) -> bool {
    !line.starts_with(' ') && !line.is_empty()
}

fn words(all: &mut [Words]) -> Result<(), String> {
    let (mut at, mut since) = (None, 0);
    for line in WORDS.lines() {
        if is_head(line) {
            (at, since) = (Some(at.map_or(0, |at| at + 1)), 0);
            continue;
        }
        for word in line.split_whitespace() {
            match span(word) {
                Some(span) => since = span.0,
                None => {
                    let words = at.and_then(|at: usize| all.get_mut(at)).ok_or(line)?;
                    words.known.insert(word.replace('~', " "), since);
                }
            }
        }
    }
    Ok(())
}

fn head(line: &'static str) -> Result<Object, String> {
    let mut words = line.split(' ');
    let mut object = Object { name: words.next().unwrap_or_default(), ..Object::default() };
    for word in words {
        match word {
            "+attributes" => object.attributes = true,
            "+elements" => object.elements = true,
            "loose" => object.loose = true,
            "open" => object.open = Minor::MAX,
            word => match (word.strip_prefix("open").and_then(span), span(word)) {
                (Some(span), _) => object.open = span.1,
                (None, Some(span)) => object.since = span.0,
                _ => return Err(line.into()),
            },
        }
    }
    Ok(object)
}

/// `1.6+` or `-1.3`.
fn span(word: &str) -> Option<Span> {
    let minor = |version: &str| version.strip_prefix("1.")?.parse().ok();
    match (word.strip_suffix('+'), word.strip_prefix('-')) {
        (Some(since), _) => Some(Span(minor(since)?, Minor::MAX)),
        (_, Some(until)) => Some(Span(0, minor(until)?)),
        _ => None,
    }
}

fn rule(line: &'static str) -> Result<Option<Rule>, String> {
    let words: Vec<&'static str> = line.split_whitespace().collect();
    let alternatives = |words: &[&'static str]| {
        let named = |word: &&'static str| Named { name: word.trim_end_matches('?'), may_lack: word.ends_with('?') };
        words.split(|word| *word == "|").map(|words| words.iter().map(named).collect()).collect()
    };
    Ok(Some(match words.as_slice() {
        ["one", words @ ..] => Rule::One(alternatives(words)),
        ["one-json", words @ ..] => Rule::OneOfJson(alternatives(words)),
        ["any", words @ ..] => Rule::Any(alternatives(words)),
        ["closed", words @ ..] => Rule::Closed(alternatives(words)),
        ["without", one, other] => Rule::Without(one, other),
        ["needs", one, other, value] => Rule::Needs(one, other, value),
        ["case", one, value, others @ ..] => Rule::Case(one, value, others.to_vec()),
        [_, _, ..] => return Ok(None),
        _ => return Err(line.into()),
    }))
}

fn member(line: &'static str, names: &HashMap<&'static str, Kind>) -> Result<Member, String> {
    let mut words = line.split_whitespace();
    let (Some(name), Some(types)) = (words.next(), words.next()) else { return Err(line.into()) };
    let mut required = name.split('!');
    let name = required.next().unwrap_or_default();
    let kinds: Option<Vec<Kind>> =
        types.trim_end_matches('*').split('|').map(|name| names.get(name).copied().or_else(|| number(name))).collect();
    let kinds = kinds.filter(|kinds| !kinds.is_empty()).ok_or(line)?;
    let mut member = Member {
        name,
        place: Place::Child,
        forms: Vec::new(),
        list: types.ends_with('*'),
        unique: false,
        nonempty: false,
        unmixed: false,
        open: false,
        json: Span::ALWAYS,
        xml: Span::ALWAYS,
        required_json: Span::NEVER,
        required_xml: Span::NEVER,
    };
    for which in required {
        let (json, xml) = (!which.starts_with('x'), !which.starts_with('j'));
        let versions = which.trim_start_matches(['x', 'j']);
        let span = if versions.is_empty() { Span::ALWAYS } else { span(versions).ok_or(line)? };
        member.required_json = if json { span } else { member.required_json };
        member.required_xml = if xml { span } else { member.required_xml };
    }
    let mut elements = name;
    for word in words {
        place(&mut member, &mut elements, word).ok_or(line)?;
    }
    let mut elements = elements.split(',').cycle();
    member.forms = kinds.into_iter().filter_map(|kind| Some(form(&mut member.open, elements.next()?, kind))).collect();
    Ok(member)
}

/// What one word says of where a member stands.
fn place(member: &mut Member, elements: &mut &'static str, word: &'static str) -> Option<()> {
    if let Some(span) = span(word) {
        for side in [&mut member.json, &mut member.xml].into_iter().filter(|side| **side != Span::NEVER) {
            *side = span;
        }
        return Some(());
    }
    match word {
        "unique" => member.unique = true,
        "nonempty" => member.nonempty = true,
        "unmixed" => member.unmixed = true,
        "." => member.place = Place::Text,
        "-" => (member.place, member.xml) = (Place::Nowhere, Span::NEVER),
        "<" => member.json = Span::NEVER,
        "self" => member.place = Place::Itself,
        "each" => member.place = Place::Each,
        "@" => member.place = Place::Attribute(member.name),
        _ if word.starts_with("j1.") => member.json = span(word.get(1..)?)?,
        _ => match (word.split_once(':'), word.split_once('@'), word.split_once('=')) {
            (Some(("item", items)), ..) => (member.place, *elements) = (Place::Within(member.name), items),
            (Some(("each", items)), ..) => (member.place, *elements) = (Place::Each, items),
            (None, Some(("", name)), _) => member.place = Place::Attribute(name),
            (None, Some((child, name)), _) => member.place = Place::Of(child, name),
            (None, None, Some(("", names))) => match member.place {
                Place::Within(_) => member.place = Place::Within(names),
                _ => *elements = names,
            },
            _ => return None,
        },
    }
    Some(())
}

/// `ELEMENT[+][@ATTRIBUTE]` or `OUTER/INNER`.
fn form(open: &mut bool, text: &'static str, kind: Kind) -> Form {
    let (path, attribute) = text.split_once('@').map_or((text, None), |(path, name)| (path, Some(name)));
    *open |= path.ends_with('+');
    let path = path.trim_end_matches('+');
    let (element, inner) = path.split_once('/').map_or((path, None), |(outer, inner)| (outer, Some(inner)));
    Form { element, inner, attribute, kind }
}

/// `int`, `number[0..1]`.
fn number(text: &str) -> Option<Kind> {
    let (name, range) = text.split_once('[').map_or((text, None), |(name, range)| (name, Some(range)));
    let bound = |bound: &str, none: f64| if bound.is_empty() { Some(none) } else { bound.parse().ok() };
    let (low, high) = match range {
        Some(range) => {
            let (low, high) = range.strip_suffix(']')?.split_once("..")?;
            (bound(low, f64::MIN)?, bound(high, f64::MAX)?)
        }
        None => (f64::MIN, f64::MAX),
    };
    match name {
        "int" => Some(Kind::Int(low, high)),
        "number" => Some(Kind::Number(low, high)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_one() {
        let grammar = all().unwrap();
        assert!(grammar.objects.iter().all(|object| !object.members.is_empty()));
        assert_eq!(grammar.bom().members.len(), 19);
        let component = grammar.names.get("component").copied();
        let Some(Kind::Object(at)) = component else { panic!("{component:?}") };
        let members = &grammar.object(at).members;
        let version = members.iter().find(|member| member.name == "version").unwrap();
        assert!(version.is_required(3, super::super::Side::Json) && !version.is_required(4, super::super::Side::Xml));
        let swhid = members.iter().find(|member| member.name == "swhid").unwrap();
        assert_eq!((swhid.place, swhid.json, swhid.list), (Place::Each, Span(6, Minor::MAX), true));
    }
}
