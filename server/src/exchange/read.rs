//! What others' files hold, as conversations of ours.

mod bounded;
mod chatgpt;
mod claude;
mod form;
mod marks;
mod own;
mod tree;

use std::borrow::Cow;

use holdfast_protocol::{UserId, shorten};
use serde::{Deserialize, de::IgnoredAny};
use uuid::Uuid;

use crate::{names, store::ImportedConversation};

/// Why a conversation could not be read, in words for who sent it.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Whose it is can't be told.
    #[error("it is no conversation of Holdfast, ChatGPT or Claude")]
    Unknown,
    /// It is not as it should be.
    #[error("{}", shorten(&.0.to_string(), 200))]
    Form(#[from] serde_json::Error),
    /// There is nothing to keep of it.
    #[error("it holds no messages")]
    Empty,
}

/// What tells whose a conversation is.
#[derive(Deserialize)]
struct Look {
    #[serde(default, alias = "name")]
    title: Option<String>,
    mapping: Option<IgnoredAny>,
    chat_messages: Option<IgnoredAny>,
    messages: Option<IgnoredAny>,
}

/// A conversation out of a file, for `user`. Takes time and memory in proportion to the text.
///
/// # Errors
/// Why it can't be read, and its title, where even that can be told.
pub fn conversation(user: UserId, text: &str) -> Result<ImportedConversation, (Option<String>, Unreadable)> {
    let look: Look = serde_json::from_str(text).map_err(|error| (None, error.into()))?;
    let read = match look {
        Look { mapping: Some(_), .. } => chatgpt::read(user, text),
        Look { chat_messages: Some(_), .. } => claude::read(user, text),
        Look { messages: Some(_), .. } => own::read(user, text),
        _ => Err(Unreadable::Unknown),
    };
    let named = |error| (look.title.filter(|title| !title.trim().is_empty()).map(|text| title(Some(text))), error);
    let conversation = read.map_err(named)?;
    if conversation.messages.is_empty() { Err((Some(conversation.title), Unreadable::Empty)) } else { Ok(conversation) }
}

/// Where a conversation comes from: its ids here follow from it, and are the same each time.
struct Origin<'a> {
    user: UserId,
    source: &'static str,
    id: Cow<'a, str>,
}

impl<'a> Origin<'a> {
    /// The longest id that is taken as it is, bytes. Of a longer one its hash counts: it is a part of the ids of all its messages.
    const LONGEST: usize = 256;

    fn new(user: UserId, source: &'static str, id: &'a str) -> Self {
        let id = if id.len() <= Self::LONGEST { id.into() } else { Uuid::new_v5(&user.0, id.as_bytes()).to_string().into() };
        Self { user, source, id }
    }

    /// The conversation's id.
    fn conversation(&self) -> Uuid {
        self.derived("")
    }

    /// The id of the message that is called so there.
    fn message(&self, key: &str) -> Uuid {
        self.derived(&format!(":{key}"))
    }

    /// In the user's own name space.
    fn derived(&self, more: &str) -> Uuid {
        let Self { user, source, id } = self;
        Uuid::new_v5(&user.0, format!("import:{source}:{id}{more}").as_bytes())
    }
}

/// A title as ours are.
fn title(text: Option<String>) -> String {
    let line = names::cleaned(&form::line(text.as_deref().unwrap_or_default(), 200));
    if line.is_empty() { "Imported conversation".to_owned() } else { line }
}
