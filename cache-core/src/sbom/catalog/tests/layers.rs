//! Reading one layer.

use super::*;
use crate::error::ErrorKind;

fn read(bytes: &[u8], limits: Limits) -> Result<Vec<String>> {
    Ok(names(&Catalog::assemble(&[Arc::new(catalog(limits).layer(bytes)?)], &[])))
}

#[test]
fn a_layer_may_be_packed_by_gzip_by_zstd_or_not_at_all() {
    let plain = tar_of(&[("./a.pkg", "x 1"), ("b.pkg", "y 1")]);
    let zstd = zstd::encode_all(&*plain, 1).unwrap();
    let twice = [gzip(&plain[..700]), gzip(&plain[700..])].concat();
    for packed in [plain.clone(), gzip(&plain), zstd, twice] {
        assert_eq!(read(&packed, Limits::default()).unwrap(), ["x 1", "y 1"]);
    }
}

#[test]
fn an_empty_layer_says_nothing() {
    for empty in [Vec::new(), tar_of(&[]), gzip(&tar_of(&[])), gzip(&[])] {
        assert_eq!(read(&empty, Limits::default()).unwrap().len(), 0);
    }
}

#[test]
fn long_names_and_pax_headers_are_read() {
    let deep = format!("{}/a.pkg", vec!["folder"; 40].join("/"));
    assert_eq!(read(&tar_of(&[(&deep, "x 1")]), Limits::default()).unwrap(), ["x 1"]);
    let mut archive = ::tar::Builder::new(Vec::new());
    archive.append_pax_extensions([("path", b"from-pax/a.pkg".as_slice()), ("SCHILY.xattr.x", b"\0\xff")]).unwrap();
    let mut header = ::tar::Header::new_ustar();
    header.set_size(3);
    header.set_mode(0o644);
    archive.append_data(&mut header, "short", &b"x 1"[..]).unwrap();
    let layer = catalog(Limits::default()).layer(&*archive.into_inner().unwrap()).unwrap();
    assert_eq!((layer.nodes[0].path.as_str(), layer.nodes[0].facts.len()), ("from-pax/a.pkg", 1));
}

#[test]
fn a_layer_cut_anywhere_is_an_error_or_says_less_and_never_hangs() {
    let whole = tar_of(&[("a.pkg", "x 1"), ("b.pkg", &"y 1\n".repeat(500))]);
    for packed in [whole.clone(), gzip(&whole)] {
        for cut in (0..packed.len()).step_by(if packed.len() > 1000 { 37 } else { 1 }) {
            match read(&packed[..cut], Limits::default()) {
                Ok(found) => assert!(found.len() <= 2, "{cut}"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Invalid, "{cut}: {error}"),
            }
        }
    }
    let packed = gzip(&whole);
    assert!(read(&packed[..packed.len() - 9], Limits::default()).is_err(), "without the end of its stream");
}

#[test]
fn bytes_that_are_no_archive_are_refused() {
    for junk in [&[1_u8; 2000][..], b"not an archive", &gzip(&[7; 600])] {
        let error = read(junk, Limits::default()).unwrap_err();
        assert!(error.to_string().contains("malformed"), "{error}");
    }
    let behind = [tar_of(&[]), tar_of(&[("a.pkg", "x 1")])].concat();
    assert_eq!(read(&behind, Limits::default()).unwrap().len(), 0, "behind the end there is no archive");
    let half_ended = [vec![0; 512], tar_of(&[("a.pkg", "x 1")])].concat();
    assert!(read(&half_ended, Limits::default()).is_err());
}

#[test]
fn each_limit_ends_in_an_error_that_names_it() {
    let limits = Limits { entries: 3, bytes: 1 << 20, file: 4096, path: 60, depth: 4, kept: 1 << 16, ratio: 300 };
    let fine = tar_of(&[("a/b/c.pkg", "x 1"), ("d", ""), ("e", "")]);
    assert_eq!(read(&fine, limits.clone()).unwrap(), ["x 1"]);
    let cases: [(&str, Vec<u8>); 6] = [
        ("too many files", tar_of(&[("a", ""), ("b", ""), ("c", ""), ("d", "")])),
        ("a file has 5000 bytes", tar_of(&[("a", &"x".repeat(5000))])),
        ("a path has", tar_of(&[(&"long".repeat(20), "")])),
        ("too deep", tar_of(&[("a/b/c/d/e", "")])),
        ("more than can be kept", tar_of(&[("a.pkg", &"x 1\n".repeat(500))])),
        ("too large unpacked", [tar_of(&[]), vec![0; 2 << 20]].concat()),
    ];
    for (what, bytes) in cases {
        let error = read(&bytes, limits.clone()).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains("limit"), "{error}");
    }
}

#[test]
fn where_a_link_leads_is_bound_as_paths_are() {
    for kind in ["->", "=>"] {
        let link = format!("{kind} {}", "long".repeat(20));
        let linked = |path| read(&tar_of(&[("a", &link)]), Limits { path, ..Limits::default() });
        assert_eq!(linked(80).unwrap().len(), 0);
        let error = linked(79).unwrap_err().to_string();
        assert!(error.contains("a path has 80 bytes"), "{error}");
    }
}

#[test]
fn what_is_kept_of_a_layer_is_its_paths_its_links_and_what_its_files_say() {
    let limits = Limits { kept: 3000, ..Limits::default() };
    let (long, once, words) = ("long".repeat(500), "x 1\n", "y ".repeat(5000));
    assert_eq!(read(&tar_of(&[(&long, &words), ("a.pkg", "nothing")]), limits.clone()).unwrap().len(), 0);
    let cases: [&[(&str, &str)]; 3] = [
        &[(&long, ""), (&format!("{long}/{long}"), "")],
        &[(&long, ""), ("a", &format!("-> {long}"))],
        &[("a.pkg", &once.repeat(10))],
    ];
    for entries in cases {
        let error = read(&tar_of(entries), limits.clone()).unwrap_err().to_string();
        assert!(error.contains("more than can be kept") && error.contains("3000"), "{error}");
    }
}

#[test]
fn a_bomb_is_refused_long_before_it_is_unpacked() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&vec![0; 100 << 20]).unwrap();
    let packed = packed.finish().unwrap();
    let bomb = [gzip(&tar_of(&[("a.pkg", "x 1")])), packed].concat();
    let error = read(&bomb, Limits::default()).unwrap_err().to_string();
    assert!(error.contains("unpack to more than"), "{error}");
}

#[test]
fn a_header_of_a_huge_name_takes_no_memory() {
    let mut header = ::tar::Header::new_gnu();
    header.set_entry_type(::tar::EntryType::GNULongName);
    header.set_size(1 << 40);
    header.set_cksum();
    let error = read(header.as_bytes(), Limits::default()).unwrap_err().to_string();
    assert!(error.contains("too long"), "{error}");
}

#[test]
fn what_a_layer_says_can_be_kept() {
    let layer =
        catalog(Limits::default()).layer(&*tar_of(&[("a.pkg", "x 1"), ("l", "-> a"), (".wh.gone", "")])).unwrap();
    let kept = serde_json::to_vec(&layer).unwrap();
    assert_eq!(serde_json::from_slice::<Layer>(&kept).unwrap(), layer);
}

#[test]
fn a_folder_is_read_and_links_lead_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("root/d")).unwrap();
    std::fs::create_dir_all(at("root/skipped")).unwrap();
    for (name, content) in [("root/d/a.pkg", "x 1"), ("root/skipped/b.pkg", "y 1"), ("outside.pkg", "z 1")] {
        std::fs::write(at(name), content).unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(at("outside.pkg"), at("root/linked.pkg")).unwrap();
    for skipped in ["skipped", "skipped/", "./skipped", "./skipped/b.pkg"] {
        let catalog = catalog(Limits::default()).without(skipped);
        let sbom = Catalog::assemble(&[Arc::new(catalog.folder(&at("root")).unwrap())], &[]);
        assert_eq!(names(&sbom), ["x 1"], "{skipped}");
    }
}

#[cfg(unix)]
#[test]
fn nothing_outside_of_a_folder_and_nothing_without_end_is_read() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("root/d")).unwrap();
    std::fs::create_dir_all(at("outside")).unwrap();
    std::fs::write(at("root/d/a.pkg"), "x 1").unwrap();
    std::fs::write(at("outside/b.pkg"), "y 1").unwrap();
    let links = [
        ("/dev/zero", "root/zero.pkg"),
        ("/etc/passwd", "root/passwd.pkg"),
        ("../outside", "root/outside"),
        ("../outside/b.pkg", "root/b.pkg"),
        ("../../../../../../outside/b.pkg", "root/d/c.pkg"),
        (".", "root/d/self"),
        ("..", "root/d/up"),
        ("circle.pkg", "root/circle.pkg"),
        ("absent.pkg", "root/absent.pkg"),
    ];
    for (target, link) in links {
        symlink(target, at(link)).unwrap();
    }
    let _socket = std::os::unix::net::UnixListener::bind(at("root/socket.pkg")).unwrap();
    let layer = catalog(Limits::default()).folder(&at("root")).unwrap();
    let told = layer.nodes.iter().filter(|node| !node.facts.is_empty()).map(|node| &node.path[..]);
    assert_eq!(told.collect::<Vec<_>>(), ["d/a.pkg"]);
    assert_eq!(names(&Catalog::assemble(&[Arc::new(layer)], &[])), ["x 1"]);
}

/// A system may make up a file while it is read, of whatever length. Then it says that it has nothing.
#[cfg(target_os = "linux")]
#[test]
fn no_more_of_a_file_is_read_than_it_says_and_that_there_is_more_is_told() {
    #[derive(Debug)]
    struct All;
    impl Cataloger for All {
        fn name(&self) -> &'static str {
            "all"
        }
        fn wants(&self, file: &FileInfo<'_>) -> bool {
            assert_eq!((file.size, file.head), (0, &b""[..]), "{}", file.path);
            true
        }
        fn read(&self, _: &FileInfo<'_>, content: &mut dyn Read) -> Result<Vec<Fact>> {
            assert_eq!(content.read(&mut [0; 10]).unwrap(), 0);
            Ok(Vec::new())
        }
    }
    let read = |catalogers: Vec<Box<dyn Cataloger>>, folder: &str| {
        let layer = Catalog::of(catalogers, Limits::default()).folder(std::path::Path::new(folder)).unwrap();
        layer.nodes.into_iter().flat_map(|node| node.facts).collect::<Vec<_>>()
    };
    let random = "/proc/sys/kernel/random";
    let told = read(vec![Box::new(All)], random);
    let is_told = |(name, fact): &(String, Fact)| {
        name == "all" && matches!(fact, Fact::Unreadable(reason) if reason.contains("more than the 0 bytes"))
    };
    assert!(!told.is_empty() && told.iter().all(is_told), "{told:?}");
    assert!(read(vec![Box::new(Lines)], random).is_empty(), "nobody wants them");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("empty"), "").unwrap();
    assert!(read(vec![Box::new(All)], folder.path().to_str().unwrap()).is_empty());
}

#[cfg(unix)]
#[test]
fn a_folder_is_bound_as_a_layer_is() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let link = |target: usize, name: &str| std::os::unix::fs::symlink("l".repeat(target), at(name)).unwrap();
    let read = |limits: Limits| catalog(limits).folder(folder.path()).map_err(|error| error.to_string());
    link(1000, "a");
    std::fs::write(at("a.pkg"), "x 1").unwrap();
    std::fs::write(at("words"), "y ".repeat(5000)).unwrap();
    let limits = Limits { kept: 3000, path: 1000, ..Limits::default() };
    assert_eq!(read(limits.clone()).unwrap().nodes.len(), 3);
    let error = read(Limits { path: 999, ..limits.clone() }).unwrap_err();
    assert!(error.contains("a path has 1000 bytes"), "{error}");
    let error = read(Limits { entries: 2, ..limits.clone() }).unwrap_err();
    assert!(error.contains("too many files"), "{error}");
    // Of the words, which nobody wants, only the beginning is read.
    let of_bytes = |bytes| read(Limits { bytes, ..limits.clone() });
    assert!(of_bytes(3 + 512).is_ok());
    let error = of_bytes(3 + 511).unwrap_err();
    assert!(error.contains("too large together"), "{error}");
    link(1000, "b");
    link(1000, "c");
    let error = read(limits.clone()).unwrap_err();
    assert!(error.contains("more than can be kept") && error.contains("3000"), "{error}");
    std::fs::remove_file(at("c")).unwrap();
    std::fs::write(at("a.pkg"), "x 1\n".repeat(10)).unwrap();
    let error = read(limits).unwrap_err();
    assert!(error.contains("more than can be kept"), "{error}");
}

/// Names that are no text, and one that looks like what is written for them.
const ODD: [(&[u8], &str); 4] =
    [(b"\xfe.pkg", "x 1"), (b"\xff.pkg", "y 1"), (b"\xff/a.pkg", "z 1"), (br"\xFF.pkg", "w 1")];

fn paths(layer: &Layer) -> Vec<&str> {
    layer.nodes.iter().filter(|node| !node.facts.is_empty()).map(|node| &node.path[..]).collect()
}

/// The list is text; what is on the disk need not be.
#[cfg(target_os = "linux")]
#[test]
fn names_in_a_folder_that_are_no_text_are_kept_apart() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in ODD {
        let path = folder.path().join(std::ffi::OsStr::from_bytes(path));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let layer = catalog(Limits::default()).folder(folder.path()).unwrap();
    assert_eq!(paths(&layer), [r"\x5CxFF.pkg", r"\xFE.pkg", r"\xFF.pkg", r"\xFF/a.pkg"]);
    assert_eq!(names(&Catalog::assemble(&[Arc::new(layer)], &[])), ["w 1", "x 1", "y 1", "z 1"]);
}

#[test]
fn names_in_an_archive_that_are_no_text_are_kept_apart() {
    let mut archive = ::tar::Builder::new(Vec::new());
    for (path, content) in ODD {
        let mut header = ::tar::Header::new_gnu();
        header.as_old_mut().name[..path.len()].copy_from_slice(path);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append(&header, content.as_bytes()).unwrap();
    }
    let layer = catalog(Limits::default()).layer(&*archive.into_inner().unwrap()).unwrap();
    assert_eq!(paths(&layer), [r"\xFE.pkg", r"\xFF.pkg", r"\xFF/a.pkg", r"\x5CxFF.pkg"]);
    assert_eq!(names(&Catalog::assemble(&[Arc::new(layer)], &[])), ["w 1", "x 1", "y 1", "z 1"]);
}
