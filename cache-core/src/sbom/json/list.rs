//! Lists of documents: as they are, and as what their items become.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::{Absent, Salvage};

/// A list, in which `null` counts for nothing, and which `null` stands for when it is empty.
#[derive(Debug, Clone)]
pub(in crate::sbom) struct List<T>(pub(in crate::sbom) Vec<T>);

/// What becomes of the items of a list.
pub(in crate::sbom) trait Gather<T>: Default {
    /// Adds the next one.
    fn gather(&mut self, item: T);
}

impl<T> Gather<T> for Vec<T> {
    fn gather(&mut self, item: T) {
        self.push(item);
    }
}

/// A list of `T` whose items become something else as they are read: a long list never lies in memory in both forms.
#[derive(Debug, Clone)]
pub(in crate::sbom) struct Gathered<T, G>(pub(in crate::sbom) G, PhantomData<T>);

impl<T> List<T> {
    /// The items as something else, in no more memory than these need.
    pub(in crate::sbom) fn turned<U>(self, turn: impl FnMut(T) -> U) -> Vec<U> {
        let mut all = Vec::with_capacity(self.0.len());
        all.extend(self.0.into_iter().map(turn));
        all
    }
}

impl<T> Absent for List<T> {
    fn is_absent(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        List(Vec::new())
    }
}

impl<T, G: Default> Default for Gathered<T, G> {
    fn default() -> Self {
        Gathered(G::default(), PhantomData)
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        List(items.into_iter().collect())
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T, G: Gather<T>> From<List<T>> for Gathered<T, G> {
    fn from(list: List<T>) -> Self {
        let mut all = G::default();
        list.into_iter().for_each(|item| all.gather(item));
        Gathered(all, PhantomData)
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Items::default()).map(List)
    }
}

impl<'de, T: Deserialize<'de>, G: Gather<T>> Deserialize<'de> for Gathered<T, G> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = deserializer.deserialize_any(Items::<T, G>::default())?;
        Ok(Gathered(all, PhantomData))
    }
}

struct Items<T, G>(PhantomData<(T, G)>);

impl<T, G> Default for Items<T, G> {
    fn default() -> Self {
        Items(PhantomData)
    }
}

impl<'de, T: Deserialize<'de>, G: Gather<T>> Visitor<'de> for Items<T, G> {
    type Value = G;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<G, E> {
        Ok(G::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<G, A::Error> {
        let mut items = G::default();
        if !Salvage::is_on() {
            while let Some(item) = list.next_element::<Option<T>>()? {
                item.into_iter().for_each(|item| items.gather(item));
            }
            return Ok(items);
        }
        let mut at = 0;
        while let Some(raw) = list.next_element::<&'de RawValue>()? {
            let item = Salvage::read::<Option<T>>(format!("[{at}]"), raw).map_err(A::Error::custom)?;
            item.flatten().into_iter().for_each(|item| items.gather(item));
            at += 1;
        }
        Ok(items)
    }
}
