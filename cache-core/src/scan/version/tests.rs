use std::cmp::Ordering;

use super::{Pseudo, Scheme};

/// The scheme that the shared tables call by this word.
fn scheme(word: &str) -> Scheme {
    match word {
        "deb" => Scheme::Dpkg,
        "rpm" => Scheme::Rpm,
        "apk" => Scheme::Apk,
        "pep440" => Scheme::Pep440,
        "npm" => Scheme::Semver,
        "maven" => Scheme::Maven,
        "gem" => Scheme::Gem,
        "go" => Scheme::Go,
        other => panic!("no scheme {other}"),
    }
}

fn order(word: &str) -> Ordering {
    match word {
        "<" => Ordering::Less,
        "=" => Ordering::Equal,
        ">" => Ordering::Greater,
        other => panic!("no order {other}"),
    }
}

/// Each line `scheme a order b …`; `stated` gives the order where the oracle has none.
fn table(name: &str, stated: impl Fn(&[&str]) -> Option<Ordering>) -> usize {
    let Some(path) = crate::document::shared_data(&format!("sbom/versions/{name}")) else { return 0 };
    let text = std::fs::read_to_string(path).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let (scheme, a, b) = (scheme(fields[0]), fields[1], fields[3]);
        let Some(right) = stated(&fields) else { continue };
        count += 1;
        for (x, y, right) in [(a, b, right), (b, a, right.reverse())] {
            let got = scheme.compare(x, y);
            if got != Some(right) {
                wrong.push(format!("{} {x:?} {y:?}: {got:?}, right is {right:?}", fields[0]));
            }
        }
        for version in [a, b] {
            assert_ne!(scheme.compare(version, version), Some(Ordering::Less), "{line}");
        }
    }
    println!("{name}: {count} pairs, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    count
}

#[test]
fn every_pair_of_the_programs_own_tests_is_right() {
    let count = table("upstream-pairs.tsv", |fields| Some(order(fields[2])));
    assert!(count == 0 || count > 1500);
}

/// The rows without an oracle are releases of Go, of which the first is the earlier.
#[test]
fn every_pair_that_an_oracle_judged_is_right() {
    let count = table("pairs-with-oracle.tsv", |fields| match fields[2] {
        "INVALID" => Some(Ordering::Less),
        word => Some(order(word)),
    });
    assert!(count == 0 || count > 170);
}

/// `a order b`, both ways.
fn holds(scheme: Scheme, rows: &[&str]) {
    for row in rows {
        let [a, word, b] = row.split(' ').collect::<Vec<_>>()[..] else { panic!("{row}") };
        assert_eq!(scheme.compare(a, b), Some(order(word)), "{scheme:?} {row}");
        assert_eq!(scheme.compare(b, a), Some(order(word).reverse()), "{scheme:?} {row}, turned round");
    }
}

fn unknown(scheme: Scheme, versions: &[&str]) {
    for version in versions {
        assert!(!scheme.reads(version), "{scheme:?} reads {version:?}");
    }
}

#[test]
fn dpkg_traps() {
    holds(
        Scheme::Dpkg,
        &[
            "0:a-0 < 0:b-0",
            "1.0~rc1 < 1.0",
            "1.0~~ < 1.0~",
            "1.0 = 1.0-0",
            "1.2.13 < 1:0.1",
            "1.0a < 1.0+",
            "1.0. > 1.0a",
            "1.0Z < 1.0a",
            "7.88.1-10+deb12u5 < 7.88.1-10+deb12u14",
            "1.0-1~bpo12+1 < 1.0-1",
            "0:0:0-0 > 0:0-0",
        ],
    );
    unknown(Scheme::Dpkg, &["", ":1", "a:1", "1 2", "1:", "1.0/2", "ü"]);
}

/// 20: where the field's scanners go wrong.
#[test]
fn rpm_traps() {
    holds(
        Scheme::Rpm,
        &[
            "1.0^ > 1.0",
            "1.0^20160101 < 1.0.1",
            "1.0^git1 < 1.01",
            "1.0~rc1^git1 > 1.0~rc1",
            "1:1.0-1 > 2.0-1",
            "0:1.0-1 = 1.0-1",
            "1.0-1.el8_4.1 < 1.0-1.el8_10",
            "a+ = a_",
            "1.0-1 = 1.0",
        ],
    );
    unknown(Scheme::Rpm, &["", "x:1", "1 0", "1:"]);
}

/// 21
#[test]
fn apk_traps() {
    holds(
        Scheme::Apk,
        &[
            "6.0_pre1 < 6.0",
            "6.0_p1 > 6.0",
            "8.2.0015 < 8.2.002",
            "8.2.0 < 8.2.001",
            "1.0~1234-r1 < 1.0~2345-r0",
            "1.0~1234-r1 > 1.0~1234-r0",
            "0.1.0_alpha_pre2 < 0.1.0_alpha",
            "3.0.24a < 3.0.24b",
            "1.0 < 1.0-r0",
            "0 < 1.2.3-r0",
            "23_foo > 4_beta",
        ],
    );
    unknown(Scheme::Apk, &["", "a1", "1.0-1", "1.0_foo", "1..0", "1.0-r", "1.0-r1.2", "1.0_alpha~"]);
}

#[test]
fn pep440_traps() {
    holds(
        Scheme::Pep440,
        &[
            "1.0+ubuntu.1 = 1.0+ubuntu-1",
            "1.0.dev1 < 1.0a1",
            "0.0.0.dev0 < 0",
            "1.0+abc.7 < 1.0+5",
            "1.0-1 = 1.0.post1",
            "1.0.ALPHA1 = 1.0a1",
            "1.0a = 1.0a0",
            "1!1.0 > 2.0",
            "v1.0 = 1.0",
            "1.0a1.post1 > 1.0a1",
            "1.0.post1.dev1 < 1.0.post1",
            "1.0-preview-2 = 1.0rc2",
        ],
    );
    unknown(Scheme::Pep440, &["", "1.0.x", "french toast", "1.0+", "1.0+a..b", "!1", "1.0-", "dev"]);
}

#[test]
fn semver_traps() {
    holds(
        Scheme::Semver,
        &[
            "v1.2.3 = 1.2.3",
            "1.2.3-r2 > 1.2.3-r100",
            "1.0.0+a = 1.0.0+b",
            "1.0.0-0 < 1.0.0-a",
            "1.2.3-4 < 1.2.3",
            "1.0.0-- > 1.0.0-0",
            "1.2 = 1.2.0",
            "1.99999999999999999999 > 1.99999999999999999998",
        ],
    );
    unknown(Scheme::Semver, &["", "1.2.3.4", "1.x", "1.0.0-", "1.0.0-a..b", "latest", "file:../x", "1..2"]);
}

/// 22
#[test]
fn maven_traps() {
    holds(
        Scheme::Maven,
        &[
            "2.0.a < 2-1",
            "2-x = 2.0.x",
            "1-alpha2snapshot < 1-alpha2",
            "1-0.alpha < 1",
            "1ga = 1",
            "5.3.18.RELEASE = 5.3.18",
            "31.1-jre > 31.1-android",
            "2.0.0.M1 < 2.0.0.RC1",
            "1.2.17.redhat-00001 > 1.2.17",
            "20190126.230843 < 1234567890.12345",
            "4.1.100.Final > 4.1.42.Final",
        ],
    );
    unknown(Scheme::Maven, &["", &"1.".repeat(1000)]);
}

#[test]
fn gem_traps() {
    holds(
        Scheme::Gem,
        &[
            "0.beta.1 = 0.0.beta.1",
            "1-1 < 1",
            "1.A < 1.b",
            "5.x > 5.0.0.rc2",
            "1.20240101120000 > 1.5",
            "1.0.0.pre < 1.0",
        ],
    );
    assert_eq!(Scheme::Gem.compare("", "0"), Some(Ordering::Equal));
    unknown(Scheme::Gem, &["x.1", "1..2", "1.", "junk", "1_0"]);
}

#[test]
fn go_traps() {
    holds(
        Scheme::Go,
        &[
            "v1.2.3+incompatible = 1.2.3",
            "v1.2.4-0.20240101000000-abcdef123456 < 1.2.4",
            "v1.2.4-0.20240101000000-abcdef123456 > 1.2.3",
            "go1.21rc2 < go1.21.0",
            "go1.21rc2 = 1.21.0-rc.2",
            "go1.9 < go1.10",
            "1.21rc2 < 1.21.1",
            "go1.24.1-X:nocoverageredesign = 1.24.1",
        ],
    );
    assert_eq!(Scheme::Go.compare("go1.20.5 (Red Hat 1.20.5-1)", "1.20.6"), Some(Ordering::Less));
    unknown(Scheme::Go, &["", "(devel)", "v1.2.3.4", "devel", "1.2.3-", "go1.21xx2", "v"]);
}

#[test]
fn go_versions_that_are_none() {
    assert_eq!(Pseudo::of("(devel)"), Some(Pseudo::Devel));
    assert_eq!(Pseudo::of("v0.0.0-20220308185742-91533d04e894"), Some(Pseudo::ZeroBase));
    for version in ["v1.2.3", "v2.3.1-0.20250101000000-abcdefabcdef", "v0.0.0-alpha", "v0.0.0"] {
        assert_eq!(Pseudo::of(version), None, "{version}");
    }
}

#[test]
fn nuget_traps() {
    holds(
        Scheme::Nuget,
        &["1.0 = 1.0.0.0", "1.0.0-ALPHA = 1.0.0-alpha", "1.0.0.1 > 1.0.0", "6.0.0-rc.1 < 6.0.0", "1.0.0+x = 1.0.0"],
    );
    unknown(Scheme::Nuget, &["", "1.2.3.4.5", "1.0-", "x"]);
}

#[test]
fn composer_traps() {
    holds(
        Scheme::Composer,
        &[
            "v1.0.0 = 1.0",
            "1.0.0-alpha1 < 1.0.0-beta1",
            "1.0.0-beta.2 < 1.0.0-beta10",
            "1.0.0-RC1 < 1.0.0",
            "1.0.0-pl1 > 1.0.0",
            "1.0.0-dev < 1.0.0",
            "1.0.0beta2 = 1.0.0-b2",
            "2010-01-02 < 2010.01.03",
            "1.0.0@stable = 1.0.0",
        ],
    );
    unknown(Scheme::Composer, &["", "dev-main", "1.x-dev", "1.0.0-wild", "master"]);
}

/// An order has to be one, whatever it is asked.
#[test]
fn hostile_versions_have_an_order_or_none() {
    let pieces = [
        "",
        "0",
        "00",
        "1",
        "9999999999999999999999",
        ".",
        "-",
        "~",
        "^",
        "_",
        ":",
        "!",
        "+",
        "a",
        "rc",
        "é",
        "\0",
        "v",
        " ",
    ];
    let mut versions = Vec::new();
    for a in pieces {
        for b in pieces {
            versions.extend(pieces.map(|c| format!("{a}{b}{c}")));
        }
    }
    versions.truncate(3000);
    let schemes = ["deb", "rpm", "apk", "pep440", "npm", "maven", "gem", "go"].map(scheme);
    for scheme in schemes.into_iter().chain([Scheme::Nuget, Scheme::Composer]) {
        for pair in versions.windows(2) {
            let (a, b) = (&pair[0], &pair[1]);
            assert_eq!(scheme.compare(a, b).map(Ordering::reverse), scheme.compare(b, a), "{scheme:?} {a:?} {b:?}");
            assert!(matches!(scheme.compare(a, a), None | Some(Ordering::Equal)), "{scheme:?} {a:?}");
        }
    }
}
