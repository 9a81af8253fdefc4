//! Normalization of texts and queries for the search indexes.
//!
//! Texts and queries pass through the same functions: [`folding`] normalizes characters, [`tokens`] splits a text into words. An index
//! contains only these words, separated by spaces.

mod document;
mod folding;
mod place;
mod query;
mod question;
mod tokens;

pub use document::Document;
pub use place::{highlight, snippet};
pub use query::Query;
pub use question::any_word;
