//! What a policy file says, as plain data.

use serde_json::{Map, Value, json};

use super::config::read_policy;
use crate::error::Result;

/// Reads and checks a policy file, given as its text or its path. Says its `digest`, which plans name, the `gates` of each environment
/// with a section of its own, the environments with rules of `retention` and of `approval`, and the names of its keyless `signers`.
///
/// # Errors
/// As [`Policy::parse`](crate::policy::Policy::parse); what the file system says.
pub fn check_policy(policy: &str) -> Result<Value> {
    let policy = read_policy(policy)?;
    let gates = policy.environments().map(|name| (name.to_owned(), policy.promotion(name).names().into()));
    Ok(json!({
        "digest": policy.digest(),
        "gates": gates.collect::<Map<String, Value>>(),
        "retention": policy.with_retention().collect::<Vec<_>>(),
        "approval": policy.with_approval().collect::<Vec<_>>(),
        "signers": policy.signers().iter().map(|signers| signers.name.as_str()).collect::<Vec<_>>(),
    }))
}
