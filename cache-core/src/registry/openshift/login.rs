//! Where the login to a cluster is found: what `oc login` wrote, or the service account of a pod.

use std::path::{Path, PathBuf};

use super::KubeLogin;
use crate::error::{Absent, Error, Result};
use crate::kube::{SERVICE_ACCOUNT, of_kubeconfig, of_pod};
use crate::model::Secret;
use crate::registry::vendor::Variables;

impl KubeLogin {
    /// This address and this token.
    pub fn token(server: impl Into<String>, token: Secret) -> Self {
        KubeLogin { server: server.into(), token: Some(token), ..KubeLogin::default() }
    }

    /// What `$KUBECONFIG`, `~/.kube/config` or the service account of this pod say, in this order; `context` in the place of the
    /// one that is current.
    ///
    /// # Errors
    /// `NotFound` where there is none of them; as [`from_kubeconfig`](Self::from_kubeconfig).
    pub fn of_this_machine(context: Option<&str>) -> Result<Self> {
        KubeLogin::of(&Variables::Process, Path::new(SERVICE_ACCOUNT), context)
    }

    pub(super) fn of(variables: &Variables, account: &Path, context: Option<&str>) -> Result<Self> {
        // Of several files the first that is there counts; they are not put together.
        let listed = variables.text("KUBECONFIG");
        let listed = listed.iter().flat_map(|list| std::env::split_paths(list)).collect::<Vec<_>>();
        let usual = variables.text("HOME").map(|home| PathBuf::from(home).join(".kube/config"));
        let files = if listed.is_empty() { usual.into_iter().collect() } else { listed };
        if let Some(path) = files.iter().find(|path| path.exists()) {
            return KubeLogin::from_kubeconfig(path, context);
        }
        of_pod(|name| variables.text(name), account).absent_is_none()?.ok_or_else(|| {
            Error::not_found("there is no login to a cluster here")
                .hint("log in with oc login, or set KUBECONFIG, or run in a pod with a service account")
        })
    }

    /// Reads such a file.
    ///
    /// # Errors
    /// `Invalid` where it is none or its context is not whole; `Unsupported` where the user asks a program, has a password or acts
    /// as another, and where anybody is to be trusted; `Unauthenticated` where there is no user. No message holds text of the file
    /// but names.
    pub fn from_kubeconfig(path: &Path, context: Option<&str>) -> Result<Self> {
        let login = of_kubeconfig(path, context, "log in with oc login")?;
        if login.token.is_none() && login.client.is_none() {
            return Err(Error::unauthenticated("the user has neither a token nor a certificate")
                .context("kubeconfig", path.display()));
        }
        Ok(login)
    }
}
