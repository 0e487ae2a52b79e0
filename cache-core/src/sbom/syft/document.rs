//! The members of a Syft document that the model knows, and the words for kinds of packages.

use super::super::json::{List, object};
use super::super::text::Text;

object! {
    Document {
        artifacts: List<Artifact<'a>> = "artifacts",
        relationships: List<Relationship<'a>> = "artifactRelationships",
        files: List<File<'a>> = "files",
        source: Option<Source<'a>> = "source",
        distro: Option<Distro<'a>> = "distro",
        descriptor: Option<Descriptor<'a>> = "descriptor",
        schema: Option<Schema<'a>> = "schema",
    }
}

object! {
    /// Licences and CPE names are text or objects, as the version has it; they stay beside.
    Artifact {
        id: Text<'a> = "id",
        name: Text<'a> = "name",
        version: Text<'a> = "version",
        kind: Text<'a> = "type",
        purl: Text<'a> = "purl",
    }
}

object! {
    License {
        value: Text<'a> = "value",
        expression: Text<'a> = "spdxExpression",
        stage: Text<'a> = "type",
    }
}

object! {
    Cpe { name: Text<'a> = "cpe" }
}

object! {
    Relationship { parent: Text<'a> = "parent", child: Text<'a> = "child", kind: Text<'a> = "type" }
}

object! {
    File { id: Text<'a> = "id", location: Option<Location<'a>> = "location", digests: List<Digest<'a>> = "digests" }
}

object! {
    Location { path: Text<'a> = "path" }
}

object! {
    Digest { algorithm: Text<'a> = "algorithm", value: Text<'a> = "value" }
}

object! {
    /// What was looked at: `metadata` since schema 9, `target` before.
    Source {
        id: Text<'a> = "id",
        name: Text<'a> = "name",
        version: Text<'a> = "version",
        kind: Text<'a> = "type",
    }
}

object! {
    Image { manifest: Text<'a> = "manifestDigest", digests: List<Text<'a>> = "repoDigests", input: Text<'a> = "userInput" }
}

object! {
    Distro {
        id: Text<'a> = "id",
        name: Text<'a> = "name",
        pretty: Text<'a> = "prettyName",
        version: Text<'a> = "versionID",
        cpe: Text<'a> = "cpeName",
    }
}

object! {
    Descriptor { name: Text<'a> = "name", version: Text<'a> = "version" }
}

object! {
    Schema { version: Text<'a> = "version", url: Text<'a> = "url" }
}

/// The note of a package that stands for the source or the distribution of the document.
pub(super) const NOTED: &str = "@noted";
/// The notes that keep how licences and CPE names are written.
pub(super) const LICENSES: &str = "@licenses";
pub(super) const CPES: &str = "@cpes";

/// The types of purls, and what Syft calls the type and the language of such packages.
pub(super) const TYPES: &[(&str, &str, &str)] = &[
    ("alpm", "alpm", ""),
    ("apk", "apk", ""),
    ("bitnami", "bitnami", ""),
    ("cargo", "rust-crate", "rust"),
    ("cocoapods", "pod", "swift"),
    ("composer", "php-composer", "php"),
    ("conan", "conan", "c++"),
    ("conda", "conda", ""),
    ("cpan", "cpan", "perl"),
    ("cran", "R-package", "R"),
    ("deb", "deb", ""),
    ("gem", "gem", "ruby"),
    ("generic", "binary", ""),
    ("github", "github-action", ""),
    ("golang", "go-module", "go"),
    ("hackage", "hackage", "haskell"),
    ("hex", "hex", "elixir"),
    ("luarocks", "lua-rocks", "lua"),
    ("maven", "java-archive", "java"),
    ("npm", "npm", "javascript"),
    ("nuget", "dotnet", "dotnet"),
    ("opam", "opam", "ocaml"),
    ("otp", "erlang-otp", "erlang"),
    ("pub", "dart-pub", "dart"),
    ("pypi", "python", "python"),
    ("rpm", "rpm", ""),
    ("swift", "swift", "swift"),
    ("vcpkg", "vcpkg", "c++"),
];
