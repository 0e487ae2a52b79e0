//! Where the login to a cluster is found.

use std::path::Path;

use crate::error::{ErrorKind, Result};
use crate::model::Secret;
use crate::registry::openshift::KubeLogin;
use crate::registry::vendor::Variables;

fn login(variables: &[(&str, &str)], account: &Path) -> Result<KubeLogin> {
    KubeLogin::of(&Variables::given(variables), account, None)
}

const FILE: &str = "apiVersion: v1\nkind: Config\ncurrent-context: dev/me\ncontexts:\n\
- name: dev/me\n  context: {cluster: c, user: u, namespace: dev}\n\
- name: file\n  context: {cluster: c, user: f}\n\
- name: program\n  context: {cluster: c, user: p}\n\
- name: lax\n  context: {cluster: lax, user: u}\n\
- name: nobody\n  context: {cluster: c, user: none}\n\
clusters:\n\
- name: c\n  cluster: {server: 'https://api.test:6443', certificate-authority-data: cGVt}\n\
- name: lax\n  cluster: {server: 'https://api.test:6443', insecure-skip-tls-verify: true}\n\
users:\n\
- name: u\n  user: {token: sha256~hunter2}\n\
- name: f\n  user: {tokenFile: token}\n\
- name: p\n  user: {exec: {command: login}}\n\
- name: none\n  user: {}\n";

#[test]
fn a_kubeconfig_is_followed_from_its_context_to_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, FILE).unwrap();
    std::fs::write(folder.path().join("token"), "from-file\n").unwrap();
    let found = login(&[("KUBECONFIG", path.to_str().unwrap())], folder.path()).unwrap();
    assert_eq!((&found.server[..], found.namespace.as_deref()), ("https://api.test:6443", Some("dev")));
    assert_eq!(
        (found.token.clone(), found.authority.as_deref()),
        (Some(Secret::new("sha256~hunter2")), Some(&b"pem"[..]))
    );
    assert!(!format!("{found:?}").contains("hunter2"));
    let file = KubeLogin::from_kubeconfig(&path, Some("file")).unwrap();
    assert_eq!(file.token, Some(Secret::new("from-file")));
    for (context, kind) in [
        ("program", ErrorKind::Unsupported),
        ("lax", ErrorKind::Unsupported),
        ("nobody", ErrorKind::Unauthenticated),
        ("absent", ErrorKind::Invalid),
    ] {
        let error = KubeLogin::from_kubeconfig(&path, Some(context)).unwrap_err();
        assert_eq!(error.kind(), kind, "{context}");
        assert!(!format!("{error:?}").contains("hunter2"));
    }
    std::fs::write(&path, "users: [hunter2").unwrap();
    let error = KubeLogin::from_kubeconfig(&path, None).unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[test]
fn a_pod_has_the_login_of_its_service_account() {
    let folder = tempfile::tempdir().unwrap();
    let pod = [("KUBERNETES_SERVICE_HOST", "fd00::1"), ("KUBERNETES_SERVICE_PORT", "443")];
    assert!(login(&pod, folder.path()).unwrap_err().is_not_found());
    for (name, text) in [("token", "account-token\n"), ("namespace", "ci\n"), ("ca.crt", "pem")] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let found = login(&pod, folder.path()).unwrap();
    assert_eq!((&found.server[..], found.namespace.as_deref()), ("https://[fd00::1]:443", Some("ci")));
    assert_eq!(found.token, Some(Secret::new("account-token")));
}
