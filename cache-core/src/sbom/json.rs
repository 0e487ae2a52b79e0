//! Objects of JSON documents that borrow from the text, keep what they do not know and write it back.
//!
//! [`object!`] declares one. A document that is not as it should be is read a second time, item by item: what cannot be read
//! becomes a finding with its place, and everything else counts.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use serde::de::{Deserialize, Error as _, MapAccess};
use serde::ser::Serialize;
use serde_json::value::RawValue;

use super::bom::Finding;
use super::text::{Rest, Text};
use crate::document::in_words;
use crate::error::{Error, Result};

mod list;
mod scan;

pub(super) use list::{Gather, Gathered, List};

/// As deep as objects may lie in each other; serde_json's own limit where a document is read at once.
const MAX_DEPTH: usize = 100;
/// As many findings as are told of one document.
const MAX_FINDINGS: usize = 1000;

/// Declares an object: its fields with their types and the names of its members. An absent member, `null` and what is empty
/// are the same; members without a field go to `rest`. Types that stand after the name are what a reader and a writer
/// choose differently.
macro_rules! object {
    ($(#[$meta:meta])* $name:ident $(<$($of:ident),+>)? { $($field:ident: $type:ty = $member:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default)]
        pub(in crate::sbom) struct $name<'a $($(, $of)+)?> {
            $(pub(in crate::sbom) $field: $type,)*
            pub(in crate::sbom) rest: $crate::sbom::text::Rest<'a>,
        }

        impl<'de: 'a, 'a $($(, $of: serde::Deserialize<'de> + Default)+)?> serde::Deserialize<'de>
            for $name<'a $($(, $of)+)?>
        {
            fn deserialize<De: serde::Deserializer<'de>>(deserializer: De) -> Result<Self, De::Error> {
                struct Members<'a $($(, $of)+)?>(std::marker::PhantomData<(&'a (), $($($of),+)?)>);

                impl<'de: 'a, 'a $($(, $of: serde::Deserialize<'de> + Default)+)?> serde::de::Visitor<'de>
                    for Members<'a $($(, $of)+)?>
                {
                    type Value = $name<'a $($(, $of)+)?>;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<Ma: serde::de::MapAccess<'de>>(self, mut map: Ma) -> Result<Self::Value, Ma::Error> {
                        #[derive(Default)]
                        struct Seen {
                            $($field: bool,)*
                        }
                        let (mut object, mut seen) = ($name::default(), Seen::default());
                        while let Some(name) = map.next_key::<$crate::sbom::text::Text<'de>>()? {
                            match name.as_str() {
                                $($member => {
                                    if std::mem::replace(&mut seen.$field, true) {
                                        $crate::sbom::json::repeated($member)?;
                                    }
                                    object.$field = $crate::sbom::json::member($member, &mut map, &mut object.rest)?;
                                })*
                                _ => object.rest.push(name, std::borrow::Cow::Borrowed(map.next_value()?)),
                            }
                        }
                        Ok(object)
                    }
                }

                deserializer.deserialize_map(Members(std::marker::PhantomData))
            }
        }

        impl<'a $($(, $of: serde::Serialize + $crate::sbom::json::Absent)+)?> serde::Serialize
            for $name<'a $($(, $of)+)?>
        {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                let mut map = serializer.serialize_map(None)?;
                $(if !$crate::sbom::json::Absent::is_absent(&self.$field) {
                    map.serialize_entry($member, &self.$field)?;
                })*
                for (name, value) in self.rest.raw() {
                    // A member that stood twice, once as what it must not be, is written once.
                    let is_written = match name {
                        $($member => !$crate::sbom::json::Absent::is_absent(&self.$field),)*
                        _ => false,
                    };
                    if !is_written {
                        map.serialize_entry(name, value)?;
                    }
                }
                map.end()
            }
        }
    };
}
pub(super) use object;

/// Whether a value stands for an absent member.
pub(super) trait Absent {
    fn is_absent(&self) -> bool;
}

impl Absent for Text<'_> {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl<T> Absent for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

/// Reads one member. Where the document is read item by item, a value of the wrong kind is kept as it stands.
pub(super) fn member<'de: 'a, 'a, T, A>(
    name: &'static str,
    map: &mut A,
    rest: &mut Rest<'a>,
) -> std::result::Result<T, A::Error>
where
    T: Deserialize<'de> + Default,
    A: MapAccess<'de>,
{
    if !Salvage::is_on() {
        return map.next_value();
    }
    let raw: &'de RawValue = map.next_value()?;
    let read = Salvage::read(format!(".{name}"), raw).map_err(A::Error::custom)?;
    Ok(read.unwrap_or_else(|| {
        rest.push(name.into(), Cow::Borrowed(raw));
        T::default()
    }))
}

/// Of two members of one name one reader would take the first and another the last. In the document as a whole that is an
/// error, further in it is noted and the last counts.
pub(super) fn repeated<E: serde::de::Error>(name: &'static str) -> std::result::Result<(), E> {
    let noted = STATE.with_borrow_mut(|state| {
        let state = state.as_mut().filter(|state| !state.path.is_empty())?;
        let position = state.path.concat().trim_start_matches('.').to_owned();
        let message = format!("{name} stands twice; the last counts");
        state.findings.push(Finding::new("repeated-member", position, message));
        Some(())
    });
    noted.ok_or_else(|| E::duplicate_field(name))
}

/// Reads a document; `what` names it in the error.
///
/// # Errors
/// `Invalid` where it is not JSON, no object, or lies too deep.
pub(super) fn read<'a, T: Deserialize<'a>>(what: &str, text: &'a str) -> Result<(T, Vec<Finding>)> {
    let wrong = |e: serde_json::Error| Error::invalid(format!("not {what}: {}", in_words(&e))).caused_by(e);
    if let Ok(document) = scan::read(text) {
        return Ok((document, Vec::new()));
    }
    match serde_json::from_str(text) {
        Ok(document) => Ok((document, Vec::new())),
        Err(error) if error.is_data() && text.trim_start().starts_with('{') => {
            let salvage = Salvage::begin();
            let document = serde_json::from_str(text).map_err(wrong)?;
            Ok((document, salvage.end()))
        }
        Err(error) => Err(wrong(error)),
    }
}

/// Writes a document, indented as people and version control like it.
pub(super) fn write(document: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(document).map_err(|e| Error::unexpected("the document cannot be written").caused_by(e))
}

/// Reading item by item: on in this thread between `begin` and the end of what that gives.
struct Salvage;

#[derive(Default)]
struct State {
    path: Vec<String>,
    findings: Vec<Finding>,
}

thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
    /// Whether there is a state: every member asks that.
    static IS_ON: Cell<bool> = const { Cell::new(false) };
}

impl Salvage {
    fn begin() -> Salvage {
        STATE.set(Some(State::default()));
        IS_ON.set(true);
        Salvage
    }

    fn is_on() -> bool {
        IS_ON.get()
    }

    fn end(self) -> Vec<Finding> {
        STATE.take().map(|state| state.findings).unwrap_or_default()
    }

    /// None where it cannot be read, which is noted; an error where it lies too deep.
    fn read<'de, T: Deserialize<'de>>(step: String, raw: &'de RawValue) -> Result<Option<T>, &'static str> {
        let depth = STATE.with_borrow_mut(|state| {
            let Some(state) = state else { return 0 };
            state.path.push(step);
            state.path.len()
        });
        if depth > MAX_DEPTH {
            return Err("objects lie too deep in each other");
        }
        let read = serde_json::from_str(raw.get());
        // What a document is about must be as it should be: an empty list in its place would look like an answer.
        if depth == 1 && read.is_err() {
            return Err("a member of the document is of the wrong kind");
        }
        STATE.with_borrow_mut(|state| {
            let Some(state) = state else { return };
            if let Err(error) = &read
                && state.findings.len() < MAX_FINDINGS
            {
                let position = state.path.concat().trim_start_matches('.').to_owned();
                state.findings.push(Finding::new("unreadable", position, format!("left out: {}", in_words(error))));
            }
            state.path.pop();
        });
        Ok(read.ok())
    }
}

impl Drop for Salvage {
    fn drop(&mut self) {
        IS_ON.set(false);
        STATE.set(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    object! {
        Outer { name: Text<'a> = "name", inner: Option<Box<Outer<'a>>> = "inner", list: List<Outer<'a>> = "list" }
    }

    fn round(text: &str) -> String {
        let (outer, _) = read::<Outer<'_>>("a test", text).unwrap();
        serde_json::to_string(&outer).unwrap()
    }

    #[test]
    fn what_is_not_known_is_written_back() {
        let text = r#"{"name":"a","inner":{"name":"b","more":{"x": [1, 2.50]}},"list":[{"name":"c"}],"z":null}"#;
        assert_eq!(round(text), text);
    }

    #[test]
    fn null_and_empty_are_absent() {
        assert_eq!(round(r#"{"name":null,"inner":null,"list":null}"#), "{}");
        assert_eq!(round(r#"{"name":"","list":[null, {}]}"#), r#"{"list":[{}]}"#);
    }

    #[test]
    fn text_is_borrowed_unless_it_has_escapes() {
        let text = r#"{"name":"plain","list":[{"name":"with \"quotes\" \u00e9"}]}"#;
        let (outer, _) = read::<Outer<'_>>("a test", text).unwrap();
        assert!(text.as_bytes().as_ptr_range().contains(&outer.name.as_ptr()));
        assert_eq!(outer.list.0[0].name, "with \"quotes\" é");
    }

    #[test]
    fn a_broken_item_loses_no_other() {
        let text =
            r#"{"name":"n","list":[{"name":"a"},7,{"list":[{"name":{}},{"name":"b"}]},{"name":"c","name":"d"}]}"#;
        let (outer, findings) = read::<Outer<'_>>("a test", text).unwrap();
        let places: Vec<&str> = findings.iter().map(|finding| finding.position.as_str()).collect();
        assert_eq!(places, ["list[1]", "list[2].list[0].name", "list[3]"]);
        assert_eq!((outer.list.0.len(), outer.list.0[1].list.0[1].name.as_str()), (3, "b"));
        assert_eq!(outer.list.0[1].list.0[0].rest.get("name"), Some("{}"));
        assert_eq!(outer.list.0[2].name, "d");
        assert!(!Salvage::is_on());
    }

    object! {
        Counted<C> { list: C = "list" }
    }

    /// The lengths of names.
    impl Gather<Outer<'_>> for Vec<usize> {
        fn gather(&mut self, item: Outer<'_>) {
            self.push(item.name.len());
        }
    }

    #[test]
    fn items_become_something_else_as_they_are_read() {
        type Lengths<'a> = Counted<'a, Gathered<Outer<'a>, Vec<usize>>>;
        let lengths = |text: &str| {
            let (counted, findings) = read::<Lengths<'_>>("a test", text).unwrap();
            (counted.list.0.clone(), findings.len())
        };
        assert_eq!(lengths("{}"), (vec![], 0));
        assert_eq!(lengths(r#"{"list":null}"#), (vec![], 0));
        assert_eq!(lengths(r#"{"list":[{"name":"abc"},null,{}]}"#), (vec![3, 0], 0));
        assert_eq!(lengths(r#"{"list":[{"name":"abc"},7,{"name":{}},{"name":"d"}]}"#), (vec![3, 0, 1], 2));
        let written = List(vec![Outer { name: "abc".into(), ..Outer::default() }]);
        assert_eq!(Gathered::<_, Vec<usize>>::from(written).0, [3]);
    }

    #[test]
    fn what_is_no_json_or_lies_too_deep_is_an_error() {
        for text in [
            "",
            "{",
            "[]",
            r#"{"name":[]}"#,
            r#"{"list":7}"#,
            r#"{"name":"a","name":"b"}"#,
            "{\"name\":\"a\"",
            "7",
            "{} {}",
        ] {
            assert!(read::<Outer<'_>>("a test", text).is_err(), "{text}");
        }
        for (start, end) in [(r#"{"list":["#, "]}"), (r#"{"inner":"#, "}")] {
            for middle in ["{}", r#"{"name":[]}"#] {
                let deep = format!("{}{middle}{}", start.repeat(100_000), end.repeat(100_000));
                assert!(read::<Outer<'_>>("a test", &deep).is_err());
                // An item that is wrong makes the rest be read one by one; what lies too deep is left out, and said.
                let salvaged = format!(r#"{{"list":[7,{deep}]}}"#);
                assert!(read::<Outer<'_>>("a test", &salvaged).is_ok_and(|(_, findings)| findings.len() == 2));
            }
        }
        // What is not known is not looked into, however deep.
        let skipped = format!(r#"{{"more":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert!(read::<Outer<'_>>("a test", &skipped).is_ok());
        assert!(!Salvage::is_on());
    }
}
