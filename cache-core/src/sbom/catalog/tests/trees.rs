//! What is visible of several layers.

use super::*;
use crate::sbom::catalog::layer::{Node, NodeKind};

const NOTHING: [String; 0] = [];

#[test]
fn what_lies_in_different_layers_comes_together() {
    assert_eq!(packages(&[&[("a.pkg", "x 1")], &[("b.pkg", "y 2")]]), ["x 1", "y 2"]);
}

#[test]
fn a_file_is_replaced_by_the_upper_layer() {
    assert_eq!(packages(&[&[("a.pkg", "x 1")], &[("a.pkg", "x 2")]]), ["x 2"]);
    // Whatever it holds now.
    assert_eq!(packages(&[&[("a.pkg", "x 1")], &[("a.pkg", "nothing")]]), NOTHING);
    assert_eq!(packages(&[&[("a.pkg", "x 1")], &[("a.pkg", "-> elsewhere")]]), NOTHING);
}

#[test]
fn a_whiteout_removes_a_file_or_a_folder() {
    assert_eq!(packages(&[&[("d/a.pkg", "x 1"), ("d/b.pkg", "y 1")], &[("d/.wh.a.pkg", "")]]), ["y 1"]);
    assert_eq!(packages(&[&[("d/e/a.pkg", "x 1")], &[(".wh.d", "")]]), NOTHING);
}

#[test]
fn a_whiteout_and_a_new_file_of_one_layer_leave_the_new_one() {
    for upper in [&[("a.pkg", "x 2"), (".wh.a.pkg", "")], &[(".wh.a.pkg", ""), ("a.pkg", "x 2")]] {
        assert_eq!(packages(&[&[("a.pkg", "x 1")], upper]), ["x 2"]);
    }
}

#[test]
fn case_44_a_whiteout_is_no_file_that_a_cataloger_reads() {
    assert_eq!(packages(&[&[("d/a.pkg", "x 1")], &[("d/.wh.a.pkg", "ghost 1")]]), NOTHING);
}

#[test]
fn case_45_a_name_of_only_the_prefix_is_an_ordinary_file() {
    assert_eq!(packages(&[&[("etc/a.pkg", "x 1")], &[("etc/.wh.", ""), (".wh.", "")]]), ["x 1"]);
}

#[test]
fn an_opaque_folder_hides_what_was_below_and_not_its_own() {
    for upper in [&[("d/.wh..wh..opq", ""), ("d/b.pkg", "y 2")], &[("d/b.pkg", "y 2"), ("d/.wh..wh..opq", "")]] {
        assert_eq!(packages(&[&[("d/a.pkg", "x 1"), ("d/e/c.pkg", "z 1")], upper]), ["y 2"]);
    }
    assert_eq!(packages(&[&[("a.pkg", "x 1")], &[(".wh..wh..opq", ""), ("b.pkg", "y 2")]]), ["y 2"]);
}

#[test]
fn case_46_an_opaque_marker_on_a_link_leaves_what_the_link_leads_to() {
    let lower: &[(&str, &str)] = &[("target/keep.pkg", "keep 1"), ("link", "-> /target")];
    let upper: &[(&str, &str)] = &[("link/", ""), ("link/.wh..wh..opq", ""), ("link/new.pkg", "new 1")];
    assert_eq!(packages(&[lower, upper]), ["keep 1", "new 1"]);
}

#[test]
fn case_47_a_name_that_only_begins_like_the_opaque_marker_hides_one_file() {
    assert_eq!(packages(&[&[("etc/a.pkg", "x 1"), ("etc/.wh..wh..opqX", "")]]), ["x 1"]);
    assert_eq!(packages(&[&[("etc/a.pkg", "x 1")], &[("etc/.wh..wh..opqX", "")]]), ["x 1"]);
    // In the lowest layer there is nothing to hide.
    assert_eq!(packages(&[&[("etc/a.pkg", "x 1"), ("etc/.wh..wh..opq", "")]]), ["x 1"]);
}

#[test]
fn a_folder_that_becomes_a_link_or_a_file_is_gone() {
    for upper in ["-> /elsewhere", "now a file"] {
        assert_eq!(packages(&[&[("d/a.pkg", "x 1")], &[("d", upper)]]), NOTHING);
    }
}

#[test]
fn a_folder_that_is_named_again_keeps_what_is_in_it() {
    assert_eq!(packages(&[&[("d/a.pkg", "x 1")], &[("d/", "")]]), ["x 1"]);
}

#[test]
fn what_is_put_below_a_link_lies_where_the_link_leads() {
    let lower: &[(&str, &str)] = &[("usr/lib/a.pkg", "x 1"), ("lib", "-> usr/lib")];
    assert_eq!(packages(&[lower, &[("lib/a.pkg", "x 2")]]), ["x 2"]);
    assert_eq!(packages(&[lower, &[("lib/.wh.a.pkg", "")]]), NOTHING);
}

#[test]
fn a_file_of_several_names_is_one_file_until_the_last_is_gone() {
    let lower: &[(&str, &str)] = &[("a.pkg", "x 1"), ("b.pkg", "=> a.pkg")];
    assert_eq!(packages(&[lower]), ["x 1"]);
    assert_eq!(packages(&[lower, &[(".wh.a.pkg", "")]]), ["x 1"]);
    assert_eq!(packages(&[lower, &[(".wh.a.pkg", ""), (".wh.b.pkg", "")]]), NOTHING);
    // Across layers, and to nothing.
    assert_eq!(packages(&[&[("a.pkg", "x 1")], &[("c.pkg", "=> a.pkg"), (".wh.a.pkg", "")]]), NOTHING);
    assert_eq!(packages(&[&[("c.pkg", "=> ghost.pkg")]]), NOTHING);
}

#[test]
fn links_in_a_circle_and_above_the_root_end() {
    let links: &[(&str, &str)] = &[("a", "-> b"), ("b", "-> a"), ("up", "-> ../../.."), ("self", "-> self/self")];
    let upper: &[(&str, &str)] = &[("a/x.pkg", "x 1"), ("up/y.pkg", "y 1"), ("self/z.pkg", "z 1")];
    assert_eq!(packages(&[links, upper]), ["x 1", "y 1", "z 1"]);
}

#[test]
fn a_path_leads_no_higher_than_the_root() {
    let layers = layers(&[&[("d/a.pkg", "x 1")]]);
    let mut hostile = (*layers[0]).clone();
    hostile.nodes[0].path = super::super::tar::normal("../../d/./a.pkg");
    assert_eq!(hostile.nodes[0].path, "d/a.pkg");
}

#[test]
fn a_package_appears_in_the_layer_that_first_lists_it() {
    let all = layers(&[&[("db.pkg", "x 1\ny 1")], &[("db.pkg", "x 1\ny 2\nz 1")], &[("db.pkg", "x 1\ny 2\nz 1\nw 1")]]);
    let digests: Vec<Digest> = ["a", "b", "c"].map(|name| Digest::of(name.as_bytes())).to_vec();
    let sbom = Catalog::assemble(&all, &digests);
    let of = |name: &str| {
        let package = sbom.packages.iter().find(|package| package.name == name).unwrap();
        let (_, digest) = package.properties.iter().find(|(name, _)| name == LAYER).unwrap();
        digests.iter().position(|known| known.as_str() == &**digest).unwrap()
    };
    assert_eq!((of("x"), of("y"), of("z"), of("w")), (0, 1, 1, 2));
}

#[test]
fn a_file_with_a_colon_in_its_path_is_not_owned_by_who_owns_what_stands_before_it() {
    let package = |kind: &str, name: &str| Found { kind: kind.into(), name: name.into(), ..Found::default() };
    let node = |path: &str, found: Found| Node {
        path: path.into(),
        kind: NodeKind::File,
        facts: vec![("test".into(), Fact::Package(Box::new(found)))],
    };
    let owning = Found { files: vec!["usr/bin/env".into()], ..package("deb", "coreutils") };
    let nodes = vec![
        node("var/lib/dpkg/status", owning),
        node("usr/bin/env", package("generic", "owned")),
        node("usr/bin/env:x/node", package("generic", "own")),
    ];
    let sbom = Catalog::assemble(&[Arc::new(Layer { nodes })], &[]);
    assert_eq!(names(&sbom), ["coreutils ", "own "]);
}

#[test]
fn one_package_in_two_places_is_one_package_with_both() {
    let sbom = Catalog::assemble(&layers(&[&[("a/x.pkg", "x 1"), ("b/x.pkg", "x 1")]]), &[]);
    let [package] = &sbom.packages[..] else { panic!("{sbom:?}") };
    let places = package.properties.iter().filter(|(name, _)| name == LOCATION);
    assert_eq!(places.map(|(_, place)| place.as_str()).collect::<Vec<_>>(), ["a/x.pkg", "b/x.pkg"]);
}

#[test]
fn what_lets_one_into_a_home_page_is_not_said() {
    let manifest = r#"{"name": "x", "version": "1", "homepage": "https://u:TOKEN@h.example/?tab=a&token=TOKEN"}"#;
    let archive = tar_of(&[("node_modules/x/package.json", manifest)]);
    let layer = Catalog::new(Limits::default()).layer(&*archive).unwrap();
    let sbom = Catalog::assemble(&[Arc::new(layer)], &[]);
    assert_eq!(sbom.packages[0].homepage.as_deref(), Some("https://h.example/?tab=a"));
}
