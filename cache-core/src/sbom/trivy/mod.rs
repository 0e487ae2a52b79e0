//! Trivy's own JSON (`trivy image --format json --list-all-pkgs`), schema version 2, as an SBOM.

mod document;
mod read;

pub(super) use read::parse;

#[cfg(test)]
mod tests;
