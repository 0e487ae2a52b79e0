//! An answer in words, as people type it at a terminal or in a chat.

use crate::model::Timestamp;

/// What comes after "yes" or "no": the beginning of a plan's digest, until when it counts, and after a colon what the person adds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Worded<'t> {
    pub(crate) plan: &'t str,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) comment: Option<String>,
}

impl<'t> Worded<'t> {
    /// Reads `PLAN`, `PLAN: COMMENT`, `PLAN until TIME` or `PLAN until TIME: COMMENT`. Nothing else may follow: `1a2b3c4d, no, wait`
    /// is no answer.
    pub(crate) fn read(text: &'t str) -> Option<Self> {
        let (plan, rest) = first_word(text);
        match first_word(rest) {
            ("until", rest) if !plan.ends_with(':') => {
                let (time, comment) = last_word(rest)?;
                Some(Worded { plan, expires: Some(Timestamp::parse(time).ok()?), comment })
            }
            _ => {
                let (plan, comment) = last_word(text)?;
                Some(Worded { plan, expires: None, comment })
            }
        }
    }
}

/// A word after which either nothing comes, or a colon and a comment.
fn last_word(text: &str) -> Option<(&str, Option<String>)> {
    let (word, rest) = first_word(text);
    match word.strip_suffix(':') {
        Some(word) => Some((word, Some(rest.to_owned()).filter(|comment| !comment.is_empty()))),
        None => rest.is_empty().then_some((word, None)),
    }
}

fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_comes_after_a_colon_and_nothing_else_comes_after_the_plan() {
        let read = |text| Worded::read(text).map(|Worded { plan, comment, .. }| (plan, comment));
        let said = |text: &str| Some(text.to_owned());
        for (text, comment) in [
            ("1a2b3c4d", None),
            (" 1a2b3c4d \n", None),
            ("1a2b3c4d:", None),
            ("1a2b3c4d: fine: CHG-12 \r\n", said("fine: CHG-12")),
            ("1a2b3c4d:\tfine", said("fine")),
            ("1a2b3c4d: until noon", said("until noon")),
        ] {
            assert_eq!(read(text), Some(("1a2b3c4d", comment)), "{text:?}");
        }
        let whole = format!("sha256:{}", "a".repeat(64));
        assert_eq!(read(&whole), Some((whole.as_str(), None)));
        for text in ["1a2b3c4d no, wait", "1a2b3c4d : fine", "1a2b3c4d until noon: fine"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn until_and_a_time_come_before_the_comment() {
        let noon = Timestamp::parse("2026-11-20T12:00:00Z").unwrap();
        for (more, comment) in [("", None), (":", None), (": fine", Some("fine"))] {
            let text = format!("1a2b3c4d until 2026-11-20T12:00:00Z{more}\n");
            let comment = comment.map(str::to_owned);
            assert_eq!(Worded::read(&text), Some(Worded { plan: "1a2b3c4d", expires: Some(noon), comment }));
        }
        for more in ["", "noon", "2026-11-20T12:00", "2026-11-20T12:00:00Z or so", "2026-11-20T12:00:00Z :"] {
            assert_eq!(Worded::read(&format!("1a2b3c4d until {more}")), None, "{more:?}");
        }
    }
}
