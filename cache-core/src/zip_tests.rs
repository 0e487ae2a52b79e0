//! Zip archives made here.

use std::io::Write;

use super::{Budget, Zip};

/// A zip archive, each entry stored or deflated.
pub(crate) fn zip(entries: &[(&str, &[u8])], pack: bool) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(content).unwrap();
        let packed = if pack { encoder.finish().unwrap() } else { content.to_vec() };
        let mut common = Vec::new();
        common.extend([20, 0, 0, 0, if pack { 8 } else { 0 }, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        common.extend([(packed.len() as u32).to_le_bytes(), (content.len() as u32).to_le_bytes()].concat());
        common.extend([(name.len() as u16).to_le_bytes(), [0, 0]].concat());
        directory.extend(
            [b"PK\x01\x02\x14\x00", &common[..], &[0; 10], &(bytes.len() as u32).to_le_bytes(), name.as_bytes()]
                .concat(),
        );
        bytes.extend([b"PK\x03\x04", &common[..], name.as_bytes(), &packed].concat());
    }
    let (start, count) = (bytes.len() as u32, (entries.len() as u16).to_le_bytes());
    bytes.extend_from_slice(&directory);
    bytes.extend(
        [
            b"PK\x05\x06\0\0\0\0",
            &count[..],
            &count,
            &(directory.len() as u32).to_le_bytes(),
            &start.to_le_bytes(),
            &[0, 0],
        ]
        .concat(),
    );
    bytes
}

#[test]
fn what_is_stored_counts_each_time_it_is_named() {
    let bytes = zip(&[("pom.xml", &[b'x'; 400])], false);
    let archive = Zip::open(&bytes).unwrap();
    let mut budget = Budget(1000);
    let read = (0..5).filter(|_| archive.content(&archive.entries[0], 400, &mut budget).is_ok()).count();
    assert_eq!((read, budget.0), (2, 200));
}

#[test]
fn a_directory_is_read_to_its_end_or_refused() {
    let whole = zip(&[("a", b"1"), ("b", b"2"), ("c", b"3")], false);
    assert_eq!(Zip::open(&whole).unwrap().entries.len(), 3);
    let mut broken = whole.clone();
    let second = memchr::memmem::find_iter(&whole, b"PK\x01\x02").nth(1).unwrap();
    broken[second] = b'X';
    assert_eq!(Zip::open(&broken).unwrap_err(), super::CUT);
    let commented = [&whole[..whole.len() - 2], b"\x05\0hello"].concat();
    assert_eq!(Zip::open(&commented).unwrap().entries.len(), 3);
    assert_eq!(Zip::open(&zip(&[], false)).unwrap().entries.len(), 0);
}

#[test]
fn a_name_longer_than_a_path_is_refused() {
    let named = |length: usize| zip(&[(&"x".repeat(length), b"")], false);
    assert!(Zip::open(&named(4096)).is_ok());
    assert_eq!(Zip::open(&named(4097)).unwrap_err(), "a name in it is too long");
}
