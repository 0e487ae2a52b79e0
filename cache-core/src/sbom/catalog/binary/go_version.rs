//! The version of the main module of a Go program.
//!
//! The toolchain writes one when it knows it: for `go install module@version`, and since Go 1.24 from the tag of the
//! repository, or a pseudo-version where no tag stands at the commit. Most projects stamp a version of their own with
//! `-ldflags "-X main.version=1.2.3"`. A released version that the toolchain verified comes first, then the stamp, then
//! pseudo-versions: no advisory names those.

use std::collections::BTreeMap;

use super::go_modules::Module;

/// The version, where anything tells it.
pub(super) fn of_main(main: &Module, settings: &BTreeMap<String, String>) -> Option<String> {
    let written = Some(main.version.as_str()).filter(|version| !matches!(*version, "" | "(devel)"));
    let pseudo = |version: &&str| is_pseudo(version);
    if let Some(version) = written.filter(|version| !pseudo(version)) {
        return Some(version.to_owned());
    }
    let flags = settings.get("-ldflags").map(String::as_str).unwrap_or_default();
    stamped(flags, &main.path).or_else(|| written.map(str::to_owned)).or_else(|| from_commit(settings))
}

/// Whether a version is made of a commit: it ends in `yyyymmddhhmmss-abcdefabcdef`, after a dash or a dot.
pub(super) fn is_pseudo(version: &str) -> bool {
    let version = version.split('+').next().unwrap_or(version);
    let Some((before, commit)) = version.rsplit_once('-') else { return false };
    let Some(at) = before.rfind(['-', '.']) else { return false };
    let time = before.get(at + 1..).unwrap_or_default();
    time.len() == 14
        && time.bytes().all(|byte| byte.is_ascii_digit())
        && commit.len() == 12
        && commit.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A pseudo-version from the commit and its time, as the toolchain itself would make it where there is no tag.
fn from_commit(settings: &BTreeMap<String, String>) -> Option<String> {
    let (revision, time) = (settings.get("vcs.revision")?, settings.get("vcs.time")?);
    let commit = revision.get(..12).filter(|commit| commit.bytes().all(|byte| byte.is_ascii_alphanumeric()))?;
    // It is written in UTC: `2026-11-25T16:24:19Z`.
    let digits: String = time.strip_suffix('Z')?.chars().filter(char::is_ascii_digit).take(14).collect();
    (digits.len() == 14).then(|| format!("v0.0.0-{digits}-{commit}"))
}

/// The version that linker flags set in a variable of the main module whose name says so.
fn stamped(flags: &str, module: &str) -> Option<String> {
    let words = words(flags);
    let mut best: Option<(u8, String)> = None;
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let Some(word) = word.strip_prefix("--X").or_else(|| word.strip_prefix("-X")) else { continue };
        let definition = if word.is_empty() { words.next().unwrap_or_default() } else { word.trim_start_matches('=') };
        let Some((variable, value)) = definition.split_once('=') else { continue };
        let Some((package, name)) = variable.rsplit_once('.') else { continue };
        let own = package == "main" || package.strip_prefix(module).is_some_and(|r| r.is_empty() || r.starts_with('/'));
        let (Some(rank), Some(version), true) = (rank(name), version_in(value), own) else { continue };
        let rank = rank + u8::from(package != "main");
        if best.as_ref().is_none_or(|(kept, _)| rank < *kept) {
            best = Some((rank, version));
        }
    }
    best.map(|(_, version)| version)
}

/// How surely a variable holds the version of the program, the surest lowest.
fn rank(name: &str) -> Option<u8> {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "version" => Some(0),
        // The version of something else.
        _ if name.starts_with("go") || name.contains("api") || name.contains("schema") || name.contains("min") => None,
        _ if name.ends_with("version") || name.ends_with("ver") => Some(2),
        _ if name.ends_with("tag") => Some(4),
        _ => None,
    }
}

/// `v1.2.3` or `1.2.3-rc1`, perhaps after the last slash of a tag, always given with its `v`.
fn version_in(value: &str) -> Option<String> {
    let value = value.rsplit('/').next().unwrap_or(value).trim();
    let plain = value.strip_prefix('v').unwrap_or(value);
    let end =
        plain.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '_' | '+')).unwrap_or(plain.len());
    let plain = plain.get(..end)?;
    let numbers = plain.split(['-', '+', '_']).next()?;
    let mut parts = numbers.split('.');
    let number = |part: Option<&str>| part.is_some_and(|p| p.starts_with(|c: char| c.is_ascii_digit()));
    (number(parts.next()) && number(parts.next()) && number(parts.next())).then(|| format!("v{plain}"))
}

/// Splits flags as a shell would: at spaces that are not quoted.
fn words(flags: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for character in flags.chars() {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            (None, _) if character.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            _ => word.push(character),
        }
    }
    words.push(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_released_version_then_a_stamp_then_a_commit() {
        let stamp = ("-ldflags", "-s -w -X main.version=2.4.0");
        let commit = [("vcs.revision", "0123456789abcdef"), ("vcs.time", "2026-11-25T16:24:19Z")];
        type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], Option<&'a str>);
        let cases: &[Case<'_>] = &[
            ("v1.2.3", &[stamp], Some("v1.2.3")),
            ("v1.2.3+incompatible", &[stamp], Some("v1.2.3+incompatible")),
            ("v2.3.1-0.20250101000000-abcdefabcdef", &[stamp], Some("v2.4.0")),
            ("v0.0.0-20250101000000-abcdefabcdef+dirty", &[stamp], Some("v2.4.0")),
            ("v0.0.0-20250101000000-abcdefabcdef", &[], Some("v0.0.0-20250101000000-abcdefabcdef")),
            ("(devel)", &[stamp, commit[0], commit[1]], Some("v2.4.0")),
            ("(devel)", &[commit[0], commit[1]], Some("v0.0.0-20261125162419-0123456789ab")),
            ("(devel)", &[commit[0]], None),
            ("(devel)", &[("vcs.revision", "é0123456789"), commit[1]], None),
            ("", &[], None),
        ];
        for (version, settings, expected) in cases {
            let main =
                Module { path: "example.com/tool".to_owned(), version: (*version).to_owned(), ..Module::default() };
            let settings = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            assert_eq!(of_main(&main, &settings).as_deref(), *expected, "{version} {settings:?}");
        }
        eprintln!("{} main modules", cases.len());
    }

    #[test]
    fn stamps_are_read_as_projects_write_them() {
        let cases = [
            ("-X main.version=v1.2.3", Some("v1.2.3")),
            ("-X=main.Version=1.2.3-rc.1+meta", Some("v1.2.3-rc.1+meta")),
            ("-s -w -X 'example.com/tool/internal/version.Version=v1.18.1'", Some("v1.18.1")),
            ("-X \"main.buildVersion=release/v3.4.5\" -X main.commit=abc", Some("v3.4.5")),
            ("-X example.com/tool.gitTag=v9.8.7", Some("v9.8.7")),
            ("-X main.goVersion=1.26.8 -X main.version=2.0.0", Some("v2.0.0")),
            ("-X main.goVersion=1.26.8", None),
            ("-X github.com/other/version.Version=1.2.3", None),
            ("-X example.com/toolbox.Version=1.2.3", None),
            ("-X main.version=dev", None),
            ("-X main.version=1.2", None),
            ("-X main.version", None),
            ("-X", None),
            ("", None),
        ];
        for (flags, expected) in cases {
            assert_eq!(stamped(flags, "example.com/tool").as_deref(), expected, "{flags}");
        }
        eprintln!("{} sets of linker flags", cases.len());
    }
}
