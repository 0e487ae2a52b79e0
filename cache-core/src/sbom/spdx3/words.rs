//! The vocabularies of SPDX 3, and what SPDX 2 calls the same (SPDX 3.0.1 specification, `RelationshipType`,
//! `SoftwarePurpose`, `HashAlgorithm`).

use super::super::Kind;
use super::super::bom::Relation;
use super::super::text::Text;

/// A relationship of SPDX 2, the one of SPDX 3 that says the same, whether the two elements change places for that, and in
/// which part of the life cycle it holds.
type Pair = (&'static str, &'static str, bool, &'static str);

pub(super) const RELATIONS: &[Pair] = &[
    ("DESCRIBES", "describes", false, ""),
    ("CONTAINS", "contains", false, ""),
    ("DEPENDS_ON", "dependsOn", false, ""),
    ("AMENDS", "amendedBy", true, ""),
    ("ANCESTOR_OF", "ancestorOf", false, ""),
    ("BUILD_DEPENDENCY_OF", "dependsOn", true, "build"),
    ("BUILD_TOOL_OF", "usesTool", true, "build"),
    ("CONTAINED_BY", "contains", true, ""),
    ("COPY_OF", "copiedTo", true, ""),
    ("DATA_FILE_OF", "hasDataFile", true, ""),
    ("DEPENDENCY_MANIFEST_OF", "hasDependencyManifest", true, ""),
    ("DEPENDENCY_OF", "dependsOn", true, ""),
    ("DESCENDANT_OF", "descendantOf", false, ""),
    ("DESCRIBED_BY", "describes", true, ""),
    ("DEV_DEPENDENCY_OF", "dependsOn", true, "development"),
    ("DEV_TOOL_OF", "usesTool", true, "development"),
    ("DISTRIBUTION_ARTIFACT", "hasDistributionArtifact", false, ""),
    ("DOCUMENTATION_OF", "hasDocumentation", true, ""),
    ("DYNAMIC_LINK", "hasDynamicLink", false, ""),
    ("EXAMPLE_OF", "hasExample", true, ""),
    ("EXPANDED_FROM_ARCHIVE", "expandsTo", true, ""),
    ("FILE_ADDED", "hasAddedFile", true, ""),
    ("FILE_DELETED", "hasDeletedFile", true, ""),
    ("FILE_MODIFIED", "modifiedBy", true, ""),
    ("GENERATED_FROM", "generates", true, ""),
    ("GENERATES", "generates", false, ""),
    ("HAS_PREREQUISITE", "hasPrerequisite", false, ""),
    ("METAFILE_OF", "hasMetadata", true, ""),
    ("OPTIONAL_COMPONENT_OF", "hasOptionalComponent", true, ""),
    ("OPTIONAL_DEPENDENCY_OF", "hasOptionalDependency", true, ""),
    ("OTHER", "other", false, ""),
    ("PACKAGE_OF", "packagedBy", true, ""),
    ("PATCH_APPLIED", "patchedBy", true, ""),
    ("PATCH_FOR", "patchedBy", true, ""),
    ("PREREQUISITE_FOR", "hasPrerequisite", true, ""),
    ("PROVIDED_DEPENDENCY_OF", "hasProvidedDependency", true, ""),
    ("REQUIREMENT_DESCRIPTION_FOR", "hasRequirement", true, ""),
    ("RUNTIME_DEPENDENCY_OF", "dependsOn", true, "runtime"),
    ("SPECIFICATION_FOR", "hasSpecification", true, ""),
    ("STATIC_LINK", "hasStaticLink", false, ""),
    ("TEST_CASE_OF", "hasTestCase", true, ""),
    ("TEST_DEPENDENCY_OF", "dependsOn", true, "test"),
    ("TEST_OF", "hasTest", true, ""),
    ("TEST_TOOL_OF", "usesTool", true, "test"),
    ("VARIANT_OF", "hasVariant", true, ""),
];

/// What the model calls a relationship of SPDX 3: the word of SPDX 2 that is read in the same direction, or its own in the
/// manner of SPDX 2 (`HAS_TEST_CASE`).
pub(super) fn relation<'a>(word: &str) -> Relation<'a> {
    match word {
        "describes" => Relation::Describes,
        "contains" => Relation::Contains,
        "dependsOn" => Relation::DependsOn,
        _ => match RELATIONS.iter().find(|(_, three, turned, _)| word == *three && !turned) {
            Some((two, ..)) => Relation::Other((*two).into()),
            None => Relation::Other(snake(word).into()),
        },
    }
}

/// What SPDX 3 calls a relationship of the model.
pub(super) struct Three {
    pub(super) word: Text<'static>,
    /// Whether the two elements change places.
    pub(super) turned: bool,
    /// The part of the life cycle, or nothing.
    pub(super) scope: &'static str,
    /// Whether it is known to be a word of SPDX 3.
    pub(super) known: bool,
}

/// The word of SPDX 3 for one of the model.
pub(super) fn three(relation: &Relation<'_>) -> Three {
    match RELATIONS.iter().find(|(two, ..)| relation.word() == *two) {
        Some((_, word, turned, scope)) => Three { word: (*word).into(), turned: *turned, scope, known: true },
        None => Three { word: camel(relation.word()).into(), turned: false, scope: "", known: false },
    }
}

/// The word of SPDX 2 for one that a document of SPDX 3 had, with its scope, and whether the two elements change places.
pub(in crate::sbom) fn two(relation: &Relation<'_>, scope: &str) -> Option<(&'static str, bool)> {
    let word = three(relation).word;
    let find = |scope: &str| {
        let mut of = RELATIONS.iter().filter(|(_, three, _, when)| word == *three && *when == scope);
        of.clone().find(|(_, _, turned, _)| !turned).or_else(|| of.next()).map(|(two, _, turned, _)| (*two, *turned))
    };
    find(scope).or_else(|| find(""))
}

/// `hasTestCase` as `HAS_TEST_CASE`.
fn snake(word: &str) -> String {
    let mut snake = String::with_capacity(word.len() + 4);
    for c in word.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_uppercase());
    }
    snake
}

/// `HAS_TEST_CASE` as `hasTestCase`.
fn camel(word: &str) -> String {
    let mut camel = String::with_capacity(word.len());
    let mut begins = false;
    for c in word.chars() {
        match c {
            '_' => begins = true,
            c if begins => {
                camel.push(c.to_ascii_uppercase());
                begins = false;
            }
            c => camel.push(c.to_ascii_lowercase()),
        }
    }
    camel
}

/// The purposes of software that the model knows.
pub(super) const PURPOSES: &[(&str, Kind)] = &[
    ("library", Kind::Library),
    ("application", Kind::Application),
    ("archive", Kind::Archive),
    ("container", Kind::Container),
    ("data", Kind::Data),
    ("device", Kind::Device),
    ("deviceDriver", Kind::DeviceDriver),
    ("file", Kind::File),
    ("firmware", Kind::Firmware),
    ("framework", Kind::Framework),
    ("install", Kind::Install),
    ("model", Kind::Model),
    ("operatingSystem", Kind::OperatingSystem),
    ("platform", Kind::Platform),
    ("source", Kind::Source),
    ("other", Kind::Other),
];

/// The class of packages that are nothing in particular.
pub(super) const PACKAGE: &str = "software_Package";
/// The member for the purpose of software.
pub(in crate::sbom) const PURPOSE: &str = "software_primaryPurpose";
/// The note of another class.
pub(super) const CLASS: &str = "class";

/// The classes of packages, and what they are where they state no purpose.
pub(super) const PACKAGES: &[(&str, Kind)] =
    &[(PACKAGE, Kind::Library), ("ai_AIPackage", Kind::Model), ("dataset_DatasetPackage", Kind::Data)];

/// Members that SPDX 2 has under another name with the same text.
pub(in crate::sbom) const MEMBERS: &[(&str, &str)] = &[
    ("comment", "comment"),
    ("summary", "summary"),
    ("sourceInfo", "software_sourceInfo"),
    ("attributionTexts", "software_attributionText"),
    ("builtDate", "builtTime"),
    ("releaseDate", "releaseTime"),
    ("validUntilDate", "validUntilTime"),
    ("seeAlsos", "expandedlicensing_seeAlso"),
];

/// The word for an algorithm, from that of SPDX 2.
pub(super) fn algorithm(word: &str) -> String {
    match word.strip_prefix("SHA3-") {
        Some(size) => format!("sha3_{size}"),
        None => word.replace('-', "").to_ascii_lowercase(),
    }
}

/// Algorithms that SPDX 2 does not have, as the model and SPDX 3 write them.
pub(super) const ALGORITHMS: &[(&str, &str)] = &[
    ("sha3224", "sha3_224"),
    ("crystalsdilithium", "crystalsDilithium"),
    ("crystalskyber", "crystalsKyber"),
    ("falcon", "falcon"),
    ("other", "other"),
];

/// Whether a name stands for no element at all, and what SPDX 2 calls that.
pub(super) fn nothing(name: &str) -> Option<&'static str> {
    let term = name.strip_prefix("https://spdx.org/rdf/").and_then(|term| term.rsplit('/').next());
    match term.unwrap_or(name).trim_start_matches("expandedlicensing_") {
        "NoAssertionElement" | "NoAssertionLicense" => Some("NOASSERTION"),
        "NoneElement" | "NoneLicense" => Some("NONE"),
        _ => None,
    }
}

/// The name of what stands for no element.
pub(super) fn nothing_is(word: &str) -> Option<&'static str> {
    match word {
        "NOASSERTION" => Some("https://spdx.org/rdf/3.0.1/terms/Core/NoAssertionElement"),
        "NONE" => Some("https://spdx.org/rdf/3.0.1/terms/Core/NoneElement"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_of_spdx_2_comes_back() {
        for (two_word, three_word, turned, scope) in RELATIONS {
            let made = three(&Relation::Other((*two_word).into()));
            assert_eq!((made.word.as_str(), made.turned, made.scope), (*three_word, *turned, *scope));
            let (back, back_turned) = two(&relation(three_word), scope).unwrap();
            let synonyms = matches!(*two_word, "CONTAINED_BY" | "DEPENDENCY_OF" | "DESCRIBED_BY" | "GENERATED_FROM")
                || matches!(*two_word, "PATCH_FOR" | "PREREQUISITE_FOR");
            assert!(synonyms || (back, back_turned) == (*two_word, *turned), "{two_word} {back}");
        }
    }

    #[test]
    fn words_of_spdx_3_alone_come_back() {
        for word in ["testedOn", "trainedOn", "hasHost", "amendedBy", "hasConcludedLicense"] {
            assert_eq!(three(&relation(word)).word, word);
        }
        assert_eq!(two(&relation("trainedOn"), ""), None);
        assert_eq!(two(&relation("dependsOn"), "build"), Some(("BUILD_DEPENDENCY_OF", true)));
        assert_eq!(two(&relation("dependsOn"), "design"), Some(("DEPENDS_ON", false)));
    }
}
