//! What a package of an SBOM is, as far as advisories ask.

use crate::model::Purl;
use crate::sbom::Package;
use crate::scan::Note;

/// A package with what its purl says, which goes before all else that the SBOM says of it.
#[derive(Debug)]
pub(super) struct Installed<'s> {
    pub(super) package: &'s Package<'s>,
    pub(super) purl: Purl,
    /// The name as advisories write it: `group:artifact`, `@scope/name`.
    pub(super) name: String,
    /// The version, with its epoch.
    pub(super) version: String,
    /// The package that it was built from, where that is another one.
    pub(super) source: Option<Built>,
    /// The module of an rpm with its stream: `nodejs:12`.
    pub(super) module: Option<String>,
}

/// A source package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Built {
    pub(super) name: String,
    pub(super) version: String,
    /// Whether the version would have its epoch: the file names of source rpms never do.
    pub(super) has_epoch: bool,
}

impl<'s> Installed<'s> {
    /// What the package is, or the note that says why nobody can tell.
    pub(super) fn of(package: &'s Package<'s>) -> Result<Installed<'s>, Box<Note>> {
        let Some(text) = package.purl.as_deref() else {
            return Err(note(
                package,
                "no-purl",
                "it has no purl, so nothing says in which ecosystem its name means something",
            ));
        };
        let purl = Purl::read(text).map_err(|e| note(package, "unreadable-purl", e.message()))?;
        let stated = purl.version().or(package.version.as_deref()).map(str::trim).filter(|version| !version.is_empty());
        let Some(version) = stated else {
            return Err(note(package, "no-version", "it has no version, so no advisory can be compared with it"));
        };
        let version = match purl.qualifier("epoch") {
            Some(epoch) if !version.contains(':') && matches!(purl.kind(), "rpm" | "deb") => {
                format!("{epoch}:{version}")
            }
            _ => version.to_owned(),
        };
        let source = upstream(&purl, &version).or_else(|| in_properties(package, &purl));
        let source = source.map(|built| if purl.kind() == "deb" { unsigned(built, &version) } else { built });
        let module = purl.qualifier("modularitylabel").or(purl.qualifier("rpmmod")).or_else(|| {
            let is_label =
                |name: &str| name == "cache:module" || name.to_ascii_lowercase().ends_with(":modularitylabel");
            property(package, is_label)
        });
        Ok(Installed {
            package,
            name: full_name(&purl),
            version,
            source,
            module: module.map(|label| label.split(':').take(2).collect::<Vec<_>>().join(":")),
            purl,
        })
    }

    pub(super) fn note(&self, code: &str, message: impl Into<String>) -> Box<Note> {
        note(self.package, code, message)
    }

    /// Whether it was built from a module of an rpm distribution, by its release.
    pub(super) fn is_modular(&self) -> bool {
        self.version.contains(".module")
    }

    /// Headers of a kernel carry none of its code.
    pub(super) fn is_kernel_headers(&self) -> bool {
        let name = self.purl.name();
        match self.purl.kind() {
            "rpm" => name == "kernel-headers",
            "deb" => name.starts_with("linux-") && name.split('-').any(|word| word == "headers"),
            _ => false,
        }
    }
}

fn note(package: &Package<'_>, code: &str, message: impl Into<String>) -> Box<Note> {
    Box::new(Note {
        code: code.to_owned(),
        package: package.name.as_str().to_owned(),
        version: package.version.as_deref().map(str::to_owned),
        purl: package.purl.as_deref().map(str::to_owned),
        advisories: Vec::new(),
        message: message.into(),
    })
}

fn full_name(purl: &Purl) -> String {
    let separator = if purl.kind() == "maven" { ':' } else { '/' };
    match purl.namespace() {
        Some(namespace) if !matches!(purl.kind(), "deb" | "apk" | "rpm") => {
            format!("{namespace}{separator}{}", purl.name())
        }
        _ => purl.name().to_owned(),
    }
}

/// The qualifier `upstream`: a name, a name with its version, or the file name of a source rpm.
fn upstream(purl: &Purl, version: &str) -> Option<Built> {
    let text = purl.qualifier("upstream")?;
    let built = match text.strip_suffix(".src.rpm").or(text.strip_suffix(".nosrc.rpm")) {
        Some(file) => {
            let (rest, release) = file.rsplit_once('-')?;
            let (name, version) = rest.rsplit_once('-')?;
            Built { name: name.to_owned(), version: format!("{version}-{release}"), has_epoch: false }
        }
        None => match text.split_once('@') {
            Some((name, version)) => Built { name: name.to_owned(), version: version.to_owned(), has_epoch: true },
            None => Built { name: text.to_owned(), version: version.to_owned(), has_epoch: true },
        },
    };
    (!built.name.is_empty() && !built.version.is_empty()).then_some(built)
}

/// Trivy's purls say nothing of the source package; its properties do.
fn in_properties(package: &Package<'_>, purl: &Purl) -> Option<Built> {
    if !matches!(purl.kind(), "deb" | "apk" | "rpm") {
        return None;
    }
    let value = |end: &'static str| property(package, move |name| name.ends_with(end));
    let (name, version) = (value(":SrcName")?, value(":SrcVersion")?);
    let epoch = value(":SrcEpoch").filter(|epoch| *epoch != "0").map(|epoch| format!("{epoch}:")).unwrap_or_default();
    let release = value(":SrcRelease").map(|release| format!("-{release}")).unwrap_or_default();
    let version = format!("{epoch}{version}{release}");
    Some(Built { name: name.to_owned(), version, has_epoch: purl.kind() != "rpm" })
}

/// The kernels of Debian and Ubuntu come out of a source package that signs what `linux` built, and advisories are about that:
/// `linux-signed-amd64`, `linux-signed-hwe-6.8`. The packages have the versions of `linux`.
fn unsigned(built: Built, version: &str) -> Built {
    const ARCHITECTURES: &[&str] = &["-amd64", "-arm64", "-armhf", "-i386", "-ppc64el", "-riscv64", "-s390x"];
    let Some(rest) = built.name.strip_prefix("linux-signed") else { return built };
    let flavour = if ARCHITECTURES.contains(&rest) { "" } else { rest };
    Built { name: format!("linux{flavour}"), version: version.to_owned(), ..built }
}

fn property<'p>(package: &'p Package<'_>, is: impl Fn(&str) -> bool) -> Option<&'p str> {
    let found = package.properties.iter().find(|(name, _)| is(name));
    found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}
