//! The small things that stand in a policy file.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::model::{Digest, Timestamp};
use crate::scan::{self, Treatment};

/// Text that is not empty.
pub(super) struct Text(pub(super) String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let trimmed = text.trim();
        if trimmed.is_empty() { Err(D::Error::custom("the text is empty")) } else { Ok(Text(trimmed.to_owned())) }
    }
}

/// A maximum: a number, or `any` for no limit.
#[derive(Clone, Copy)]
pub(super) struct Limit(pub(super) Option<u32>);

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Limit;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number that is not negative, or `any`")
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Limit, E> {
                u32::try_from(value).map(|max| Limit(Some(max))).map_err(|_| E::custom(format!("{value} is too large")))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Limit, E> {
                u64::try_from(value)
                    .map_err(|_| E::custom(format!("{value} is negative")))
                    .and_then(|value| self.visit_u64(value))
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Limit, E> {
                match value {
                    "any" => Ok(Limit(None)),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(value), &self)),
                }
            }
        }
        deserializer.deserialize_any(V)
    }
}

/// `true`, `false`, or an object with the details.
pub(super) enum Switch<T> {
    Off,
    On,
    With(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Switch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for V<T> {
            type Value = Switch<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or an object with the details")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Switch<T>, E> {
                Ok(if value { Switch::On } else { Switch::Off })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Switch<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Switch::With)
            }
        }
        deserializer.deserialize_any(V(PhantomData))
    }
}

/// What to make of something unknown, by its word.
#[derive(serde::Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum Unknown {
    Allow,
    Warn,
    Deny,
}

impl From<Unknown> for Treatment {
    fn from(word: Unknown) -> Treatment {
        match word {
            Unknown::Allow => Treatment::Allow,
            Unknown::Warn => Treatment::Warn,
            Unknown::Deny => Treatment::Deny,
        }
    }
}

/// An id alone, or an object with all that an exception should have.
pub(super) struct Exception(pub(super) scan::Exception);

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Details {
    id: Text,
    package: Option<Text>,
    digest: Option<Digest>,
    owner: Option<Text>,
    reason: Option<Text>,
    expires: Option<Timestamp>,
    ticket: Option<Text>,
}

impl<'de> Deserialize<'de> for Exception {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Exception;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "the id of a vulnerability, or an object with id, package, digest, owner, reason, expires, ticket",
                )
            }
            fn visit_str<E: Error>(self, id: &str) -> Result<Exception, E> {
                if id.trim().is_empty() {
                    return Err(E::custom("the id is empty"));
                }
                Ok(Exception(scan::Exception::of(id.trim())))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Exception, A::Error> {
                let details = Details::deserialize(MapAccessDeserializer::new(map))?;
                let text = |text: Option<Text>| text.map(|text| text.0);
                Ok(Exception(scan::Exception {
                    id: details.id.0,
                    package: text(details.package),
                    digest: details.digest,
                    owner: text(details.owner),
                    reason: text(details.reason),
                    expires: details.expires,
                    ticket: text(details.ticket),
                }))
            }
        }
        deserializer.deserialize_any(V)
    }
}
