//! Text from outside, made fit to be shown: it must not move a cursor, hide a line or turn the direction of what follows.

use std::borrow::Cow;

/// The text as one line. Line breaks and tabs become spaces; other control characters, and those that change the direction of
/// text, become U+FFFD.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| shown(c) == c) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(shown).collect())
}

fn shown(c: char) -> char {
    match c {
        '\n' | '\t' => ' ',
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        '\u{2028}' | '\u{2029}' => ' ',
        '\u{feff}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

/// At most so many characters, and `…` where there were more.
pub(crate) fn short(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => Cow::Owned(text.chars().take(most.saturating_sub(1)).chain(['…']).collect()),
    }
}

/// The beginning of a text, as Markdown that is only text: no markup, no HTML, no cell of a table, no mention of a person.
pub(crate) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in short(&line(text), LONGEST).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '|' => out.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '!' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    // An address would become a link.
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// The longest text that is shown of one thing in Markdown.
const LONGEST: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_hides_or_turns_is_not_shown() {
        assert_eq!(line("a\u{1b}[2K\rb\nc\td\u{202e}e\u{85}"), "a\u{fffd}[2K\u{fffd}b c d\u{fffd}e\u{fffd}");
        assert!(matches!(line("plain é 漢"), Cow::Borrowed(_)));
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!((&*short("éèê", 3), &*short("éèêë", 3), &*short("", 0)), ("éèê", "éè…", ""));
    }
}
