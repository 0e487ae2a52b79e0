//! Packages of Maven: `pom.xml`, and the lock files of Gradle and sbt.

mod locks;
mod pom;
mod properties;

#[cfg(test)]
mod tests;

use super::text_file::TextFile;
use super::{FileInfo, Found, Place};

pub(super) const CATALOGERS: [TextFile; 3] = [
    TextFile { name: "maven-pom", wants: |file| in_folder(file, "pom.xml"), parse: pom::parse },
    TextFile { name: "gradle-lock", wants: locks::is_gradle, parse: locks::gradle },
    TextFile { name: "sbt-lock", wants: |file| in_folder(file, "build.sbt.lock"), parse: locks::sbt },
];

/// The package that a `pom.xml` describes, without what it needs.
pub(super) fn project(text: &str) -> Option<Found> {
    pom::project(text)
}

fn in_folder(file: &FileInfo<'_>, name: &str) -> bool {
    file.place == Place::Folder && file.file_name() == name
}

fn package(group: &str, artifact: &str, version: &str) -> Found {
    Found {
        kind: "maven".into(),
        namespace: group.to_owned(),
        name: artifact.to_owned(),
        version: version.to_owned(),
        ..Found::default()
    }
}
