//! The databases of rpm, in the three forms it has had: BerkeleyDB (`Packages`), NDB (`Packages.db`) and SQLite
//! (`rpmdb.sqlite`). Each keeps a header for every package; a distroless image has a table as text instead.

mod bdb;
#[cfg(test)]
mod forms;
mod header;
mod manifest;
mod ndb;
mod package;
mod sqlite;

use std::io::Read;

use super::{Cataloger, Fact, FileInfo, read};
use crate::error::Result;

/// A server has about 100 MiB.
const LIMIT: u64 = 1 << 30;
const MANIFEST_LIMIT: u64 = 64 << 20;
const FOLDERS: &[&str] = &["var/lib/rpm", "usr/share/rpm", "usr/lib/sysimage/rpm", "lib/sysimage/rpm"];
const MANIFESTS: &[&str] = &["var/lib/rpmmanifest/container-manifest-2"];

/// Packages that rpm installed, as one form of its database has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rpm {
    BerkeleyDb,
    Ndb,
    Sqlite,
    /// The log of changes that are not yet in the SQLite file. It cannot be understood without that file.
    SqliteLog,
    Manifest,
}

impl Rpm {
    pub(super) const ALL: [Rpm; 5] = [Rpm::BerkeleyDb, Rpm::Ndb, Rpm::Sqlite, Rpm::SqliteLog, Rpm::Manifest];

    fn file_name(self) -> &'static str {
        match self {
            Rpm::BerkeleyDb => "Packages",
            Rpm::Ndb => "Packages.db",
            Rpm::Sqlite => "rpmdb.sqlite",
            Rpm::SqliteLog => "rpmdb.sqlite-wal",
            Rpm::Manifest => "container-manifest-2",
        }
    }

    /// What stands before the database: the root of its files.
    fn root(self, path: &str) -> Option<&str> {
        if self == Rpm::Manifest {
            return read::root(path, MANIFESTS);
        }
        let (folder, name) = path.rsplit_once('/')?;
        if name == self.file_name() { read::root(folder, FOLDERS) } else { None }
    }
}

impl Cataloger for Rpm {
    fn name(&self) -> &'static str {
        match self {
            Rpm::BerkeleyDb => "rpm-berkeleydb",
            Rpm::Ndb => "rpm-ndb",
            Rpm::Sqlite | Rpm::SqliteLog => "rpm-sqlite",
            Rpm::Manifest => "rpm-manifest",
        }
    }

    fn wants(&self, file: &FileInfo<'_>) -> bool {
        self.root(file.path).is_some()
    }

    fn read(&self, file: &FileInfo<'_>, content: &mut dyn Read) -> Result<Vec<Fact>> {
        let Some(root) = self.root(file.path) else { return Ok(Vec::new()) };
        let limit = if *self == Rpm::Manifest { MANIFEST_LIMIT } else { LIMIT };
        let bytes = match read::whole(file, content, limit)? {
            Ok(bytes) => bytes,
            Err(fact) => return Ok(vec![fact]),
        };
        // A database that was never written to.
        if bytes.is_empty() {
            return Ok(Vec::new());
        }
        let mut packages = Packages::new(root, bytes.len());
        let outcome = match self {
            Rpm::BerkeleyDb => bdb::read(&bytes, &mut |header| packages.header(header)),
            Rpm::Ndb => ndb::read(&bytes, &mut |header| packages.header(header)),
            Rpm::Sqlite => sqlite::read(&bytes, &mut |header| packages.header(header)),
            Rpm::SqliteLog => sqlite::log(&bytes),
            Rpm::Manifest => manifest::read(&read::text(bytes), &mut |found| packages.add(Ok(found))),
        };
        Ok(packages.end(outcome.err()))
    }
}

/// Why a part of a database, or all of it, could not be read.
type Damage = &'static str;

/// Takes the headers that a database holds, or why one of them cannot be had. `false` means that it takes no more.
type Sink<'s> = &'s mut dyn FnMut(std::result::Result<&[u8], Damage>) -> bool;

/// Packages as they come, and what is wrong with the others.
struct Packages<'a> {
    root: &'a str,
    facts: Vec<Fact>,
    budget: package::Budget,
    /// The bytes that headers may still have: no two share any.
    left: usize,
    damaged: usize,
    first: Option<Damage>,
    full: bool,
}

impl<'a> Packages<'a> {
    fn new(root: &'a str, length: usize) -> Self {
        let budget = package::Budget::default();
        Packages { root, facts: Vec::new(), budget, left: length, damaged: 0, first: None, full: false }
    }

    fn header(&mut self, header: std::result::Result<&[u8], Damage>) -> bool {
        let length = header.map_or(0, <[u8]>::len);
        let Some(left) = self.left.checked_sub(length) else {
            self.full = true;
            return false;
        };
        self.left = left;
        let found = header
            .and_then(header::Header::parse)
            .and_then(|header| package::found(&header, self.root, &mut self.budget));
        self.add(found)
    }

    fn add(&mut self, found: std::result::Result<super::Found, Damage>) -> bool {
        if self.facts.len() == read::MAX_PACKAGES || self.budget.is_spent() {
            self.full = true;
            return false;
        }
        match found {
            Ok(found) => self.facts.push(Fact::Package(Box::new(found))),
            Err(damage) => {
                self.damaged += 1;
                self.first.get_or_insert(damage);
            }
        }
        true
    }

    fn end(mut self, whole: Option<Damage>) -> Vec<Fact> {
        let reason = match (whole, self.first) {
            (Some(damage), _) => Some(damage.to_owned()),
            _ if self.full => Some(read::TOO_MANY.to_owned()),
            (None, Some(damage)) => Some(format!("{} of its entries cannot be read: {damage}", self.damaged)),
            (None, None) => None,
        };
        self.facts.extend(reason.map(Fact::Unreadable));
        self.facts
    }
}

#[cfg(test)]
mod tests;
