//! SPDX 2 as YAML: the JSON form in other signs.

use serde_json::Value;

use super::{Sbom, catalog, spdx2};
use crate::error::{Error, Result};

/// What a version looks like a number is one in YAML: whoever writes `2.10` without quotes says 2.1.
pub(super) fn parse(text: &str) -> Result<Sbom<'static>> {
    let wrong = |reason: String| Error::invalid(format!("not an SPDX document: {reason}"));
    let documents: Vec<Value> = catalog::yaml(text).map_err(wrong)?;
    let [document] = documents.as_slice() else {
        return Err(wrong(format!("{} YAML documents in one", documents.len())));
    };
    spdx2::parse(&document.to_string()).map(Sbom::into_owned)
}
