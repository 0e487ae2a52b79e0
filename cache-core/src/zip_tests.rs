//! Zip archives made here.

use std::io::Write;

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
