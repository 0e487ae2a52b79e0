//! What Syft tells of packages of operating systems beside the purl: programs that match vulnerabilities look there for the
//! source package.

use serde_json::{Value, json};

use super::super::package::Package;
use crate::model::Purl;

/// Where Cache notes the module of an rpm.
pub(super) const MODULE: &str = "cache:module";

/// The name of the kind of metadata, and that.
pub(super) fn metadata(package: &Package<'_>) -> Option<(&'static str, Value)> {
    let purl = Purl::read(package.purl.as_deref()?).ok()?;
    let (arch, upstream) = (purl.qualifier("arch").unwrap_or_default(), purl.qualifier("upstream").unwrap_or_default());
    let (source, source_version) = upstream.split_once('@').unwrap_or((upstream, ""));
    let version = package.version.as_deref().or(purl.version()).unwrap_or_default();
    let maintainer = package.supplier.as_deref().unwrap_or_default();
    match purl.kind() {
        "deb" => Some((
            "dpkg-db-entry",
            json!({"package": purl.name(), "source": source, "version": version, "sourceVersion": source_version,
                "architecture": arch, "maintainer": maintainer, "installedSize": 0, "files": []}),
        )),
        "apk" => Some((
            "apk-db-entry",
            json!({"package": purl.name(), "originPackage": source, "maintainer": maintainer, "version": version,
                "architecture": arch, "url": package.homepage, "description": package.description, "size": 0,
                "installedSize": 0, "pullDependencies": [], "provides": [], "pullChecksum": "",
                "gitCommitOfApkPort": "", "files": []}),
        )),
        "rpm" => {
            let bare = version.split_once(':').map_or(version, |(_, version)| version);
            let (number, release) = bare.rsplit_once('-').unwrap_or((bare, ""));
            let epoch = purl.qualifier("epoch").and_then(|epoch| epoch.parse::<u64>().ok());
            let noted = || package.properties.iter().find(|(name, _)| name == MODULE).map(|(_, value)| value.as_str());
            let module = purl.qualifier("rpmmod").or(purl.qualifier("modularitylabel")).or_else(noted);
            let mut metadata = json!({"name": purl.name(), "version": number, "epoch": epoch, "architecture": arch,
                "release": release, "sourceRpm": upstream, "size": 0, "vendor": maintainer, "files": []});
            if let (Some(module), Some(members)) = (module, metadata.as_object_mut()) {
                members.insert("modularityLabel".into(), json!(module));
            }
            Some(("rpm-db-entry", metadata))
        }
        _ => None,
    }
}
