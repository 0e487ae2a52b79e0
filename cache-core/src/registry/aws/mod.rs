//! Who we are to AWS, and requests that say so: what its registry and its object store have in common.

mod keys;
mod process;
mod profile;
mod signature;
mod sso;
mod sts;

pub use keys::AwsCredentials;

use super::vendor::expect_secure;
use crate::error::Result;
use crate::http::Request;
use crate::model::Timestamp;

impl AwsCredentials {
    /// Signs a request for a service in a region. All its headers are signed, so none may be added afterwards.
    ///
    /// # Errors
    /// `Untrusted` where it would go over the network unencrypted; `Unauthenticated` where no keys are found.
    pub(crate) async fn sign(&self, request: &mut Request, region: &str, service: &str) -> Result<()> {
        expect_secure(&request.url)?;
        let now = Timestamp::now();
        signature::sign(request, &self.get(region, now).await?, region, service, now)
    }
}

#[cfg(test)]
mod tests;
