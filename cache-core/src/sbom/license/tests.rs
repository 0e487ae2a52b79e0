use super::*;

fn assess(text: &str) -> Assessment {
    LicenseRules::default().assess(text)
}

#[test]
fn the_better_branch_of_a_choice_counts() {
    for (text, chosen) in [
        ("MIT OR GPL-3.0-only", "MIT"),
        ("GPL-2.0-only OR (MIT AND BSD-3-Clause)", "MIT AND BSD-3-Clause"),
        ("(MIT OR GPL-2.0-only) AND (GPL-3.0-only OR Zlib)", "MIT AND Zlib"),
        ("MIT/GPL-2.0", "MIT"),
    ] {
        let assessment = assess(text);
        assert_eq!((assessment.standing, assessment.chosen.as_str()), (Standing::Allowed, chosen), "{text}");
        assert!(assessment.choice && assessment.because.is_empty());
    }
}

#[test]
fn all_of_a_conjunction_counts() {
    let assessment = assess("MIT AND GPL-3.0-only AND LicenseRef-x");
    assert_eq!(assessment.standing, Standing::Denied);
    assert_eq!(assessment.because, ["GPL-3.0-only is denied", "LicenseRef-x is a reference to other text"]);
}

#[test]
fn exceptions_lift_only_where_they_allow_linking() {
    assert_eq!(assess("GPL-2.0-only WITH classpath-exception-2.0").standing, Standing::Allowed);
    assert_eq!(assess("GPL-2.0-only WITH openvpn-openssl-exception").standing, Standing::Denied);
    assert_eq!(assess("GPL-2.0-only WITH my-exception").standing, Standing::Unknown);
}

#[test]
fn the_lgpl_is_denied_only_where_the_rules_say_so() {
    let strict = LicenseRules { deny: vec!["lgpl-*".into()], ..LicenseRules::default() };
    for text in ["LGPL-2.1-or-later", "LGPL-3.0", "LGPLv2+"] {
        assert_eq!(assess(text).standing, Standing::Allowed, "{text}");
        assert_eq!(strict.assess(text).standing, Standing::Denied, "{text}");
    }
    assert_eq!(strict.assess("GPL-3.0-only").standing, Standing::Allowed);
}

#[test]
fn a_reference_that_spells_a_denied_licence_is_denied() {
    assert_eq!(assess("LicenseRef-GPLv3").standing, Standing::Denied);
    assert_eq!(assess("LicenseRef-MIT").standing, Standing::Unknown);
}

#[test]
fn what_cannot_be_understood_is_unknown() {
    let long = "MIT AND ".repeat(10_000);
    let deep = format!("{}MIT{}", "(".repeat(4000), ")".repeat(4000));
    let texts = [
        "",
        " ",
        "NOASSERTION",
        "NONE",
        "MIT AND",
        "AND",
        "()",
        "MIT GPL",
        "see file",
        "é",
        "GPL-2.0-or-later+",
        "+",
        &long,
    ];
    for text in texts {
        assert_eq!(assess(text).standing, Standing::Unknown, "{}", &text[..text.len().min(20)]);
    }
    assert_eq!(assess(&deep).standing, Standing::Allowed);
}

/// The rows of the shared table, where it is there.
#[test]
fn the_table_no_gpl_in_proprietary_code() {
    let Some(path) = crate::document::shared_data("sbom/licenses/gate-no-gpl.tsv") else {
        return;
    };
    let table = std::fs::read_to_string(path).unwrap();
    let mut wrong = Vec::new();
    for row in table.lines().skip(1).filter(|row| !row.is_empty()) {
        let mut columns = row.split('\t');
        let (Some(stated), Some(verdict)) = (columns.next(), columns.next()) else { panic!("{row}") };
        let assessment = assess(if stated == "(empty)" { "" } else { stated });
        let expected: &[Standing] = match verdict.split([' ', ',']).next() {
            Some("allow") => &[Standing::Allowed],
            Some("allow-or-warn") => &[Standing::Allowed, Standing::Unknown],
            Some("deny") => &[Standing::Denied],
            Some("review" | "invalid") => &[Standing::Unknown],
            other => panic!("{other:?}"),
        };
        let branch = verdict.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(branch, _)| branch);
        let branch = branch.filter(|_| verdict.starts_with("allow")).map(|b| b.trim_start_matches("choose "));
        let right = expected.contains(&assessment.standing)
            && branch.is_none_or(|branch| assessment.chosen.starts_with(branch))
            && (!verdict.contains("finding") || assessment.understood_as.is_some());
        if !right {
            wrong.push(format!("{stated}: {verdict}, and we say {assessment:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
