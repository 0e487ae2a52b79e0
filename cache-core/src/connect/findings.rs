//! What a registry's own scanner found, as a report.

use crate::error::{Error, Result};
use crate::model::Pinned;
use crate::registry::Registry;
use crate::scan::Report;

/// The report of the registry's own scanner about an image. It is unsigned: who asks for it believes the registry.
///
/// # Errors
/// `Unsupported` where the registry has no scanner; as [`Findings::findings`](crate::registry::Findings::findings) and
/// [`Report::parse`]; `Untrusted` where the report is about another image.
pub async fn registry_report(registry: &dyn Registry, image: &Pinned) -> Result<Report> {
    let findings = registry.abilities().findings.ok_or_else(|| {
        Error::unsupported("the registry has no scanner that is known here")
            .context("image", image)
            .hint("say which system it is, and who we are to it")
    })?;
    let document = findings.findings(image).await?;
    let mut report = Report::parse(&document.bytes).map_err(|e| e.context("findings of", document.system))?;
    if report.subjects.is_empty() {
        report.subjects.push(image.digest.clone());
    }
    if report.subjects.contains(&image.digest) {
        return Ok(report);
    }
    Err(Error::untrusted("the registry's findings are about another image")
        .context("image", image)
        .context("about", report.subjects.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")))
}
