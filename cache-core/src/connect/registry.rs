//! Registries that are more than the OCI protocol, as text: which system a host is, and how one logs in.

use std::sync::Arc;

use serde::Deserialize;

use super::patience::PatienceConfig;
use crate::error::{Error, Result};
use crate::model::{Repository, Secret, Transport};
use crate::registry::credentials::{Credential, Credentials, DockerCredentials};
use crate::registry::{Network, OciOptions, OciRegistry, RegistryWriter};
use crate::sign::variable;

/// A registry and its system. A host without such an entry is a registry of the OCI protocol, unless its name is one that only ECR
/// or ACR gives.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegistryConfig {
    /// The host, as in the names of its images: `name` or `name:port`.
    pub host: String,
    /// Which system it is.
    #[serde(default)]
    pub system: SystemName,
    /// The login; without it, what docker's and podman's files say.
    #[serde(default)]
    pub login: Option<LoginConfig>,
    /// Whether it is spoken to over plain HTTP. Without it, only on this machine.
    #[serde(default)]
    pub plain_http: Option<bool>,
    /// Hosts that may be sent the login when the registry names them as its token realm. Its own host and domain always may.
    #[serde(default)]
    pub trusted_realms: Vec<String>,
    /// Whether it is read without a login where the login is rejected; otherwise that is an error.
    #[serde(default)]
    pub anonymous_reads: bool,
    /// Whether blobs may be uploaded to another origin that the registry names, without the login.
    #[serde(default)]
    pub foreign_uploads: bool,
    /// How long it is waited for, and how often it is asked again; without it, as usual.
    #[serde(default)]
    pub patience: Option<PatienceConfig>,
    /// Where the interface is, where not at the usual place of the system: Harbor's `https://host/api/v2.0`, AWS's endpoint,
    /// Azure's management, the platform of Artifactory, the cluster of OpenShift.
    #[serde(default)]
    pub api: Option<String>,
    /// AWS: the profile.
    #[serde(default)]
    pub profile: Option<String>,
    /// AWS: the account, where the host does not say it.
    #[serde(default)]
    pub account: Option<String>,
    /// AWS: the region, where the host does not say it.
    #[serde(default)]
    pub region: Option<String>,
    /// AWS: whether a push makes the repository that it needs.
    #[serde(default)]
    pub create_on_push: bool,
    /// Azure: the resource id of the registry.
    #[serde(default)]
    pub resource_id: Option<String>,
    /// Artifactory: the key of the repository, where the host stands for it.
    #[serde(default)]
    pub key: Option<String>,
    /// OpenShift: the context of the kubeconfig, where not the current one.
    #[serde(default)]
    pub context: Option<String>,
}

/// The systems that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SystemName {
    /// A registry of the OCI protocol, and no more.
    #[default]
    Oci,
    /// Harbor.
    Harbor,
    /// AWS's Elastic Container Registry.
    Ecr,
    /// Azure Container Registry.
    Acr,
    /// Artifactory.
    Artifactory,
    /// OpenShift's internal registry.
    OpenShift,
}

impl SystemName {
    /// Its name in a configuration.
    fn word(self) -> &'static str {
        match self {
            SystemName::Oci => "oci",
            SystemName::Harbor => "harbor",
            SystemName::Ecr => "ecr",
            SystemName::Acr => "acr",
            SystemName::Artifactory => "artifactory",
            SystemName::OpenShift => "openshift",
        }
    }
}

/// A login: a user with a password, or a token alone. Either may be in a variable of the environment.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoginConfig {
    /// The user.
    #[serde(default)]
    pub user: Option<String>,
    /// The password.
    #[serde(default)]
    pub password: Option<Secret>,
    /// The variable that holds the password.
    #[serde(default)]
    pub password_env: Option<String>,
    /// A bearer token.
    #[serde(default)]
    pub token: Option<Secret>,
    /// The variable that holds the token.
    #[serde(default)]
    pub token_env: Option<String>,
}

impl LoginConfig {
    /// The credential that this describes.
    ///
    /// # Errors
    /// `Invalid` where it is neither a user with a password nor a token; `NotFound` where a variable is not set.
    pub fn credential(&self) -> Result<Credential> {
        let one = |given: &Option<Secret>, named: &Option<String>| match (given, named) {
            (Some(_), Some(_)) => Err(Error::invalid("a login has a secret either as text or in a variable")),
            (Some(secret), None) => Ok(Some(secret.clone())),
            (None, Some(name)) => variable(name).map(Some),
            (None, None) => Ok(None),
        };
        let (password, token) = (one(&self.password, &self.password_env)?, one(&self.token, &self.token_env)?);
        match (&self.user, password, token) {
            (Some(user), Some(password), None) => Ok(Credential::Password { user: user.clone(), password }),
            (None, None, Some(token)) => Ok(Credential::Bearer(token)),
            _ => Err(Error::invalid("a login is a user with a password, or a token alone")),
        }
    }
}

impl RegistryConfig {
    /// The entry of a host that has none: by its name, where that is unambiguous.
    pub(super) fn recognise(host: &str) -> Self {
        let system = system_of(host);
        RegistryConfig {
            host: host.to_owned(),
            system,
            login: None,
            plain_http: None,
            trusted_realms: Vec::new(),
            anonymous_reads: false,
            foreign_uploads: false,
            patience: None,
            api: None,
            profile: None,
            account: None,
            region: None,
            create_on_push: false,
            resource_id: None,
            key: None,
            context: None,
        }
    }

    /// Whether it is the entry of this repository's host.
    pub(super) fn is_of(&self, repository: &Repository) -> bool {
        any_of(&self.host).is_ok_and(|any| any.same_registry(repository))
    }

    /// Refuses an option that is not one of the system's, which would be overlooked.
    pub(super) fn check(&self) -> Result<()> {
        use SystemName::{Acr, Artifactory, Ecr, Harbor, OpenShift};
        let options: [(&str, bool, &[SystemName]); 8] = [
            ("api", self.api.is_some(), &[Harbor, Ecr, Acr, Artifactory, OpenShift]),
            ("profile", self.profile.is_some(), &[Ecr]),
            ("account", self.account.is_some(), &[Ecr]),
            ("region", self.region.is_some(), &[Ecr]),
            ("createOnPush", self.create_on_push, &[Ecr]),
            ("resourceId", self.resource_id.is_some(), &[Acr]),
            ("key", self.key.is_some(), &[Artifactory]),
            ("context", self.context.is_some(), &[OpenShift]),
        ];
        match options.iter().find(|(_, is_said, of)| *is_said && !of.contains(&self.system)) {
            None => Ok(()),
            Some((option, _, of)) => {
                let of = of.iter().map(|system| system.word()).collect::<Vec<_>>().join(", ");
                Err(Error::invalid(format!("\"{option}\" is no option of {}", self.system.word()))
                    .context("registry", &self.host)
                    .hint(format!("\"{option}\" is for {of}: say which \"system\" the host is")))
            }
        }
    }

    /// Opens the registry. Nothing is sent yet.
    ///
    /// # Errors
    /// `Invalid` where a part of the entry is wrong or is not its system's; `Unsupported` where this build does not have the
    /// system.
    pub fn open(&self, network: Network) -> Result<Arc<dyn RegistryWriter>> {
        self.check()?;
        self.open_system(self.oci(network)?).map_err(|e| e.context("registry", &self.host))
    }

    /// How it is spoken to, whatever its system.
    fn oci(&self, network: Network) -> Result<OciOptions> {
        let credentials: Arc<dyn Credentials> = match &self.login {
            Some(login) => Arc::new(login.credential().map_err(|e| e.context("registry", &self.host))?),
            None => Arc::new(DockerCredentials::of_this_machine()?),
        };
        Ok(OciOptions {
            credentials,
            plain_http: self.plain_http,
            trusted_realms: self.trusted_realms.clone(),
            anonymous_reads: self.anonymous_reads,
            foreign_uploads: self.foreign_uploads,
            patience: self.patience.unwrap_or_default().patience(),
            network,
        })
    }

    fn open_system(&self, oci: OciOptions) -> Result<Arc<dyn RegistryWriter>> {
        match self.system {
            SystemName::Oci => Ok(Arc::new(OciRegistry::new(&self.host, oci)?)),
            #[cfg(feature = "harbor")]
            SystemName::Harbor => {
                use crate::registry::{HarborOptions, HarborRegistry};
                let options = HarborOptions { oci, api: self.api.clone() };
                Ok(Arc::new(HarborRegistry::harbor(&self.host, options)?))
            }
            #[cfg(feature = "ecr")]
            SystemName::Ecr => {
                use crate::registry::{AwsCredentials, EcrOptions, EcrRegistry};
                let registry = match (self.account.clone(), self.region.clone()) {
                    (Some(account), Some(region)) => Some((account, region)),
                    (None, None) => None,
                    _ => return Err(Error::invalid("the account and the region are said both, or neither")),
                };
                let profile = self.profile.as_ref();
                let options = EcrOptions {
                    oci,
                    credentials: profile.map_or_else(AwsCredentials::of_this_machine, AwsCredentials::profile),
                    endpoint: self.api.clone(),
                    registry,
                    create_on_push: self.create_on_push,
                };
                Ok(Arc::new(EcrRegistry::ecr(&self.host, options)?))
            }
            #[cfg(feature = "acr")]
            SystemName::Acr => {
                use crate::registry::{AcrOptions, AcrRegistry, AzureCredentials};
                // A public registry is read without a login; Azure's is asked where there is a word of it.
                let wanted = self.resource_id.is_some() || AzureCredentials::is_configured();
                let azure = wanted.then(AzureCredentials::of_this_machine);
                let (resource_id, management) = (self.resource_id.clone(), self.api.clone());
                Ok(Arc::new(AcrRegistry::acr(&self.host, AcrOptions { oci, azure, resource_id, management })?))
            }
            #[cfg(feature = "artifactory")]
            SystemName::Artifactory => {
                use crate::registry::artifactory::RepositoryKey;
                use crate::registry::{ArtifactoryOptions, ArtifactoryRegistry};
                let key = match &self.key {
                    None => RepositoryKey::Path,
                    Some(key) if begins_with(&self.host, key) => RepositoryKey::Subdomain(key.clone()),
                    Some(key) => RepositoryKey::Port(key.clone()),
                };
                let options = ArtifactoryOptions { oci, key, platform: self.api.clone() };
                Ok(Arc::new(ArtifactoryRegistry::artifactory(&self.host, options)?))
            }
            #[cfg(feature = "openshift")]
            SystemName::OpenShift => {
                use crate::registry::openshift::KubeLogin;
                use crate::registry::{OpenShiftOptions, OpenShiftRegistry};
                let login = match (&self.api, self.login.as_ref().map(LoginConfig::credential).transpose()?) {
                    (Some(server), Some(Credential::Bearer(token))) if self.context.is_none() => {
                        KubeLogin::token(server, token)
                    }
                    (Some(_), _) | (None, Some(Credential::Bearer(_))) => {
                        let told = "a cluster is named by an \"api\" and a login by a token, or by a \"context\"";
                        return Err(Error::invalid(told));
                    }
                    (None, _) => KubeLogin::of_this_machine(self.context.as_deref())?,
                };
                // A token of the cluster is a password at its registry.
                let of_cluster = self.login.as_ref().is_some_and(|login| login.user.is_none());
                let oci = match of_cluster {
                    true => OciOptions { credentials: Arc::new(Credential::Anonymous), ..oci },
                    false => oci,
                };
                Ok(Arc::new(OpenShiftRegistry::openshift(&self.host, OpenShiftOptions { oci, login })?))
            }
            #[allow(unreachable_patterns)]
            other => Err(Error::unsupported(format!("this build has no adapter for {}", other.word()))),
        }
    }
}

/// The registry that keeps a repository: by its entry, or by the name of its host.
pub(super) fn open_registry(
    repository: &Repository,
    registries: &[RegistryConfig],
    network: Network,
) -> Result<Arc<dyn RegistryWriter>> {
    debug_assert_eq!(repository.transport(), Transport::Registry);
    // Spelt as in the names of images, which is how the registry knows its own.
    let entry = registries.iter().find(|entry| entry.is_of(repository));
    let entry = entry.map(|entry| RegistryConfig { host: repository.host().to_owned(), ..entry.clone() });
    entry.unwrap_or_else(|| RegistryConfig::recognise(repository.host())).open(network)
}

/// A repository of this host, whichever: it is what says which registry is meant.
pub(super) fn any_of(host: &str) -> Result<Repository> {
    let repository: Repository = format!("{host}/any").parse()?;
    // The Hub's repositories without an owner are its library's.
    match repository.path() {
        "any" | "library/any" => Ok(repository),
        _ => Err(Error::invalid(format!("{host:?} is no host")).hint("write it as name or name:port")),
    }
}

/// Whether the first part of the host's name is `KEY` or `SERVER-KEY`.
#[cfg(feature = "artifactory")]
fn begins_with(host: &str, key: &str) -> bool {
    let first = host.split_once('.').map_or("", |(first, _)| first);
    first == key || first.strip_suffix(key).is_some_and(|server| server.ends_with('-'))
}

fn system_of(host: &str) -> SystemName {
    #[cfg(feature = "ecr")]
    if crate::registry::ecr::EcrHost::recognise(host).is_some() {
        return SystemName::Ecr;
    }
    #[cfg(feature = "acr")]
    if crate::registry::acr::is_acr(host) {
        return SystemName::Acr;
    }
    let _ = host;
    SystemName::Oci
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(value: serde_json::Value) -> Result<RegistryConfig, serde_json::Error> {
        serde_json::from_value(value)
    }

    #[test]
    fn a_system_is_said_and_never_guessed_but_for_names_that_only_one_gives() {
        for (host, system) in [
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", SystemName::Ecr),
            ("name.azurecr.io", SystemName::Acr),
            ("harbor.test", SystemName::Oci),
            ("artifactory.test", SystemName::Oci),
            ("name.azurecr.io.evil.test", SystemName::Oci),
        ] {
            assert_eq!(RegistryConfig::recognise(host).system, system, "{host}");
        }
    }

    #[cfg(feature = "artifactory")]
    #[test]
    fn a_key_is_a_subdomain_where_the_host_begins_with_it() {
        for (host, key, is_subdomain) in [
            ("docker-local.jf.test", "docker-local", true),
            ("corp-docker.jfrog.test", "docker", true),
            ("artifactory.local.corp", "local", false),
            ("mydocker.jf.test", "docker", false),
            ("docker:5001", "docker", false),
        ] {
            assert_eq!(begins_with(host, key), is_subdomain, "{host} {key}");
        }
    }

    #[test]
    fn each_system_is_opened_by_its_entry() {
        let login = json!({"user": "u", "password": "p"});
        for (more, ability) in [
            (json!({"system": "oci"}), false),
            (json!({"system": "harbor"}), true),
            (json!({"system": "ecr", "account": "123456789012", "region": "eu-west-1"}), true),
            (json!({"system": "acr"}), true),
            (json!({"system": "artifactory", "key": "docker-local"}), true),
            (json!({"system": "openshift", "api": "https://api.test:6443", "login": {"token": "t"}}), true),
        ] {
            let mut value = json!({"host": "r.test", "login": login});
            value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let opened = entry(value).unwrap().open(Network::default()).unwrap();
            assert_eq!(opened.as_registry().abilities().administration.is_some(), ability, "{more}");
        }
        assert!(entry(json!({"host": "r.test", "system": "quay"})).is_err());
        assert!(entry(json!({"host": "r.test", "sytem": "harbor"})).is_err());
    }

    #[test]
    fn how_it_is_spoken_to_can_be_said() {
        let said = json!({
            "host": "r.test", "login": {"token": "t"}, "plainHttp": true, "trustedRealms": ["auth.test"],
            "anonymousReads": true, "foreignUploads": true, "patience": {"attempts": 2},
        });
        let oci = entry(said).unwrap().oci(Network::default()).unwrap();
        assert_eq!((oci.plain_http, &oci.trusted_realms[..]), (Some(true), &["auth.test".to_owned()][..]));
        assert!(oci.anonymous_reads && oci.foreign_uploads);
        assert_eq!(oci.patience.attempts, 2);
        let usual = entry(json!({"host": "r.test", "login": {"token": "t"}})).unwrap().oci(Network::default()).unwrap();
        assert!(!usual.anonymous_reads && !usual.foreign_uploads && usual.trusted_realms.is_empty());
    }

    #[cfg(feature = "openshift")]
    #[test]
    fn a_cluster_is_named_in_one_way() {
        let (api, token) = (json!("https://api.test:6443"), json!({"token": "t"}));
        for wrong in [
            json!({"api": api}),
            json!({"api": api, "login": {"user": "u", "password": "p"}}),
            json!({"api": api, "login": token, "context": "c"}),
            json!({"login": token}),
        ] {
            let mut stated = json!({"host": "r.test", "system": "openshift"});
            stated.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
            let error = entry(stated).unwrap().open(Network::default()).unwrap_err();
            assert!(error.message().starts_with("a cluster is named by"), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_login_is_whole_and_is_not_shown() {
        for bad in [json!({}), json!({"user": "u"}), json!({"token": "t", "user": "u"}), json!({"password": "hunter2"})]
        {
            let login: LoginConfig = serde_json::from_value(bad).unwrap();
            assert!(!format!("{:?} {login:?}", login.credential().unwrap_err()).contains("hunter2"));
        }
    }
}
