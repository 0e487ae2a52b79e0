//! SQLite, the form of today: a table of numbers and headers.

use super::{Damage, Sink};
use crate::pages::{part, u32_be};
use crate::sqlite::{Database, Row, Value};

/// The table has two columns.
const MAX_COLUMNS: usize = 8;

/// Every header in the table `Packages`.
pub(super) fn read(bytes: &[u8], sink: Sink<'_>) -> Result<(), Damage> {
    let database = Database::open(bytes)?;
    let table = database.table("Packages")?.ok_or("it has no table of packages")?;
    database.rows(&table, &mut |row| match row.map(header) {
        Ok(Some(header)) => sink(Ok(header)),
        Ok(None) => sink(Err("a row holds no header")),
        Err(damage) => sink(Err(damage)),
    })?;
    if database.is_whole() { Ok(()) } else { Err("it is cut off") }
}

/// The header in a row of the table: its only column of bytes.
fn header(row: Row<'_>) -> Option<&[u8]> {
    row.columns().take(MAX_COLUMNS).find_map(|value| match value {
        Value::Blob(bytes) => Some(bytes),
        _ => None,
    })
}

/// A log that holds changes means that the file without it is not the whole database.
pub(super) fn log(bytes: &[u8]) -> Result<(), Damage> {
    let known = matches!(u32_be(bytes, 0), Some(0x377f_0682 | 0x377f_0683));
    // The numbers of the last reset: a frame with others is left from before it.
    let holds = part(bytes, 16, 8).is_some_and(|salt| part(bytes, 32 + 8, 8) == Some(salt));
    if known && holds { Err("it may hold packages that are not in the database yet; it is not read") } else { Ok(()) }
}
