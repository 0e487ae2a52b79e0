//! Tag-value documents, also beside the same as JSON.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::catalog::testing::damaged;
use super::super::write_tests::{said, write};
use super::super::{Kind, LicenseStage, Package, Sbom, Text};
use crate::error::ErrorKind;

const HEAD: &str = "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: d\n";

/// With everything that the format has.
const WHOLE: &str = "# first a comment
SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: d
DocumentNamespace: https://e/d
ExternalDocumentRef: DocumentRef-x https://e/x SHA1: 00ff
DocumentComment: <text>two
lines</text>
Creator: Tool: t-1
Creator: Person: Jane (jane@e.org)
Created: 2026-01-01T00:00:00Z
CreatorComment: by hand
LicenseListVersion: 3.20
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-a
RelationshipComment: <text>why</text>

PackageName: a
SPDXID: SPDXRef-a
PackageVersion: 1.0
PackageSupplier: Organization: Acme ()
PackageDownloadLocation: NONE
FilesAnalyzed: true
PackageVerificationCode: 00ff (excludes: ./x, ./y)
PackageChecksum: SHA256: 11
PackageLicenseConcluded: (MIT OR LicenseRef-1)
PackageLicenseInfoFromFiles: MIT
PackageLicenseInfoFromFiles: LicenseRef-1
PackageLicenseDeclared: NOASSERTION
PackageCopyrightText: <text>(c)
Jane</text>
PrimaryPackagePurpose: APPLICATION
ReleaseDate: 2026-01-01T00:00:00Z
ExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1.0
ExternalRef: OTHER own locator
ExternalRefComment: of ours
PackageAttributionText: <text>one</text>
PackageAttributionText: two

FileName: ./f
SPDXID: SPDXRef-f
FileType: SOURCE
FileChecksum: SHA1: 22
LicenseConcluded: ISC
LicenseInfoInFile: ISC
FileCopyrightText: NONE
ArtifactOfProjectName: p
ArtifactOfProjectHomePage: https://e/p

SnippetSPDXID: SPDXRef-s
SnippetFromFileSPDXID: SPDXRef-f
SnippetByteRange: 3:10
SnippetLineRange: 1:2
SnippetLicenseConcluded: ISC

LicenseID: LicenseRef-1
ExtractedText: <text>do as
you like</text>
LicenseName: Own
LicenseCrossReference: https://e/l

Annotator: Person: Jane
AnnotationDate: 2026-01-01T00:00:00Z
AnnotationType: REVIEW
SPDXREF: SPDXRef-a
AnnotationComment: good

Reviewer: Person: Joe
ReviewDate: 2026-01-01T00:00:00Z
ReviewComment: read
";

fn parse(body: &str) -> Sbom<'static> {
    Sbom::parse(format!("{HEAD}{body}").as_bytes()).unwrap().into_owned()
}

fn found(sbom: &Sbom<'_>) -> Vec<(String, String)> {
    sbom.findings.iter().map(|finding| (finding.code.to_string(), finding.position.clone())).collect()
}

fn names<'s>(sbom: &'s Sbom<'_>) -> Vec<(&'s str, &'s str)> {
    sbom.packages.iter().map(|package| (package.id.as_str(), package.name.as_str())).collect()
}

#[test]
fn a_document_becomes_what_the_json_form_would_be() {
    let text = WHOLE;
    let pointer = |member: &str, at: u64| json!({"reference": "SPDXRef-f", member: at});
    let document = json!({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "d", "comment": "two\nlines",
        "documentNamespace": "https://e/d", "externalDocumentRefs": [{"externalDocumentId": "DocumentRef-x",
            "spdxDocument": "https://e/x", "checksum": {"algorithm": "SHA1", "checksumValue": "00ff"}}],
        "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: t-1", "Person: Jane (jane@e.org)"],
            "comment": "by hand", "licenseListVersion": "3.20"},
        "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-a", "comment": "why"}],
        "packages": [{"SPDXID": "SPDXRef-a", "name": "a", "versionInfo": "1.0", "supplier": "Organization: Acme ()", "downloadLocation": "NONE",
            "filesAnalyzed": true, "packageVerificationCode": {"packageVerificationCodeValue": "00ff",
                "packageVerificationCodeExcludedFiles": ["./x", "./y"]}, "checksums": [{"algorithm": "SHA256", "checksumValue": "11"}],
            "licenseConcluded": "(MIT OR LicenseRef-1)", "licenseInfoFromFiles": ["MIT", "LicenseRef-1"], "copyrightText": "(c)\nJane",
            "primaryPackagePurpose": "APPLICATION", "releaseDate": "2026-01-01T00:00:00Z", "attributionTexts": ["one", "two"],
            "hasFiles": ["SPDXRef-f"], "externalRefs": [
                {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/a@1.0"},
                {"referenceCategory": "OTHER", "referenceType": "own", "referenceLocator": "locator", "comment": "of ours"}],
            "annotations": [{"annotationDate": "2026-01-01T00:00:00Z", "annotationType": "REVIEW", "annotator": "Person: Jane", "comment": "good"}]}],
        "files": [{"SPDXID": "SPDXRef-f", "fileName": "./f", "fileTypes": ["SOURCE"], "checksums": [{"algorithm": "SHA1", "checksumValue": "22"}],
            "licenseConcluded": "ISC", "licenseInfoInFiles": ["ISC"], "copyrightText": "NONE",
            "artifactOfs": [{"name": "p", "homePage": "https://e/p"}]}],
        "snippets": [{"SPDXID": "SPDXRef-s", "snippetFromFile": "SPDXRef-f", "licenseConcluded": "ISC", "ranges": [
            {"startPointer": pointer("offset", 3), "endPointer": pointer("offset", 10)},
            {"startPointer": pointer("lineNumber", 1), "endPointer": pointer("lineNumber", 2)}]}],
        "hasExtractedLicensingInfos": [{"licenseId": "LicenseRef-1", "extractedText": "do as\nyou like", "name": "Own", "seeAlsos": ["https://e/l"]}],
        "revieweds": [{"reviewer": "Person: Joe", "reviewDate": "2026-01-01T00:00:00Z", "comment": "read"}],
    });
    let sbom = Sbom::parse(text.as_bytes()).unwrap();
    assert_eq!(sbom.findings, []);
    assert_eq!(sbom.format.to_string(), "SPDX-2.3");
    assert_eq!(
        (sbom.packages[0].kind, sbom.packages[0].licenses[0].stage),
        (Kind::Application, LicenseStage::Concluded)
    );
    let (again, lost) = write(&sbom, "spdx-2.3");
    assert_eq!(said(again), said(document));
    assert_eq!(lost, Vec::<String>::new());
    let name = &sbom.packages[0].name;
    assert!(text.as_bytes().as_ptr_range().contains(&name.as_ptr()), "text is borrowed");
}

#[test]
fn marks_and_line_ends_make_no_difference() {
    let text = format!("{HEAD}PackageName: a\nSPDXID: SPDXRef-a\nPackageComment: <text>c\nd</text>\n");
    let plain = Sbom::parse(text.as_bytes()).unwrap();
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(Sbom::parse(&utf16).unwrap(), plain);
    assert_eq!(Sbom::parse(format!("\u{feff}\n# c\n{text}").as_bytes()).unwrap(), plain);
    assert_eq!(Sbom::parse(text.replace('\n', "\r\n").as_bytes()).unwrap(), plain);
    let broken = Sbom::parse(&[text.as_bytes(), b"PackageName: \xff\n"].concat()).map(Sbom::into_owned).unwrap();
    assert_eq!((broken.packages.len(), found(&broken).last().unwrap().0.as_str()), (2, "invalid-utf8"));
}

/// Case 6 of the collection of reports: two packages, the first of them without what it must have.
#[test]
fn case_6_what_a_package_lacks_is_no_fault_of_the_next_one() {
    let sbom =
        parse("PackageName: a\nSPDXID: SPDXRef-a\nPackageName: b\nSPDXID: SPDXRef-b\nPackageLicenseConcluded: MIT\n");
    assert_eq!((names(&sbom), found(&sbom).len()), (vec![("SPDXRef-a", "a"), ("SPDXRef-b", "b")], 0));
    assert_eq!((sbom.packages[0].licenses.len(), sbom.packages[1].licenses.len()), (0, 1));
}

/// Cases 1, 2, 4 and 5.
#[test]
fn case_1_2_4_5_words_for_nothing_repeated_ids_and_odd_licences_lose_nothing() {
    let sbom = parse(
        "PackageName: a\nSPDXID: SPDXRef-p\nPackageLicenseInfoFromFiles: GPL 2.0 or later\nPackageName: b\nSPDXID: SPDXRef-p\n\
         Relationship: SPDXRef-p GENERATED_FROM NOASSERTION\nRelationship: SPDXRef-p DEPENDS_ON SPDXRef-ghost\n\
         LicenseID: LicenseRef-1\nExtractedText: A\nLicenseID: LicenseRef-1\nExtractedText: B\n",
    );
    assert_eq!((sbom.packages.len(), sbom.license_texts.len(), &*sbom.license_texts[1].text), (2, 2, "B"));
    let found = found(&sbom);
    let wanted =
        [("repeated-id", "LicenseRef-1"), ("repeated-id", "SPDXRef-p"), ("dangling-reference", "SPDXRef-ghost")];
    assert_eq!(found, wanted.map(|(code, position)| (code.to_owned(), position.to_owned())));
}

#[test]
fn what_is_wrong_is_found_with_its_line_and_loses_no_package() {
    let sbom = parse(
        "PackageName: a\nSPDXID: SPDXRef-a\nnonsense\nOwnTag: kept\nPackageComment: <text>without end\nPackageChecksum: none\n\
         PackageVersion: 1\nPackageVersion: 2\n\nSPDXID: SPDXRef-b\nPackageVersion: 3\nPackageComment: <text>with end</text>\n\
         Relationship: SPDXRef-a\nFilesAnalyzed: maybe\nPackageName:\n",
    );
    assert_eq!(names(&sbom), [("SPDXRef-a", "a"), ("SPDXRef-b", ""), ("", "")]);
    assert_eq!((sbom.packages[0].version.as_deref(), sbom.packages[1].version.as_deref()), (Some("2"), Some("3")));
    assert_eq!(sbom.packages[0].rest.get("OwnTag"), Some("[\"kept\"]"));
    assert_eq!(sbom.packages[0].rest.get("comment"), Some("\"without end\""));
    let lines = [
        ("unreadable", "line 7"),
        ("unknown-tag", "line 8"),
        ("open-text", "line 9"),
        ("unreadable", "line 10"),
        ("repeated-member", "line 12"),
        ("misplaced-tag", "line 15"),
        ("unreadable", "line 17"),
        ("unreadable", "line 18"),
        ("missing-name", "packages[1]"),
        ("missing-name", "packages[2]"),
    ];
    assert_eq!(found(&sbom), lines.map(|(code, position)| (code.to_owned(), position.to_owned())));
}

#[test]
fn tags_may_stand_before_what_they_identify_or_behind_something_else() {
    let before = parse("SPDXID: SPDXRef-a\nPackageName: a\nSPDXID: SPDXRef-b\nPackageName: b\n");
    assert_eq!((names(&before), found(&before).len()), (vec![("SPDXRef-a", "a"), ("SPDXRef-b", "b")], 0));
    let behind = parse("PackageName: a\nSPDXID: SPDXRef-a\nFileName: ./f\nSPDXID: SPDXRef-f\nPackageVersion: 1\n");
    assert_eq!((behind.packages[0].version.as_deref(), found(&behind)[0].0.as_str()), (Some("1"), "misplaced-tag"));
}

#[test]
fn hostile_documents_end_soon() {
    let open = "PackageName: <text>\n".repeat(50_000);
    let sbom = parse(&open);
    assert_eq!((sbom.packages.len(), sbom.findings.len() > 999), (50_000, true));
    let noise = parse(&"x\n".repeat(200_000));
    assert_eq!((noise.packages.len(), noise.findings.len()), (0, 1000));
    let many = parse(&"PackageComment: c\n".repeat(100_000));
    assert_eq!(many.packages.len(), 1);
    for text in ["SPDXVersion: none\n", "SPDXVersion:\n"] {
        assert_eq!(Sbom::parse(text.as_bytes()).unwrap_err().kind(), ErrorKind::Invalid, "{text}");
    }
}

#[test]
fn damaged_documents_end_in_an_answer() {
    damaged("tag-value", WHOLE.as_bytes(), |bytes| {
        if let Ok(sbom) = Sbom::parse(bytes) {
            let again = write(&sbom, "spdx-2.3").0.to_string();
            assert_eq!(Sbom::parse(again.as_bytes()).unwrap().packages.len(), sbom.packages.len(), "{again}");
        }
    });
}

/// The documents of the collection in this form, with the names of their packages counted line by line.
#[test]
fn the_shared_documents_are_read_whole() {
    let Some(root) = crate::document::shared_data("sbom/spdx") else { return };
    let (mut open, mut counted) = (vec![root], (0, 0));
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "spdx") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let name = path.display();
        let sbom = Sbom::parse(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        let text = crate::document::text(&bytes).unwrap();
        let of = |tag: &str| text.lines().filter(|line| line.starts_with(tag)).count();
        assert_eq!(sbom.packages.len(), of("PackageName:"), "{name}");
        assert_eq!(sbom.files.len(), of("FileName:"), "{name}");
        assert_eq!(sbom.license_texts.len(), of("LicenseID:"), "{name}");
        assert_eq!(sbom.relationships.len(), of("Relationship:"), "{name}");
        let wrong: Vec<_> = sbom.findings.iter().filter(|finding| finding.position.starts_with("line")).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
        let (again, lost) = write(&sbom, "spdx-2.3");
        let bytes = again.to_string();
        let read = Sbom::parse(bytes.as_bytes()).unwrap();
        assert_eq!((read.packages.len(), lost.len()), (sbom.packages.len(), 0), "{name}");
        assert_eq!(said(write(&read, "spdx-2.3").0), said(again), "{name}");
        counted = (counted.0 + 1, counted.1 + sbom.packages.len());
    }
    println!("{} tag-value documents with {} packages are read", counted.0, counted.1);
    assert!(counted.0 >= 30, "{counted:?}");
}

/// What differs although it means the same, taken out.
fn comparable(mut document: Value) -> Value {
    let members = document.as_object_mut().unwrap();
    for member in ["relationships", "documentDescribes", "spdxVersion"] {
        members.remove(member);
    }
    for package in members.get_mut("packages").and_then(Value::as_array_mut).into_iter().flatten() {
        // One file is listed many times in one of them.
        let files: BTreeSet<String> =
            package["hasFiles"].as_array().into_iter().flatten().map(|id| id.as_str().unwrap().to_owned()).collect();
        package["hasFiles"] = json!(files);
        // So it is where nothing is said.
        if package["filesAnalyzed"] == true {
            package["filesAnalyzed"] = json!(null);
        }
        for reference in package["externalRefs"].as_array_mut().into_iter().flatten() {
            let kind = reference["referenceType"].as_str().unwrap();
            reference["referenceType"] = json!(kind.rsplit('#').next().unwrap());
        }
    }
    said(document)
}

/// What the model has of each package.
fn essence(sbom: &Sbom<'_>) -> BTreeSet<(Vec<String>, Vec<String>)> {
    let of = |package: &Package<'_>| {
        let text = |text: &Option<Text<'_>>| text.as_deref().unwrap_or_default().trim_end_matches(" ()").to_owned();
        let texts = [&package.version, &package.purl, &package.supplier, &package.author, &package.download];
        let names = [&package.id, &package.name].into_iter().map(|name| name.to_string());
        // Outer brackets are written by some.
        let plain =
            |text: &str| text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text).to_owned();
        let licenses = package.licenses.iter().map(|license| format!("{:?} {}", license.stage, plain(&license.text)));
        let hashes = package.hashes.iter().map(|hash| format!("{}:{}", hash.algorithm, hash.value));
        let lists = licenses.chain(hashes).chain(package.cpes.iter().map(|cpe| cpe.to_string())).collect();
        (names.chain(texts.into_iter().map(text)).collect(), lists)
    };
    sbom.packages.iter().map(of).collect()
}

/// The documents that are there as tag-value and as JSON.
#[test]
fn the_shared_pairs_say_the_same() {
    let Some(root) = crate::document::shared_data("sbom/spdx") else { return };
    let mut pairs = vec![
        ("tools-python/SPDXTagExample-v2.3.spdx".to_owned(), "tools-python/SPDXJSONExample-v2.3.spdx.json".to_owned()),
        ("tools-python/SPDXTagExample-UTF-16.spdx".to_owned(), "tools-python/SPDXTagExample-v2.2.spdx".to_owned()),
    ];
    for folder in ["author_name", "component_version", "concluded_license", "timestamp", "unique_identifiers"] {
        let of = |form: &str| format!("ntia/missing_{folder}/SPDX{form}");
        pairs.push((of("TagExample-v2.3.spdx"), of("JSONExample-v2.3.spdx.json")));
    }
    for (one, other) in pairs {
        let read = |name: &str| std::fs::read(root.join(name)).unwrap();
        let (one_bytes, other_bytes) = (read(&one), read(&other));
        let (tags, json) = (Sbom::parse(&one_bytes).unwrap(), Sbom::parse(&other_bytes).unwrap());
        // Those of the other folder differ in texts and comments, which is not the one's fault.
        if one.starts_with("tools-python") {
            assert_eq!(comparable(write(&tags, "spdx-2.3").0), comparable(write(&json, "spdx-2.3").0), "{one}");
            assert_eq!(tags.metadata, json.metadata, "{one}");
        }
        assert_eq!(essence(&tags), essence(&json), "{one}");
        let edges = |sbom: &Sbom<'_>| {
            let edge = |edge: &super::super::Relationship<'_>| {
                [edge.from.to_string(), edge.relation.word().to_owned(), edge.to.to_string()]
            };
            sbom.relationships.iter().map(edge).collect::<BTreeSet<_>>()
        };
        assert!(edges(&tags).is_superset(&edges(&json)), "{one}");
    }
}

/// SPDX 2 as YAML says the same as the JSON form too.
#[test]
fn yaml_says_the_same_as_json() {
    let text = "---\nspdxVersion: SPDX-2.3\nSPDXID: SPDXRef-DOCUMENT\npackages:\n- {SPDXID: SPDXRef-a, name: a, versionInfo: '1.10'}\n";
    let sbom = Sbom::parse(text.as_bytes()).unwrap();
    assert_eq!((names(&sbom), sbom.packages[0].version.as_deref()), (vec![("SPDXRef-a", "a")], Some("1.10")));
    let Some(root) = crate::document::shared_data("sbom/spdx/tools-python") else { return };
    for name in ["v2.2", "v2.3", "UTF-16"] {
        let read =
            |form: &str, end: &str| std::fs::read(root.join(format!("SPDX{form}Example-{name}.spdx.{end}"))).unwrap();
        let (yaml, json) = (read("YAML", "yaml"), read("JSON", "json"));
        let (yaml, json) = (Sbom::parse(&yaml).unwrap(), Sbom::parse(&json).unwrap());
        assert_eq!(
            (yaml.packages.len(), yaml.metadata.created.clone()),
            (json.packages.len(), json.metadata.created.clone())
        );
        assert_eq!(yaml.files.len(), json.files.len(), "{name}");
    }
}
