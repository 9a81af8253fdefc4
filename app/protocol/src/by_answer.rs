//! A small map from answers to values.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};

use crate::id::MessageId;

/// Values of a few answers, by id; a JSON object. The entries are sorted by id, and found by binary search. The code of a `BTreeMap` would
/// be 3 KB of the first load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByAnswer<V>(Vec<(MessageId, V)>);

impl<V> ByAnswer<V> {
    /// Creates an empty map.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Returns whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets the value of an answer.
    pub fn insert(&mut self, id: MessageId, value: V) {
        match self.place(id) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (id, value)),
        }
    }

    /// Returns the value of an answer, or `None` if it has none.
    pub fn get(&self, id: &MessageId) -> Option<&V> {
        self.place(*id).ok().map(|at| &self.0[at].1)
    }

    /// Returns whether an answer has a value.
    pub fn contains_key(&self, id: &MessageId) -> bool {
        self.place(*id).is_ok()
    }

    /// Returns the values, by the ids of the answers.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }

    /// Returns the values for changes.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    fn place(&self, id: MessageId) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.cmp(&id))
    }
}

impl<V> Default for ByAnswer<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> FromIterator<(MessageId, V)> for ByAnswer<V> {
    /// Of several values of the same answer, the last one counts.
    fn from_iter<I: IntoIterator<Item = (MessageId, V)>>(entries: I) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.reverse();
        entries.sort_by_key(|(id, _)| *id);
        entries.dedup_by_key(|(id, _)| *id);
        Self(entries)
    }
}

impl<V, const N: usize> From<[(MessageId, V); N]> for ByAnswer<V> {
    fn from(entries: [(MessageId, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<V: Serialize> Serialize for ByAnswer<V> {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.collect_map(self.0.iter().map(|(id, value)| (id, value)))
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for ByAnswer<V> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Entries<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
            type Value = ByAnswer<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with ids of answers as names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = object.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries.into_iter().collect())
            }
        }

        reader.deserialize_map(Entries(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn id(n: u8) -> MessageId {
        MessageId(Uuid::from_u128(n.into()))
    }

    proptest! {
        /// It holds what a `BTreeMap` holds, and is read and written as one.
        #[test]
        fn it_is_a_map(entries in prop::collection::vec((0u8..8, any::<u64>()), 0..20)) {
            let mut map = ByAnswer::new();
            let mut model = std::collections::BTreeMap::new();
            for &(n, value) in &entries {
                map.insert(id(n), value);
                model.insert(id(n), value);
            }
            for n in 0..8 {
                prop_assert_eq!(map.get(&id(n)), model.get(&id(n)));
                prop_assert_eq!(map.contains_key(&id(n)), model.contains_key(&id(n)));
            }
            prop_assert!(map.values().eq(model.values()));
            prop_assert_eq!(map.is_empty(), model.is_empty());
            prop_assert_eq!(&entries.iter().map(|&(n, value)| (id(n), value)).collect::<ByAnswer<u64>>(), &map);
            let json = serde_json::to_string(&map).unwrap();
            prop_assert_eq!(&json, &serde_json::to_string(&model).unwrap());
            prop_assert_eq!(serde_json::from_str::<ByAnswer<u64>>(&json).unwrap(), map);
        }
    }
}
