//! Handing a login on: to docker's file, or to who runs `docker login --password-stdin`.

use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use zeroize::{Zeroize, Zeroizing};

use super::Credential;
use super::docker::{HUB_KEY, MAX_FILE};
use crate::error::{Absent, Error, Result};
use crate::files::{keep, read_limited};

impl Credential {
    /// The user and the password for `docker login`, in the clear; `None` where there is no login.
    ///
    /// # Errors
    /// `Unsupported` where it is a bearer token, which no login takes.
    pub fn reveal(&self) -> Result<Option<(&str, &str)>> {
        match self {
            Credential::Anonymous => Ok(None),
            Credential::Password { user, password } => Ok(Some((user, password.reveal()))),
            // The name that Azure's tokens have; other registries look at the token alone.
            Credential::IdentityToken(token) => Ok(Some(("00000000-0000-0000-0000-000000000000", token.reveal()))),
            Credential::Bearer(_) => Err(Error::unsupported("a bearer token is no login")),
        }
    }
}

/// Writes a login into docker's file, for this host, and leaves all else in it as it is. The file is replaced at once, and only its
/// owner may read it. As it has other logins too, it is on the disk for good then.
///
/// # Errors
/// `Invalid` where there is no login, or the file is none of docker's; what the file system says. No message holds text of the file.
pub fn write_docker_login(path: &Path, host: &str, credential: &Credential) -> Result<()> {
    let at = |error: Error| error.context("path", path.display()).context("registry", host);
    let Some((user, secret)) = credential.reveal().map_err(at)? else {
        return Err(at(Error::invalid("there is no login to write")));
    };
    let no_logins = || at(Error::invalid("this is no file of registry logins"));
    let before = read_limited(path, MAX_FILE).absent_is_none()?.map(Zeroizing::new);
    let mut file = Cleared(match &before {
        Some(text) => serde_json::from_slice(text).map_err(|_| no_logins())?,
        None => json!({}),
    });
    let auth = |password: &str| {
        let plain = Zeroizing::new([user, ":", password].concat());
        Value::from(STANDARD.encode(plain.as_bytes()))
    };
    let mut entry = Map::new();
    if let Credential::IdentityToken(_) = credential {
        entry.insert("auth".to_owned(), auth(""));
        entry.insert("identitytoken".to_owned(), secret.into());
    } else {
        entry.insert("auth".to_owned(), auth(secret));
    }
    let auths = file.0.as_object_mut().map(|file| file.entry("auths").or_insert_with(|| json!({})));
    let auths = auths.and_then(Value::as_object_mut).ok_or_else(no_logins)?;
    // The Hub has an address of its own there.
    let key = if host == "docker.io" { HUB_KEY } else { host };
    let _replaced = auths.insert(key.to_owned(), entry.into()).map(Cleared);
    // Room for all, unless it is an odd file: what grows is left behind where it was.
    let room = before.map_or(0, |text| text.len()) + user.len() + secret.len();
    let mut text = Zeroizing::new(Vec::<u8>::with_capacity(2 * room + 1024));
    let written = serde_json::to_writer_pretty(&mut *text, &file.0);
    written.map_err(|e| Error::unexpected("cannot be written as JSON").caused_by(e))?;
    // Past the buffer, which nobody clears.
    keep(path, |out| out.get_mut().write_all(&text))
}

/// JSON whose texts are secret: they are cleared when it is dropped.
struct Cleared(Value);

impl Drop for Cleared {
    fn drop(&mut self) {
        clear(&mut self.0);
    }
}

fn clear(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(clear),
        Value::Object(fields) => fields.values_mut().for_each(clear),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Credentials, DockerCredentials};
    use super::*;
    use crate::model::Secret;

    fn login(user: &str) -> Credential {
        Credential::Password { user: user.to_owned(), password: Secret::new("p:w") }
    }

    #[tokio::test]
    async fn a_login_that_was_written_is_found_and_the_rest_of_the_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/config.json");
        write_docker_login(&path, "r.test:5000", &login("u")).unwrap();
        write_docker_login(&path, "docker.io", &login("hub")).unwrap();
        write_docker_login(&path, "acr.test", &Credential::IdentityToken(Secret::new("t"))).unwrap();
        write_docker_login(&path, "r.test:5000", &login("other")).unwrap();
        let read = DockerCredentials::from_file(&path).unwrap();
        assert_eq!(read.get("r.test:5000", "a").await.unwrap(), login("other"));
        assert_eq!(read.get("docker.io", "library/a").await.unwrap(), login("hub"));
        assert_eq!(read.get("acr.test", "a").await.unwrap(), Credential::IdentityToken(Secret::new("t")));
        std::fs::write(&path, r#"{"credsStore": "x", "auths": {"a.test": {}}}"#).unwrap();
        write_docker_login(&path, "r.test", &login("u")).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("credsStore") && text.contains("a.test"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn every_text_of_the_file_is_cleared() {
        let mut file = json!({"auths": {"r.test": {"auth": "hunter2"}}, "other": ["hunter2", 1]});
        clear(&mut file);
        assert_eq!(file, json!({"auths": {"r.test": {"auth": ""}}, "other": ["", 1]}));
    }

    #[test]
    fn what_is_no_login_or_no_such_file_is_refused_without_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        assert!(write_docker_login(&path, "r.test", &Credential::Anonymous).is_err());
        assert!(write_docker_login(&path, "r.test", &Credential::Bearer(Secret::new("t"))).is_err());
        for text in ["[\"hunter2\"]", "{\"auths\": \"hunter2\"}", "hunter2"] {
            std::fs::write(&path, text).unwrap();
            let error = write_docker_login(&path, "r.test", &login("u")).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        std::fs::File::create(&path).unwrap().set_len(MAX_FILE + 1).unwrap();
        assert!(write_docker_login(&path, "r.test", &login("u")).is_err(), "it is too large");
    }
}
