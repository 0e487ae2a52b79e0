//! Looks for vulnerabilities in an SBOM, an image or a folder, with no other program and no network; and makes the database.
//!
//!     cargo run --release --example scan -- --database FILE --build-database PATH [--build-database PATH …]
//!     cargo run --release --example scan -- --database FILE --update osv:PyPI,npm [--update grype …] [--osv ADDRESS] [--grype ADDRESS] [--trivy IMAGE]
//!     cargo run --release --example scan -- --database FILE --sbom FILE [--sbom FILE …] [--format table|json]
//!     cargo run --release --example scan -- --database FILE REFERENCE|dir:PATH [--format table|json]
//!     cargo run --release --example scan -- --database FILE --sboms DIR [--threads N]
//!     cargo run --release --example scan -- --database FILE --info
//!
//! `--update` brings the database up to date with what is published: by OSV for these ecosystems (`osv` for all), by Grype, by
//! Trivy; the addresses are for mirrors. A PATH to build from is a folder of OSV's archives, Grype's `vulnerability.db` or Trivy's `trivy.db`. The exit code is 0
//! whatever is found: what is acceptable is a policy's to say. `--sboms` scans all of a folder, several at a time, and prints how
//! many findings each has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use cache_core::Watch;
use cache_core::connect::{GrypeConfig, OsvConfig, TrivyConfig, UpdateConfig, open_source};
use cache_core::generate::Target;
use cache_core::model::{Reference, Timestamp};
use cache_core::registry::inspect::of_platform;
use cache_core::sbom::Sbom;
use cache_core::scan::{Database, DatabaseBuilder, EmbeddedScanner, Report, ScanTarget, Scanner, UpdateProgress};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            if let Some(hint) = error.downcast_ref::<cache_core::Error>().and_then(|error| error.hint_text()) {
                eprintln!("hint: {hint}");
            }
            ExitCode::FAILURE
        }
    }
}

#[derive(Default)]
struct Options {
    database: Option<PathBuf>,
    build: Vec<PathBuf>,
    update: Vec<String>,
    osv: Option<String>,
    grype: Option<String>,
    trivy: Option<Reference>,
    sboms: Vec<PathBuf>,
    folder: Option<PathBuf>,
    threads: Option<usize>,
    info: bool,
    target: Option<String>,
    json: bool,
}

impl Options {
    fn read() -> Result<Options, Failure> {
        let mut options = Options::default();
        let mut arguments = std::env::args().skip(1);
        while let Some(option) = arguments.next() {
            if option == "--info" {
                options.info = true;
                continue;
            }
            if !option.starts_with("--") {
                options.target = Some(option);
                continue;
            }
            let value = arguments.next().ok_or_else(|| format!("{option} needs a value"))?;
            match (option.as_str(), value.as_str()) {
                ("--database", _) => options.database = Some(value.into()),
                ("--build-database", _) => options.build.push(value.into()),
                ("--update", _) => options.update.push(value),
                ("--osv", _) => options.osv = Some(value),
                ("--grype", _) => options.grype = Some(value),
                ("--trivy", _) => options.trivy = Some(value.parse()?),
                ("--sbom", _) => options.sboms.push(value.into()),
                ("--sboms", _) => options.folder = Some(value.into()),
                ("--threads", _) => options.threads = Some(value.parse()?),
                ("--format", "json" | "table") => options.json = value == "json",
                _ => return Err(format!("unknown option {option} {value}").into()),
            }
        }
        Ok(options)
    }
}

async fn run() -> Result<(), Failure> {
    let options = Options::read()?;
    let file = options.database.clone().ok_or(
        "usage: scan --database FILE (--build-database PATH | --update WHAT | --sbom FILE | REFERENCE | dir:PATH)",
    )?;
    if !options.build.is_empty() {
        build(&file, &options.build)?;
    }
    if !options.update.is_empty() {
        update(&file, &options).await?;
    }
    if options.info {
        println!("{}", serde_json::to_string_pretty(Database::open(&file)?.info())?);
    }
    if options.sboms.is_empty() && options.folder.is_none() && options.target.is_none() {
        return Ok(());
    }
    let scanner = EmbeddedScanner::new(Arc::new(Database::open(&file)?));
    if let Some(folder) = &options.folder {
        batch(&scanner, folder, options.threads)?;
    }
    for path in &options.sboms {
        let bytes = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
        print(&scanner.scan_sbom(&Sbom::parse(&bytes)?, Timestamp::now())?, options.json)?;
    }
    if let Some(target) = &options.target {
        print(&scan(&scanner, target).await?, options.json)?;
    }
    Ok(())
}

fn build(file: &Path, sources: &[PathBuf]) -> Result<(), Failure> {
    let mut builder = DatabaseBuilder::new();
    for source in sources {
        match source.extension().and_then(|extension| extension.to_str()) {
            _ if source.is_dir() => builder.add_osv(source)?,
            _ if source.file_name().is_some_and(|name| name == "trivy.db") => builder.add_trivy(source)?,
            Some("db") => builder.add_grype(source)?,
            _ => return Err(format!("{}: neither a folder nor a database", source.display()).into()),
        }
    }
    for source in builder.sources() {
        eprintln!(
            "{}: {} advisories, {} withdrawn, left out: {:?}",
            source.name, source.advisories, source.withdrawn, source.left_out
        );
    }
    let info = builder.write(file)?;
    eprintln!("{}: {} advisories about {} packages", file.display(), info.advisories, info.packages);
    Ok(())
}

/// Fetches what is published and changed, and makes the database of it.
async fn update(file: &Path, options: &Options) -> Result<(), Failure> {
    let mut config = UpdateConfig { path: file.to_owned(), ..UpdateConfig::default() };
    for what in &options.update {
        match what.split_once(':').unwrap_or((what, "")) {
            ("osv", names) => {
                let ecosystems = names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
                config.osv = Some(OsvConfig { address: options.osv.clone(), ecosystems });
            }
            ("grype", _) => config.grype = Some(GrypeConfig { listing: options.grype.clone() }),
            ("trivy", _) => config.trivy = Some(TrivyConfig { image: options.trivy.clone() }),
            _ => return Err(format!("{what}: neither osv, grype nor trivy").into()),
        }
    }
    let watch = Watch::new(|news: &UpdateProgress| match news {
        UpdateProgress::Download { what, already, size } => eprintln!("{what}: {size:?} bytes, {already} are here"),
        UpdateProgress::Unchanged { what } => eprintln!("{what}: unchanged"),
        _ => {}
    });
    let updated = config.update(Some(watch)).await?;
    let changed = if updated.changed { "new" } else { "as it was" };
    eprintln!("{}: {changed}, {} advisories", file.display(), updated.info.advisories);
    Ok(())
}

async fn scan(scanner: &EmbeddedScanner, target: &str) -> Result<Report, Failure> {
    if let Some(folder) = target.strip_prefix("dir:") {
        return Ok(scanner.scan(ScanTarget::Of(Target::Folder(folder.as_ref()))).await?);
    }
    let reference: Reference = target.parse::<Reference>()?.or_latest();
    let registry = open_source(&reference.repository)?;
    let pinned = reference.repository.at(registry.resolve(&reference).await?.digest);
    let image = of_platform(&*registry, &pinned, None).await?;
    Ok(scanner.scan(ScanTarget::Of(Target::Image { registry: &*registry, image: &image })).await?)
}

/// Scans each SBOM of a folder. One scanner serves all threads.
fn batch(scanner: &EmbeddedScanner, folder: &Path, threads: Option<usize>) -> Result<(), Failure> {
    let mut paths = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    let (next, counts) = (AtomicUsize::new(0), Mutex::new(vec![None; paths.len()]));
    let one = |path: &PathBuf| -> Result<usize, Failure> {
        Ok(scanner.scan_sbom(&Sbom::parse(&std::fs::read(path)?)?, Timestamp::now())?.findings.len())
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)) {
            scope.spawn(|| {
                while let Some((at, path)) = {
                    let at = next.fetch_add(1, Relaxed);
                    paths.get(at).map(|path| (at, path))
                } {
                    let count = one(path).map_err(|e| e.to_string());
                    counts.lock().expect("no thread panics")[at] = Some(count);
                }
            });
        }
    });
    for (path, count) in paths.iter().zip(counts.into_inner()?.into_iter().flatten()) {
        println!("{}\t{}", path.display(), count.map_err(|e| format!("{}: {e}", path.display()))?);
    }
    Ok(())
}

/// The report as JSON, or a line for each finding and what could not be decided by its kind.
fn print(report: &Report, json: bool) -> Result<(), Failure> {
    if json {
        println!("{}", serde_json::to_string_pretty(report)?);
        return Ok(());
    }
    for finding in &report.findings {
        let fix = finding.fixed_in.as_deref().unwrap_or("-");
        println!("{}\t{}\t{}\t{}\t{fix}", finding.severity, finding.id, finding.package, finding.version);
    }
    let mut notes: BTreeMap<&str, usize> = BTreeMap::new();
    report.notes.iter().for_each(|note| *notes.entry(&note.code).or_default() += 1);
    for (code, count) in notes {
        eprintln!("{code}: {count} packages");
    }
    Ok(())
}
