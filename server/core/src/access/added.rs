//! Providers that administrators added, visibilities, and the requester of an answer.

use std::collections::HashMap;

use holdfast_protocol::{
    UserId,
    api::Role,
    providers::{Kind, Visibility},
};

use crate::Secret;

/// A provider that an administrator added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// Name of the provider.
    pub name: String,
    /// Its API dialect.
    pub kind: Kind,
    /// Base URL of its API; `None` for the vendor's own.
    pub url: Option<String>,
    /// Its key.
    pub key: Key,
    /// Whether users may use keys of their own.
    pub own_keys: bool,
}

impl Added {
    /// Returns whether requests to another provider would be the same: the same key at the same address.
    pub fn is_asked_as(&self, other: &Self) -> bool {
        let Self { name, kind, url, key, own_keys: _ } = self;
        (name, kind, url, key) == (&other.name, &other.kind, &other.url, &other.key)
    }
}

/// A key, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Key {
    /// There is no key.
    #[default]
    None,
    /// This key.
    Given(Secret),
    /// There is a key that can't be decrypted.
    Unreadable,
    /// There is a key that was entered for another origin.
    Unconfirmed,
}

/// A user's own key.
#[derive(Clone, Debug)]
pub struct RequesterKey {
    /// Name of the provider.
    pub provider: String,
    /// The key.
    pub key: Key,
    /// The origin (scheme, host and port) that it may be sent to; `None` for none.
    pub origin: Option<String>,
    /// Whether it came with a message, for its answer only.
    pub once: bool,
}

impl RequesterKey {
    /// Returns the key for use at `origin`, where its provider is now; `None` if that is not known.
    pub fn key_for(&self, origin: Option<&str>) -> Key {
        match &self.key {
            Key::Given(_) if origin.is_none() || origin != self.origin.as_deref() => Key::Unconfirmed,
            key => key.clone(),
        }
    }
}

/// The user who requests an answer, and the user's own keys.
#[derive(Clone, Debug, Default)]
pub struct Requester {
    /// Id of the user; `None` if nobody is signed in.
    pub user: Option<UserId>,
    /// Role of the user; `None` if nobody is signed in.
    pub role: Option<Role>,
    /// The user's own keys.
    pub keys: Vec<RequesterKey>,
}

/// Visibilities of providers and models, by name.
#[derive(Clone, Debug, Default)]
pub struct Visibilities(HashMap<String, HashMap<String, Visibility>>);

impl Visibilities {
    /// Sets the visibility of a provider (empty model) or of a model.
    pub fn offer(&mut self, provider: String, model: String, visibility: Visibility) {
        self.0.entry(provider).or_default().insert(model, visibility);
    }

    /// Returns the visibility of a provider, which applies to models without their own.
    pub fn of(&self, provider: &str) -> Visibility {
        self.own(provider, "").unwrap_or_default()
    }

    /// Returns the visibility of a model, if it has its own.
    pub fn own(&self, provider: &str, model: &str) -> Option<Visibility> {
        self.0.get(provider)?.get(model).copied()
    }

    /// Returns the models of a provider that have a visibility of their own.
    pub fn named(&self, provider: &str) -> impl Iterator<Item = &str> {
        self.0.get(provider).into_iter().flat_map(HashMap::keys).map(String::as_str).filter(|model| !model.is_empty())
    }

    /// Returns whether a model that its provider does not list is visible to a role. It may be another name of a hidden model, such as
    /// `models/name`, `name:latest` or `NAME`, so the visibility of similar names counts.
    pub fn admits_unlisted(&self, provider: &str, model: &str, role: Option<Role>, own_key: bool) -> bool {
        let alike = |name: &&str| plain(name) == plain(model);
        let mut kept = self.named(provider).filter(alike).filter_map(|name| self.own(provider, name)).peekable();
        if kept.peek().is_some() {
            return kept.all(|visibility| visibility.admits(role));
        }
        own_key || self.of(provider).admits(role)
    }

    /// Returns whether a model is visible to a role. Users with a key of their own need no permission to use the provider's.
    pub fn admits(&self, provider: &str, model: &str, role: Option<Role>, own_key: bool) -> bool {
        match self.own(provider, model) {
            Some(visibility) => visibility.admits(role),
            None => own_key || self.of(provider).admits(role),
        }
    }

    /// Returns whether anything of a provider may be visible to a role.
    pub fn may_admit(&self, provider: &str, role: Option<Role>, own_key: bool) -> bool {
        own_key || self.of(provider).admits(role) || self.0.get(provider).is_some_and(|all| all.values().any(|it| it.admits(role)))
    }
}

/// Returns a model's name without the differences between its spellings.
fn plain(name: &str) -> String {
    let name = name.trim().to_lowercase();
    let name = name.split_once(':').map_or(name.as_str(), |(name, _)| name);
    name.rsplit('/').next().unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_s_own_audience_counts_before_its_provider_s() {
        let mut visibilities = Visibilities::default();
        visibilities.offer("p".into(), String::new(), Visibility::Administrators);
        visibilities.offer("p".into(), "small".into(), Visibility::Everyone);
        visibilities.offer("q".into(), "big".into(), Visibility::Accounts);
        let (guest, member, admin) = (Some(Role::Guest), Some(Role::Member), Some(Role::Admin));
        let admits = |provider, model, role| visibilities.admits(provider, model, role, false);
        assert!(admits("p", "small", guest) && !admits("p", "big", member) && admits("p", "big", admin));
        assert!(admits("q", "small", None) && !admits("q", "big", guest) && admits("q", "big", member));
        assert!(visibilities.may_admit("p", guest, false), "for its small model");
        assert!(visibilities.admits("p", "big", member, true), "with a key of their own");
        assert!(!visibilities.admits("q", "big", guest, true), "but not to what is kept from them by name");
        for name in ["BIG", "models/big", "big:latest", "vendor/Big:online"] {
            assert!(!visibilities.admits_unlisted("q", name, guest, true), "{name} may be the same model");
        }
        assert!(visibilities.admits_unlisted("q", "bigger", guest, false));
    }
}
