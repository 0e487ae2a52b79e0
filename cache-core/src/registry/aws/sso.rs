//! Keys by AWS's single sign-on (IAM Identity Center), from the login that `aws sso login` left.

use std::path::PathBuf;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use http::Method;
use serde::Deserialize;

use super::keys::{Keys, Search, sensitive};
use super::profile::Profile;
use crate::error::{Absent, Error, ErrorKind, Result};
use crate::http::{Http, Patience, Request, encode};
use crate::model::{Secret, Timestamp};
use crate::registry::answer;
use crate::registry::vendor::{expect_secure, json, parse, secret_file};

/// The login, as the AWS tools keep it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Login {
    access_token: Secret,
    expires_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    role_credentials: RoleCredentials,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleCredentials {
    access_key_id: String,
    secret_access_key: Secret,
    session_token: Secret,
    /// In milliseconds.
    expiration: i64,
}

/// The keys of a role in an account, for the login of a session of this name, or of the profile itself. A login that ended is
/// not renewed here: that asks a person.
pub(super) async fn keys(
    search: &Search<'_>,
    profile: &Profile,
    session: Option<(Option<&Profile>, String)>,
) -> Result<Keys> {
    let (shared, name) = match session {
        Some((None, name)) => return Err(Error::invalid("there is no such sso-session").context("session", name)),
        Some((shared, name)) => (shared, Some(name)),
        None => (None, None),
    };
    let setting = |from: &Profile, key: &str| {
        let found = from.get(key).map(|value| value.reveal().to_owned());
        found.ok_or_else(|| Error::invalid("single sign-on lacks a setting").context("setting", key))
    };
    let place = shared.unwrap_or(profile);
    let (start, region) = (setting(place, "sso_start_url")?, setting(place, "sso_region")?);
    let (account, role) = (setting(profile, "sso_account_id")?, setting(profile, "sso_role_name")?);
    let login = login(search, &name.unwrap_or(start))?;
    let usual = || format!("https://portal.sso.{region}.amazonaws.com");
    let base = search.variables.text("AWS_ENDPOINT_URL_SSO").unwrap_or_else(usual);
    let (role, account) = (encode(&role), encode(&account));
    let url = format!("{}/federation/credentials?role_name={role}&account_id={account}", base.trim_end_matches('/'));
    let url = url.parse().map_err(|_| Error::invalid("sso_region or AWS_ENDPOINT_URL_SSO makes no address"))?;
    expect_secure(&url)?;
    let mut request = Request::new(Method::GET, url);
    request.headers.insert("x-amz-sso_bearer_token", sensitive(&login.access_token)?);
    let answer = Http::over(search.network.clone(), None, Patience::default()).send(&request).await?;
    if !answer.status().is_success() {
        let error = answer::refusal(answer, "single sign-on gives no keys for the role").await;
        return Err(if error.kind() == ErrorKind::Unauthenticated { error.hint(ASK) } else { error });
    }
    let RoleCredentials { access_key_id, secret_access_key, session_token, expiration } =
        json::<Answer>(answer).await?.role_credentials;
    let expires = Timestamp::from_unix(expiration / 1000)?;
    Ok(Keys { id: access_key_id, secret: secret_access_key, session: Some(session_token), expires: Some(expires) })
}

const ASK: &str = "run aws sso login for the profile";

fn login(search: &Search<'_>, key: &str) -> Result<Login> {
    let name: String =
        digest(&SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes()).as_ref().iter().map(|b| format!("{b:02x}")).collect();
    let home = search.variables.text("HOME").map(PathBuf::from);
    let path = home.map(|home| home.join(".aws/sso/cache").join(format!("{name}.json")));
    let file = path.map(|path| secret_file(&path)).transpose().absent_is_none()?.flatten();
    let none = || Error::unauthenticated("nobody is logged in by single sign-on").hint(ASK);
    let login: Login = parse(file.ok_or_else(none)?.reveal().as_bytes())
        .map_err(|_| Error::invalid("the login of single sign-on is not as the AWS tools keep it").hint(ASK))?;
    if login.expires_at <= search.now {
        let error = Error::unauthenticated("the login by single sign-on has ended");
        return Err(error.context("ended", login.expires_at).hint(ASK));
    }
    Ok(login)
}
