//! What the rules need of the outside: traits, and nothing else. A database implements those of each aggregate; the rules hold a
//! `dyn` of those that they need.
//!
//! What is said of a method here holds for every database. What was removed is not there, for any method.

mod accounts;
mod added_providers;
mod conversations;
mod registry;
mod settings;
mod shares;
mod store_error;

pub use accounts::{Identities, Invitations, Links, Revocations, SecondFactors, Sessions, Users};
pub use added_providers::AddedProviders;
pub use conversations::{Answers, Conversations, Messages, Revisions, Search};
pub use registry::ProviderRegistry;
pub use settings::Settings;
pub use shares::Shares;
pub use store_error::StoreError;

/// All aggregates, for those who need several.
pub trait Repositories:
    Conversations
    + Messages
    + Answers
    + Revisions
    + Search
    + Shares
    + Users
    + Sessions
    + Links
    + Invitations
    + Identities
    + SecondFactors
    + Revocations
    + AddedProviders
    + Settings
{
}

impl<T> Repositories for T where
    T: Conversations
        + Messages
        + Answers
        + Revisions
        + Search
        + Shares
        + Users
        + Sessions
        + Links
        + Invitations
        + Identities
        + SecondFactors
        + Revocations
        + AddedProviders
        + Settings
{
}
