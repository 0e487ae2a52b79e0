//! What statements are about, and how it is named.

use crate::document::digest_in;
use crate::model::{Digest, Purl};
use crate::scan::version::Vers;

/// What a statement is about: a product, or a component of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VexProduct {
    /// The product: an image, or a package.
    pub product: VexName,
    /// The component of it, where the statement is about one.
    pub component: Option<VexName>,
}

/// A thing by all its names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VexName {
    /// As it is written, for people.
    pub text: String,
    /// Its purls.
    pub purls: Vec<Purl>,
    /// The digests that it may have.
    pub digests: Vec<Digest>,
    /// The versions that are meant, in any of these; all of them where there is none.
    pub ranges: Vec<Vers>,
}

impl VexName {
    /// A thing by what a document calls it, which is often a purl.
    pub(super) fn of(text: &str) -> VexName {
        let mut name = VexName { text: text.to_owned(), ..VexName::default() };
        name.add_purl(text);
        name
    }

    /// Adds what may be a purl. The purl of an image has the digest as its version, percent-encoded or not, and with some
    /// tools twice the algorithm.
    pub(super) fn add_purl(&mut self, text: &str) {
        let Ok(purl) = Purl::read(text) else { return };
        if is_image(&purl) {
            let version = purl.version().unwrap_or_default();
            let version = version.strip_prefix("sha256:").filter(|rest| rest.starts_with("sha256:")).unwrap_or(version);
            self.digests.extend(
                digest_in(version).filter(|digest| !self.digests.contains(digest)).into_iter().collect::<Vec<_>>(),
            );
        }
        let purl = match purl.qualifier("vers").map(Vers::parse) {
            Some(Ok(range)) => {
                self.ranges.push(range);
                purl.without_qualifier("vers")
            }
            _ => purl,
        };
        if !self.purls.contains(&purl) {
            self.purls.push(purl);
        }
    }

    /// Adds a digest by an algorithm's name in any spelling: `SHA-256`, `sha256`.
    pub(super) fn add_hash(&mut self, algorithm: &str, value: &str) {
        let algorithm: String = algorithm.chars().filter(char::is_ascii_alphanumeric).collect();
        let text = format!("{}:{}", algorithm.to_ascii_lowercase(), value.trim().to_ascii_lowercase());
        self.digests.extend(Digest::parse(&text).ok());
    }

    /// Whether it names an image: by a digest, or by a purl of one.
    pub(super) fn is_image(&self) -> bool {
        self.purls.iter().any(is_image) || (self.purls.is_empty() && !self.digests.is_empty())
    }
}

pub(super) fn is_image(purl: &Purl) -> bool {
    matches!(purl.kind(), "oci" | "docker")
}
