//! One SBOM of several.

use std::borrow::Borrow;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::identity::Known;
use crate::model::Timestamp;
use crate::sbom::bom::DOCUMENT;
use crate::sbom::check::is_elsewhere;
use crate::sbom::{
    Family, File, Finding, Hash, License, LicenseText, Metadata, Package, Relation, Relationship, Rest, Sbom, Text,
};

/// What a merged package is told to come from, as the name of a property: the document, and after a `#` what the document
/// calls the package.
const FROM: &str = "cache:merged-from";
/// Packages of one purl whose digests differ are kept apart; of more than this many the rest is not compared.
const MOST_APART: usize = 16;
/// Of so many digests of one package the rest is not compared.
const MOST_DIGESTS: usize = 32;

/// Makes one SBOM of several.
///
/// A package is the same as another by its purl, or where it has none by its kind, name, version and digests. Of the same
/// packages one is kept that says what all of them say; where they state different digests by one algorithm, they are not
/// the same. Ids are made unique and references follow; a reference to nothing is left out and is a [`Finding`]. Each
/// package has a property for each document that lists it. What a format says beyond the model is kept only where all
/// documents are of one format.
pub fn merge<'a>(parts: &[impl Borrow<Sbom<'a>>]) -> Sbom<'a> {
    let parts: Vec<&Sbom<'a>> = parts.iter().map(Borrow::borrow).collect();
    let mut out = Sbom::new(Family::Cache, "1");
    let uniform = parts.windows(2).all(|pair| pair.first().map(|p| &p.format) == pair.last().map(|p| &p.format));
    if let (true, Some(first)) = (uniform, parts.first()) {
        out.format = first.format.clone();
    }
    let mut merger = Merger { uniform, out, ..Merger::default() };
    let labels = labels(&parts);
    for (part, label) in parts.iter().zip(&labels) {
        merger.add(part, label);
    }
    merger.finish(&parts)
}

struct Merger<'a> {
    out: Sbom<'a>,
    uniform: bool,
    /// Packages that are the same but for their digests: a number for all of them, and their places.
    packages: HashMap<String, (usize, Vec<usize>)>,
    /// The place of one of them by that number and one of its digests.
    digests: HashMap<(usize, Hash<'a>), usize>,
    files: HashMap<String, usize>,
    /// The places of the packages that several documents list.
    folded: HashSet<usize>,
    ids: Ids<'a>,
    /// What the licence of a name and a text is called.
    texts: HashMap<(Text<'a>, Text<'a>), Text<'a>>,
    text_ids: Ids<'a>,
    subjects: Vec<Text<'a>>,
}

impl Default for Merger<'_> {
    fn default() -> Self {
        Merger {
            out: Sbom::new(Family::Cache, "1"),
            uniform: true,
            packages: HashMap::new(),
            digests: HashMap::new(),
            files: HashMap::new(),
            folded: HashSet::new(),
            ids: Ids { taken: HashSet::from_iter([DOCUMENT.into()]), next: HashMap::new() },
            texts: HashMap::new(),
            text_ids: Ids::default(),
            subjects: Vec::new(),
        }
    }
}

impl<'a> Merger<'a> {
    fn add(&mut self, part: &Sbom<'a>, label: &str) {
        let renamed = self.license_texts(part);
        let mut ids: HashMap<&str, Text<'a>> = HashMap::with_capacity(part.packages.len());
        for package in &part.packages {
            let id = self.package(package, label, &renamed);
            ids.entry(&package.id).or_insert(id);
        }
        for file in &part.files {
            let id = self.file(file, &renamed);
            ids.entry(&file.id).or_insert(id);
        }
        for (at, relationship) in part.relationships.iter().enumerate() {
            self.relationship(part, relationship, &ids, || format!("{label}: relationships[{at}]"));
        }
        if let Some(subject) = &part.metadata.subject {
            match ids.get(subject.as_str()) {
                Some(id) => self.subjects.push(id.clone()),
                None => self.dangling(format!("{label}: metadata.subject"), subject),
            }
        }
        let here =
            |finding: &Finding| Finding { position: format!("{label}: {}", finding.position), ..finding.clone() };
        self.out.findings.extend(part.findings.iter().map(here));
        for digest in &part.describes {
            if !self.out.describes.contains(digest) {
                self.out.describes.push(digest.clone());
            }
        }
    }

    /// Takes over a package and says what it is called now.
    fn package(&mut self, package: &Package<'a>, label: &str, renamed: &HashMap<Text<'a>, Text<'a>>) -> Text<'a> {
        let from = match package.id.is_empty() {
            true => label.to_owned(),
            false => format!("{label}#{}", package.id),
        };
        let mut package = package.clone();
        rename(&mut package.licenses, renamed);
        if !self.uniform {
            package.rest = Rest::default();
            package.licenses.iter_mut().for_each(|license| license.rest = Rest::default());
        }
        let next = self.packages.len();
        let whole = Known::new(&package).whole();
        let (number, places) = self.packages.entry(whole).or_insert_with(|| (next, Vec::new()));
        let digests: Vec<_> = package.hashes.iter().take(MOST_DIGESTS).map(|hash| (*number, lower(hash))).collect();
        let by_digest = digests.iter().find_map(|key| self.digests.get(key));
        let same = by_digest
            .into_iter()
            .chain(places.iter().take(MOST_APART))
            .copied()
            .find(|at| self.out.packages.get(*at).is_some_and(|known| !contradict(known, &package)));
        let at = same.unwrap_or(self.out.packages.len());
        for key in digests {
            self.digests.entry(key).or_insert(at);
        }
        if let Some((at, known)) = same.and_then(|at| Some((at, self.out.packages.get_mut(at)?))) {
            self.folded.insert(at);
            fold(known, package);
            known.properties.push((FROM.into(), from.into()));
            return known.id.clone();
        }
        if !places.is_empty() {
            let message = format!("{} is listed with other digests too; both are kept", package.name);
            self.out.findings.push(Finding::new("other-digests", from.clone(), message));
        }
        places.push(self.out.packages.len());
        package.id = self.ids.unique(package.id);
        package.properties.push((FROM.into(), from.into()));
        let id = package.id.clone();
        self.out.packages.push(package);
        id
    }

    fn file(&mut self, file: &File<'a>, renamed: &HashMap<Text<'a>, Text<'a>>) -> Text<'a> {
        let mut hashes: Vec<_> = file.hashes.iter().map(|hash| format!("{}:{}", hash.algorithm, hash.value)).collect();
        hashes.sort_unstable();
        let key = format!("{}\n{}", file.path, hashes.join("\n"));
        let mut file = file.clone();
        rename(&mut file.licenses, renamed);
        if let Some(known) = self.files.get(&key).and_then(|at| self.out.files.get_mut(*at)) {
            known.licenses.extend(file.licenses);
            retain_first(&mut known.licenses, |license| (license.text.clone(), license.form, license.stage));
            return known.id.clone();
        }
        self.files.insert(key, self.out.files.len());
        file.id = self.ids.unique(file.id);
        if !self.uniform {
            file.rest = Rest::default();
        }
        let id = file.id.clone();
        self.out.files.push(file);
        id
    }

    fn relationship(
        &mut self,
        part: &Sbom<'a>,
        relationship: &Relationship<'a>,
        ids: &HashMap<&str, Text<'a>>,
        position: impl Fn() -> String,
    ) {
        let describes = match &relationship.relation {
            Relation::Describes => [true, false],
            Relation::Other(word) => [false, *word == "DESCRIBED_BY"],
            _ => [false, false],
        };
        let mut ends = Vec::with_capacity(2);
        for (id, names_document) in [&relationship.from, &relationship.to].into_iter().zip(describes) {
            let document = *id == DOCUMENT || part.metadata.id.as_ref() == Some(id) || names_document;
            ends.push(match ids.get(id.as_str()) {
                Some(id) => id.clone(),
                None if document => DOCUMENT.into(),
                None if elsewhere(id) => id.clone(),
                None => return self.dangling(position(), id),
            });
        }
        let (Some(to), Some(from)) = (ends.pop(), ends.pop()) else { return };
        // Two packages that are one do not belong to each other.
        if from == to {
            return;
        }
        let relation = relationship.relation.clone();
        let rest = if self.uniform { relationship.rest.clone() } else { Rest::default() };
        self.out.relationships.push(Relationship { from, relation, to, rest });
    }

    fn dangling(&mut self, position: String, id: &str) {
        let message = format!("{id} is no package and no file of its document; the reference is left out");
        self.out.findings.push(Finding::new("dangling-reference", position, message));
    }

    /// Takes over the texts of licences. Where another document has the same name for another text, what it is called now.
    fn license_texts(&mut self, part: &Sbom<'a>) -> HashMap<Text<'a>, Text<'a>> {
        let mut renamed = HashMap::new();
        for text in &part.license_texts {
            let key = (text.id.clone(), text.text.clone());
            let id = match self.texts.get(&key) {
                Some(id) => id.clone(),
                None => {
                    let id = self.text_ids.unique(text.id.clone());
                    self.texts.insert(key, id.clone());
                    let rest = if self.uniform { text.rest.clone() } else { Rest::default() };
                    self.out.license_texts.push(LicenseText { id: id.clone(), rest, ..text.clone() });
                    id
                }
            };
            if id != text.id {
                renamed.insert(text.id.clone(), id);
            }
        }
        renamed
    }

    fn finish(mut self, parts: &[&Sbom<'a>]) -> Sbom<'a> {
        self.out.metadata = metadata(parts);
        for at in self.folded {
            self.out.packages.get_mut(at).map(once);
        }
        retain_first(&mut self.subjects, Clone::clone);
        match &self.subjects[..] {
            [one] => self.out.metadata.subject = Some(one.clone()),
            several => {
                let describes = |to: &Text<'a>| {
                    let (from, to, rest) = (DOCUMENT.into(), to.clone(), Rest::default());
                    Relationship { from, relation: Relation::Describes, to, rest }
                };
                self.out.relationships.extend(several.iter().map(describes));
            }
        }
        let order = |a: &Relationship<'_>, b: &Relationship<'_>| {
            (&a.from, &a.relation, &a.to).cmp(&(&b.from, &b.relation, &b.to))
        };
        // Of those that several documents state, the first stays.
        self.out.relationships.sort_by(order);
        self.out.relationships.dedup_by(|later, first| order(later, first).is_eq());
        self.out
    }
}

/// What the documents are called, each by another name.
fn labels(parts: &[&Sbom<'_>]) -> Vec<String> {
    let mut taken = HashSet::new();
    let label = |(at, part): (usize, &&Sbom<'_>)| {
        let names = [&part.metadata.name, &part.metadata.id];
        let name = names.into_iter().flatten().find(|name| !name.trim().is_empty() && !taken.contains(name.as_str()));
        let label = name.map_or_else(|| format!("document {}", at + 1), ToString::to_string);
        taken.insert(label.clone());
        label
    };
    parts.iter().enumerate().map(label).collect()
}

/// Who made the documents and when the last of them was made; the name where all have the same.
fn metadata<'a>(parts: &[&Sbom<'a>]) -> Metadata<'a> {
    let mut merged = Metadata::default();
    for part in parts {
        let said = &part.metadata;
        for (all, some) in [(&mut merged.authors, &said.authors), (&mut merged.tools, &said.tools)] {
            let new: Vec<_> = some.iter().filter(|text| !all.contains(text)).cloned().collect();
            all.extend(new);
        }
        let time = |text: &Option<Text<'_>>| text.as_deref().and_then(|text| Timestamp::parse(text).ok());
        if time(&said.created) > time(&merged.created) {
            merged.created.clone_from(&said.created);
        }
    }
    let name = parts.first().and_then(|part| part.metadata.name.clone());
    merged.name = name.filter(|name| parts.iter().all(|part| part.metadata.name.as_ref() == Some(name)));
    merged
}

/// The ids that there are.
#[derive(Default)]
struct Ids<'a> {
    taken: HashSet<Text<'a>>,
    /// The number to try next for ids that begin alike.
    next: HashMap<Text<'a>, usize>,
}

impl<'a> Ids<'a> {
    /// An id that nothing else has: the wanted one, or with a number after it.
    fn unique(&mut self, wanted: Text<'a>) -> Text<'a> {
        let wanted = if wanted.is_empty() { Text::from("package") } else { wanted };
        if self.taken.insert(wanted.clone()) {
            return wanted;
        }
        let next = self.next.entry(wanted.clone()).or_insert(2);
        loop {
            let id = Text::from(format!("{wanted}-{next}"));
            *next += 1;
            if self.taken.insert(id.clone()) {
                return id;
            }
        }
    }
}

fn lower<'a>(hash: &Hash<'a>) -> Hash<'a> {
    match hash.value.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Hash { value: hash.value.to_ascii_lowercase().into(), ..hash.clone() },
        false => hash.clone(),
    }
}

/// Whether the two state different digests by one algorithm.
fn contradict(one: &Package<'_>, other: &Package<'_>) -> bool {
    one.hashes.iter().take(MOST_DIGESTS).any(|hash| {
        let mut by_the_same =
            other.hashes.iter().take(MOST_DIGESTS).filter(|h| h.algorithm == hash.algorithm).peekable();
        by_the_same.peek().is_some() && by_the_same.all(|h| !h.value.eq_ignore_ascii_case(&hash.value))
    })
}

/// Adds to a package what another document says of it. What both say is there twice until [`once`].
fn fold<'a>(known: &mut Package<'a>, other: Package<'a>) {
    let fill = |known: &mut Option<Text<'a>>, other: Option<Text<'a>>| {
        if known.is_none() {
            *known = other;
        }
    };
    fill(&mut known.version, other.version);
    fill(&mut known.supplier, other.supplier);
    fill(&mut known.author, other.author);
    fill(&mut known.copyright, other.copyright);
    fill(&mut known.description, other.description);
    fill(&mut known.download, other.download);
    fill(&mut known.homepage, other.homepage);
    known.licenses.extend(other.licenses);
    known.cpes.extend(other.cpes);
    known.hashes.extend(other.hashes);
    known.properties.extend(other.properties);
}

/// Leaves of everything in a package one.
fn once(package: &mut Package<'_>) {
    retain_first(&mut package.licenses, |license| (license.text.clone(), license.form, license.stage));
    retain_first(&mut package.cpes, Clone::clone);
    retain_first(&mut package.hashes, Clone::clone);
    retain_first(&mut package.properties, Clone::clone);
}

fn retain_first<T, K: Eq + std::hash::Hash>(list: &mut Vec<T>, key: impl Fn(&T) -> K) {
    let mut seen = HashSet::new();
    list.retain(|item| seen.insert(key(item)));
}

fn rename(licenses: &mut [License<'_>], renamed: &HashMap<Text<'_>, Text<'_>>) {
    if renamed.is_empty() {
        return;
    }
    for license in licenses {
        let mut changed = String::with_capacity(license.text.len());
        for piece in license.text.split_inclusive([' ', '(', ')']) {
            let word = piece.trim_end_matches([' ', '(', ')']);
            changed.push_str(renamed.get(word).map_or(word, Text::as_str));
            changed.push_str(piece.get(word.len()..).unwrap_or(""));
        }
        if license.text != changed.as_str() {
            license.text = changed.into();
        }
    }
}

/// Whether an id is none, or that of an element of another document.
fn elsewhere(id: &str) -> bool {
    matches!(id, "NONE" | "NOASSERTION") || is_elsewhere(id)
}
