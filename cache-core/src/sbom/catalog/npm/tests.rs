use crate::sbom::catalog::Fact;
use crate::sbom::catalog::Place::{Folder, Image};
use crate::sbom::catalog::languages::testing::{count_shared, in_folder, in_image, one, read_at, summary};

#[test]
fn a_manifest_says_what_is_installed() {
    let manifest = r#"{"name": "@acme/tool", "version": "1.2.3", "license": "MIT OR Apache-2.0", "homepage": "https://acme.example",
        "author": {"name": "A", "email": "a@acme.example"}, "description": "cuts", "dependencies": {"left-pad": "^1", "@acme/x": {}}}"#;
    let found = one(in_image("app/node_modules/@acme/tool/package.json", manifest));
    assert_eq!((&*found.kind, &*found.namespace, &*found.name, &*found.version), ("npm", "@acme", "tool", "1.2.3"));
    assert_eq!((&found.licenses[..], &*found.author), (&["MIT OR Apache-2.0".to_owned()][..], "A <a@acme.example>"));
    assert_eq!(found.needs, ["@acme/x", "left-pad"]);
    assert!(found.license_files.is_empty() && !found.local);
}

#[test]
fn only_the_root_of_a_package_in_an_image_is_one() {
    let manifest = r#"{"name": "x", "version": "1.0.0"}"#;
    let rows = [
        (Image, "app/node_modules/x/package.json", "x@1.0.0"),
        (Image, "node_modules/@s/x/package.json", "x@1.0.0"),
        (Image, "a/node_modules/.pnpm/x@1.0.0/node_modules/x/package.json", "x@1.0.0"),
        (Image, "usr/share/nodejs/x/package.json", "x@1.0.0"),
        (Image, "a/node_modules/resolve/test/x/package.json", ""),
        (Image, "a/node_modules/x/dist/esm/package.json", ""),
        (Image, "a/node_modules/package.json", ""),
        (Folder, "app/package.json", ""),
    ];
    for (place, path, expected) in rows {
        assert_eq!(summary(read_at(place, path, manifest.as_bytes())), expected, "{path}");
    }
    println!("{} paths", rows.len());
}

#[test]
fn a_manifest_that_tells_of_no_package_says_nothing() {
    for content in [
        r#"{"type": "module"}"#,
        "{}",
        r#"{"name": "x"}"#,
        r#"{"name": "", "version": "1"}"#,
        r#"{"name": ["x"], "version": {}}"#,
    ] {
        assert_eq!(in_image("app/package.json", content), [], "{content}");
    }
    assert!(matches!(&in_image("app/package.json", "not a package")[..], [Fact::Unreadable(_)]));
    assert_eq!(summary(in_image("n/node_modules/x/package.json", r#"{"version": "2.0.0"}"#)), "x@2.0.0");
    assert_eq!(summary(in_image("app/package.json", "\u{feff}{\"name\": \"x\", \"version\": \"1\"}")), "x@1");
}

#[test]
fn licences_are_stated_in_five_ways() {
    let rows = [
        (r#""license": "ISC""#, vec!["ISC"]),
        (r#""license": {"type": "ISC", "url": "x"}"#, vec!["ISC"]),
        (r#""licenses": [{"type": "MIT"}, {"type": "ISC"}]"#, vec!["MIT", "ISC"]),
        (r#""license": ["MIT", "ISC"]"#, vec!["MIT", "ISC"]),
        (r#""licenses": "MIT""#, vec!["MIT"]),
        (r#""license": null"#, vec![]),
        (r#""license": {"file": 1}"#, vec![]),
    ];
    for (field, expected) in &rows {
        let found = one(in_image("a/package.json", &format!(r#"{{"name": "x", "version": "1", {field}}}"#)));
        assert_eq!(&found.licenses, expected, "{field}");
        assert_eq!(found.license_files.is_empty(), !expected.is_empty(), "{field}");
    }
    println!("{} forms", rows.len());
    let found =
        one(in_image("a/package.json", r#"{"name": "x", "version": "1", "license": "SEE LICENSE IN ./TERMS.md"}"#));
    assert_eq!(
        (&found.licenses[..], &*found.license_files[0], &*found.license_files[1]),
        (&[][..], "a/TERMS.md", "a/LICENSE")
    );
}

#[test]
fn a_private_application_is_local_and_a_private_dependency_is_not() {
    let manifest = r#"{"name": "x", "version": "1", "private": true}"#;
    assert_eq!(summary(in_image("app/package.json", manifest)), "x@1!");
    assert_eq!(summary(in_image("app/node_modules/x/package.json", manifest)), "x@1");
}

#[test]
fn locks_of_npm_are_read_in_all_versions() {
    let one = r#"{"lockfileVersion": 1, "dependencies": {
        "a": {"version": "1.0.0", "integrity": "sha1-AAAA", "requires": {"b": "^2"}, "dependencies": {"b": {"version": "2.0.0", "dev": true}}},
        "alias": {"version": "npm:@s/real@3.0.0"}, "here": {"version": "file:../here"},
        "x/node_modules/@s/d": {"version": "4.0.0"}}}"#;
    assert_eq!(
        summary(in_folder("package-lock.json", one)),
        "a@1.0.0 b@2.0.0? here@file:../here! @s/d@4.0.0 @s/real@3.0.0"
    );
    let three = r#"{"name": "app", "lockfileVersion": 3, "packages": {
        "": {"name": "app", "version": "1.0.0"}, "packages/own": {"version": "0.1.0"},
        "node_modules/own": {"resolved": "packages/own", "link": true},
        "node_modules/@s/a": {"version": "1.0.0", "license": "MIT", "dependencies": {"b": "*"}, "optionalDependencies": {"c": "*"}},
        "node_modules/@s/a/node_modules/b": {"version": "2.0.0", "dev": true}, "node_modules/b": {"version": "2.0.0"},
        "node_modules/alias": {"name": "real", "version": "3.0.0"}}}"#;
    let facts = in_folder("web/npm-shrinkwrap.json", three);
    assert_eq!(summary(facts.clone()), "app@1.0.0 b@2.0.0 own@0.1.0! real@3.0.0 @s/a@1.0.0");
    let Some(Fact::Package(a)) = facts.last() else { panic!("{facts:?}") };
    assert_eq!((&a.needs[..], &a.licenses[..]), (&["b".to_owned(), "c".to_owned()][..], &["MIT".to_owned()][..]));
}

#[test]
fn locks_of_yarn_are_read_in_both_forms() {
    let classic = "# yarn lockfile v1\n\n\"@s/a@^1.0.0\", \"@s/a@^1.1.0\":\n  version \"1.1.0\"\n  resolved \"https://r/a.tgz#\
        da39a3ee5e6b4b0d3255bfef95601890afd80709\"\n  dependencies:\n    b \"^2\"\n\nalias@npm:real@^3:\n  version \"3.0.0\"\n\n\
        here@file:./here:\n  version \"0.0.0\"\n";
    let facts = in_folder("yarn.lock", classic);
    assert_eq!(summary(facts.clone()), "here@0.0.0! real@3.0.0 @s/a@1.1.0");
    let Some(Fact::Package(a)) = facts.last() else { panic!("{facts:?}") };
    assert_eq!((&a.needs[..], &*a.hashes[0]), (&["b".to_owned()][..], "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709"));
    let renamed = "# yarn lockfile v1\n\nx@^1:\n  version \"1.0.0\"\n  resolved \"https://r/api/npm/@s/real/-/real-1.0.1.tgz#00\"\n";
    assert_eq!(summary(in_folder("yarn.lock", renamed)), "@s/real@1.0.1");
    let berry = "__metadata:\n  version: 6\n\n\"@s/a@npm:^1.0\":\n  version: 1.10\n  resolution: \"@s/a@npm:1.10\"\n  dependencies:\n    b: ^2\n\
        \n\"own@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"own@workspace:.\"\n\n\"alias@npm:real@3\":\n  version: 3.0.0\n  \
        resolution: \"real@npm:3.0.0\"\n";
    assert_eq!(summary(in_folder("yarn.lock", berry)), "own@0.0.0-use.local! real@3.0.0 @s/a@1.10");
}

#[test]
fn locks_of_pnpm_are_read_in_three_versions() {
    let five = "lockfileVersion: 5.4\ndependencies:\n  '@s/a': 1.0.0_b@2.0.0\n  c: 3.0.0\n  own: link:own\npackages:\n  /@s/a/1.0.0_b@2.0.0:\n    resolution: {integrity: sha1-AAAA}\n    dependencies:\n      b: 2.0.0\n  \
        /b/2.0.0:\n    dev: true\n";
    assert_eq!(summary(in_folder("pnpm-lock.yaml", five)), "b@2.0.0? c@3.0.0 @s/a@1.0.0");
    let six = "lockfileVersion: '6.0'\npackages:\n  /@s/a@1.0.0(b@2.0.0):\n    resolution: {}\n  file:own:\n    resolution: {directory: own, type: directory}\n    \
        name: own\n    version: 0.1.0\n";
    assert_eq!(summary(in_folder("pnpm-lock.yaml", six)), "own@0.1.0! @s/a@1.0.0");
    let nine = "lockfileVersion: '9.0'\npackages:\n  pnpm@9.0.0:\n    resolution: {}\n---\nlockfileVersion: '9.0'\npackages:\n  '@s/a@1.0.0':\n    \
        resolution: {}\nsnapshots:\n  '@s/a@1.0.0(b@2.0.0)':\n    dependencies:\n      b: 2.0.0\n";
    let facts = in_folder("pnpm-lock.yaml", nine);
    assert_eq!(summary(facts.clone()), "pnpm@9.0.0 @s/a@1.0.0");
    assert!(facts.iter().any(|fact| matches!(fact, Fact::Package(a) if a.needs == ["b"])));
    assert!(
        matches!(&in_folder("pnpm-lock.yaml", "packages: {}")[..], [Fact::Unreadable(reason)] if reason.contains("lockfileVersion"))
    );
}

#[test]
fn locks_of_bun_are_read() {
    let lock = "{\n  \"lockfileVersion\": 1,\n  \"packages\": {\n    \"@s/a\": [\"@s/a@1.10\", \"\", { \"dependencies\": { \"b\": \"2\", }, }, \"sha512-AAAA\"],\n    \
        \"own\": [\"own@workspace:packages/own\"],\n  },\n}\n";
    let facts = in_folder("bun.lock", lock);
    assert_eq!(summary(facts.clone()), "own@workspace:packages/own! @s/a@1.10");
    assert!(matches!(&facts[1], Fact::Package(a) if a.needs == ["b"] && a.hashes == ["sha512:000000"]));
}

#[test]
fn what_lets_one_into_a_repository_stays_in_the_lock() {
    let bun = "{\"packages\": {\"x\": [\"x@git+https://u:TOKEN@g.example/x.git#abc\"]}}";
    assert_eq!(summary(in_folder("bun.lock", bun)), "x@git+https://g.example/x.git#abc");
    for (version, expected) in [
        ("git+ssh://git@g.example/x.git#abc", "x@git+ssh://git@g.example/x.git#abc"),
        ("https://g.example/x.tgz?ref=v1&private_token=TOKEN", "x@https://g.example/x.tgz?ref=v1"),
    ] {
        let npm = format!(r#"{{"dependencies": {{"x": {{"version": "{version}"}}}}}}"#);
        assert_eq!(summary(in_folder("package-lock.json", &npm)), expected);
    }
    let pnpm = "lockfileVersion: '9.0'\npackages:\n  'x@https://g.example/x.tgz?token=TOKEN':\n    resolution: {}\n";
    assert_eq!(summary(in_folder("pnpm-lock.yaml", pnpm)), "x@https://g.example/x.tgz");
}

#[test]
fn locks_count_in_folders_and_not_in_packages() {
    for (place, path) in
        [(Image, "app/yarn.lock"), (Folder, "node_modules/x/yarn.lock"), (Folder, "node_modules/x/package-lock.json")]
    {
        assert_eq!(read_at(place, path, b"a@1:\n  version \"1\"\n"), []);
    }
}

#[test]
fn the_peers_files_are_read() {
    count_shared(&[
        (Folder, "syft/cataloger/javascript/testdata/pkg-lock/package-lock.json", "package-lock.json", 12),
        (Folder, "syft/cataloger/javascript/testdata/yarn/yarn.lock", "yarn.lock", 9),
        (Folder, "syft/cataloger/javascript/testdata/yarn-berry/yarn.lock", "yarn.lock", 9),
        (Folder, "syft/cataloger/javascript/testdata/yarn-dups/yarn.lock", "yarn.lock", 5),
        (Folder, "syft/cataloger/javascript/testdata/pnpm-v6/pnpm-lock.yaml", "pnpm-lock.yaml", 10),
        (Folder, "syft/cataloger/javascript/testdata/pnpm-v9/pnpm-lock.yaml", "pnpm-lock.yaml", 4),
        (Folder, "syft/cataloger/javascript/testdata/pnpm-multi-doc/pnpm-lock.yaml", "pnpm-lock.yaml", 3),
        (Folder, "trivy/repo/bun/bun.lock", "bun.lock", 6),
        (Folder, "trivy/repo/npm/package-lock.json", "package-lock.json", 13),
        (Folder, "trivy/repo/pnpm/pnpm-lock.yaml", "pnpm-lock.yaml", 2),
        (Image, "syft/cataloger/javascript/testdata/pkg-json/package-authors-objects.json", "package.json", 1),
        (Image, "syft/cataloger/javascript/testdata/pkg-json/package-author-non-standard.json", "package.json", 1),
        (Image, "syft/cataloger/javascript/testdata/pkg-json/package-malformed-license.json", "package.json", 1),
        (Image, "syft/cataloger/javascript/testdata/pkg-json/package-nested-author.json", "package.json", 1),
        (Image, "syft/cataloger/javascript/testdata/pkg-json/package-repo-string.json", "package.json", 1),
        (Image, "syft/cataloger/javascript/testdata/pkg-json/package-partial.json", "package.json", 0),
    ]);
}
