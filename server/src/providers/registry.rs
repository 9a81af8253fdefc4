//! All providers there are, and which of them answers.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::future::join_all;
use holdfast_protocol::{Code, Refusal, api::Model};
use tokio::time::{Instant, timeout};

use super::{
    Builtin, Provider, ProviderError, ProviderSettings, SettingsError,
    discover::Discovery,
    remote::{self, Http},
};

/// As many models as a sentence names.
const NAMED: usize = 8;

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

/// The providers: those configured, those found on this machine, and the built-in one.
pub struct Providers {
    configured: Vec<Arc<dyn Provider>>,
    discovery: Option<Discovery>,
    builtin: Arc<dyn Provider>,
    default_model: Option<String>,
    list_timeout: Duration,
    list_ttl: Duration,
    seen: tokio::sync::Mutex<Option<(Instant, Arc<Vec<Seen>>)>>,
    silent: Mutex<HashSet<String>>,
}

/// What a provider said when it was last asked for its models.
struct Seen {
    provider: Arc<dyn Provider>,
    models: Result<Vec<String>, ProviderError>,
    ms: u64,
}

impl Providers {
    /// The providers that the settings name. Where they name none, this machine is searched.
    pub fn new(settings: &ProviderSettings) -> Result<Self, SettingsError> {
        let http = Http::new(settings)?;
        let configured = remote::configured(settings, &http)?;
        let discovery = (settings.discover && configured.is_empty()).then(|| Discovery::new(settings, &http));
        Ok(Self { discovery, ..Self::with(configured, settings) })
    }

    /// These providers and the built-in one; nothing is searched.
    pub fn with(configured: Vec<Arc<dyn Provider>>, settings: &ProviderSettings) -> Self {
        Self {
            configured,
            discovery: None,
            builtin: Arc::new(Builtin::default()),
            default_model: settings.default_model.clone(),
            list_timeout: settings.list_timeout,
            list_ttl: settings.list_ttl,
            seen: tokio::sync::Mutex::new(None),
            silent: Mutex::new(HashSet::new()),
        }
    }

    /// The models that answer now. One is the default; what is built in comes last.
    pub async fn models(&self) -> Vec<Model> {
        listed(&self.seen().await, self.default_model.as_deref())
    }

    /// How each provider is. What is built in always answers.
    pub async fn health(&self) -> Vec<Health> {
        let health = |seen: &Seen| Health {
            name: seen.provider.name().to_owned(),
            ok: seen.models.is_ok(),
            ms: seen.ms,
            code: seen.models.as_ref().err().map(|fault| fault.code),
        };
        self.seen().await.iter().map(health).collect()
    }

    /// Who answers, and with which model. What is not chosen is chosen here.
    pub async fn choose(&self, provider: Option<&str>, model: Option<&str>) -> Result<(Arc<dyn Provider>, String), Refusal> {
        let seen = self.seen().await;
        let named = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        match (named(provider), named(model)) {
            (Some(provider), model) => {
                let one = seen.iter().find(|seen| seen.provider.name() == provider).ok_or_else(|| self.no_provider(&provider, &seen))?;
                let model = match (&one.models, model) {
                    (Ok(models), Some(model)) => {
                        one.provider.find(&model, models).ok_or_else(|| no_model(&model, Some(&provider), &seen))?
                    }
                    (Ok(models), None) => models.first().cloned().ok_or_else(|| nothing_there(&provider))?,
                    // It does not list its models now. Whether it has this one, the answer will tell.
                    (Err(_), Some(model)) => model,
                    (Err(fault), None) => return Err(fault.clone().into()),
                };
                Ok((one.provider.clone(), model))
            }
            (None, Some(model)) => {
                let find = |seen: &Seen| Some((seen.provider.clone(), seen.provider.find(&model, seen.models.as_ref().ok()?)?));
                seen.iter().find_map(find).ok_or_else(|| no_model(&model, None, &seen))
            }
            (None, None) => {
                let all = listed(&seen, self.default_model.as_deref());
                let default = all.into_iter().find(|model| model.default);
                let find = |model: Model| {
                    let one = seen.iter().find(|seen| seen.provider.name() == model.provider)?;
                    Some((one.provider.clone(), model.model))
                };
                default.and_then(find).ok_or_else(|| nothing_there("builtin"))
            }
        }
    }

    /// What each provider said, not older than `list_ttl`. Those who ask while it is being renewed share the renewal.
    async fn seen(&self) -> Arc<Vec<Seen>> {
        let mut seen = self.seen.lock().await;
        if let Some((at, seen)) = &*seen
            && at.elapsed() < self.list_ttl
        {
            return seen.clone();
        }
        let mut providers = self.configured.clone();
        if let Some(discovery) = &self.discovery {
            providers.extend(discovery.found().await);
        }
        providers.push(self.builtin.clone());
        let fresh = Arc::new(join_all(providers.into_iter().map(|provider| self.ask(provider))).await);
        *seen = Some((Instant::now(), fresh.clone()));
        fresh
    }

    async fn ask(&self, provider: Arc<dyn Provider>) -> Seen {
        let began = Instant::now();
        let models = timeout(self.list_timeout, provider.models()).await.unwrap_or_else(|_| {
            let s = self.list_timeout.as_secs_f32();
            Err(ProviderError::unavailable(format!("The provider `{}` did not list its models within {s} s.", provider.name())))
        });
        self.note(provider.name(), &models);
        Seen { provider, models, ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX) }
    }

    /// Says once that a provider fell silent, and once that it is back.
    fn note(&self, name: &str, models: &Result<Vec<String>, ProviderError>) {
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        match models {
            Ok(models) if silent.remove(name) => tracing::info!(provider = name, models = models.len(), "provider answers again"),
            Err(fault) if silent.insert(name.to_owned()) => tracing::warn!(provider = name, code = %fault.code, "{}", fault.error),
            _ => {}
        }
    }

    /// Which sentence a provider gets that is not there: a known one is missing now, another never was.
    fn no_provider(&self, name: &str, seen: &[Seen]) -> Refusal {
        let Some(vendor) = remote::vendor(name) else {
            let names: Vec<&str> = seen.iter().map(|seen| seen.provider.name()).collect();
            let error = format!("There is no provider `{}`. Choose one of: {}.", short(name), names.join(", "));
            return Refusal::new(Code::ModelNotFound, error);
        };
        if self.discovery.is_some() && vendor.is_local() {
            return Refusal::new(Code::ProviderUnavailable, format!("{} does not answer on this machine. {}", vendor.title, vendor.mend));
        }
        let variable = if vendor.is_local() { vendor.url } else { vendor.key };
        Refusal::new(Code::ProviderUnavailable, format!("{} is not configured. Set {variable}, or choose another provider.", vendor.title))
    }
}

fn listed(seen: &[Seen], default: Option<&str>) -> Vec<Model> {
    let models = |seen: &Seen| {
        let provider = seen.provider.name().to_owned();
        let models = seen.models.clone().unwrap_or_default();
        models.into_iter().map(move |model| Model { provider: provider.clone(), model, default: false }).collect::<Vec<_>>()
    };
    let mut all: Vec<Model> = seen.iter().flat_map(models).collect();
    let wanted = |one: &Model| default.is_some_and(|name| name == one.model || name.split_once('/') == Some((&one.provider, &one.model)));
    let index = all.iter().position(wanted).unwrap_or(0);
    if let Some(model) = all.get_mut(index) {
        model.default = true;
    }
    all
}

fn no_model(model: &str, provider: Option<&str>, seen: &[Seen]) -> Refusal {
    let there = seen.iter().filter(|seen| provider.is_none_or(|name| name == seen.provider.name()));
    let names: Vec<&String> = there.flat_map(|seen| seen.models.iter().flatten()).collect();
    let mut list = names.iter().take(NAMED).map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        list.push_str(&format!(" and {} more", names.len() - NAMED));
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
