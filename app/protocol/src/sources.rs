//! The passages of an answer. The page reads them when they are shown, not when the answer arrives: the code for it is not in its first load.

#[cfg(not(target_family = "wasm"))]
use crate::message::Source;

/// The passages of an answer.
#[cfg(not(target_family = "wasm"))]
pub type Sources = Vec<Source>;

#[cfg(target_family = "wasm")]
pub use unread::Sources;

#[cfg(target_family = "wasm")]
mod unread {
    use serde::{Deserialize, Serialize};
    use serde_json::value::RawValue;

    use crate::message::Source;

    /// The passages of an answer, as JSON.
    #[derive(Clone, Debug, Default, Serialize, Deserialize)]
    #[serde(transparent)]
    pub struct Sources(Option<Box<RawValue>>);

    impl Sources {
        fn json(&self) -> &str {
            self.0.as_ref().map_or("[]", |json| json.get())
        }

        /// Returns whether there are none.
        pub fn is_empty(&self) -> bool {
            self.json() == "[]"
        }

        /// Reads them. Only lazily loaded code may call this.
        pub fn to_vec(&self) -> Vec<Source> {
            serde_json::from_str(self.json()).unwrap_or_default()
        }
    }

    impl PartialEq for Sources {
        fn eq(&self, other: &Self) -> bool {
            self.json() == other.json()
        }
    }
}
