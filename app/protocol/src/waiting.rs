//! Sentences for what an answer without text is waiting for. The provider's title precedes them.

/// The provider's server is loading the model.
pub const LOADS_MODEL: &str = " is loading the model. That can take minutes.";
/// The provider's server has not responded yet.
pub const IS_SILENT: &str = " has not begun to answer yet. It may be loading the model, or have others to answer first.";
