//! The interface between the rules of conversations and the providers that answer.
//!
//! [`Provider`] is implemented by vendor adapters and by the built-in models. This module knows no vendor's format.

mod error;
pub mod reasoning;
mod window;

use async_trait::async_trait;
use futures::stream::BoxStream;
use holdfast_protocol::{
    ApiError, Author,
    api::Accepts,
    message::{Source, Usage},
    settings::Settings,
};

use crate::materials::Evidence;

pub use error::ProviderError;
pub use window::{Overflow, Window, Windows, newest_that_fit, units};

/// A message of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its author.
    pub role: Author,
    /// Its text.
    pub content: String,
}

/// A prompt for a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// Name of the model, as its provider calls it.
    pub model: String,
    /// The conversation so far, oldest first.
    pub turns: Vec<Turn>,
    /// Instructions for the model; `None` if there are none.
    pub system: Option<String>,
    /// Parameters for the model. Its instructions are in `system`.
    pub settings: Settings,
    /// Estimated length of all of it, tokens.
    pub tokens: u32,
    /// What there is in the user's files. A language model has it in its last turn; the built-in provider quotes it.
    pub materials: Evidence,
}

impl Prompt {
    /// Returns the last message of the user, or an empty text if there is none.
    pub fn question(&self) -> &str {
        self.turns.iter().rev().find(|turn| turn.role == Author::User).map_or("", |turn| &turn.content)
    }
}

/// A piece of an answer. The answer's text is the concatenation of all `Text` pieces.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Text was added. Never empty.
    Text(String),
    /// Reasoning was added, which is not part of the text. Never empty.
    Reasoning(String),
    /// What the provider is waiting for, as a sentence for the user. Comes only before the first text.
    Waiting(ApiError),
    /// Passages that the answer is based on.
    Sources(Vec<Source>),
    /// Number of tokens. Comes at most once, at the end.
    Usage(Usage),
}

/// The stream of pieces of one answer. It ends after the first error. Dropping it cancels the request.
pub type Answer = BoxStream<'static, Result<Piece, ProviderError>>;

/// A provider of models.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Returns the name by which clients choose it.
    fn name(&self) -> &str;

    /// Returns its name for people, if it is not the usual one of a provider with its [`name`](Provider::name). It may change.
    fn title(&self) -> Option<String> {
        None
    }

    /// Returns the models that it lists now, the best choice first. Returns `None` if it can't list its models; then any name may be a
    /// model.
    async fn models(&self) -> Result<Option<Vec<ModelEntry>>, ProviderError>;

    /// Starts an answer. An error returned here, or in the stream before its first piece, may be retried ([`ProviderError::retryable`]);
    /// later errors must not be.
    async fn answer(&self, prompt: Prompt) -> Result<Answer, ProviderError>;

    /// Returns the context window of a model, if it is known before a request. `wanted` is the window that settings ask for, tokens; only
    /// a server that can load the model with it takes it into account.
    async fn window(&self, _model: &str, _wanted: Option<u32>) -> Option<Window> {
        None
    }

    /// Returns the largest context window of a model, tokens, if it is known without asking anybody.
    fn known_window(&self, _model: &str) -> Option<u32> {
        None
    }

    /// Returns the names of the settings that a model does not accept (or not together with these), as far as is known. They are left out
    /// of its requests.
    fn ignored(&self, _model: &str, _settings: &Settings) -> Vec<&'static str> {
        Vec::new()
    }

    /// Returns whether the same prompt always gives the same text. Such an answer is continued by generating it again and skipping the
    /// text that exists.
    fn repeats_itself(&self) -> bool {
        false
    }

    /// Returns whether it is asked with a user's own key, so that the user pays for it.
    fn is_own_key(&self) -> bool {
        false
    }

    /// Returns the name under which this model is listed and offered, because there may be too many models to list.
    fn listed_as<'a>(&self, model: &'a str) -> &'a str {
        model
    }

    /// Returns the model that `asked` refers to. `lists` tells whether a name is in the last list; it returns `None` if there is no list.
    /// Returns `None` if the provider certainly has no such model; a provider that may have more models than it lists is asked.
    fn find(&self, asked: &str, _lists: &dyn Fn(&str) -> Option<bool>) -> Option<String> {
        Some(asked.to_owned())
    }
}

/// A model in a provider's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelEntry {
    /// Its name, as the provider calls it.
    pub name: String,
    /// Whether it can chat, as far as the list or its name tells.
    pub chats: bool,
    /// Its context window, tokens, if the list tells.
    pub context_tokens: Option<u32>,
    /// What it accepts beside text, as far as is known.
    pub accepts: Accepts,
}

impl ModelEntry {
    /// Creates an entry for a model that can chat.
    pub fn chat(name: impl Into<String>) -> Self {
        Self { name: name.into(), chats: true, context_tokens: None, accepts: Accepts::default() }
    }
}
