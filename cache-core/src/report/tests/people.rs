//! What people read: the table, the summary of a job, the page.

use super::*;

fn table(width: usize) -> String {
    let options = ReportOptions { width, ..ReportOptions::default() };
    String::from_utf8(assessment().write(ReportFormat::Table, &options).unwrap()).unwrap()
}

#[test]
fn the_table_says_first_whether_the_image_may_go_on_and_what_decided() {
    let text = table(120);
    let first: Vec<&str> = text.lines().take(2).collect();
    assert!(first[0].starts_with("registry.example/team/app@sha256:") && first[0].ends_with("is stopped"), "{text}");
    assert!(
        first[1].starts_with("  fail: cve: 1 critical, and at most 0 are allowed: CVE-2024-1 in openssl"),
        "{text}"
    );
    assert!(text.contains("openssl 1.0-1 to 1.0-2: resolves 1 vulnerability"));
    assert!(text.contains("1 critical of at most 0 (and 1 that do not count)"));
    let nothing = written(&nothing(), ReportFormat::Table);
    assert!(nothing.contains("may go on") && !nothing.contains("SEVERITY"), "{nothing}");
}

/// Wide characters take two columns; only a word that is longer than the line may stand out.
#[test]
fn the_table_keeps_to_its_width() {
    for width in [60, 80, 120, 200] {
        let text = table(width);
        let from = text.lines().position(|line| line.starts_with("SEVERITY")).unwrap();
        for line in text.lines().skip(from).take(9) {
            let columns: usize = line.chars().map(|c| 1 + usize::from(('\u{2e80}'..='\u{ffdc}').contains(&c))).sum();
            assert!(columns <= width, "{columns} > {width}: {line}");
        }
    }
    assert!(table(0).lines().any(|line| line.starts_with("SEVERITY")));
}

#[test]
fn the_summary_shows_markup_as_text() {
    let text = written(&assessment(), ReportFormat::Markdown);
    assert!(text.starts_with("## registry.example/team/app&#64;sha256:"), "{text}");
    for markup in ["<img", "[x](", "@all", "](javascript"] {
        assert!(!text.contains(markup), "{markup} in {text}");
    }
    // A cell of a table is one line, and has no bar of its own.
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ") && line.contains("CVE-2024")).collect();
    assert!(rows.len() == 7 && rows.iter().all(|row| row.matches('|').count() == 7), "{rows:#?}");
    assert!(
        text.contains("### What would unblock it")
            && text.contains("### Exceptions")
            && text.contains("### Not scanned")
    );
}

#[test]
fn the_summary_stays_below_a_mebibyte_and_says_what_is_missing() {
    let findings = (0..60_000).map(|i| finding(&format!("CVE-2024-{i}"), Severity::High, &"x".repeat(50))).collect();
    let text = written(&CveGate::default().assess(&evidence(findings)), ReportFormat::Markdown);
    assert!(text.len() < 1 << 20, "{}", text.len());
    let shown = text.lines().filter(|line| line.starts_with("| high | [CVE")).count();
    assert!(text.contains(&format!("**{} more are not shown**", 60_000 - shown)), "{shown}");
    assert!(text.contains("### Scans"));
}

#[test]
fn the_page_shows_hostile_names_as_text() {
    let text = written(&assessment(), ReportFormat::Html);
    assert!(!text.contains("<img") && !text.contains("<script") && !text.contains("javascript:1\""));
    assert!(text.contains("&lt;img src=x onerror=alert(1)&gt;"));
    // The only addresses are ours, and no attribute is left open.
    for address in text.split("href=\"").skip(1) {
        let address = address.split('"').next().unwrap();
        assert!(
            address.starts_with("https://nvd.nist.gov/") || address.starts_with("https://github.com/advisories/"),
            "{address}"
        );
    }
}

#[test]
fn the_page_says_what_blocks_what_would_unblock_and_draws_it() {
    let text = written(&assessment(), ReportFormat::Html);
    let order =
        ["badge fail", "What blocks", "What would unblock it", "Severities", "Fixes", "Vulnerabilities", "Exceptions"];
    let mut from = 0;
    for part in order {
        from += text[from..].find(part).unwrap_or_else(|| panic!("{part}"));
    }
    assert!(
        text.contains("<svg class=\"bar\"")
            && text.contains("<svg class=\"ring\"")
            && text.contains("prefers-color-scheme:dark")
    );
    let nothing = written(&nothing(), ReportFormat::Html);
    assert!(nothing.contains("badge pass") && !nothing.contains("What blocks"));
}

/// Elements that are opened are closed, in order.
#[test]
fn the_page_is_well_formed() {
    let text = written(&assessment(), ReportFormat::Html);
    let mut open: Vec<&str> = Vec::new();
    for tag in text.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
        let name = tag.split(' ').next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None if ["!doctype", "meta"].contains(&name) => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn a_page_of_a_hundred_thousand_vulnerabilities_still_opens() {
    let findings = (0..100_000).map(|i| finding(&format!("CVE-2024-{i}"), Severity::Low, "a")).collect();
    let text = written(&CveGate::default().assess(&evidence(findings)), ReportFormat::Html);
    assert!(text.len() < 8 << 20 && text.contains("98000 more are not shown here"), "{}", text.len());
}
