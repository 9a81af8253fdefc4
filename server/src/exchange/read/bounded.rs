//! Lists out of foreign JSON, which may have any number of elements: two bytes of it can become hundreds in memory.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

/// The most messages of a conversation.
pub(super) const MESSAGES: usize = 200_000;
/// The most elements of a list inside of a message.
const ELEMENTS: usize = 10_000;

/// A list of at most 10 000 elements.
pub(super) struct List<T>(pub(super) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<T> {
            type Value = List<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List<T>, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = list.next_element()? {
                    if elements.len() == ELEMENTS {
                        return Err(A::Error::custom(format_args!("a list in a message has more than {ELEMENTS} elements")));
                    }
                    elements.push(element);
                }
                Ok(List(elements))
            }
        }
        deserializer.deserialize_seq(Elements(PhantomData))
    }
}

/// What foreign messages become, one by one: only one of them is in memory as it was.
pub(super) trait Convert: Sized {
    /// As it was.
    type From<'de>: Deserialize<'de>;
    /// What is known of the one before.
    type Before: Default;
    /// The same in our form.
    fn convert(foreign: Self::From<'_>, before: &mut Self::Before) -> Self;
}

/// A list of messages.
pub(super) struct Messages<M>(pub(super) Vec<M>);

impl<'de, M: Convert> Deserialize<'de> for Messages<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<M>(PhantomData<M>);
        impl<'de, M: Convert> Visitor<'de> for Elements<M> {
            type Value = Messages<M>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of messages")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Messages<M>, A::Error> {
                let (mut messages, mut before) = (Vec::new(), M::Before::default());
                while let Some(foreign) = list.next_element()? {
                    room(&messages)?;
                    messages.push(M::convert(foreign, &mut before));
                }
                Ok(Messages(messages))
            }
        }
        deserializer.deserialize_seq(Elements(PhantomData))
    }
}

/// An object of messages, by what they are called.
pub(super) struct Named<M>(pub(super) Vec<M>);

impl<'de, M> Deserialize<'de> for Named<M>
where
    M: Convert<Before = String>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<M>(PhantomData<M>);
        impl<'de, M: Convert<Before = String>> Visitor<'de> for Entries<M> {
            type Value = Named<M>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of messages")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named<M>, A::Error> {
                let mut messages = Vec::new();
                while let Some((mut key, foreign)) = map.next_entry::<String, M::From<'de>>()? {
                    room(&messages)?;
                    messages.push(M::convert(foreign, &mut key));
                }
                Ok(Named(messages))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

fn room<M, E: Error>(messages: &[M]) -> Result<(), E> {
    if messages.len() == MESSAGES {
        return Err(E::custom(format_args!("it has more than {MESSAGES} messages")));
    }
    Ok(())
}
