//! SQLite files, read only: the rows of a table from its beginning to its end, from the pages of its tree and the chains of
//! pages that long rows continue on (<https://www.sqlite.org/fileformat2.html>). There are no queries and no indexes; a log of
//! changes beside the file is not read.

use crate::pages::{Pages, Seen, part, u16_be, u32_be};

const MAGIC: &[u8] = b"SQLite format 3\0";
const INTERIOR: u8 = 5;
const LEAF: u8 = 13;
/// A tree of such a depth would have more rows than there are bytes in the world.
const MAX_DEPTH: usize = 40;
/// No row that is read here is longer.
const MAX_ROW: usize = 257 << 20;

/// Why a part of a file, or all of it, could not be read.
pub(crate) type Damage = &'static str;

/// Takes rows, or why one of them cannot be had. `false` means that it takes no more.
pub(crate) type Sink<'s> = &'s mut dyn FnMut(Result<Row<'_>, Damage>) -> bool;

/// A file of SQLite in memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Database<'a> {
    pages: Pages<'a>,
    /// The size of a page without what extensions reserve at its end.
    usable: usize,
}

/// A table: its first page, and the statement that made it.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    root: usize,
    statement: String,
}

impl Table {
    /// The names of the columns, in the order in which rows have them.
    pub(crate) fn columns(&self) -> Vec<&str> {
        let inner =
            self.statement.split_once('(').and_then(|(_, rest)| Some(rest.rsplit_once(')')?.0)).unwrap_or_default();
        let mut depth = 0i32;
        let parts = inner.split(|letter: char| {
            depth += match letter {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            letter == ',' && depth == 0
        });
        let rules = ["CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK"];
        let is_rule = |word: &&str| !rules.iter().any(|rule| word.eq_ignore_ascii_case(rule));
        let words = parts.filter_map(|part| part.split_whitespace().next()).filter(is_rule);
        words.map(|word| word.trim_matches(['`', '"', '[', ']'])).collect()
    }
}

/// A row of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'r> {
    /// Its number, which also is the value of a column that is the integer primary key and stands as null in the row.
    pub(crate) number: i64,
    bytes: &'r [u8],
}

/// A value as the file has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'r> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'r [u8]),
    Blob(&'r [u8]),
}

impl<'a> Database<'a> {
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Damage> {
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
        Ok(Database { pages: Pages { bytes, size }, usable: size - reserved })
    }

    /// Whether all its pages are there.
    pub(crate) fn is_whole(self) -> bool {
        let bytes = self.pages.bytes;
        let pages = u32_be(bytes, 28).and_then(|count| usize::try_from(count).ok()).unwrap_or_default();
        // The count holds only where the last writer knew of it.
        let counted = bytes.get(24..28) == bytes.get(92..96);
        !counted || pages.saturating_mul(self.pages.size) <= bytes.len()
    }

    /// The table of this name.
    pub(crate) fn table(self, name: &str) -> Result<Option<Table>, Damage> {
        let mut found = None;
        let schema = self.walk(1, &mut |row| {
            found = row.ok().and_then(|row| described(row, name));
            found.is_none()
        });
        if found.is_none() { schema.map(|()| None) } else { Ok(found) }
    }

    /// Hands every row of a table to `each`, until that wants no more. Of a damaged tree it reads what is left.
    pub(crate) fn rows(self, table: &Table, each: Sink<'_>) -> Result<(), Damage> {
        self.walk(table.root, each)
    }

    fn walk(self, root: usize, each: Sink<'_>) -> Result<(), Damage> {
        let seen = &mut Seen::none(self.pages);
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

    /// A row: in the cell alone, or continued on other pages and put together in `whole`.
    fn row<'r>(self, cell: &'r [u8], seen: &mut Seen, whole: &'r mut Vec<u8>) -> Option<Row<'r>> {
        let (length, rest) = varint(cell)?;
        let (number, rest) = varint(rest)?;
        let number = number.cast_signed();
        let length = usize::try_from(length).ok().filter(|length| *length <= MAX_ROW)?;
        let most = self.usable - 35;
        if length <= most {
            return Some(Row { number, bytes: rest.get(..length)? });
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let here = least + (length - least) % (self.usable - 4);
        let here = if here <= most { here } else { least };
        whole.clear();
        whole.extend_from_slice(rest.get(..here)?);
        let mut next = u32_be(rest, here)?;
        while whole.len() < length {
            let index = usize::try_from(next).ok()?.checked_sub(1)?;
            seen.mark(index)?;
            let page = self.pages.get(index)?;
            next = u32_be(page, 0)?;
            whole.extend_from_slice(part(page, 4, (length - whole.len()).min(self.usable - 4))?);
        }
        Some(Row { number, bytes: whole })
    }
}

/// What a row of the schema says of the table of this name: type, name, table, page, statement.
fn described(row: Row<'_>, wanted: &str) -> Option<Table> {
    let mut columns = row.columns();
    let (kind, name) = (columns.next()?, columns.next()?);
    let (_, page) = (columns.next()?, columns.next()?);
    let is =
        |value: Value<'_>, word: &str| matches!(value, Value::Text(text) if text.eq_ignore_ascii_case(word.as_bytes()));
    let Value::Integer(page) = page else { return None };
    if !is(kind, "table") || !is(name, wanted) {
        return None;
    }
    let statement = match columns.next() {
        Some(Value::Text(text)) => String::from_utf8_lossy(text).into_owned(),
        _ => String::new(),
    };
    Some(Table { root: usize::try_from(u32::try_from(page).ok()?).ok()?, statement })
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

impl<'r> Row<'r> {
    /// The values, as far as they can be read.
    pub(crate) fn columns(self) -> Columns<'r> {
        Columns::of(self.bytes).unwrap_or(Columns { kinds: &[], values: &[] })
    }
}

/// The columns of a row: first their types, then their values.
#[derive(Debug)]
pub(crate) struct Columns<'r> {
    kinds: &'r [u8],
    values: &'r [u8],
}

impl<'r> Columns<'r> {
    fn of(row: &'r [u8]) -> Option<Self> {
        let (length, rest) = varint(row)?;
        let length = usize::try_from(length).ok()?;
        let kinds = rest.get(..length.checked_sub(row.len() - rest.len())?)?;
        Some(Columns { kinds, values: row.get(length..)? })
    }
}

impl<'r> Iterator for Columns<'r> {
    type Item = Value<'r>;

    fn next(&mut self) -> Option<Value<'r>> {
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
        Some(match kind {
            0 => Value::Null,
            8 => Value::Integer(0),
            9 => Value::Integer(1),
            7 => Value::Real(f64::from_be_bytes(*bytes.first_chunk()?)),
            1..=6 => {
                let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
                let begin = if negative { -1 } else { 0 };
                Value::Integer(bytes.iter().fold(begin, |number: i64, byte| number << 8 | i64::from(*byte)))
            }
            kind if kind.is_multiple_of(2) => Value::Blob(bytes),
            _ => Value::Text(bytes),
        })
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

#[cfg(test)]
#[path = "sqlite_tests.rs"]
pub(crate) mod testing;
