//! The members of a CycloneDX document that the model knows (CycloneDX specification, `bom-1.7.schema.json`).

use super::super::Kind;
use super::super::json::{List, object};
use super::super::text::Text;

object! {
    /// As it is read, or as it is written.
    Bom<C> {
        format: Text<'a> = "bomFormat",
        version: Text<'a> = "specVersion",
        serial: Text<'a> = "serialNumber",
        metadata: Option<Metadata<'a>> = "metadata",
        components: C = "components",
        dependencies: List<Dependency<'a>> = "dependencies",
    }
}

object! {
    Metadata { timestamp: Text<'a> = "timestamp", component: Option<Box<Component<'a>>> = "component" }
}

object! {
    Component {
        kind: Text<'a> = "type",
        id: Text<'a> = "bom-ref",
        group: Text<'a> = "group",
        name: Text<'a> = "name",
        version: Text<'a> = "version",
        supplier: Option<Organization<'a>> = "supplier",
        author: Text<'a> = "author",
        description: Text<'a> = "description",
        copyright: Text<'a> = "copyright",
        cpe: Text<'a> = "cpe",
        purl: Text<'a> = "purl",
        hashes: List<Hash<'a>> = "hashes",
        licenses: List<Choice<'a>> = "licenses",
        properties: List<Property<'a>> = "properties",
        components: List<Component<'a>> = "components",
    }
}

object! {
    /// Someone with a name; what else is said of them is kept beside.
    Organization { name: Text<'a> = "name" }
}

object! {
    Hash { algorithm: Text<'a> = "alg", value: Text<'a> = "content" }
}

object! {
    /// An expression, or one licence by id or by name.
    Choice {
        expression: Text<'a> = "expression",
        license: Option<License<'a>> = "license",
        acknowledgement: Text<'a> = "acknowledgement",
    }
}

object! {
    License { id: Text<'a> = "id", name: Text<'a> = "name", acknowledgement: Text<'a> = "acknowledgement" }
}

object! {
    Property { name: Text<'a> = "name", value: Text<'a> = "value" }
}

object! {
    Dependency { id: Text<'a> = "ref", needs: List<Text<'a>> = "dependsOn" }
}

/// The types of components.
pub(super) const KINDS: &[(&str, Kind)] = &[
    ("library", Kind::Library),
    ("application", Kind::Application),
    ("framework", Kind::Framework),
    ("container", Kind::Container),
    ("platform", Kind::Platform),
    ("operating-system", Kind::OperatingSystem),
    ("device", Kind::Device),
    ("device-driver", Kind::DeviceDriver),
    ("firmware", Kind::Firmware),
    ("file", Kind::File),
    ("machine-learning-model", Kind::Model),
    ("data", Kind::Data),
    ("cryptographic-asset", Kind::CryptographicAsset),
];

/// The mark of a relationship that is a component within a component.
pub(super) const NESTED: &str = "@components";
/// Begins the id of a component that the document gives none.
pub(super) const UNNAMED: &str = "cache:component-";
