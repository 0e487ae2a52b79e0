//! `METADATA` of a wheel, `PKG-INFO` of an egg, and the single file `*.egg-info` of distutils: headers as in a mail.

use super::super::license_text;
use super::super::text_file::Parsed;
use super::super::{Fact, FileInfo, Found};

/// A longer licence is its text and not its name.
const MAX_LICENSE: usize = 100;

pub(super) fn wants(file: &FileInfo<'_>) -> bool {
    match super::metadata_folder(file) {
        Some((folder, _)) if folder.to_ascii_lowercase().ends_with("dist-info") => file.file_name() == "METADATA",
        Some(_) => file.file_name() == "PKG-INFO",
        None => file.path.ends_with(".egg-info"),
    }
}

/// The headers, of which a name may stand several times.
struct Headers<'a>(Vec<(&'a str, String)>);

impl<'a> Headers<'a> {
    fn read(text: &'a str) -> Self {
        let mut headers: Vec<(&str, String)> = Vec::new();
        for line in text.trim_start().lines() {
            // The description follows.
            if line.trim_end().is_empty() {
                break;
            }
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = headers.last_mut() {
                    value.push('\n');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                headers.push((name.trim(), value.trim().to_owned()));
            }
        }
        Headers(headers)
    }

    fn all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        // Setuptools once wrote this for what its author did not say.
        let stated = |value: &&str| !value.is_empty() && *value != "UNKNOWN";
        self.0.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str()).filter(stated)
    }

    fn one(&self, name: &'static str) -> &str {
        self.all(name).next().unwrap_or_default()
    }
}

pub(super) fn parse(file: &FileInfo<'_>, text: &str) -> Parsed {
    let headers = Headers::read(text);
    let name = headers.one("Name");
    // Python itself, as Python 2 recorded it: the runtime and no package.
    if name.is_empty() || name == "Python" {
        return Ok(Vec::new());
    }
    let mut found = Found {
        author: person(headers.one("Author"), headers.one("Author-email")),
        supplier: person(headers.one("Maintainer"), headers.one("Maintainer-email")),
        description: headers.one("Summary").to_owned(),
        homepage: homepage(&headers),
        needs: needs(&headers),
        licenses: licenses(&headers),
        ..super::package(name, headers.one("Version"))
    };
    if let Some((folder, _)) = super::metadata_folder(file) {
        if found.licenses.is_empty() {
            found.license_files = license_files(folder, &headers);
        }
        found.file_lists = ["RECORD", "installed-files.txt", "top_level.txt"].map(|f| format!("{folder}/{f}")).into();
        found.origin_file = format!("{folder}/direct_url.json");
    }
    if found.licenses.is_empty() && found.license_files.is_empty() {
        found.licenses.extend(first_line(headers.one("License")));
    }
    Ok(vec![Fact::Package(Box::new(found))])
}

fn person(name: &str, email: &str) -> String {
    match (name, email) {
        (name, "") => name.to_owned(),
        // Newer tools write `Name <mail>` there.
        ("", email) => email.to_owned(),
        (name, email) => format!("{name} <{email}>"),
    }
}

fn homepage(headers: &Headers<'_>) -> String {
    let urls = headers.all("Project-URL").filter_map(|entry| entry.split_once(','));
    let labelled = urls.filter(|(label, _)| matches!(label.trim().to_ascii_lowercase().as_str(), "homepage" | "home"));
    let url = headers.all("Home-page").next().or_else(|| labelled.map(|(_, url)| url.trim()).next());
    url.unwrap_or_default().to_owned()
}

/// What it needs without an extra.
fn needs(headers: &Headers<'_>) -> Vec<String> {
    let plain = headers.all("Requires-Dist").filter(|requirement| {
        let marker = requirement.split_once(';').map_or("", |(_, marker)| marker);
        !marker.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == "extra")
    });
    super::required(plain)
}

/// The expression, else what the licence field says, else the classifiers.
fn licenses(headers: &Headers<'_>) -> Vec<String> {
    if let Some(expression) = headers.all("License-Expression").next() {
        return vec![expression.to_owned()];
    }
    let stated = headers.one("License");
    if !stated.is_empty() {
        if stated.len() <= MAX_LICENSE && !stated.contains('\n') {
            return vec![stated.to_owned()];
        }
        let known = license_text::recognise(stated);
        if !known.is_empty() {
            return known;
        }
    }
    let classifiers = headers.all("Classifier").filter_map(|text| text.strip_prefix("License ::"));
    let last = classifiers.filter_map(|text| text.rsplit("::").next()).map(str::trim);
    last.filter(|name| *name != "OSI Approved").map(str::to_owned).collect()
}

/// The files that are named, in the folder of newer wheels and where older ones have them, and then the usual ones.
fn license_files(folder: &str, headers: &Headers<'_>) -> Vec<String> {
    let named = headers.all("License-File");
    let mut files: Vec<String> =
        named.flat_map(|name| [format!("{folder}/licenses/{name}"), format!("{folder}/{name}")]).collect();
    files.extend(license_text::candidates(&format!("{folder}/licenses/")));
    files.extend(license_text::candidates(&format!("{folder}/")));
    files
}

fn first_line(text: &str) -> Option<String> {
    let line: String = text.lines().map(str::trim).find(|line| !line.is_empty())?.chars().take(MAX_LICENSE).collect();
    Some(line)
}
