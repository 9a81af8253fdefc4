//! Conversations: what can be done with them and their messages.

mod chat;
mod reading;
mod searching;
mod sending;
mod stored;
mod title;

pub use chat::{Bounds, Chat};
pub use reading::OutlinedConversation;
pub use stored::{Acceptance, BeforeMessage, Begun, Changes, Cursor, NewAnswer, NewConversation, NewMessage, Outline, PIECE, Span};
