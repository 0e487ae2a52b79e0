//! Times at which nothing is executed.

use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::model::Timestamp;

/// A window in which nothing is executed, by the clock on a wall: once, or every week.
///
/// It begins with its first instant and ends before its last. Where the clock is put forward or back within the hour in
/// which it begins or ends, it is the longer of what could be meant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Stated")]
pub struct Freeze {
    name: String,
    zone: TimeZone,
    window: Window,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Window {
    Once { from: DateTime, until: DateTime },
    Weekly { from: (Weekday, Time), until: (Weekday, Time) },
}

/// What holds now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frozen {
    /// The name of the window.
    pub(super) window: String,
    pub(super) until: Timestamp,
    /// The same by the clock on the wall.
    pub(super) there: String,
}

/// A window in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    name: String,
    zone: String,
    from: String,
    until: String,
}

impl TryFrom<Stated> for Freeze {
    type Error = Error;
    fn try_from(stated: Stated) -> Result<Self> {
        Freeze::new(&stated.name, &stated.zone, &stated.from, &stated.until)
    }
}

impl Freeze {
    /// A window in a time zone of the IANA database, such as `Europe/Berlin` or `UTC`. `from` and `until` are both a date with or
    /// without a time (`2026-12-20`, `2026-12-20T16:00`), or both a day of the week and a time (`fri 16:00`).
    ///
    /// # Errors
    /// `Invalid` where one of them is none of these, there is no such zone, or the window has no length.
    pub fn new(name: &str, zone: &str, from: &str, until: &str) -> Result<Self> {
        let wrong = |error: Error| error.context("freeze", name);
        if name.trim().is_empty() {
            return Err(Error::invalid("a freeze needs a name"));
        }
        let zone = TimeZone::get(zone).map_err(|_| {
            wrong(Error::invalid(format!("{zone:?} is no time zone")))
                .hint("write Europe/Berlin, America/New_York or UTC")
        })?;
        let window = match (from.parse().map_err(wrong)?, until.parse().map_err(wrong)?) {
            (Moment::Once(from), Moment::Once(until)) if from < until => Window::Once { from, until },
            (Moment::Weekly(from), Moment::Weekly(until)) if from != until => Window::Weekly { from, until },
            (Moment::Once(_), Moment::Weekly(_)) | (Moment::Weekly(_), Moment::Once(_)) => {
                return Err(wrong(Error::invalid("the freeze begins on a date or a weekday, and ends on the other")));
            }
            _ => return Err(wrong(Error::invalid("the freeze ends before it begins, or never"))),
        };
        Ok(Freeze { name: name.trim().to_owned(), zone, window })
    }

    /// What holds at this instant; `None` outside the window.
    pub(super) fn at(&self, now: Timestamp) -> Option<Frozen> {
        let holds = |(from, until): (DateTime, DateTime)| {
            let from = self.zone.to_ambiguous_timestamp(from).earlier().ok()?;
            let until = self.zone.to_ambiguous_timestamp(until).later().ok()?;
            (from.as_second() <= now.unix() && now.unix() < until.as_second()).then_some(until)
        };
        let until = self.windows(now).into_iter().flatten().filter_map(holds).max()?;
        Some(Frozen {
            window: self.name.clone(),
            until: Timestamp::from_unix(until.as_second()).ok()?,
            there: until.to_zoned_datetime(self.zone.clone()).to_string(),
        })
    }

    /// The windows that this instant may be in, by the clock on the wall.
    fn windows(&self, now: Timestamp) -> [Option<(DateTime, DateTime)>; 3] {
        let (from, until) = match &self.window {
            Window::Once { from, until } => return [Some((*from, *until)), None, None],
            Window::Weekly { from, until } => (from, until),
        };
        let Ok(instant) = jiff::Timestamp::from_second(now.unix()) else { return [None, None, None] };
        let today = self.zone.to_datetime(instant).date();
        let back = i64::from(from.0.until(today.weekday()));
        let length = match i64::from(from.0.until(until.0)) {
            0 if until.1 < from.1 => 7,
            days => days,
        };
        // A clock that is put forward at midnight makes a window begin on the day before its own, so the next counts too.
        [-7, 0, 7].map(|week| {
            let begins = day(today, week - back)?;
            Some((begins.to_datetime(from.1), day(begins, length)?.to_datetime(until.1)))
        })
    }
}

fn day(date: Date, later: i64) -> Option<Date> {
    date.checked_add(jiff::Span::new().try_days(later).ok()?).ok()
}

/// When a window begins or ends.
enum Moment {
    Once(DateTime),
    Weekly((Weekday, Time)),
}

impl FromStr for Moment {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::invalid(format!("{text:?} is neither a date nor a weekday with a time"))
                .hint("write 2026-12-20, 2026-12-20T16:00 or fri 16:00; the time zone stands beside it")
        };
        let text = text.trim();
        if let Some((day, time)) = text.split_once(' ') {
            let time = clock(time.trim()).ok_or_else(wrong)?;
            return Ok(Moment::Weekly((weekday(day).ok_or_else(wrong)?, time)));
        }
        let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
        let date: Date = date.parse().ok().filter(|_| date.len() == 10).ok_or_else(wrong)?;
        let time = time.map_or(Some(Time::midnight()), clock).ok_or_else(wrong)?;
        Ok(Moment::Once(date.to_datetime(time)))
    }
}

/// `16:00`, and nothing else.
fn clock(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':').filter(|(hour, minute)| hour.len() == 2 && minute.len() == 2)?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// A day by its English name, or the first three letters of that.
fn weekday(text: &str) -> Option<Weekday> {
    const NAMES: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    let text = text.to_ascii_lowercase();
    NAMES.into_iter().find(|(name, _)| *name == text || name[..3] == text).map(|(_, day)| day)
}
