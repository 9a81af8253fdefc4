//! What the rules and the store say to each other about conversations and their messages.

use std::{fmt, str::FromStr};

use holdfast_protocol::{
    ConversationId, Message, MessageId, ProjectId, UserId, api::ConversationSummary, message::Attachment, rules::branches::Node,
    settings::Settings,
};

use crate::clock::Millis;

/// A conversation to create.
pub struct NewConversation {
    /// Its id.
    pub id: ConversationId,
    /// Its owner.
    pub user: UserId,
    /// Its title.
    pub title: String,
    /// Its settings.
    pub settings: Settings,
    /// Its project; `None` for no project.
    pub project: Option<ProjectId>,
}

/// A position in the list of conversations: `updated_at` and id of the last one read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(pub Millis, pub ConversationId);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl FromStr for Cursor {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (time, id) = text.split_once('.').ok_or(())?;
        Ok(Self(time.parse().map_err(|_| ())?, id.parse().map_err(|_| ())?))
    }
}

/// A user's message, and the answer that starts with it.
pub struct NewMessage {
    /// The author.
    pub user: UserId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// Whether the conversation is created if it does not exist.
    pub begin: bool,
    /// Title for a conversation without one.
    pub title: String,
    /// Id of the message, made by the client.
    pub id: MessageId,
    /// Its text.
    pub content: String,
    /// The files attached to it.
    pub attachments: Vec<Attachment>,
    /// Its parent; `None` for the newest message.
    pub parent: Option<MessageId>,
    /// The message that it replaces.
    pub edits: Option<MessageId>,
    /// Id of the answer.
    pub answer: MessageId,
    /// Name of the provider.
    pub provider: String,
    /// Name of the model.
    pub model: String,
    /// Settings of the conversation, if it is created.
    pub settings: Settings,
    /// Project of the conversation, if it is created.
    pub project: Option<ProjectId>,
}

/// The result of storing a message.
pub enum Acceptance {
    /// The message is stored, and its answer has started.
    New {
        /// The conversation's new revision.
        rev: u64,
        /// Its conversation afterwards, if it was read.
        begun: Option<Box<Begun>>,
    },
    /// The same message was stored before.
    Known {
        /// Its conversation.
        conversation: ConversationId,
        /// Its answer.
        answer: MessageId,
    },
    /// Its id is used for something else.
    Conflict,
    /// The conversation or the parent does not exist for this user.
    NotFound,
}

/// The result of `before_message`.
pub struct BeforeMessage {
    /// Whether the user has a message with this id.
    pub is_known: bool,
    /// Size of the conversation with its messages, bytes; `None` if the user has no such conversation.
    pub stored_bytes: Option<u64>,
    /// The provider and the model that answered last in the conversation.
    pub model: Option<(Option<String>, String)>,
}

/// A conversation after a message was stored.
pub struct Begun {
    /// Its list entry.
    pub summary: ConversationSummary,
    /// Its size with its messages, bytes.
    pub stored_bytes: u64,
}

/// The changes that a reader of a conversation has missed.
pub struct Changes {
    /// The revision up to which `messages` is complete: the conversation's, unless there is more.
    pub rev: u64,
    /// The revision from which on `messages` is complete; 0 means that these are all messages.
    pub since: u64,
    /// Changed messages, oldest first. The text of an unfinished answer may be shorter than what is saved; the running answer has all of
    /// it.
    pub messages: Vec<Message>,
    /// Whether there are more changes.
    pub more: bool,
}

/// Another answer to a message.
pub struct NewAnswer {
    /// The user.
    pub user: UserId,
    /// The user's message to answer.
    pub message: MessageId,
    /// Id of the answer, made by the client.
    pub id: MessageId,
    /// Name of the provider.
    pub provider: String,
    /// Name of the model.
    pub model: String,
}

/// Approximate size of a piece, bytes. A single message may be larger.
pub const PIECE: usize = 256 * 1024;

/// A message's position in its conversation, without its text.
#[derive(Clone, Copy, Debug)]
pub struct Outline {
    /// The store's number of the message.
    pub seq: i64,
    /// Its id.
    pub id: MessageId,
    /// The message that it follows; `None` for a first one.
    pub parent_id: Option<MessageId>,
    /// Its text with all that belongs to it, bytes.
    pub bytes: usize,
}

impl Node for Outline {
    fn id(&self) -> MessageId {
        self.id
    }

    fn parent_id(&self) -> Option<MessageId> {
        self.parent_id
    }

    /// Returns the size of the message with everything that belongs to it, bytes.
    fn bytes(&self) -> usize {
        self.bytes
    }
}

/// The next range of changes to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The revision after which it starts; 0 for the beginning.
    pub since: u64,
    /// The revision up to which it goes; `None` for the end.
    pub upto: Option<u64>,
    /// Its approximate size, bytes.
    pub bytes: usize,
}
