//! All providers there are, and which of them answers.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::join_all;
use holdfast_protocol::{
    Code, Refusal, UserId,
    api::{Model, Rank},
    providers::Trial,
};
use tokio::time::{Instant, timeout};

use super::{
    Added, Asker, Audiences, Builtin, EchoWords, Key, Provider, ProviderError, ProviderSettings, SettingsError,
    added::Absent,
    discover::Discovery,
    remote::{self, Http},
    trial::trial,
};

/// As many models of a provider are listed, besides those that are configured by name: every page holds the list.
const MOST_LISTED: usize = 1_000;
/// No model has a longer name, bytes.
const LONGEST_NAME: usize = 200;
/// As many models as a sentence names.
const NAMED: usize = 8;
/// As many lists of models by users' own keys are remembered.
const OWN_LISTS: usize = 1_000;

/// How a provider is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The provider.
    pub name: String,
    /// Whether it answers.
    pub ok: bool,
    /// How long it took to say so.
    pub ms: u64,
    /// Why it does not.
    pub code: Option<Code>,
}

/// A provider and what it lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The provider.
    pub name: String,
    /// Its models, or why it lists none.
    pub models: Result<Vec<String>, String>,
    /// How many more it has than are listed.
    pub unlisted: usize,
}

/// The providers: those configured, those that administrators added, those found on this machine, and the built-in one.
pub struct Providers {
    http: Option<Http>,
    configured: Vec<Arc<dyn Provider>>,
    added: Mutex<Arc<AddedOnes>>,
    own: Mutex<HashMap<(UserId, String), OwnList>>,
    discovery: Option<Discovery>,
    builtin: Arc<dyn Provider>,
    default_model: Option<String>,
    echo_words: EchoWords,
    list_timeout: Duration,
    list_ttl: Duration,
    seen: tokio::sync::Mutex<Option<SeenAll>>,
    silent: Mutex<HashSet<String>>,
}

/// What administrators have added and said.
#[derive(Default)]
struct AddedOnes {
    settings: Vec<Added>,
    providers: Vec<Arc<dyn Provider>>,
    audiences: Audiences,
}

/// What all providers said.
struct SeenAll {
    at: Instant,
    of: Arc<AddedOnes>,
    seen: Arc<Vec<Seen>>,
}

/// What is offered to who asks.
struct Offered {
    added: Arc<AddedOnes>,
    rank: Option<Rank>,
    /// Providers that they bring a key for.
    brought: Vec<String>,
    seen: Vec<Seen>,
}

impl Offered {
    fn brings(&self, provider: &str) -> bool {
        self.brought.iter().any(|name| name == provider)
    }

    fn may(&self, provider: &str, model: &str) -> bool {
        self.added.audiences.admits(provider, model, self.rank, self.brings(provider))
    }
}

/// What a provider listed for a user's own key.
struct OwnList {
    at: Instant,
    of: Arc<AddedOnes>,
    key: Key,
    seen: Seen,
}

/// What a provider said when it was last asked for its models.
#[derive(Clone)]
struct Seen {
    provider: Arc<dyn Provider>,
    models: Result<Vec<String>, ProviderError>,
    /// Models that it has besides. They can be chosen by their names.
    unlisted: Arc<HashSet<String>>,
    ms: u64,
}

impl Seen {
    /// The model that `asked` means, if it is listed, or is unlisted and called exactly that.
    fn find(&self, asked: &str) -> Option<String> {
        let models = self.models.as_ref().ok()?;
        self.provider.find(asked, models).or_else(|| self.unlisted.get(asked).cloned())
    }
}

impl Providers {
    /// The providers that the settings name. Where they name none, this machine is searched.
    pub fn new(settings: &ProviderSettings) -> Result<Self, SettingsError> {
        let http = Http::new(settings)?;
        let configured = remote::configured(settings, &http)?;
        let discovery = (settings.discover && configured.is_empty()).then(|| Discovery::new(settings, &http));
        Ok(Self { discovery, http: Some(http), ..Self::with(configured, settings) })
    }

    /// These providers and the built-in one; nothing is searched.
    pub fn with(configured: Vec<Arc<dyn Provider>>, settings: &ProviderSettings) -> Self {
        Self {
            http: None,
            configured,
            added: Mutex::default(),
            own: Mutex::default(),
            discovery: None,
            builtin: Arc::new(Builtin::default()),
            default_model: settings.default_model.clone(),
            echo_words: settings.echo_words,
            list_timeout: settings.list_timeout,
            list_ttl: settings.list_ttl,
            seen: tokio::sync::Mutex::new(None),
            silent: Mutex::new(HashSet::new()),
        }
    }

    /// Takes what administrators have added and said in the place of what they had before.
    pub fn take(&self, settings: Vec<Added>, audiences: Audiences) {
        let providers = settings.iter().map(|added| self.make(added, &added.key, false)).collect();
        *lock(&self.added) = Arc::new(AddedOnes { settings, providers, audiences });
    }

    /// Whom what is offered to.
    pub fn audiences(&self) -> Audiences {
        lock(&self.added).audiences.clone()
    }

    /// Whether there is one of this name that is configured, or that always has it.
    pub fn is_reserved(&self, name: &str) -> bool {
        self.configured.iter().any(|provider| provider.name() == name)
            || name == self.builtin.name()
            || (self.discovery.is_some() && remote::vendor(name).is_some_and(remote::Vendor::is_local))
    }

    /// Whether what was written can be a provider at all.
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

    /// The models that answer now, of those that are offered. One is the default; what is built in comes last.
    pub async fn models(&self, asker: &Asker) -> Vec<Model> {
        listed(&self.offered(asker).await.seen, self.default_model.as_deref())
    }

    /// Every provider with what it lists, or the cause why it lists nothing, for administrators.
    pub async fn all(&self) -> Vec<Listed> {
        let listed = |seen: &Seen| Listed {
            name: seen.provider.name().to_owned(),
            models: seen.models.clone().map_err(|fault| fault.detail().to_owned()),
            unlisted: seen.unlisted.len(),
        };
        self.seen().await.1.iter().map(listed).collect()
    }

    /// Asks a provider something small, with `asker`'s own key where they bring one. None where there is none of that name.
    pub async fn try_it(&self, asker: &Asker, name: &str) -> Option<Trial> {
        let added = lock(&self.added).clone();
        let own = asker.keys.iter().find(|own| own.provider == name);
        let settings = added.settings.iter().find(|added| added.name == name && added.own_keys);
        let provider = match (own, settings) {
            (Some(own), Some(settings)) => self.make(settings, &own.key_for(settings), true),
            _ => self.seen().await.1.iter().find(|seen| seen.provider.name() == name)?.provider.clone(),
        };
        Some(trial(&*provider, asker.rank).await)
    }

    /// How each provider is. What is built in always answers.
    pub async fn health(&self) -> Vec<Health> {
        let health = |seen: &Seen| Health {
            name: seen.provider.name().to_owned(),
            ok: seen.models.is_ok(),
            ms: seen.ms,
            code: seen.models.as_ref().err().map(|fault| fault.code),
        };
        self.seen().await.1.iter().map(health).collect()
    }

    /// Who answers, and with which model. What is not chosen is chosen here.
    ///
    /// # Errors
    /// What was chosen is not there, or not for who asks.
    pub async fn choose(&self, asker: &Asker, provider: Option<&str>, model: Option<&str>) -> Result<(Arc<dyn Provider>, String), Refusal> {
        let (provider, model) = self.find(asker, provider, model).await?;
        if provider.name() == self.builtin.name() {
            self.echo_words.check(&model, asker.rank)?;
        }
        Ok((provider, model))
    }

    async fn find(&self, asker: &Asker, provider: Option<&str>, model: Option<&str>) -> Result<(Arc<dyn Provider>, String), Refusal> {
        let offered = self.offered(asker).await;
        let seen = &offered.seen;
        let may = |one: &Seen, model: &str| offered.may(one.provider.name(), one.provider.listed_as(model));
        let named = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        match (named(provider), named(model)) {
            (Some(provider), model) => {
                let one = seen
                    .iter()
                    .find(|seen| seen.provider.name() == provider)
                    .ok_or_else(|| self.no_provider(&provider, seen).refusal(asker.rank))?;
                let model = match (&one.models, model) {
                    (Ok(_), Some(model)) => {
                        let found = one.find(&model).filter(|found| may(one, found));
                        found.ok_or_else(|| no_model(&model, Some(&provider), seen))?
                    }
                    (Ok(models), None) => models.first().cloned().ok_or_else(|| nothing_there(&provider))?,
                    // It does not list its models now. Whether it has this one, the answer will tell.
                    (Err(_), Some(model)) if may(one, &model) => model,
                    (Err(_), Some(model)) => return Err(no_model(&model, Some(&provider), seen)),
                    (Err(fault), None) => return Err(fault.refusal(asker.rank)),
                };
                Ok((one.provider.clone(), model))
            }
            (None, Some(model)) => {
                let find = |seen: &Seen| {
                    let found = seen.find(&model).filter(|found| may(seen, found))?;
                    Some((seen.provider.clone(), found))
                };
                seen.iter().find_map(find).ok_or_else(|| no_model(&model, None, seen))
            }
            (None, None) => {
                let all = listed(seen, self.default_model.as_deref());
                let default = all.into_iter().find(|model| model.default);
                let find = |model: Model| {
                    let one = seen.iter().find(|seen| seen.provider.name() == model.provider)?;
                    Some((one.provider.clone(), model.model))
                };
                default.and_then(find).ok_or_else(|| nothing_there("builtin"))
            }
        }
    }

    /// What each provider said, as far as it is offered to who asks.
    async fn offered(&self, asker: &Asker) -> Offered {
        let (added, shared) = self.seen().await;
        let mut seen: Vec<Seen> = shared.to_vec();
        let mut brought = Vec::new();
        for own in &asker.keys {
            let name = &own.provider;
            let settings = added.settings.iter().find(|added| added.name == *name && added.own_keys && !self.is_reserved(name));
            let place = seen.iter_mut().find(|seen| seen.provider.name() == name);
            if let (Some(user), Some(settings), Some(place)) = (asker.user, settings, place) {
                *place = self.own(user, settings, &own.key_for(settings), &added).await;
                brought.push(name.clone());
            }
        }
        let mut offered = Offered { added, rank: asker.rank, brought, seen: Vec::new() };
        seen.retain_mut(|one| {
            let name = one.provider.name();
            if let Ok(models) = &mut one.models {
                models.retain(|model| offered.may(name, model));
            }
            offered.added.audiences.may_admit(name, offered.rank, offered.brings(name))
        });
        offered.seen = seen;
        offered
    }

    /// What a provider says to a user's own key, not older than `list_ttl`.
    async fn own(&self, user: UserId, settings: &Added, key: &Key, added: &Arc<AddedOnes>) -> Seen {
        let place = (user, settings.name.clone());
        let fits = |list: &OwnList| list.key == *key && Arc::ptr_eq(&list.of, added) && list.at.elapsed() < self.list_ttl;
        if let Some(list) = lock(&self.own).get(&place).filter(|list| fits(list)) {
            return list.seen.clone();
        }
        let seen = self.look(self.make(settings, key, true), added).await;
        let mut lists = lock(&self.own);
        if lists.len() >= OWN_LISTS {
            lists.retain(|_, list| list.at.elapsed() < self.list_ttl);
        }
        if lists.len() < OWN_LISTS {
            lists.insert(place, OwnList { at: Instant::now(), of: added.clone(), key: key.clone(), seen: seen.clone() });
        }
        seen
    }

    /// What each provider said, not older than `list_ttl`. Those who ask while it is being renewed share the renewal.
    async fn seen(&self) -> (Arc<AddedOnes>, Arc<Vec<Seen>>) {
        let mut seen = self.seen.lock().await;
        let added = lock(&self.added).clone();
        if let Some(SeenAll { at, of, seen }) = &*seen
            && at.elapsed() < self.list_ttl
            && Arc::ptr_eq(of, &added)
        {
            return (added, seen.clone());
        }
        let mut providers = self.configured.clone();
        providers.extend(added.providers.iter().cloned());
        if let Some(discovery) = &self.discovery {
            providers.extend(discovery.found().await);
        }
        providers.push(self.builtin.clone());
        // A name stands for one: what is configured counts before what was added.
        let mut names = HashSet::new();
        providers.retain(|provider| names.insert(provider.name().to_owned()));
        let fresh = Arc::new(join_all(providers.into_iter().map(|provider| self.ask(provider, &added))).await);
        *seen = Some(SeenAll { at: Instant::now(), of: added.clone(), seen: fresh.clone() });
        (added, fresh)
    }

    async fn ask(&self, provider: Arc<dyn Provider>, added: &AddedOnes) -> Seen {
        let seen = self.look(provider, added).await;
        self.note(seen.provider.name(), &seen.models);
        seen
    }

    async fn look(&self, provider: Arc<dyn Provider>, added: &AddedOnes) -> Seen {
        let began = Instant::now();
        let models = timeout(self.list_timeout, provider.models()).await.unwrap_or_else(|_| {
            let s = self.list_timeout.as_secs_f32();
            Err(ProviderError::unavailable(format!("The provider `{}` did not list its models within {s} s.", provider.name())))
        });
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let is_configured = |model: &str| {
            let is_default = self.default_model.as_deref().is_some_and(|name| is_called(name, provider.name(), model));
            is_default || added.audiences.own(provider.name(), model).is_some()
        };
        let (models, unlisted) = match models {
            Ok(models) => {
                let (listed, unlisted) = bounded(models, is_configured);
                (Ok(listed), unlisted)
            }
            Err(fault) => (Err(fault), HashSet::new()),
        };
        Seen { provider, models, unlisted: Arc::new(unlisted), ms }
    }

    /// Says once that a provider fell silent, and once that it is back.
    fn note(&self, name: &str, models: &Result<Vec<String>, ProviderError>) {
        let mut silent = lock(&self.silent);
        match models {
            Ok(models) if silent.remove(name) => tracing::info!(provider = name, models = models.len(), "provider answers again"),
            Err(fault) if silent.insert(name.to_owned()) => tracing::warn!(provider = name, code = %fault.code, "{}", fault.detail()),
            _ => {}
        }
    }

    /// Which sentence a provider gets that is not there: a known one is missing now, another never was.
    fn no_provider(&self, name: &str, seen: &[Seen]) -> ProviderError {
        let Some(vendor) = remote::vendor(name) else {
            let names: Vec<&str> = seen.iter().map(|seen| seen.provider.name()).collect();
            let error = format!("There is no provider `{}`. Choose one of: {}.", short(name), names.join(", "));
            return ProviderError::model_not_found(error);
        };
        if self.discovery.is_some() && vendor.is_local() {
            return ProviderError::unavailable(format!("{} does not answer. Try again, or choose another provider.", vendor.title))
                .with_detail(format!("{} does not answer on this machine. {}", vendor.title, vendor.mend));
        }
        let variable = if vendor.is_local() { vendor.url } else { vendor.key };
        ProviderError::unavailable(format!("{} is not set up here. Choose another provider.", vendor.title))
            .with_detail(format!("{} is not configured. Set {variable}, or choose another provider.", vendor.title))
    }
}

// Nothing panics while it holds one of these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first [`MOST_LISTED`] of these models with those that are configured, and the others.
fn bounded(models: Vec<String>, is_configured: impl Fn(&str) -> bool) -> (Vec<String>, HashSet<String>) {
    let (mut listed, mut unlisted) = (Vec::new(), HashSet::new());
    for (n, model) in models.into_iter().filter(|model| model.len() <= LONGEST_NAME).enumerate() {
        if n < MOST_LISTED || is_configured(&model) {
            listed.push(model);
        } else {
            unlisted.insert(model);
        }
    }
    (listed, unlisted)
}

/// Whether a setting names this model, with or without its provider.
fn is_called(name: &str, provider: &str, model: &str) -> bool {
    name == model || name.split_once('/') == Some((provider, model))
}

fn listed(seen: &[Seen], default: Option<&str>) -> Vec<Model> {
    let models = |seen: &Seen| {
        let provider = seen.provider.name().to_owned();
        let models = seen.models.clone().unwrap_or_default();
        models.into_iter().map(move |model| Model { provider: provider.clone(), model, default: false }).collect::<Vec<_>>()
    };
    let mut all: Vec<Model> = seen.iter().flat_map(models).collect();
    let wanted = |one: &Model| default.is_some_and(|name| is_called(name, &one.provider, &one.model));
    let index = all.iter().position(wanted).unwrap_or(0);
    if let Some(model) = all.get_mut(index) {
        model.default = true;
    }
    all
}

fn no_model(model: &str, provider: Option<&str>, seen: &[Seen]) -> Refusal {
    let there = || seen.iter().filter(|seen| provider.is_none_or(|name| name == seen.provider.name()));
    let names: Vec<&String> = there().flat_map(|seen| seen.models.iter().flatten()).collect();
    let count = names.len() + there().map(|seen| seen.unlisted.len()).sum::<usize>();
    let mut list = names.iter().take(NAMED).map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    if count > NAMED {
        list.push_str(&format!(" and {} more", count - names.len().min(NAMED)));
    }
    let whose = provider.map_or_else(|| "No provider has".to_owned(), |name| format!("The provider `{name}` has no model"));
    let what = if provider.is_some() { format!("`{}`", short(model)) } else { format!("a model `{}`", short(model)) };
    let error = if list.is_empty() { format!("{whose} {what}.") } else { format!("{whose} {what}. There is: {list}.") };
    Refusal::new(Code::ModelNotFound, error)
}

fn nothing_there(provider: &str) -> Refusal {
    Refusal::new(
        Code::ModelNotFound,
        format!("The provider `{provider}` has no model to answer with. Load one there, or choose another provider."),
    )
}

fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(100).collect()
}
