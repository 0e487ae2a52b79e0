use crate::sbom::catalog::Fact;
use crate::sbom::catalog::Place::{Folder, Image};
use crate::sbom::catalog::languages::testing::{count_shared, in_folder, in_image, one, summary};

#[test]
fn metadata_says_what_is_installed() {
    let metadata = "Metadata-Version: 2.1\nName: Acme_Tool\nVersion: 1.2.3\nSummary: cuts\nAuthor: A\nAuthor-email: a@acme.example\n\
        License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\nRequires-Dist: Requests_X[socks] (>=2) ; python_version > '3'\n\
        Requires-Dist: sphinx ; extra == 'docs'\nProject-URL: Homepage, https://acme.example\n\nName: not this\n";
    let found = one(in_image("usr/lib/python3/dist-packages/Acme_Tool-1.2.3.dist-info/METADATA", metadata));
    assert_eq!((&*found.kind, &*found.name, &*found.version), ("pypi", "Acme_Tool", "1.2.3"));
    assert_eq!(
        (&found.licenses[..], &found.needs[..]),
        (&["MIT License".to_owned()][..], &["requests-x".to_owned()][..])
    );
    assert_eq!((&*found.author, &*found.homepage), ("A <a@acme.example>", "https://acme.example"));
    assert_eq!(found.provides, ["acme-tool"]);
    assert_eq!(found.file_lists[0], "usr/lib/python3/dist-packages/Acme_Tool-1.2.3.dist-info/RECORD");
    assert_eq!(found.origin_file, "usr/lib/python3/dist-packages/Acme_Tool-1.2.3.dist-info/direct_url.json");
}

#[test]
fn metadata_lies_in_five_places() {
    let metadata = "Name: x\nVersion: 1\n";
    let rows = [
        ("s/x-1.dist-info/METADATA", "x@1"),
        ("s/x-1.egg-info/PKG-INFO", "x@1"),
        ("s/x-1-py3.egg/EGG-INFO/PKG-INFO", "x@1"),
        ("s/x-1.DIST-INFO/METADATA", "x@1"),
        ("s/x-1.egg-info", "x@1"),
        ("s/x-1/PKG-INFO", ""),
        ("s/METADATA", ""),
        ("s/x-1.dist-info/PKG-INFO", ""),
    ];
    for (path, expected) in rows {
        assert_eq!(summary(in_image(path, metadata)), expected, "{path}");
    }
    println!("{} places", rows.len());
}

#[test]
fn what_is_no_metadata_is_no_package() {
    for content in
        ["", "\n\n", "just text", "Version: 1", "Name: \nVersion: 1", "Name: Python\nVersion: 2.7", " Name: x"]
    {
        let facts = in_image("s/x-1.dist-info/METADATA", content);
        assert_eq!(summary(facts), if content == " Name: x" { "x@" } else { "" }, "{content}");
    }
}

#[test]
fn licences_are_stated_in_four_ways() {
    let text = "Permission is hereby granted, free of charge, to any person obtaining a copy\n  of this software and associated documentation \
        files (the \"Software\"), to deal\n  in the Software without restriction. The above copyright notice and this permission notice\n";
    let rows = [
        ("License-Expression: MIT OR ISC\nLicense: old\n".to_owned(), vec!["MIT OR ISC"]),
        ("License: BSD\nClassifier: License :: OSI Approved :: BSD License\n".to_owned(), vec!["BSD"]),
        (format!("License: {text}"), vec!["MIT"]),
        (
            "License: Terms\n  of our own\nClassifier: License :: Other/Proprietary License\n".to_owned(),
            vec!["Other/Proprietary License"],
        ),
        ("Classifier: License :: OSI Approved\n".to_owned(), vec![]),
    ];
    for (field, expected) in &rows {
        let found = one(in_image("s/x-1.dist-info/METADATA", &format!("Name: x\nVersion: 1\n{field}")));
        assert_eq!(&found.licenses, expected, "{field}");
    }
    println!("{} ways", rows.len());
}

#[test]
fn a_licence_that_is_not_stated_is_looked_up_beside_the_metadata() {
    let found = one(in_image("s/x-1.dist-info/METADATA", "Name: x\nVersion: 1.0\nLicense-File: LICENSE.APACHE\n"));
    let at = |file: &str| found.license_files.iter().position(|path| path == file);
    assert_eq!(
        (at("s/x-1.dist-info/licenses/LICENSE.APACHE"), at("s/x-1.dist-info/LICENSE.APACHE")),
        (Some(0), Some(1))
    );
    assert!(at("s/x-1.dist-info/licenses/LICENSE").is_some() && at("s/x-1.dist-info/LICENSE.txt").is_some());
    let text = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation \
        files (the \"Software\"), to deal in the Software without restriction. The above copyright notice and this permission notice";
    assert_eq!(in_image("s/x-1.dist-info/licenses/LICENSE", text), [Fact::Licenses(vec!["MIT".into()])]);
}

#[test]
fn files_are_listed_in_three_ways() {
    let files = |path: &str, content: &str| match &in_image(path, content)[..] {
        [Fact::Files(files)] => files.join(" "),
        other => panic!("{other:?}"),
    };
    let record = "x/__init__.py,sha256=abc,10\n../../../bin/x,,\n/etc/x,,\n\"x/a,\"\"b\"\".py\",,\nbroken\n\"open\n../../../../../../out,,\n";
    let expected = "usr/lib/p/s/x/__init__.py usr/bin/x etc/x usr/lib/p/s/x/a,\"b\".py usr/lib/p/s/broken";
    assert_eq!(files("usr/lib/p/s/x-1.dist-info/RECORD", record), expected);
    assert_eq!(
        files("s/x.egg-info/installed-files.txt", "../x/__init__.py\nPKG-INFO\n"),
        "s/x/__init__.py s/x.egg-info/PKG-INFO"
    );
    assert_eq!(files("s/x.egg-info/top_level.txt", "x\n"), "s/x/__init__.py s/x.py");
}

#[test]
fn what_was_fetched_from_elsewhere_says_whence() {
    let origin = |content: &str| match in_image("s/x.dist-info/direct_url.json", content).pop() {
        Some(Fact::Origin(qualifiers)) => qualifiers.into_iter().map(|(key, value)| format!("{key}={value}")).collect(),
        Some(other) => panic!("{other:?}"),
        None => String::new(),
    };
    let git = r#"{"url": "https://g.example/x", "vcs_info": {"vcs": "git", "commit_id": "abc"}}"#;
    assert_eq!(origin(git), "vcs_url=git+https://g.example/x@abc");
    assert_eq!(
        origin(r#"{"url": "https://g.example/x.whl", "archive_info": {}}"#),
        "download_url=https://g.example/x.whl"
    );
    assert_eq!(origin(r#"{"url": "file:///src", "dir_info": {"editable": true}}"#), "");
}

#[test]
fn what_lets_one_into_a_repository_is_said_by_no_file() {
    let url = |path: &str, content: &str| match in_folder(path, content).pop() {
        Some(Fact::Package(found)) => found.qualifiers["vcs_url"].clone(),
        Some(Fact::Origin(qualifiers)) => qualifiers.into_values().collect::<String>(),
        other => panic!("{path}: {other:?}"),
    };
    let poetry = "[[package]]\nname = \"a\"\nversion = \"1\"\n[package.source]\ntype = \"git\"\nurl = \"https://oauth2:TOKEN@g.example/a\"\nreference = \"abc\"\n";
    let uv = "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { git = \"https://TOKEN@g.example/a?rev=x#abc\" }\n";
    let pipfile = r#"{"default": {"a": {"git": "https://u:TOKEN@g.example/a?private_token=TOKEN", "ref": "abc"}}}"#;
    let direct = r#"{"url": "https://u:TOKEN@g.example/a", "vcs_info": {"vcs": "git", "commit_id": "abc"}}"#;
    let files = [
        ("poetry.lock", poetry),
        ("uv.lock", uv),
        ("Pipfile.lock", pipfile),
        ("s/a.dist-info/direct_url.json", direct),
    ];
    for (path, content) in files {
        assert_eq!(url(path, content), "git+https://g.example/a@abc", "{path}");
    }
    let archive =
        r#"{"url": "https://u:TOKEN@g.example/a.whl?X-Amz-Date=1&X-Amz-Signature=TOKEN", "archive_info": {}}"#;
    assert_eq!(url("s/a.dist-info/direct_url.json", archive), "https://g.example/a.whl");
}

#[test]
fn only_pinned_requirements_count() {
    let requirements = "# comment\nflask==2.0\nDjango[argon2] == 4.2 ; python_version > '3' --hash=sha256:ab\nloose>=1\nwild==2.*\ntwo==1,!=2\n\
        exact===1.0+local\nepoch==1!2.0 # why\n-r other.txt\n--index-url https://i.example\n-e git+https://g.example/x\nurl @ https://u.example\n\
        long==\\\n3.0 \\\n --hash=sha256:cd\nbracket (==5)\n";
    let expected = "Django@4.2 bracket@5 epoch@1!2.0 exact@1.0+local flask@2.0 long@3.0";
    assert_eq!(summary(in_folder("dev-requirements.txt", requirements)), expected);
}

#[test]
fn lock_files_are_read() {
    let poetry = "[[package]]\nname = \"a\"\nversion = \"1\"\n[package.dependencies]\nb = {version = \"*\", optional = true}\n\
        [[package]]\nname = \"b\"\nversion = \"2\"\ngroups = [\"dev\"]\n[[package]]\nname = \"own\"\nversion = \"0\"\n[package.source]\ntype = \"directory\"\nurl = \"o\"\n";
    let facts = in_folder("poetry.lock", poetry);
    assert_eq!(summary(facts.clone()), "a@1 b@2? own@0!");
    assert!(matches!(&facts[0], Fact::Package(a) if a.needs == ["b"]));
    let uv = "version = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { registry = \"https://i.example\" }\ndependencies = [{ name = \"b\" }]\n\
        [[package]]\nname = \"b\"\nversion = \"2\"\nsource = { git = \"https://g.example/b?rev=x#abc\" }\n[[package]]\nname = \"own\"\nsource = { virtual = \".\" }\n";
    let facts = in_folder("tool.py.lock", uv);
    assert_eq!(summary(facts.clone()), "a@1 b@2 own@!");
    assert!(matches!(&facts[1], Fact::Package(b) if b.qualifiers["vcs_url"] == "git+https://g.example/b@abc"));
    let pipfile = r#"{"default": {"a": {"version": "==1"}, "g": {"git": "https://g.example/g", "ref": "abc"}}, "develop": {"a": {"version": "==1"}, "d": {"version": "==2"}}}"#;
    assert_eq!(summary(in_folder("Pipfile.lock", pipfile)), "a@1 d@2? g@");
    let pdm = "[[package]]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"b>=1; python_version > '3'\"]\n[[package]]\nname = \"a\"\nversion = \"1\"\nextras = [\"x\"]\n\
        [[package]]\nname = \"own\"\nversion = \"0\"\npath = \"./own\"\n";
    assert_eq!(summary(in_folder("pdm.lock", pdm)), "a@1 own@0!");
    let common = "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\n[[packages]]\nname = \"own\"\n[packages.directory]\npath = \".\"\n";
    assert_eq!(summary(in_folder("pylock.dev.toml", common)), "a@1 own@!");
}

#[test]
fn the_peers_files_are_read() {
    count_shared(&[
        (
            Image,
            "syft/cataloger/python/testdata/site-packages/nested/dist-name/dist-info/METADATA",
            "s/dist-info/METADATA",
            1,
        ),
        (
            Image,
            "syft/cataloger/python/testdata/site-packages/uppercase/egg-name/EGG-INFO/PKG-INFO",
            "s/EGG-INFO/PKG-INFO",
            1,
        ),
        (Image, "syft/cataloger/python/testdata/site-packages/test/test.egg-info", "s/test.egg-info", 1),
        (Image, "syft/cataloger/python/testdata/Python-2.7.egg-info", "s/Python-2.7.egg-info", 0),
        (Folder, "syft/cataloger/python/testdata/requires/requirements.txt", "requirements.txt", 11),
        (Folder, "syft/cataloger/python/testdata/poetry/nested-extras/poetry.lock", "poetry.lock", 39),
        (Folder, "syft/cataloger/python/testdata/uv/nested-extras/uv.lock", "uv.lock", 42),
        (Folder, "syft/cataloger/python/testdata/pdm-lock/pdm.lock", "pdm.lock", 10),
        (Folder, "syft/cataloger/python/testdata/pdm-lock-separate-files/pdm.lock", "pdm.lock", 57),
        (Folder, "syft/cataloger/python/testdata/pipfile-lock/Pipfile.lock", "Pipfile.lock", 6),
        (Folder, "trivy/repo/pip/requirements.txt", "requirements.txt", 7),
        (Folder, "trivy/repo/pylock/pylock.toml", "pylock.toml", 3),
    ]);
}
