//! Where the login to a cluster is found. How a kubeconfig is read is tested with its reader.

use std::path::Path;

use crate::error::{ErrorKind, Result};
use crate::model::Secret;
use crate::registry::openshift::KubeLogin;
use crate::registry::vendor::Variables;

fn login(variables: &[(&str, &str)], account: &Path) -> Result<KubeLogin> {
    KubeLogin::of(&Variables::given(variables), account, None)
}

const FILE: &str = "current-context: dev/me\ncontexts:\n\
- {name: dev/me, context: {cluster: c, user: u}}\n\
- {name: program, context: {cluster: c, user: p}}\n\
- {name: nobody, context: {cluster: c, user: none}}\n\
clusters:\n\
- {name: c, cluster: {server: 'https://api.test:6443'}}\n\
users:\n\
- {name: u, user: {token: sha256~hunter2}}\n\
- {name: p, user: {exec: {command: login}}}\n\
- {name: none, user: {}}\n";

#[test]
fn the_first_kubeconfig_that_is_there_counts_then_the_usual_one_then_the_pod() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::create_dir(at(".kube")).unwrap();
    std::fs::write(at(".kube/config"), FILE).unwrap();
    std::fs::write(at("other"), FILE.replace("sha256~hunter2", "of-other")).unwrap();
    std::fs::write(at("token"), "of-account\n").unwrap();
    let list = std::env::join_paths([at("absent"), at("other"), at(".kube/config")]).unwrap();
    let (list, home) = (list.to_str().unwrap(), at(""));
    let pod = [("KUBERNETES_SERVICE_HOST", "fd00::1"), ("KUBERNETES_SERVICE_PORT", "443")];
    let token = |more: &[(&str, &str)]| {
        let found = login(&[&pod[..], more].concat(), folder.path()).unwrap();
        assert!(!format!("{found:?}").contains("hunter2"));
        found.token
    };
    assert_eq!(token(&[("KUBECONFIG", list), ("HOME", &home[..])]), Some(Secret::new("of-other")));
    assert_eq!(token(&[("HOME", &home[..])]), Some(Secret::new("sha256~hunter2")));
    assert_eq!(token(&[("KUBECONFIG", &at("absent")[..]), ("HOME", &home[..])]), Some(Secret::new("of-account")));
    let none = login(&[], folder.path()).unwrap_err();
    assert!(none.is_not_found() && none.hint_text().unwrap().contains("oc login"), "{none:?}");
}

#[test]
fn a_login_to_openshift_is_somebodys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, FILE).unwrap();
    let refused = |context| KubeLogin::from_kubeconfig(&path, Some(context)).unwrap_err();
    let nobody = refused("nobody");
    assert_eq!(nobody.kind(), ErrorKind::Unauthenticated);
    assert!(nobody.to_string().contains("kubeconfig"), "{nobody}");
    assert!(refused("program").hint_text().unwrap().ends_with("oc login"));
}
