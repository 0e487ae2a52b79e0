//! Says whether an image may go on as far as its vulnerabilities are concerned, and writes the reports that people and tools read.
//!
//!     cargo run --example scan-report -- --report REPORT.json [--report …] [--vex VEX.json …] [--sbom SBOM.json …]
//!         [--policy POLICY.yaml] [--environment prod] [--image NAME] [--out DIR --format html --format sarif …]
//!
//! A REPORT is that of Grype, of Trivy or of Cache. The exit code is 0 where the image may go on, 2 where it may not, 1 where that
//! cannot be told.

use std::path::PathBuf;
use std::process::ExitCode;

use cache_core::connect::{AssessConfig, Document};
use cache_core::gate::Assessment;
use cache_core::report::{ReportFormat, ReportOptions};

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok((assessment, table)) => {
            print!("{table}");
            if assessment.allows() { ExitCode::SUCCESS } else { ExitCode::from(2) }
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What the gate says, and the table of it; the files are written.
fn run(mut arguments: impl Iterator<Item = String>) -> Result<(Assessment, String), Failure> {
    let (mut documents, mut config, mut formats) = (Vec::new(), AssessConfig::default(), Vec::new());
    let mut out = PathBuf::from(".");
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{option} needs a value"))?;
        match option.as_str() {
            "--report" | "--vex" | "--sbom" => {
                documents.push(Document::new(option.trim_start_matches('-'), None, Some(value.into()))?);
            }
            "--policy" => config.policy = Some(value),
            "--environment" => config.environment = Some(value),
            "--image" => config.image = Some(value.parse()?),
            "--clock" => config.clock = Some(value.parse()?),
            "--out" => out = value.into(),
            "--format" => formats.push(value.parse::<ReportFormat>()?),
            _ => return Err(format!("unknown option {option}").into()),
        }
    }
    let assessment = config.assess(&documents)?;
    let options = ReportOptions::default();
    for format in formats {
        let path = out.join(format!("scan-report.{}", ending(format)));
        std::fs::write(&path, assessment.write(format, &options)?)?;
        eprintln!("{}", path.display());
    }
    let table = assessment.write(ReportFormat::Table, &options)?;
    Ok((assessment, String::from_utf8(table)?))
}

fn ending(format: ReportFormat) -> String {
    match format {
        ReportFormat::Markdown => "md".to_owned(),
        ReportFormat::Table => "txt".to_owned(),
        ReportFormat::Junit => "junit.xml".to_owned(),
        ReportFormat::Json | ReportFormat::Html => format.name().to_owned(),
        other => format!("{}.json", other.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(more: &[&str]) -> Result<(Assessment, String), Failure> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/findings");
        let arguments = ["--report", "FOLDER/report.json", "--clock", "2026-03-01T12:00:00Z"];
        run(arguments.iter().chain(more).map(|argument| argument.replace("FOLDER", folder)))
    }

    /// gates.md B2 10: what stops the image is told by more than words.
    #[test]
    fn b2_10_what_is_stopped_is_told_and_written() {
        let out = tempfile::tempdir().unwrap();
        let folder = out.path().to_str().unwrap();
        let written = ["--format", "html", "--format", "sarif", "--format", "json"];
        let given = ["--policy", "FOLDER/policy.yaml", "--vex", "FOLDER/vex.json", "--sbom", "FOLDER/sbom.cdx.json"];
        let image = ["--image", "registry.example.com/team/app:v1", "--out", folder];
        let (assessment, table) = ran(&[&given[..], &image, &written].concat()).unwrap();
        assert!(!assessment.allows() && table.contains("is stopped"), "{table}");
        let read = |name: &str| std::fs::read_to_string(out.path().join(name)).unwrap();
        assert!(read("scan-report.html").starts_with("<!doctype html>"));
        assert!(read("scan-report.sarif.json").contains("\"2.1.0\""));
        // The same as in the other languages.
        let expected = concat!(env!("CARGO_MANIFEST_DIR"), "/findings/assessment.json");
        assert_eq!(read("scan-report.json"), std::fs::read_to_string(expected).unwrap());
    }

    #[test]
    fn a_milder_policy_lets_it_go_on_and_no_policy_is_an_error() {
        let mild = "scan_policy:\n  promotion_to_prod: {max_critical: any, max_high: any}\n";
        assert!(ran(&["--policy", mild]).unwrap().0.allows());
        assert!(ran(&["--policy", "no-such-file.yaml"]).is_err());
        assert!(ran(&["--format", "pdf"]).is_err() && ran(&["--out"]).is_err() && ran(&["--what", "x"]).is_err());
    }
}
