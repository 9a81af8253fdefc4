//! What the page says, in each of its languages.
//!
//! A language is one file, and a line in [`Language`]. Its texts are values of plain structs, so that the compiler misses what
//! is not there, and nothing is looked up or parsed while the page runs. What only the pages that are loaded later say is a
//! struct of its own ([`LazyStrings`]), so that it is loaded with them.

mod chat;
mod conversation;
mod de;
mod en;
mod endings;
mod lazy;
mod localized;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub(crate) use chat::Markdown as MarkdownStrings;
pub use chat::{Browser, Strings};
pub(crate) use conversation::Conversation;
pub(crate) use lazy::LazyStrings;
#[cfg(feature = "ssr")]
pub(crate) use lazy::Plain;
pub use localized::Localized;

use crate::ui::state;

/// The cookie that keeps what was chosen on a device: a tag. Without it, a browser's own preference counts.
pub const COOKIE: &str = "holdfast_language";

/// What the page itself says as a refusal: there is no reply.
pub const UNREACHABLE: &str = "The server can't be reached just now. Try again when you are connected.";
/// The same: there is one of another version.
pub const NOT_UNDERSTOOD: &str = "The server's reply was not understood. Reload the page: there may be a newer version.";
/// The same: there is nowhere to keep what waits.
pub const NOT_KEPT: &str = "This browser keeps nothing for this page, so what is queued is lost when the page is closed.";

macro_rules! languages {
    ($($(#[$more:meta])* $name:ident = $tag:literal, $own:literal, $file:ident;)*) => {
        /// A language of the page.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Language {
            $(#[doc = $own] #[serde(rename = $tag)] $(#[$more])* $name,)*
        }

        impl Language {
            /// All there are.
            pub const ALL: &'static [Language] = &[$(Language::$name,)*];

            /// Its tag, after BCP 47.
            pub const fn tag(self) -> &'static str {
                match self { $(Language::$name => $tag,)* }
            }

            /// What it is called by those who speak it.
            pub const fn name(self) -> &'static str {
                match self { $(Language::$name => $own,)* }
            }

            /// What the chat says, and every page.
            pub fn strings(self) -> &'static Strings {
                match self { $(Language::$name => &$file::STRINGS,)* }
            }

            /// What the pages say that are loaded later. To be called by those alone.
            pub(crate) fn lazy(self) -> &'static LazyStrings {
                match self { $(Language::$name => &$file::LAZY,)* }
            }

            /// What is said about a conversation. To be called by its views alone.
            pub(crate) fn conversation(self) -> &'static Conversation {
                match self { $(Language::$name => &$file::CONVERSATION,)* }
            }

            /// What the documents say that run nothing.
            #[cfg(feature = "ssr")]
            pub(crate) fn plain(self) -> &'static Plain {
                match self { $(Language::$name => &$file::PLAIN,)* }
            }
        }
    };
}

languages! {
    #[default] En = "en", "English", en;
    De = "de", "Deutsch", de;
}

impl Language {
    /// The language of a tag, whatever its region.
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.trim().split('-').next().unwrap_or_default();
        Self::ALL.iter().copied().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The one that a browser likes best of those there are, after its `Accept-Language`.
    pub fn preferred(accepted: &str) -> Self {
        let liked = accepted.split(',').filter_map(|item| {
            let (tag, quality) = item.split_once(';').unwrap_or((item, "q=1"));
            let quality: f32 = quality.trim().strip_prefix("q=")?.trim().parse().ok()?;
            // What fits all is no preference.
            Self::parse(tag).filter(|_| quality > 0.0).map(|language| (language, quality))
        });
        // Of those that are liked alike, the first.
        let best = liked.fold(None::<(Self, f32)>, |best, it| best.filter(|best| best.1 >= it.1).or(Some(it)));
        best.map(|(language, _)| language).unwrap_or_default()
    }
}

/// A number of things.
fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// How long ago something was.
pub(crate) fn ago(lazy: &LazyStrings, now: u64, at: u64) -> String {
    (lazy.common.ago)(now.saturating_sub(at) / 60_000)
}

/// What the page says.
pub(crate) fn strings() -> &'static Strings {
    state().strings()
}

/// What is said about a conversation. To be called by its views alone.
pub(crate) fn conversation_words() -> &'static Conversation {
    state().language.conversation()
}

/// What the pages say that are loaded later. To be called by those alone.
pub(crate) fn lazy() -> &'static LazyStrings {
    state().language.lazy()
}
