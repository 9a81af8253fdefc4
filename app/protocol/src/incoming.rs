//! What the server reads where clients may send more, or less, than this crate's own client does.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

use crate::{
    frame::Chat,
    id::{ConversationId, MessageId, UserId},
};

/// Keys for one answer, by the names of their providers. They show in no `Debug`.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ApiKeys(pub BTreeMap<String, String>);

impl ApiKeys {
    /// As many may come with a message.
    pub const MOST: usize = 16;
    /// No key is longer, bytes.
    pub const LONGEST: usize = 1_000;

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKeys({} …)", self.0.len())
    }
}

impl<'de> Deserialize<'de> for ApiKeys {
    /// Empty keys count as none: clients send them for providers that they have no key for. No error repeats what came.
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let wrong = || D::Error::custom("api_keys must be an object {provider: key} of at most 16 keys with at most 1000 characters each");
        let fields = match Value::deserialize(reader).map_err(|_| wrong())? {
            Value::Null => return Ok(Self::default()),
            Value::Object(fields) => fields,
            _ => return Err(wrong()),
        };
        let mut keys = BTreeMap::new();
        for (provider, key) in fields {
            match key {
                Value::Null => {}
                Value::String(key) if key.trim().is_empty() => {}
                Value::String(key) if key.len() <= Self::LONGEST && provider.len() <= 100 => {
                    keys.insert(provider, key);
                }
                _ => return Err(wrong()),
            }
        }
        if keys.len() > Self::MOST { Err(wrong()) } else { Ok(Self(keys)) }
    }
}

/// A message of the user, as the server takes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatMessage {
    /// Made by the client; sending it again makes no second message. Without it the server makes one and tells it in `accepted`, and
    /// the message can't be sent again safely.
    #[serde(default)]
    pub message_id: Option<MessageId>,
    /// The text.
    #[cfg_attr(feature = "openapi", schema(pattern = r"\S"))]
    pub content: String,
    /// Where it goes; the socket's own conversation otherwise.
    #[serde(default)]
    pub conversation_id: Option<ConversationId>,
    /// The message it follows; the newest otherwise. Where that is a user's message, its newest answer is meant.
    #[serde(default)]
    pub parent_id: Option<MessageId>,
    /// A message of the user that this one takes the place of: it follows what that one followed, and both stay.
    #[serde(default)]
    pub edits: Option<MessageId>,
    /// Who shall answer; the conversation's last choice otherwise.
    #[serde(default)]
    pub provider: Option<String>,
    /// The model that shall answer. Without a provider it may be `provider/model`.
    #[serde(default)]
    pub model: Option<String>,
    /// Keys for this answer alone, by their providers' names: neither stored nor logged. Only for providers that take users' own keys.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<std::collections::HashMap<String, Option<String>>>))]
    pub api_keys: ApiKeys,
}

impl ChatMessage {
    /// The message with its id, which is `fresh` where the client gave none, and the keys for its answer.
    pub fn with_id(self, fresh: MessageId) -> (Chat, ApiKeys) {
        let Self { message_id, content, conversation_id, parent_id, edits, provider, model, api_keys } = self;
        let message_id = message_id.unwrap_or(fresh);
        (Chat { message_id, content, conversation_id, parent_id, edits, provider, model }, api_keys)
    }
}

/// The user that a client says it speaks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GivenUser {
    /// It says nothing.
    #[default]
    Absent,
    /// This one.
    User(UserId),
    /// Something that is no user's id.
    Other,
}

impl GivenUser {
    /// Whether it says nothing.
    pub fn is_absent(&self) -> bool {
        *self == Self::Absent
    }

    /// Whether it contradicts the token of this user.
    pub fn contradicts(&self, user: UserId) -> bool {
        match self {
            Self::Absent => false,
            Self::User(given) => *given != user,
            Self::Other => true,
        }
    }
}

impl Serialize for GivenUser {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::User(user) => user.serialize(writer),
            Self::Absent | Self::Other => writer.serialize_none(),
        }
    }
}

impl<'de> Deserialize<'de> for GivenUser {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(reader)?;
        Ok(UserId::deserialize(value).map_or(Self::Other, Self::User))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_show_nowhere_and_are_bounded() {
        let read = |text: &str| crate::strict::from_str::<ChatMessage>(text);
        let message = read(r#"{"content":"x","api_keys":{"groq":"sk-secret","openai":"","gemini":null}}"#).unwrap();
        assert_eq!(message.api_keys.0.len(), 1);
        assert!(!format!("{message:?}").contains("sk-secret"));
        let long = "sk-secret".repeat(200);
        let many: Vec<String> = (0..20).map(|n| format!("\"p{n}\":\"sk-secret\"")).collect();
        for keys in [
            "\"sk-secret\"".to_owned(),
            "[\"sk-secret\"]".to_owned(),
            format!("{{\"a\":\"{long}\"}}"),
            format!("{{{}}}", many.join(",")),
            "{\"a\":[\"sk-secret\"]}".to_owned(),
        ] {
            let error = read(&format!(r#"{{"content":"x","api_keys":{keys}}}"#)).unwrap_err().to_string();
            assert!(!error.contains("sk-") && error.contains("api_keys"), "{error}");
        }
    }

    #[test]
    fn a_user_in_any_form_is_read_and_only_the_right_one_fits() {
        let user = UserId(uuid::Uuid::from_u128(7));
        let read = |text: &str| crate::strict::from_str::<GivenUser>(text).unwrap();
        assert!(!read(&format!("\"{}\"", user.0)).contradicts(user));
        for other in ["null", "7", "\"guest\"", "{}", "[]", "true", "\"\"", "1e400", "{\"id\":{\"a\":[1]}}"] {
            assert!(crate::strict::from_str::<GivenUser>(other).map_or(other == "1e400", |given| given.contradicts(user)), "{other}");
        }
        assert!(!GivenUser::Absent.contradicts(user));
    }
}
