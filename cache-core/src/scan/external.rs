//! Grype and Trivy as scanners: the programs of those names, with the databases that they have. They are asked for JSON and see
//! a copy of the image that Cache verified, or the SBOM as a file.

use std::io::Write;
use std::path::PathBuf;

use async_trait::async_trait;
use serde::Deserialize;
use tempfile::NamedTempFile;

use super::{Report, ScanTarget, Scanner, ScannerInfo};
use crate::document::{self, time};
use crate::error::{Error, Result};
use crate::generate::Target;
use crate::generate::export::Exported;
use crate::model::{Digest, Timestamp, null_is_empty};
use crate::program::Program;
use crate::sbom::{Format, Sbom};

/// Asks `grype`.
#[derive(Debug, Clone)]
pub struct GrypeScanner {
    program: Program,
}

/// Asks `trivy`, for vulnerabilities only.
#[derive(Debug, Clone)]
pub struct TrivyScanner {
    program: Program,
}

impl Default for GrypeScanner {
    fn default() -> Self {
        GrypeScanner { program: Program::named("grype") }
    }
}

impl Default for TrivyScanner {
    fn default() -> Self {
        TrivyScanner { program: Program::named("trivy") }
    }
}

impl GrypeScanner {
    /// With the program at this path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        GrypeScanner { program: Program { path: path.into(), ..Program::named("grype") } }
    }
}

impl TrivyScanner {
    /// With the program at this path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        TrivyScanner { program: Program { path: path.into(), ..Program::named("trivy") } }
    }
}

#[async_trait]
impl Scanner for GrypeScanner {
    fn info(&self) -> ScannerInfo {
        ScannerInfo { name: "grype".to_owned(), ..ScannerInfo::default() }
    }

    async fn scan(&self, target: ScanTarget<'_>) -> Result<Report> {
        let copy = Copy::of(&target).await?;
        let source = match &copy {
            Copy::Document(file) => format!("sbom:{}", file.path().display()),
            Copy::Image(folder) => format!("oci-dir:{}", folder.path().display()),
            Copy::Folder(folder) => format!("dir:{}", folder.display()),
        };
        let arguments = [source.as_str(), "-o", "json", "-q"];
        // It would ask the network for its latest version.
        let environment = [("GRYPE_CHECK_FOR_APP_UPDATE", "false".as_ref())];
        let said = self.program.run(&arguments, &environment).await.map_err(explained)?;
        finished(Report::parse(&said)?, &target, copy)
    }
}

#[async_trait]
impl Scanner for TrivyScanner {
    fn info(&self) -> ScannerInfo {
        ScannerInfo { name: "trivy".to_owned(), ..ScannerInfo::default() }
    }

    async fn scan(&self, target: ScanTarget<'_>) -> Result<Report> {
        let copy = Copy::of(&target).await?;
        let mut arguments: Vec<std::ffi::OsString> = match &copy {
            Copy::Document(file) => vec!["sbom".into(), file.path().into()],
            Copy::Image(folder) => {
                vec!["image".into(), "--scanners".into(), "vuln".into(), "--input".into(), folder.path().into()]
            }
            Copy::Folder(folder) => vec!["filesystem".into(), "--scanners".into(), "vuln".into(), folder.into()],
        };
        arguments.extend(["--format", "json", "--quiet", "--offline-scan", "--skip-version-check"].map(Into::into));
        let said = self.program.run(&arguments, &[]).await.map_err(explained)?;
        let mut report = Report::parse(&said)?;
        report.data_as_of = self.data_as_of().await;
        finished(report, &target, copy)
    }
}

impl TrivyScanner {
    /// Its reports do not say how old its data is; its version does.
    async fn data_as_of(&self) -> Option<Timestamp> {
        #[derive(Deserialize)]
        struct Version {
            #[serde(default, rename = "VulnerabilityDB", deserialize_with = "null_is_empty")]
            database: Data,
        }
        #[derive(Default, Deserialize)]
        struct Data {
            #[serde(default, rename = "UpdatedAt", deserialize_with = "time")]
            updated_at: Option<Timestamp>,
        }
        let said = self.program.run(&["version", "--format", "json"], &[]).await.ok()?;
        let version: Version = document::json("Trivy's version", std::str::from_utf8(&said).ok()?).ok()?;
        version.database.updated_at
    }
}

/// What a program is shown. Copies are gone when this is dropped.
enum Copy {
    Document(NamedTempFile),
    Image(Exported),
    Folder(PathBuf),
}

impl Copy {
    async fn of(target: &ScanTarget<'_>) -> Result<Copy> {
        match target {
            ScanTarget::Sbom(sbom) => document_of(sbom).map(Copy::Document),
            ScanTarget::Of(Target::Image { registry, image }) => Exported::of(*registry, image).await.map(Copy::Image),
            ScanTarget::Of(Target::Folder(folder)) => Ok(Copy::Folder(folder.to_path_buf())),
        }
    }
}

fn document_of(sbom: &Sbom<'_>) -> Result<NamedTempFile> {
    let failed = |e| Error::io(&std::env::temp_dir(), e);
    let written = sbom.write(&Format::parse("cyclonedx-1.6")?)?;
    let mut file = tempfile::Builder::new().prefix("cache-sbom-").suffix(".cdx.json").tempfile().map_err(failed)?;
    file.write_all(&written.bytes).map_err(failed)?;
    Ok(file)
}

/// A missing database is told apart from all else that a program may fail of.
fn explained(error: Error) -> Error {
    let text = error.message().to_ascii_lowercase();
    let about_database =
        ["vulnerability db", "vulnerability database", "db update", "database is not", "failed to load"];
    if error.kind() == crate::ErrorKind::Unexpected && about_database.iter().any(|words| text.contains(words)) {
        return Error::not_found(error.message()).hint("let the program fetch its database first").caused_by(error);
    }
    error
}

/// The program saw a copy at a path of no meaning; what it is about is known here.
fn finished(mut report: Report, target: &ScanTarget<'_>, copy: Copy) -> Result<Report> {
    let subjects: &[Digest] = match target {
        ScanTarget::Of(Target::Image { image, .. }) => std::slice::from_ref(&image.digest),
        ScanTarget::Sbom(sbom) => &sbom.describes,
        ScanTarget::Of(Target::Folder(_)) => &[],
    };
    report.subjects = subjects.to_vec();
    if !matches!(target, ScanTarget::Of(Target::Folder(_))) {
        (report.image_ids, report.target) = (Vec::new(), None);
    }
    match copy {
        Copy::Image(copy) => copy.remove()?,
        Copy::Document(file) => {
            let path = file.path().to_owned();
            file.close().map_err(|e| Error::io(&path, e))?;
        }
        Copy::Folder(_) => {}
    }
    Ok(report)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::error::ErrorKind;
    use crate::sbom::{Family, Package};

    /// A program that runs this script.
    fn program(folder: &std::path::Path, script: &str) -> PathBuf {
        let path = folder.join("program");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn sbom() -> Sbom<'static> {
        let lib = Package {
            id: "lib".into(),
            name: "lib".into(),
            purl: Some("pkg:npm/lib@1.0".into()),
            ..Package::default()
        };
        Sbom { packages: vec![lib], describes: vec![Digest::of(b"image")], ..Sbom::new(Family::Cache, "1") }
    }

    #[tokio::test]
    async fn grype_is_shown_the_sbom_and_its_report_is_about_the_image() {
        let folder = tempfile::tempdir().unwrap();
        let script = r#"test "$2 $3 $4" = "-o json -q" || exit 9
            grep -q pkg:npm/lib@1.0 "${1#sbom:}" || exit 8
            echo '{"matches":[{"vulnerability":{"id":"CVE-1","severity":"High","namespace":"github:language:npm",
              "fix":{"versions":["1.1"],"state":"fixed"},"knownExploited":[{"cve":"CVE-1"}],
              "epss":[{"cve":"CVE-1","epss":0.5,"percentile":0.9}]},
              "artifact":{"name":"lib","version":"1.0"}}],"descriptor":{"name":"grype","version":"1"}}'"#;
        let scanner = GrypeScanner::at(program(folder.path(), script));
        let report = scanner.scan(ScanTarget::Sbom(&sbom())).await.unwrap();
        assert_eq!(report.subjects, [Digest::of(b"image")]);
        let [found] = &report.findings[..] else { panic!("{report:?}") };
        assert_eq!((found.exploited, found.epss.unwrap().probability.millionths()), (true, 500_000));
        assert_eq!((found.fix_state, &found.sources[..]), (super::super::FixState::Fixed, &["github".to_owned()][..]));
    }

    #[tokio::test]
    async fn trivy_says_elsewhere_how_old_its_data_is() {
        let folder = tempfile::tempdir().unwrap();
        let script = r#"if test "$1" = version; then echo '{"VulnerabilityDB":{"UpdatedAt":"2026-01-02T03:04:05Z"}}'; exit; fi
            test "$1" = sbom || exit 9
            echo '{"SchemaVersion":2,"Results":[{"Vulnerabilities":[{"VulnerabilityID":"CVE-1","PkgName":"lib",
              "InstalledVersion":"1.0","Severity":"LOW","Status":"will_not_fix","SeveritySource":"nvd",
              "VendorSeverity":{"ghsa":2,"nvd":1},"DataSource":{"ID":"ghsa"}}]}]}'"#;
        let scanner = TrivyScanner::at(program(folder.path(), script));
        let report = scanner.scan(ScanTarget::Sbom(&sbom())).await.unwrap();
        assert_eq!(report.data_as_of.unwrap().to_string(), "2026-01-02T03:04:05Z");
        let found = &report.findings[0];
        assert_eq!(found.fix_state, super::super::FixState::WontFix);
        assert_eq!(found.ratings.iter().map(|r| r.source.as_str()).collect::<Vec<_>>(), ["nvd", "ghsa"]);
    }

    #[tokio::test]
    async fn a_missing_database_is_told_apart_from_nothing_found_and_other_failures() {
        let folder = tempfile::tempdir().unwrap();
        for (script, kind) in [
            ("echo 'failed to load vulnerability db: does not exist' >&2; exit 1", ErrorKind::NotFound),
            ("echo 'out of memory' >&2; exit 1", ErrorKind::Unexpected),
            ("echo", ErrorKind::Invalid),
            ("echo '{}'", ErrorKind::Invalid),
        ] {
            let scanner = GrypeScanner::at(program(folder.path(), script));
            let error = scanner.scan(ScanTarget::Sbom(&sbom())).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{script}: {error}");
        }
        let absent = TrivyScanner::at(folder.path().join("absent"));
        assert_eq!(
            absent.scan(ScanTarget::Of(Target::Folder(folder.path()))).await.unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }
}
