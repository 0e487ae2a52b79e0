//! The documents among the evidence: SBOMs and reports, attached as they are, in signed statements, or given by the caller.

use bytes::Bytes;

use crate::document::MAX_DOCUMENT;
use crate::error::{Error, Result};
use crate::gate::{Attached, Evidence, Found, Problem, Style};
use crate::model::{Descriptor, Digest, ManifestBody};
use crate::sbom::Sbom;
use crate::scan::{Report, VULN_TYPE, Vex};

use super::ahead::Ahead;
use super::unit::Node;

/// The media type and artifact type of a report in Cache's own format.
pub const REPORT_MEDIA_TYPE: &str = "application/vnd.cache.vulnerability-report.v1+json";

/// The most documents of one image that are read.
const MAX_DOCUMENTS: usize = 512;
/// The most bytes of all of them together.
const MAX_TOTAL: u64 = 1 << 30;

/// Evidence that the caller has: a document about the image.
#[derive(Debug, Clone)]
pub enum Given {
    /// An SBOM in any format that [`Sbom::parse`] reads.
    Sbom(Bytes),
    /// A vulnerability report in any format that [`Report::parse`] reads.
    Report(Bytes),
    /// A VEX document in any format that [`Vex::parse`] reads. The caller trusts it.
    Vex(Bytes),
}

impl Given {
    /// Evidence of this kind, in the word of a verdict.
    pub(super) fn of(what: &str, bytes: Bytes) -> Option<Self> {
        match what {
            "sbom" => Some(Given::Sbom(bytes)),
            "report" => Some(Given::Report(bytes)),
            "vex" => Some(Given::Vex(bytes)),
            _ => None,
        }
    }

    pub(super) fn bytes(&self) -> &Bytes {
        let (Given::Sbom(bytes) | Given::Report(bytes) | Given::Vex(bytes)) = self;
        bytes
    }

    /// Adds it to the evidence, as unsigned and about the image.
    ///
    /// # Errors
    /// `Invalid` where it cannot be read: what is handed in by mistake is no evidence of anything.
    pub(crate) fn add_to(&self, evidence: &mut Evidence) -> Result<()> {
        let (kind, bytes) = match self {
            Given::Sbom(bytes) => (Kind::Sbom, bytes),
            Given::Report(bytes) => (Kind::Report, bytes),
            Given::Vex(bytes) => (Kind::Vex, bytes),
        };
        let place = Place { digest: Digest::of(bytes), about: evidence.image.digest.clone(), found: Found::Given };
        kind.read(bytes, place, evidence).map_err(|error| error.context("given", kind.name()))
    }
}

/// What a document is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sbom,
    Report,
    Vex,
}

/// Where a document was found, and what it is about.
#[derive(Clone)]
struct Place {
    digest: Digest,
    about: Digest,
    found: Found,
}

impl Kind {
    /// What a media type or artifact type promises. Forms that cannot be read are promised too: they become problems, which
    /// say why the evidence is not there.
    fn of(media_type: &str) -> Option<Kind> {
        let name = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if has(&["in-toto", "dsse", "sigstore", "cosign"]) {
            return None;
        }
        if has(&["openvex", "csaf"]) {
            return Some(Kind::Vex);
        }
        if has(&["spdx", "cyclonedx", "syft"]) {
            return Some(Kind::Sbom);
        }
        has(&["vulnerability-report", "vulnerability.report", "grype", "trivy", "sarif"]).then_some(Kind::Report)
    }

    /// What a layer of an artifact holds, by its own type, or by the artifact's where its own says nothing.
    fn in_artifact(artifact: &Node, layer: &Descriptor) -> Option<Kind> {
        let promised = || artifact.manifest.artifact_type().and_then(Kind::of);
        Kind::of(&layer.media_type).or_else(|| promised().filter(|_| is_generic(&layer.media_type)))
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Sbom => "sbom",
            Kind::Report => "report",
            Kind::Vex => "vex",
        }
    }

    fn read(self, bytes: &[u8], place: Place, evidence: &mut Evidence) -> Result<()> {
        match self {
            Kind::Sbom => evidence.sboms.push(place.attach(Sbom::parse(bytes)?.into_owned())),
            Kind::Report => evidence.reports.push(place.attach(Report::parse(bytes)?)),
            Kind::Vex => evidence.vex.push(place.attach(Vex::parse(bytes)?)),
        }
        Ok(())
    }
}

impl Place {
    fn attach<T>(self, value: T) -> Attached<T> {
        Attached { value, digest: self.digest, about: self.about, found: self.found, by: None }
    }
}

/// Reads the documents that are attached as they are, within limits for the image as a whole.
#[derive(Default)]
pub(super) struct Documents {
    count: usize,
    total: u64,
}

impl Documents {
    /// Reads those of one artifact. What cannot be read is a problem; a registry that fails is an error.
    pub(super) async fn read(
        &mut self,
        node: &Node,
        about: &Digest,
        style: Style,
        ahead: &Ahead<'_>,
        evidence: &mut Evidence,
    ) -> Result<()> {
        let ManifestBody::Image(artifact) = node.manifest.value() else { return Ok(()) };
        for layer in &artifact.layers {
            let Some(kind) = Kind::in_artifact(node, layer) else { continue };
            let place = Place { digest: layer.digest.clone(), about: about.clone(), found: Found::Attached(style) };
            let read = match self.bytes(layer, ahead).await {
                Ok(bytes) => kind.read(&bytes, place, evidence),
                Err(error) => Err(error),
            };
            match read {
                Ok(()) => {}
                // A registry that fails is not a missing SBOM: nothing can be judged.
                Err(error) if error.is_outage() => return Err(error),
                Err(error) => evidence.problems.push(Problem::new(kind.name(), &layer.digest, &error)),
            }
        }
        Ok(())
    }

    async fn bytes(&mut self, layer: &Descriptor, ahead: &Ahead<'_>) -> Result<Bytes> {
        self.count += 1;
        self.total = self.total.saturating_add(layer.size);
        if self.count > MAX_DOCUMENTS || self.total > MAX_TOTAL {
            return Err(Error::invalid(format!(
                "more than {MAX_DOCUMENTS} documents or {MAX_TOTAL} bytes of them are attached to the image"
            )));
        }
        ahead.bytes(layer, MAX_DOCUMENT as u64).await
    }
}

/// Whether a layer of an artifact is read as a document.
pub(super) fn is_document(artifact: &Node, layer: &Descriptor) -> bool {
    Kind::in_artifact(artifact, layer).is_some()
}

/// Media types that say nothing of the content, which tools write beside an artifact type that does.
fn is_generic(media_type: &str) -> bool {
    let plain = ["application/json", "application/octet-stream", "text/plain", "text/json"];
    plain.contains(&media_type) || media_type.starts_with("application/vnd.oci.image.layer.v1.tar")
}

/// Adds the SBOMs, reports and VEX documents that the verified statements hold.
pub(super) fn from_statements(evidence: &mut Evidence) {
    let (mut sboms, mut reports, mut vex) = (Vec::new(), Vec::new(), Vec::new());
    for statement in &evidence.statements {
        let (value, by) = (statement.value.value(), statement.by.clone());
        let place = Place { digest: statement.digest.clone(), about: statement.about.clone(), found: statement.found };
        let json = value.predicate_json();
        // An SBOM in CycloneDX may hold VEX besides; without an analysis it does not.
        let is_sbom = Sbom::is_predicate(&value.predicate_type);
        if Vex::is_predicate(&value.predicate_type) && (!is_sbom || json.contains("\"analysis\"")) {
            match Vex::of_predicate(json) {
                Ok(read) => vex.push(Attached { by: by.clone(), ..place.clone().attach(read) }),
                Err(_) if is_sbom => {}
                Err(error) => evidence.problems.push(Problem::new(Kind::Vex.name(), &statement.digest, &error)),
            }
        }
        let (kind, read) = if is_sbom {
            (Kind::Sbom, Sbom::of_predicate(json).map(|it| sboms.push(Attached { by, ..place.attach(it) })))
        } else if value.predicate_type == VULN_TYPE {
            (Kind::Report, Report::of_predicate(json).map(|it| reports.push(Attached { by, ..place.attach(it) })))
        } else {
            continue;
        };
        if let Err(error) = read {
            evidence.problems.push(Problem::new(kind.name(), &statement.digest, &error));
        }
    }
    evidence.sboms.extend(sboms);
    evidence.reports.extend(reports);
    evidence.vex.extend(vex);
}
