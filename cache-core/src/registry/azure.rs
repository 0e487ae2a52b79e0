//! Tokens of Azure's directory (Microsoft, "OAuth 2.0 client credentials flow" and "managed identities").

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use http::{HeaderValue, Method};
use tokio::sync::Mutex;

use super::vendor::{Token, Variables, grant, of_metadata, secret_file};
use crate::error::{Error, Result};
use crate::http::{Network, Request, encode, secret_header};
use crate::model::{Secret, Timestamp};

const AUTHORITY: &str = "https://login.microsoftonline.com";
const METADATA: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

/// Who we are to Azure's directory.
///
/// [`of_this_machine`](AzureCredentials::of_this_machine) looks where Azure's libraries look: a service principal
/// (`AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET`); a workload identity (`AZURE_FEDERATED_TOKEN_FILE` in the place
/// of the secret); a managed identity, from `IDENTITY_ENDPOINT` or the metadata of the machine. What `az login` left is not read.
#[derive(Clone)]
pub struct AzureCredentials(Arc<Inner>);

struct Inner {
    source: Source,
    authority: String,
    network: Network,
    /// Tokens by their audience.
    known: Mutex<BTreeMap<String, Token>>,
}

enum Source {
    Given { tenant: String, client: String, secret: Secret },
    Machine(Variables),
}

impl AzureCredentials {
    /// As the environment and the machine say.
    pub fn of_this_machine() -> Self {
        AzureCredentials::from(Variables::Process, Network::default())
    }

    /// This service principal.
    pub fn service_principal(tenant: impl Into<String>, client: impl Into<String>, secret: Secret) -> Self {
        let source = Source::Given { tenant: tenant.into(), client: client.into(), secret };
        AzureCredentials::of(source, AUTHORITY.to_owned(), Network::default())
    }

    /// Whether the environment says a word of an identity of Azure's.
    pub fn is_configured() -> bool {
        let words = ["AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE", "IDENTITY_ENDPOINT"];
        words.iter().any(|name| Variables::Process.text(name).is_some())
    }

    pub(crate) fn from(variables: Variables, network: Network) -> Self {
        let authority = variables.text("AZURE_AUTHORITY_HOST").unwrap_or_else(|| AUTHORITY.to_owned());
        AzureCredentials::of(Source::Machine(variables), authority, network)
    }

    fn of(source: Source, authority: String, network: Network) -> Self {
        AzureCredentials(Arc::new(Inner { source, authority, network, known: Mutex::default() }))
    }

    /// A token for this audience, such as `https://management.azure.com`.
    pub(crate) async fn token(&self, audience: &str) -> Result<Secret> {
        let now = Timestamp::now();
        let mut known = self.0.known.lock().await;
        if let Some(token) = known.get(audience).filter(|token| token.lasts(now)) {
            return Ok(token.secret.clone());
        }
        let token = self.ask(audience).await.map_err(|e| e.context("audience", audience))?;
        let secret = token.secret.clone();
        known.insert(audience.to_owned(), token);
        Ok(secret)
    }

    async fn ask(&self, audience: &str) -> Result<Token> {
        let variables = match &self.0.source {
            Source::Given { tenant, client, secret } => {
                return self.of_directory(audience, tenant, client, Proof::Secret(secret.clone())).await;
            }
            Source::Machine(variables) => variables,
        };
        let (tenant, client) = (variables.text("AZURE_TENANT_ID"), variables.text("AZURE_CLIENT_ID"));
        let (secret, file) = (variables.secret("AZURE_CLIENT_SECRET"), variables.text("AZURE_FEDERATED_TOKEN_FILE"));
        match (tenant, client, secret, file) {
            (Some(tenant), Some(client), Some(secret), _) => {
                self.of_directory(audience, &tenant, &client, Proof::Secret(secret)).await
            }
            (Some(tenant), Some(client), None, Some(file)) => {
                let assertion = secret_file(file.as_ref())?;
                self.of_directory(audience, &tenant, &client, Proof::Assertion(assertion)).await
            }
            (_, client, _, _) => self.of_machine(variables, audience, client.as_deref()).await,
        }
    }

    async fn of_directory(&self, audience: &str, tenant: &str, client: &str, proof: Proof) -> Result<Token> {
        let url = format!("{}/{}/oauth2/v2.0/token", self.0.authority.trim_end_matches('/'), encode(tenant));
        let scope = format!("{audience}/.default");
        let mut form = vec![("grant_type", "client_credentials"), ("client_id", client), ("scope", &scope)];
        match &proof {
            Proof::Secret(secret) => form.push(("client_secret", secret.reveal())),
            Proof::Assertion(assertion) => form.extend([
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", assertion.reveal()),
            ]),
        }
        grant(&self.0.network, &url, &form, "Azure's directory gives no token").await
    }

    async fn of_machine(&self, variables: &Variables, audience: &str, client: Option<&str>) -> Result<Token> {
        let client = client.map(|client| format!("&client_id={}", encode(client))).unwrap_or_default();
        let resource = encode(audience);
        let (url, header) = match (variables.text("IDENTITY_ENDPOINT"), variables.secret("IDENTITY_HEADER")) {
            (Some(endpoint), Some(secret)) => {
                let value = secret_header(secret.reveal());
                let value = value.map_err(|_| Error::unauthenticated("IDENTITY_HEADER is no header"))?;
                let url = format!("{endpoint}?api-version=2019-08-01&resource={resource}{client}");
                (url, ("x-identity-header", value))
            }
            _ => {
                let base = variables.text("AZURE_POD_IDENTITY_AUTHORITY_HOST");
                let base = base.map_or_else(
                    || METADATA.to_owned(),
                    |host| format!("{}/metadata/identity/oauth2/token", host.trim_end_matches('/')),
                );
                let url = format!("{base}?api-version=2018-02-01&resource={resource}{client}");
                (url, ("metadata", HeaderValue::from_static("true")))
            }
        };
        let url = url.parse().map_err(|_| Error::invalid("the address of the managed identity is none"))?;
        let mut request = Request::new(Method::GET, url);
        request.headers.insert(header.0, header.1);
        let none = |error: Error| {
            Error::unauthenticated("no credentials of Azure were found")
                .hint("set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or give the machine an identity")
                .caused_by(error)
        };
        of_metadata(&request, "the managed identity gives no token", none).await
    }
}

enum Proof {
    Secret(Secret),
    Assertion(Secret),
}

impl fmt::Debug for AzureCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureCredentials").field("authority", &self.0.authority).finish_non_exhaustive()
    }
}
