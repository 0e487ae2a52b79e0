//! Unpacking a layer within limits.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

use super::limits::Limits;
use super::tar::of_read;
use crate::error::Result;

/// What is asked of the source at a time.
const BUFFER: usize = 128 << 10;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The bytes of the archive: what the first bytes say counts, as media types are wrong at times.
pub(super) fn unpack<'a>(packed: impl Read + 'a, limits: &'a Limits) -> Result<Limited<'a>> {
    let taken = Rc::new(Cell::new(0));
    let mut packed = BufReader::with_capacity(BUFFER, Counted { inner: packed, taken: Rc::clone(&taken) });
    let start = packed.fill_buf().map_err(of_read)?;
    let inner: Box<dyn Read + 'a> = if start.starts_with(&GZIP) {
        Box::new(MultiGzDecoder::new(packed))
    } else if start.starts_with(&ZSTD) {
        Box::new(zstd::Decoder::with_buffer(packed).map_err(of_read)?)
    } else {
        Box::new(packed)
    };
    Ok(Limited { inner, limits, taken, given: 0 })
}

/// Counts what is taken of the source.
struct Counted<R> {
    inner: R,
    taken: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.taken.set(self.taken.get() + read as u64);
        Ok(read)
    }
}

/// The unpacked bytes, counted.
pub(super) struct Limited<'a> {
    inner: Box<dyn Read + 'a>,
    limits: &'a Limits,
    taken: Rc<Cell<u64>>,
    given: u64,
}

impl Read for Limited<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.given += read as u64;
        self.limits.check_bytes(self.given, self.taken.get()).map_err(|e| Error::new(ErrorKind::InvalidData, e))?;
        Ok(read)
    }
}
