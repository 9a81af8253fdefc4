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

    /// Checks whether a provider can be created from this input.
    ///
    /// # Errors
    /// A sentence for administrators that says why not.
    fn could_be(&self, added: &Added) -> Result<(), String>;

    /// Returns the origin that a provider's keys are sent to: scheme, host and port. `url` is `None` for the vendor's own address. Returns
    /// `None` if there is no such address.
    fn origin(&self, kind: Kind, url: Option<&str>) -> Option<String>;

    /// Replaces the providers that administrators added, and all visibilities. A provider that did not change keeps its list of models.
    fn take(&self, added: Vec<Added>, visibilities: Visibilities);

    /// Starts to read the model lists of all providers in the background.
    fn refresh(&self);

    /// Waits until a provider has listed its models or failed to, but at most for `within`. Returns at once if there is no provider with
    /// this name.
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

    /// Returns every provider with its models or the error of its model list, for administrators. Does not wait for slow providers.
    async fn all(&self) -> Vec<Listed>;

    /// Tests the connection to a provider, with the user's own key if there is one. Returns `None` if there is no provider with this
    /// name.
    async fn test_connection(&self, requester: &Requester, name: &str) -> Option<ConnectionTest>;

    /// Returns the health of each provider. The built-in one always works.
    async fn health(&self) -> Vec<Health>;
}
