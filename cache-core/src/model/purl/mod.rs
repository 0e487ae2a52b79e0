//! Package URLs: what names a package over all ecosystems.
//!
//! The specification is ECMA-427 with its type definitions (package-url/purl-spec). Tools take liberties with it, so there
//! are two readings: [`Purl::read`] makes of a purl what can be made of it, [`Purl::parse`] accepts only what the
//! specification accepts. Both give the canonical form.

mod encode;
mod kinds;
mod read;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};
pub(crate) use encode::decode as decoded;
use kinds::Namespace;

/// A package URL, normalised as its type asks for. `Display` gives the canonical form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purl {
    kind: String,
    namespace: Option<String>,
    name: String,
    version: Option<String>,
    qualifiers: BTreeMap<String, String>,
    subpath: Option<String>,
}

impl Purl {
    /// Reads a purl strictly: what the specification refuses is refused.
    pub fn parse(text: &str) -> Result<Purl> {
        let purl = read::read(text, true)?;
        purl.check().map_err(|e| e.context("purl", text))?;
        Ok(purl)
    }

    /// Reads a purl as tools write them: a missing namespace, keys in capitals, codes that are none, a repeated qualifier
    /// (of which the first counts) are taken as they are. Without a type or a name it is none.
    pub fn read(text: &str) -> Result<Purl> {
        read::read(text, false)
    }

    /// The parts of a new purl.
    pub fn builder(kind: impl Into<String>, name: impl Into<String>) -> PurlBuilder {
        PurlBuilder(Purl {
            kind: kind.into(),
            namespace: None,
            name: name.into(),
            version: None,
            qualifiers: BTreeMap::new(),
            subpath: None,
        })
    }

    /// The type, such as `deb`, in lower case.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The namespace, its segments separated by slashes: `debian`, `@angular`, `github.com/gorilla`.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// A qualifier by its key in lower case.
    pub fn qualifier(&self, key: &str) -> Option<&str> {
        self.qualifiers.get(key).map(String::as_str)
    }

    /// The qualifiers, sorted by key.
    pub fn qualifiers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.qualifiers.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The path inside of the package.
    pub fn subpath(&self) -> Option<&str> {
        self.subpath.as_deref()
    }

    /// The same package in any version: without version, qualifiers and subpath.
    pub fn without_version(&self) -> Purl {
        let (kind, namespace, name) = (self.kind.clone(), self.namespace.clone(), self.name.clone());
        Purl { kind, namespace, name, version: None, qualifiers: BTreeMap::new(), subpath: None }
    }

    /// The same without a qualifier.
    pub(crate) fn without_qualifier(mut self, key: &str) -> Purl {
        self.qualifiers.remove(key);
        self
    }

    /// Whether this is what the specification accepts of its type.
    fn check(&self) -> Result<()> {
        let refuse = |why: &str| Err(Error::invalid(format!("a purl of type {} {why}", self.kind)));
        let rules = kinds::of(&self.kind);
        match (rules.namespace, &self.namespace) {
            (Namespace::Required, None) => return refuse("has a namespace"),
            (Namespace::Prohibited, Some(_)) => return refuse("has no namespace"),
            _ => {}
        }
        if let Some(key) = rules.required_key
            && !self.qualifiers.contains_key(key)
        {
            return refuse(&format!("has the qualifier {key}"));
        }
        match self.kind.as_str() {
            "chrome-extension" => {
                if self.name.len() != 32 || !self.name.bytes().all(|byte| matches!(byte, b'a'..=b'p')) {
                    return refuse("has a name of 32 letters from a to p");
                }
                let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
                let numbers = |version: &String| version.split('.').all(number) && version.split('.').count() <= 4;
                if !self.version.as_ref().is_none_or(numbers) {
                    return refuse("has a version of one to four numbers");
                }
            }
            "cpan" if self.name.contains("::") => return refuse("names a distribution, not a module"),
            _ => {}
        }
        Ok(())
    }
}

/// The parts of a purl that is being made. Empty parts count as absent.
#[derive(Debug, Clone)]
pub struct PurlBuilder(Purl);

impl PurlBuilder {
    /// Sets the namespace; slashes separate its segments.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.0.namespace = Some(namespace.into());
        self
    }

    /// Sets the version.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.0.version = Some(version.into());
        self
    }

    /// Sets a qualifier.
    #[must_use]
    pub fn qualifier(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.qualifiers.insert(key.into(), value.into());
        self
    }

    /// Sets the path inside of the package.
    #[must_use]
    pub fn subpath(mut self, subpath: impl Into<String>) -> Self {
        self.0.subpath = Some(subpath.into());
        self
    }

    /// The purl, as [`Purl::read`] would read it: a namespace that the type asks for may be missing, as it is for
    /// `pkg:golang/stdlib`.
    pub fn build(self) -> Result<Purl> {
        let Purl { kind, namespace, name, version, qualifiers, subpath } = self.0;
        let namespace = namespace.unwrap_or_default();
        read::normalise(kind, &namespace, name, version, qualifiers.into_iter().map(Ok), subpath, false)
    }

    /// The purl, as [`Purl::parse`] would accept it.
    pub fn build_strict(self) -> Result<Purl> {
        let purl = self.build()?;
        purl.check()?;
        Ok(purl)
    }
}

/// The canonical form.
impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pkg:{}/", self.kind)?;
        if let Some(namespace) = &self.namespace {
            encode::encode_path(namespace, f)?;
            f.write_str("/")?;
        }
        if read::name_is_path(&self.kind) {
            encode::encode_path(&self.name, f)?;
        } else {
            encode::encode(&self.name, f)?;
        }
        if let Some(version) = &self.version {
            f.write_str("@")?;
            encode::encode(version, f)?;
        }
        for (at, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(f, "{}{key}=", if at == 0 { '?' } else { '&' })?;
            encode::encode(value, f)?;
        }
        if let Some(subpath) = &self.subpath {
            f.write_str("#")?;
            encode::encode_path(subpath, f)?;
        }
        Ok(())
    }
}

/// Reads leniently.
impl std::str::FromStr for Purl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Purl> {
        Purl::read(text)
    }
}

impl Serialize for Purl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads leniently.
impl<'de> Deserialize<'de> for Purl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Purl::read(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
