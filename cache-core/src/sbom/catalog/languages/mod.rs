//! The catalogers of the packages of programming languages, as far as text files tell of them.

#[cfg(test)]
mod hostile;

use super::text_file::TextFile;
use super::{Cataloger, cargo_lock, go_mod, license_text, maven, npm, nuget_lock, others, php, python, ruby};

/// All of them, in no order that matters.
pub(super) fn languages() -> Vec<Box<dyn Cataloger>> {
    let single = [license_text::CATALOGER, go_mod::CATALOGER, cargo_lock::CATALOGER, nuget_lock::CATALOGER];
    let all: [&[TextFile]; 7] = [
        &single,
        &npm::CATALOGERS,
        &python::CATALOGERS,
        &ruby::CATALOGERS,
        &php::CATALOGERS,
        &maven::CATALOGERS,
        &others::CATALOGERS,
    ];
    all.iter().flat_map(|some| some.iter()).map(|one| Box::new(*one) as Box<dyn Cataloger>).collect()
}

/// What the tests of these catalogers share.
#[cfg(test)]
pub(super) mod testing {
    use std::path::Path;

    use super::languages;
    use crate::document::shared_data;
    use crate::sbom::catalog::{Fact, FileInfo, Found, Place};

    /// What all catalogers say of one file.
    pub(in super::super) fn read_at(place: Place, path: &str, content: &[u8]) -> Vec<Fact> {
        let head = &content[..content.len().min(512)];
        let file = FileInfo { path, size: content.len() as u64, executable: false, head, place };
        let wanted = languages().into_iter().filter(|cataloger| cataloger.wants(&file));
        wanted.flat_map(|cataloger| cataloger.read(&file, &mut &content[..]).unwrap()).collect()
    }

    pub(in super::super) fn in_image(path: &str, content: &str) -> Vec<Fact> {
        read_at(Place::Image, path, content.as_bytes())
    }

    pub(in super::super) fn in_folder(path: &str, content: &str) -> Vec<Fact> {
        read_at(Place::Folder, path, content.as_bytes())
    }

    /// The packages among the facts.
    pub(in super::super) fn found(facts: Vec<Fact>) -> Vec<Found> {
        let package = |fact| match fact {
            Fact::Package(found) => Some(*found),
            _ => None,
        };
        facts.into_iter().filter_map(package).collect()
    }

    /// The packages in a line: `@scope/name@1.0`, a `!` behind what is local and a `?` behind what only development needs.
    pub(in super::super) fn summary(facts: Vec<Fact>) -> String {
        let line = |one: Found| {
            let slash = if one.namespace.is_empty() { "" } else { "/" };
            let local = if one.local { "!" } else { "" };
            let dev = if one.properties.get("scope").is_some_and(|scope| scope == "dev") { "?" } else { "" };
            format!("{}{slash}{}@{}{local}{dev}", one.namespace, one.name, one.version)
        };
        found(facts).into_iter().map(line).collect::<Vec<_>>().join(" ")
    }

    /// The one package among the facts.
    pub(in super::super) fn one(facts: Vec<Fact>) -> Found {
        let mut all = found(facts);
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    /// How many packages each file of the shared data holds, as `expected` says; `None` where a file is absent.
    pub(in super::super) fn count_shared(rows: &[(Place, &str, &str, usize)]) {
        let mut counted = 0;
        for &(place, path, at, expected) in rows {
            let Some(data) = shared_data(&format!("sbom/{path}")) else { continue };
            let facts = read_at(place, at, &std::fs::read(Path::new(&data)).unwrap());
            let unread: Vec<_> = facts.iter().filter(|fact| matches!(fact, Fact::Unreadable(_))).collect();
            assert!(unread.is_empty(), "{path}: {unread:?}");
            assert_eq!(found(facts.clone()).len(), expected, "{path}: {}", summary(facts));
            counted += 1;
        }
        println!("{counted} of {} files of the shared data read", rows.len());
    }
}
