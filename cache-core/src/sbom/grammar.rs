//! What the specifications allow, as a table: it drives the reading and writing of CycloneDX XML and the strict validation of
//! CycloneDX and SPDX 2 (CycloneDX specification, 1.3 to 1.7; SPDX specification, 2.2 and 2.3).
//!
//! A file of `grammar/` describes objects. A line at the margin names one: `NAME [+attributes] [+elements] [loose] [SINCE]
//! [open[-UNTIL]]`; the two with a plus allow foreign attributes and elements in XML, `loose` any order of elements, `open`
//! other members in JSON. A line below describes a member, in the order of XML: `NAME[!REQUIRED] TYPE [FORM] [SINCE]`.
//! - `!` is required in both forms, `!x` in XML, `!j` in JSON, each perhaps from or up to a version: `!-1.3`, `!j1.6+`. Of
//!   SPDX, 1.3 stands for 2.3.
//! - A type ends with `*` where it is a list; `a|b` are alternatives, each with its own element.
//! - In XML it is an element of its name, of `=OTHER` names, in `OUTER/INNER`; `@` or `@NAME`: an attribute, `.`: the text of
//!   the element, `CHILD@NAME`: an attribute of another member's element, `self`: the element itself, `-`: none, `<`: in XML
//!   alone. A list is `item:NAME`: one element around its items (`+`: with foreign ones), or `each`: an element for each item;
//!   `NAME@ATTRIBUTE` is an item that stands in an attribute.
//! - `unique` and `nonempty` lists; `unmixed`: one expression or any number of licences, as it was up to 1.6.
//! - Two lines of one name are alternatives, of which the first that suits applies.
//!
//! Other lines are rules over members: `one A | B`, `any A | B`, `closed A B? | C`, `without A B`, `needs A B VALUE`, `case A
//! VALUE B C`. `words.txt` lists the words of enumerations, each with the version it came with; `~` stands for a space.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::cyclonedx::MORE;
use super::value::Value;

mod parse;

/// The table of all versions.
pub(super) static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| parse::all().unwrap_or_default());

/// A minor version: 6 is CycloneDX 1.6, 3 is SPDX 2.3.
pub(super) type Minor = u32;

#[derive(Debug, Default)]
pub(super) struct Grammar {
    objects: Vec<Object>,
    words: Vec<Words>,
    names: HashMap<&'static str, Kind>,
    none: Object,
}

#[derive(Debug, Default)]
pub(super) struct Object {
    pub(super) name: &'static str,
    pub(super) members: Vec<Member>,
    pub(super) rules: Vec<Rule>,
    pub(super) since: Minor,
    /// Up to which version JSON may have other members.
    pub(super) open: Minor,
    pub(super) attributes: bool,
    pub(super) elements: bool,
    pub(super) loose: bool,
}

/// The words of an enumeration, each with the version it came with.
#[derive(Debug, Default)]
struct Words {
    known: HashMap<String, Minor>,
    /// XML takes any text.
    json: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) place: Place,
    pub(super) forms: Vec<Form>,
    pub(super) list: bool,
    pub(super) unique: bool,
    pub(super) nonempty: bool,
    pub(super) unmixed: bool,
    /// The element around the items takes foreign ones.
    pub(super) open: bool,
    json: Span,
    xml: Span,
    required_json: Span,
    required_xml: Span,
}

/// Where a member stands in XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Child,
    /// Items within an element of this name.
    Within(&'static str),
    Each,
    Attribute(&'static str),
    /// An attribute of a child.
    Of(&'static str, &'static str),
    Text,
    Itself,
    Nowhere,
}

/// How one value of a member is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) element: &'static str,
    pub(super) inner: Option<&'static str>,
    pub(super) attribute: Option<&'static str>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Object(usize),
    Words(usize),
    Bool,
    Int(f64, f64),
    Number(f64, f64),
    Text(Shape),
}

/// Texts that are not any text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Any,
    Time,
    Date,
    Uri,
    Email,
    Ref,
    Version,
    VersionRange,
    Uuid,
    Mime,
    Digest,
    Cpe,
    Cre,
    PatentNumber,
    Jurisdiction,
    Locale,
    License,
}

/// From a version up to one, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span(Minor, Minor);

/// What holds between members. The names of an alternative, of which those that need not be there are marked.
#[derive(Debug)]
pub(super) enum Rule {
    One(Vec<Vec<Named>>),
    /// As `One`, and JSON alone.
    OneOfJson(Vec<Vec<Named>>),
    Any(Vec<Vec<Named>>),
    /// As `One`, and nothing of another alternative.
    Closed(Vec<Vec<Named>>),
    Without(&'static str, &'static str),
    Needs(&'static str, &'static str, &'static str),
    Case(&'static str, &'static str, Vec<&'static str>),
}

#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: &'static str,
    pub(super) may_lack: bool,
}

/// The two ways in which a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Json,
    Xml,
}

impl Span {
    const ALWAYS: Span = Span(0, Minor::MAX);
    const NEVER: Span = Span(1, 0);

    fn has(self, version: Minor) -> bool {
        (self.0..=self.1).contains(&version)
    }
}

impl Grammar {
    /// A CycloneDX document.
    pub(super) fn bom(&self) -> &Object {
        self.named("bom")
    }

    /// An SPDX 2 document.
    pub(super) fn spdx(&self) -> &Object {
        self.named("spdx")
    }

    fn named(&self, name: &str) -> &Object {
        match self.names.get(name) {
            Some(Kind::Object(at)) => self.object(*at),
            _ => &self.none,
        }
    }

    pub(super) fn object(&self, at: usize) -> &Object {
        self.objects.get(at).unwrap_or(&self.none)
    }

    /// Whether JSON of that version has the word in the enumeration of this name.
    pub(super) fn knows(&self, enumeration: &str, word: &str, version: Minor) -> bool {
        let at = self.names.get(enumeration);
        matches!(at, Some(Kind::Words(at)) if self.has_word(*at, word, version, Side::Json))
    }

    /// Whether the enumeration has the word in that version.
    pub(super) fn has_word(&self, at: usize, word: &str, version: Minor, side: Side) -> bool {
        let Some(words) = self.words.get(at) else { return true };
        (words.json && side == Side::Xml) || words.known.get(word).is_some_and(|since| *since <= version)
    }
}

impl Object {
    pub(super) fn named<'g>(&'g self, name: &str) -> impl Iterator<Item = (usize, &'g Member)> {
        let is_it = move |(_, member): &(usize, &'g Member)| member.name == name;
        self.members.iter().enumerate().filter(is_it)
    }
}

impl Member {
    /// Whether the version has it.
    pub(super) fn is_in(&self, version: Minor, side: Side) -> bool {
        match side {
            Side::Json => self.json.has(version),
            Side::Xml => self.xml.has(version),
        }
    }

    pub(super) fn is_required(&self, version: Minor, side: Side) -> bool {
        let required = match side {
            Side::Json => self.required_json,
            Side::Xml => self.required_xml,
        };
        required.has(version) && self.is_in(version, side)
    }

    /// How a value is written: of an object's forms the first is its own that knows all its members.
    pub(super) fn form_of(&self, value: &Value<'_>) -> Option<&Form> {
        if let [one] = self.forms.as_slice() {
            return Some(one);
        }
        let names: Option<Vec<&str>> = match value {
            Value::Object(members) => Some(members.iter().map(|(name, _)| &**name).collect()),
            _ => None,
        };
        let suits = |form: &&Form| match (form.kind, &names) {
            (Kind::Object(at), Some(names)) => {
                let members = &GRAMMAR.object(at).members;
                let is_known = |name: &&str| *name == MORE || members.iter().any(|member| member.name == *name);
                let is_needed = |member: &&Member| member.required_json == Span::ALWAYS;
                names.iter().all(is_known) && members.iter().filter(is_needed).all(|m| names.contains(&m.name))
            }
            (kind, names) => matches!(kind, Kind::Object(_)) == names.is_some(),
        };
        let of_kind = |form: &&Form| matches!(form.kind, Kind::Object(_)) == names.is_some();
        self.forms.iter().find(suits).or_else(|| self.forms.iter().find(of_kind)).or_else(|| self.forms.first())
    }
}
