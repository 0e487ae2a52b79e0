//! The tags whose text the model knows.

use serde_json::json;

use super::super::json::Gather;
use super::super::spdx2::document::{Checksum, Reference};
use super::super::text::{Rest, Text};
use super::members::{Code, External, Project};
use super::read::Reader;
use super::tags::Section;

impl<'a> Reader<'a> {
    pub(super) fn set(&mut self, section: Section, tag: &'a str, value: &'a str) {
        match section {
            Section::Document | Section::Creation => self.document(tag, value),
            Section::Package => self.package(tag, value),
            Section::File => self.file(tag, value),
            Section::Snippet => self.snippet(tag, value),
            Section::License => {
                let Some(license) = self.document.license_texts.0.last_mut() else { return };
                let place = if tag == "LicenseName" { &mut license.name } else { &mut license.text };
                let is_first = std::mem::replace(place, value.into()).is_empty();
                self.once(is_first, tag);
            }
        }
    }

    fn document(&mut self, tag: &'a str, value: &'a str) {
        let place = match tag {
            "SPDXVersion" => &mut self.document.version,
            "DocumentName" => &mut self.document.name,
            "DocumentNamespace" => &mut self.document.namespace,
            "Created" => &mut self.creation.created,
            "Creator" => return self.creation.creators.0.extend(Text::from(value).stated()),
            _ => {
                let parts: Vec<&str> = value.splitn(3, char::is_whitespace).collect();
                return match (parts.as_slice(), parts.get(2).and_then(|sum| checksum(sum))) {
                    ([id, document, _], Some(sum)) => {
                        let (id, document) = ((*id).into(), (*document).into());
                        self.externals.push(External { id, document, checksum: Some(sum), rest: Rest::default() });
                    }
                    _ => self.unreadable(tag, value),
                };
            }
        };
        let is_first = std::mem::replace(place, value.into()).is_empty();
        self.once(is_first, tag);
    }

    fn package(&mut self, tag: &'a str, value: &'a str) {
        let Some(package) = self.document.packages.0.last_mut() else { return };
        let place = match tag {
            "PackageVersion" => &mut package.version,
            "PackageSupplier" => &mut package.supplier,
            "PackageOriginator" => &mut package.originator,
            "PackageDownloadLocation" => &mut package.download,
            "PackageHomePage" => &mut package.homepage,
            "PackageLicenseConcluded" => &mut package.concluded,
            "PackageLicenseDeclared" => &mut package.declared,
            "PackageCopyrightText" => &mut package.copyright,
            "PackageDescription" => &mut package.description,
            "PrimaryPackagePurpose" => &mut package.purpose,
            _ => {
                let read = match tag {
                    "PackageChecksum" => checksum(value).map(|sum| package.checksums.0.gather(sum)),
                    "FilesAnalyzed" => value
                        .to_ascii_lowercase()
                        .parse::<bool>()
                        .ok()
                        .map(|is| package.rest.push_json("filesAnalyzed", &is)),
                    "PackageVerificationCode" => {
                        package.rest.push_json("packageVerificationCode", &code(value));
                        Some(())
                    }
                    "ExternalRef" => reference(value).map(|reference| package.references.0.push(reference)),
                    _ => package.references.0.last_mut().map(|last| last.rest.push_text("comment", value)),
                };
                return if read.is_none() {
                    self.unreadable(tag, value)
                };
            }
        };
        let is_first = std::mem::replace(place, value.into()).is_empty();
        self.once(is_first, tag);
    }

    fn file(&mut self, tag: &'a str, value: &'a str) {
        let Some(file) = self.document.files.0.last_mut() else { return };
        let text = Text::from(value);
        match (tag, self.projects.last_mut()) {
            ("FileChecksum", _) => match checksum(value) {
                Some(sum) => file.checksums.0.gather(sum),
                None => self.unreadable(tag, value),
            },
            ("LicenseConcluded", _) => {
                let is_first = std::mem::replace(&mut file.concluded, text).is_empty();
                self.once(is_first, tag);
            }
            ("ArtifactOfProjectHomePage", Some(project)) => project.homepage = text,
            ("ArtifactOfProjectURI", Some(project)) => project.uri = text,
            ("ArtifactOfProjectHomePage", None) => {
                self.projects.push(Project { homepage: text, ..Project::default() });
            }
            ("ArtifactOfProjectURI", None) => self.projects.push(Project { uri: text, ..Project::default() }),
            _ => self.projects.push(Project { name: text, ..Project::default() }),
        }
    }

    fn snippet(&mut self, tag: &'a str, value: &'a str) {
        let Some(snippet) = self.snippets.last_mut() else { return };
        if tag == "SnippetFromFileSPDXID" {
            snippet.file = value.into();
            return;
        }
        let bounds = value
            .split_once(':')
            .and_then(|(start, end)| Some((start.trim().parse::<u64>().ok()?, end.trim().parse::<u64>().ok()?)));
        let Some((start, end)) = bounds else { return self.unreadable(tag, value) };
        let (member, file) = (if tag == "SnippetByteRange" { "offset" } else { "lineNumber" }, &snippet.file);
        self.ranges.push(json!({
            "startPointer": {"reference": file, member: start}, "endPointer": {"reference": file, member: end},
        }));
    }
}

/// `SHA1: 00ff`.
fn checksum(value: &str) -> Option<Checksum<'_>> {
    let (algorithm, value) = value.split_once(':')?;
    let (algorithm, value) = (algorithm.trim().into(), value.trim().into());
    Some(Checksum { algorithm, value, rest: Rest::default() })
}

/// `SECURITY cpe23Type cpe:2.3:…`.
fn reference(value: &str) -> Option<Reference<'_>> {
    let (category, rest) = value.split_once(char::is_whitespace)?;
    let (kind, locator) = rest.trim_start().split_once(char::is_whitespace)?;
    let (category, kind, locator) = (category.into(), kind.into(), locator.trim().into());
    Some(Reference { category, kind, locator, rest: Rest::default() })
}

/// `00ff (excludes: ./a, ./b)`.
fn code(value: &str) -> Code<'_> {
    let (value, excluded) = value.split_once('(').unwrap_or((value, ""));
    let excluded = excluded.trim_end().trim_end_matches(')').trim().trim_start_matches("excludes:");
    let excluded = excluded.split(',').map(str::trim).filter(|file| !file.is_empty()).map(Text::from).collect();
    Code { value: value.trim().into(), excluded, rest: Rest::default() }
}
