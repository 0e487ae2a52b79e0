use serde_json::{Value, json};

use crate::sbom::catalog::{LAYER, LOCATION, OWNER};
use crate::sbom::{Family, Format, Hash, Kind, License, Package, Relation, Relationship, Rest, Sbom};

fn write(sbom: &Sbom<'_>, format: &Format) -> (Value, Vec<String>) {
    let written = sbom.write(format).unwrap();
    let lost = written.lost.into_iter().map(|finding| finding.message).collect();
    (serde_json::from_slice(&written.bytes).unwrap(), lost)
}

/// Without what is empty.
fn said(value: Value) -> Value {
    let says_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(members) => {
            let said = members.into_iter().map(|(name, value)| (name, said(value)));
            Value::Object(said.filter(|(_, value)| !says_nothing(value)).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(said).collect()),
        value => value,
    }
}

fn document() -> Value {
    json!({
        "artifacts": [
            {"id": "a1", "name": "musl", "version": "1", "type": "apk", "foundBy": "apk-db-cataloger", "purl": "pkg:apk/alpine/musl@1",
             "locations": [{"path": "/lib/apk/db/installed", "layerID": "sha256:x"}], "language": "",
             "licenses": [{"value": "MIT", "spdxExpression": "MIT", "type": "declared", "urls": ["u"], "locations": []}, {"value": "own", "type": "concluded"}],
             "cpes": [{"cpe": "cpe:2.3:a:musl:musl:1:*:*:*:*:*:*:*", "source": "syft-generated"}],
             "metadataType": "apk-db-entry", "metadata": {"package": "musl", "files": [{"path": "/lib/ld"}]}},
            {"id": "a2", "name": "old", "version": "2", "type": "npm", "licenses": ["ISC"], "cpes": ["cpe:2.3:a:o:o:2:*:*:*:*:*:*:*"]},
        ],
        "artifactRelationships": [
            {"parent": "s", "child": "a1", "type": "contains"},
            {"parent": "a1", "child": "a2", "type": "dependency-of"},
            {"parent": "a1", "child": "f1", "type": "evident-by", "metadata": {"kind": "primary"}},
        ],
        "files": [{"id": "f1", "location": {"path": "/lib/apk/db/installed", "layerID": "sha256:x"}, "metadata": {"mode": 644},
            "digests": [{"algorithm": "sha256", "value": "00"}], "contents": "x"}],
        "source": {"id": "s", "name": "app", "version": "sha256:y", "type": "image", "metadata": {"userInput": "app:1", "layers": []}},
        "distro": {"prettyName": "Alpine", "name": "Alpine", "id": "alpine", "versionID": "3.20", "idLike": ["x"]},
        "descriptor": {"name": "syft", "version": "1.57.0", "configuration": {"a": [1]}},
        "schema": {"version": "16.1.13", "url": "https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-16.1.13.json"},
        "later": {"x": 1.50},
    })
}

#[test]
fn a_syft_document_keeps_all_that_it_says() {
    let bytes = serde_json::to_vec(&document()).unwrap();
    let sbom = Sbom::parse(&bytes).unwrap();
    assert_eq!(sbom.findings, []);
    let (again, lost) = write(&sbom, &sbom.format);
    assert_eq!((said(again), lost), (said(document()), vec![]));
    let owned = sbom.clone().into_owned();
    assert_eq!(said(write(&owned, &sbom.format).0), said(document()));
}

#[test]
fn the_model_knows_what_a_syft_document_says() {
    let bytes = serde_json::to_vec(&document()).unwrap();
    let sbom = Sbom::parse(&bytes).unwrap();
    let names: Vec<(&str, Kind)> = sbom.packages.iter().map(|package| (package.name.as_str(), package.kind)).collect();
    assert_eq!(
        names,
        [("musl", Kind::Library), ("old", Kind::Library), ("app", Kind::Container), ("alpine", Kind::OperatingSystem)]
    );
    assert_eq!(sbom.listed().count(), 2);
    let musl = &sbom.packages[0];
    let licenses: Vec<&str> = musl.licenses.iter().map(|license| license.text.as_str()).collect();
    assert_eq!((licenses, musl.cpes.len()), (vec!["MIT", "own"], 1));
    let relations: Vec<&str> = sbom.relationships.iter().map(|edge| edge.relation.word()).collect();
    assert_eq!(relations, ["CONTAINS", "DEPENDENCY_OF", "EVIDENT_BY"]);
    assert_eq!((sbom.files[0].path.as_str(), sbom.files[0].hashes.len()), ("/lib/apk/db/installed", 1));
    assert_eq!(sbom.metadata.tools, ["syft-1.57.0"]);
}

/// What the model was changed to is written, not what stood there.
#[test]
fn a_change_of_the_model_is_written() {
    let bytes = serde_json::to_vec(&document()).unwrap();
    let mut sbom = Sbom::parse(&bytes).unwrap();
    sbom.packages[0].licenses = vec![License::expression("ISC")];
    sbom.packages[0].cpes.clear();
    sbom.packages[1].version = Some("3".into());
    let (again, _) = write(&sbom, &sbom.format);
    let first = &again["artifacts"][0];
    assert_eq!((&first["licenses"][0]["value"], &first["cpes"]), (&json!("ISC"), &json!([])));
    assert_eq!(again["artifacts"][1]["version"], "3");
    assert_eq!(again["artifacts"][1]["licenses"], json!(["ISC"]));
}

#[test]
fn the_shared_syft_documents_keep_all_that_they_say() {
    let Some(root) = crate::document::shared_data("sbom/syft/format") else { return };
    let folder = root.join("syftjson/testdata");
    let mut paths = vec![root.join("testdata/alpine-syft.json"), folder.join("identify/11.0.0.json")];
    paths.extend(std::fs::read_dir(folder.join("snapshot")).unwrap().map(|entry| entry.unwrap().path()));
    for path in &paths {
        let bytes = std::fs::read(path).unwrap();
        let document: Value = serde_json::from_slice(&bytes).unwrap();
        let sbom = Sbom::parse(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let (again, lost) = write(&sbom, &sbom.format);
        assert_eq!(said(again), said(document), "{}", path.display());
        assert!(lost.is_empty(), "{lost:?}");
    }
    println!("{} Syft documents are the same when they are read and written", paths.len());
    assert_eq!(paths.len(), 5);
}

fn made() -> Sbom<'static> {
    let mut sbom = Sbom::new(Family::Cache, "1");
    sbom.metadata.subject = Some("image".into());
    let package = |id: &'static str, name: &'static str, purl: &'static str, version: &'static str| Package {
        id: id.into(),
        name: name.into(),
        purl: Some(purl.into()).filter(|_| !purl.is_empty()),
        version: Some(version.into()),
        ..Package::default()
    };
    let deb = "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12&upstream=openssl%403.0.11-1";
    let rpm = "pkg:rpm/redhat/nodejs@18.1-2.el8?arch=x86_64&epoch=1&upstream=nodejs-18.1-2.el8.src.rpm&distro=rhel-8";
    sbom.packages = vec![
        Package { kind: Kind::Container, ..package("image", "team/app", "", "1") },
        Package {
            kind: Kind::OperatingSystem,
            description: Some("Debian 12".into()),
            ..package("os", "debian", "", "12")
        },
        Package {
            licenses: vec![License::expression("Apache-2.0"), License::expression("not one (")],
            hashes: vec![Hash { algorithm: "sha1".into(), value: "00".into() }],
            properties: vec![(LOCATION.into(), "var/lib/dpkg/status".into()), (LAYER.into(), "sha256:l".into())],
            ..package("deb", "libssl3", deb, "3.0.11-1")
        },
        Package {
            properties: vec![("cache:module".into(), "nodejs:18".into())],
            ..package("rpm", "nodejs", rpm, "1:18.1-2.el8")
        },
        Package {
            properties: vec![(LOCATION.into(), "app/a.jar:b.jar".into()), (OWNER.into(), "deb".into())],
            ..package("jar", "g/b", "pkg:maven/g/b@1", "1")
        },
    ];
    let edge = |from: &'static str, relation, to: &'static str| Relationship {
        from: from.into(),
        relation,
        to: to.into(),
        rest: Rest::default(),
    };
    sbom.relationships = vec![
        edge("image", Relation::Contains, "os"),
        edge("image", Relation::Contains, "deb"),
        edge("jar", Relation::DependsOn, "deb"),
        edge("jar", Relation::Other("GENERATED_FROM".into()), "rpm"),
    ];
    sbom
}

#[test]
fn what_cache_found_is_written_as_syft_would() {
    let (document, lost) = write(&made(), &Format::parse("syft-16.1.13").unwrap());
    let [deb, rpm, jar] = document["artifacts"].as_array().unwrap().as_slice() else { panic!("{document}") };
    assert_eq!(
        (&deb["type"], &rpm["type"], &jar["type"], &jar["language"]),
        (&json!("deb"), &json!("rpm"), &json!("java-archive"), &json!("java"))
    );
    assert_eq!(deb["metadataType"], "dpkg-db-entry");
    assert_eq!(
        (&deb["metadata"]["source"], &deb["metadata"]["sourceVersion"]),
        (&json!("openssl"), &json!("3.0.11-1"))
    );
    assert_eq!(deb["locations"][0]["path"], "/var/lib/dpkg/status");
    assert_eq!(deb["locations"][0]["layerID"], "sha256:l");
    assert_eq!(
        (&deb["licenses"][0]["spdxExpression"], &deb["licenses"][1]["spdxExpression"]),
        (&json!("Apache-2.0"), &json!(""))
    );
    let metadata = &rpm["metadata"];
    assert_eq!(
        (&metadata["epoch"], &metadata["version"], &metadata["release"]),
        (&json!(1), &json!("18.1"), &json!("2.el8"))
    );
    assert_eq!(metadata["modularityLabel"], "nodejs:18");
    assert_eq!(
        (&jar["locations"][0]["path"], &jar["locations"][0]["accessPath"]),
        (&json!("/app/a.jar"), &json!("/app/a.jar:b.jar"))
    );
    assert_eq!((&document["distro"]["id"], &document["distro"]["versionID"]), (&json!("debian"), &json!("12")));
    assert_eq!((&document["source"]["type"], &document["source"]["id"]), (&json!("image"), &json!("image")));
    assert!(document["schema"]["url"].as_str().unwrap().contains("anchore/syft"));
    let edges: Vec<String> = document["artifactRelationships"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| format!("{} {} {}", edge["parent"], edge["type"], edge["child"]).replace('"', ""))
        .collect();
    assert_eq!(edges, ["image contains deb", "deb dependency-of jar", "deb ownership-by-file-overlap jar"]);
    assert_eq!(lost, ["Syft has no relationship GENERATED_FROM (1 times)", "Syft has no place for hashes"]);
    let bytes = serde_json::to_vec(&document).unwrap();
    let again = Sbom::parse(&bytes).unwrap();
    let purls =
        |sbom: &Sbom<'_>| sbom.listed().map(|package| package.purl.clone().unwrap().into_owned()).collect::<Vec<_>>();
    assert_eq!(purls(&again), purls(&made()));
}
