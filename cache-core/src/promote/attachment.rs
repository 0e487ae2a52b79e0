//! What can be attached to an image, and naming it in a plan.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::Promoter;
use super::attached::Attached;
use super::attestation::Attestation;
use crate::error::{Error, Result};
use crate::model::Raw;
use crate::plan::{Content, Form};
use crate::sign::COSIGN_SIGN_TYPE;

/// Something to attach to the image, unless that is done already.
#[derive(Debug, Clone)]
pub enum Attachment {
    /// A document as it is, such as an SBOM. It is there where an artifact about the image holds the same bytes under the
    /// same media type.
    Document {
        /// Its media type.
        media_type: String,
        /// Its bytes.
        bytes: Bytes,
    },
    /// An SBOM: a document as it is, which cosign's tag `.sbom` names too, for old clients that look nowhere else. Where the
    /// source has such a tag, that comes along and stays. One tag names one SBOM, so there is one of these in a request.
    Sbom {
        /// Its media type, such as `application/spdx+json`.
        media_type: String,
        /// Its bytes.
        bytes: Bytes,
    },
    /// A statement about the image, signed by the promoter's signer, as a bundle. The type `COSIGN_SIGN_TYPE` with the predicate
    /// `{}` is a signature of the image. It is there where a statement of the same signer, with the same type and the same
    /// predicate, verifies; its bytes say nothing, since a signature made anew is never the same.
    Statement {
        /// The type of the predicate.
        predicate_type: String,
        /// The predicate, which is not looked at.
        predicate: serde_json::Value,
    },
    /// A signature of the image, by the promoter's signer.
    Signature {
        /// What is signed along with it, such as `env: prod`.
        annotations: BTreeMap<String, String>,
        /// How it is kept.
        form: Form,
    },
    /// A statement about the image whose predicate was found to be what it claims, signed by the promoter's signer.
    Attestation(Attestation),
}

impl Promoter {
    /// What the request attaches and is not there. Each once.
    pub(super) fn lacking(&self, attach: &[Attachment], there: &[Attached]) -> Result<Vec<Content>> {
        let mut lacking = Vec::new();
        for attachment in attach {
            let content = self.content(attachment)?;
            if !lacking.contains(&content) && !there.iter().any(|there| there.holds(&content)) {
                lacking.push(content);
            }
        }
        Ok(lacking)
    }

    /// Keeps the bytes of an attachment at hand and names them by digest.
    pub(super) fn content(&self, attachment: &Attachment) -> Result<Content> {
        match attachment {
            Attachment::Document { media_type, bytes } | Attachment::Sbom { media_type, bytes } => {
                let stored = self.materials.insert_blob(bytes.clone());
                Ok(Content::Document { media_type: media_type.clone(), digest: stored.digest, size: stored.size })
            }
            Attachment::Statement { predicate_type, predicate } => {
                self.statement(predicate_type, predicate, BTreeMap::new(), Form::Bundle)
            }
            Attachment::Signature { annotations, form } => {
                self.statement(COSIGN_SIGN_TYPE, &serde_json::json!({}), annotations.clone(), *form)
            }
            Attachment::Attestation(attestation) => {
                let (predicate_type, predicate) = (attestation.predicate_type(), attestation.predicate());
                self.statement(predicate_type, predicate, BTreeMap::new(), attestation.form())
            }
        }
    }

    fn statement(
        &self,
        predicate_type: &str,
        predicate: &serde_json::Value,
        annotations: BTreeMap<String, String>,
        form: Form,
    ) -> Result<Content> {
        let signer = self.signer.as_ref().ok_or_else(|| Error::invalid("a statement is attached; no signer is set"))?;
        let stored = self.materials.insert_blob(Raw::canonical(predicate)?.bytes().clone());
        let (predicate_type, signer) = (predicate_type.to_owned(), signer.identity());
        Ok(Content::Statement { predicate_type, predicate: Some(stored), annotations, form, signer })
    }
}
