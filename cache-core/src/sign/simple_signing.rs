//! The payload of cosign's older signatures ("simple signing", `specs/SIGNATURE_SPEC.md` of cosign).

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::trust::text_of;
use crate::error::{Error, Result};
use crate::model::{Digest, Repository};

const TYPE: &str = "cosign container image signature";

/// What such a payload says. The order of the fields is the one in which cosign writes them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SimpleSigning {
    critical: Critical,
    optional: Option<BTreeMap<String, Value>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Critical {
    /// It proves nothing.
    #[serde(default)]
    identity: Value,
    image: SignedImage,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct SignedImage {
    #[serde(rename = "docker-manifest-digest")]
    digest: Digest,
}

impl SimpleSigning {
    /// Reads a payload.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self> {
        let read: SimpleSigning = serde_json::from_slice(payload)
            .map_err(|e| Error::invalid(format!("the signed payload does not parse: {e}")).caused_by(e))?;
        if read.critical.kind != TYPE {
            return Err(Error::untrusted(format!("the signed payload is a {:?}", read.critical.kind)));
        }
        Ok(read)
    }

    /// Writes the payload about an image.
    pub(crate) fn write(
        repository: &Repository,
        image: &Digest,
        annotations: &BTreeMap<String, String>,
    ) -> Result<Bytes> {
        let optional = annotations.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        let payload = SimpleSigning {
            critical: Critical {
                identity: serde_json::json!({"docker-reference": repository.to_string()}),
                image: SignedImage { digest: image.clone() },
                kind: TYPE.to_owned(),
            },
            optional: Some(optional).filter(|optional: &BTreeMap<_, _>| !optional.is_empty()),
        };
        let json = serde_json::to_vec(&payload);
        json.map(Bytes::from).map_err(|e| Error::unexpected("the payload has no JSON form").caused_by(e))
    }

    /// The image that is meant.
    pub(crate) fn image(&self) -> &Digest {
        &self.critical.image.digest
    }

    /// What the signer added. What is not text is kept as JSON.
    pub(crate) fn annotations(&self) -> BTreeMap<String, String> {
        let all = self.optional.iter().flatten();
        all.map(|(name, value)| (name.clone(), text_of(value.clone()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_as_cosign_writes_it() {
        let digest = Digest::of(b"image");
        let at = Repository::parse("registry.example:5000/app").unwrap();
        let payload = SimpleSigning::write(&at, &digest, &BTreeMap::new()).unwrap();
        let expected = format!(
            r#"{{"critical":{{"identity":{{"docker-reference":"registry.example:5000/app"}},"image":{{"docker-manifest-digest":"{digest}"}},"type":"cosign container image signature"}},"optional":null}}"#
        );
        assert_eq!(payload, expected);
        let annotations = BTreeMap::from([("env".to_owned(), "prod".to_owned())]);
        let payload = SimpleSigning::write(&at, &digest, &annotations).unwrap();
        let read = SimpleSigning::parse(&payload).unwrap();
        assert_eq!((read.image(), read.annotations()), (&digest, annotations));
    }
}
