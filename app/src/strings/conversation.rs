//! Texts of the conversation views and of search, in the file that is loaded with the first conversation.

use super::Errors;

/// All texts of the conversation bundle.
pub(crate) struct Conversation {
    /// Sentences of the errors of sending and of answers.
    pub(crate) errors: Errors,
    pub(crate) left_out: fn(u32) -> String,
    pub(crate) building: &'static str,
}
