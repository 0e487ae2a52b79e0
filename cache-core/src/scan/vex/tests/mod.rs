mod formats;
mod matching;
mod shared;

use serde_json::{Value, json};

use super::*;
use crate::model::{Digest, Repository};
use crate::scan::Finding;

/// An OpenVEX document with these statements.
fn openvex(statements: Value) -> Vex {
    let document = json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://vex.example/1", "author": "Example",
        "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": statements,
    });
    Vex::parse(document.to_string().as_bytes()).unwrap()
}

/// One statement that is justified.
fn not_affected(product: &Value) -> Vex {
    openvex(json!([{
        "vulnerability": {"name": "CVE-1"}, "products": [product], "status": "not_affected",
        "justification": "vulnerable_code_not_present",
    }]))
}

fn finding(purl: &str) -> Finding {
    Finding {
        id: "CVE-1".into(),
        package: "lib".into(),
        version: "1".into(),
        purl: Some(purl.into()),
        ..Finding::default()
    }
}

fn image() -> Digest {
    Digest::of(b"image")
}

/// How the only statement fits a finding in the image, and what differs where it does not.
fn fit(vex: &Vex, purl: &str, sboms: Vec<&crate::sbom::Sbom<'static>>) -> Result<Fit, String> {
    let (digest, repository) = (image(), Repository::parse("docker.io/library/app").unwrap());
    let places = [Place { digests: vec![&digest], repository: Some(&repository), sboms }];
    let finding = finding(purl);
    let fitting = Matcher::of([(&finding, 0)].into_iter(), &places).fitting(&vex.statements[0]);
    fitting.findings.get(&0).copied().ok_or_else(|| fitting.near.unwrap_or_default())
}
