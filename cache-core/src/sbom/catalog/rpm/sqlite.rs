//! SQLite, the form of today. Only what it takes to read one table from its beginning to its end: the pages of its tree, and
//! the chains of pages that long rows continue on (<https://www.sqlite.org/fileformat2.html>).

use super::bytes::{Pages, Seen, part, u16_be, u32_be};
use super::{Damage, Sink};

const MAGIC: &[u8] = b"SQLite format 3\0";
const INTERIOR: u8 = 5;
const LEAF: u8 = 13;
/// A tree of such a depth would have more rows than there are bytes in the world.
const MAX_DEPTH: usize = 40;
/// The table has two columns.
const MAX_COLUMNS: usize = 8;
/// rpm itself has no longer headers.
const MAX_ROW: usize = 257 << 20;

#[derive(Debug, Clone, Copy)]
struct Database<'a> {
    pages: Pages<'a>,
    /// The size of a page without what extensions reserve at its end.
    usable: usize,
}

/// Every header in the table `Packages`.
pub(super) fn read(bytes: &[u8], sink: Sink<'_>) -> Result<(), Damage> {
    if !bytes.starts_with(MAGIC) {
        return Err("it is no database of this form");
    }
    let size = match u16_be(bytes, 16) {
        Some(1) => 65536,
        Some(size) => usize::from(size),
        None => 0,
    };
    let reserved = usize::from(bytes.get(20).copied().unwrap_or_default());
    if !size.is_power_of_two() || size < 512 || size - reserved < 480 {
        return Err("its pages have no size");
    }
    let database = Database { pages: Pages { bytes, size }, usable: size - reserved };
    let mut seen = Seen::none(database.pages);
    let mut root = None;
    let schema = database.table(1, &mut seen, &mut |row| {
        root = root.or_else(|| packages_root(row.ok()?));
        root.is_none()
    });
    let root = root.ok_or(schema.err().unwrap_or("it has no table of packages"))?;
    database.table(root, &mut seen, &mut |row| match row.map(header) {
        Ok(Some(header)) => sink(Ok(header)),
        Ok(None) => sink(Err("a row holds no header")),
        Err(damage) => sink(Err(damage)),
    })?;
    let pages = u32_be(bytes, 28).and_then(|count| usize::try_from(count).ok()).unwrap_or_default();
    // The count holds only where the last writer knew of it.
    let counted = bytes.get(24..28) == bytes.get(92..96);
    if counted && pages.saturating_mul(size) > bytes.len() { Err("it is cut off") } else { Ok(()) }
}

/// A log that holds changes means that the file without it is not the whole database.
pub(super) fn log(bytes: &[u8]) -> Result<(), Damage> {
    let known = matches!(u32_be(bytes, 0), Some(0x377f_0682 | 0x377f_0683));
    // The numbers of the last reset: a frame with others is left from before it.
    let holds = part(bytes, 16, 8).is_some_and(|salt| part(bytes, 32 + 8, 8) == Some(salt));
    if known && holds { Err("it may hold packages that are not in the database yet; it is not read") } else { Ok(()) }
}

/// The first page of the table, where this row of the schema is the one about it: type, name, table, page, statement.
fn packages_root(row: &[u8]) -> Option<usize> {
    let mut columns = Columns::of(row)?;
    let (kind, name) = (columns.next()?, columns.next()?);
    let (_, page) = (columns.next()?, columns.next()?);
    let wanted = kind.bytes == b"table" && name.bytes.eq_ignore_ascii_case(b"Packages");
    let number = page.bytes.iter().fold(0usize, |number, byte| number << 8 | usize::from(*byte));
    (wanted && matches!(page.kind, 1..=6) && page.bytes.len() <= 4).then_some(number)
}

/// The header in a row of the table: its only column of bytes.
fn header(row: &[u8]) -> Option<&[u8]> {
    let blob = |column: &Column<'_>| column.kind >= 12 && column.kind.is_multiple_of(2);
    Columns::of(row)?.take(MAX_COLUMNS).find(blob).map(|column| column.bytes)
}

impl<'a> Database<'a> {
    /// Hands every row of a table to `each`, until that wants no more. Of a damaged tree it reads what is left.
    fn table(self, root: usize, seen: &mut Seen, each: Sink<'_>) -> Result<(), Damage> {
        let mut damage = None;
        let mut row = Vec::new();
        // The way down to where it reads: pages, and which child of each comes next.
        let mut way = Vec::new();
        let mut down = Some(root);
        loop {
            if let Some(number) = down.take() {
                match self.page(number, seen).filter(|_| way.len() < MAX_DEPTH) {
                    Some(page) if page.kind == INTERIOR => way.push((page, 0)),
                    Some(page) => {
                        for index in 0..page.count {
                            let row = page
                                .cell(8, index)
                                .and_then(|cell| self.row(cell, seen, &mut row))
                                .ok_or("a row is damaged");
                            if !each(row) {
                                return Ok(());
                            }
                        }
                    }
                    None => damage = Some("a page of the tree is missing, in it twice, or another's"),
                }
            }
            let Some((page, child)) = way.last_mut() else { return damage.map_or(Ok(()), Err) };
            down = (*child <= page.count).then(|| {
                let cell = || page.cell(12, *child).and_then(|cell| u32_be(cell, 0));
                let number = if *child == page.count { page.right } else { cell() };
                number.and_then(|number| usize::try_from(number).ok()).unwrap_or_default()
            });
            *child += 1;
            if down.is_none() {
                way.pop();
            }
        }
    }

    /// A page of a table's tree that was not read before.
    fn page(self, number: usize, seen: &mut Seen) -> Option<Page<'a>> {
        let index = number.checked_sub(1)?;
        seen.mark(index)?;
        let bytes = self.pages.get(index)?;
        // The first page begins with the header of the file.
        let start = if number == 1 { 100 } else { 0 };
        let kind = *bytes.get(start)?;
        // Every cell has two bytes that say where it is.
        let count = usize::from(u16_be(bytes, start + 3)?).min(bytes.len() / 2);
        let page = Page { bytes, start, kind, count, right: u32_be(bytes, start + 8) };
        matches!(kind, LEAF | INTERIOR).then_some(page)
    }

    /// The bytes of a row: in the cell alone, or continued on other pages and put together in `whole`.
    fn row<'r>(self, cell: &'r [u8], seen: &mut Seen, whole: &'r mut Vec<u8>) -> Option<&'r [u8]> {
        let (length, rest) = varint(cell)?;
        let (_, rest) = varint(rest)?;
        let length = usize::try_from(length).ok().filter(|length| *length <= MAX_ROW)?;
        let most = self.usable - 35;
        if length <= most {
            return rest.get(..length);
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let here = least + (length - least) % (self.usable - 4);
        let here = if here <= most { here } else { least };
        whole.clear();
        whole.extend_from_slice(rest.get(..here)?);
        let mut number = u32_be(rest, here)?;
        while whole.len() < length {
            let index = usize::try_from(number).ok()?.checked_sub(1)?;
            seen.mark(index)?;
            let page = self.pages.get(index)?;
            number = u32_be(page, 0)?;
            whole.extend_from_slice(part(page, 4, (length - whole.len()).min(self.usable - 4))?);
        }
        Some(whole)
    }
}

/// A page of a table's tree.
struct Page<'a> {
    bytes: &'a [u8],
    start: usize,
    kind: u8,
    count: usize,
    /// The last child of a page within the tree.
    right: Option<u32>,
}

impl<'a> Page<'a> {
    /// What begins at a cell, the page header having so many bytes.
    fn cell(&self, header: usize, index: usize) -> Option<&'a [u8]> {
        self.bytes.get(usize::from(u16_be(self.bytes, self.start + header + 2 * index)?)..)
    }
}

struct Column<'a> {
    /// The type as the file has it: 1 to 6 are numbers, even ones from 12 bytes, odd ones texts.
    kind: u64,
    bytes: &'a [u8],
}

/// The columns of a row: first their types, then their values.
struct Columns<'a> {
    kinds: &'a [u8],
    values: &'a [u8],
}

impl<'a> Columns<'a> {
    fn of(row: &'a [u8]) -> Option<Self> {
        let (length, rest) = varint(row)?;
        let length = usize::try_from(length).ok()?;
        let kinds = rest.get(..length.checked_sub(row.len() - rest.len())?)?;
        Some(Columns { kinds, values: row.get(length..)? })
    }
}

impl<'a> Iterator for Columns<'a> {
    type Item = Column<'a>;

    fn next(&mut self) -> Option<Column<'a>> {
        let (kind, rest) = varint(self.kinds)?;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            _ => (kind - 12) / 2,
        };
        let (bytes, values) = self.values.split_at_checked(usize::try_from(length).ok()?)?;
        (self.kinds, self.values) = (rest, values);
        Some(Column { kind, bytes })
    }
}

/// A number of up to nine bytes, the highest bit of each saying whether one follows; the ninth has all its bits.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (index, byte) in bytes.iter().take(9).enumerate() {
        let rest = bytes.get(index + 1..)?;
        if index == 8 {
            return Some((number << 8 | u64::from(*byte), rest));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number, rest));
        }
    }
    None
}
