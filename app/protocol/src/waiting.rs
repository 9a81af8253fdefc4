//! What an answer waits for that has no words yet: what stands behind the provider's title in the sentence that says so.

/// The provider's server loads the model.
pub const LOADS_MODEL: &str = " is loading the model. That can take minutes.";
/// The provider's server has said nothing yet.
pub const IS_SILENT: &str = " has not begun to answer yet. It may be loading the model, or have others to answer first.";
