//! The port through which the rules of the server use the providers.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use holdfast_core::{
    access::{Added, Health, Listed, Requester, Visibilities},
    model::Provider,
    ports::ProviderRegistry,
};
use holdfast_protocol::{
    ApiError,
    api::Model,
    providers::{ConnectionTest, Kind},
};

use super::{Providers, remote};

#[async_trait]
impl ProviderRegistry for Providers {
    fn is_reserved(&self, name: &str) -> bool {
        Self::is_reserved(self, name)
    }

    fn could_be(&self, added: &Added) -> Result<(), String> {
        Self::could_be(self, added).map_err(|error| error.0)
    }

    fn origin(&self, kind: Kind, url: Option<&str>) -> Option<String> {
        remote::origin(kind, url)
    }

    fn take(&self, added: Vec<Added>, visibilities: Visibilities) {
        Self::take(self, added, visibilities);
    }

    fn refresh(&self) {
        Self::refresh(self);
    }

    async fn wait_for_models(&self, name: &str, within: Duration) {
        Self::wait_for_models(self, name, within).await;
    }

    fn visibilities(&self) -> Visibilities {
        Self::visibilities(self)
    }

    async fn choose(
        &self,
        requester: &Requester,
        provider: Option<&str>,
        model: Option<&str>,
    ) -> Result<(Arc<dyn Provider>, String), ApiError> {
        Self::choose(self, requester, provider, model).await
    }

    async fn models(&self, requester: &Requester) -> Vec<Model> {
        Self::models(self, requester).await
    }

    async fn all(&self) -> Vec<Listed> {
        Self::all(self).await
    }

    async fn test_connection(&self, requester: &Requester, name: &str) -> Option<ConnectionTest> {
        Self::test_connection(self, requester, name).await
    }

    async fn health(&self) -> Vec<Health> {
        Self::health(self).await
    }
}
