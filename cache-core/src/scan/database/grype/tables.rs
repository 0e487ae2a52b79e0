//! The tables of handles, read whole: they are small beside the blobs.

use std::collections::{HashMap, HashSet};

use crate::error::{Error, Result};
use crate::model::Timestamp;
use crate::scan::{Epss, Share};
use crate::sqlite::{Database, Row, Table, Value};

/// The schema that is read.
const MODEL: i64 = 6;

pub(super) struct Tables {
    pub(super) built: Option<Timestamp>,
    pub(super) vulnerabilities: HashMap<i64, Vulnerability>,
    /// The type and name of packages.
    pub(super) packages: HashMap<i64, (String, String)>,
    pub(super) systems: HashMap<i64, System>,
    pub(super) handles: Vec<Handle>,
    pub(super) exploited: HashSet<String>,
    pub(super) epss: HashMap<String, Epss>,
    /// How many vulnerabilities are withdrawn or rejected.
    pub(super) withdrawn: u64,
}

pub(super) struct Vulnerability {
    pub(super) name: String,
    pub(super) provider: String,
    pub(super) blob: i64,
}

#[derive(Default)]
pub(super) struct System {
    pub(super) id: String,
    major: String,
    minor: String,
    label: String,
    pub(super) channel: String,
}

impl System {
    pub(super) fn release(&self) -> String {
        match (self.major.as_str(), self.minor.as_str()) {
            ("", _) => self.label.clone(),
            (major, "") => major.to_owned(),
            (major, minor) => format!("{major}.{minor}"),
        }
    }
}

/// That a vulnerability is about a package, or is not.
pub(super) struct Handle {
    pub(super) vulnerability: i64,
    pub(super) system: Option<i64>,
    pub(super) package: i64,
    pub(super) blob: i64,
    pub(super) affected: bool,
}

impl Tables {
    pub(super) fn read(database: Database<'_>) -> Result<Tables> {
        let mut tables = Tables {
            built: built(database)?,
            vulnerabilities: HashMap::new(),
            packages: HashMap::new(),
            systems: HashMap::new(),
            handles: Vec::new(),
            exploited: HashSet::new(),
            epss: HashMap::new(),
            withdrawn: 0,
        };
        let wanted = ["id", "name", "status", "withdrawn_date", "provider_id", "blob_id"];
        each(database, "vulnerability_handles", wanted, true, |[id, name, status, withdrawn, provider, blob]| {
            if !text(withdrawn).is_empty() || text(status) == "rejected" {
                tables.withdrawn += 1;
            } else if let (Some(id), Some(blob)) = (number(id), number(blob)) {
                let vulnerability = Vulnerability { name: text(name), provider: text(provider), blob };
                tables.vulnerabilities.insert(id, vulnerability);
            }
        })?;
        each(database, "packages", ["id", "ecosystem", "name"], true, |[id, ecosystem, name]| {
            tables.packages.extend(number(id).map(|id| (id, (text(ecosystem), text(name)))));
        })?;
        let wanted = ["id", "name", "release_id", "major_version", "minor_version", "label_version", "channel"];
        each(database, "operating_systems", wanted, true, |[id, name, release_id, major, minor, label, channel]| {
            let system = System {
                id: Some(text(release_id)).filter(|id| !id.is_empty()).unwrap_or_else(|| text(name)),
                major: text(major),
                minor: text(minor),
                label: text(label),
                channel: text(channel),
            };
            tables.systems.extend(number(id).map(|id| (id, system)));
        })?;
        let wanted = ["vulnerability_id", "operating_system_id", "package_id", "blob_id"];
        for (table, affected) in [("affected_package_handles", true), ("unaffected_package_handles", false)] {
            each(database, table, wanted, affected, |[vulnerability, system, package, blob]| {
                let handle = || {
                    let (vulnerability, package, blob) = (number(vulnerability)?, number(package)?, number(blob)?);
                    Some(Handle { vulnerability, system: number(system), package, blob, affected })
                };
                tables.handles.extend(handle());
            })?;
        }
        each(database, "known_exploited_vulnerability_handles", ["cve"], false, |[cve]| {
            tables.exploited.insert(text(cve));
        })?;
        each(database, "epss_handles", ["cve", "epss", "percentile"], false, |[cve, epss, percentile]| {
            let share = |value| Share::of(real(value)?);
            let epss =
                share(epss).zip(share(percentile)).map(|(probability, percentile)| Epss { probability, percentile });
            tables.epss.extend(epss.map(|epss| (text(cve), epss)));
        })?;
        Ok(tables)
    }
}

/// When it was built, once it is clear that it is of the right schema.
fn built(database: Database<'_>) -> Result<Option<Timestamp>> {
    let mut found = None;
    each(database, "db_metadata", ["build_timestamp", "model"], true, |[built, model]| {
        found = Some((number(model), Timestamp::parse(&text(built).replacen(' ', "T", 1)).ok()));
    })?;
    match found {
        Some((Some(MODEL), built)) => Ok(built),
        Some((model, _)) => Err(Error::unsupported(format!(
            "Grype's databases of schema {MODEL} are read; this is {}",
            model.map_or("of none".to_owned(), |model| model.to_string())
        ))),
        None => Err(Error::invalid("Grype's database does not say of which schema it is")),
    }
}

/// Hands over every blob with its number.
pub(super) fn blobs(database: Database<'_>, mut take: impl FnMut(i64, &[u8])) -> Result<()> {
    each(database, "blobs", ["id", "value"], true, |[id, value]| {
        if let (Some(id), Value::Text(json) | Value::Blob(json)) = (number(id), value) {
            take(id, json);
        }
    })
}

/// Hands over the wanted columns of every row. A table that has to be there is an error where it is not.
fn each<const N: usize>(
    database: Database<'_>,
    name: &str,
    wanted: [&str; N],
    required: bool,
    mut take: impl FnMut([Value<'_>; N]),
) -> Result<()> {
    let damaged = |damage| Error::invalid(format!("Grype's database cannot be read: {damage}")).context("table", name);
    let Some(table) = database.table(name).map_err(damaged)? else {
        return if required { Err(damaged("the table is not there")) } else { Ok(()) };
    };
    let places = wanted.map(|column| place(&table, column));
    if let (true, Some(missing)) = (required, places.iter().position(Option::is_none)) {
        let column = wanted.get(missing).copied().unwrap_or_default();
        return Err(damaged("a column is not there").context("column", column));
    }
    let mut damage = None;
    database
        .rows(&table, &mut |row| {
            match row {
                Ok(row) => take(values(row, places)),
                Err(reason) => damage = Some(reason),
            }
            damage.is_none()
        })
        .map_err(damaged)?;
    damage.map_or(Ok(()), |damage| Err(damaged(damage)))
}

/// Where a column stands in the rows.
fn place(table: &Table, column: &str) -> Option<usize> {
    table.columns().iter().position(|name| name.eq_ignore_ascii_case(column))
}

fn values<const N: usize>(row: Row<'_>, places: [Option<usize>; N]) -> [Value<'_>; N] {
    let mut values = [Value::Null; N];
    for (at, value) in row.columns().enumerate() {
        // The first column of all these tables is their key where it is null.
        let value = if at == 0 && value == Value::Null { Value::Integer(row.number) } else { value };
        for (slot, _) in values.iter_mut().zip(places).filter(|(_, place)| *place == Some(at)) {
            *slot = value;
        }
    }
    values
}

fn text(value: Value<'_>) -> String {
    match value {
        Value::Text(bytes) | Value::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Null => String::new(),
    }
}

fn number(value: Value<'_>) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(number),
        _ => None,
    }
}

fn real(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Real(number) => Some(number),
        Value::Integer(number) => Some(number as f64),
        _ => None,
    }
}
