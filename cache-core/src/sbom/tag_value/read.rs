//! From lines with tags to the document that the JSON form would be.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use memchr::memmem;
use serde_json::Value;

use super::super::Sbom;
use super::super::bom::{DOCUMENT, Finding};
use super::super::spdx2;
use super::super::spdx2::document::{Creation, File, LicenseText, Listed, Package, Relationship, Sums};
use super::super::text::{Rest, Text};
use super::lines::{Line, Lines};
use super::members::{Annotation, External, Project, Review, Snippet};
use super::tags::{Form, Section, kept, section};
use crate::error::Result;

/// As many findings as one document gives.
const MAX_FINDINGS: usize = 1000;
/// As many unknown tags as are kept.
const MAX_UNKNOWN: usize = 1000;
/// As much of a line as a message repeats.
const MAX_SHOWN: usize = 80;

pub(in crate::sbom) fn parse(text: &str) -> Result<Sbom<'_>> {
    // How the file ends its lines is no part of a text that goes over several.
    if memmem::find(text.as_bytes(), b"\r\n").is_some() {
        return parse(&text.replace("\r\n", "\n")).map(Sbom::into_owned);
    }
    let mut reader = Reader::default();
    for (number, line) in Lines::of(text) {
        reader.number = number;
        match line {
            Line::Tag(tag, value) => reader.tag(tag, value),
            Line::Open(tag, value) => {
                reader.note("open-text", format!("the <text> of {tag} has no end; what stands in the line was read"));
                reader.tag(tag, value);
            }
            Line::Other(line) => reader.note("unreadable", format!("no tag; left out: {}", shown(line))),
        }
    }
    let (document, findings) = reader.finish();
    spdx2::model(document.into(), findings)
}

/// What has been read so far. Each tag speaks of what was begun last.
#[derive(Default)]
pub(super) struct Reader<'a> {
    number: usize,
    findings: Vec<Finding>,
    pub(super) document: Listed<'a, Sums<'a>>,
    pub(super) creation: Creation<'a>,
    at: Option<Section>,
    /// An identifier that stands before what it identifies.
    next_id: Text<'a>,
    /// Members of what was begun last that are lists of texts.
    lists: Vec<(&'a str, Vec<Text<'a>>)>,
    /// How many tags were unknown.
    unknown: usize,
    pub(super) projects: Vec<Project<'a>>,
    /// The files that stand behind the package.
    files: Vec<usize>,
    pub(super) snippets: Vec<Snippet<'a>>,
    pub(super) ranges: Vec<Value>,
    pub(super) externals: Vec<External<'a>>,
    annotations: Vec<(Text<'a>, Annotation<'a>)>,
    reviews: Vec<Review<'a>>,
}

impl<'a> Reader<'a> {
    fn tag(&mut self, tag: &'a str, value: &'a str) {
        let text = Text::from(value);
        match tag {
            "SPDXID" => self.identify(text),
            "PackageName" => self.begin(Section::Package, text),
            "FileName" => self.begin(Section::File, text),
            "SnippetSPDXID" => self.begin(Section::Snippet, text),
            "LicenseID" => self.begin(Section::License, text),
            "Relationship" => self.relationship(value),
            "RelationshipComment" => {
                if let Some(last) = self.document.relationships.0.last_mut() {
                    last.rest.push_text("comment", value);
                }
            }
            "Annotator" => {
                self.annotations.push((Text::default(), Annotation { annotator: text, ..Annotation::default() }))
            }
            "AnnotationDate" | "AnnotationType" | "AnnotationComment" | "SPDXREF" => self.annotate(tag, text),
            "Reviewer" => self.reviews.push(Review { reviewer: text, ..Review::default() }),
            "ReviewDate" | "ReviewComment" => match (self.reviews.last_mut(), tag) {
                (Some(review), "ReviewDate") => review.date = text,
                (Some(review), _) => review.comment = text,
                (None, _) => self.note("misplaced-tag", format!("{tag} before any Reviewer; left out")),
            },
            _ => match kept(tag) {
                Some((section, form, member)) => {
                    self.enter(section, tag);
                    self.keep(section, form, member, value);
                }
                None => match section(tag) {
                    Some(section) => {
                        self.enter(section, tag);
                        self.set(section, tag, value);
                    }
                    None => self.unknown(tag, value),
                },
            },
        }
    }

    /// Begins an element by the tag that names it.
    fn begin(&mut self, section: Section, name: Text<'a>) {
        self.close(section);
        self.at = Some(section);
        let id = std::mem::take(&mut self.next_id);
        match section {
            Section::Package => self.document.packages.0.push(Package { id, name, ..Package::default() }),
            Section::File => {
                self.files.push(self.document.files.0.len());
                self.document.files.0.push(File { id, name, ..File::default() });
            }
            Section::Snippet => self.snippets.push(Snippet { id: name, ..Snippet::default() }),
            Section::License => self.document.license_texts.0.push(LicenseText { id: name, ..LicenseText::default() }),
            Section::Document | Section::Creation => {}
        }
    }

    /// Sees to it that a tag has an element to speak of: the last of its kind, if need be one without a name.
    fn enter(&mut self, section: Section, tag: &str) {
        let is_element = !matches!(section, Section::Document | Section::Creation);
        if !is_element || self.at == Some(section) && self.next_id.is_empty() {
            return;
        }
        let is_there = match section {
            Section::Package => !self.document.packages.0.is_empty(),
            Section::File => !self.document.files.0.is_empty(),
            Section::Snippet => !self.snippets.is_empty(),
            _ => !self.document.license_texts.0.is_empty(),
        };
        if is_there && self.next_id.is_empty() {
            self.note("misplaced-tag", format!("{tag} stands behind something else; it was read as the last one's"));
            self.close(Section::File);
            self.at = Some(section);
        } else {
            self.note("misplaced-tag", format!("{tag} speaks of what has no name"));
            self.begin(section, Text::default());
        }
    }

    /// An identifier stands behind the name, in a document without names perhaps before everything else.
    fn identify(&mut self, id: Text<'a>) {
        let place = match self.at {
            Some(Section::Package) => self.document.packages.0.last_mut().map(|package| &mut package.id),
            Some(Section::File) => self.document.files.0.last_mut().map(|file| &mut file.id),
            Some(Section::Snippet) => self.snippets.last_mut().map(|snippet| &mut snippet.id),
            Some(_) => None,
            None => Some(&mut self.document.id),
        };
        match place {
            Some(place) if place.is_empty() => *place = id,
            _ => self.next_id = id,
        }
    }

    /// Puts together what belongs to the element before.
    fn close(&mut self, next: Section) {
        let lists = std::mem::take(&mut self.lists);
        let projects = std::mem::take(&mut self.projects);
        let ranges = std::mem::take(&mut self.ranges);
        if let Some(rest) = self.rest(self.at.unwrap_or(Section::Document)) {
            lists.into_iter().for_each(|(member, texts)| add(rest, member, texts));
            if !projects.is_empty() {
                rest.push_json("artifactOfs", &projects);
            }
            if !ranges.is_empty() {
                rest.push_json("ranges", &ranges);
            }
        }
        if matches!(next, Section::Package | Section::Document) {
            let files = std::mem::take(&mut self.files).into_iter().filter_map(|at| self.document.files.0.get(at));
            let files: Vec<_> = files.map(|file| file.id.clone()).collect();
            if let Some(package) = self.document.packages.0.last_mut().filter(|_| !files.is_empty()) {
                package.rest.push_json("hasFiles", &files);
            }
        }
    }

    /// The members of what was begun last that the model does not know.
    fn rest(&mut self, section: Section) -> Option<&mut Rest<'a>> {
        match section {
            Section::Document => Some(&mut self.document.rest),
            Section::Creation => Some(&mut self.creation.rest),
            Section::Package => self.document.packages.0.last_mut().map(|package| &mut package.rest),
            Section::File => self.document.files.0.last_mut().map(|file| &mut file.rest),
            Section::Snippet => self.snippets.last_mut().map(|snippet| &mut snippet.rest),
            Section::License => self.document.license_texts.0.last_mut().map(|text| &mut text.rest),
        }
    }

    fn keep(&mut self, section: Section, form: Form, member: &'static str, value: &'a str) {
        if form == Form::Many {
            return self.list(member, value);
        }
        let Some(rest) = self.rest(section) else { return };
        let is_first = rest.take(member).is_none();
        rest.push_text(member, value);
        self.once(is_first, member);
    }

    fn list(&mut self, member: &'a str, value: &'a str) {
        match self.lists.iter_mut().find(|(known, _)| *known == member) {
            Some((_, texts)) => texts.push(value.into()),
            None => self.lists.push((member, vec![value.into()])),
        }
    }

    fn relationship(&mut self, value: &'a str) {
        let mut parts = value.split_whitespace();
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(from), Some(kind), Some(to), None) => {
                let (from, kind, to) = (from.into(), kind.into(), to.into());
                self.document.relationships.0.push(Relationship { from, kind, to, rest: Rest::default() });
            }
            _ => self.unreadable("Relationship", value),
        }
    }

    fn annotate(&mut self, tag: &str, text: Text<'a>) {
        if self.annotations.is_empty() {
            self.annotations.push(Default::default());
        }
        if let Some((of, annotation)) = self.annotations.last_mut() {
            match tag {
                "AnnotationDate" => annotation.date = text,
                "AnnotationType" => annotation.kind = text,
                "AnnotationComment" => annotation.comment = text,
                _ => *of = text,
            }
        }
    }

    /// A tag that the format does not have is kept under its own name; of many such, the first.
    fn unknown(&mut self, tag: &'a str, value: &'a str) {
        if self.unknown < MAX_UNKNOWN {
            self.unknown += 1;
            self.list(tag, value);
            self.note("unknown-tag", format!("SPDX has no tag {tag}; it is kept"));
        } else {
            self.note("unknown-tag", format!("SPDX has no tag {tag}; it is left out, as there are many such"));
        }
    }

    pub(super) fn once(&mut self, is_first: bool, tag: &str) {
        if !is_first {
            self.note("repeated-member", format!("{tag} stands twice; the last counts"));
        }
    }

    pub(super) fn unreadable(&mut self, tag: &str, value: &str) {
        self.note("unreadable", format!("{tag} is not as it should be; left out: {}", shown(value)));
    }

    fn note(&mut self, code: &'static str, message: String) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding::new(code, format!("line {}", self.number), message));
        }
    }

    /// Puts annotations where the JSON form has them: at what they speak of.
    fn attach_annotations(&mut self) {
        let ids = self.document.packages.0.iter().map(|package| &package.id);
        let ids = ids.chain(self.document.files.0.iter().map(|file| &file.id));
        let ids: HashSet<Text<'a>> = ids.chain(self.snippets.iter().map(|snippet| &snippet.id)).cloned().collect();
        let mut of: HashMap<Text<'a>, Vec<Annotation<'a>>> = HashMap::new();
        let mut others = Vec::new();
        for (id, annotation) in std::mem::take(&mut self.annotations) {
            if ids.contains(&id) {
                of.entry(id).or_default().push(annotation);
                continue;
            }
            if !id.is_empty() && id != DOCUMENT && id != self.document.id {
                let message = "an annotation speaks of what is not in the document; it is kept as the document's";
                self.findings.push(Finding::new("dangling-reference", id.to_string(), message));
            }
            others.push(annotation);
        }
        let packages = self.document.packages.0.iter_mut().map(|package| (&package.id, &mut package.rest));
        let files = self.document.files.0.iter_mut().map(|file| (&file.id, &mut file.rest));
        let snippets = self.snippets.iter_mut().map(|snippet| (&snippet.id, &mut snippet.rest));
        for (id, rest) in packages.chain(files).chain(snippets) {
            if let Some(annotations) = of.remove(id) {
                rest.push_json("annotations", &annotations);
            }
        }
        if !others.is_empty() {
            self.document.rest.push_json("annotations", &others);
        }
    }

    fn finish(mut self) -> (Listed<'a, Sums<'a>>, Vec<Finding>) {
        if !self.next_id.is_empty() {
            self.note("misplaced-tag", format!("SPDXID {} identifies nothing", self.next_id));
        }
        self.close(Section::Document);
        self.attach_annotations();
        let mut document = self.document;
        let rest = &mut document.rest;
        if !self.snippets.is_empty() {
            rest.push_json("snippets", &self.snippets);
        }
        if !self.externals.is_empty() {
            rest.push_json("externalDocumentRefs", &self.externals);
        }
        if !self.reviews.is_empty() {
            rest.push_json("revieweds", &self.reviews);
        }
        document.creation = Some(self.creation);
        (document, self.findings)
    }
}

/// Adds to a list that may be there.
fn add<'a>(rest: &mut Rest<'a>, member: &'a str, texts: Vec<Text<'a>>) {
    let known = rest.take(member).and_then(|json| serde_json::from_str::<Vec<String>>(json.get()).ok());
    let all: Vec<Text<'a>> = known.into_iter().flatten().map(Text::from).chain(texts).collect();
    if let Ok(json) = serde_json::value::to_raw_value(&all) {
        rest.push(member.into(), Cow::Owned(json));
    }
}

fn shown(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_SHOWN)).unwrap_or(text)
}
