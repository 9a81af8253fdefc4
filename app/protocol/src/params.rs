//! The values in the sentence of an error, and the templates that they are put into.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap as _};

/// A value in the sentence of an error.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum Param {
    /// A whole number.
    Number(u64),
    /// A name, or any other text.
    Text(String),
}

impl fmt::Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl From<u64> for Param {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Param {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for Param {
    fn from(number: usize) -> Self {
        Self::Number(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Param {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Param {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// The values in the sentence of an error, by name: numbers, and texts such as names. A JSON object of numbers and texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Params(Vec<(Cow<'static, str>, Param)>);

impl Params {
    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the value with this name.
    pub fn get(&self, name: &str) -> Option<&Param> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Returns the names and their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Param)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// Adds a value.
    pub fn push(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Param>) {
        self.0.push((name.into(), value.into()));
    }
}

impl Serialize for Params {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        let mut map = writer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Params {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Params;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of numbers and texts")
            }

            fn visit_map<M: de::MapAccess<'de>>(self, mut map: M) -> Result<Params, M::Error> {
                let mut params = Params::default();
                while let Some((name, value)) = map.next_entry::<String, Param>()? {
                    params.push(name, value);
                }
                Ok(params)
            }
        }
        reader.deserialize_map(Visitor)
    }
}

impl<'de> Deserialize<'de> for Param {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Param;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a text")
            }

            fn visit_u64<E>(self, number: u64) -> Result<Param, E> {
                Ok(Param::Number(number))
            }

            fn visit_str<E>(self, text: &str) -> Result<Param, E> {
                Ok(Param::Text(text.to_owned()))
            }
        }
        reader.deserialize_any(Visitor)
    }
}

/// Puts values into a template: `{name}` is the value with this name, and `[…]` is left out if a value in it is missing or empty. `{?name}`
/// writes nothing; it needs only that there is a value with this name. Returns the text, and whether no value outside of `[…]` is missing.
pub fn fill(template: &str, value: &dyn Fn(&str) -> Option<String>) -> (String, bool) {
    let mut is_whole = true;
    let mut filled = String::with_capacity(template.len());
    // Where the open parts begin, and whether something in them is missing.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '[', ']']) {
        filled.push_str(&rest[..at]);
        let (sign, after) = rest[at..].split_at(1);
        rest = after;
        match sign {
            "[" => open.push((filled.len(), false)),
            "]" => {
                if let Some((start, true)) = open.pop() {
                    filled.truncate(start);
                }
            }
            _ => {
                let Some((name, after)) = rest.split_once('}').filter(|(name, _)| is_name(name)) else {
                    filled.push('{');
                    continue;
                };
                rest = after;
                let text = match name.strip_prefix('?') {
                    Some(name) => value(name).map(|_| String::new()),
                    None => value(name).filter(|text| !text.is_empty()),
                };
                match text {
                    Some(text) => filled.push_str(&text),
                    None => match open.last_mut() {
                        Some((_, missing)) => *missing = true,
                        None => is_whole = false,
                    },
                }
            }
        }
    }
    filled.push_str(rest);
    (filled, is_whole)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'?'))
}

/// Returns the names of the values in a template, each once, in order.
pub fn names(template: &'static str) -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for piece in template.split('{').skip(1) {
        let name = piece.split_once('}').map_or("", |(name, _)| name);
        if is_name(name) && !names.contains(&name.trim_start_matches('?')) {
            names.push(name.trim_start_matches('?'));
        }
    }
    names
}

// Written by hand: the derive would describe the vector.
#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Params {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Type};
        let value = OneOfBuilder::new()
            .item(ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)))
            .item(ObjectBuilder::new().schema_type(Type::String));
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("The values in the sentence of an error, by name: whole numbers, and texts such as names."))
            .additional_properties(Some(AdditionalProperties::RefOr(value.into())))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Params {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn filled(template: &str, params: &[(&str, &str)]) -> String {
        fill(template, &|name| params.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())).0
    }

    #[test]
    fn parts_without_their_values_are_left_out() {
        let template =
            "It failed[ with {status}][: “{quote}”][{?page}: a page[, “{page}”]].[ There is: {list}[ and {more} more].] {\"a\":…}";
        for (params, text) in [
            (&[][..], "It failed. {\"a\":…}"),
            (&[("status", "500"), ("quote", "{no} [x]")], "It failed with 500: “{no} [x]”. {\"a\":…}"),
            (&[("page", "")], "It failed: a page. {\"a\":…}"),
            (&[("page", "Sign in")], "It failed: a page, “Sign in”. {\"a\":…}"),
            (&[("list", "a, b")], "It failed. There is: a, b. {\"a\":…}"),
            (&[("list", "a, b"), ("more", "3")], "It failed. There is: a, b and 3 more. {\"a\":…}"),
        ] {
            assert_eq!(filled(template, params), text);
        }
        assert_eq!(names(template), ["status", "quote", "page", "list", "more"]);
        assert_eq!(filled("have: {answer_id: bytes}", &[]), "have: {answer_id: bytes}");
        assert!(fill(template, &|_| None).1 && !fill("It has {bytes} bytes.", &|_| None).1);
    }

    #[test]
    fn values_are_numbers_and_texts() {
        let mut params = Params::default();
        params.push("most", 7_u32);
        params.push("model", "7");
        let text = serde_json::to_string(&params).unwrap();
        assert_eq!(text, r#"{"most":7,"model":"7"}"#);
        assert_eq!(serde_json::from_str::<Params>(&text).unwrap(), params);
        assert!(serde_json::from_str::<Params>(r#"{"a":[]}"#).is_err());
    }
}
