//! All providers, with the models that they list.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::join_all;
use holdfast_protocol::{
    UserId,
    api::{Model, Role},
    providers::ConnectionTest,
};
use tokio::time::Instant;

use super::{
    Builtin, EchoWords, ProviderSettings, SettingsError,
    absent::Absent,
    choice::Offered,
    connection_test::connection_test,
    discover::Discovery,
    kinds::Vendor,
    lists::{ListSettings, Lister, View},
    remote::{self, Http},
};
use holdfast_core::access::{Added, Health, Key, Listed, Requester, RequesterKey, Visibilities};
use holdfast_core::model::{ModelEntry, Provider};

/// Maximum number of a provider's models in lists, in addition to those that are configured by name: every page contains the list.
const MOST_LISTED: usize = 1_000;
/// Maximum number of model lists for users' own keys.
const OWN_LISTS: usize = 1_000;
/// Time without use after which such a list may be dropped to make room.
const OWN_LIST_IDLE: Duration = Duration::from_secs(600);

/// The providers: configured ones, those that administrators added, those found on this machine, and the built-in one.
pub struct Providers {
    http: Option<Http>,
    configured: Vec<Arc<Lister>>,
    added: Mutex<Arc<AddedOnes>>,
    own: Mutex<HashMap<(UserId, String), OwnList>>,
    discovery: Option<Arc<Discovery>>,
    builtin: Arc<Lister>,
    pub(super) default_model: Option<String>,
    pub(super) echo_words: EchoWords,
    lists: ListSettings,
}

/// What administrators have added and set.
#[derive(Default)]
pub(super) struct AddedOnes {
    settings: Vec<Added>,
    providers: Vec<Arc<Lister>>,
    pub(super) visibilities: Visibilities,
}

/// A provider with a user's own key.
struct OwnList {
    settings: Added,
    key: Key,
    lister: Arc<Lister>,
    used: Instant,
}

impl Providers {
    /// Creates the configured providers. If there are none, this machine is searched.
    ///
    /// # Errors
    /// A provider's settings are invalid.
    pub fn new(settings: &ProviderSettings) -> Result<Self, SettingsError> {
        let http = Http::new(settings)?;
        let configured = remote::configured(settings, &http)?;
        let discovery = (settings.discover && configured.is_empty()).then(|| Discovery::new(settings, &http));
        Ok(Self { discovery, http: Some(http), ..Self::with(configured, settings) })
    }

    /// Creates a registry with these providers and the built-in one, without a search.
    pub fn with(configured: Vec<Arc<dyn Provider>>, settings: &ProviderSettings) -> Self {
        let lists = ListSettings::from(settings);
        Self {
            http: None,
            configured: configured.into_iter().map(|provider| Lister::new(provider, &lists, true)).collect(),
            added: Mutex::default(),
            own: Mutex::default(),
            discovery: None,
            builtin: Lister::new(Arc::new(Builtin::default()), &lists, true),
            default_model: settings.default_model.clone(),
            echo_words: settings.echo_words,
            lists,
        }
    }

    /// Replaces what administrators have added and set. A provider that did not change keeps its list.
    pub fn take(&self, settings: Vec<Added>, visibilities: Visibilities) {
        let mut added = lock(&self.added);
        let same =
            |one: &Added| added.settings.iter().zip(&added.providers).find(|(before, _)| before.is_asked_as(one)).map(|(_, it)| it.clone());
        let lister = |one: &Added| same(one).unwrap_or_else(|| Lister::new(self.make(one, &one.key, false), &self.lists, true));
        let providers = settings.iter().map(lister).collect();
        *added = Arc::new(AddedOnes { settings, providers, visibilities });
    }

    /// Starts to read the lists of all providers in the background.
    pub fn refresh(&self) {
        self.listers(&lock(&self.added).clone(), self.discovery.as_ref().map(Discovery::found).unwrap_or_default())
            .iter()
            .for_each(Lister::refresh);
    }

    /// Waits until one provider has listed its models or failed to. Does nothing if there is none with this name.
    pub async fn wait_for_models(&self, name: &str, within: Duration) {
        let added = lock(&self.added).clone();
        let lister = self.listers(&added, Vec::new()).into_iter().find(|lister| lister.name() == name);
        if let Some(lister) = lister {
            let _ = tokio::time::timeout(within, lister.wait_for_models()).await;
        }
    }

    /// Returns the visibilities.
    pub fn visibilities(&self) -> Visibilities {
        lock(&self.added).visibilities.clone()
    }

    /// Returns whether a configured provider, or one that always exists, has this name.
    pub fn is_reserved(&self, name: &str) -> bool {
        self.configured.iter().any(|provider| provider.name() == name)
            || name == self.builtin.name()
            || (self.discovery.is_some() && Vendor::named(name).is_some_and(|vendor| vendor.is_local))
    }

    /// Checks whether a provider could be created from this input.
    ///
    /// # Errors
    /// Why not.
    pub fn could_be(&self, added: &Added) -> Result<(), SettingsError> {
        let Some(http) = &self.http else { return Ok(()) };
        let key = if let Key::Given(key) = &added.key { Some(key.clone()) } else { None };
        remote::added(added, key, false, http).map(|_| ())
    }

    fn make(&self, added: &Added, key: &Key, own: bool) -> Arc<dyn Provider> {
        let key = match key {
            Key::None => None,
            Key::Given(key) => Some(key.clone()),
            Key::Unreadable => return Arc::new(Absent::unreadable(&added.name, own)),
            Key::Unconfirmed => return Arc::new(Absent::unconfirmed(&added.name)),
        };
        let made = self.http.as_ref().map(|http| remote::added(added, key, own, http));
        match made {
            Some(Ok(provider)) => provider,
            Some(Err(error)) => Arc::new(Absent::unusable(&added.name, error.0)),
            None => Arc::new(Absent::unusable(&added.name, "There is no HTTP here.")),
        }
    }

    /// Returns the models that are visible to a user. One is the default, unless the configured default can't be used. Built-in models
    /// come last.
    pub async fn models(&self, requester: &Requester) -> Vec<Model> {
        let offered = self.offered_now(requester).await;
        let views = offered.views();
        let default = self.default(&offered, &views).ok();
        let mut models = Vec::new();
        for view in &views {
            let provider = view.provider.name();
            let default = default.as_ref().filter(|(whose, _)| whose.name() == provider).map(|(_, model)| model.as_str());
            let (listed, _) = listed(view, &offered.added.visibilities, default);
            let title = view.provider.title();
            let model = |entry: &ModelEntry| Model {
                provider: provider.to_owned(),
                provider_title: title.clone(),
                default: default == Some(entry.name.as_str()),
                chats: entry.chats,
                context_tokens: entry.context_tokens.or_else(|| view.provider.known_window(&entry.name)),
                accepts: Some(entry.accepts),
                price: None,
                model: entry.name.clone(),
            };
            models.extend(listed.iter().filter(|entry| offered.admits(view, &entry.name)).map(model));
        }
        models
    }

    /// Returns every provider with its models, or the error of its list, for administrators. Does not wait for slow providers.
    pub async fn all(&self) -> Vec<Listed> {
        let (added, listers) = self.everything().await;
        join_all(listers.iter().map(Lister::ready)).await;
        self.told(&added, &listers)
    }

    /// Like [`Providers::all`], but waits until each has replied or its timeout has passed.
    pub async fn all_asked(&self) -> Vec<Listed> {
        let (added, listers) = self.everything().await;
        join_all(listers.iter().map(Lister::wait_for_models)).await;
        self.told(&added, &listers)
    }

    fn told(&self, added: &AddedOnes, listers: &[Arc<Lister>]) -> Vec<Listed> {
        let told = |lister: &Arc<Lister>| {
            let view = lister.view();
            let default = self.default_model.as_deref().and_then(|name| name.strip_prefix(lister.name())?.strip_prefix('/'));
            let (models, unlisted) = listed(&view, &added.visibilities, default.filter(|name| view.has_none || view.lists(name)));
            let View { age, has_none, fault, .. } = view;
            Listed {
                name: lister.name().to_owned(),
                models,
                unlisted,
                age,
                has_none,
                fault: fault.map(|fault| fault.for_role(Some(Role::Admin))),
            }
        };
        listers.iter().map(told).collect()
    }

    /// Tests the connection to a provider, with the user's own key if there is one. Returns `None` if there is no provider with this
    /// name.
    pub async fn test_connection(&self, requester: &Requester, name: &str) -> Option<ConnectionTest> {
        let added = lock(&self.added).clone();
        let own = requester.keys.iter().find(|own| own.provider == name);
        let settings = added.settings.iter().find(|added| added.name == name && added.own_keys);
        let provider = match (own, settings) {
            (Some(own), Some(settings)) => self.make(settings, &key_for(own, settings), true),
            _ => {
                let found = self.discovery.as_ref().map(Discovery::found).unwrap_or_default();
                self.listers(&added, found).into_iter().find(|lister| lister.name() == name)?.provider().clone()
            }
        };
        let default = self.default_model.as_deref().and_then(|model| model.strip_prefix(name)?.strip_prefix('/'));
        let named = default.map(str::to_owned).or_else(|| added.visibilities.named(name).next().map(str::to_owned));
        Some(connection_test(&*provider, named, requester.role).await)
    }

    /// Returns the health of each provider. The built-in one always works.
    pub async fn health(&self) -> Vec<Health> {
        let (_, listers) = self.everything().await;
        join_all(listers.iter().map(Lister::ready)).await;
        let health = |lister: &Arc<Lister>| {
            let view = lister.view();
            Health {
                name: lister.name().to_owned(),
                ok: view.fault.is_none() && !view.is_first,
                ms: u64::try_from(view.took.as_millis()).unwrap_or(u64::MAX),
                code: view.fault.map(|fault| fault.code()),
            }
        };
        listers.iter().map(health).collect()
    }

    /// Returns what is visible to a user. Waits for nothing, except that a named server on this machine may have to be found first.
    pub(super) async fn offered(&self, requester: &Requester, named: Option<&str>) -> Offered {
        let may_be_found = named.is_none_or(|name| Vendor::named(name).is_some_and(|vendor| vendor.is_local));
        let found = match &self.discovery {
            Some(discovery) if may_be_found => discovery.found_now().await,
            Some(discovery) => discovery.found(),
            None => Vec::new(),
        };
        let added = lock(&self.added).clone();
        let mut listers = self.listers(&added, found);
        let mut brought = Vec::new();
        for own in &requester.keys {
            let name = &own.provider;
            let settings = added.settings.iter().find(|added| added.name == *name && added.own_keys && !self.is_reserved(name));
            let place = listers.iter_mut().find(|lister| lister.name() == name);
            if let (Some(settings), Some(place)) = (settings, place) {
                let key = key_for(own, settings);
                *place = match requester.user.filter(|_| !own.once) {
                    Some(user) => self.own(user, settings, &key),
                    None => Lister::new(self.make(settings, &key, true), &self.lists, false),
                };
                brought.push(name.clone());
            }
        }
        let mut offered = Offered { added, role: requester.role, brought, listers: Vec::new() };
        listers.retain(|lister| offered.may_admit(lister.name()));
        offered.listers = listers;
        offered
    }

    /// Returns what is visible to a user, with lists as new as possible without waiting for slow providers.
    pub(super) async fn offered_now(&self, requester: &Requester) -> Offered {
        let offered = self.offered(requester, None).await;
        join_all(offered.listers.iter().map(Lister::ready)).await;
        offered
    }

    /// Returns a provider with a user's own key.
    fn own(&self, user: UserId, settings: &Added, key: &Key) -> Arc<Lister> {
        let place = (user, settings.name.clone());
        let mut lists = lock(&self.own);
        if let Some(list) = lists.get_mut(&place).filter(|list| list.key == *key && list.settings.is_asked_as(settings)) {
            list.used = Instant::now();
            return list.lister.clone();
        }
        let lister = Lister::new(self.make(settings, key, true), &self.lists, false);
        if lists.len() >= OWN_LISTS {
            lists.retain(|_, list| list.used.elapsed() < OWN_LIST_IDLE);
        }
        if lists.len() < OWN_LISTS {
            lists.insert(place, OwnList { settings: settings.clone(), key: key.clone(), lister: lister.clone(), used: Instant::now() });
        }
        lister
    }

    async fn everything(&self) -> (Arc<AddedOnes>, Vec<Arc<Lister>>) {
        let found = match &self.discovery {
            Some(discovery) => discovery.found_now().await,
            None => Vec::new(),
        };
        let added = lock(&self.added).clone();
        let listers = self.listers(&added, found);
        (added, listers)
    }

    /// Returns all providers in order. Of providers with the same name, a configured one takes precedence over one that was added.
    fn listers(&self, added: &AddedOnes, found: Vec<Arc<Lister>>) -> Vec<Arc<Lister>> {
        let mut names = HashSet::new();
        let all = self.configured.iter().chain(&added.providers).cloned().chain(found).chain([self.builtin.clone()]);
        all.filter(|lister| names.insert(lister.name().to_owned())).collect()
    }

    /// Returns whether a provider is the built-in one.
    pub(super) fn is_builtin(&self, provider: &dyn Provider) -> bool {
        provider.name() == self.builtin.name()
    }

    /// Returns whether this machine is searched for servers.
    pub(super) fn is_searching(&self) -> bool {
        self.discovery.is_some()
    }
}

/// Returns a user's own key for use with a provider at its current address.
fn key_for(own: &RequesterKey, added: &Added) -> Key {
    own.key_for(remote::origin(added.kind, added.url.as_deref()).as_deref())
}

/// Returns the models of a provider for lists: the first thousand, those with a visibility of their own, and the default; and the number
/// of the others. For a provider without a list, these are the models that are configured by name.
fn listed(view: &View, visibilities: &Visibilities, default: Option<&str>) -> (Vec<ModelEntry>, usize) {
    let entries = view.entries();
    let mut listed: Vec<ModelEntry> = entries.iter().take(MOST_LISTED).cloned().collect();
    let mut more: Vec<&str> = visibilities.named(view.provider.name()).filter(|name| view.has_none || view.lists(name)).collect();
    more.sort_unstable();
    for name in default.into_iter().chain(more) {
        let place = view.list.as_ref().and_then(|list| list.place(name));
        if place.is_none_or(|place| place >= MOST_LISTED) && !listed.iter().any(|entry| entry.name == name) {
            let entry = place.and_then(|place| entries.get(place)).cloned();
            listed.push(entry.unwrap_or_else(|| ModelEntry::chat(name)));
        }
    }
    let more: HashSet<&str> = listed.iter().skip(MOST_LISTED).map(|entry| entry.name.as_str()).collect();
    let unlisted = entries.iter().skip(MOST_LISTED).filter(|entry| !more.contains(entry.name.as_str())).count();
    (listed, unlisted)
}

// A poisoned lock is not possible, because nothing panics while holding one of these.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
