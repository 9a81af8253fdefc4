//! What an answer is asked for and how it comes: the port between the rules of conversations and those who answer.
//!
//! [`Provider`] is implemented by the vendors and by what is built in. No vendor's wire format is known here.

mod error;
pub mod reasoning;
mod window;

use async_trait::async_trait;
use futures::stream::BoxStream;
use holdfast_protocol::{
    Author,
    message::{Source, Usage},
};

pub use error::ProviderError;
pub use window::{Overflow, Window, Windows, newest_that_fit, units};

/// One message of what a model is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who speaks.
    pub role: Author,
    /// The text.
    pub content: String,
}

/// What a model is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The model, by its name with the provider.
    pub model: String,
    /// The conversation so far, oldest first.
    pub turns: Vec<Turn>,
    /// What the model is told about its part.
    pub system: Option<String>,
    /// About how many tokens all of it has.
    pub tokens: u32,
}

impl Prompt {
    /// The last thing a user said; empty where none did.
    pub fn question(&self) -> &str {
        self.turns.iter().rev().find(|turn| turn.role == Author::User).map_or("", |turn| &turn.content)
    }
}

/// A piece of an answer. Texts joined in order are the answer, byte for byte.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// The text goes on. Never empty.
    Text(String),
    /// The model's reasoning goes on, which is no part of the text. Never empty.
    Reasoning(String),
    /// What is waited for, as a sentence for everybody. Only before the first text.
    Waiting(String),
    /// What the answer rests on.
    Sources(Vec<Source>),
    /// What the answer cost. At most once, at the end.
    Usage(Usage),
}

/// The pieces of one answer. It ends after the first error. Dropping it lets go of the provider.
pub type Answer = BoxStream<'static, Result<Piece, ProviderError>>;

/// Someone who answers.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The name by which a client chooses it.
    fn name(&self) -> &str;

    /// The models that it lists now, the best choice first. `None`: it has no list, and any name may be one of its models.
    async fn models(&self) -> Result<Option<Vec<ModelEntry>>, ProviderError>;

    /// Begins an answer. An error here or in the stream before the first piece can be worth another try
    /// ([`ProviderError::retryable`]); after it, never.
    async fn answer(&self, prompt: Prompt) -> Result<Answer, ProviderError>;

    /// The window of a model, as far as it is known before the model is asked.
    async fn window(&self, _model: &str) -> Option<Window> {
        None
    }

    /// Whether the same prompt always gives the same text, so that an answer that broke off goes on
    /// by passing over what is there already.
    fn repeats_itself(&self) -> bool {
        false
    }

    /// The model as which this one is listed, and offered. There may be too many to list.
    fn listed_as<'a>(&self, model: &'a str) -> &'a str {
        model
    }

    /// The model that `asked` means. `lists` says whether a name is in the last list, if there is one. `None` where the provider has no such model for
    /// certain; one that may know more than it lists is asked.
    fn find(&self, asked: &str, _lists: &dyn Fn(&str) -> Option<bool>) -> Option<String> {
        Some(asked.to_owned())
    }
}

/// A model that a provider lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelEntry {
    /// Its name with the provider.
    pub name: String,
    /// Whether it can chat, as far as the list or the name says.
    pub chats: bool,
}

impl ModelEntry {
    /// A model that chats.
    pub fn chat(name: impl Into<String>) -> Self {
        Self { name: name.into(), chats: true }
    }
}
