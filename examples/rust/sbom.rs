//! Makes the SBOM of an image or a folder, with no other program, or reads one.
//!
//!     cargo run --release --example sbom -- REFERENCE|dir:PATH|file:PATH [--format FORMAT] [--cache FOLDER]
//!
//! FORMAT is `purls`, or one that is written: `spdx-2.3`, `spdx-3.0`, `cyclonedx-1.6`, `cyclonedx-1.7-xml`, `syft-16.1.13`.
//! REFERENCE is `docker://HOST/REPO:TAG`, `oci:PATH:TAG`, `docker-archive:PATH:NAME` or any other that Cache reads.

use std::io::Write;
use std::process::ExitCode;

use cache_core::connect::GenerateConfig;
use cache_core::sbom::{Format, Sbom};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().ok_or("usage: sbom REFERENCE|dir:PATH|file:PATH [--format FORMAT] [--cache FOLDER]")?;
    let mut format = "purls".to_owned();
    let mut cache = None;
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{option} needs a value"))?;
        match option.as_str() {
            "--format" => format = value,
            "--cache" => cache = Some(value.into()),
            _ => return Err(format!("unknown option {option}").into()),
        }
    }
    if let Some(path) = what.strip_prefix("file:") {
        let document = std::fs::read(path)?;
        return print(&Sbom::parse(&document)?, &format);
    }
    let mut wanted = GenerateConfig { layer_cache: cache, ..GenerateConfig::default() };
    match what.strip_prefix("dir:") {
        Some(folder) => wanted.folder = Some(folder.into()),
        None => wanted.image = Some(what.parse()?),
    }
    print(&wanted.generate(None).await?, &format)
}

/// The purls, one in a line, or a document.
fn print(sbom: &Sbom<'_>, format: &str) -> Result<(), Failure> {
    for finding in &sbom.findings {
        eprintln!("{}: {}: {}", finding.code, finding.position, finding.message);
    }
    match format {
        "purls" => sbom.packages.iter().filter_map(|p| p.purl.as_deref()).for_each(|purl| println!("{purl}")),
        format => {
            let written = sbom.write(&Format::parse(format)?)?;
            for finding in &written.lost {
                eprintln!("{}: {}: {}", finding.code, finding.position, finding.message);
            }
            std::io::stdout().write_all(&written.bytes)?;
        }
    }
    Ok(())
}
