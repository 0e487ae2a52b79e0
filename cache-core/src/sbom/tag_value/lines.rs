//! Lines with tags.

use memchr::{memchr, memchr_iter, memmem};

/// A line of a document; text in `<text>` may go on over many.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// A tag and what stands behind it.
    Tag(&'a str, &'a str),
    /// A tag whose `<text>` does not end before another one begins; the text is what stands in the line.
    Open(&'a str, &'a str),
    /// No tag, and no comment.
    Other(&'a str),
}

/// The lines of a document with their numbers, from 1; comments and blank lines left out.
pub(super) struct Lines<'a> {
    text: &'a str,
    at: usize,
    number: usize,
    /// The next end of a text, so far as it was looked for.
    end: Option<usize>,
}

const BEGIN: &str = "<text>";
const END: &str = "</text>";
/// No tag is longer.
const MAX_TAG: usize = 64;

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Lines<'a> {
        Lines { text, at: 0, number: 0, end: None }
    }

    /// The text from its beginning to its end. None where it has none of its own.
    fn text(&mut self, from: usize) -> Option<&'a str> {
        // A document has many texts: each place is looked at once.
        let end = match self.end {
            Some(end) if end >= from => end,
            _ => memmem::find(self.text.get(from..)?.as_bytes(), END.as_bytes()).map_or(usize::MAX, |end| from + end),
        };
        self.end = Some(end);
        let text = self.text.get(from..end)?;
        let begins = memmem::find_iter(text.as_bytes(), BEGIN.as_bytes());
        if begins.into_iter().any(|begin| is_behind_tag(text, begin)) {
            return None;
        }
        self.number += memchr_iter(b'\n', text.as_bytes()).count();
        self.at = end + END.len();
        let line = self.text.get(self.at..)?;
        let length = memchr(b'\n', line.as_bytes()).unwrap_or(line.len());
        match line.get(..length)?.trim().is_empty() {
            true => self.at += length + 1,
            // What follows is read as a line of its own, which has the same number.
            false => self.number -= 1,
        }
        Some(text)
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, Line<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
            let length = memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
            let line = rest.get(..length)?.trim();
            self.at += length + 1;
            self.number += 1;
            let number = self.number;
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((tag, value)) = tag(line) else { return Some((number, Line::Other(line))) };
            let Some(first) = value.strip_prefix(BEGIN) else { return Some((number, Line::Tag(tag, value))) };
            let from = first.as_ptr().addr() - self.text.as_ptr().addr();
            return Some((number, self.text(from).map_or(Line::Open(tag, first), |text| Line::Tag(tag, text))));
        }
    }
}

fn tag(line: &str) -> Option<(&str, &str)> {
    let (tag, value) = line.split_once(':')?;
    let is_word = tag.len() <= MAX_TAG && tag.bytes().all(|b| b.is_ascii_alphanumeric());
    (is_word && tag.starts_with(|c: char| c.is_ascii_uppercase())).then(|| (tag, value.trim()))
}

/// Whether a tag stands before this place, at the beginning of a later line.
fn is_behind_tag(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let near = before.get(before.floor_char_boundary(before.len().saturating_sub(MAX_TAG + 8))..).unwrap_or_default();
    near.rsplit_once('\n').is_some_and(|(_, line)| tag(line).is_some_and(|(_, value)| value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(usize, Line<'_>)> {
        Lines::of(text).collect()
    }

    #[test]
    fn text_goes_over_lines_and_comments_are_left_out() {
        let text = "# c\nA: 1\r\n\nB: <text>x\n# no comment: y\n</text>\n  C:<text>z</text>  \nD:\n";
        let tag = |tag, value| Line::Tag(tag, value);
        assert_eq!(
            lines(text),
            [(2, tag("A", "1")), (4, tag("B", "x\n# no comment: y\n")), (7, tag("C", "z")), (8, tag("D", ""))]
        );
    }

    #[test]
    fn what_is_no_tag_is_told() {
        let text = "http//x\nA b: c\n: x\nx: y\nA: <text>x</text> Y: z\nB: 1";
        let other = Line::Other;
        assert_eq!(
            lines(text),
            [
                (1, other("http//x")),
                (2, other("A b: c")),
                (3, other(": x")),
                (4, other("x: y")),
                (5, Line::Tag("A", "x")),
                (5, Line::Tag("Y", "z")),
                (6, Line::Tag("B", "1")),
            ]
        );
    }

    #[test]
    fn text_without_an_end_takes_no_other_line_with_it() {
        let text = "A: <text>x\nB: y\nC: <text>z <text> z</text>\nD: <text>w\nE: 1";
        assert_eq!(
            lines(text),
            [
                (1, Line::Open("A", "x")),
                (2, Line::Tag("B", "y")),
                (3, Line::Tag("C", "z <text> z")),
                (4, Line::Open("D", "w")),
                (5, Line::Tag("E", "1")),
            ]
        );
    }

    #[test]
    fn many_beginnings_take_no_more_time_than_one() {
        for text in ["A: <text>\n".repeat(200_000), format!("{}</text>", "A: <text>\n".repeat(200_000))] {
            assert_eq!(lines(&text).len(), 200_000);
        }
        assert_eq!(lines(&format!("A: {}", "<text>".repeat(200_000))).len(), 1);
    }
}
