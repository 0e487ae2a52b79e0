//! Says whether an image may go on as far as its vulnerabilities are concerned, and writes the reports that people and tools read.
//!
//!     cargo run --example scan-report -- --report REPORT.json [--report …] [--vex VEX.json …] [--sbom SBOM.json …]
//!         [--policy POLICY.yaml] [--environment prod] [--image NAME] [--out DIR --format html --format sarif …]
//!
//! A REPORT is that of Grype, of Trivy or of Cache. The exit code is 0 where the image may go on, 2 where it may not, 1 where that
//! cannot be told.

use std::path::PathBuf;
use std::process::ExitCode;

use cache_core::connect::{AssessConfig, given};
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
                documents.push(given(option.trim_start_matches('-'), None, Some(value.into()))?);
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
