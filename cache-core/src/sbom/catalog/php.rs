//! Packages of Composer: what is installed (`vendor/composer/installed.json`, of Composer 1 a list and of Composer 2 an
//! object) and `composer.lock` (getcomposer.org, schema).

use std::collections::HashSet;

use serde::Deserialize;

use super::lenient::{self, Loose};
use super::text_file::{Parsed, TextFile, distinct, json};
use super::{FileInfo, Found, Place};

pub(super) const CATALOGERS: [TextFile; 2] = [
    TextFile { name: "composer-installed", wants: |file| file.file_name() == "installed.json", parse: installed },
    TextFile {
        name: "composer-lock",
        wants: |file| file.place == Place::Folder && file.file_name() == "composer.lock",
        parse: lock,
    },
];

#[derive(Deserialize, Default)]
#[serde(default)]
struct Package {
    #[serde(deserialize_with = "lenient::text")]
    name: String,
    #[serde(deserialize_with = "lenient::text")]
    version: String,
    #[serde(deserialize_with = "lenient::text")]
    description: String,
    #[serde(deserialize_with = "lenient::text")]
    homepage: String,
    license: Loose,
    authors: Loose,
    require: Loose,
    dist: Loose,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Installed {
    Two(Two),
    One(Vec<Package>),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Two {
    packages: Vec<Package>,
    #[serde(default)]
    dev_package_names: Loose,
}

fn installed(_: &FileInfo<'_>, text: &str) -> Parsed {
    // Other programs have files of this name.
    if !text.contains("\"packages\"") && !text.contains("\"version_normalized\"") {
        return Ok(Vec::new());
    }
    let (packages, dev) = match json(text)? {
        Installed::Two(two) => (two.packages, two.dev_package_names.into_names().into_iter().collect()),
        Installed::One(packages) => (packages, HashSet::new()),
    };
    Ok(distinct(packages.into_iter().filter_map(|package| {
        let of_dev = dev.contains(&package.name);
        found(package, of_dev)
    })))
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Lock {
    #[serde(default)]
    packages: Option<Vec<Package>>,
    #[serde(default)]
    packages_dev: Option<Vec<Package>>,
}

fn lock(_: &FileInfo<'_>, text: &str) -> Parsed {
    let lock: Lock = json(text)?;
    let runtime = lock.packages.into_iter().flatten().filter_map(|package| found(package, false));
    let dev = lock.packages_dev.into_iter().flatten().filter_map(|package| found(package, true));
    Ok(distinct(runtime.chain(dev)))
}

fn found(package: Package, dev: bool) -> Option<Found> {
    if package.name.is_empty() {
        return None;
    }
    let (namespace, name) = package.name.split_once('/').unwrap_or(("", &package.name));
    let people = package.authors.into_items().into_iter().map(|person| match person.get("email") {
        "" => person.get("name").to_owned(),
        email => format!("{} <{email}>", person.get("name")),
    });
    // PHP itself and its extensions have no slash.
    let mut needs = package.require.into_names();
    needs.retain(|name| name.contains('/'));
    let mut found = Found {
        kind: "composer".into(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        version: package.version,
        local: package.dist.get("type") == "path",
        // Of several any one may be chosen.
        licenses: match package.license.into_texts("name") {
            licenses if licenses.len() > 1 => vec![format!("({})", licenses.join(" OR "))],
            licenses => licenses,
        },
        author: people.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", "),
        description: package.description,
        homepage: package.homepage,
        needs,
        ..Found::default()
    };
    if dev {
        found.properties.insert("scope".into(), "dev".into());
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::super::Place::{Folder, Image};
    use crate::sbom::catalog::Fact;
    use crate::sbom::catalog::languages::testing::{count_shared, in_folder, in_image, summary};

    #[test]
    fn both_forms_of_what_is_installed_are_read() {
        let one = r#"[{"name": "acme/tool", "version": "v1.0", "version_normalized": "1.0.0.0", "license": ["MIT", "GPL-2.0-only"],
            "require": {"php": ">=8", "acme/x": "*"}, "authors": [{"name": "A", "email": "a@acme.example"}]}]"#;
        let facts = in_image("app/vendor/composer/installed.json", one);
        let Some(Fact::Package(tool)) = facts.first() else { panic!("{facts:?}") };
        assert_eq!(
            (&*tool.namespace, &*tool.name, &*tool.version, &*tool.author),
            ("acme", "tool", "v1.0", "A <a@acme.example>")
        );
        assert_eq!((&*tool.licenses[0], &tool.needs[..]), ("(MIT OR GPL-2.0-only)", &["acme/x".to_owned()][..]));
        let two = r#"{"packages": [{"name": "acme/tool", "version": "1", "require": []}, {"name": "acme/own", "version": "dev-main", "dist": {"type": "path"}},
            {"name": "acme/test", "version": "2"}], "dev": true, "dev-package-names": ["acme/test"]}"#;
        assert_eq!(summary(in_image("installed.json", two)), "acme/own@dev-main! acme/test@2? acme/tool@1");
        assert_eq!(in_image("installed.json", r#"{"apps": []}"#), []);
        assert!(matches!(&in_image("installed.json", r#"{"packages": 1}"#)[..], [Fact::Unreadable(_)]));
    }

    #[test]
    fn a_lock_tells_what_development_needs() {
        let lock =
            r#"{"packages": [{"name": "a/b", "version": "1"}], "packages-dev": [{"name": "c/d", "version": "2"}]}"#;
        assert_eq!(summary(in_folder("composer.lock", lock)), "a/b@1 c/d@2?");
    }

    #[test]
    fn the_peers_files_are_read() {
        count_shared(&[
            (Image, "syft/cataloger/php/testdata/vendor/composer_1/installed.json", "installed.json", 2),
            (Image, "syft/cataloger/php/testdata/vendor/composer_2/installed.json", "installed.json", 2),
            (Folder, "syft/cataloger/php/testdata/composer.lock", "composer.lock", 4),
            (Folder, "trivy/repo/composer/composer.lock", "composer.lock", 2),
        ]);
    }
}
