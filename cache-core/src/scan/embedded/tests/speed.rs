//! Not a benchmark: that a scan is not slow by an order of magnitude, and what it takes, printed.

use std::sync::Arc;
use std::time::Instant;

use crate::model::Timestamp;
use crate::scan::{Database, DatabaseBuilder, EmbeddedScanner};

#[test]
fn the_archives_of_osv_against_570_packages() {
    let Some(folder) = crate::document::shared_data("sbom/osv/bulk") else { return };
    let mut builder = DatabaseBuilder::new();
    builder.add_osv(&folder).unwrap();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("cache.db");
    builder.write(&path).unwrap();
    let names = ["django", "requests", "flask", "pillow", "numpy", "urllib3", "jinja2", "absent", "other", "lib"];
    let purls: Vec<String> =
        (0..570).map(|at| format!("pkg:pypi/{}@{}.{}", names[at % 10], at / 100, at % 17)).collect();
    let sbom = super::sbom(&purls.iter().map(String::as_str).collect::<Vec<_>>());
    let start = Instant::now();
    let database = Arc::new(Database::open(&path).unwrap());
    let opened = start.elapsed();
    let report = EmbeddedScanner::new(database).scan_sbom(&sbom, Timestamp::from_unix(0).unwrap()).unwrap();
    println!("opened in {opened:?}, scanned in {:?}: {} findings", start.elapsed() - opened, report.findings.len());
    assert!(report.findings.len() > 1000 && report.notes.is_empty());
    assert!(start.elapsed().as_secs() < 5);
}
