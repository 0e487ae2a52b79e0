//! What an SBOM says of one package.

use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};

use super::text::{Rest, Text};
use super::write::ALGORITHMS;

/// One package of an SBOM.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Package<'a> {
    /// What its document calls it: an SPDX identifier, a `bom-ref`, Syft's id. Relationships name packages by it.
    pub id: Text<'a>,
    /// What it is.
    pub kind: Kind,
    /// Its name, with the group before a slash where CycloneDX splits one off (`org.acme/app`).
    pub name: Text<'a>,
    /// Its version, where one is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Text<'a>>,
    /// Its purl, where one is given; a document may give several, of which this is the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purl: Option<Text<'a>>,
    /// Its CPE names, 2.2 and 2.3.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cpes: Vec<Text<'a>>,
    /// Its licences, all of which apply. Empty where the document says nothing; `NOASSERTION` and `NONE` are nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<License<'a>>,
    /// The digests of its archive or file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hashes: Vec<Hash<'a>>,
    /// Who distributes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<Text<'a>>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<Text<'a>>,
    /// The copyright notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copyright: Option<Text<'a>>,
    /// What it is for, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text<'a>>,
    /// Where it can be downloaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download: Option<Text<'a>>,
    /// Where its home page is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub homepage: Option<Text<'a>>,
    /// Names with values that a tool adds: CycloneDX properties, and what Cache's catalogers noted.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "named")]
    pub properties: Vec<(Text<'a>, Text<'a>)>,
    /// What the model does not know, in the words of the document's format.
    #[serde(skip)]
    pub rest: Rest<'a>,
}

/// What a package is, as CycloneDX (`component.type`) and SPDX (`primaryPackagePurpose`) tell apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A library, and whatever a document does not tell apart.
    #[default]
    Library,
    /// An application.
    Application,
    /// A framework.
    Framework,
    /// A container image.
    Container,
    /// A platform or runtime.
    Platform,
    /// An operating system as a whole.
    OperatingSystem,
    /// A device.
    Device,
    /// Software that drives a device.
    DeviceDriver,
    /// Firmware.
    Firmware,
    /// A single file.
    File,
    /// An archive.
    Archive,
    /// Source code.
    Source,
    /// Something to install.
    Install,
    /// A model of machine learning.
    Model,
    /// Data.
    Data,
    /// A key, a certificate, an algorithm.
    CryptographicAsset,
    /// Something else.
    Other,
}

impl Kind {
    /// Whether it counts as a package: files, data, keys and the operating system as a whole do not.
    pub fn is_package(self) -> bool {
        !matches!(self, Kind::File | Kind::OperatingSystem | Kind::Data | Kind::CryptographicAsset)
    }
}

/// A licence as a document states it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct License<'a> {
    /// An SPDX expression, an SPDX identifier or a name, as `form` says.
    pub text: Text<'a>,
    /// What `text` is.
    pub form: LicenseForm,
    /// Who says so.
    pub stage: LicenseStage,
    /// What the model does not know: the licence's own text, its URL.
    #[serde(skip)]
    pub rest: Rest<'a>,
}

/// How a licence is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LicenseForm {
    /// An SPDX licence expression, or at least meant as one.
    #[default]
    Expression,
    /// One SPDX identifier.
    Id,
    /// A name in no particular vocabulary.
    Name,
}

/// Who says that a licence applies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LicenseStage {
    /// The document does not say.
    #[default]
    Unstated,
    /// The authors of the package.
    Declared,
    /// Whoever looked at its files.
    Concluded,
}

/// A digest by any algorithm, as the document writes it: nothing is looked up by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hash<'a> {
    /// The algorithm in lower case without dashes: `sha1`, `sha256`, `sha3256`, `blake2b256`, `md5`.
    pub algorithm: Text<'a>,
    /// The value in hexadecimal.
    pub value: Text<'a>,
}

impl Package<'_> {
    /// What applies of the licences: what was concluded after a look at the files goes before what the authors declare.
    pub fn effective_licenses(&self) -> impl Iterator<Item = &License<'_>> {
        let concluded = self.licenses.iter().any(|license| license.stage == LicenseStage::Concluded);
        self.licenses.iter().filter(move |license| !concluded || license.stage == LicenseStage::Concluded)
    }

    /// The same package, independent of the document.
    pub fn into_owned(self) -> Package<'static> {
        Package {
            id: self.id.into_owned(),
            kind: self.kind,
            name: self.name.into_owned(),
            version: owned(self.version),
            purl: owned(self.purl),
            cpes: self.cpes.into_iter().map(Text::into_owned).collect(),
            licenses: self.licenses.into_iter().map(License::into_owned).collect(),
            hashes: self.hashes.into_iter().map(Hash::into_owned).collect(),
            supplier: owned(self.supplier),
            author: owned(self.author),
            copyright: owned(self.copyright),
            description: owned(self.description),
            download: owned(self.download),
            homepage: owned(self.homepage),
            properties: self.properties.into_iter().map(|(name, v)| (name.into_owned(), v.into_owned())).collect(),
            rest: self.rest.into_owned(),
        }
    }
}

impl<'a> License<'a> {
    /// An SPDX expression, or what is meant as one, of which nobody says who states it.
    pub fn expression(text: impl Into<Text<'a>>) -> Self {
        License { text: text.into(), ..License::default() }
    }

    /// The same licence, independent of the document.
    pub fn into_owned(self) -> License<'static> {
        License { text: self.text.into_owned(), form: self.form, stage: self.stage, rest: self.rest.into_owned() }
    }
}

impl<'a> Hash<'a> {
    /// An algorithm's name as the model writes it.
    pub(crate) fn plain(algorithm: Text<'a>) -> Text<'a> {
        match algorithm.as_str() {
            "SHA256" | "SHA-256" => "sha256".into(),
            "SHA1" | "SHA-1" => "sha1".into(),
            other if other.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) => algorithm,
            other => other.replace(['-', '_'], "").to_ascii_lowercase().into(),
        }
    }

    /// The same digest, independent of the document.
    pub fn into_owned(self) -> Hash<'static> {
        let known = ALGORITHMS.iter().find(|(plain, ..)| self.algorithm == *plain);
        let algorithm = known.map_or_else(|| self.algorithm.into_owned(), |(plain, ..)| Text::from(*plain));
        Hash { algorithm, value: self.value.into_owned() }
    }
}

/// Properties, each as an object.
fn named<S: Serializer>(properties: &[(Text<'_>, Text<'_>)], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Property<'p> {
        name: &'p str,
        value: &'p str,
    }
    let mut list = serializer.serialize_seq(Some(properties.len()))?;
    for (name, value) in properties {
        list.serialize_element(&Property { name, value })?;
    }
    list.end()
}

pub(super) fn owned(text: Option<Text<'_>>) -> Option<Text<'static>> {
    text.map(Text::into_owned)
}
