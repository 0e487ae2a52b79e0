//! Cache's own report format: the form in memory, as JSON.

use super::Report;
use crate::document;
use crate::error::Result;

pub(super) fn parse(text: &str) -> Result<Report> {
    document::json("a report of Cache", text)
}
