//! What the rules and the store say to each other about providers that administrators added, and about keys.

use holdfast_protocol::{
    UserId,
    providers::{Kind, Visibility},
};
use uuid::Uuid;

/// A provider that an administrator added. Its key is encrypted.
#[derive(Clone, Debug)]
pub struct StoredProvider {
    /// Id of the provider.
    pub id: Uuid,
    /// Name of the provider.
    pub name: String,
    /// Its API dialect.
    pub kind: Kind,
    /// Base URL of its API; `None` for the vendor's own.
    pub url: Option<String>,
    /// Its encrypted key.
    pub key: Option<Vec<u8>>,
    /// Whether users may use keys of their own.
    pub own_keys: bool,
}

/// A user's own key, encrypted.
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// The user.
    pub user: UserId,
    /// The provider.
    pub provider: Uuid,
    /// Name of the provider.
    pub name: String,
    /// The key.
    pub key: Vec<u8>,
    /// The origin that it may be sent to; `None` for keys from before origins were stored.
    pub origin: Option<String>,
}

/// The visibility of a provider or of one of its models.
#[derive(Clone, Debug)]
pub struct StoredVisibility {
    /// Name of the provider.
    pub provider: String,
    /// Name of the model; empty for all models without a visibility of their own.
    pub model: String,
    /// Who sees it.
    pub visibility: Visibility,
}
