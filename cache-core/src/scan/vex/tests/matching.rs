use super::*;

/// sbom.md E 92: registries have several names, and purls are compared as what they mean.
#[test]
fn e_92_names_of_registries_and_escapes_do_not_matter() {
    for url in [
        "docker.io/library/app",
        "docker.io%2Flibrary%2Fapp",
        "index.docker.io/library",
        "https://registry-1.docker.io/library/app/",
    ] {
        let product =
            json!({"@id": format!("pkg:oci/app?repository_url={url}"), "subcomponents": [{"@id": "pkg:npm/lib@1"}]});
        assert_eq!(fit(&not_affected(&product), "pkg:npm/lib@1", vec![]), Ok(Fit::Exact), "{url}");
    }
    let escaped = json!({"@id": format!("pkg:oci/app@{}?repository_url=docker.io%2Flibrary%2Fapp", image().as_str().replace(':', "%3A"))});
    assert_eq!(fit(&not_affected(&escaped), "pkg:npm/lib@1", vec![]), Ok(Fit::Exact));
    let product = json!({"@id": "pkg:oci/app?repository_url=quay.example/library/app", "subcomponents": [{"@id": "pkg:npm/lib@1"}]});
    assert!(fit(&not_affected(&product), "pkg:npm/lib@1", vec![]).unwrap_err().contains("quay.example"));
}

/// sbom.md E 93: the product is an image by digest or name, the component a purl without qualifiers.
#[test]
fn e_93_an_image_with_a_package_in_it() {
    let found = "pkg:deb/debian/dpkg@1.18.25?arch=amd64&distro=debian-9";
    let within = |product: String| json!({"@id": product, "subcomponents": [{"@id": "pkg:deb/debian/dpkg@1.18.25"}]});
    for product in
        [format!("pkg:oci/app@{}", image()), format!("pkg:oci/app@sha256:{}", image()), "pkg:oci/app".to_owned()]
    {
        assert_eq!(fit(&not_affected(&within(product.clone())), found, vec![]), Ok(Fit::Exact), "{product}");
    }
    let other = within(format!("pkg:oci/app@{}", Digest::of(b"other")));
    assert!(fit(&not_affected(&other), found, vec![]).unwrap_err().contains("is about the image sha256:"));
    assert!(fit(&not_affected(&within("pkg:oci/mismatch".into())), found, vec![]).is_err());
}

/// gates.md B2 26: what differs is told.
#[test]
fn b2_26_a_near_match_says_which_qualifier_differs() {
    let found = "pkg:deb/debian/bash@5.2-1?arch=amd64&distro=debian-12.13";
    let near = json!({"@id": "pkg:deb/debian/bash@5.2-1?distro=debian-12"});
    assert_eq!(fit(&not_affected(&near), found, vec![]), Err("distro is debian-12 there and debian-12.13 here".into()));
    let near = json!({"@id": "pkg:deb/debian/bash@5.3"});
    assert_eq!(fit(&not_affected(&near), found, vec![]), Err("the version is 5.3 there and 5.2-1 here".into()));
    let near = json!({"@id": "pkg:deb/debian/bash@5.2-1?os_name=x"});
    assert_eq!(fit(&not_affected(&near), found, vec![]), Err("os_name is x there and not stated here".into()));
    let exact = json!({"@id": "pkg:deb/Debian/BASH@5.2-1?arch=amd64&upstream=bash"});
    assert_eq!(fit(&not_affected(&exact), found, vec![]), Ok(Fit::Exact));
}

/// gates.md B2 27: a purl without a version means all versions, unless the image is named exactly.
#[test]
fn b2_27_a_purl_without_a_version_is_broad() {
    assert_eq!(fit(&not_affected(&json!({"@id": "pkg:npm/lib"})), "pkg:npm/lib@1", vec![]), Ok(Fit::Broad));
    let within = |product: String| json!({"@id": product, "subcomponents": [{"@id": "pkg:npm/lib"}]});
    assert_eq!(fit(&not_affected(&within("pkg:oci/app".into())), "pkg:npm/lib@1", vec![]), Ok(Fit::Broad));
    assert_eq!(
        fit(&not_affected(&within(format!("pkg:oci/app@{}", image()))), "pkg:npm/lib@1", vec![]),
        Ok(Fit::Exact)
    );
    assert_eq!(fit(&not_affected(&json!({"@id": "pkg:oci/app"})), "pkg:npm/lib@1", vec![]), Ok(Fit::Broad));
}

#[test]
fn epochs_and_the_v_of_go_do_not_matter_and_other_names_do() {
    let fits = |said: &str, found: &str| fit(&not_affected(&json!({"@id": said})), found, vec![]).is_ok();
    assert!(fits("pkg:rpm/redhat/bind@9.1-1?epoch=32", "pkg:rpm/redhat/bind@32:9.1-1"));
    assert!(fits("pkg:rpm/redhat/bind@9.1-1", "pkg:rpm/redhat/bind@0:9.1-1?arch=x86_64"));
    assert!(!fits("pkg:rpm/redhat/bind@9.1-1?epoch=32", "pkg:rpm/redhat/bind@9.1-1"));
    assert!(fits("pkg:golang/example.com/m@v1.2.3", "pkg:golang/example.com/m@1.2.3"));
    assert!(fits("pkg:pypi/Some_Lib@1", "pkg:pypi/some-lib@1"));
    for other in ["pkg:npm/lib2@1", "pkg:pypi/lib@1", "pkg:npm/%40scope/lib@1"] {
        assert!(!fits(other, "pkg:npm/lib@1"), "{other}");
    }
}

#[test]
fn a_name_that_is_neither_a_purl_nor_a_digest_is_told() {
    let why = fit(&not_affected(&json!({"@id": "https://example.com/app"})), "pkg:npm/lib@1", vec![]).unwrap_err();
    assert!(why.contains("neither a purl nor a digest"), "{why}");
    let why = fit(&not_affected(&json!({"@id": "pkg:oci/app@1.2"})), "pkg:npm/lib@1", vec![]).unwrap_err();
    assert!(why.contains("no digest"), "{why}");
}

#[test]
fn an_image_by_its_hash() {
    let product = json!({"@id": "https://example.com/app", "hashes": {"sha-256": image().hex()}});
    assert_eq!(fit(&not_affected(&product), "pkg:npm/lib@1", vec![]), Ok(Fit::Exact));
}

/// A package within a package: only an SBOM tells, and only where nothing else needs it.
#[test]
fn a_component_of_a_package_needs_an_sbom_that_says_so() {
    let sbom = |edges: &[(&str, &str)]| {
        let component = |name: &str| json!({"type": "library", "bom-ref": name, "name": name, "version": "1", "purl": format!("pkg:npm/{name}@1")});
        let dependencies: Vec<Value> = edges.iter().map(|(from, to)| json!({"ref": from, "dependsOn": [to]})).collect();
        let components = ["app", "other", "direct", "lib"].map(component);
        let document = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "dependencies": dependencies,
            "components": components});
        crate::sbom::Sbom::parse(document.to_string().as_bytes()).unwrap().into_owned()
    };
    let vex = not_affected(&json!({"@id": "pkg:npm/direct@1", "subcomponents": [{"@id": "pkg:npm/lib@1"}]}));
    assert!(fit(&vex, "pkg:npm/lib@1", vec![]).unwrap_err().contains("no SBOM says"));
    let only = sbom(&[("app", "direct"), ("direct", "lib")]);
    assert_eq!(fit(&vex, "pkg:npm/lib@1", vec![&only]), Ok(Fit::Exact));
    for elsewhere in [&[("direct", "lib"), ("other", "lib")][..], &[("app", "direct")], &[("other", "lib")]] {
        let why = fit(&vex, "pkg:npm/lib@1", vec![&sbom(elsewhere)]).unwrap_err();
        assert!(why.contains("other things need it"), "{why}");
    }
    let circle = sbom(&[("app", "direct"), ("direct", "lib"), ("lib", "direct")]);
    assert_eq!(fit(&vex, "pkg:npm/lib@1", vec![&circle]), Ok(Fit::Exact));
}

#[test]
fn aliases_name_the_vulnerability_and_several_cves_name_none() {
    let said = |names: Value| {
        openvex(json!([{"vulnerability": names, "products": [{"@id": "pkg:npm/lib@1"}], "status": "fixed"}]))
    };
    assert!(fit(&said(json!({"name": "GHSA-1", "aliases": ["cve-1"]})), "pkg:npm/lib@1", vec![]).is_ok());
    assert!(fit(&said(json!({"name": "ADV-1", "aliases": ["CVE-1", "CVE-2"]})), "pkg:npm/lib@1", vec![]).is_err());
    assert!(fit(&said(json!({"name": "CVE-2"})), "pkg:npm/lib@1", vec![]).is_err());
}

#[test]
fn a_later_version_of_a_document_supersedes_it() {
    let at =
        |version: u64, author: &str| Vex { version: Some(version), author: Some(author.into()), ..openvex(json!([])) };
    assert!(at(1, "a").is_superseded_by(&at(2, "a")));
    assert!(!at(2, "a").is_superseded_by(&at(1, "a")) && !at(1, "a").is_superseded_by(&at(2, "b")));
    assert!(!Vex { id: None, ..at(1, "a") }.is_superseded_by(&Vex { id: None, ..at(2, "a") }));
}
