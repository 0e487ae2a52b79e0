//! Which part of a file is loaded to which address, from the headers that ELF, PE and Mach-O files begin with.
//!
//! Sources: the System V ABI (program headers), Microsoft's PE format (section table), Apple's `mach-o/loader.h`.

/// The most segments that count.
const MAX: usize = 1024;

/// A part of the file that is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) address: u64,
    pub(super) offset: u64,
    pub(super) size: u64,
}

/// The loaded parts of the file that begins with `head`.
pub(super) fn segments(head: &[u8]) -> Vec<Segment> {
    let found = match head {
        [0x7f, b'E', b'L', b'F', ..] => elf(head),
        [b'M', b'Z', ..] => pe(head),
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xfe, 0xed, 0xfa, 0xcf | 0xce, ..] => macho(head),
        _ => None,
    };
    found.unwrap_or_default()
}

/// Where in the file the byte at `address` is.
pub(super) fn offset_of(segments: &[Segment], address: u64) -> Option<u64> {
    let inside = |s: &&Segment| address.checked_sub(s.address).is_some_and(|within| within < s.size);
    let segment = segments.iter().find(inside)?;
    segment.offset.checked_add(address - segment.address)
}

/// Numbers of either byte order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub(super) big: bool,
    /// Whether addresses have eight bytes.
    pub(super) wide: bool,
}

impl Order {
    /// The number of `size` bytes at `at`.
    pub(super) fn number(self, bytes: &[u8], at: usize, size: usize) -> Option<u64> {
        let bytes = bytes.get(at..at.checked_add(size)?)?;
        let add = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        Some(if self.big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
    }

    /// The address at `at`.
    pub(super) fn address(self, bytes: &[u8], at: usize) -> Option<u64> {
        self.number(bytes, at, if self.wide { 8 } else { 4 })
    }

    fn word(self, bytes: &[u8], at: usize) -> Option<u64> {
        self.number(bytes, at, 4)
    }

    fn half(self, bytes: &[u8], at: usize) -> Option<usize> {
        self.number(bytes, at, 2).map(|number| number as usize)
    }
}

fn elf(head: &[u8]) -> Option<Vec<Segment>> {
    let order = Order { big: *head.get(5)? == 2, wide: *head.get(4)? == 2 };
    let (table, size, count) = match order.wide {
        true => (order.number(head, 0x20, 8)?, order.half(head, 0x36)?, order.half(head, 0x38)?),
        false => (order.word(head, 0x1c)?, order.half(head, 0x2a)?, order.half(head, 0x2c)?),
    };
    let mut segments = Vec::new();
    for index in 0..count.min(MAX) {
        let at = usize::try_from(table).ok()?.checked_add(index * size)?;
        // Of type 1 are the parts that are loaded.
        let Some(1) = order.word(head, at) else { continue };
        segments.push(match order.wide {
            true => Segment {
                offset: order.number(head, at + 8, 8)?,
                address: order.number(head, at + 16, 8)?,
                size: order.number(head, at + 32, 8)?,
            },
            false => Segment {
                offset: order.word(head, at + 4)?,
                address: order.word(head, at + 8)?,
                size: order.word(head, at + 16)?,
            },
        });
    }
    Some(segments)
}

fn pe(head: &[u8]) -> Option<Vec<Segment>> {
    let order = Order { big: false, wide: false };
    let start = usize::try_from(order.word(head, 0x3c)?).ok()?;
    let sections = order.half(head, start.checked_add(6)?)?;
    let optional = start + 24;
    let base = match order.half(head, optional)? {
        0x20b => order.number(head, optional + 24, 8)?,
        _ => order.word(head, optional + 28)?,
    };
    let table = optional + order.half(head, start + 20)?;
    let mut segments = Vec::new();
    for index in 0..sections.min(MAX) {
        let at = table + index * 40;
        let Some(address) = order.word(head, at + 12) else { break };
        let (size, offset) = (order.word(head, at + 16)?, order.word(head, at + 20)?);
        segments.push(Segment { address: base.checked_add(address)?, offset, size });
    }
    Some(segments)
}

fn macho(head: &[u8]) -> Option<Vec<Segment>> {
    let big = *head.first()? == 0xfe;
    let wide = *head.get(if big { 3 } else { 0 })? == 0xcf;
    let order = Order { big, wide };
    let commands = usize::try_from(order.word(head, 16)?).ok()?;
    let mut at = if wide { 32 } else { 28 };
    let mut segments = Vec::new();
    for _ in 0..commands.min(MAX) {
        let (Some(command), Some(size)) = (order.word(head, at), order.word(head, at + 4)) else { break };
        match command {
            0x19 => segments.push(Segment {
                address: order.number(head, at + 24, 8)?,
                offset: order.number(head, at + 40, 8)?,
                size: order.number(head, at + 48, 8)?,
            }),
            0x1 => segments.push(Segment {
                address: order.word(head, at + 24)?,
                offset: order.word(head, at + 32)?,
                size: order.word(head, at + 36)?,
            }),
            _ => {}
        }
        at = at.checked_add(usize::try_from(size).ok().filter(|&size| size >= 8)?)?;
    }
    Some(segments)
}
