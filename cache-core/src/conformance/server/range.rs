//! Byte ranges: those that a download asks for, and those that an upload declares.

use std::ops::Range;

/// What a `Range` header means for a blob of a given length.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// No range, or one that we are free to ignore.
    All,
    Part(Range<usize>),
    Unsatisfiable,
}

impl Wanted {
    pub(super) fn parse(header: Option<&str>, length: usize) -> Wanted {
        let Some(range) = header.and_then(|h| h.trim().strip_prefix("bytes=")) else { return Wanted::All };
        let Some((first, last)) = range.split_once('-').filter(|_| !range.contains(',')) else { return Wanted::All };
        let part = match (first.parse::<usize>(), last.parse::<usize>()) {
            (Ok(first), Ok(last)) => first..last.saturating_add(1).min(length),
            (Ok(first), Err(_)) if last.is_empty() => first..length,
            (Err(_), Ok(suffix)) if first.is_empty() => length.saturating_sub(suffix)..length,
            _ => return Wanted::All,
        };
        if part.is_empty() { Wanted::Unsatisfiable } else { Wanted::Part(part) }
    }
}

/// The range of a chunk as the specification writes it, `first-last` without a unit, as `(first, length)`.
pub(super) fn chunk(header: &str) -> Option<(u64, u64)> {
    let (first, last) = header.split_once('-')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(first) || !digits(last) {
        return None;
    }
    let (first, last) = (first.parse::<u64>().ok()?, last.parse::<u64>().ok()?);
    Some((first, last.checked_sub(first)?.checked_add(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_blob() {
        let wanted = |header| Wanted::parse(Some(header), 100);
        assert_eq!(wanted("bytes=10-19"), Wanted::Part(10..20));
        assert_eq!(wanted("bytes=10-"), Wanted::Part(10..100));
        assert_eq!(wanted("bytes=-10"), Wanted::Part(90..100));
        assert_eq!(wanted("bytes=90-500"), Wanted::Part(90..100));
        for header in ["bytes=100-", "bytes=200-300", "bytes=50-0", "bytes=-0"] {
            assert_eq!(wanted(header), Wanted::Unsatisfiable, "{header}");
        }
        for header in ["bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "bytes=-"] {
            assert_eq!(wanted(header), Wanted::All, "{header}");
        }
    }

    #[test]
    fn chunk_ranges_have_no_unit_and_no_total() {
        assert_eq!(chunk("0-4"), Some((0, 5)));
        for header in ["", "0-", "-4", "5-4", "bytes 0-4", "bytes=0-4", "0-4/5", "+0-4", "0-18446744073709551615"] {
            assert_eq!(chunk(header), None, "{header}");
        }
    }
}
