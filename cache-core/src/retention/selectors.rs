//! Patterns for tags and repositories: one language for all selectors.

use std::fmt;

use regex::Regex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};
use crate::model::{Repository, Tag};
use crate::pattern::whole;

/// More than any real expression needs once it is compiled.
const MAX_COMPILED: usize = 1 << 20;

/// A glob, or a regular expression between slashes; either has to match the whole name.
///
/// In a glob `*` stands for any text without a slash, `**` for any text, `?` for one character. `/v\d+/` is a regular
/// expression.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// `Invalid` where it is empty or no regular expression.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = |why: &str| Error::invalid(format!("{text:?} is no pattern: {why}"));
        let expression = match text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
            _ if text.is_empty() => return Err(invalid("it is empty")),
            Some("") => return Err(invalid("the regular expression is empty")),
            Some(expression) => expression.to_owned(),
            None => of_glob(text),
        };
        let regex = whole(&expression, MAX_COMPILED);
        let regex = regex.map_err(|e| invalid("the regular expression does not compile").caused_by(e))?;
        Ok(Pattern { text: text.to_owned(), regex })
    }

    /// Whether the whole of `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        self.regex.is_match(name)
    }
}

fn of_glob(glob: &str) -> String {
    let mut expression = String::new();
    let mut rest = glob.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' if rest.next_if_eq(&'*').is_some() => expression.push_str(".*"),
            '*' => expression.push_str("[^/]*"),
            '?' => expression.push_str("[^/]"),
            c => expression.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    expression
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Pattern::parse(&text).map_err(|e| serde::de::Error::custom(e.message()))
    }
}

/// Patterns of which one has to match; in a file, one pattern or a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Patterns(Vec<Pattern>);

impl Patterns {
    /// Parses each.
    ///
    /// # Errors
    /// As [`Pattern::parse`].
    pub fn parse<'a>(all: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        all.into_iter().map(Pattern::parse).collect::<Result<_>>().map(Patterns)
    }

    /// The patterns as they were written.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|pattern| pattern.text.as_str())
    }

    /// The first that matches this tag.
    pub fn tag(&self, tag: &Tag) -> Option<&Pattern> {
        self.0.iter().find(|pattern| pattern.matches(tag.as_str()))
    }

    /// Whether one matches this repository: its whole name, or its name without the host.
    pub fn repository(&self, repository: &Repository) -> bool {
        let whole = repository.to_string();
        self.0.iter().any(|pattern| pattern.matches(&whole) || pattern.matches(repository.path()))
    }
}

impl<'de> Deserialize<'de> for Patterns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_or_more(deserializer).map(Patterns)
    }
}

/// One value or a list of them. An empty list would select nothing, which nobody means.
fn one_or_more<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct V<T>(std::marker::PhantomData<T>);
    impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for V<T> {
        type Value = Vec<T>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a pattern or a list of patterns")
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<T>, E> {
            T::deserialize(serde::de::value::StrDeserializer::new(text)).map(|one| vec![one])
        }
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut all = Vec::new();
            while let Some(one) = list.next_element()? {
                all.push(one);
            }
            if all.is_empty() { Err(serde::de::Error::custom("the list is empty")) } else { Ok(all) }
        }
    }
    deserializer.deserialize_any(V(std::marker::PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_and_expressions_match_whole_names() {
        for (pattern, name, is) in [
            ("v1", "v1", true),
            ("v1", "v1.2", false),
            ("v*", "v1.2", true),
            ("*-rc?", "1.0-rc1", true),
            ("*-rc?", "1.0-rc10", false),
            ("a.b", "aXb", false),
            ("team/*", "team/app", true),
            ("team/*", "team/app/web", false),
            ("team/**", "team/app/web", true),
            (r"/v\d+/", "v12", true),
            (r"/v\d+/", "v12x", false),
            ("/a|b/", "ab", false),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(name), is, "{pattern} {name}");
        }
        for wrong in ["", "//", "/(/", "/a{1000}{1000}{1000}/", "/dev-.*)|(?:/"] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn one_pattern_or_a_list_is_read() {
        let read = |json: &str| serde_json::from_str::<Patterns>(json);
        assert_eq!(read(r#""v*""#).unwrap(), Patterns::parse(["v*"]).unwrap());
        assert_eq!(read(r#"["v*", "w"]"#).unwrap(), Patterns::parse(["v*", "w"]).unwrap());
        for wrong in ["[]", "1", r#"["/(/"]"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let repository = Repository::parse("registry.example/team/app").unwrap();
        assert!(Patterns::parse(["team/*"]).unwrap().repository(&repository));
        assert!(Patterns::parse(["registry.example/**"]).unwrap().repository(&repository));
        assert!(!Patterns::parse(["app"]).unwrap().repository(&repository));
    }
}
