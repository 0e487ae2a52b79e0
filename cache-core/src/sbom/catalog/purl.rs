//! The purl of a package that was found, as the consumers of the field's tools expect it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Found, Release};
use crate::model::Purl;

/// None where the package has none: a local package, or one of an operating system that is not known.
pub(super) fn purl(
    found: &Found,
    release: Option<&Release>,
    origin: Option<&BTreeMap<String, String>>,
) -> Option<String> {
    if found.local || found.name.is_empty() || found.kind.is_empty() {
        return None;
    }
    let system = matches!(found.kind.as_str(), "deb" | "apk" | "rpm");
    let namespace = match (system && found.namespace.is_empty(), release) {
        (true, Some(release)) => vendor(&found.kind, release)?,
        (true, None) => return None,
        (false, _) => found.namespace.clone(),
    };
    let (epoch, version) = match found.version.split_once(':') {
        Some((epoch, version)) if found.kind == "rpm" => (Some(epoch), version),
        _ => (None, found.version.as_str()),
    };
    let mut purl = Purl::builder(&found.kind, &found.name).namespace(namespace).version(version);
    for (name, value) in found.qualifiers.iter().chain(origin.into_iter().flatten()) {
        purl = purl.qualifier(name, value);
    }
    if system {
        purl = purl.qualifier("arch", &found.arch).qualifier("epoch", epoch.filter(|e| *e != "0").unwrap_or_default());
        if let Some(source) = &found.source {
            let at = if source.version.is_empty() { String::new() } else { format!("@{}", source.version) };
            purl = purl.qualifier("upstream", format!("{}{at}", source.name));
        }
        if let Some(release) = release {
            let version = if release.version.is_empty() { String::new() } else { format!("-{}", release.version) };
            purl = purl.qualifier("distro", format!("{}{version}", release.id));
        }
    }
    purl.subpath(&found.subpath).build().ok().map(|purl| purl.to_string())
}

/// `git+https://host/repository@commit`, the form of `vcs_url`.
pub(super) fn vcs_url(tool: &str, url: &str, commit: &str) -> String {
    format!("{tool}+{}@{commit}", without_secret(url))
}

/// An address without what lets one in there: it goes into documents that others read. The user of SSH stays, without a
/// password; `git@host:path`, which has no scheme, has no place for one.
pub(super) fn without_secret(url: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = url.split_once("://") else { return Cow::Borrowed(url) };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let Some((login, _)) = authority.rsplit_once('@') else { return Cow::Borrowed(url) };
    let host = rest.get(login.len() + 1..).unwrap_or_default();
    let is_ssh = scheme.rsplit('+').next().is_some_and(|last| last.eq_ignore_ascii_case("ssh"));
    match login.split(':').next().filter(|user| is_ssh && !user.is_empty()) {
        Some(user) => Cow::Owned(format!("{scheme}://{user}@{host}")),
        None => Cow::Owned(format!("{scheme}://{host}")),
    }
}

/// The namespace of an operating system's packages. A package format on a system that does not have it is not its own.
fn vendor(kind: &str, release: &Release) -> Option<String> {
    let is =
        |ids: &[&str]| ids.contains(&release.id.as_str()) || release.like.iter().any(|id| ids.contains(&id.as_str()));
    match (kind, release.id.as_str()) {
        ("rpm", "rhel" | "hummingbird") => Some("redhat".into()),
        ("rpm", id) if id.starts_with("opensuse") => Some("opensuse".into()),
        ("deb", id) => is(&["debian", "ubuntu"]).then(|| id.to_owned()),
        (_, id) => Some(id.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_what_lets_one_in() {
        let cases = [
            ("https://oauth2:TOKEN@git.corp/x", "https://git.corp/x"),
            ("https://TOKEN@git.corp", "https://git.corp"),
            ("https://a@b:c@git.corp:8443/@scope/x@1?q=a@b#c", "https://git.corp:8443/@scope/x@1?q=a@b#c"),
            ("git+ssh://git:secret@git.corp/x", "git+ssh://git@git.corp/x"),
            ("ssh://git@git.corp/x", "ssh://git@git.corp/x"),
            ("ssh://:secret@git.corp/x", "ssh://git.corp/x"),
            ("git@github.com:owner/repo", "git@github.com:owner/repo"),
            ("https://git.corp/x@y", "https://git.corp/x@y"),
            ("https://git.corp?to=a@b", "https://git.corp?to=a@b"),
            ("1.2.3", "1.2.3"),
            ("", ""),
        ];
        for (url, expected) in cases {
            assert_eq!(without_secret(url), expected);
        }
        assert_eq!(vcs_url("git", "https://u:p@git.corp/x", "abc"), "git+https://git.corp/x@abc");
    }
}
