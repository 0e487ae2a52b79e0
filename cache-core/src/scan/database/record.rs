//! How an advisory is written in the index, and read from it. Numbers are LEB128; texts and lists have their length before
//! them. Nothing that is read is trusted: what is not there is damage.

use std::ops::Bound;

use super::advisory::{Advisory, Names, Range, Says};
use crate::scan::{Epss, Rating, Score, Severity, Share};

/// What is wrong with bytes that should be a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damage;

/// An advisory, borrowed from the bytes of its block.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record<'b> {
    pub(crate) id: &'b str,
    pub(crate) aliases: Vec<&'b str>,
    pub(crate) source: &'b str,
    pub(crate) ratings: Vec<Rated<'b>>,
    pub(crate) ranges: Vec<Spanning<'b>>,
    pub(crate) versions: Vec<&'b str>,
    pub(crate) names: Names,
    pub(crate) module: &'b str,
    pub(crate) arches: Vec<&'b str>,
    pub(crate) exploited: bool,
    pub(crate) epss: Option<Epss>,
}

/// A [`Rating`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rated<'b> {
    source: &'b str,
    severity: Severity,
    score: Option<Score>,
    vector: &'b str,
}

/// A [`Range`].
#[derive(Debug, Clone)]
pub(crate) struct Spanning<'b> {
    pub(crate) lower: Bound<&'b str>,
    pub(crate) upper: Bound<&'b str>,
    pub(crate) says: Says<&'b str>,
}

impl Rated<'_> {
    pub(crate) fn rating(&self) -> Rating {
        let vector = Some(self.vector.to_owned()).filter(|vector| !vector.is_empty());
        Rating { source: self.source.to_owned(), severity: self.severity, score: self.score, vector }
    }
}

const EXPLOITED: u8 = 1;
const HAS_EPSS: u8 = 2;
const SOURCE: u8 = 4;
const BOTH: u8 = 8;

const SEVERITIES: [Severity; 6] =
    [Severity::Unknown, Severity::Negligible, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
const NO_SCORE: u8 = 0xff;

/// Appends an advisory to a block.
pub(super) fn write(advisory: &Advisory, out: &mut Vec<u8>) {
    let names = match advisory.names {
        Names::Binary => 0,
        Names::Source => SOURCE,
        Names::Both => BOTH,
    };
    let exploited = if advisory.exploited { EXPLOITED } else { 0 };
    out.push(names | exploited | if advisory.epss.is_some() { HAS_EPSS } else { 0 });
    if let Some(epss) = advisory.epss {
        number(epss.probability.millionths().into(), out);
        number(epss.percentile.millionths().into(), out);
    }
    text(&advisory.id, out);
    text(&advisory.source, out);
    text(&advisory.module, out);
    for list in [&advisory.aliases, &advisory.versions, &advisory.arches] {
        number(list.len() as u64, out);
        list.iter().for_each(|item| text(item, out));
    }
    number(advisory.ratings.len() as u64, out);
    for rating in &advisory.ratings {
        let place = SEVERITIES.iter().position(|severity| *severity == rating.severity).unwrap_or_default();
        out.extend([place as u8, rating.score.map_or(NO_SCORE, Score::tenths)]);
        text(&rating.source, out);
        text(rating.vector.as_deref().unwrap_or_default(), out);
    }
    number(advisory.ranges.len() as u64, out);
    for range in &advisory.ranges {
        self::range(range, out);
    }
}

/// One byte has both kinds of bound and what is said; the texts that there are follow.
fn range(range: &Range, out: &mut Vec<u8>) {
    let kind = |bound: &Bound<String>| match bound {
        Bound::Unbounded => 0,
        Bound::Included(_) => 1,
        Bound::Excluded(_) => 2,
    };
    let (says, fix) = match &range.says {
        Says::Affected => (0, None),
        Says::FixedIn(version) => (1, Some(version)),
        Says::NotFixed => (2, None),
        Says::WontFix => (3, None),
        Says::NotAffected => (4, None),
    };
    out.push(kind(&range.lower) | kind(&range.upper) << 2 | says << 4);
    for bound in [&range.lower, &range.upper] {
        if let Bound::Included(version) | Bound::Excluded(version) = bound {
            text(version, out);
        }
    }
    if let Some(version) = fix {
        text(version, out);
    }
}

pub(super) fn number(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(super) fn text(text: &str, out: &mut Vec<u8>) {
    number(text.len() as u64, out);
    out.extend_from_slice(text.as_bytes());
}

/// Reads from the front of bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'b>(pub(super) &'b [u8]);

impl<'b> Reader<'b> {
    pub(super) fn byte(&mut self) -> Result<u8, Damage> {
        let (first, rest) = self.0.split_first().ok_or(Damage)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) fn number(&mut self) -> Result<u64, Damage> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Damage)
    }

    /// A number of things that take at least a byte each.
    fn count(&mut self) -> Result<usize, Damage> {
        let count = usize::try_from(self.number()?).map_err(|_| Damage)?;
        if count > self.0.len() { Err(Damage) } else { Ok(count) }
    }

    pub(super) fn text(&mut self) -> Result<&'b str, Damage> {
        let length = self.count()?;
        let (text, rest) = self.0.split_at_checked(length).ok_or(Damage)?;
        self.0 = rest;
        std::str::from_utf8(text).map_err(|_| Damage)
    }

    fn list<T>(&mut self, each: impl Fn(&mut Self) -> Result<T, Damage>) -> Result<Vec<T>, Damage> {
        let count = self.count()?;
        (0..count).map(|_| each(self)).collect()
    }

    pub(super) fn record(&mut self) -> Result<Record<'b>, Damage> {
        let flags = self.byte()?;
        let epss = if flags & HAS_EPSS == 0 {
            None
        } else {
            let share = |value: u64| Share::of(value as f64 / 1e6).ok_or(Damage);
            Some(Epss { probability: share(self.number()?)?, percentile: share(self.number()?)? })
        };
        Ok(Record {
            names: match flags & (SOURCE | BOTH) {
                0 => Names::Binary,
                SOURCE => Names::Source,
                _ => Names::Both,
            },
            exploited: flags & EXPLOITED != 0,
            epss,
            id: self.text()?,
            source: self.text()?,
            module: self.text()?,
            aliases: self.list(Reader::text)?,
            versions: self.list(Reader::text)?,
            arches: self.list(Reader::text)?,
            ratings: self.list(Reader::rated)?,
            ranges: self.list(Reader::spanning)?,
        })
    }

    fn rated(&mut self) -> Result<Rated<'b>, Damage> {
        let severity = *SEVERITIES.get(usize::from(self.byte()?)).ok_or(Damage)?;
        let score = match self.byte()? {
            NO_SCORE => None,
            tenths => Some(Score::of(f64::from(tenths) / 10.0).ok_or(Damage)?),
        };
        Ok(Rated { severity, score, source: self.text()?, vector: self.text()? })
    }

    fn spanning(&mut self) -> Result<Spanning<'b>, Damage> {
        let kinds = self.byte()?;
        let (lower, upper) = (self.bound(kinds & 3)?, self.bound(kinds >> 2 & 3)?);
        let says = match kinds >> 4 {
            0 => Says::Affected,
            1 => Says::FixedIn(self.text()?),
            2 => Says::NotFixed,
            3 => Says::WontFix,
            4 => Says::NotAffected,
            _ => return Err(Damage),
        };
        Ok(Spanning { lower, upper, says })
    }

    fn bound(&mut self, kind: u8) -> Result<Bound<&'b str>, Damage> {
        match kind {
            0 => Ok(Bound::Unbounded),
            1 => Ok(Bound::Included(self.text()?)),
            2 => Ok(Bound::Excluded(self.text()?)),
            _ => Err(Damage),
        }
    }
}
