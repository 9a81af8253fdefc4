//! What texts and queries are to the search indexes.
//!
//! Texts and queries pass through the same functions: [`folding`] brings characters into one form, [`tokens`] makes words of them.
//! An index holds nothing but those words, with spaces between them.

mod document;
mod folding;
mod place;
mod query;
mod tokens;

pub use document::Document;
pub use place::{highlight, snippet};
pub use query::Query;
