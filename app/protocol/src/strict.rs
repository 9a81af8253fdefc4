//! Reads JSON from clients by the rules of the API: objects only as objects, enum values only as strings, whole numbers with or without a
//! fraction of zero.
//!
//! The readers that serde derives accept more than the API allows: an array for a struct, by position of its fields, and `{"name": null}`
//! for `"name"`. They also accept less: JSON Schema treats `7.0` as the integer 7, and some languages write it so. Everything that a
//! client sends is read with these functions.
//!
//! The rules do not apply to what serde buffers while reading (`flatten`, untagged enums, tagged enums). So types that clients send must
//! not use these; see [`crate::ClientFrame::parse`].

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{BorrowedStrDeserializer, StringDeserializer},
    },
};

/// Reads a value from a text.
///
/// # Errors
/// The text is not JSON of this form; the error says where.
pub fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> serde_json::Result<T> {
    whole(serde_json::Deserializer::from_str(text))
}

/// Reads a value from bytes.
///
/// # Errors
/// The bytes are not JSON of this form; the error says where.
pub fn from_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> serde_json::Result<T> {
    whole(serde_json::Deserializer::from_slice(bytes))
}

fn whole<'de, R: serde_json::de::Read<'de>, T: Deserialize<'de>>(mut reader: serde_json::Deserializer<R>) -> serde_json::Result<T> {
    let value = T::deserialize(Strict(&mut reader))?;
    reader.end()?;
    Ok(value)
}

/// Wraps a deserializer, visitor, list, map or seed, and everything that it passes on, to apply the rules.
struct Strict<T>(T);

/// Wraps the visitor of a struct: accepts only an object.
struct Fields<V>(V);

/// Wraps the visitor of an enum: accepts only a string.
struct Name<V>(V);

/// Wraps the visitor of an integer: also accepts a number with a fraction of zero.
struct Whole<V>(V);

macro_rules! forward {
    ($visitor:ident: $($name:ident)*) => {
        $(fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$name($visitor(visitor))
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<D> {
    type Error = D::Error;

    forward! {
        Strict: deserialize_any deserialize_bool deserialize_i128 deserialize_u128 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf deserialize_option
        deserialize_unit deserialize_seq deserialize_map deserialize_identifier
    }

    forward! {
        Whole: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_ignored_any(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit_struct(name, Strict(visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, Strict(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(len, Strict(visitor))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, name: &'static str, len: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple_struct(name, len, Strict(visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(name, fields, Fields(visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_str(Name(visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! visit {
    ($($name:ident: $type:ty),*) => {
        $(fn $name<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.0.$name(value)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Strict<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    visit! {
        visit_bool: bool, visit_i64: i64, visit_i128: i128, visit_u64: u64, visit_u128: u128, visit_f64: f64, visit_char: char,
        visit_str: &str, visit_borrowed_str: &'de str, visit_string: String, visit_bytes: &[u8], visit_borrowed_bytes: &'de [u8],
        visit_byte_buf: Vec<u8>
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Strict(inner))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Strict(inner))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Strict(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Strict(object))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, choice: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(choice)
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Fields<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Strict(object))
    }

    // Lists are refused here, because serde's own message would not use JSON's terms.
    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<V::Value, A::Error> {
        Err(A::Error::custom("an array stands where an object with named fields belongs"))
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Name<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name as a text")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<V::Value, E> {
        self.0.visit_enum(IntoDeserializer::<E>::into_deserializer(name))
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<V::Value, E> {
        self.0.visit_enum(BorrowedStrDeserializer::new(name))
    }

    fn visit_string<E: Error>(self, name: String) -> Result<V::Value, E> {
        self.0.visit_enum(StringDeserializer::new(name))
    }
}

/// Above this, not every integer is an `f64`, so a number read as `f64` may differ from the one that was written.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

impl<'de, V: Visitor<'de>> Visitor<'de> for Whole<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    visit! {
        visit_i64: i64, visit_u64: u64
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<V::Value, E> {
        if number.fract() != 0.0 || number.abs() > LARGEST_EXACT {
            self.0.visit_f64(number)
        } else if number < 0.0 {
            self.0.visit_i64(number as i64)
        } else {
            self.0.visit_u64(number as u64)
        }
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Strict<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Strict(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Strict<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(Strict(seed))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Strict(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Strict<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Strict(from))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use serde_json::value::RawValue;

    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        One,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        a: u32,
        #[serde(default)]
        choice: Option<Choice>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Newtype(Inner);

    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        one: Inner,
        #[serde(default)]
        maybe: Option<Inner>,
        #[serde(default)]
        list: Vec<Inner>,
        #[serde(default)]
        named: BTreeMap<String, Newtype>,
        #[serde(default)]
        pair: (u8, u8),
    }

    #[test]
    fn what_the_contract_names_is_read() {
        let text = r#"{"one":{"a":1,"more":[[1]]},"maybe":{"a":2,"choice":"one"},"list":[{"a":3},{"a":4,"choice":null}],"named":{"x":{"a":5}},"pair":[6,7]}"#;
        let inner = |a| Inner { a, choice: None };
        let outer = Outer {
            one: inner(1),
            maybe: Some(Inner { a: 2, choice: Some(Choice::One) }),
            list: vec![inner(3), inner(4)],
            named: BTreeMap::from([("x".to_owned(), Newtype(inner(5)))]),
            pair: (6, 7),
        };
        assert_eq!(from_str::<Outer>(text).unwrap(), outer);
        assert_eq!(from_slice::<Outer>(text.as_bytes()).unwrap(), outer);
        assert_eq!(from_str::<Box<RawValue>>("[1, {}]").unwrap().get(), "[1, {}]");
    }

    #[test]
    fn a_whole_number_is_read_in_either_form() {
        for (text, number) in [("7", 7), ("7.0", 7), ("7e0", 7), ("0.07e2", 7), ("-0.0", 0), ("4294967295.0", u32::MAX)] {
            assert_eq!(from_str::<u32>(text).unwrap(), number, "{text}");
        }
        for bad in ["7.5", "-1.0", "-1", "4294967296.0", "1e300", "\"7\"", "null", "true"] {
            assert!(from_str::<u32>(bad).is_err(), "{bad}");
        }
        assert_eq!(from_str::<i64>("-7.0").unwrap(), -7);
        assert!(from_str::<u64>("18446744073709551616.0").is_err());
    }

    #[test]
    fn an_array_is_no_object_and_an_object_no_name_at_any_depth() {
        for bad in [
            r#"[{"a":1}]"#,
            r#"{"one":[1]}"#,
            r#"{"one":[1,null]}"#,
            r#"{"one":{"a":1},"maybe":[2,"one"]}"#,
            r#"{"one":{"a":1},"list":[{"a":3},[4]]}"#,
            r#"{"one":{"a":1},"named":{"x":[5]}}"#,
        ] {
            let error = from_str::<Outer>(bad).unwrap_err().to_string();
            assert!(error.contains("an array stands where an object"), "{bad}: {error}");
        }
        assert!(from_str::<Outer>(r#"{"one":{"a":1},"named":[["x",{"a":5}]]}"#).is_err());
        for bad in [r#"{"a":1,"choice":{"one":null}}"#, r#"{"a":1,"choice":["one"]}"#, r#"{"a":1,"choice":0}"#] {
            assert!(from_str::<Inner>(bad).unwrap_err().to_string().contains("a name as a text"), "{bad}");
        }
        assert_eq!(from_str::<Choice>(r#""\u006fne""#).unwrap(), Choice::One);
        assert!(from_str::<Choice>(r#""two""#).is_err() && from_str::<Inner>(r#"{"a":1} {}"#).is_err());
    }
}
