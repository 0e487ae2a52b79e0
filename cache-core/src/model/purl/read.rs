//! From the text of a purl to its parts, and from parts to the form that the type asks for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::encode::decode;
use super::{Purl, kinds};
use crate::error::{Error, Result};

pub(super) fn read(text: &str, strict: bool) -> Result<Purl> {
    parts(text.trim(), strict).map_err(|e| e.context("purl", &text[..text.floor_char_boundary(500)]))
}

fn parts(text: &str, strict: bool) -> Result<Purl> {
    let rest = match text.split_at_checked(4) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("pkg:") => rest,
        _ => return Err(Error::invalid("a purl begins with pkg:")),
    };
    let (rest, subpath) = split(rest, '#');
    let (rest, qualifiers) = split(rest, '?');
    let rest = rest.trim_start_matches('/');
    let Some((kind, rest)) = rest.split_once('/') else {
        return Err(Error::invalid("a purl has a type, a slash and a name"));
    };
    let decoded = |text: &str| match decode(text) {
        Some(text) => Ok(text.into_owned()),
        None if strict => Err(Error::invalid("a percent sign in a purl begins a code of UTF-8")),
        None => Ok(text.to_owned()),
    };
    let rest = rest.trim_end_matches('/');
    let (path, version) = version(rest);
    let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
    let pairs = qualifiers.unwrap_or("").split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((key.to_owned(), decoded(value)?))
    });
    let subpath = subpath.map(decoded).transpose()?;
    let version = version.map(decoded).transpose()?;
    normalise(kind.to_owned(), &decoded(namespace)?, decoded(name)?, version, pairs, subpath, strict)
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// The version stands after the last `@` that begins no namespace: npm's scopes are often written with theirs bare.
fn version(text: &str) -> (&str, Option<&str>) {
    let marks = text.rmatch_indices('@').map(|(at, _)| text.split_at(at));
    let scope = |before: &str, after: &str| (before.is_empty() || before.ends_with('/')) && after.contains('/');
    match marks.into_iter().find(|(before, after)| !scope(before, after)) {
        Some((before, after)) => (before, after.strip_prefix('@')),
        None => (text, None),
    }
}

/// The segments of a path; empty ones are none.
fn segments(path: &str) -> Vec<String> {
    path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
}

/// Whether slashes in a name of this type are written as they are: a git repository's name is its path on the host.
pub(super) fn name_is_path(kind: &str) -> bool {
    kind == "git"
}

pub(super) fn normalise(
    mut kind: String,
    namespace: &str,
    mut name: String,
    version: Option<String>,
    qualifiers: impl Iterator<Item = Result<(String, String)>>,
    subpath: Option<String>,
    strict: bool,
) -> Result<Purl> {
    if !kind.starts_with(|c: char| c.is_ascii_alphabetic())
        || !kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
    {
        return Err(
            Error::invalid("the type of a purl is made of letters, digits, dots and dashes").context("type", kind)
        );
    }
    kind.make_ascii_lowercase();
    let rules = kinds::of(&kind);
    let qualifiers = keyed(qualifiers, rules, strict)?;
    let mut namespace = segments(namespace);
    match kind.as_str() {
        // Some tools encode the slash between scope or host and name.
        "npm" | "golang" if name.contains('/') => {
            let mut all = segments(&name);
            name = all.pop().unwrap_or_default();
            namespace.append(&mut all);
        }
        // The host, and a path on it, however the slashes between them are written.
        _ if name_is_path(&kind) => {
            let mut path = segments(&name);
            if namespace.is_empty() && path.len() > 1 {
                namespace.push(path.remove(0));
            }
            let outer = namespace.split_off(namespace.len().min(1));
            name = if path.is_empty() { String::new() } else { [outer, path].concat().join("/") };
        }
        _ => {}
    }
    if name.trim().is_empty() {
        return Err(Error::invalid("a purl has a name"));
    }
    let mut namespace = (!namespace.is_empty()).then(|| namespace.join("/"));
    let mut version = version.filter(|version| !version.is_empty());
    if rules.lower_namespace {
        namespace = namespace.map(|namespace| namespace.to_lowercase());
    }
    if rules.lower_version {
        version = version.map(|version| version.to_lowercase());
    }
    let name = name_of(&kind, namespace.as_deref(), name, &qualifiers, rules.lower_name);
    if kind == "cpan" {
        namespace = namespace.map(|author| author.to_uppercase());
    }
    let steps = subpath.map(|path| segments(&path)).unwrap_or_default();
    let steps: Vec<_> = steps.into_iter().filter(|step| step != "." && step != "..").collect();
    let subpath = (!steps.is_empty()).then(|| steps.join("/"));
    Ok(Purl { kind, namespace, name, version, qualifiers, subpath })
}

/// The name as the type spells it.
fn name_of(
    kind: &str,
    namespace: Option<&str>,
    name: String,
    qualifiers: &BTreeMap<String, String>,
    lower: bool,
) -> String {
    let lower = lower
        || match kind {
            // The forge decides whether case matters: GitHub's does not, and no more do models that Databricks keeps.
            "git" => matches!(namespace, Some("github" | "github.com")),
            "mlflow" => qualifiers.get("repository_url").is_some_and(|url| url.contains("databricks")),
            _ => false,
        };
    let name = if lower && name.chars().any(char::is_uppercase) { name.to_lowercase() } else { name };
    match kind {
        "pypi" | "hackage" => name.replace('_', "-"),
        "pub" => name.replace(|c: char| !c.is_ascii_alphanumeric(), "_"),
        _ => name,
    }
}

fn keyed(
    pairs: impl Iterator<Item = Result<(String, String)>>,
    rules: &kinds::Rules,
    strict: bool,
) -> Result<BTreeMap<String, String>> {
    let mut qualifiers = BTreeMap::new();
    for pair in pairs {
        let (written, value) = pair?;
        let key: Cow<'_, str> = match written.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(written.to_ascii_lowercase()),
            false => Cow::Borrowed(&written),
        };
        let letters = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        if !letters || !key.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(Error::invalid(
                "the key of a qualifier is made of letters, digits, dots, dashes and underscores",
            )
            .context("key", written));
        }
        if strict && *key != *written && rules.keys.contains(&&*key) {
            return Err(Error::invalid("the key of a qualifier of this type is in lower case").context("key", written));
        }
        if value.is_empty() {
            continue;
        }
        if strict && qualifiers.contains_key(&*key) {
            return Err(Error::invalid("a qualifier is given twice").context("key", written));
        }
        let key = key.into_owned();
        qualifiers.entry(key).or_insert(value);
    }
    Ok(qualifiers)
}
