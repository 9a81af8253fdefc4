//! The texts of the page, in each of its languages.
//!
//! A language is one file and one line in [`Language`]. Its texts are values of plain structs, so the compiler reports a missing text,
//! and nothing is looked up or parsed at run time. Texts that only lazily loaded pages use are in a struct of their own
//! ([`LazyStrings`]), so that they are loaded with these pages.

mod chat;
mod conversation;
mod de;
mod en;
mod files;
mod lazy;
mod localized;
mod reader;
#[cfg(test)]
mod tests;
mod tuning;

use serde::{Deserialize, Serialize};

pub(crate) use chat::Markdown as MarkdownStrings;
pub use chat::{Browser, Strings};
pub(crate) use conversation::Conversation;
pub(crate) use files::Files;
pub(crate) use lazy::LazyStrings;
#[cfg(feature = "ssr")]
pub(crate) use lazy::Plain;
pub use localized::Localized;
pub(crate) use reader::Reader;
pub(crate) use tuning::Tuning;

use crate::ui::state;

/// Name of the cookie that stores the language chosen on a device, as a tag. Without it, the browser's preference counts.
pub const COOKIE: &str = "holdfast_language";

/// The sentences of errors in a language, as templates (see [`holdfast_protocol::params`]) by reason. Empty in English: these sentences come
/// with the errors.
pub(crate) type Errors = &'static [(&'static str, &'static str)];

macro_rules! languages {
    ($($(#[$more:meta])* $name:ident = $tag:literal, $own:literal, $file:ident;)*) => {
        /// A language of the page.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Language {
            $(#[doc = $own] #[serde(rename = $tag)] $(#[$more])* $name,)*
        }

        impl Language {
            /// All languages.
            pub const ALL: &'static [Language] = &[$(Language::$name,)*];

            /// Returns its tag, as in BCP 47.
            pub const fn tag(self) -> &'static str {
                match self { $(Language::$name => $tag,)* }
            }

            /// Returns its name in the language itself.
            pub const fn name(self) -> &'static str {
                match self { $(Language::$name => $own,)* }
            }

            /// Returns the texts of the chat, and of every page.
            pub fn strings(self) -> &'static Strings {
                match self { $(Language::$name => &$file::STRINGS,)* }
            }

            /// Returns the texts of the lazily loaded pages. Only these may call this.
            pub(crate) fn lazy(self) -> &'static LazyStrings {
                match self { $(Language::$name => &$file::LAZY,)* }
            }

            /// Returns the texts of the conversation views. Only these may call this.
            pub(crate) fn conversation(self) -> &'static Conversation {
                match self { $(Language::$name => &$file::CONVERSATION,)* }
            }

            /// Returns the texts of the form for settings of answers. Only the form may call this.
            pub(crate) fn tuning(self) -> &'static Tuning {
                match self { $(Language::$name => &$file::TUNING,)* }
            }

            /// Returns the texts of the reader. Only the reader may call this.
            pub(crate) fn reader(self) -> &'static Reader {
                match self { $(Language::$name => &$file::READER,)* }
            }

            /// Returns the texts about files. Only code that is loaded when it is needed may call this.
            pub(crate) fn files(self) -> &'static Files {
                match self { $(Language::$name => &$file::FILES,)* }
            }

            /// Returns the texts of documents without scripts.
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
    /// Returns the language with this tag, ignoring the region.
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.trim().split('-').next().unwrap_or_default();
        Self::ALL.iter().copied().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// Returns the language that a browser prefers, from its `Accept-Language` header.
    pub fn preferred(accepted: &str) -> Self {
        let liked = accepted.split(',').filter_map(|item| {
            let (tag, quality) = item.split_once(';').unwrap_or((item, "q=1"));
            let quality: f32 = quality.trim().strip_prefix("q=")?.trim().parse().ok()?;
            // `*` expresses no preference.
            Self::parse(tag).filter(|_| quality > 0.0).map(|language| (language, quality))
        });
        // Of equally preferred languages, the first counts.
        let best = liked.fold(None::<(Self, f32)>, |best, it| best.filter(|best| best.1 >= it.1).or(Some(it)));
        best.map(|(language, _)| language).unwrap_or_default()
    }
}

/// Returns a number of seconds, as minutes and seconds if there are many.
fn duration(seconds: u64) -> String {
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min {} s", seconds / 60, seconds % 60) }
}

/// Returns a number with its noun.
fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// Returns how long ago something was.
pub(crate) fn ago(lazy: &LazyStrings, now: u64, at: u64) -> String {
    (lazy.common.ago)(now.saturating_sub(at) / 60_000)
}

/// Returns the texts of the page.
pub(crate) fn strings() -> &'static Strings {
    state().strings()
}

/// Returns the texts of the conversation views. Only these may call this.
pub(crate) fn conversation_strings() -> &'static Conversation {
    state().site.language.conversation()
}

/// Returns the texts about files. Only code that is loaded when it is needed may call this.
pub(crate) fn files_strings() -> &'static Files {
    state().site.language.files()
}

/// Returns the texts of the lazily loaded pages. Only these may call this.
pub(crate) fn lazy() -> &'static LazyStrings {
    state().site.language.lazy()
}
