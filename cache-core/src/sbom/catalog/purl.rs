//! The purl of a package that was found, as the consumers of the field's tools expect it.

use std::collections::BTreeMap;

use super::{Found, Release};
use crate::address::without_secrets;
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
    format!("{tool}+{}@{commit}", without_secrets(url))
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
    fn the_address_of_a_repository_has_its_commit_and_no_login() {
        for url in ["https://u:p@git.corp/x", "https://git.corp/x?private_token=T"] {
            assert_eq!(vcs_url("git", url, "abc"), "git+https://git.corp/x@abc");
        }
    }
}
