//! What the headers of tar archives say, for the two that read them: one from a file whose places it wants, one from a stream.

use tar::{EntryType, Header, PaxExtensions};

/// Archives are made of blocks of this size.
pub(crate) const BLOCK: u64 = 512;

/// What the headers before an entry say about it.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) name: Option<Vec<u8>>,
    pub(crate) link: Option<Vec<u8>>,
    pub(crate) size: Option<u64>,
    /// Whether the content is a file with holes, which nothing here puts together.
    pub(crate) has_holes: bool,
    /// The name of the file with holes, where it stands apart.
    pub(crate) name_with_holes: Option<Vec<u8>>,
}

impl Said {
    /// Adds what a PAX header says; the error says what is wrong with it.
    pub(crate) fn read_pax(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        for record in PaxExtensions::new(bytes) {
            let record = record.map_err(|_| "its PAX records are malformed")?;
            let value = record.value_bytes();
            match record.key_bytes() {
                b"path" => self.name = Some(value.to_vec()),
                b"linkpath" => self.link = Some(value.to_vec()),
                b"size" => {
                    let size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                    self.size = Some(size.ok_or("its size is no number")?);
                }
                b"GNU.sparse.name" => (self.name_with_holes, self.has_holes) = (Some(value.to_vec()), true),
                key => self.has_holes |= key.starts_with(b"GNU.sparse."),
            }
        }
        Ok(())
    }
}

/// Whether the checksum of a header is right. It counts its own eight bytes as spaces.
pub(crate) fn is_intact(header: &Header) -> bool {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let others = sum(header.as_bytes()) - sum(&header.as_old().cksum);
    header.cksum().ok() == Some(others + 8 * u32::from(b' '))
}

/// These have no data, whatever their size says.
pub(crate) fn has_no_data(kind: EntryType) -> bool {
    use EntryType::{Block, Char, Directory, Fifo, Link, Symlink};
    matches!(kind, Directory | Symlink | Link | Char | Block | Fifo)
}

/// A name that a block or more was given to.
pub(crate) fn until_nul(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    bytes.truncate(end);
    bytes
}
