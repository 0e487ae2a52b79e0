//! The layout of an index. All numbers are little-endian.
//!
//! | from | length | what |
//! |---|---|---|
//! | 0 | 8 | `CACHEVDB` |
//! | 8 | 4 | the schema, [`SCHEMA`] |
//! | 12 | 8 | the length of the file |
//! | 20 | 8 | where the directory begins |
//! | 28 | 8 | how many entries it has |
//! | 36 | 4 | its CRC-32 |
//! | 40 | 8 | where the description begins |
//! | 48 | 8 | its length |
//! | 56 | 4 | its CRC-32 |
//! | 60 | 32 | SHA-256 of all that follows the header |
//! | 92 | 4 | CRC-32 of the 92 bytes before |
//!
//! The directory has an entry of 20 bytes for each package, sorted: the hash of its key (8), where its block begins (8), the
//! block's length (4). A block is the package's key, its advisories (see `record.rs`) and the CRC-32 of both. The description is
//! JSON ([`DatabaseInfo`](super::DatabaseInfo)). Each part is checked when it is read: damage is never taken for "no advisory".

use crate::error::{Error, Result};

/// What the form of the file is called; a change of the form is another number.
pub(super) const SCHEMA: u32 = 1;
pub(super) const MAGIC: &[u8; 8] = b"CACHEVDB";
pub(super) const HEADER: usize = 96;
pub(super) const ENTRY: usize = 20;
/// More is no description.
const MAX_DESCRIPTION: u64 = 16 << 20;

const REBUILD: &str = "build the database anew, from OSV's archives, Grype's database or Trivy's";

/// Where the parts of an index are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) length: u64,
    pub(super) directory: u64,
    pub(super) entries: u64,
    pub(super) directory_crc: u32,
    pub(super) description: u64,
    pub(super) description_length: u64,
    pub(super) description_crc: u32,
    pub(super) sha256: [u8; 32],
}

impl Header {
    pub(super) fn to_bytes(&self) -> [u8; HEADER] {
        let parts: [&[u8]; 10] = [
            MAGIC,
            &SCHEMA.to_le_bytes(),
            &self.length.to_le_bytes(),
            &self.directory.to_le_bytes(),
            &self.entries.to_le_bytes(),
            &self.directory_crc.to_le_bytes(),
            &self.description.to_le_bytes(),
            &self.description_length.to_le_bytes(),
            &self.description_crc.to_le_bytes(),
            &self.sha256,
        ];
        let mut bytes = parts.concat();
        bytes.extend(crc(&bytes).to_le_bytes());
        let mut header = [0; HEADER];
        header.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        header
    }

    /// Reads the header of a file of this length.
    pub(super) fn of(bytes: &[u8; HEADER], length: u64) -> Result<Header> {
        if !bytes.starts_with(MAGIC) {
            return Err(Error::invalid("not a vulnerability database of Cache").hint(REBUILD));
        }
        let schema = word(bytes, 8);
        if schema != SCHEMA {
            let age = if schema < SCHEMA { "an older" } else { "a newer" };
            return Err(
                Error::invalid(format!("the database is of {age} schema, {schema}; this is {SCHEMA}")).hint(REBUILD)
            );
        }
        if word(bytes, 92) != bytes.get(..92).map_or(0, crc) {
            return Err(damaged("its header does not match its checksum"));
        }
        let header = Header {
            length: long(bytes, 12),
            directory: long(bytes, 20),
            entries: long(bytes, 28),
            directory_crc: word(bytes, 36),
            description: long(bytes, 40),
            description_length: long(bytes, 48),
            description_crc: word(bytes, 56),
            sha256: bytes.get(60..92).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default(),
        };
        if header.length != length {
            return Err(damaged("it is not as long as its header says"));
        }
        let inside = |start: u64, size: Option<u64>| {
            let end = size.and_then(|size| start.checked_add(size));
            start >= HEADER as u64 && end.is_some_and(|end| end <= length)
        };
        if !inside(header.directory, header.entries.checked_mul(ENTRY as u64))
            || !inside(header.description, Some(header.description_length))
            || header.description_length > MAX_DESCRIPTION
        {
            return Err(damaged("its parts are not inside of it"));
        }
        Ok(header)
    }
}

/// The error for a file that is not what was written.
pub(super) fn damaged(what: &str) -> Error {
    Error::untrusted(format!("the vulnerability database is damaged: {what}")).hint(REBUILD)
}

pub(super) fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// The hash of a key, FNV-1a. Keys of one hash are told apart by their blocks.
pub(super) fn hash(key: &[u8]) -> u64 {
    key.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Zero where there are no such bytes, which all that is read here is checked against.
pub(super) fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

pub(super) fn long(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
