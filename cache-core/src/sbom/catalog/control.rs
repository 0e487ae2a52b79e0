//! The syntax of Debian's control files: paragraphs of `Field: value`, continued by lines that begin with a space
//! (Debian Policy 5.1). The databases of dpkg and opkg and machine-readable copyright files are written in it.

/// Fields of one paragraph beyond this number are ignored; dpkg knows about 50.
const MAX_FIELDS: usize = 512;

/// One paragraph.
#[derive(Debug, Clone, Default)]
pub(super) struct Paragraph<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Paragraph<'a> {
    /// The value of the first field of this name, in whatever letter case; empty where there is none. Lines after the first
    /// still have their space; the first may be empty.
    pub(super) fn get(&self, name: &str) -> &'a str {
        self.all(name).next().unwrap_or_default()
    }

    /// The values of every field of this name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// Whether it has such a field.
    pub(super) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }
}

/// The paragraphs of a text. A second field called `first` begins a new one, even where the empty line is missing: no
/// package is lost for it. Lines that are neither a field nor part of one are passed over.
pub(super) fn paragraphs<'a>(text: &'a str, first: &'static str) -> impl Iterator<Item = Paragraph<'a>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut paragraph = Paragraph::default();
        while !rest.is_empty() {
            let (line, after) = split_line(rest);
            if line.trim_end().is_empty() {
                rest = after;
                if paragraph.0.is_empty() {
                    continue;
                }
                return Some(paragraph);
            }
            let Some((name, _)) = line.split_once(':').filter(|(name, _)| is_name(name)) else {
                rest = after;
                continue;
            };
            if name.eq_ignore_ascii_case(first) && paragraph.has(first) {
                return Some(paragraph);
            }
            let mut end = line.len();
            let mut next = after;
            while continues(next) {
                let (line, after) = split_line(next);
                end = rest.len() - next.len() + line.len();
                next = after;
            }
            let value = rest.get(name.len() + 1..end).unwrap_or_default();
            if paragraph.0.len() < MAX_FIELDS {
                paragraph.0.push((name, value.trim_start_matches([' ', '\t', '\r']).trim_end()));
            }
            rest = next;
        }
        (!paragraph.0.is_empty()).then_some(paragraph)
    })
}

fn split_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// Whether the text begins with a line that belongs to the field before it.
fn continues(text: &str) -> bool {
    text.starts_with([' ', '\t']) && !split_line(text).0.trim_end().is_empty()
}

/// Printable characters without a space, and no comment.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(['#', '-']) && name.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        paragraphs(text, "Package").map(|p| p.get("Package")).collect()
    }

    #[test]
    fn fields_are_continued_and_paragraphs_parted() {
        let all: Vec<_> = paragraphs("a: 1\nB:2\n more\n\tmore\n\n\n\nc : no\nd:\n", "Package").collect();
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].get("A"), "1");
        assert_eq!(all[0].get("b"), "2\n more\n\tmore");
        assert!(all[1].has("d") && !all[1].has("c"));
        assert_eq!(paragraphs("a: \n b \n", "").next().unwrap().get("a"), "\n b");
    }

    #[test]
    fn no_package_is_lost_to_a_missing_line() {
        assert_eq!(names("Package: a\nVersion: 1\nPackage: b\n"), ["a", "b"]);
        assert_eq!(names("Package: a\r\nVersion: 1\r\n\r\nPackage: b\r\n"), ["a", "b"]);
        assert_eq!(names("junk\nPackage: a\nDescription: x\n Package: no\n   \nPackage: b"), ["a", "b"]);
        assert_eq!(names(""), [""; 0]);
        assert_eq!(names("\n \n:\n"), [""; 0]);
    }

    #[test]
    fn the_first_of_two_fields_counts() {
        let all: Vec<_> = paragraphs("Package: a\nVersion: 1\nVersion: 2\n", "Package").collect();
        assert_eq!(all[0].get("Version"), "1");
        assert_eq!(all[0].all("version").collect::<Vec<_>>(), ["1", "2"]);
    }
}
