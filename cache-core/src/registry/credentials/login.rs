//! Handing a login on: to docker's file, or to who runs `docker login --password-stdin`.

use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Credential;
use crate::error::{Error, Result};

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
/// owner may read it.
///
/// # Errors
/// `Invalid` where there is no login, or the file is none of docker's; what the file system says. No message holds text of the file.
pub fn write_docker_login(path: &Path, host: &str, credential: &Credential) -> Result<()> {
    let at = |error: Error| error.context("path", path.display()).context("registry", host);
    let Some((user, secret)) = credential.reveal().map_err(at)? else {
        return Err(at(Error::invalid("there is no login to write")));
    };
    let mut file: Value = match std::fs::read(path) {
        Ok(text) => {
            serde_json::from_slice(&text).map_err(|_| at(Error::invalid("this is no file of registry logins")))?
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => json!({}),
        Err(e) => return Err(Error::io(path, e)),
    };
    let mut entry = json!({"auth": STANDARD.encode(format!("{user}:{secret}"))});
    if let Credential::IdentityToken(_) = credential {
        entry = json!({"auth": STANDARD.encode(format!("{user}:")), "identitytoken": secret});
    }
    let auths = file.as_object_mut().map(|file| file.entry("auths").or_insert_with(|| json!({})));
    let auths = auths.and_then(Value::as_object_mut);
    let auths = auths.ok_or_else(|| at(Error::invalid("this is no file of registry logins")))?;
    // The Hub has an address of its own there.
    let key = if host == "docker.io" { super::docker::HUB_KEY } else { host };
    auths.insert(key.to_owned(), entry);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
    // Made readable for its owner alone.
    let mut written = tempfile::NamedTempFile::new_in(folder).map_err(|e| Error::io(folder, e))?;
    let text =
        serde_json::to_vec_pretty(&file).map_err(|e| Error::unexpected("cannot be written as JSON").caused_by(e))?;
    written.write_all(&text).map_err(|e| Error::io(path, e))?;
    written.persist(path).map_err(|e| Error::io(path, e.error))?;
    Ok(())
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
    }
}
