//! What somebody wants, as text.

use std::path::PathBuf;

use bytes::Bytes;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::model::Reference;
use crate::promote::{Attachment, Given, Request};

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
    /// A statement about the image, signed by the promoter's signer.
    Statement {
        /// The type of the predicate.
        predicate_type: String,
        /// The predicate.
        predicate: serde_json::Value,
    },
}

impl RequestConfig {
    /// The request, for one environment.
    ///
    /// # Errors
    /// `Invalid` where a document is neither text nor a path, or both; what the file system says.
    pub fn request(self, environment: &str) -> Result<Request> {
        Ok(Request {
            from: self.from,
            to: self.to,
            environment: environment.to_owned(),
            requester: self.requester,
            reason: self.reason,
            move_tags: self.move_tags,
            attach: self.attach.into_iter().map(AttachmentConfig::read).collect::<Result<_>>()?,
        })
    }
}

impl AttachmentConfig {
    fn read(self) -> Result<Attachment> {
        match self {
            AttachmentConfig::Document { media_type, text, path } => {
                let bytes = match (text, path) {
                    (Some(text), None) => text.into(),
                    (None, Some(path)) => std::fs::read(&path).map_err(|e| Error::io(&path, e))?.into(),
                    _ => {
                        let error = Error::invalid("a document to attach has either \"text\" or \"path\"");
                        return Err(error.context("type", media_type));
                    }
                };
                Ok(Attachment::Document { media_type, bytes })
            }
            AttachmentConfig::Statement { predicate_type, predicate } => {
                Ok(Attachment::Statement { predicate_type, predicate })
            }
        }
    }
}

/// Evidence that the caller has: what it is, and its bytes or the path of a file with them.
///
/// # Errors
/// `Invalid` where the kind is neither `sbom` nor `report`, or there are neither bytes nor a path, or both; what the file
/// system says.
pub fn given(kind: &str, bytes: Option<Bytes>, path: Option<PathBuf>) -> Result<Given> {
    let at = |error: Error| error.context("given", kind);
    let read: fn(Bytes) -> Given = match kind {
        "sbom" => Given::Sbom,
        "report" => Given::Report,
        _ => return Err(at(Error::invalid("what is given is either \"sbom\" or \"report\""))),
    };
    match (bytes, path) {
        (Some(bytes), None) => Ok(read(bytes)),
        (None, Some(path)) => Ok(read(std::fs::read(&path).map_err(|e| at(Error::io(&path, e)))?.into())),
        _ => Err(at(Error::invalid("what is given has either \"bytes\" or \"path\""))),
    }
}
