use super::*;
use crate::error::ErrorKind;

/// Whatever is secret in it is `hunter2`.
const CONFIG: &str = "
apiVersion: v1
kind: Config
current-context: a
contexts:
- {name: a, context: {cluster: c, user: u, namespace: x}}
- {name: files, context: {cluster: files, user: files}}
- {name: data, context: {cluster: c, user: data}}
- {name: both, context: {cluster: c, user: both}}
- {name: empty, context: {cluster: c, user: empty}}
- {name: nobody, context: {cluster: c, user: nobody}}
- {name: program, context: {cluster: c, user: program}}
- {name: provider, context: {cluster: c, user: provider}}
- {name: password, context: {cluster: c, user: password}}
- {name: lax, context: {cluster: lax, user: u}}
- {name: without-server, context: {cluster: without-server, user: u}}
- {name: without-user, context: {cluster: c}}
- {name: no-base64, context: {cluster: c, user: no-base64}}
- {name: no-text, context: {cluster: c, user: no-text}}
- {name: absent, context: {cluster: c, user: absent}}
- {name: no-token, context: {cluster: c, user: no-token}}
- {name: newer, context: {cluster: c, user: newer}}
- {name: gone, context: {cluster: c, user: gone}}
- {name: no-key, context: {cluster: c, user: no-key}}
- {name: no-certificate, context: {cluster: c, user: no-certificate}}
- {name: another, context: {cluster: c, user: another}}
- {name: another-group, context: {cluster: c, user: another-group}}
- {name: blank, context: {cluster: blank, user: blank, namespace: ''}}
- {name: silent}
- {name: silent-cluster, context: {cluster: silent, user: u}}
- {name: silent-user, context: {cluster: c, user: silent}}
clusters:
- {name: c, cluster: {server: 'https://api.example:6443', certificate-authority-data: cGVt}}
- {name: files, cluster: {server: 'https://api.example:6443', certificate-authority: pki/ca}}
- {name: lax, cluster: {server: 'https://api.example:6443', insecure-skip-tls-verify: true}}
- {name: without-server, cluster: {}}
- {name: blank, cluster: {server: 'https://api.example:6443', certificate-authority-data: '', certificate-authority: pki/ca}}
- {name: silent}
users:
- {name: u, user: {token: hunter2}}
- {name: files, user: {tokenFile: token, client-certificate: pki/client, client-key: pki/key}}
- {name: data, user: {client-certificate-data: \"Y2VydA==\\n\", client-key-data: \"aHVudGVyMg==\\n\"}}
- {name: both, user: {token: hunter2, exec: {command: login}}}
- {name: empty, user: {token: '', tokenFile: token}}
- {name: nobody, user: {}}
- {name: program, user: {exec: {command: login}}}
- {name: provider, user: {auth-provider: {name: gcp}}}
- {name: password, user: {username: me, password: hunter2}}
- {name: no-base64, user: {client-certificate-data: Y2VydA==, client-key-data: hunter2!}}
- {name: no-text, user: {client-certificate-data: Y2VydA==, client-key-data: /w==}}
- {name: absent, user: {tokenFile: elsewhere/token}}
- {name: no-token, user: {tokenFile: blank}}
- {name: newer, user: {token: before, tokenFile: token}}
- {name: gone, user: {token: hunter2, tokenFile: elsewhere/token}}
- {name: no-key, user: {token: hunter2, client-certificate: pki/client, client-key-data: ''}}
- {name: no-certificate, user: {client-key: pki/key}}
- {name: another, user: {token: hunter2, as: admin}}
- {name: another-group, user: {token: hunter2, as-groups: [admins]}}
- name: blank
  user:
    token: ''
    client-certificate-data: ''
    client-certificate: pki/client
    client-key-data: ''
    client-key: pki/key
    username: ''
    password: ''
    as: ''
    as-groups: []
    as-user-extra: {}
- {name: silent}
";

/// The folder of a kubeconfig and of what it names.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("pki")).unwrap();
    let files = [
        ("config", CONFIG),
        ("token", " hunter2\n"),
        ("blank", "\n"),
        ("pki/ca", "pem"),
        ("pki/client", "cert"),
        ("pki/key", "hunter2\n"),
    ];
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn read(path: &Path, context: Option<&str>) -> Result<KubeLogin> {
    of_kubeconfig(path, context, "ask somebody")
}

fn secret_of(text: &str) -> Option<Secret> {
    Some(Secret::new(text))
}

#[test]
fn a_context_leads_to_the_cluster_and_the_user() {
    let folder = folder();
    let login = |context| read(&folder.path().join("config"), context).unwrap();
    let current = login(None);
    assert_eq!((&current.server[..], current.namespace.as_deref()), ("https://api.example:6443", Some("x")));
    assert_eq!((current.token.clone(), current.authority.as_deref()), (secret_of("hunter2"), Some(&b"pem"[..])));
    assert!(!format!("{current:?}").contains("hunter2"));
    // What is in files lies beside the kubeconfig, wherever the process is.
    let files = login(Some("files"));
    assert_eq!((files.token, files.authority.as_deref()), (secret_of("hunter2"), Some(&b"pem"[..])));
    assert_eq!(files.client, Some((b"cert".to_vec(), Secret::new("hunter2"))));
    assert_eq!(login(Some("data")).client, Some((b"cert".to_vec(), Secret::new("hunter2"))));
}

#[test]
fn what_is_there_counts_before_what_would_have_to_be_asked_for() {
    let folder = folder();
    let login = |context| read(&folder.path().join("config"), Some(context)).unwrap();
    assert_eq!(login("both").token, secret_of("hunter2"));
    assert_eq!(login("empty").token, secret_of("hunter2"));
    // The file is read again where it changes, so it is the newer one.
    assert_eq!(login("newer").token, secret_of("hunter2"));
    assert_eq!(login("gone").token, secret_of("hunter2"));
    for nobody in ["nobody", "silent-user"] {
        let nobody = login(nobody);
        assert!(nobody.token.is_none() && nobody.client.is_none());
    }
}

#[test]
fn what_is_empty_hides_nothing() {
    let folder = folder();
    let login = read(&folder.path().join("config"), Some("blank")).unwrap();
    assert_eq!((login.authority.as_deref(), login.namespace), (Some(&b"pem"[..]), None));
    assert_eq!((login.token, login.client), (None, Some((b"cert".to_vec(), Secret::new("hunter2")))));
}

#[test]
fn what_cannot_be_used_is_refused_by_name_and_without_secrets() {
    let folder = folder();
    for (context, kind) in [
        ("program", ErrorKind::Unsupported),
        ("provider", ErrorKind::Unsupported),
        ("password", ErrorKind::Unsupported),
        ("lax", ErrorKind::Unsupported),
        ("without-server", ErrorKind::Invalid),
        ("without-user", ErrorKind::Invalid),
        ("no-base64", ErrorKind::Invalid),
        ("no-text", ErrorKind::Invalid),
        ("unknown", ErrorKind::Invalid),
        ("absent", ErrorKind::NotFound),
        ("no-token", ErrorKind::Invalid),
        ("no-key", ErrorKind::Invalid),
        ("no-certificate", ErrorKind::Invalid),
        ("another", ErrorKind::Unsupported),
        ("another-group", ErrorKind::Unsupported),
        ("silent", ErrorKind::Invalid),
        ("silent-cluster", ErrorKind::Invalid),
    ] {
        let error = read(&folder.path().join("config"), Some(context)).unwrap_err();
        assert_eq!(error.kind(), kind, "{context}: {error}");
        assert!(error.to_string().contains("kubeconfig"), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        let of_user = kind == ErrorKind::Unsupported && context != "lax";
        assert_eq!(error.hint_text().is_some_and(|hint| hint.ends_with("or ask somebody")), of_user, "{error:?}");
    }
}

#[test]
fn what_is_no_kubeconfig_is_refused_without_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    assert!(read(&path, None).unwrap_err().is_not_found());
    for wrong in
        ["", "[]", "[hunter2", "users: [hunter2", "users: 1", "token: hunter2", "users: [{name: u, token: hunter2}]"]
    {
        std::fs::write(&path, wrong).unwrap();
        let error = read(&path, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{wrong}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    std::fs::File::create(&path).unwrap().set_len(MAX_FILE + 1).unwrap();
    assert_eq!(read(&path, None).unwrap_err().kind(), ErrorKind::Invalid);
}

#[cfg(unix)]
#[test]
fn what_a_kubeconfig_names_is_not_read_without_end() {
    let folder = folder();
    let path = folder.path().join("config");
    for file in
        ["tokenFile: token", "certificate-authority: pki/ca", "client-certificate: pki/client", "client-key: pki/key"]
    {
        let (field, _) = file.split_once(' ').unwrap();
        std::fs::write(&path, CONFIG.replace(file, &format!("{field} /dev/zero"))).unwrap();
        let error = read(&path, Some("files")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{field} {error}");
    }
}

#[test]
fn a_pod_is_its_service_account() {
    let folder = tempfile::tempdir().unwrap();
    let pod = |name: &str| match name {
        "KUBERNETES_SERVICE_HOST" => Some("fd00::1".to_owned()),
        "KUBERNETES_SERVICE_PORT" => Some("443".to_owned()),
        _ => None,
    };
    assert!(of_pod(|_| None, folder.path()).unwrap_err().to_string().contains("KUBERNETES_SERVICE_HOST"));
    assert!(of_pod(pod, folder.path()).unwrap_err().is_not_found());
    std::fs::write(folder.path().join("token"), "\n").unwrap();
    assert_eq!(of_pod(pod, folder.path()).unwrap_err().kind(), ErrorKind::Invalid);
    std::fs::write(folder.path().join("token"), "hunter2\n").unwrap();
    // What cannot be read is missed by who needs it alone.
    std::fs::create_dir(folder.path().join("namespace")).unwrap();
    let login = of_pod(pod, folder.path()).unwrap();
    std::fs::remove_dir(folder.path().join("namespace")).unwrap();
    assert_eq!((&login.server[..], login.token), ("https://[fd00::1]:443", secret_of("hunter2")));
    assert_eq!((login.authority, login.namespace), (None, None));
    for (name, text) in [("namespace", "ci\n"), ("ca.crt", "pem")] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let login = of_pod(pod, folder.path()).unwrap();
    assert_eq!((login.authority.as_deref(), login.namespace.as_deref()), (Some(&b"pem"[..]), Some("ci")));
    std::fs::File::create(folder.path().join("ca.crt")).unwrap().set_len(MAX_FILE + 1).unwrap();
    assert_eq!(of_pod(pod, folder.path()).unwrap_err().kind(), ErrorKind::Invalid);
}
