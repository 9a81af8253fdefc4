//! What there is to be said about a conversation and about finding one, in the file that is loaded with the first one.

/// All of it.
pub(crate) struct Conversation {
    pub(crate) left_out: fn(u32) -> String,
    pub(crate) building: &'static str,
}
