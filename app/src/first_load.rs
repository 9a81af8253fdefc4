//! What exists only to keep the first load small.
//!
//! The page must be usable after at most 325 KB, in a program that Leptos compiles anew for each view and closure. Each of these modules
//! makes the code around it less direct than it would be otherwise, and is worth it for what it saves, in compressed KB of the program:
//!
//! | what | why | saves |
//! |---|---|---|
//! | [`conversation_bundle`] | the views of messages, the Markdown renderer and all dialogs load when there is something to show | 120 |
//! | [`lazy`] | all pages except the chat, the form for settings of answers and the reader load when the first of them is opened | 130 |
//! | [`erased`] | conditions, lists, memos and effects are compiled once, for boxed closures | 41 |
//! | [`sort`] | sorting is compiled once, for numbers | 3 for each type |
//!
//! Two more are elsewhere, because of what they change: views without their types (`--cfg erase_components` in `.cargo/config.toml`, 67 KB),
//! and frames that are read as their own types, without serde's intermediate tree (`app/protocol/src/define.rs`, 6 KB). How these figures
//! were measured, and what else was tried, is in `docs/performance.md`.

pub mod conversation_bundle;
pub(crate) mod erased;
pub(crate) mod lazy;
pub mod sort;
