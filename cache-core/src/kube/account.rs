//! The service account of a pod.

use std::path::Path;

use super::{KubeLogin, MAX_FILE, secret};
use crate::error::{Absent, Error, Result};
use crate::files::{read_limited, read_text};

/// Where a pod finds its service account.
pub(crate) const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Who this pod is, by its variables and the files in the folder `account`.
///
/// # Errors
/// `NotFound` where this is no pod, or one without an account; `Invalid` where its token is empty; what the file system says.
pub(crate) fn of_pod(variable: impl Fn(&str) -> Option<String>, account: &Path) -> Result<KubeLogin> {
    let set = |name: &str| {
        let text = variable(name).filter(|text| !text.is_empty());
        text.ok_or_else(|| Error::not_found(format!("{name} is not set: this is no pod")))
    };
    let (host, port) = (set("KUBERNETES_SERVICE_HOST")?, set("KUBERNETES_SERVICE_PORT")?);
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    // Few need it, and who does says so; the login is as good without.
    let namespace = read_text(&account.join("namespace"), MAX_FILE, |text| text.trim().to_owned()).ok();
    Ok(KubeLogin {
        server: format!("https://{host}:{port}"),
        token: Some(secret(&account.join("token"))?),
        authority: read_limited(&account.join("ca.crt"), MAX_FILE).absent_is_none()?,
        client: None,
        namespace: namespace.filter(|name| !name.is_empty()),
    })
}
