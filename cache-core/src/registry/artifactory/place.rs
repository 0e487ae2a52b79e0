//! Which repository of Artifactory an image is in: its name says so in one of three ways (JFrog, "HTTP settings": repository path,
//! sub domain, port).

use crate::error::{Error, Result};
use crate::http::is_loopback;
use crate::model::{Repository, Transport};

/// How the names of images say which repository of Artifactory they are in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RepositoryKey {
    /// `host/KEY/image`.
    #[default]
    Path,
    /// `KEY.host/image`, or `SERVER-KEY.host/image`: this key.
    Subdomain(String),
    /// `host:port/image`, where the port stands for this key.
    Port(String),
}

impl RepositoryKey {
    /// The key, and the path of the image below it.
    pub(super) fn of<'a>(&'a self, host: &str, repository: &'a Repository) -> Result<(&'a str, &'a str)> {
        if repository.transport() != Transport::Registry || repository.host() != host {
            return Err(Error::invalid("this repository is kept elsewhere")
                .context("repository", repository)
                .context("registry", host));
        }
        match self {
            RepositoryKey::Path => repository.path().split_once('/').ok_or_else(|| {
                Error::invalid("the name does not say which repository of Artifactory it is in")
                    .context("repository", repository)
                    .hint("write host/KEY/image")
            }),
            RepositoryKey::Subdomain(key) | RepositoryKey::Port(key) => Ok((key, repository.path())),
        }
    }

    /// Where Artifactory itself is.
    pub(super) fn platform(&self, host: &str, plain_http: Option<bool>) -> Result<String> {
        let scheme = if plain_http.unwrap_or_else(|| is_loopback(host)) { "http" } else { "https" };
        let host = match self {
            RepositoryKey::Path => host.to_owned(),
            RepositoryKey::Subdomain(key) => {
                let (first, rest) = host.split_once('.').unwrap_or((host, ""));
                match first.strip_suffix(&format!("-{key}")) {
                    Some(server) => format!("{server}.{rest}"),
                    None if first == key && !rest.is_empty() => rest.to_owned(),
                    None => {
                        return Err(Error::invalid("the host does not begin with the key of the repository")
                            .context("host", host)
                            .context("key", key));
                    }
                }
            }
            RepositoryKey::Port(_) => host.rsplit_once(':').map_or(host, |(name, _)| name).to_owned(),
        };
        Ok(format!("{scheme}://{host}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v05_the_three_ways_of_naming_give_the_key_and_the_address() {
        let key = |text: &str| text.to_owned();
        for (way, image, found, platform) in [
            (RepositoryKey::Path, "jf.test/docker-local/team/app", ("docker-local", "team/app"), "https://jf.test"),
            (
                RepositoryKey::Subdomain(key("docker-local")),
                "docker-local.jf.test/app",
                ("docker-local", "app"),
                "https://jf.test",
            ),
            (
                RepositoryKey::Subdomain(key("docker")),
                "corp-docker.jfrog.test/a/b",
                ("docker", "a/b"),
                "https://corp.jfrog.test",
            ),
            (RepositoryKey::Port(key("docker-local")), "jf.test:5001/app", ("docker-local", "app"), "https://jf.test"),
        ] {
            let repository = Repository::parse(image).unwrap();
            assert_eq!(way.of(repository.host(), &repository).unwrap(), found);
            assert_eq!(way.platform(repository.host(), None).unwrap(), platform);
            assert!(way.of("other.test", &repository).is_err());
        }
        let bare = Repository::parse("jf.test/app").unwrap();
        assert!(RepositoryKey::Path.of("jf.test", &bare).is_err());
        assert!(RepositoryKey::Subdomain(key("docker")).platform("jf.test", None).is_err());
    }
}
