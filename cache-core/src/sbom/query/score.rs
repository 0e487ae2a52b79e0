//! The minimum elements of an SBOM: what the NTIA's "The Minimum Elements For a Software Bill of Materials" (July 2021) asks
//! for.

use serde::{Deserialize, Serialize};

use super::graph::Graph;
use crate::model::{Purl, Timestamp};
use crate::sbom::{Package, Sbom};

/// The seven elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Element {
    /// Who distributes each package.
    Supplier,
    /// The name of each package.
    Name,
    /// The version of each package.
    Version,
    /// Another identifier of each package: a purl or a CPE.
    UniqueIdentifier,
    /// How each package belongs to others.
    Relationship,
    /// Who made the document: a person, an organisation or a tool.
    Author,
    /// When the document was made.
    Timestamp,
}

/// How much of the minimum elements an SBOM has. In JSON `{"complete": false, "percent": 85, "packages": 2, "elements":
/// [{"element": "supplier", "have": 1, "of": 2, "lacking": [{"id": "SPDXRef-a", "name": "lodash 4"}]}]}`, with all seven
/// elements in the order of [`Element`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Score {
    /// Whether everything is there, and at least one package.
    pub complete: bool,
    /// The mean of the seven shares, rounded down; 100 only where everything is there.
    pub percent: u8,
    /// How many packages were looked at. What the document is about is one of them, though [`Sbom::count`] leaves it out: the
    /// elements are asked of it as well.
    pub packages: usize,
    /// Each element.
    pub elements: Vec<Share>,
}

/// One element: who has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// Which element.
    pub element: Element,
    /// How many packages have it; for the author and the timestamp, whether the document has it.
    pub have: usize,
    /// Of how many.
    pub of: usize,
    /// The packages that lack it.
    pub lacking: Vec<Lacking>,
}

/// A package that lacks something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lacking {
    /// What the document calls it.
    pub id: String,
    /// Its name and version, as far as they are stated.
    pub name: String,
}

impl Sbom<'_> {
    /// Looks for the minimum elements.
    pub fn score(&self) -> Score {
        let graph = Graph::new(self);
        let linked = |at: usize| {
            [&graph.forward, &graph.backward].iter().any(|edges| !Graph::links(edges, at).is_empty())
                || graph.roots.contains(&at)
        };
        let packages: Vec<_> =
            self.packages.iter().enumerate().filter(|(_, package)| package.kind.is_package()).collect();
        let share = |element, has: &dyn Fn(usize, &Package<'_>) -> bool| {
            let lacking: Vec<_> =
                packages.iter().filter(|(at, package)| !has(*at, package)).map(|(_, p)| lacking(p)).collect();
            Share { element, have: packages.len() - lacking.len(), of: packages.len(), lacking }
        };
        let document = |element, has: bool| Share { element, have: usize::from(has), of: 1, lacking: Vec::new() };
        let made = self.metadata.created.as_deref();
        let mut makers = self.metadata.authors.iter().chain(&self.metadata.tools);
        let elements = vec![
            share(Element::Supplier, &|_, package| stated(package.supplier.as_deref())),
            share(Element::Name, &|_, package| stated(Some(&package.name))),
            share(Element::Version, &|_, package| stated(package.version.as_deref())),
            share(Element::UniqueIdentifier, &|_, package| {
                package.purl.as_deref().is_some_and(|purl| Purl::read(purl).is_ok()) || !package.cpes.is_empty()
            }),
            share(Element::Relationship, &|at, _| linked(at)),
            document(Element::Author, makers.any(|maker| stated(Some(maker)))),
            document(Element::Timestamp, made.is_some_and(|time| Timestamp::parse(time).is_ok())),
        ];
        let complete = !packages.is_empty() && elements.iter().all(|share| share.have == share.of);
        let percent =
            elements.iter().map(|share| (share.have * 10_000).checked_div(share.of).unwrap_or(0)).sum::<usize>();
        let percent = u8::try_from(percent / (elements.len() * 100)).unwrap_or(0);
        let percent = if complete { 100 } else { percent.min(99) };
        Score { complete, percent, packages: packages.len(), elements }
    }
}

fn stated(text: Option<&str>) -> bool {
    text.is_some_and(|text| !matches!(text.trim(), "" | "NOASSERTION" | "NONE"))
}

fn lacking(package: &Package<'_>) -> Lacking {
    let name = format!("{} {}", package.name, package.version.as_deref().unwrap_or(""));
    Lacking { id: package.id.to_string(), name: name.trim().to_owned() }
}
