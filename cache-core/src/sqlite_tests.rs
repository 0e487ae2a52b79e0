//! Files of SQLite made here, for its readers.

use super::{Database, Value};

/// A value to write.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.to_owned())
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Cell::Integer(number)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Cell::Real(number)
    }
}

const PAGE: usize = 65536;

/// A file with tables: the name of each, its columns as a statement has them, and its rows. Each has one page.
pub(crate) fn file(tables: &[(&str, &str, Vec<Vec<Cell>>)]) -> Vec<u8> {
    let schema = tables.iter().enumerate().map(|(at, (name, columns, _))| {
        let statement = format!("CREATE TABLE `{name}` ({columns})");
        let cells = [
            Cell::from("table"),
            (*name).into(),
            (*name).into(),
            Cell::Integer(at as i64 + 2),
            statement.as_str().into(),
        ];
        cells.to_vec()
    });
    let mut header = vec![0; 100];
    header[..16].copy_from_slice(b"SQLite format 3\0");
    header[16..18].copy_from_slice(&1u16.to_be_bytes());
    let mut bytes = page(&header, &schema.collect::<Vec<_>>());
    tables.iter().for_each(|(_, _, rows)| bytes.extend(page(&[], rows)));
    bytes
}

fn page(before: &[u8], rows: &[Vec<Cell>]) -> Vec<u8> {
    let mut page = before.to_vec();
    page.extend([13, 0, 0]);
    page.extend((rows.len() as u16).to_be_bytes());
    page.extend([0, 0, 0]);
    let (mut cells, mut pointers) = (Vec::new(), Vec::new());
    let start = page.len() + 2 * rows.len();
    for (at, row) in rows.iter().enumerate() {
        pointers.extend(((start + cells.len()) as u16).to_be_bytes());
        let payload = payload(row);
        varint(payload.len() as u64, &mut cells);
        varint(at as u64 + 1, &mut cells);
        cells.extend(payload);
    }
    page.extend(pointers);
    page.extend(cells);
    assert!(page.len() <= PAGE);
    page.resize(PAGE, 0);
    page
}

fn payload(row: &[Cell]) -> Vec<u8> {
    let (mut kinds, mut values) = (Vec::new(), Vec::new());
    for cell in row {
        match cell {
            Cell::Null => varint(0, &mut kinds),
            Cell::Integer(number) => {
                varint(6, &mut kinds);
                values.extend(number.to_be_bytes());
            }
            Cell::Real(number) => {
                varint(7, &mut kinds);
                values.extend(number.to_be_bytes());
            }
            Cell::Text(text) => {
                varint(13 + 2 * text.len() as u64, &mut kinds);
                values.extend(text.as_bytes());
            }
        }
    }
    // The length counts itself; it fits in a byte.
    let mut payload = vec![kinds.len() as u8 + 1];
    payload.extend(kinds);
    payload.extend(values);
    payload
}

fn varint(mut number: u64, out: &mut Vec<u8>) {
    let mut bytes = vec![(number & 0x7f) as u8];
    while number > 0x7f {
        number >>= 7;
        bytes.push((number & 0x7f) as u8 | 0x80);
    }
    out.extend(bytes.into_iter().rev());
}

#[test]
fn tables_columns_and_values_are_read() {
    let rows = vec![
        vec![Cell::Null, "text".into(), (-5i64).into(), 0.25.into()],
        vec![7i64.into(), "".into(), i64::MAX.into(), Cell::Null],
    ];
    let bytes = file(&[
        ("other", "x", vec![]),
        ("mixed", "`id` integer PRIMARY KEY, \"name\" text, n, r DEFAULT (1, 2), PRIMARY KEY (`id`, n)", rows),
    ]);
    let database = Database::open(&bytes).unwrap();
    assert!(database.is_whole() && database.table("absent").unwrap().is_none());
    let table = database.table("MIXED").unwrap().unwrap();
    assert_eq!(table.columns(), ["id", "name", "n", "r"]);
    let mut seen = 0;
    database
        .rows(&table, &mut |row| {
            let row = row.unwrap();
            let values: Vec<Value<'_>> = row.columns().collect();
            seen += 1;
            match row.number {
                1 => assert_eq!(values, [Value::Null, Value::Text(b"text"), Value::Integer(-5), Value::Real(0.25)]),
                _ => assert_eq!(values[2], Value::Integer(i64::MAX)),
            }
            true
        })
        .unwrap();
    assert_eq!(seen, 2);
}
