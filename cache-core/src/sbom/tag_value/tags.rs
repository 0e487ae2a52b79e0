//! The tags whose text is kept as it stands, and the members that the JSON form has for them.

/// What a tag speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Document,
    Creation,
    Package,
    File,
    Snippet,
    License,
}

/// Whether the JSON form has one text or a list of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    One,
    Many,
}

use Form::{Many, One};
use Section::{Creation, Document, File, License, Package, Snippet};

const TAGS: &[(&str, Section, Form, &str)] = &[
    ("DataLicense", Document, One, "dataLicense"),
    ("DocumentComment", Document, One, "comment"),
    ("CreatorComment", Creation, One, "comment"),
    ("LicenseListVersion", Creation, One, "licenseListVersion"),
    ("PackageFileName", Package, One, "packageFileName"),
    ("PackageSourceInfo", Package, One, "sourceInfo"),
    ("PackageLicenseInfoFromFiles", Package, Many, "licenseInfoFromFiles"),
    ("PackageLicenseComments", Package, One, "licenseComments"),
    ("PackageSummary", Package, One, "summary"),
    ("PackageComment", Package, One, "comment"),
    ("PackageAttributionText", Package, Many, "attributionTexts"),
    ("ReleaseDate", Package, One, "releaseDate"),
    ("BuiltDate", Package, One, "builtDate"),
    ("ValidUntilDate", Package, One, "validUntilDate"),
    ("FileType", File, Many, "fileTypes"),
    ("LicenseInfoInFile", File, Many, "licenseInfoInFiles"),
    ("LicenseComments", File, One, "licenseComments"),
    ("FileCopyrightText", File, One, "copyrightText"),
    ("FileComment", File, One, "comment"),
    ("FileNotice", File, One, "noticeText"),
    ("FileContributor", File, Many, "fileContributors"),
    ("FileAttributionText", File, Many, "attributionTexts"),
    ("FileDependency", File, Many, "fileDependencies"),
    ("SnippetLicenseConcluded", Snippet, One, "licenseConcluded"),
    ("LicenseInfoInSnippet", Snippet, Many, "licenseInfoInSnippets"),
    ("SnippetLicenseComments", Snippet, One, "licenseComments"),
    ("SnippetCopyrightText", Snippet, One, "copyrightText"),
    ("SnippetComment", Snippet, One, "comment"),
    ("SnippetName", Snippet, One, "name"),
    ("SnippetAttributionText", Snippet, Many, "attributionTexts"),
    ("LicenseCrossReference", License, Many, "seeAlsos"),
    ("LicenseComment", License, One, "comment"),
];

/// Where the text of a tag goes.
pub(super) fn kept(tag: &str) -> Option<(Section, Form, &'static str)> {
    TAGS.iter().find(|(known, ..)| tag == *known).map(|(_, section, form, member)| (*section, *form, *member))
}

/// What the other tags speak of.
pub(super) fn section(tag: &str) -> Option<Section> {
    Some(match tag {
        "SPDXVersion" | "DocumentName" | "DocumentNamespace" | "ExternalDocumentRef" => Document,
        "Creator" | "Created" => Creation,
        "FilesAnalyzed" | "PrimaryPackagePurpose" | "ExternalRef" | "ExternalRefComment" => Package,
        "PackageName" | "PackageVersion" | "PackageSupplier" | "PackageOriginator" | "PackageDownloadLocation" => {
            Package
        }
        "PackageVerificationCode" | "PackageChecksum" | "PackageHomePage" | "PackageLicenseConcluded" => Package,
        "PackageLicenseDeclared" | "PackageCopyrightText" | "PackageDescription" => Package,
        "FileName" | "FileChecksum" | "LicenseConcluded" => File,
        "ArtifactOfProjectName" | "ArtifactOfProjectHomePage" | "ArtifactOfProjectURI" => File,
        "SnippetSPDXID" | "SnippetFromFileSPDXID" | "SnippetByteRange" | "SnippetLineRange" => Snippet,
        "LicenseID" | "ExtractedText" | "LicenseName" => License,
        _ => return None,
    })
}
