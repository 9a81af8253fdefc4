//! The registry of providers.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use holdfast_protocol::{
    ApiError,
    api::Model,
    providers::{ConnectionTest, Kind},
};

use crate::{
    access::{Added, Health, Listed, Requester, Visibilities},
    model::Provider,
};

/// The providers that this server knows: configured ones, those that administrators added, those found on this machine, and the built-in
/// one.
#[async_trait]
pub trait ProviderRegistry: Send + Sync {
    /// Returns whether a configured provider, or one that always exists, has this name.
    fn is_reserved(&self, name: &str) -> bool;

    /// Checks whether a provider could be created from this input.
    ///
    /// # Errors
    /// Why not, as a sentence for administrators.
    fn could_be(&self, added: &Added) -> Result<(), String>;

    /// Returns where the keys of a provider go: scheme, host and port. `url` is `None` for the vendor's own address. Returns `None` if
    /// there is no such address.
    fn origin(&self, kind: Kind, url: Option<&str>) -> Option<String>;

    /// Replaces what administrators have added and set. A provider that did not change keeps its list of models.
    fn take(&self, added: Vec<Added>, visibilities: Visibilities);

    /// Starts to read the lists of all providers in the background.
    fn refresh(&self);

    /// Waits until one provider has listed its models or failed to, for `within` at most. Does nothing if there is none with this name.
    async fn wait_for_models(&self, name: &str, within: Duration);

    /// Returns the visibilities.
    fn visibilities(&self) -> Visibilities;

    /// Returns the provider and model that answer. Chooses what the request leaves open.
    ///
    /// # Errors
    /// The choice does not exist, or is not visible to the user.
    async fn choose(
        &self,
        requester: &Requester,
        provider: Option<&str>,
        model: Option<&str>,
    ) -> Result<(Arc<dyn Provider>, String), ApiError>;

    /// Returns the models that are visible to a user. One is the default, unless the configured default can't be used.
    async fn models(&self, requester: &Requester) -> Vec<Model>;

    /// Returns every provider with its models, or the error of its list, for administrators. Does not wait for slow providers.
    async fn all(&self) -> Vec<Listed>;

    /// Tests the connection to a provider, with the user's own key if there is one. Returns `None` if there is no provider with this
    /// name.
    async fn test_connection(&self, requester: &Requester, name: &str) -> Option<ConnectionTest>;

    /// Returns the health of each provider. The built-in one always works.
    async fn health(&self) -> Vec<Health>;
}
