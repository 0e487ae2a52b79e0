//! Administrative changes: expected as planned, made, and looked at again.

use super::tags::moved;
use crate::approve::Permit;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Action, Administer};
use crate::registry::{Administration, Issued, Registry, Standing};

/// Whether this still has to be done.
///
/// # Errors
/// `Conflict` where what is there is neither as expected nor as wanted.
pub(crate) async fn expect_administer(registry: &dyn Registry, op: &Administer) -> Result<bool> {
    let standing = administration(registry)?.standing(&op.action).await?;
    if standing.settled {
        return Ok(false);
    }
    if standing.now == op.expected {
        return Ok(true);
    }
    let text = |state: &Option<_>| state.as_ref().map_or("nothing".to_owned(), serde_json::Value::to_string);
    Err(moved()
        .context("change", &op.action)
        .context("expected", text(&op.expected))
        .context("found", text(&standing.now)))
}

/// Makes the change and looks whether it is so; `false` where it was so already. A secret that the registry gives is kept
/// before anything else can fail: it gives it once.
pub(crate) async fn administer(
    registry: &dyn Registry,
    op: Permit<'_, Administer>,
    issued: &mut Vec<Issued>,
) -> Result<bool> {
    if !expect_administer(registry, &op).await? {
        return Ok(false);
    }
    let (administration, planned) = (administration(registry)?, Administer::clone(&op));
    let made = administration.administer(op).await;
    match made {
        // The answer to a first try may have been lost, so that the second finds it done. A secret is lost with it, and a build
        // is not done because there is an image.
        Err(error)
            if error.kind() == ErrorKind::Conflict
                && !matches!(planned.action, Action::CreateAccount { .. } | Action::Build { .. }) =>
        {
            match administration.standing(&planned.action).await {
                Ok(standing) if is_so(&planned, &standing) => return Ok(true),
                _ => return Err(error),
            }
        }
        made => issued.extend(made?),
    }
    let standing = administration.standing(&planned.action).await?;
    if !is_so(&planned, &standing) {
        let found = standing.now.map_or("nothing".to_owned(), |now| now.to_string());
        return Err(Error::conflict("the registry took the change, and it is not so right after it")
            .context("change", &planned.action)
            .context("found", found));
    }
    Ok(true)
}

/// What was set going shows in another state than before; everything else in the state that was wanted. A build is over when
/// the registry has answered, and may give what was there before.
fn is_so(planned: &Administer, standing: &Standing) -> bool {
    match &planned.action {
        Action::Build { .. } => standing.now.is_some(),
        action => standing.settled || (action.is_run() && standing.now != planned.expected),
    }
}

pub(crate) fn administration(registry: &dyn Registry) -> Result<&dyn Administration> {
    registry.abilities().administration.ok_or_else(|| {
        Error::unsupported("this registry is not administered from here")
            .hint("say which system it is: harbor, ecr, acr, artifactory or openshift")
    })
}
