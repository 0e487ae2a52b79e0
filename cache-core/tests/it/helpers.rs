//! Where a login is looked for, with helpers that are programs of this test's own.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use cache_core::registry::credentials::{Credential, Credentials, DockerCredentials};

const INSIDE: &str = "CACHE_TEST_LOGINS_WITH_HELPERS";

/// A helper that has a login for one server, and nothing for any other.
fn helper(folder: &Path, name: &str, server: &str) {
    let path = folder.join(format!("docker-credential-{name}"));
    let answer = format!(r#"{{"Username": "of {name}", "Secret": "pw"}}"#);
    let script = format!(
        "#!/bin/sh\nread -r server\ntest \"$server\" = {server} && echo '{answer}' && exit 0\necho 'credentials not found'\nexit 1\n"
    );
    std::fs::write(&path, script).expect("the folder can be written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("the folder can be written");
}

/// A helper for the registry counts before the store for all, the store before the file, and one that knows nothing hides no entry.
#[test]
fn a17_helpers_come_before_the_store_and_the_store_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    helper(folder.path(), "cache-test-helper", "one.test");
    helper(folder.path(), "cache-test-store", "two.test");
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let inside = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "helpers::looks_for_logins", "--ignored"])
        .env("PATH", path)
        .env(INSIDE, "1")
        .output()
        .unwrap();
    assert!(inside.status.success(), "{}", String::from_utf8_lossy(&inside.stdout));
}

#[tokio::test]
#[ignore = "run by the test above, which says where the helpers are"]
async fn looks_for_logins() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let file = r#"{
        "credHelpers": {"one.test": "cache-test-helper", "two.test": "cache-test-helper", "three.test": "cache-test-helper"},
        "credsStore": "cache-test-store",
        "auths": {"one.test": {"auth": "ZmlsZTpwdw=="}, "two.test": {"auth": "ZmlsZTpwdw=="}, "three.test": {"auth": "ZmlsZTpwdw=="}}
    }"#;
    let logins = DockerCredentials::from_json(file.as_bytes()).unwrap();
    for (host, expected) in
        [("one.test", "of cache-test-helper"), ("two.test", "of cache-test-store"), ("three.test", "file")]
    {
        match logins.get(host, "app").await.unwrap() {
            Credential::Password { user, .. } => assert_eq!(user, expected, "{host}"),
            other => panic!("{host}: {other:?}"),
        }
    }
    assert!(matches!(logins.get("four.test", "app").await.unwrap(), Credential::Anonymous));
}
