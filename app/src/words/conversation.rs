//! What there is to be said about a conversation, in the file that is loaded with the first one.

/// All of it.
pub(crate) struct Conversation {
    pub(crate) left_out: fn(u32) -> String,
}
