//! What the rules need of the outside: traits, and nothing else. A database implements those of each aggregate; the rules hold a
//! `dyn` of those that they need.
//!
//! What is said of a method here holds for every database. What was removed is not there, for any method.

mod added_providers;
mod conversations;
mod registry;
mod store_error;

pub use added_providers::AddedProviders;
pub use conversations::{Answers, Conversations, Messages, Repositories, Revisions, Search};
pub use registry::ProviderRegistry;
pub use store_error::StoreError;
