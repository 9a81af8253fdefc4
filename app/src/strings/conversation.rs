//! Texts of the conversation views and of search, in the file that is loaded with the first conversation.

use super::Errors;
use crate::amounts::NumberFormat;

/// All texts of the conversation bundle.
pub(crate) struct Conversation {
    /// Sentences of the errors of sending and of answers.
    pub(crate) errors: Errors,
    pub(crate) left_out: fn(u32) -> String,
    pub(crate) building: &'static str,
    /// Regenerates an answer that ended early, with another model.
    pub(crate) another_model: &'static str,
    /// The model is reasoning.
    pub(crate) thinking: &'static str,
    /// How long the model reasoned, seconds.
    pub(crate) thought: fn(u64) -> String,
    /// Copies the reasoning.
    pub(crate) copy_reasoning: &'static str,
    /// The button for the settings of the conversation.
    pub(crate) tune: &'static str,
    /// The gauge of the context window: used and largest number of tokens.
    pub(crate) gauge: fn(&str, &str) -> String,
    pub(crate) window_used: &'static str,
    /// The button that shows which messages were left out.
    pub(crate) show_which: &'static str,
    /// The item of a conversation's menu.
    pub(crate) move_to_project: &'static str,
    /// Heading of the dialog.
    pub(crate) move_heading: &'static str,
    pub(crate) project: &'static str,
    pub(crate) no_project: &'static str,
    pub(crate) no_projects: &'static str,
    pub(crate) to_projects: &'static str,
    pub(crate) move_here: &'static str,
    /// Says that the model did not accept these settings.
    pub(crate) ignored: fn(&[String]) -> String,
    pub(crate) numbers: NumberFormat,
    /// The button with the number of tokens of an answer.
    pub(crate) used_tokens: fn(&str) -> String,
    pub(crate) show_usage: &'static str,
    /// A number that is estimated.
    pub(crate) about: fn(&str) -> String,
    /// The tokens that were read, those of them that were stored, those that were written, and those of them that are reasoning.
    pub(crate) tokens: fn(&str, Option<&str>, &str, Option<&str>) -> String,
    pub(crate) cost: fn(&str) -> String,
    pub(crate) no_price: &'static str,
    /// How much of the month's budget is used, percent.
    pub(crate) budget_used: fn(u32) -> String,
    /// Name of a citation: the number of the passage, its document, and the place in it, which may be empty.
    pub(crate) cited: fn(u32, &str, &str) -> String,
    /// The mark of a citation whose words are not in its passage.
    pub(crate) unverified: &'static str,
    pub(crate) why_unverified: &'static str,
    /// How many of the passages that the model was given are cited.
    pub(crate) cited_of: fn(usize, usize) -> String,
    pub(crate) cited_heading: &'static str,
    pub(crate) others_heading: &'static str,
    /// The answer cites none of the passages.
    pub(crate) not_in_files: &'static str,
    pub(crate) nearest: &'static str,
    /// Asks again without the user's files.
    pub(crate) without_files: &'static str,
    /// Whether a passage is used if the question is asked again.
    pub(crate) use_passage: &'static str,
    /// The same, with the number of the passage.
    pub(crate) use_passage_named: fn(usize) -> String,
    /// Asks again without so many passages.
    pub(crate) ask_without: fn(usize) -> String,
    /// Heading of the passages that an answer cites, for readers without scripts.
    pub(crate) cited_passages: &'static str,
}
