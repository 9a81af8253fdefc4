//! Texts about the settings of answers, in files that are loaded when they are needed.

use holdfast_protocol::settings::{Effort, Level};

/// All texts of the form for settings.
pub(crate) struct Tuning {
    /// Heading of the sheet beside a conversation.
    pub(crate) heading: &'static str,
    /// Explains that they apply once the conversation begins.
    pub(crate) of_new: &'static str,
    pub(crate) close: &'static str,
    pub(crate) own_heading: &'static str,
    pub(crate) own_lead: &'static str,
    pub(crate) server_heading: &'static str,
    pub(crate) server_lead: &'static str,
    pub(crate) instructions: &'static str,
    pub(crate) instructions_hint: &'static str,
    pub(crate) temperature: &'static str,
    pub(crate) longest: &'static str,
    pub(crate) thinking: &'static str,
    pub(crate) window: &'static str,
    pub(crate) more: &'static str,
    pub(crate) top_p: &'static str,
    pub(crate) seed: &'static str,
    pub(crate) stop: &'static str,
    pub(crate) as_model: &'static str,
    pub(crate) model_allows: fn(u32) -> String,
    pub(crate) effort: fn(Effort) -> &'static str,
    /// Says which level a value comes from. The text is the name of the project.
    pub(crate) from: fn(Level, &str) -> String,
    pub(crate) change_here: &'static str,
    pub(crate) reset: &'static str,
    /// Says that the model does not accept a setting.
    pub(crate) ignored: fn(&str) -> String,
    pub(crate) saving: &'static str,
    pub(crate) saved: &'static str,
    pub(crate) not_saved: &'static str,
}
