//! What others' files hold, as conversations of ours.

mod chatgpt;
mod claude;
mod form;
mod own;
mod tree;

use holdfast_protocol::{UserId, shorten};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::store::Arrival;

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

/// A conversation out of a file, for `user`.
///
/// # Errors
/// Why it can't be read, and its title, where even that can be told.
pub fn conversation(user: UserId, raw: &RawValue) -> Result<Arrival, (Option<String>, Unreadable)> {
    let look: Look = serde_json::from_str(raw.get()).map_err(|error| (None, error.into()))?;
    let read = match look {
        Look { mapping: Some(_), .. } => chatgpt::read(user, raw.get()),
        Look { chat_messages: Some(_), .. } => claude::read(user, raw.get()),
        Look { messages: Some(_), .. } => own::read(user, raw.get()),
        _ => Err(Unreadable::Unknown),
    };
    let named = |error| (look.title.filter(|title| !title.trim().is_empty()).map(|text| title(Some(text))), error);
    let arrival = read.map_err(named)?;
    if arrival.messages.is_empty() { Err((Some(arrival.title), Unreadable::Empty)) } else { Ok(arrival) }
}

/// The id of what comes from elsewhere: the same each time, and in the user's own name space.
fn derived(user: UserId, source: &str, id: &str) -> Uuid {
    Uuid::new_v5(&user.0, format!("import:{source}:{id}").as_bytes())
}

/// A title as ours are.
fn title(text: Option<String>) -> String {
    let text = text.unwrap_or_default();
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(200).collect();
    if line.is_empty() { "Imported conversation".to_owned() } else { line }
}
