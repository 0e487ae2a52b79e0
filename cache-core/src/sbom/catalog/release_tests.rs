use super::*;
use crate::sbom::catalog::testing;

fn release(path: &str, text: &str) -> Option<Release> {
    match &testing::read(&ReleaseFile, path, text.as_bytes())[..] {
        [] => None,
        [Fact::Release(release)] => Some(release.clone()),
        other => panic!("{other:?}"),
    }
}

/// `id version` of what the files under a folder of the fixtures say together.
fn fixture(folder: &str) -> Option<String> {
    let mut found = Vec::new();
    for (path, _) in FILES {
        let full = format!("sbom/syft/os-release/testdata/{folder}");
        let file = crate::document::shared_data(&full)?.join(path);
        if let Ok(bytes) = std::fs::read(file) {
            found.extend(release(path, &String::from_utf8_lossy(&bytes)).map(|release| (*path, release)));
        }
    }
    let all = found.iter().map(|(path, release)| (*path, release));
    Some(choose(all).map_or_else(|| "nothing".to_owned(), |r| format!("{} {}", r.id, r.version)))
}

#[test]
fn the_peers_fixtures() {
    let rows = [
        ("os/almalinux/from-os-release", "almalinux 8.4"),
        ("os/almalinux/from-redhat-release", "almalinux 8.10"),
        ("os/alpine", "alpine 3.11.6"),
        ("os/amazon", "amzn 2"),
        ("os/arch", "arch "),
        ("os/busybox", "busybox 1.31.1"),
        ("os/centos", "centos 8"),
        ("os/centos5", "centos 5.7"),
        ("os/centos6", "centos 6"),
        ("os/custom", "scientific 8"),
        ("os/debian/from-debian_version", "debian 10.8"),
        ("os/debian/from-os-release", "debian 8"),
        ("os/debian/with-point-release", "debian 13.5"),
        ("os/empty", "nothing"),
        ("os/fedora", "fedora 36"),
        ("os/mariner", "mariner 1.0"),
        ("os/opensuse-leap", "opensuse-leap 15.2"),
        ("os/oraclelinux", "ol 8.3"),
        ("os/photon", "photon 2.0"),
        ("os/redhat/from-os-release", "rhel 7.3"),
        ("os/redhat/from-redhat-release", "rhel 8.10"),
        ("os/rockylinux/from-os-release", "rocky 8.4"),
        ("os/rockylinux/from-redhat-release", "rocky 8.10"),
        ("os/scientific/from-os-release", "scientific 7.5"),
        ("os/scientific/from-redhat-release", "scientific 7.9"),
        ("os/sles", "sles 15.2"),
        ("os/ubuntu", "ubuntu 20.04"),
        ("os/wolfi", "wolfi 20220914"),
        ("partial-fields/missing-id", " 8"),
        ("partial-fields/missing-version", " "),
        ("partial-fields/unknown-id", "my-awesome-distro 8"),
    ];
    for (folder, right) in rows {
        let Some(text) = fixture(folder) else { return };
        assert_eq!(text, right, "{folder}");
    }
    println!("{} fixtures", rows.len());
}

#[test]
fn single_files_of_the_peers() {
    let rows = [
        ("debian-8", "etc/os-release", "debian 8"),
        ("ubuntu-20.04", "etc/os-release", "ubuntu 20.04"),
        ("rhel-8", "etc/os-release", "rhel 8"),
        ("centos-8", "etc/os-release", "centos 8"),
        ("unprintable", "etc/os-release", "debian 8"),
        ("bad-redhat-release", "etc/redhat-release", "centos 5"),
        ("bad-system-release-cpe", "etc/system-release-cpe", "nothing"),
    ];
    for (name, path, right) in rows {
        let Some(bytes) = testing::shared(&format!("syft/os-release/testdata/{name}")) else { return };
        let text = release(path, &String::from_utf8_lossy(&bytes));
        assert!(text.map_or("nothing".to_owned(), |r| format!("{} {}", r.id, r.version)).starts_with(right), "{name}");
    }
    println!("{} files", rows.len());
}

#[test]
fn values_are_read_as_a_shell_does() {
    let text = "# comment\nID='rhel'\nVERSION_ID=\"8.10\" \nNAME=\"A \\\"B\\\" \\\\ \\$C\"\nID_LIKE=\"fedora  centos\"\n\
                CPE_NAME=cpe:/o:redhat:enterprise_linux:8\nPRETTY_NAME=\"no\"\njunk\nVERSION=\"unclosed\n";
    let found = release("usr/lib/os-release", text).unwrap();
    assert_eq!((&*found.id, &*found.version, &*found.name), ("rhel", "8.10", "A \"B\" \\ $C"));
    assert_eq!(found.like, ["fedora", "centos"]);
    assert_eq!(found.cpe, "cpe:/o:redhat:enterprise_linux:8");
    assert_eq!(release("etc/os-release", "PRETTY_NAME=P").unwrap().name, "P");
}

/// Of an alpine without a version nothing may fall to `edge` (anchore/grype#2652), unless it says so itself.
#[test]
fn the_repositories_of_apk_stand_in_for_a_version() {
    let path = "etc/apk/repositories";
    let rows = [
        ("https://dl.example/alpine/v3.18/main\nhttps://dl.example/alpine/v3.18/community\n", Some("3.18")),
        ("https://dl.example/alpine/v3.9/main\nhttps://dl.example/alpine/v3.10/main\n", Some("3.10")),
        ("https://dl.example/alpine/v3.18/main\n@e https://dl.example/alpine/edge/testing\n", Some("3.18")),
        ("#https://dl.example/alpine/v3.17/main\nhttps://dl.example/alpine/edge/main\n", Some("edge")),
        ("@e https://dl.example/alpine/edge/testing\n", None),
        ("https://dl.example/alpine/latest-stable/main\nhttps://packages.example/os\n", None),
    ];
    for (text, right) in rows {
        assert_eq!(release(path, text).map(|r| r.version).as_deref(), right, "{text}");
    }
    let os = release("etc/os-release", "ID=alpine\n").unwrap();
    let repositories = release(path, rows[0].0).unwrap();
    let chosen = choose([(path, &repositories), ("etc/os-release", &os)].into_iter()).unwrap();
    assert_eq!((&*chosen.id, &*chosen.version), ("alpine", "3.18"));
    println!("{} lists", rows.len());
}

#[test]
fn other_systems_keep_what_they_say() {
    let ubuntu = release("etc/os-release", "ID=ubuntu\nVERSION_ID=20.04\n").unwrap();
    let derived = release("etc/debian_version", "bullseye/sid\n").unwrap();
    let chosen = choose([("etc/os-release", &ubuntu), ("etc/debian_version", &derived)].into_iter()).unwrap();
    assert_eq!(chosen, ubuntu);
    let debian = release("etc/os-release", "ID=debian\nVERSION_ID=\"1\"\n").unwrap();
    let other = release("etc/debian_version", "12.5\n").unwrap();
    let chosen = choose([("etc/debian_version", &other), ("etc/os-release", &debian)].into_iter()).unwrap();
    assert_eq!(chosen.version, "1", "12.5 is no point release of 1");
    assert_eq!(choose(std::iter::empty()), None);
    assert_eq!(choose(std::iter::once(("etc/debian_version", &derived))).unwrap().id, "debian");
}

#[test]
fn what_links_lead_to_is_read_as_well() {
    assert_eq!(release("usr/lib/os.release.d/os-release-container", "ID=fedora\n").unwrap().id, "fedora");
    assert_eq!(release("usr/bin/busybox", "BusyBox v1.36.1 (x)").unwrap().version, "1.36.1");
}

#[test]
fn only_the_files_of_the_root_count() {
    for path in ["srv/r/etc/os-release", "os-release", "usr/lib/os.release.d/x", "etc/os-release.d"] {
        assert!(!testing::wants(&ReleaseFile, path), "{path}");
    }
}

#[test]
fn hostile_files() {
    let text = "ID=debian\nVERSION_ID=\"12\"\nNAME='a'\nID_LIKE=\"b c\"\nCPE_NAME=\"cpe:/o:a:b:1\"\n";
    testing::hostile(&ReleaseFile, "etc/os-release", text.as_bytes());
    testing::hostile(&ReleaseFile, "etc/system-release-cpe", b"cpe:/o:redhat:enterprise_linux:6:ga:server\n");
    testing::hostile(&ReleaseFile, "etc/redhat-release", b"Red Hat Enterprise Linux release 8.10 (Ootpa)\n");
    testing::hostile(&ReleaseFile, "etc/apk/repositories", b"https://dl.example/alpine/v3.18/main\n");
    testing::hostile(&ReleaseFile, "bin/busybox", b"\x7fELF\0BusyBox v1.31.1 x\0BusyBox v1.2");
}
