//! Ports: the traits through which the rules use the database, the provider registry and the reader of files. A database implements the
//! traits of all aggregates; the rules hold a `dyn` of those that they need.
//!
//! These contracts hold for every database. Removed data is never returned.

mod accounts;
mod added_providers;
mod answer_settings;
mod blobs;
mod conversations;
mod files;
mod ledger;
mod projects;
mod reader;
mod registry;
mod settings;
mod shares;
mod store_error;

pub use accounts::{Identities, Invitations, Links, Revocations, SecondFactors, Sessions, Users};
pub use added_providers::AddedProviders;
pub use answer_settings::AnswerSettings;
pub use blobs::{BlobList, BlobReader, BlobStore, BlobWriter, ContentHash};
pub use conversations::{Answers, Conversations, Messages, Revisions, Search};
pub use files::Files;
pub use ledger::Ledger;
pub use projects::Projects;
pub use reader::{FileContent, FileToRead, ReadError, ReadEvent, Reader};
pub use registry::ProviderRegistry;
pub use settings::Settings;
pub use shares::Shares;
pub use store_error::StoreError;

/// The traits of all aggregates, for code that needs several.
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
    + Files
    + Settings
    + AnswerSettings
    + Ledger
    + Projects
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
        + Files
        + Settings
        + AnswerSettings
        + Ledger
        + Projects
{
}
