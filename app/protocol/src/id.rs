//! Identifiers. Each kind of thing has its own type, so that ids can't be mixed up.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }
    };
}

id!(
    /// Id of a conversation.
    ConversationId
);
id!(
    /// Id of a message. The client makes the id of a user's message, the server that of an answer.
    MessageId
);
id!(
    /// Id of a project.
    ProjectId
);
id!(
    /// Id of a user.
    UserId
);
id!(
    /// Id of a session, which is a signed-in browser. It has nothing to do with conversations.
    SessionId
);
id!(
    /// Id of a file that a user uploaded.
    FileId
);
id!(
    /// Id of an invitation to create an account.
    InvitationId
);
id!(
    /// Id of a link by which anybody can read a conversation.
    ShareId
);

impl ConversationId {
    /// Returns the id of the conversation that `user` creates by sending `message`.
    ///
    /// A client that creates a conversation computes this id and sends the message to it. So sending it again, over any transport, finds
    /// the same conversation. The id is a UUID version 5 (RFC 9562 §5.5) in the user's own name space, so nobody can claim or guess
    /// another user's.
    pub fn created_by(user: UserId, message: MessageId) -> Self {
        Self(Uuid::new_v5(&user.0, message.0.as_bytes()))
    }

    /// Returns the id of the conversation that `user` calls `name` in `/ws/chat/{session_id}`.
    pub fn named(user: UserId, name: &ChatName) -> Self {
        let mut text = String::from("session:");
        text.push_str(name.as_str());
        Self(Uuid::new_v5(&user.0, text.as_bytes()))
    }
}

/// A client's own name for a conversation: 1–128 characters of `A-Za-z0-9_-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChatName(String);

impl ChatName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not a valid [`ChatName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a session_id is 1 to 128 characters of A-Z, a-z, 0-9, _ and -")]
pub struct NotAChatName;

impl FromStr for ChatName {
    type Err = NotAChatName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
        if (1..=128).contains(&text.len()) && text.bytes().all(fits) { Ok(Self(text.to_owned())) } else { Err(NotAChatName) }
    }
}

impl TryFrom<String> for ChatName {
    type Error = NotAChatName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ChatName> for String {
    fn from(name: ChatName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_conversation_id_depends_on_user_and_message() {
        let (user, other) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let message = MessageId(Uuid::from_u128(3));
        let id = ConversationId::created_by(user, message);
        assert_eq!(id, ConversationId::created_by(user, message));
        assert_ne!(id, ConversationId::created_by(other, message));
        assert_ne!(id, ConversationId::created_by(user, MessageId(Uuid::from_u128(4))));
    }

    #[test]
    fn chat_names_are_checked() {
        assert!("lecture-7_b".parse::<ChatName>().is_ok());
        for bad in ["", "a/b", "ä", "a b", &"x".repeat(129)] {
            assert_eq!(bad.parse::<ChatName>(), Err(NotAChatName), "{bad:?}");
        }
        assert!(serde_json::from_str::<ChatName>("\"a b\"").is_err());
    }
}
