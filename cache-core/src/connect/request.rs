//! What somebody wants, as text.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bytes::Bytes;
use serde::Deserialize;

use super::text::read_bytes;
use crate::error::{Error, Result};
use crate::model::Reference;
use crate::plan::Form;
use crate::promote::{AttachRequest, Attachment, Attestation, Given, Request, RollbackRequest};

/// No document that is read or attached is larger.
const MAX_DOCUMENT: u64 = 256 << 20;

/// A request to promote one image. The environment is the promoter's, whose gates are made for it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestConfig {
    /// The image, by tag or digest.
    pub from: Reference,
    /// The repository and tag that it shall have.
    pub to: Reference,
    /// Who asks. Usually this person may not approve.
    pub requester: String,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// Whether a tag that names another image may be moved.
    #[serde(default)]
    pub move_tags: bool,
    /// What is attached to the image on the way.
    #[serde(default)]
    pub attach: Vec<AttachmentConfig>,
}

/// A request to attach something to an image where it is, such as its signature. The environment is the promoter's.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttachConfig {
    /// The image, by tag or digest, in the promoter's target.
    pub image: Reference,
    /// Who asks. Usually this person may not approve.
    pub requester: String,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
    /// What is attached.
    pub attach: Vec<AttachmentConfig>,
}

/// Something to attach to the image.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum AttachmentConfig {
    /// A document as it is, such as an SBOM: its text, or the path of a file with it.
    Document {
        /// Its media type.
        media_type: String,
        /// The text.
        #[serde(default)]
        text: Option<String>,
        /// Where it is.
        #[serde(default)]
        path: Option<PathBuf>,
    },
    /// An SBOM, which cosign's tag `.sbom` names too: its text, or the path of a file with it.
    Sbom {
        /// Its media type.
        media_type: String,
        /// The text.
        #[serde(default)]
        text: Option<String>,
        /// Where it is.
        #[serde(default)]
        path: Option<PathBuf>,
    },
    /// A statement about the image, signed by the promoter's signer.
    Statement {
        /// The type of the predicate.
        predicate_type: String,
        /// The predicate.
        predicate: serde_json::Value,
    },
    /// A signature of the image, by the promoter's signer.
    Signature {
        /// What is signed along with it.
        #[serde(default)]
        annotations: BTreeMap<String, String>,
        /// How it is kept: `bundle`, or `cosign-tag` for cosign's older format.
        #[serde(default)]
        form: Form,
    },
    /// A statement about the image whose predicate is looked at, signed by the promoter's signer. See [`Attestation`].
    Attestation {
        /// A name, such as `spdx`, or a URI.
        r#type: String,
        /// The predicate as text.
        #[serde(default)]
        text: Option<String>,
        /// Where it is.
        #[serde(default)]
        path: Option<PathBuf>,
        /// The predicate as plain data.
        #[serde(default)]
        predicate: Option<serde_json::Value>,
        /// How it is kept: `bundle`, or `cosign-tag` for cosign's older format.
        #[serde(default)]
        form: Form,
    },
}

/// A tag that shall name again what it named before. The environment is the promoter's.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollbackConfig {
    /// The tag, in the promoter's target.
    pub tag: Reference,
    /// Who asks. Usually this person may not approve.
    pub requester: String,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// An image whose record is reproduced. The environment is the promoter's.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReproduceConfig {
    /// The image, by tag or digest, in the promoter's target.
    pub image: Reference,
}

impl RollbackConfig {
    /// The request, for one environment.
    pub fn request(self, environment: &str) -> RollbackRequest {
        let RollbackConfig { tag, requester, reason } = self;
        RollbackRequest { tag, environment: environment.to_owned(), requester, reason }
    }
}

impl RequestConfig {
    /// The request, for one environment.
    ///
    /// # Errors
    /// `Invalid` where a document is neither text nor a path, or both; what the file system and [`Attestation::new`] say.
    pub fn request(self, environment: &str) -> Result<Request> {
        Ok(Request {
            from: self.from,
            to: self.to,
            environment: environment.to_owned(),
            requester: self.requester,
            reason: self.reason,
            move_tags: self.move_tags,
            attach: read_all(self.attach)?,
        })
    }
}

impl AttachConfig {
    /// The request, for one environment.
    ///
    /// # Errors
    /// As [`RequestConfig::request`]; what [`Attestation::new`] says.
    pub fn request(self, environment: &str) -> Result<AttachRequest> {
        Ok(AttachRequest {
            image: self.image,
            environment: environment.to_owned(),
            requester: self.requester,
            reason: self.reason,
            attach: read_all(self.attach)?,
        })
    }
}

fn read_all(attach: Vec<AttachmentConfig>) -> Result<Vec<Attachment>> {
    attach.into_iter().map(AttachmentConfig::read).collect()
}

impl AttachmentConfig {
    fn read(self) -> Result<Attachment> {
        match self {
            AttachmentConfig::Document { media_type, text, path } => {
                let bytes = content(&media_type, text, path)?;
                Ok(Attachment::Document { media_type, bytes })
            }
            AttachmentConfig::Sbom { media_type, text, path } => {
                let bytes = content(&media_type, text, path)?;
                Ok(Attachment::Sbom { media_type, bytes })
            }
            AttachmentConfig::Statement { predicate_type, predicate } => {
                Ok(Attachment::Statement { predicate_type, predicate })
            }
            AttachmentConfig::Signature { annotations, form } => Ok(Attachment::Signature { annotations, form }),
            AttachmentConfig::Attestation { r#type, text, path, predicate, form } => {
                let text = match predicate {
                    Some(_) if text.is_some() || path.is_some() => {
                        let error = Error::invalid("an attestation has one of \"text\", \"path\" and \"predicate\"");
                        return Err(error.context("type", r#type));
                    }
                    Some(predicate) => Some(predicate.to_string()),
                    None => text,
                };
                let predicate = content(&r#type, text, path)?;
                Ok(Attachment::Attestation(Attestation::new(&r#type, &predicate)?.in_form(form)))
            }
        }
    }
}

/// The bytes of something to attach.
fn content(media_type: &str, text: Option<String>, path: Option<PathBuf>) -> Result<Bytes> {
    match (text, path) {
        (Some(text), None) => Ok(text.into()),
        (None, Some(path)) => {
            read_bytes(&path, MAX_DOCUMENT).map(Bytes::from).map_err(|e| e.context("type", media_type))
        }
        _ => {
            let error = Error::invalid("a document to attach has either \"text\" or \"path\"");
            Err(error.context("type", media_type))
        }
    }
}

/// Evidence that the caller has: what it is, and its bytes or the path of a file with them.
///
/// # Errors
/// `Invalid` where the kind is none of `sbom`, `report` and `vex`, or there are neither bytes nor a path, or both; what the file
/// system says.
pub fn given(kind: &str, bytes: Option<Bytes>, path: Option<PathBuf>) -> Result<Given> {
    let read: fn(Bytes) -> Given = match kind {
        "sbom" => Given::Sbom,
        "report" => Given::Report,
        "vex" => Given::Vex,
        _ => {
            let message = "what is given is one of \"sbom\", \"report\" and \"vex\"";
            return Err(Error::invalid(message).context("given", kind));
        }
    };
    bytes_of(kind, bytes, path).map(read)
}

/// The bytes, or those of the file.
pub(super) fn bytes_of(kind: &str, bytes: Option<Bytes>, path: Option<PathBuf>) -> Result<Bytes> {
    let at = |error: Error| error.context("given", kind);
    match (bytes, path) {
        (Some(bytes), None) => Ok(bytes),
        (None, Some(path)) => read_bytes(&path, MAX_DOCUMENT).map(Bytes::from).map_err(at),
        _ => Err(at(Error::invalid("what is given has either \"bytes\" or \"path\""))),
    }
}
