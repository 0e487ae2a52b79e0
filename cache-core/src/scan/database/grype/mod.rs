//! Grype's database, schema 6: an SQLite file of handles that name vulnerabilities, packages and operating systems, and of
//! blobs of JSON (anchore/grype, `grype/db/v6`). Matches by CPE are not taken.

mod blobs;
mod tables;
#[cfg(test)]
pub(super) mod tests;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use self::blobs::{PackageBlob, VulnerabilityBlob};
use self::tables::{Handle, Tables, Vulnerability};
use super::advisory::{Advisory, Names};
use super::{DatabaseBuilder, DatabaseSource};
use crate::error::{Error, Result};
use crate::files::read_limited;
use crate::scan::distribution::Named;
use crate::scan::ecosystem::Ecosystem;
use crate::sqlite::{Damage, Database};

/// The largest file that is read; the database had 1 GiB in 2026.
const MAX_FILE: u64 = 8 << 30;

impl DatabaseBuilder {
    /// Takes in Grype's database: `vulnerability.db`, schema 6.
    ///
    /// # Errors
    /// `Invalid` where it is none, is damaged, or is of another schema; what the disk says.
    pub fn add_grype(&mut self, file: impl AsRef<Path>) -> Result<()> {
        let file = file.as_ref();
        let bytes = read_limited(file, MAX_FILE)?;
        self.add_grype_bytes(&bytes).map_err(|e| e.context("path", file.display()))
    }

    /// Takes in one that is in memory.
    ///
    /// # Errors
    /// `Invalid` where it is none, is damaged, or is of another schema.
    pub fn add_grype_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let damaged = |damage: Damage| Error::invalid(format!("Grype's database cannot be read: {damage}"));
        let database = Database::open(bytes).map_err(damaged)?;
        if !database.is_whole() {
            return Err(damaged("it is cut off"));
        }
        let tables = Tables::read(database)?;
        let mut source = DatabaseSource::named("grype");
        source.is_from(tables.built);
        source.withdrawn = tables.withdrawn;
        let vulnerabilities = vulnerabilities(database, &tables, &mut source)?;
        let mut handles: Vec<&Handle> = tables.handles.iter().collect();
        handles.sort_by_key(|handle| handle.blob);
        tables::blobs(database, |number, json| {
            let from = handles.partition_point(|handle| handle.blob < number);
            let wanted = handles.get(from..).unwrap_or_default().iter().take_while(|handle| handle.blob == number);
            let mut wanted = wanted.peekable();
            if wanted.peek().is_none() {
                return;
            }
            let Ok(blob) = serde_json::from_slice::<PackageBlob>(json) else {
                source.leave_out("an unreadable blob");
                return;
            };
            for handle in wanted {
                self.handle(handle, &blob, &tables, &vulnerabilities, &mut source);
            }
        })?;
        self.finish(source);
        Ok(())
    }

    fn handle(
        &mut self,
        handle: &Handle,
        blob: &PackageBlob,
        tables: &Tables,
        vulnerabilities: &HashMap<i64, VulnerabilityBlob>,
        source: &mut DatabaseSource,
    ) {
        let Some(vulnerability) = tables.vulnerabilities.get(&handle.vulnerability) else { return };
        let Some((kind, name)) = tables.packages.get(&handle.package) else {
            return source.leave_out("no package");
        };
        let Some(ecosystem) = ecosystem(kind, handle.system.and_then(|system| tables.systems.get(&system))) else {
            return source.leave_out(format!("ecosystem {kind:?}"));
        };
        let said = vulnerabilities.get(&vulnerability.blob);
        let advisory = advisory(handle, vulnerability, said, blob, &ecosystem, tables);
        source.advisories += 1;
        self.add(&ecosystem, name, &advisory);
    }
}

/// What the blobs say of the vulnerabilities themselves.
fn vulnerabilities(
    database: Database<'_>,
    tables: &Tables,
    source: &mut DatabaseSource,
) -> Result<HashMap<i64, VulnerabilityBlob>> {
    let wanted: BTreeSet<i64> = tables.vulnerabilities.values().map(|vulnerability| vulnerability.blob).collect();
    let mut found = HashMap::with_capacity(wanted.len());
    tables::blobs(database, |number, json| {
        if wanted.contains(&number) {
            match serde_json::from_slice(json) {
                Ok(blob) => drop(found.insert(number, blob)),
                Err(_) => source.leave_out("an unreadable blob"),
            }
        }
    })?;
    Ok(found)
}

fn advisory(
    handle: &Handle,
    vulnerability: &Vulnerability,
    said: Option<&VulnerabilityBlob>,
    blob: &PackageBlob,
    ecosystem: &Ecosystem,
    tables: &Tables,
) -> Advisory {
    let aliases = said.into_iter().flat_map(|said| &said.aliases).chain(&blob.cves);
    let aliases: BTreeSet<&String> =
        aliases.filter(|alias| **alias != vulnerability.name && !alias.is_empty()).collect();
    let names = || std::iter::once(&vulnerability.name).chain(aliases.iter().copied());
    Advisory {
        ratings: said.map(|said| said.ratings(&vulnerability.provider)).unwrap_or_default(),
        ranges: blob.ranges(handle.affected),
        versions: Vec::new(),
        names: match ecosystem.purl_type() {
            "deb" | "apk" => Names::Source,
            "rpm" => Names::Both,
            _ => Names::Binary,
        },
        module: blob.qualifiers.rpm_modularity.clone(),
        arches: Some(blob.qualifiers.architecture.clone()).filter(|arch| !arch.is_empty()).into_iter().collect(),
        exploited: names().any(|name| tables.exploited.contains(name)),
        epss: names().find_map(|name| tables.epss.get(name).copied()),
        id: vulnerability.name.clone(),
        source: vulnerability.provider.clone(),
        aliases: aliases.into_iter().cloned().collect(),
    }
}

/// Syft's types of packages, and the purl types.
const TYPES: &[(&str, &str)] = &[
    ("conan", "conan"),
    ("dart-pub", "pub"),
    ("dotnet", "nuget"),
    ("gem", "gem"),
    ("github-action", "githubactions"),
    ("go-module", "golang"),
    ("hex", "hex"),
    ("java-archive", "maven"),
    ("npm", "npm"),
    ("nuget", "nuget"),
    ("php-composer", "composer"),
    ("python", "pypi"),
    ("rust-crate", "cargo"),
    ("swift", "swift"),
];

fn ecosystem(kind: &str, system: Option<&tables::System>) -> Option<Ecosystem> {
    match (kind, system) {
        ("deb" | "rpm" | "apk", Some(system)) => {
            let Named { id, release } = Named::new(&system.id, &system.release());
            // A channel has fixes that others do not get.
            let id = if system.channel.is_empty() { id } else { format!("{id}-{}", system.channel) };
            Some(Ecosystem::release(kind, &id, &release))
        }
        ("deb" | "rpm" | "apk", None) => None,
        (kind, _) => {
            let purl_type =
                TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(kind)).map(|(_, purl_type)| *purl_type);
            Ecosystem::language(purl_type?)
        }
    }
}
