//! Texts of the conversation views and of search, in the file that is loaded with the first conversation.

/// All texts of the conversation bundle.
pub(crate) struct Conversation {
    pub(crate) left_out: fn(u32) -> String,
    pub(crate) building: &'static str,
}
