//! Client input that may differ from what this crate's own client sends.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

use crate::{
    frame::Chat,
    id::{ConversationId, FileId, MessageId, ProjectId, UserId},
    settings::RawSettings,
};

/// API keys for one answer, by provider name. `Debug` does not show them.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ApiKeys(pub BTreeMap<String, String>);

impl ApiKeys {
    /// Maximum number of keys that may come with a message.
    pub const MOST: usize = 16;
    /// Maximum length of a key, bytes.
    pub const LONGEST: usize = 1_000;

    /// Returns whether there are no keys.
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
    /// Skips empty keys: clients send them for providers that they have no key for. No error message repeats the input, because it may
    /// contain a key.
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

/// A message of the user, as the server accepts it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatMessage {
    /// Id of the message, made by the client. Sending the same id again makes no second message. If absent, the server makes one and
    /// returns it in `accepted`; such a message can't be sent again safely.
    #[serde(default)]
    pub message_id: Option<MessageId>,
    /// Text of the message.
    #[cfg_attr(feature = "openapi", schema(pattern = r"\S"))]
    pub content: String,
    /// Id of the conversation that receives the message. If absent, the socket's own conversation receives it.
    #[serde(default)]
    pub conversation_id: Option<ConversationId>,
    /// Id of the message that it follows. If absent, it follows the newest message. If that is a user's message, it follows the newest
    /// answer to it.
    #[serde(default)]
    pub parent_id: Option<MessageId>,
    /// Id of a user's message that this one replaces. It follows the same message as that one, and both are kept.
    #[serde(default)]
    pub edits: Option<MessageId>,
    /// Name of the provider that answers. If absent, the conversation's last choice answers.
    #[serde(default)]
    pub provider: Option<String>,
    /// Name of the model that answers. Without `provider`, this may be `provider/model`.
    #[serde(default)]
    pub model: Option<String>,
    /// Settings for this message, which come before those of the conversation. Those of the message that creates a conversation
    /// become the conversation's.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::settings::Settings>))]
    pub settings: Option<RawSettings>,
    /// The project in which the message creates a conversation; ignored if the conversation exists.
    #[serde(default)]
    pub project_id: Option<ProjectId>,
    /// Ids of the user's files that the message is about.
    #[serde(default)]
    pub attachments: Vec<FileId>,
    /// API keys for this answer only, by provider name. The server neither stores nor logs them. Only providers that allow users' own
    /// keys use them.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<std::collections::HashMap<String, Option<String>>>))]
    pub api_keys: ApiKeys,
}

impl ChatMessage {
    /// Returns the message with its id (`fresh` if the client gave none), and the keys for its answer.
    pub fn with_id(self, fresh: MessageId) -> (Chat, ApiKeys) {
        let Self { message_id, content, conversation_id, parent_id, edits, provider, model, settings, project_id, attachments, api_keys } =
            self;
        let message_id = message_id.unwrap_or(fresh);
        (Chat { message_id, content, conversation_id, parent_id, edits, provider, model, settings, project_id, attachments }, api_keys)
    }
}

/// The user that the client claims to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GivenUser {
    /// The client claims nothing.
    #[default]
    Absent,
    /// The client claims to be this user.
    User(UserId),
    /// The client sent something that is not a user id.
    Other,
}

impl GivenUser {
    /// Returns whether the client claims nothing.
    pub fn is_absent(&self) -> bool {
        *self == Self::Absent
    }

    /// Returns whether the claim contradicts a token of this user.
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
