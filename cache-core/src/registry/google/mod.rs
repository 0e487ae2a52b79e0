//! Who we are to Google Cloud (Google, "How Application Default Credentials works").

mod federated;
mod key;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::{HeaderValue, Method};
use serde::Deserialize;
use tokio::sync::Mutex;

use self::federated::Federated;
use self::key::Key;
use super::vendor::{Token, Variables, grant, of_metadata, parse, secret_file};
use crate::error::{Error, Result};
use crate::http::{Network, Request, encode};
use crate::model::{Secret, Timestamp};

/// The right to read and write objects.
const SCOPE: &str = "https://www.googleapis.com/auth/devstorage.read_write";
const TOKENS: &str = "https://oauth2.googleapis.com/token";
/// By its number, since elsewhere nobody knows its name.
const METADATA: &str = "169.254.169.254";

/// Who we are to Google Cloud, as its libraries look for it: the file that `GOOGLE_APPLICATION_CREDENTIALS` names (a key of a
/// service account, a federated workload identity, a login), the login that `gcloud auth application-default login` left, the
/// metadata of the machine.
#[derive(Clone)]
pub(crate) struct GoogleCredentials(Arc<Inner>);

struct Inner {
    variables: Variables,
    network: Network,
    known: Mutex<Option<Token>>,
}

impl GoogleCredentials {
    pub(crate) fn from(variables: Variables, network: Network) -> Self {
        GoogleCredentials(Arc::new(Inner { variables, network, known: Mutex::default() }))
    }

    /// A token with which objects are read and written.
    pub(crate) async fn token(&self) -> Result<Secret> {
        let mut known = self.0.known.lock().await;
        if let Some(token) = known.as_ref().filter(|token| token.lasts(Timestamp::now())) {
            return Ok(token.secret.clone());
        }
        let token = self.ask().await?;
        let secret = token.secret.clone();
        *known = Some(token);
        Ok(secret)
    }

    async fn ask(&self) -> Result<Token> {
        let Inner { variables, network, .. } = &*self.0;
        let Some(path) = file(variables) else { return of_machine(variables).await };
        let about = |error: Error| error.context("credentials", path.display());
        // What is wrong in it is not said in a parser's words, which may show it.
        let text = secret_file(&path)?;
        let file: File = parse(text.reveal().as_bytes())
            .map_err(|_| about(Error::invalid("the file of credentials is not as Google writes one")))?;
        let asked = match file {
            File::ServiceAccount(key) => key.token(network).await,
            File::ExternalAccount(federated) => federated.token(network).await,
            File::AuthorizedUser(login) => login.token(network).await,
            File::Other => Err(Error::unsupported("credentials of this type are not known")
                .hint("known are service_account, external_account and authorized_user")),
        };
        asked.map_err(about)
    }
}

/// The file that is named, or the one that is there.
fn file(variables: &Variables) -> Option<PathBuf> {
    if let Some(named) = variables.text("GOOGLE_APPLICATION_CREDENTIALS") {
        return Some(named.into());
    }
    let folder = variables.path("CLOUDSDK_CONFIG", ".config/gcloud")?;
    Some(folder.join("application_default_credentials.json")).filter(|path| Path::exists(path))
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum File {
    ServiceAccount(Key),
    ExternalAccount(Federated),
    AuthorizedUser(Login),
    #[serde(other)]
    Other,
}

/// What `gcloud auth application-default login` leaves.
#[derive(Deserialize)]
struct Login {
    client_id: String,
    client_secret: Secret,
    refresh_token: Secret,
    token_uri: Option<String>,
}

impl Login {
    async fn token(&self, network: &Network) -> Result<Token> {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", &self.client_id),
            ("client_secret", self.client_secret.reveal()),
            ("refresh_token", self.refresh_token.reveal()),
        ];
        grant(network, self.token_uri.as_deref().unwrap_or(TOKENS), &form, "Google gives no token for the login").await
    }
}

/// The token of the account that the machine has.
async fn of_machine(variables: &Variables) -> Result<Token> {
    let host = variables.text("GCE_METADATA_HOST").unwrap_or_else(|| METADATA.to_owned());
    let url =
        format!("http://{host}/computeMetadata/v1/instance/service-accounts/default/token?scopes={}", encode(SCOPE));
    let url = url.parse().map_err(|_| Error::invalid("GCE_METADATA_HOST is no host"))?;
    let mut request = Request::new(Method::GET, url);
    request.headers.insert("metadata-flavor", HeaderValue::from_static("Google"));
    let none = |error: Error| {
        Error::unauthenticated("no credentials of Google were found")
            .hint("set GOOGLE_APPLICATION_CREDENTIALS, or give the machine a service account")
            .caused_by(error)
    };
    of_metadata(&request, "the metadata of the machine gives no token", none).await
}

impl fmt::Debug for GoogleCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GoogleCredentials").finish_non_exhaustive()
    }
}
