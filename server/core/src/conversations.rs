//! Conversations: what can be done with them and their messages.

mod chat;
mod projects;
mod reading;
mod searching;
mod sending;
mod settings;
mod shares;
mod stored;
mod title;

pub use chat::{Bounds, Chat};
pub use reading::OutlinedConversation;
pub use settings::{AskedModel, ProjectSettings, SettingsLevels};
pub use shares::{NewShare, Shared};
pub use stored::{Acceptance, BeforeMessage, Begun, Changes, Cursor, NewAnswer, NewConversation, NewMessage, Outline, PIECE, Span};
