//! Whole images and folders, with the catalogers of the operating system alone.

use std::sync::Arc;

use super::super::{Catalog, Limits};
use super::*;
use crate::sbom::catalog::testing;

fn purls(sbom: &crate::sbom::Sbom<'_>) -> Vec<String> {
    let mut purls: Vec<String> = sbom.packages.iter().filter_map(|p| p.purl.as_deref().map(str::to_owned)).collect();
    purls.sort();
    purls
}

/// The rows of `own/EXPECTED.tsv` about these databases.
#[test]
fn the_expected_packages_of_images() {
    let alpine =
        |name: &str, version: &str| format!("pkg:apk/alpine/{name}@{version}?arch=x86_64&distro=alpine-3.18.4");
    let debian = |name: &str, version: &str, arch: &str, more: &str| {
        format!("pkg:deb/debian/{name}@{version}?arch={arch}&distro=debian-12.5{more}")
    };
    let rows: [(&str, Vec<String>); 4] = [
        ("apk_with.tar", vec![alpine("b", "1-r0"), alpine("c", "1-r0"), alpine("zulu", "21.0-r0")]),
        ("apk_usrlib.tar", vec![alpine("u", "1-r0")]),
        (
            "dpkg_multiarch.tar",
            vec![
                debian("half", "1.0-2", "amd64", ""),
                debian("held", "1.0-3", "amd64", ""),
                debian("libc6", "2.36-9", "amd64", "&upstream=glibc"),
                debian("libc6", "2.36-9", "i386", "&upstream=glibc"),
                debian("unp", "1.0-4", "amd64", ""),
            ],
        ),
        ("dpkg_partial.tar", Vec::new()),
    ];
    let catalog = Catalog::of(os(), Limits::default());
    for (image, right) in &rows {
        let Some(layers) = testing::layers(image) else { return };
        let layers: Vec<_> = layers.iter().map(|layer| Arc::new(catalog.layer(&**layer).unwrap())).collect();
        assert_eq!(purls(&Catalog::assemble(&layers, &[])), *right, "{image}");
    }
    println!("{} images", rows.len());
}

#[test]
fn each_form_of_the_database_of_rpm_in_a_folder() {
    let right = "pkg:rpm/redhat/demo-libs@2.0-3.module%2Bel8%2B1%2Babc?arch=noarch&distro=rhel-8.10&epoch=1&\
                 upstream=demo-libs-2.0-3.module%2Bel8%2B1%2Babc.src.rpm";
    let catalog = Catalog::of(os(), Limits::default());
    for form in ["sqlite", "bdb", "ndb"] {
        let Some(root) = crate::document::shared_data(&format!("sbom/own/rpmdb/{form}")) else { return };
        let layer = Arc::new(catalog.folder(&root).unwrap());
        assert_eq!(purls(&Catalog::assemble(&[layer], &[])), [right], "{form}");
    }
}
