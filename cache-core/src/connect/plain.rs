//! Plain data to read a configuration from.

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Map, Value};

/// A value that serde reads as ever, but takes no list in it for an object. It would fill the fields in their order, and an
/// empty list would be an object that says nothing. Nor does it take an empty text for a path, which the file system would say
/// that nothing is there, without the name of the field. Within what has a `kind`, which serde holds back until it knows that,
/// it still does both.
pub(super) struct Plain(pub(super) Value);

fn fields(map: Map<String, Value>) -> impl Iterator<Item = (Plain, Plain)> {
    map.into_iter().map(|(name, value)| (Plain(Value::String(name)), Plain(value)))
}

/// serde tells a path from other text by this alone.
fn is_path(expected: &dyn Expected) -> bool {
    expected.to_string() == "path string"
}

impl IntoDeserializer<'_, Error> for Plain {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Plain {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(list) => {
                let mut list: SeqDeserializer<_, Error> = SeqDeserializer::new(list.into_iter().map(Plain));
                let read = visitor.visit_seq(&mut list)?;
                list.end().map(|()| read)
            }
            Value::Object(map) => {
                let mut map: MapDeserializer<'_, _, Error> = MapDeserializer::new(fields(map));
                let read = visitor.visit_map(&mut map)?;
                map.end().map(|()| read)
            }
            one => one.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.as_str() == Some("") && is_path(&visitor) {
            return Err(Error::custom("a path is not empty"));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(_) => Err(Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(map) if map.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::<_, Error>::new(fields(map))))
            }
            one => one.deserialize_enum(name, variants, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str bytes byte_buf unit unit_struct seq tuple
        tuple_struct identifier ignored_any
    }
}
