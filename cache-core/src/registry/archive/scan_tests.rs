use std::io::Cursor;

use super::*;
use crate::ErrorKind;

fn entry(builder: &mut tar::Builder<Vec<u8>>, name: &str, bytes: &[u8]) {
    let mut header = Header::new_gnu();
    header.set_size(bytes.len() as u64);
    builder.append_data(&mut header, name, bytes).unwrap();
}

fn link(builder: &mut tar::Builder<Vec<u8>>, kind: EntryType, name: &str, target: &str) {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(0);
    builder.append_link(&mut header, name, target).unwrap();
}

fn names(bytes: &[u8]) -> Result<HashMap<String, Entry>> {
    scan(&mut Cursor::new(bytes), bytes.len() as u64)
}

fn content<'a>(bytes: &'a [u8], entries: &HashMap<String, Entry>, name: &str) -> &'a [u8] {
    match &entries[name] {
        Entry::File(place) => &bytes[place.offset as usize..][..place.size as usize],
        other => panic!("{name}: {other:?}"),
    }
}

/// A header with any name, which the builder would refuse to write.
fn raw(name: &str, size: u64) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.set_size(size);
    header.set_cksum();
    header.as_bytes().to_vec()
}

#[test]
fn files_are_found_under_every_way_of_writing_names() {
    let long = "x/".repeat(80) + "file";
    let mut builder = tar::Builder::new(Vec::new());
    entry(&mut builder, "./a/file", b"one");
    entry(&mut builder, "empty", b"");
    entry(&mut builder, &long, b"two");
    let pax = "p/".repeat(80) + "file";
    builder.append_pax_extensions([("path", pax.as_bytes()), ("size", b"5")]).unwrap();
    let mut header = Header::new_ustar();
    header.set_size(5);
    header.set_path("short").unwrap();
    header.set_cksum();
    builder.append(&header, &b"three"[..]).unwrap();
    let bytes = builder.into_inner().unwrap();
    let entries = names(&bytes).unwrap();
    for (name, expected) in [("a/file", &b"one"[..]), ("empty", b""), (&long, b"two"), (&pax, b"three")] {
        assert_eq!(content(&bytes, &entries, name), expected);
    }
    assert_eq!(entries.len(), 4);
}

#[test]
fn links_and_doubtful_entries_are_told_apart() {
    let mut builder = tar::Builder::new(Vec::new());
    link(&mut builder, EntryType::Symlink, "x/layer.tar", "../y/layer.tar");
    link(&mut builder, EntryType::Link, "hard", "./y/layer.tar");
    link(&mut builder, EntryType::Symlink, "astray", "../../etc/passwd");
    link(&mut builder, EntryType::Fifo, "pipe", "nothing");
    entry(&mut builder, "twice", b"1");
    entry(&mut builder, "./twice", b"2");
    let entries = names(&builder.into_inner().unwrap()).unwrap();
    assert_eq!(entries["x/layer.tar"], Entry::Link("y/layer.tar".into()));
    assert_eq!(entries["hard"], Entry::Link("y/layer.tar".into()));
    assert_eq!(entries["astray"], Entry::Unreadable);
    assert_eq!(entries["pipe"], Entry::Unreadable);
    assert_eq!(entries["twice"], Entry::Twice);
}

#[test]
fn hostile_and_cut_off_files_are_refused() {
    let mut builder = tar::Builder::new(Vec::new());
    entry(&mut builder, "file", &[7; 2000]);
    let whole = builder.into_inner().unwrap();
    for len in [1, 511, 513, 2000] {
        assert_eq!(names(&whole[..len]).unwrap_err().kind(), ErrorKind::Invalid, "{len}");
    }
    // Without padding and closing zeros it is whole, as other readers have it too.
    assert_eq!(names(&whole[..2512]).unwrap().len(), 1);
    let mut flipped = whole.clone();
    flipped[0] ^= 1;
    let long_name = raw("././@LongLink", u64::MAX / 2);
    let huge = [raw("file", 1 << 60), vec![0; 1024]].concat();
    for bytes in [&b""[..], &[b'x'; 600], &flipped, &long_name, &huge, &raw("../up", 0), &raw("/etc/passwd", 0)] {
        let error = names(bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    let mut gzip = vec![0x1f, 0x8b, 8, 0];
    gzip.resize(1024, 1);
    assert_eq!(names(&gzip).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn headers_about_the_next_entry_are_bounded() {
    let mut bytes = Vec::new();
    for kind in [EntryType::XHeader, EntryType::GNULongName] {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(1 << 20);
        header.set_cksum();
        bytes.clear();
        bytes.extend_from_slice(header.as_bytes());
        bytes.resize(2 << 20, b'a');
        assert_eq!(names(&bytes).unwrap_err().kind(), ErrorKind::Invalid);
    }
}

#[test]
fn any_single_changed_byte_of_the_headers_does_no_harm() {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("path", &b"a/b"[..])]).unwrap();
    entry(&mut builder, "file", b"content");
    link(&mut builder, EntryType::Symlink, "link", "file");
    let whole = builder.into_inner().unwrap();
    for at in 0..whole.len() {
        for value in [0, b'7', 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = value;
            let header = at - at % 512;
            let mut fixed = Header::new_old();
            fixed.as_mut_bytes().copy_from_slice(&bytes[header..header + 512]);
            fixed.set_cksum();
            bytes[header..header + 512].copy_from_slice(fixed.as_bytes());
            let _ = names(&bytes);
        }
    }
}
