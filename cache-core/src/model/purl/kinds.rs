//! What the types of purl ask of a name: the type definitions of the purl specification, as a table.

/// Whether a type has namespaces.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespace {
    Required,
    Optional,
    Prohibited,
}

/// The rules of one type. Where a letter's case does not matter, the canonical form is in lower case.
pub(super) struct Rules {
    pub(super) kind: &'static str,
    pub(super) namespace: Namespace,
    pub(super) lower_namespace: bool,
    pub(super) lower_name: bool,
    pub(super) lower_version: bool,
    /// The qualifiers that the type defines. Their keys are written in lower case; those of the general qualifiers are read
    /// in any.
    pub(super) keys: &'static [&'static str],
    /// The qualifier that names one package only together with the name.
    pub(super) required_key: Option<&'static str>,
}

use Namespace::{Optional, Prohibited, Required};

/// `letters` says where case does not matter: in the namespace (`s`), the name (`n`), the version (`v`).
const fn rules(
    kind: &'static str,
    namespace: Namespace,
    letters: &'static str,
    keys: &'static [&'static str],
) -> Rules {
    Rules {
        kind,
        namespace,
        lower_namespace: has(letters, b's'),
        lower_name: has(letters, b'n'),
        lower_version: has(letters, b'v'),
        keys,
        required_key: None,
    }
}

const fn needing(key: &'static str, rules: Rules) -> Rules {
    Rules { required_key: Some(key), ..rules }
}

const fn has(letters: &str, wanted: u8) -> bool {
    let mut rest = letters.as_bytes();
    while let [first, more @ ..] = rest {
        if *first == wanted {
            return true;
        }
        rest = more;
    }
    false
}

static RULES: &[Rules] = &[
    rules("alpm", Required, "sn", &["arch"]),
    rules("apk", Required, "sn", &["arch"]),
    rules("bazel", Prohibited, "", &["repository_url"]),
    rules("bitbucket", Required, "sn", &[]),
    rules("bitnami", Prohibited, "n", &["arch", "distro"]),
    rules("brew", Optional, "sn", &["repository_url"]),
    rules("cargo", Prohibited, "", &[]),
    rules("chrome-extension", Prohibited, "n", &[]),
    rules("cocoapods", Prohibited, "", &[]),
    rules("composer", Required, "sn", &[]),
    rules("conan", Optional, "", &["user", "channel", "rrev", "prev"]),
    rules("conda", Prohibited, "", &["build", "channel", "subdir", "type"]),
    rules("cpan", Optional, "", &["author", "distpath", "repository_url", "download_url", "vcs_url", "ext"]),
    rules("cran", Prohibited, "", &[]),
    rules("deb", Required, "sn", &["arch"]),
    rules("docker", Optional, "", &[]),
    rules("gem", Prohibited, "", &["platform"]),
    rules("generic", Optional, "", &["download_url", "checksum"]),
    rules("git", Required, "", &[]),
    rules("github", Required, "sn", &[]),
    rules("golang", Required, "", &[]),
    rules("hackage", Prohibited, "", &[]),
    rules("hex", Optional, "sn", &[]),
    rules("huggingface", Required, "v", &[]),
    needing("uuid", rules("julia", Prohibited, "", &["uuid"])),
    rules("luarocks", Optional, "sn", &["repository_url"]),
    rules("maven", Required, "", &["classifier", "type"]),
    rules("mlflow", Prohibited, "", &["model_uuid", "run_id"]),
    rules("npm", Optional, "", &[]),
    rules("nuget", Prohibited, "", &[]),
    rules("oci", Prohibited, "nv", &["arch", "repository_url", "tag"]),
    rules("opam", Prohibited, "", &[]),
    rules("otp", Prohibited, "n", &["repository_url", "platform", "arch"]),
    rules("pub", Prohibited, "n", &[]),
    rules("pypi", Prohibited, "nv", &["file_name"]),
    rules("qpkg", Required, "s", &[]),
    rules("rpm", Required, "s", &["epoch", "arch"]),
    needing(
        "tag_id",
        rules("swid", Optional, "", &["tag_id", "tag_version", "patch", "tag_creator_name", "tag_creator_regid"]),
    ),
    rules("swift", Required, "", &[]),
    rules("vcpkg", Prohibited, "", &["port_version", "repository_revision", "triplet"]),
    rules("vscode-extension", Required, "snv", &["platform"]),
    rules("yocto", Optional, "s", &["repository_url", "layer_version"]),
];

/// A type that the specification does not know.
static OTHER: Rules = rules("", Optional, "", &[]);

/// The rules of a type; `kind` is in lower case.
pub(super) fn of(kind: &str) -> &'static Rules {
    let found = RULES.binary_search_by(|rules| rules.kind.cmp(kind));
    found.ok().and_then(|at| RULES.get(at)).unwrap_or(&OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(RULES.is_sorted_by(|a, b| a.kind < b.kind));
        assert!(RULES.iter().all(|rules| std::ptr::eq(of(rules.kind), rules)));
    }

    /// The definitions themselves, where they are there.
    #[test]
    fn the_table_says_what_the_definitions_say() {
        let Some(folder) = crate::document::shared_data("sbom/purl/types") else {
            return;
        };
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let definition = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let definition: serde_json::Value = serde_json::from_str(&definition).unwrap();
            let kind = definition["type"].as_str().unwrap();
            let rules = of(kind);
            assert_eq!(rules.kind, kind);
            let lower = |part: &str| definition[part]["case_sensitive"] == false;
            assert_eq!(rules.lower_namespace, lower("namespace_definition"), "{kind}");
            assert_eq!(rules.lower_name, lower("name_definition"), "{kind}");
            assert_eq!(rules.lower_version, lower("version_definition"), "{kind}");
            let namespace = match definition["namespace_definition"]["requirement"].as_str() {
                Some("required") => Required,
                Some("prohibited") => Prohibited,
                _ => Optional,
            };
            assert!(rules.namespace == namespace, "{kind}");
            let qualifiers = definition["qualifiers_definition"].as_array();
            for qualifier in qualifiers.into_iter().flatten() {
                assert!(rules.keys.contains(&qualifier["key"].as_str().unwrap()), "{kind}: {qualifier}");
                assert_eq!(qualifier["requirement"] == "required", rules.required_key == qualifier["key"].as_str());
            }
            assert_eq!(rules.keys.len(), qualifiers.map_or(0, Vec::len), "{kind}");
            seen += 1;
        }
        println!("{seen} definitions of {} are as in the table", RULES.len());
        assert_eq!(seen, RULES.len());
    }
}
