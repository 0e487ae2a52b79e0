//! From the model to a CycloneDX document.

use std::collections::{BTreeSet, HashMap};

use serde_json::json;

use super::super::bom::{Family, Finding, Relationship, Sbom};
use super::super::json::{self, List};
use super::super::package::{Hash, License, LicenseForm, LicenseStage, Package};
use super::super::text::{Rest, Text};
use super::super::write::{Carrier, name};
use super::document::{self, Bom, Choice, Component, Dependency, KINDS, Metadata, NESTED, UNNAMED};
use super::edges::Edges;
use crate::error::Result;

/// The document in this version of the format, and what it cannot say.
pub(in crate::sbom) fn write(sbom: &Sbom<'_>, version: &str) -> Result<(Vec<u8>, Vec<Finding>)> {
    let carrier = Carrier::of(sbom, Family::CycloneDx, "CycloneDX");
    let mut writer = Writer { version: version.to_owned(), carrier };
    let document = json::write(&writer.bom(sbom))?;
    Ok((document, writer.carrier.lost))
}

struct Writer {
    version: String,
    carrier: Carrier,
}

impl Writer {
    fn bom<'s>(&mut self, sbom: &'s Sbom<'_>) -> Bom<'s, List<Component<'s>>> {
        let mut rest = self.carrier.rest(&sbom.rest, "document");
        let mut components = Nested::of(sbom, |package| self.component(package));
        let subject = sbom.metadata.subject.as_deref().and_then(|id| components.take(id));
        let mut metadata = Metadata {
            timestamp: sbom.metadata.created.as_ref().map(Text::borrowed).unwrap_or_default(),
            component: subject.map(Box::new),
            rest: rest.take_under("metadata"),
        };
        if !self.carrier.own && !sbom.metadata.tools.is_empty() {
            let tools: Vec<_> =
                sbom.metadata.tools.iter().map(|tool| json!({"type": "application", "name": tool})).collect();
            metadata.rest.push_json("tools", &json!({"components": tools}));
        }
        if !self.carrier.own && !sbom.metadata.authors.is_empty() {
            let authors: Vec<_> = sbom.metadata.authors.iter().map(|author| json!({"name": author})).collect();
            metadata.rest.push_json("authors", &authors);
        }
        let edges = Edges::of(sbom, self.carrier.own, |edge| components.holds(edge));
        let dependencies = self.dependencies(edges, rest.take_json("dependencies"));
        self.unlisted(sbom);
        if rest.get("version").is_none() && !self.carrier.own {
            rest.push_json("version", &1);
        }
        let serial = sbom.metadata.id.as_ref().filter(|id| self.carrier.own || id.starts_with("urn:uuid:"));
        Bom {
            format: "CycloneDX".into(),
            version: self.version.clone().into(),
            serial: serial.map(Text::borrowed).unwrap_or_default(),
            metadata: Some(metadata).filter(|m| !m.timestamp.is_empty() || m.component.is_some() || !m.rest.is_empty()),
            components: List(components.roots()),
            dependencies: List(dependencies),
            rest,
        }
    }

    fn component<'s>(&mut self, source: &'s Package<'_>) -> Component<'s> {
        let mut rest = self.carrier.rest(&source.rest, &source.id);
        let (group, name) = split(source, &mut rest);
        let kind = KINDS.iter().find(|(_, kind)| *kind == source.kind).map_or("library", |(word, _)| *word);
        let kind = if rest.get("type").is_some() { "" } else { kind };
        let hash = |hash: &'s Hash<'_>| {
            let algorithm = self.carrier.algorithm(hash, "hash", &source.id)?.into();
            Some(document::Hash { algorithm, value: hash.value.borrowed(), rest: Rest::default() })
        };
        let hashes = source.hashes.iter().filter_map(hash).collect();
        let supplier_rest = rest.take_under("supplier");
        let supplier = source.supplier.as_ref().map(Text::borrowed).unwrap_or_default();
        let supplier = (!supplier.is_empty() || !supplier_rest.is_empty())
            .then_some(document::Organization { name: supplier, rest: supplier_rest });
        if let [_, others @ ..] = source.cpes.as_slice()
            && !others.is_empty()
        {
            self.carrier.lose(&source.id, format!("CycloneDX takes one CPE of {}", source.cpes.len()));
        }
        if !self.carrier.own
            && let Some(homepage) = &source.homepage
        {
            rest.push_json("externalReferences", &json!([{"type": "website", "url": homepage}]));
        }
        let text = |text: &'s Option<Text<'_>>| text.as_ref().map(Text::borrowed).unwrap_or_default();
        let property = |(name, value): &'s (Text<'_>, Text<'_>)| document::Property {
            name: name.borrowed(),
            value: value.borrowed(),
            rest: Rest::default(),
        };
        Component {
            kind: kind.into(),
            id: Text::from(if source.id.starts_with(UNNAMED) { "" } else { &source.id }),
            group,
            name,
            version: text(&source.version),
            supplier,
            author: text(&source.author),
            description: text(&source.description),
            copyright: text(&source.copyright),
            cpe: source.cpes.first().map(Text::borrowed).unwrap_or_default(),
            purl: text(&source.purl),
            hashes,
            licenses: List(self.licenses(&source.licenses)),
            properties: source.properties.iter().map(property).collect(),
            components: List::default(),
            rest,
        }
    }

    /// One expression, or any number of ids and names: the format takes no mixture. A document that had one keeps it.
    fn licenses<'s>(&mut self, stated: &'s [License<'_>]) -> Vec<Choice<'s>> {
        let expressions = stated.iter().filter(|license| license.form == LicenseForm::Expression).count();
        if self.carrier.own || expressions == 0 || stated.len() == 1 {
            return stated.iter().map(choice).collect();
        }
        let whole = |text: &str| if text.contains(' ') { format!("({text})") } else { text.to_owned() };
        let joined: BTreeSet<String> = stated.iter().map(|license| whole(&license.text)).collect();
        let joined = joined.into_iter().collect::<Vec<_>>().join(" AND ");
        vec![Choice { expression: joined.into(), ..Choice::default() }]
    }

    /// One entry for each that needs something, with what else the document said of it.
    fn dependencies<'s>(&mut self, edges: Edges<'s>, kept: Option<List<Dependency<'s>>>) -> Vec<Dependency<'s>> {
        let Edges { mut needs, lost } = edges;
        lost.into_iter().for_each(|lost| self.carrier.lose("document", lost));
        let listed = |needs: BTreeSet<&'s str>| needs.into_iter().map(Text::from).collect::<List<_>>();
        let mut entries: Vec<Dependency<'s>> = kept.unwrap_or_default().0;
        for entry in entries.iter_mut().filter(|entry| entry.needs.0.is_empty() && !entry.rest.is_empty()) {
            entry.needs = needs.remove(&*entry.id).map(listed).unwrap_or_default();
        }
        let entry = |(id, needs): (&'s str, BTreeSet<&'s str>)| Dependency {
            id: id.into(),
            needs: listed(needs),
            rest: Rest::default(),
        };
        entries.extend(needs.into_iter().map(entry));
        entries
    }

    /// Names what is beside the packages: files are not written as components, nor texts that several licences share.
    fn unlisted(&mut self, sbom: &Sbom<'_>) {
        for (what, many) in [("files", sbom.files.len()), ("texts of licences", sbom.license_texts.len())] {
            if many > 0 {
                self.carrier.lose("document", format!("CycloneDX does not take over {what} ({many} of them)"));
            }
        }
    }
}

fn choice<'s>(license: &'s License<'_>) -> Choice<'s> {
    let mut rest = license.rest.borrowed();
    let outer = rest.take_under("choice");
    let acknowledgement = match license.stage {
        LicenseStage::Unstated => "",
        LicenseStage::Declared => "declared",
        LicenseStage::Concluded => "concluded",
    };
    let (id, name) = match license.form {
        LicenseForm::Expression => {
            let (expression, acknowledgement) = (license.text.borrowed(), acknowledgement.into());
            return Choice { expression, license: None, acknowledgement, rest: outer };
        }
        LicenseForm::Id => (license.text.borrowed(), Text::default()),
        LicenseForm::Name => (Text::default(), license.text.borrowed()),
    };
    let license = document::License { id, name, acknowledgement: acknowledgement.into(), rest };
    Choice { license: Some(license), rest: outer, ..Choice::default() }
}

/// The group that the document split off; a Maven package is split in any case.
fn split<'s>(source: &'s Package<'_>, rest: &mut Rest<'s>) -> (Text<'s>, Text<'s>) {
    let known: Option<Text<'s>> = rest.take_json("group");
    let maven = source.purl.as_deref().is_some_and(|purl| purl.starts_with("pkg:maven/"));
    let at = match &known {
        Some(group) => {
            source.name.strip_prefix(group.as_str()).filter(|name| name.starts_with('/')).map(|_| group.len())
        }
        None if maven => source.name.find('/'),
        None => None,
    };
    match at.and_then(|at| Some((source.name.get(..at)?, source.name.get(at + 1..)?))) {
        Some((group, name)) => (group.into(), name.into()),
        None => (Text::default(), name(source)),
    }
}

/// Components, each within the one that contains it.
struct Nested<'s> {
    components: Vec<Option<Component<'s>>>,
    outer: Vec<Option<usize>>,
    at: HashMap<&'s str, usize>,
}

impl<'s> Nested<'s> {
    fn of(sbom: &'s Sbom<'_>, mut component: impl FnMut(&'s Package<'_>) -> Component<'s>) -> Nested<'s> {
        let mut at: HashMap<&'s str, usize> = HashMap::new();
        for (number, package) in sbom.packages.iter().enumerate() {
            at.entry(&package.id).or_insert(number);
        }
        let mut outer = vec![None; sbom.packages.len()];
        for edge in sbom.relationships.iter().filter(|edge| edge.rest.get(NESTED).is_some()) {
            // A component lies within one that was listed before it: so there is no circle.
            if let (Some(from), Some(to)) = (at.get(&*edge.from), at.get(&*edge.to))
                && from < to
                && let Some(outer) = outer.get_mut(*to)
            {
                *outer = Some(*from);
            }
        }
        let components = sbom.packages.iter().map(|package| Some(component(package))).collect();
        let mut nested = Nested { components, outer, at };
        for inner in (0..nested.components.len()).rev() {
            let Some(outer) = nested.outer.get(inner).copied().flatten() else { continue };
            let taken = nested.components.get_mut(inner).and_then(Option::take);
            if let (Some(mut taken), Some(Some(outer))) = (taken, nested.components.get_mut(outer)) {
                taken.components.0.reverse();
                outer.components.0.push(taken);
            }
        }
        nested.components.iter_mut().flatten().for_each(|component| component.components.0.reverse());
        nested
    }

    /// Whether a relationship is said by where the component stands. Of components with one id nobody can tell.
    fn holds(&self, edge: &Relationship<'_>) -> bool {
        let at = |id: &str| self.at.get(id).copied();
        let stands = || {
            let outer = at(&edge.to).and_then(|inner| self.outer.get(inner).copied().flatten());
            outer.is_some() && outer == at(&edge.from)
        };
        edge.rest.get(NESTED).is_some() && (self.at.len() < self.components.len() || stands())
    }

    fn take(&mut self, id: &str) -> Option<Component<'s>> {
        self.components.get_mut(*self.at.get(id)?)?.take()
    }

    fn roots(self) -> Vec<Component<'s>> {
        self.components.into_iter().flatten().collect()
    }
}
