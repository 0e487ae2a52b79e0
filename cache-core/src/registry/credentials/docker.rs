//! The files in which Docker and Podman keep logins: `config.json` (docker/cli, `cli/config/configfile`) and `auth.json`
//! (containers-auth.json(5)).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Credential, Credentials, helper};
use crate::error::{Absent, Error, Result};
use crate::files::read_limited;
use crate::model::Secret;

/// The key under which `docker login` stores a login to the Hub.
pub(super) const HUB_KEY: &str = "https://index.docker.io/v1/";
const HUB_HOSTS: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];
/// A helper is a process; what it said holds for this long.
const REMEMBERED: Duration = Duration::from_secs(300);
/// The largest file that is read.
pub(super) const MAX_FILE: u64 = 4 << 20;

/// The logins of one or several files, of which the first that knows a registry counts.
#[derive(Debug, Default)]
pub struct DockerCredentials {
    files: Vec<File>,
    answers: Mutex<HashMap<String, (Instant, Credential)>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    auths: HashMap<String, Entry>,
    #[serde(default)]
    creds_store: Option<String>,
    #[serde(default)]
    cred_helpers: HashMap<String, String>,
}

/// One login. `Debug` shows none of it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
struct Entry {
    #[serde(default)]
    auth: Option<String>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    identitytoken: Option<String>,
    #[serde(default)]
    registrytoken: Option<String>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl DockerCredentials {
    /// Reads the files of this machine that exist: `$REGISTRY_AUTH_FILE`; `$DOCKER_CONFIG/config.json` or
    /// `~/.docker/config.json`; `$XDG_RUNTIME_DIR/containers/auth.json`; `~/.config/containers/auth.json`.
    ///
    /// # Errors
    /// Where one of them exists and cannot be read or parsed.
    pub fn of_this_machine() -> Result<Self> {
        let paths = [
            variable("REGISTRY_AUTH_FILE"),
            docker_file(),
            variable("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json")),
            below_home(".config/containers/auth.json"),
        ];
        let mut all = DockerCredentials::default();
        for path in paths.into_iter().flatten() {
            if let Some(read) = DockerCredentials::from_file(&path).absent_is_none()? {
                all.files.extend(read.files);
            }
        }
        Ok(all)
    }

    /// The file that `docker login` writes: `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`.
    ///
    /// # Errors
    /// `NotFound` where there is neither such a variable nor a home.
    pub fn file_of_docker() -> Result<PathBuf> {
        docker_file().ok_or_else(|| {
            Error::not_found("there is no home folder, where docker's logins are").hint("set DOCKER_CONFIG")
        })
    }

    /// Reads one file.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` where it is not such a file. No message holds text of the file.
    pub fn from_file(path: &Path) -> Result<Self> {
        let text = Zeroizing::new(read_limited(path, MAX_FILE)?);
        DockerCredentials::from_json(&text).map_err(|e| e.context("path", path.display()))
    }

    /// Reads the content of such a file.
    ///
    /// # Errors
    /// `Invalid`, with the line and column.
    pub fn from_json(text: &[u8]) -> Result<Self> {
        let file: File = serde_json::from_slice(text).map_err(|e| {
            // The parser's message may quote a password.
            Error::invalid(format!("not a file of registry logins (line {}, column {})", e.line(), e.column()))
        })?;
        Ok(DockerCredentials { files: vec![file], ..DockerCredentials::default() })
    }

    async fn helped(&self, helper: &str, server: &str) -> Result<Option<Credential>> {
        let key = format!("{helper} {server}");
        if let Some((at, known)) = self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(&key)
            && at.elapsed() < REMEMBERED
        {
            return Ok(Some(known.clone()));
        }
        let answer = helper::ask(helper, server).await?;
        if let Some(credential) = &answer {
            let entry = (Instant::now(), credential.clone());
            self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(key, entry);
        }
        Ok(answer)
    }
}

#[async_trait]
impl Credentials for DockerCredentials {
    async fn get(&self, host: &str, path: &str) -> Result<Credential> {
        let wanted = normalised(host);
        let server = if wanted == "docker.io" { HUB_KEY } else { host };
        for file in &self.files {
            let helper = file.cred_helpers.iter().find(|(key, _)| normalised(key) == wanted).map(|(_, name)| name);
            // A helper for this registry, then the store for all, then what stands in the file itself.
            for name in helper.into_iter().chain(&file.creds_store).filter(|name| !name.is_empty()) {
                if let Some(credential) = self.helped(name, server).await? {
                    return Ok(credential);
                }
            }
            if let Some(credential) = file.entry(&wanted, path)? {
                return Ok(credential);
            }
        }
        Ok(Credential::Anonymous)
    }
}

impl File {
    /// The entry for the longest path: `host/team/app`, `host/team`, `host`.
    fn entry(&self, host: &str, path: &str) -> Result<Option<Credential>> {
        let scopes = path.match_indices('/').map(|(at, _)| &path[..at]).chain([path]);
        let mut names: Vec<String> = scopes.map(|scope| format!("{host}/{scope}")).collect();
        names.insert(0, host.to_owned());
        for name in names.iter().rev() {
            let mut keys: Vec<_> = self.auths.iter().filter(|(key, _)| normalised(key) == *name).collect();
            // Of several spellings the plain one counts, whatever the order in the file.
            keys.sort_by_key(|(key, _)| key.len());
            for (key, entry) in keys {
                if let Some(credential) = entry.credential(key)? {
                    return Ok(Some(credential));
                }
            }
        }
        Ok(None)
    }
}

impl Entry {
    fn credential(&self, key: &str) -> Result<Option<Credential>> {
        let given = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        if let Some(token) = given(&self.identitytoken) {
            return Ok(Some(Credential::IdentityToken(Secret::new(token))));
        }
        if let Some(token) = given(&self.registrytoken) {
            return Ok(Some(Credential::Bearer(Secret::new(token))));
        }
        if let (Some(user), Some(password)) = (given(&self.username), given(&self.password)) {
            return Ok(Some(Credential::Password { user, password: Secret::new(password) }));
        }
        let Some(auth) = given(&self.auth) else { return Ok(None) };
        let bad = || Error::invalid("the field auth is not base64 of user:password").context("registry", key);
        let decoded = STANDARD.decode(auth.trim()).map_err(|_| bad())?;
        let text = String::from_utf8(decoded).map_err(|_| bad())?;
        let (user, password) = text.split_once(':').ok_or_else(bad)?;
        let password = Secret::new(password.trim_end_matches('\0'));
        Ok(Some(Credential::Password { user: user.to_owned(), password }))
    }
}

/// A key as `host[:port][/path]`: without scheme, API version and default port; the Hub by one name.
fn normalised(key: &str) -> String {
    let (scheme, rest) = key.split_once("://").map_or(("", key), |(scheme, rest)| (scheme, rest));
    let rest = rest.trim_end_matches('/');
    let rest = rest.strip_suffix("/v1").or_else(|| rest.strip_suffix("/v2")).unwrap_or(rest);
    let (host, path) = rest.split_once('/').map_or((rest, None), |(host, path)| (host, Some(path)));
    let host = host.to_ascii_lowercase();
    let default_ports: &[&str] = match scheme {
        "http" => &[":80"],
        "https" => &[":443"],
        _ => &[":443", ":80"],
    };
    let host = default_ports.iter().find_map(|port| host.strip_suffix(port)).unwrap_or(&host);
    let host = if HUB_HOSTS.contains(&host) { "docker.io" } else { host };
    path.map_or_else(|| host.to_owned(), |path| format!("{host}/{path}"))
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn below_home(path: &str) -> Option<PathBuf> {
    variable("HOME").map(|home| home.join(path))
}

fn docker_file() -> Option<PathBuf> {
    let stated = variable("DOCKER_CONFIG").map(|folder| folder.join("config.json"));
    stated.or_else(|| below_home(".docker/config.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn found(json: &str, host: &str, path: &str) -> Credential {
        DockerCredentials::from_json(json.as_bytes()).unwrap().get(host, path).await.unwrap()
    }

    fn login(user: &str) -> Credential {
        Credential::Password { user: user.to_owned(), password: Secret::new("pw") }
    }

    fn auths(entries: &[(&str, &str)]) -> String {
        let entries: Vec<String> = entries
            .iter()
            .map(|(key, user)| format!(r#""{key}": {{"auth": "{}"}}"#, STANDARD.encode(format!("{user}:pw"))))
            .collect();
        format!(r#"{{"auths": {{{}}}}}"#, entries.join(", "))
    }

    #[tokio::test]
    async fn a14_keys_with_scheme_and_path_match() {
        for key in ["r.test:5000", "http://r.test:5000/v2/", "https://r.test:5000", "https://r.test:5000/v1/"] {
            assert_eq!(found(&auths(&[(key, "u")]), "r.test:5000", "a").await, login("u"), "{key}");
        }
    }

    #[tokio::test]
    async fn a15_the_hub_has_four_names() {
        for key in ["docker.io", "index.docker.io", "registry-1.docker.io", "https://index.docker.io/v1/"] {
            assert_eq!(found(&auths(&[(key, "u")]), "docker.io", "library/x").await, login("u"), "{key}");
        }
    }

    #[tokio::test]
    async fn a18_the_default_port_is_no_port_and_others_never_share() {
        assert_eq!(found(&auths(&[("r.test:443", "u")]), "r.test", "a").await, login("u"));
        assert_eq!(found(&auths(&[("r.test", "u")]), "r.test:443", "a").await, login("u"));
        assert_eq!(found(&auths(&[("r.test", "u")]), "r.test:5000", "a").await, Credential::Anonymous);
        assert_eq!(found(&auths(&[("r.test:5000", "u")]), "r.test", "a").await, Credential::Anonymous);
    }

    #[tokio::test]
    async fn a_login_for_a_path_counts_before_the_one_for_the_host() {
        let json = auths(&[("r.test", "all"), ("r.test/team", "team"), ("r.test/team/app", "app")]);
        assert_eq!(found(&json, "r.test", "team/app").await, login("app"));
        assert_eq!(found(&json, "r.test", "team/other").await, login("team"));
        assert_eq!(found(&json, "r.test", "teams/app").await, login("all"));
    }

    #[tokio::test]
    async fn a13_an_identity_token_is_no_password() {
        let json = r#"{"auths": {"r.test": {"auth": "MDAwMDo=", "identitytoken": "t"}}}"#;
        assert_eq!(found(json, "r.test", "a").await, Credential::IdentityToken(Secret::new("t")));
    }

    #[tokio::test]
    async fn a_broken_file_is_an_error_without_its_text() {
        for json in ["{\"auths\": {\"r\": {\"auth\": \"hunter2", "[\"hunter2\"]", "{\"auths\": \"hunter2\"}", ""] {
            let error = DockerCredentials::from_json(json.as_bytes()).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        let bad = DockerCredentials::from_json(br#"{"auths": {"r.test": {"auth": "hunter2!"}}}"#).unwrap();
        assert!(!format!("{:?} {bad:?}", bad.get("r.test", "a").await.unwrap_err()).contains("hunter2"));
    }
}
