//! Files as nobody means them: cut off, damaged, nested without end, larger than any. Every cataloger here answers all of
//! them, soon, with a reason or with nothing.

use std::time::{Duration, Instant};

use super::languages;
use super::testing::{read_at, summary};
use crate::sbom::catalog::{Fact, FileInfo, Place};

/// A sound file for each cataloger, at a path at which it is wanted.
pub(super) const SAMPLES: [(&str, &str); 30] = [
    (
        "node_modules/a/package.json",
        r#"{"name":"a","version":"1.0.0","license":{"type":"MIT"},"author":"A <a@b>","dependencies":{"b":"1"}}"#,
    ),
    (
        "package-lock.json",
        r#"{"lockfileVersion":1,"dependencies":{"a":{"version":"npm:@s/b@1","integrity":"sha1-AAAA","dependencies":{"c":{"version":"2"}}}}}"#,
    ),
    (
        "package-lock.json",
        r#"{"lockfileVersion":3,"packages":{"":{"name":"x","version":"1"},"node_modules/@s/a":{"version":"1","dependencies":{"b":"1"}}}}"#,
    ),
    (
        "yarn.lock",
        "# yarn lockfile v1\n\n\"@s/a@^1\", a@npm:b@2:\n  version \"1.0.0\"\n  resolved \"u#da39a3ee5e6b4b0d3255bfef95601890afd80709\"\n  dependencies:\n    b \"1\"\n",
    ),
    (
        "yarn.lock",
        "__metadata:\n  version: 6\n\n\"@s/a@npm:^1\":\n  version: 1.0.0\n  resolution: \"@s/a@npm:1.0.0\"\n  dependencies:\n    b: ^2\n",
    ),
    (
        "bun.lock",
        r#"{"lockfileVersion":1,"packages":{"@s/a":["@s/a@1","",{"dependencies":{"b":"2",}},"sha512-AAAA"],},}"#,
    ),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\npackages:\n  '@s/a@1.0.0(b@1)':\n    resolution: {integrity: sha512-AAAA}\nsnapshots:\n  '@s/a@1.0.0':\n    dependencies: {b: 1}\n",
    ),
    (
        "s/a-1.dist-info/METADATA",
        "Metadata-Version: 2.1\nName: a\nVersion: 1\nLicense: MIT\n more\nRequires-Dist: b[x] (>1) ; extra == 'y'\nProject-URL: Home, u\n\ntext",
    ),
    ("s/a-1.dist-info/RECORD", "a/__init__.py,sha256=x,1\n\"b \"\"c\"\".py\",,\n../../bin/a,,\n"),
    ("s/a-1.dist-info/direct_url.json", r#"{"url":"https://g/x","vcs_info":{"vcs":"git","commit_id":"abc"}}"#),
    ("requirements.txt", "a[x,y] == 1.0 ; python_version > '3' \\\n --hash=sha256:ab # c\n-r b.txt\nb (==2)\n"),
    (
        "poetry.lock",
        "[[package]]\nname = \"a\"\nversion = \"1\"\n[package.dependencies]\nb = {version = \">1\"}\n[package.source]\ntype = \"git\"\nurl = \"u\"\n",
    ),
    (
        "uv.lock",
        "version = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { git = \"u?x#abc\" }\ndependencies = [{ name = \"b\" }]\n",
    ),
    ("Pipfile.lock", r#"{"default":{"a":{"version":"==1","hashes":["x"]}},"develop":{"b":{"git":"u","ref":"r"}}}"#),
    (
        "pdm.lock",
        "[[package]]\nname = \"a\"\nversion = \"1\"\nsummary = \"s\"\ndependencies = [\"b>=1\"]\ngroups = [\"dev\"]\n",
    ),
    (
        "specifications/a.gemspec",
        "# stub: a 1.0 java lib\ns.name = \"a\\u00e9\\u{1F600}\".freeze\ns.licenses = [\"MIT\".freeze]\ns.add_dependency(%q<b>.freeze, [\"> 1\"])\n",
    ),
    ("Gemfile.lock", "GEM\n  specs:\n    a (1.0-java)\n      b (> 1)\nPATH\n  specs:\n    c (2)\n"),
    (
        "vendor/composer/installed.json",
        r#"{"packages":[{"name":"a/b","version":"1","license":["MIT","ISC"],"require":{"c/d":"1"}}],"dev-package-names":["a/b"]}"#,
    ),
    (
        "composer.lock",
        r#"{"packages":[{"name":"a/b","version":"1","authors":[{"name":"A","email":"a"}]}],"packages-dev":[]}"#,
    ),
    (
        "go.mod",
        "module m\nrequire (\n\ta.b/c v1.0.0 // indirect\n\td v2\n)\nreplace a.b/c v1.0.0 => ../c\nexclude d v2\n",
    ),
    (
        "Cargo.lock",
        "version = 4\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = \"git+u?x#abc\"\ndependencies = [\"b 1 (s)\"]\n",
    ),
    (
        "pom.xml",
        "<project><artifactId>a</artifactId><version>${v}</version><properties><v>1</v></properties><dependencies><dependency><artifactId>b&#x41;</artifactId></dependency></dependencies></project>",
    ),
    ("gradle.lockfile", "# c\na.b:c:1.0=x,y\nempty=z\n"),
    (
        "packages.lock.json",
        r#"{"version":1,"dependencies":{"net8":{"A":{"type":"Direct","resolved":"1","contentHash":"AAAA","dependencies":{"B":"1"}}}}}"#,
    ),
    ("conan.lock", r#"{"graph_lock":{"nodes":{"1":{"ref":"a/1@u/c#r"}}},"requires":["b/2#r%1"]}"#),
    ("pubspec.lock", "packages:\n  a:\n    dependency: transitive\n    source: hosted\n    version: \"1\"\n"),
    ("mix.lock", "%{\n  \"a\": {:hex, :a, \"1.0\", \"00\", [:mix], [], \"hexpm\", \"11\"},\n}\n"),
    ("Podfile.lock", "PODS:\n  - A (1.0):\n    - B/C (~> 2)\n  - B/C (2.0)\n"),
    (
        "Package.resolved",
        r#"{"pins":[{"identity":"a","location":"https://g/o/a.git","state":{"version":"1"}}],"version":2}"#,
    ),
    ("stack.yaml.lock", "packages:\n- completed:\n    hackage: a-1.0@sha256:ab,1\n"),
];

/// A place in which the cataloger wants the file.
fn place(path: &str) -> Place {
    if path.ends_with("package.json") { Place::Image } else { Place::Folder }
}

fn within(limit: Duration, what: &str, path: &str, content: &[u8]) -> Vec<Fact> {
    let start = Instant::now();
    let facts = read_at(place(path), path, content);
    assert!(start.elapsed() < limit, "{path}, {what}: {:?}", start.elapsed());
    facts
}

#[test]
fn every_sample_is_read() {
    for (path, content) in SAMPLES {
        let facts = read_at(place(path), path, content.as_bytes());
        assert!(
            !facts.is_empty() && !facts.iter().any(|fact| matches!(fact, Fact::Unreadable(_))),
            "{path}: {facts:?}"
        );
    }
    println!("{} samples", SAMPLES.len());
}

#[test]
fn files_that_are_cut_off_are_answered() {
    let mut counted = 0;
    for (path, content) in SAMPLES {
        for part in 0..50 {
            let cut = &content.as_bytes()[..content.len() * part / 50];
            within(Duration::from_secs(2), "cut off", path, cut);
            counted += 1;
        }
    }
    println!("{counted} files cut off");
}

#[test]
fn damaged_files_are_answered() {
    // A generator of one line, so that a failure can be repeated.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap()
    };
    let mut counted = 0;
    for (path, content) in SAMPLES {
        for _ in 0..200 {
            let mut bytes = content.as_bytes().to_vec();
            for _ in 0..1 + random() % 4 {
                let at = random() % bytes.len();
                bytes[at] ^= 1 << (random() % 8);
            }
            within(Duration::from_secs(2), "damaged", path, &bytes);
            counted += 1;
        }
    }
    println!("{counted} damaged files");
}

#[test]
fn nesting_without_end_is_answered() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(20_000), close.repeat(20_000));
    let shapes = [
        deep("[", "]"),
        deep("{\"a\":", "}"),
        format!("{{\"dependencies\":{}}}", deep("{\"a\":{\"version\":\"1\",\"dependencies\":", "}}")),
        format!("{{\"packages\":[{{\"name\":\"a/b\",\"authors\":{}}}]}}", deep("[", "]")),
        format!("a = {}", deep("[", "]")),
        format!("[[package]]\nname = {}", deep("{a=", "}")),
        format!("packages: {}", deep("[", "]")),
        format!("packages:\n  a: {}", deep("{b: ", "}")),
        deep("<project>", "</project>"),
        (0..1_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect(),
        "- ".repeat(20_000),
    ];
    let mut counted = 0;
    for (path, _) in SAMPLES {
        for shape in &shapes {
            assert_eq!(summary(within(Duration::from_secs(20), "nested", path, shape.as_bytes())), "", "{path}");
            counted += 1;
        }
    }
    println!("{counted} nested files");
}

#[test]
fn what_grows_when_it_is_read_is_answered() {
    let laughs: String = (0..40)
        .map(|n| format!("a{n}: &a{n} [{}]\n", format!("*a{},", n - 1).repeat(if n > 0 { 9 } else { 0 })))
        .collect();
    let lines = "a b c d e : = ( ) [ ] { } , \" ' # @ / - == ; ".repeat(2_000);
    let columns = "a==1 ".repeat(20_000);
    let quotes = "\"\"".repeat(40_000);
    for (path, _) in SAMPLES {
        for content in [&laughs, &lines, &columns, &quotes] {
            within(Duration::from_secs(20), "growing", path, content.as_bytes());
        }
    }
}

#[test]
fn a_file_of_more_than_the_bound_is_not_read() {
    let file = FileInfo { path: "Cargo.lock", size: 65 << 20, executable: false, head: b"", place: Place::Folder };
    let mut all = languages().into_iter().filter(|cataloger| cataloger.wants(&file));
    let cargo = all.next().unwrap();
    assert!(
        matches!(&cargo.read(&file, &mut std::io::empty()).unwrap()[..], [Fact::Unreadable(reason)] if reason.contains("larger"))
    );
    // A file that is longer than it says.
    let file = FileInfo { size: 1, ..file };
    let facts = cargo.read(&file, &mut std::io::repeat(b'#')).unwrap();
    assert!(matches!(&facts[..], [Fact::Unreadable(reason)] if reason.contains("larger")));
}

#[test]
fn a_stream_that_fails_is_no_empty_file() {
    struct Failing;
    impl std::io::Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("cut"))
        }
    }
    let file = FileInfo { path: "Cargo.lock", size: 9, executable: false, head: b"", place: Place::Folder };
    let cargo = languages().into_iter().find(|cataloger| cataloger.wants(&file)).unwrap();
    assert!(cargo.read(&file, &mut Failing).is_err());
}
