//! Databases made for tests.

use std::io::Cursor;
use std::path::Path;

use super::file::Source;
use super::{Database, DatabaseBuilder};
use crate::error::Result;
use crate::model::Timestamp;
use crate::sbom::{Family, Package, Sbom};
use crate::scan::{EmbeddedScanner, Report};

/// The bytes of what was gathered.
pub(in crate::scan) fn bytes(builder: DatabaseBuilder) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    builder.write_to(&mut out, Path::new("memory")).unwrap();
    out.into_inner()
}

/// Opens bytes.
pub(in crate::scan) fn open(bytes: Vec<u8>) -> Result<Database> {
    let length = bytes.len() as u64;
    Database::read(Source::Memory(bytes), length)
}

/// What OSV's records come to.
pub(in crate::scan) fn osv(records: &[serde_json::Value]) -> DatabaseBuilder {
    let folder = tempfile::tempdir().unwrap();
    for (at, record) in records.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{at}.json")), record.to_string()).unwrap();
    }
    let mut builder = DatabaseBuilder::new();
    builder.add_osv(folder.path()).unwrap();
    builder
}

/// What is found of these packages in what was gathered.
pub(in crate::scan) fn scan(builder: DatabaseBuilder, purls: &[&str]) -> Report {
    let package = |purl: &&str| Package {
        name: purl.split('@').next().unwrap().rsplit('/').next().unwrap().to_owned().into(),
        purl: Some((*purl).to_owned().into()),
        ..Package::default()
    };
    let sbom = Sbom { packages: purls.iter().map(package).collect(), ..Sbom::new(Family::Cache, "1") };
    let scanner = EmbeddedScanner::new(open(bytes(builder)).unwrap().into());
    scanner.scan_sbom(&sbom, Timestamp::from_unix(0).unwrap()).unwrap()
}

/// A small database of Grype's.
pub(in crate::scan) fn grype_file() -> Vec<u8> {
    super::grype::tests::grype_file()
}
