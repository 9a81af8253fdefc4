//! Chooses the provider and model that answer a message.

use std::sync::Arc;

use futures::future::join_all;
use holdfast_protocol::{ApiError, Reason, api::Role};

use super::{
    Providers,
    kinds::Vendor,
    lists::{Lister, View},
    registry::AddedOnes,
};
use holdfast_core::access::Requester;
use holdfast_core::model::{Provider, ProviderError};

/// Maximum number of models or providers in a sentence.
const NAMED: usize = 8;

/// A provider and the name of its model.
type Chosen = (Arc<dyn Provider>, String);

/// What a user may choose.
pub(super) struct Offered {
    pub(super) added: Arc<AddedOnes>,
    pub(super) role: Option<Role>,
    /// Providers that the user has own keys for.
    pub(super) brought: Vec<String>,
    /// Providers with something visible to the user, in order.
    pub(super) listers: Vec<Arc<Lister>>,
}

impl Offered {
    fn brings(&self, provider: &str) -> bool {
        self.brought.iter().any(|name| name == provider)
    }

    /// Returns whether anything of a provider may be visible to the user.
    pub(super) fn may_admit(&self, provider: &str) -> bool {
        self.added.visibilities.may_admit(provider, self.role, self.brings(provider))
    }

    /// Returns whether a model that a provider lists, or may have, is visible to the user.
    pub(super) fn admits(&self, view: &View, model: &str) -> bool {
        let (provider, visibilities) = (view.provider.name(), &self.added.visibilities);
        let model = view.provider.listed_as(model);
        let (role, brings) = (self.role, self.brings(provider));
        if view.lists(model) || visibilities.own(provider, model).is_some() {
            return visibilities.admits(provider, model, role, brings);
        }
        visibilities.admits_unlisted(provider, model, role, brings)
    }

    /// Returns the current state of each provider.
    pub(super) fn views(&self) -> Vec<View> {
        self.listers.iter().map(|lister| lister.view()).collect()
    }

    /// Returns the model of this provider that `asked` refers to, if it is visible to the user.
    fn find(&self, view: &View, asked: &str) -> Option<String> {
        view.provider.find(asked, &|name| view.list.as_ref().map(|_| view.lists(name))).filter(|model| self.admits(view, model))
    }
}

impl Providers {
    /// Returns the provider and model that answer. Chooses what the request leaves open. A name that a provider does not list is passed
    /// on to it, because it may have more models than it lists.
    ///
    /// # Errors
    /// The choice does not exist, or is not visible to the user.
    pub async fn choose(&self, requester: &Requester, provider: Option<&str>, model: Option<&str>) -> Result<Chosen, ApiError> {
        let named = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let (provider, model) = match (named(provider), named(model)) {
            (Some(provider), model) => self.of_provider(requester, &provider, model.as_deref()).await?,
            (None, model) => self.of_any(requester, model.as_deref()).await?,
        };
        if self.is_builtin(&*provider) {
            self.echo_words.check(&model, requester.role)?;
        }
        Ok((provider, model))
    }

    async fn of_provider(&self, requester: &Requester, name: &str, model: Option<&str>) -> Result<Chosen, ApiError> {
        let offered = self.offered(requester, Some(name)).await;
        let Some(lister) = offered.listers.iter().find(|lister| lister.name() == name) else {
            return Err(self.no_provider(name, &offered).for_role(requester.role));
        };
        let Some(model) = model else {
            lister.first().await;
            let view = lister.view();
            let first = view.entries().iter().find(|entry| offered.admits(&view, &entry.name));
            return match (first, &view.fault) {
                (Some(entry), _) => Ok((view.provider.clone(), entry.name.clone())),
                (None, Some(fault)) => Err(fault.for_role(requester.role)),
                (None, None) => Err(nothing_there(name)),
            };
        };
        lister.refresh();
        let view = lister.view();
        match offered.find(&view, model) {
            Some(model) => Ok((view.provider, model)),
            None => Err(no_model(model, Some(name), &offered, &[view])),
        }
    }

    /// Returns the provider that has the model; without a model, the default.
    async fn of_any(&self, requester: &Requester, model: Option<&str>) -> Result<Chosen, ApiError> {
        let offered = self.offered_now(requester).await;
        let find = |views: &[View]| match model {
            Some(model) => self.named(model, &offered, views),
            None => self.default(&offered, views),
        };
        let views = offered.views();
        let found = find(&views);
        // A provider that has not listed its models yet may have a better match than the built-in one.
        let is_sure =
            found.as_ref().is_ok_and(|(provider, _)| model.is_some() || self.default_model.is_some() || !self.is_builtin(&**provider));
        if is_sure || !views.iter().any(|view| view.is_first) {
            return found;
        }
        join_all(offered.listers.iter().map(Lister::first)).await;
        find(&offered.views())
    }

    /// Returns the default model: the configured one, or the first listed one that can chat.
    pub(super) fn default(&self, offered: &Offered, views: &[View]) -> Result<Chosen, ApiError> {
        if let Some(name) = &self.default_model {
            return self.named(name, offered, views).map_err(|api_error| api_error.with("default_model", short(name)));
        }
        let first = |view: &View| {
            let entry = view.entries().iter().find(|entry| entry.chats && offered.admits(view, &entry.name))?;
            Some((view.provider.clone(), entry.name.clone()))
        };
        views.iter().find_map(first).ok_or_else(|| nothing_there("builtin"))
    }

    /// Returns the model for a name without a provider: a listed one; else `provider/model`; else, if only one provider can have it, an
    /// unlisted model of that one.
    fn named(&self, name: &str, offered: &Offered, views: &[View]) -> Result<Chosen, ApiError> {
        let listed = |view: &View, model: &str| {
            let found = offered.find(view, model)?;
            (view.lists(view.provider.listed_as(&found))).then(|| (view.provider.clone(), found))
        };
        if let Some(chosen) = views.iter().find_map(|view| listed(view, name)) {
            return Ok(chosen);
        }
        if let Some((whose, model)) = name.split_once('/')
            && let Some(view) = views.iter().find(|view| view.provider.name() == whose)
        {
            let found = offered.find(view, model).map(|model| (view.provider.clone(), model));
            return found.ok_or_else(|| no_model(model, Some(whose), offered, views));
        }
        // `openai/gpt-5` belongs to OpenAI, unless a provider lists models with this prefix.
        let vendor = name.split_once('/').map(|(whose, _)| whose).filter(|whose| Vendor::named(whose).is_some());
        let has_alike = |view: &View, whose: &str| {
            let begins = |name: &str| name.strip_prefix(whose).is_some_and(|rest| rest.starts_with('/'));
            view.list.is_none() || view.entries().iter().any(|entry| begins(&entry.name))
        };
        let may_have = |view: &&View| {
            let is_remote = !self.is_builtin(&*view.provider);
            is_remote && vendor.is_none_or(|whose| has_alike(view, whose)) && offered.find(view, name).is_some()
        };
        let candidates: Vec<&View> = views.iter().filter(may_have).collect();
        let without_list: Vec<&View> = candidates.iter().filter(|view| view.list.is_none()).copied().collect();
        match (candidates.as_slice(), without_list.as_slice()) {
            ([one], _) | (_, [one]) => Ok((one.provider.clone(), name.to_owned())),
            ([], _) => Err(match vendor {
                Some(vendor) => self.no_provider(vendor, offered).for_role(offered.role),
                None => no_model(name, None, offered, views),
            }),
            (several, _) => {
                let names: Vec<String> =
                    several.iter().take(NAMED).map(|view| format!("`{}/{}`", view.provider.name(), short(name))).collect();
                Err(Reason::ModelAmbiguous.with("model", short(name)).with("models", names.join(", ")))
            }
        }
    }

    /// Returns the error for a missing provider: one that is known but missing, or one that never existed.
    fn no_provider(&self, name: &str, offered: &Offered) -> ProviderError {
        let Some(vendor) = Vendor::named(name) else {
            let names: Vec<&str> = offered.listers.iter().take(NAMED).map(|lister| lister.name()).collect();
            return Reason::ProviderNotFound.with("provider", short(name)).with("providers", names.join(", ")).into();
        };
        if self.is_searching() && vendor.is_local {
            return ProviderError::from(Reason::ProviderNotAnswering.with("vendor", vendor.title))
                .with_detail(format!("{} does not answer on this machine. {}", vendor.title, vendor.fix));
        }
        let variable = if vendor.is_local { vendor.url } else { vendor.key };
        ProviderError::from(Reason::ProviderNotSetUp.with("vendor", vendor.title))
            .with_detail(format!("{} is not configured. Set {variable}, or choose another provider.", vendor.title))
    }
}

fn no_model(model: &str, provider: Option<&str>, offered: &Offered, views: &[View]) -> ApiError {
    let there = views.iter().filter(|view| provider.is_none_or(|name| name == view.provider.name()));
    let names = there.flat_map(|view| view.entries().iter().filter(|entry| offered.admits(view, &entry.name)).map(|entry| &entry.name));
    let names: Vec<&String> = names.collect();
    let list = names.iter().take(NAMED).map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    let more = names.len().checked_sub(NAMED).filter(|more| *more > 0);
    let error = match provider {
        Some(provider) => Reason::ModelNotAtProvider.with("provider", provider),
        None => Reason::ModelNotFound.error(),
    };
    error.with("model", short(model)).with("models", list).with_some("more", more)
}

fn nothing_there(provider: &str) -> ApiError {
    Reason::ProviderHasNoModels.with("provider", provider)
}

fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(100).collect()
}
