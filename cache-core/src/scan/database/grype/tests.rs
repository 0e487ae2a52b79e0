use serde_json::json;

use crate::error::ErrorKind;
use crate::scan::database::testing::scan;
use crate::scan::{DatabaseBuilder, Severity};
use crate::sqlite::testing::{Cell, file};

fn shared() -> Option<Vec<u8>> {
    Some(std::fs::read(crate::document::shared_data("sbom/own/grype-db/vulnerability.db")?).unwrap())
}

/// What Grype itself finds with this database.
#[test]
fn a_database_of_grype_finds_what_grype_finds() {
    let Some(database) = shared() else { return };
    let mut builder = DatabaseBuilder::new();
    builder.add_grype_bytes(&database).unwrap();
    let source = builder.sources()[0].clone();
    assert_eq!((source.advisories, source.withdrawn, source.left_out.len()), (4, 0, 0));
    let report = scan(
        builder,
        &[
            "pkg:deb/debian/libc6@2.36-9?distro=debian-12&upstream=glibc",
            "pkg:deb/debian/libc-bin@2.36-9%2Bdeb12u1?distro=debian-12&upstream=glibc",
            "pkg:apk/alpine/zulu@21.0-r0?distro=alpine-3.18.4",
            "pkg:npm/lodash@4.17.15",
            "pkg:npm/lodash@3.10.1",
        ],
    );
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|f| {
            format!(
                "{} in {} {} fixed in {:?} {:?}",
                f.id,
                f.package,
                f.severity,
                f.fixed_in.as_deref().unwrap_or("-"),
                f.fix_state
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "CVE-2099-0002 in libc-bin low fixed in \"-\" WontFix",
            "CVE-2099-0001 in libc6 high fixed in \"2.36-9+deb12u1\" Fixed",
            "CVE-2099-0002 in libc6 low fixed in \"-\" WontFix",
            "CVE-2099-0004 in lodash critical fixed in \"4.17.21\" Fixed",
            "CVE-2099-0003 in zulu medium fixed in \"21.0-r1\" Fixed",
        ]
    );
    assert_eq!(report.data_as_of.unwrap().to_string(), "2026-11-24T00:00:00Z");
    assert_eq!(report.findings[3].aliases, ["GHSA-aaaa-bbbb-cccc"]);
}

/// A database that is made here: what each table adds.
fn made() -> Vec<(&'static str, &'static str, Vec<Vec<Cell>>)> {
    let blob = |json: serde_json::Value| vec![Cell::Null, json.to_string().as_str().into()];
    let range = |constraint: &str, version: &str| json!({"version": {"constraint": constraint}, "fix": {"version": version, "state": "fixed"}});
    let handle = |id: i64, status: &str, withdrawn: Cell| {
        vec![Cell::Null, format!("CVE-2026-{id}").as_str().into(), status.into(), withdrawn, "rhel".into(), 1i64.into()]
    };
    let affected =
        |vulnerability: i64, blob: i64| vec![Cell::Null, vulnerability.into(), 1i64.into(), 1i64.into(), blob.into()];
    vec![
        (
            "db_metadata",
            "build_timestamp datetime, model integer",
            vec![vec!["2026-01-02 03:04:05+00:00".into(), 6i64.into()]],
        ),
        (
            "blobs",
            "`id` integer PRIMARY KEY, `value` text",
            vec![
                blob(json!({"severities": [
                    {"scheme": "CVSS", "value": {"vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "version": "3.1"}, "source": "nvd@nist.gov", "rank": 2},
                    {"scheme": "CHML", "value": "medium", "rank": 1},
                ]})),
                blob(json!({"qualifiers": {"rpm_modularity": "nodejs:12"}, "ranges": [range("< 12.2-1", "12.2-1")]})),
                blob(json!({"ranges": null})),
                blob(
                    json!({"ranges": [range("< 12.2-1 || >= 14, < 14.1-1", "14.1-1")], "qualifiers": {"rpm_modularity": "nodejs:12"}}),
                ),
            ],
        ),
        (
            "vulnerability_handles",
            "id, name, status, withdrawn_date, provider_id, blob_id",
            vec![
                handle(1, "active", Cell::Null),
                handle(2, "rejected", Cell::Null),
                handle(3, "active", "2026-01-01 00:00:00+00:00".into()),
                handle(4, "active", Cell::Null),
            ],
        ),
        ("packages", "id, ecosystem, name", vec![vec![Cell::Null, "rpm".into(), "nodejs".into()]]),
        (
            "operating_systems",
            "id, name, release_id, major_version, minor_version, label_version, codename, channel",
            vec![vec![
                Cell::Null,
                "redhat".into(),
                "rhel".into(),
                "8".into(),
                "".into(),
                "".into(),
                "".into(),
                "".into(),
            ]],
        ),
        (
            "affected_package_handles",
            "id, vulnerability_id, operating_system_id, package_id, blob_id",
            vec![affected(1, 2), affected(2, 2), affected(3, 2), affected(4, 4)],
        ),
        ("unaffected_package_handles", "id, vulnerability_id, operating_system_id, package_id, blob_id", vec![]),
        ("known_exploited_vulnerability_handles", "id, cve", vec![vec![Cell::Null, "CVE-2026-1".into()]]),
        (
            "epss_handles",
            "id, cve, epss, percentile",
            vec![vec![Cell::Null, "CVE-2026-1".into(), 0.5.into(), 1i64.into()]],
        ),
    ]
}

pub(in crate::scan::database) fn grype_file() -> Vec<u8> {
    file(&made())
}

const NODE: &str = "pkg:rpm/redhat/nodejs@12.1-1.module_el8?distro=rhel-8.9&rpmmod=nodejs:12";

#[test]
fn modules_ratings_exploitation_and_withdrawn_ones_are_read() {
    let mut builder = DatabaseBuilder::new();
    builder.add_grype_bytes(&file(&made())).unwrap();
    assert_eq!(builder.sources()[0].withdrawn, 2);
    let report = scan(builder, &[NODE, "pkg:rpm/redhat/nodejs@12.1-1?distro=rhel-8.9"]);
    let ids: Vec<_> = report.findings.iter().map(|f| (f.id.as_str(), f.purl.as_deref().unwrap())).collect();
    assert_eq!(ids, [("CVE-2026-1", NODE), ("CVE-2026-4", NODE)]);
    let first = &report.findings[0];
    assert_eq!((first.severity, first.ratings.len(), first.exploited), (Severity::Medium, 2, true));
    assert_eq!(first.epss.unwrap().probability.millionths(), 500_000);
    assert!(!report.findings[1].exploited && report.findings[1].epss.is_none());
}

/// A handle in the other table says that a package is not affected, whatever others say.
#[test]
fn unaffected_packages_are_not_affected() {
    let mut tables = made();
    tables[6].2.push(vec![Cell::Null, 1i64.into(), 1i64.into(), 1i64.into(), 2i64.into()]);
    let mut builder = DatabaseBuilder::new();
    builder.add_grype_bytes(&file(&tables)).unwrap();
    let report = scan(builder, &[NODE]);
    assert_eq!(report.findings.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(), ["CVE-2026-4"]);
}

#[test]
fn another_schema_and_missing_tables_or_columns_are_told() {
    let refusal =
        |tables: &[(&str, &str, Vec<Vec<Cell>>)]| DatabaseBuilder::new().add_grype_bytes(&file(tables)).unwrap_err();
    let mut older = made();
    older[0].2[0][1] = 5i64.into();
    assert_eq!(refusal(&older).kind(), ErrorKind::Unsupported);
    assert!(refusal(&made()[..3]).to_string().contains("packages"));
    let mut renamed = made();
    renamed[3].1 = "id, kind, name";
    assert!(refusal(&renamed).to_string().contains("ecosystem"));
}

/// Cut off anywhere, or with bytes changed, it is an error or a smaller database; nothing panics or runs for ever.
#[test]
fn hostile_databases_are_refused_or_smaller() {
    let Some(database) = shared() else { return };
    for part in 0..40 {
        let mut builder = DatabaseBuilder::new();
        let error = builder.add_grype_bytes(&database[..database.len() * part / 40]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    let mut seed = 0x9e37_79b9u32;
    for _ in 0..300 {
        let mut damaged = database.clone();
        for _ in 0..4 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = seed as usize % damaged.len();
            damaged[at] = (seed >> 24) as u8;
        }
        let _ = DatabaseBuilder::new().add_grype_bytes(&damaged);
    }
}

#[test]
fn another_file_is_none() {
    for bytes in [&b""[..], b"SQLite format 3\0", b"{}", &[0xff; 8192]] {
        let error = DatabaseBuilder::new().add_grype_bytes(bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
}
