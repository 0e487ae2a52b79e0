//! The platform that an image is for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::descriptor::null_is_empty;
use crate::error::{Error, Result};

/// Operating system and processor, as in an image index (OCI image specification, `image-index.md`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Platform {
    /// The operating system, such as `linux`; `unknown` for buildkit's attestation children.
    pub os: String,
    /// The processor, such as `amd64`.
    pub architecture: String,
    /// The variant of the processor, such as `v8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The version of the operating system; Windows images have it.
    #[serde(rename = "os.version", default, skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// Required features of the operating system.
    #[serde(
        rename = "os.features",
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_is_empty"
    )]
    pub os_features: Vec<String>,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if let Some(variant) = self.variant.as_ref().filter(|variant| !variant.is_empty()) {
            write!(f, "/{variant}")?;
        }
        Ok(())
    }
}

/// Reads what is displayed: `linux/amd64`, `linux/arm64/v8`.
impl FromStr for Platform {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let (os, architecture, variant) = match *parts.as_slice() {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some(variant)),
            _ => ("", "", None),
        };
        if os.is_empty() || architecture.is_empty() || variant == Some("") {
            let error = Error::invalid(format!("{text:?} is no platform"));
            return Err(error.hint("write it as linux/amd64 or linux/arm64/v8"));
        }
        let (os, architecture, variant) = (os.to_owned(), architecture.to_owned(), variant.map(str::to_owned));
        Ok(Platform { os, architecture, variant, os_version: None, os_features: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_is_read_as_it_is_displayed() {
        for text in ["linux/amd64", "linux/arm64/v8"] {
            assert_eq!(text.parse::<Platform>().unwrap().to_string(), text);
        }
        let unsaid = Platform { variant: Some(String::new()), .."linux/arm64".parse().unwrap() };
        assert_eq!(unsaid.to_string(), "linux/arm64");
        for text in ["", "linux", "linux/", "/amd64", "linux/arm64/", "a/b/c/d"] {
            assert!(text.parse::<Platform>().is_err(), "{text}");
        }
    }
}
