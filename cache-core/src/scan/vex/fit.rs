//! Which findings a statement is about.
//!
//! Names are compared as parsed purls and digests, never as text. An image is named by its digest; a name without one fits too,
//! and is said to be broad unless a package's version narrows it. What does not fit and nearly does is told with what differs.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use super::product::is_image;
use super::{VexName, VexProduct, VexStatement};
use crate::model::{Digest, Purl, Repository};
use crate::sbom::Sbom;
use crate::sbom::query::Within;
use crate::scan::Finding;
use crate::scan::merge::{identities, identities_of};
use crate::scan::version::Vers;

/// What a finding was found in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place<'a> {
    /// The digests that mean it: of the image, and of the platform where it is one only.
    pub(crate) digests: Vec<&'a Digest>,
    /// The repository of the image, where it has one that names it for others.
    pub(crate) repository: Option<&'a Repository>,
    /// What is in it.
    pub(crate) sboms: Vec<&'a Sbom<'static>>,
}

/// How well a statement fits a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    /// By name alone: neither a digest nor a version says which image or package is meant.
    Broad,
    /// By a digest or a version.
    Exact,
}

/// What a statement is about here.
#[derive(Debug, Default)]
pub(crate) struct Fitting {
    /// The findings, by their place in the input.
    pub(crate) findings: BTreeMap<usize, Fit>,
    /// Whether the vulnerability was found at all.
    pub(crate) is_found: bool,
    /// Where nothing fits: what differs in what nearly does.
    pub(crate) near: Option<String>,
}

/// `Err` says what differs where it nearly fits.
type Fits = Result<Fit, Option<String>>;

fn differs(what: String) -> Fits {
    Err(Some(what))
}

/// Findings, so that they can be found.
pub(crate) struct Matcher<'a> {
    findings: Vec<(&'a Finding, Option<Purl>, usize)>,
    places: &'a [Place<'a>],
    /// What needs what in each place, as soon as somebody asks.
    within: Vec<OnceCell<Vec<Within<'a>>>>,
    /// By name of the vulnerability in lower case; within, by package.
    by_id: HashMap<String, Known>,
}

#[derive(Default)]
struct Known {
    all: Vec<usize>,
    by_package: HashMap<Purl, Vec<usize>>,
}

impl<'a> Matcher<'a> {
    /// The findings, each with the number of the place that it was found in.
    pub(crate) fn of(findings: impl Iterator<Item = (&'a Finding, usize)>, places: &'a [Place<'a>]) -> Self {
        let read = |purl: &String| Purl::read(purl).ok();
        let findings: Vec<_> =
            findings.map(|(finding, place)| (finding, finding.purl.as_ref().and_then(read), place)).collect();
        let mut by_id: HashMap<String, Known> = HashMap::new();
        for (i, (finding, purl, _)) in findings.iter().enumerate() {
            for id in identities_of(finding) {
                let known = by_id.entry(id.to_ascii_lowercase()).or_default();
                known.all.push(i);
                if let Some(purl) = purl {
                    known.by_package.entry(purl.without_version()).or_default().push(i);
                }
            }
        }
        Matcher { findings, places, within: places.iter().map(|_| OnceCell::new()).collect(), by_id }
    }

    /// The findings that a statement is about.
    pub(crate) fn fitting(&self, statement: &VexStatement) -> Fitting {
        let mut fitting = Fitting::default();
        let Some((main, aliases)) = statement.vulnerabilities.split_first() else { return fitting };
        let names = identities(main, aliases.iter().map(String::as_str));
        let known: Vec<&Known> = names.filter_map(|name| self.by_id.get(&name.to_ascii_lowercase())).collect();
        fitting.is_found = !known.is_empty();
        if known.is_empty() {
            return fitting;
        }
        for product in &statement.products {
            self.product(product, &known, &mut fitting);
        }
        fitting
    }

    fn product(&self, product: &VexProduct, known: &[&Known], fitting: &mut Fitting) {
        let package = product.component.as_ref().unwrap_or(&product.product);
        let whole_image = product.component.is_none() && product.product.is_image();
        if !whole_image && package.purls.is_empty() {
            fitting.near.get_or_insert_with(|| format!("{:?} is named by neither a purl nor a digest", package.text));
            return;
        }
        let images: Vec<Fits> = self.places.iter().map(|place| image(&product.product, place)).collect();
        let mut take = |i: usize, fits: Fits| match fits {
            Ok(fit) => {
                let known = fitting.findings.entry(i).or_insert(fit);
                *known = fit.max(*known);
            }
            Err(Some(what)) => {
                fitting.near.get_or_insert(what);
            }
            Err(None) => {}
        };
        let image_of = |i: usize| images.get(self.findings[i].2).cloned().unwrap_or(Err(None));
        for known in known {
            if whole_image {
                known.all.iter().for_each(|&i| take(i, image_of(i)));
                continue;
            }
            for purl in &package.purls {
                for &i in known.by_package.get(&purl.without_version()).into_iter().flatten() {
                    take(i, self.package(product, purl, i, image_of(i)));
                }
            }
        }
    }

    /// Whether the package `purl` of the product is that of the finding.
    fn package(&self, product: &VexProduct, purl: &Purl, finding: usize, image: Fits) -> Fits {
        let (_, Some(found), place) = &self.findings[finding] else { return Err(None) };
        let package = same(product.component.as_ref().unwrap_or(&product.product), purl, found);
        match (&product.component, product.product.is_image()) {
            (None, _) => package,
            (Some(_), true) => Ok(package?.max(image?)),
            (Some(_), false) => {
                let sboms = || self.places[*place].sboms.iter().map(|sbom| Within::of(sbom)).collect();
                package.and_then(|_| only_within(&product.product, found, self.within[*place].get_or_init(sboms)))
            }
        }
    }
}

/// Whether a name is that of the image.
fn image(name: &VexName, place: &Place<'_>) -> Fits {
    if !name.digests.is_empty() {
        let known = name.digests.iter().any(|digest| place.digests.contains(&digest));
        return if known { Ok(Fit::Exact) } else { differs(format!("it is about the image {}", name.digests[0])) };
    }
    let Some(purl) = name.purls.iter().find(|purl| is_image(purl)) else { return Err(None) };
    if let Some(version) = purl.version() {
        return differs(format!("the image is named by the version {version:?}, which is no digest"));
    }
    if let Some(range) = name.ranges.first() {
        return differs(format!("the image is named by the versions {range}, which are no digests"));
    }
    let Some(repository) = place.repository else {
        return differs("it names an image, and the name of this one is not known".to_owned());
    };
    let path = repository.path().to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    let named = match purl.namespace() {
        Some(namespace) => path == format!("{namespace}/{}", purl.name()).to_ascii_lowercase(),
        None => last == purl.name().to_ascii_lowercase(),
    };
    if !named {
        return differs(format!("it is about the image {}", purl.name()));
    }
    match purl.qualifier("repository_url") {
        Some(url) if !is_repository(url, purl.name(), repository) => {
            differs(format!("it is about the image at {url:?}"))
        }
        _ => Ok(Fit::Broad),
    }
}

/// Whether a `repository_url` means the repository. Some tools write the repository, some what is above it.
fn is_repository(url: &str, name: &str, repository: &Repository) -> bool {
    let bare = url.rsplit_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/');
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    let (path, own) = (path.to_ascii_lowercase(), repository.path().to_ascii_lowercase());
    let name = name.to_ascii_lowercase();
    let above = if path.is_empty() { name } else { format!("{path}/{name}") };
    registry(host) == registry(repository.host()) && (path == own || above == own || format!("library/{above}") == own)
}

/// The host of a registry by one name of several.
fn registry(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    match host.as_str() {
        "index.docker.io" | "registry-1.docker.io" | "registry.hub.docker.com" => "docker.io".to_owned(),
        _ => host,
    }
}

/// Qualifiers that do not say which package it is.
const BESIDE: &[&str] = &["checksum", "download_url", "file_name", "package-id", "upstream", "vcs_url", "epoch"];

/// Whether a name, by one of its purls, is that of what was found, in one of the versions that are meant.
fn same(name: &VexName, purl: &Purl, found: &Purl) -> Fits {
    let fit = same_package(purl, found)?;
    if name.ranges.is_empty() {
        return Ok(fit);
    }
    let version = version(found);
    let has_it = |range: &&Vers| range.contains(&version) == Some(true);
    // A range without an end holds for everything to come.
    if let Some(last) = name.ranges.iter().filter(has_it).min_by_key(|range| range.is_open()) {
        return Ok(if last.is_open() { fit } else { Fit::Exact });
    }
    let ranges: Vec<String> = name.ranges.iter().take(5).map(ToString::to_string).collect();
    differs(format!("the versions there are {} and {version} here", ranges.join(", ")))
}

/// Whether what is said is what was found, both being of the same type, namespace and name. What the statement leaves out does
/// not matter.
fn same_package(said: &Purl, found: &Purl) -> Fits {
    for (key, value) in said.qualifiers().filter(|(key, _)| !BESIDE.contains(key)) {
        match found.qualifier(key) {
            Some(own) if own.eq_ignore_ascii_case(value) => {}
            Some(own) => return differs(format!("{key} is {value} there and {own} here")),
            None => return differs(format!("{key} is {value} there and not stated here")),
        }
    }
    let Some(_) = said.version() else { return Ok(Fit::Broad) };
    let (said, found) = (version(said), version(found));
    if said == found {
        return Ok(Fit::Exact);
    }
    differs(format!("the version is {said} there and {found} here"))
}

/// The version with its epoch, where it has one; of Go, without the `v` that some tools leave out.
fn version(purl: &Purl) -> String {
    let version = purl.version().unwrap_or_default();
    let version = version.strip_prefix("0:").unwrap_or(version);
    match purl.qualifier("epoch").filter(|epoch| *epoch != "0" && !version.contains(':')) {
        Some(epoch) => format!("{epoch}:{version}"),
        None if purl.kind() == "golang" => version.strip_prefix('v').unwrap_or(version).to_owned(),
        None => version.to_owned(),
    }
}

/// Whether all that needs the package does so by way of the product, by an SBOM that knows both.
fn only_within(product: &VexName, package: &Purl, sboms: &[Within<'_>]) -> Fits {
    let mut elsewhere = false;
    for sbom in sboms {
        let through: Vec<usize> = product
            .purls
            .iter()
            .flat_map(|said| sbom.packages(said, |found| same(product, said, found) == Ok(Fit::Exact)))
            .collect();
        let here = sbom.packages(package, |found| found == package);
        elsewhere |= !here.is_empty();
        if !here.is_empty() && here.iter().all(|&at| sbom.is_needed_only_through(at, &through)) {
            return Ok(Fit::Exact);
        }
    }
    differs(match elsewhere {
        true => format!("it is about the package within {}, and here other things need it", product.text),
        false => format!("it is about the package within {}, and no SBOM says what is within what", product.text),
    })
}
