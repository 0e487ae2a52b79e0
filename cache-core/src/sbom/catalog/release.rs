//! Which operating system this is: `os-release(5)`, and what older and smaller systems have instead.

use std::io::Read;

use super::{Cataloger, Fact, FileInfo, Release, read};
use crate::error::Result;

const LIMIT: u64 = 1 << 20;
/// A busybox is about 1 MiB.
const PROGRAM_LIMIT: u64 = 16 << 20;

/// Reads what one file says of the operating system; [`choose`] joins what several say.
#[derive(Debug)]
pub(super) struct ReleaseFile;

/// The files, the one that counts most first. Only those of the image itself: a second root is another system.
const FILES: &[(&str, Parse)] = &[
    ("etc/os-release", os_release),
    ("usr/lib/os-release", os_release),
    ("etc/system-release-cpe", system_release_cpe),
    ("etc/redhat-release", redhat_release),
    ("etc/alpine-release", |text| version_file("alpine", text)),
    ("etc/debian_version", |text| version_file("debian", text)),
    ("etc/apk/repositories", repositories),
    ("bin/busybox", busybox),
];
type Parse = fn(&str) -> Option<Release>;

/// The files that say which system this is; links may stand for them.
pub(super) fn files() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(path, _)| *path)
}

/// How to read a file: one of [`FILES`], or what a link in its place leads to.
fn parser(path: &str) -> Option<Parse> {
    match path {
        "usr/bin/busybox" => Some(busybox),
        _ if path.starts_with("usr/lib/os.release.d/os-release") => Some(os_release),
        _ => FILES.iter().find(|(file, _)| *file == path).map(|(_, parse)| *parse),
    }
}

impl Cataloger for ReleaseFile {
    fn name(&self) -> &'static str {
        "os-release"
    }

    fn wants(&self, file: &FileInfo<'_>) -> bool {
        parser(file.path).is_some()
    }

    fn read(&self, file: &FileInfo<'_>, content: &mut dyn Read) -> Result<Vec<Fact>> {
        let Some(parse) = parser(file.path) else { return Ok(Vec::new()) };
        let program = file.path.ends_with("bin/busybox");
        let text = match read::whole(file, content, if program { PROGRAM_LIMIT } else { LIMIT })? {
            Ok(bytes) => read::text(bytes),
            Err(_) if program => return Ok(Vec::new()),
            Err(fact) => return Ok(vec![fact]),
        };
        Ok(parse(&text).map(Fact::Release).into_iter().collect())
    }
}

/// What the releases say together, each with the path of its file: the one of the best file with an id, and the version of
/// another that is of the same system where it does not say one. The point release of a Debian stands only in its
/// `debian_version`.
pub(super) fn choose<'a>(found: impl Iterator<Item = (&'a str, &'a Release)>) -> Option<Release> {
    let rank = |path: &str| FILES.iter().position(|(file, _)| *file == path).unwrap_or(FILES.len());
    let mut found: Vec<_> = found.map(|(path, release)| (rank(path), release)).collect();
    found.sort_by_key(|(rank, _)| *rank);
    let mut best = found.iter().find(|(_, release)| !release.id.is_empty()).or(found.first())?.1.clone();
    for (_, other) in found {
        let more = other.version.strip_prefix(&*best.version);
        let point = best.id == "debian" && more.is_some_and(|more| more.starts_with('.'));
        if other.id == best.id && (best.version.is_empty() || point) {
            best.version.clone_from(&other.version);
        }
    }
    Some(best)
}

fn os_release(text: &str) -> Option<Release> {
    let mut release = Release::default();
    let mut pretty = String::new();
    for line in text.lines() {
        let Some((field, value)) = line.trim().split_once('=') else { continue };
        let value = unquote(value.trim());
        match field.trim_end() {
            "ID" => release.id = value.to_ascii_lowercase(),
            "ID_LIKE" => release.like = value.to_ascii_lowercase().split_whitespace().map(str::to_owned).collect(),
            "VERSION_ID" => release.version = value,
            "NAME" => release.name = value,
            "PRETTY_NAME" => pretty = value,
            "CPE_NAME" => release.cpe = value,
            _ => {}
        }
    }
    if release.name.is_empty() {
        release.name = pretty;
    }
    (release != Release::default()).then_some(release)
}

/// The value as a shell would read it.
fn unquote(value: &str) -> String {
    if let Some(inner) = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return inner.to_owned();
    }
    let inner = value.strip_prefix('"').map_or(value, |rest| rest.strip_suffix('"').unwrap_or(rest));
    let mut escaped = false;
    let kept = inner.chars().filter(|&c| {
        escaped = c == '\\' && !escaped;
        !escaped
    });
    kept.collect()
}

/// `cpe:/o:redhat:enterprise_linux:6:ga`, of CentOS 6 and its relatives.
fn system_release_cpe(text: &str) -> Option<Release> {
    let cpe = text.lines().map(str::trim).find(|line| line.starts_with("cpe:/o:"))?;
    let mut parts = cpe.split(':').skip(2);
    let (vendor, product, version) = (parts.next()?, parts.next()?, parts.next()?);
    if !version.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let id = match (vendor, product) {
        ("redhat", _) => "rhel",
        ("fedoraproject", _) => "fedora",
        ("oracle", _) => "ol",
        ("amazon", _) => "amzn",
        (vendor, _) => vendor,
    };
    Some(Release { cpe: cpe.to_owned(), ..simple(id, version) })
}

/// `CentOS release 5.7 (Final)`.
fn redhat_release(text: &str) -> Option<Release> {
    let line = text.lines().next()?.trim();
    let (name, rest) = line.split_once(" release ")?;
    let version = rest.split_whitespace().next().filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let lower = name.to_ascii_lowercase();
    let known = [
        ("red hat", "rhel"),
        ("centos", "centos"),
        ("almalinux", "almalinux"),
        ("rocky", "rocky"),
        ("scientific", "scientific"),
        ("fedora", "fedora"),
        ("oracle", "ol"),
        ("amazon", "amzn"),
    ];
    let id = known.iter().find(|(start, _)| lower.starts_with(start)).map(|(_, id)| *id);
    let id = id.or_else(|| lower.split_whitespace().next())?;
    Some(Release { name: name.to_owned(), ..simple(id, version) })
}

/// A file of a version alone. The names of what is not released yet (`trixie/sid`) are none.
fn version_file(id: &str, text: &str) -> Option<Release> {
    let version = text.split_whitespace().next().filter(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    Some(simple(id, version.unwrap_or_default()))
}

/// The newest numbered release among the URLs (`…/alpine/v3.18/main`), else `edge`. Repositories with a tag are only for the
/// packages that name it.
fn repositories(text: &str) -> Option<Release> {
    let mut newest: Option<(u32, u32)> = None;
    let mut edge = false;
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '@'])) {
        let Some((_, rest)) = line.split_once("/alpine/") else { continue };
        let release = rest.split('/').next().unwrap_or_default();
        edge |= release == "edge";
        let number = release.strip_prefix('v').and_then(|number| number.split_once('.'));
        let number = number.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        newest = newest.max(number);
    }
    let version =
        newest.map(|(major, minor)| format!("{major}.{minor}")).or_else(|| edge.then(|| "edge".to_owned()))?;
    Some(simple("alpine", &version))
}

/// The version that the program names itself by.
fn busybox(text: &str) -> Option<Release> {
    let version = text.split("BusyBox v").skip(1).find_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        rest.get(..end).filter(|version| version.contains('.'))
    })?;
    Some(Release { name: "BusyBox".to_owned(), ..simple("busybox", version) })
}

fn simple(id: &str, version: &str) -> Release {
    Release { id: id.to_owned(), version: version.to_owned(), ..Release::default() }
}

#[cfg(test)]
#[path = "release_tests.rs"]
mod tests;
