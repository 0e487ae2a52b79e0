//! Fields that people write in more than one way. What has another form than the ones that are known is as good as absent:
//! an odd author costs no package.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

/// A value that is a text, a list of texts, or an object.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Loose {
    /// Absent, null, or of another form.
    #[default]
    Nothing,
    /// A text; a number or a truth value in its usual writing.
    Text(String),
    /// A list.
    List(Vec<Loose>),
    /// An object.
    Object(BTreeMap<String, Loose>),
}

impl Loose {
    /// The text, if it is one.
    pub(super) fn into_text(self) -> String {
        match self {
            Loose::Text(text) => text,
            _ => String::new(),
        }
    }

    /// The text under this key of an object, or nothing.
    pub(super) fn get(&self, key: &str) -> &str {
        match self {
            Loose::Object(object) => match object.get(key) {
                Some(Loose::Text(text)) => text,
                _ => "",
            },
            _ => "",
        }
    }

    /// Whether this is an object with this key.
    pub(super) fn has(&self, key: &str) -> bool {
        matches!(self, Loose::Object(object) if object.contains_key(key))
    }

    /// The names in it: the keys of an object, or the texts of a list, or what is called `name` in the objects of a list.
    pub(super) fn into_names(self) -> Vec<String> {
        match self {
            Loose::Object(object) => object.into_keys().collect(),
            list => list.into_texts("name"),
        }
    }

    /// The items of a list; what is no list is one item.
    pub(super) fn into_items(self) -> Vec<Loose> {
        match self {
            Loose::Nothing => Vec::new(),
            Loose::List(items) => items,
            one => vec![one],
        }
    }

    /// The texts: itself, or the items of a list, or this key of an object or of the objects in a list.
    pub(super) fn into_texts(self, key: &str) -> Vec<String> {
        let text = |item| match item {
            Loose::Text(text) => Some(text),
            Loose::Object(mut object) => object.remove(key).map(Loose::into_text),
            _ => None,
        };
        let texts = self.into_items().into_iter().filter_map(text);
        texts.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Loose, E> {
        Ok(Loose::Text(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Loose, E> {
        Ok(Loose::Text(text))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Loose, E> {
        Ok(Loose::Text(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Loose, E> {
        Ok(Loose::Text(value.to_string()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Loose, E> {
        Ok(Loose::Text(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Loose, E> {
        Ok(Loose::Text(value.to_string()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Loose, E> {
        Ok(Loose::Nothing)
    }

    fn visit_none<E: de::Error>(self) -> Result<Loose, E> {
        Ok(Loose::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Loose, D::Error> {
        Loose::deserialize(d)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Loose, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Loose::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
        let mut object = BTreeMap::new();
        while let Some((key, value)) = map.next_entry()? {
            object.insert(key, value);
        }
        Ok(Loose::Object(object))
    }
}

/// For `deserialize_with`: a text; anything else is none.
pub(super) fn text<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    Loose::deserialize(d).map(Loose::into_text)
}

/// For `deserialize_with`: the keys of an object, whatever their values.
pub(super) fn keys<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
    map::<IgnoredAny, D>(d).map(|entries| entries.into_iter().map(|(key, _)| key).collect())
}

/// For `deserialize_with`: the entries of an object in their order; null is none.
pub(super) fn map<'de, T: DeserializeOwned, D: Deserializer<'de>>(d: D) -> Result<Vec<(String, T)>, D::Error> {
    struct Entries<T>(PhantomData<T>);
    impl<'de, T: DeserializeOwned> Visitor<'de> for Entries<T> {
        type Value = Vec<(String, T)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        // PHP writes an empty object as an empty list.
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Vec::new())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }
    d.deserialize_any(Entries(PhantomData))
}
