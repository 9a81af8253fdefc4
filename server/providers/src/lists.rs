//! The latest list of models of a provider. It is renewed in the background, so that nobody waits for a slow provider.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use holdfast_protocol::Reason;
use tokio::time::{Instant, timeout};

use super::{ProviderSettings, renewal::Renewal};
use holdfast_core::model::{ModelEntry, Provider, ProviderError};

/// How long to wait for a provider that was quick before.
const GRACE: Duration = Duration::from_millis(500);
/// How long to wait for a provider's first list when a model must be found in it.
const FIRST_LIST: Duration = Duration::from_secs(2);
/// Divisor of the time that reading lists may take.
const SHARE: u32 = 20;
/// Maximum number of models of a provider that are kept.
const MOST_KEPT: usize = 20_000;
/// Maximum length of a model's name, bytes.
const LONGEST_NAME: usize = 200;

/// A provider's models; those that can chat come first.
#[derive(Debug, Default)]
pub(super) struct ModelList {
    entries: Vec<ModelEntry>,
    places: HashMap<String, usize>,
}

impl ModelList {
    /// Creates a list without invalid entries: empty names, names that are too long, and duplicates.
    pub(super) fn new(models: Vec<ModelEntry>) -> Self {
        let mut places = HashMap::new();
        let (chat, other): (Vec<_>, Vec<_>) = models.into_iter().partition(|model| model.chats);
        let mut entries = Vec::new();
        for model in chat.into_iter().chain(other) {
            let fits = !model.name.is_empty() && model.name.len() <= LONGEST_NAME && entries.len() < MOST_KEPT;
            if fits && !places.contains_key(&model.name) {
                places.insert(model.name.clone(), entries.len());
                entries.push(model);
            }
        }
        Self { entries, places }
    }

    /// Returns the models in order.
    pub(super) fn entries(&self) -> &[ModelEntry] {
        &self.entries
    }

    /// Returns the index of a model in the list.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }
}

/// A provider with its latest list.
pub(super) struct Lister {
    provider: Arc<dyn Provider>,
    timeout: Duration,
    ttl: Duration,
    renewal: Renewal,
    newest: Mutex<Newest>,
    /// Whether it is logged when the provider fails and when it works again.
    is_logged: bool,
}

/// The results of reading the list.
#[derive(Clone, Default)]
struct Newest {
    list: Option<(Arc<ModelList>, Instant)>,
    /// Whether the provider replied that it has no list of models.
    has_none: bool,
    fault: Option<ProviderError>,
    took: Duration,
}

/// The state of a provider and its models at one time.
#[derive(Clone)]
pub(super) struct View {
    /// The provider.
    pub(super) provider: Arc<dyn Provider>,
    /// The last list that was read successfully; `None` if there is none.
    pub(super) list: Option<Arc<ModelList>>,
    /// Time since that list was read; `None` if there is none.
    pub(super) age: Option<Duration>,
    /// Whether the provider can't list its models, so that any name may be one.
    pub(super) has_none: bool,
    /// Why the latest attempt to read the list failed.
    pub(super) fault: Option<ProviderError>,
    /// Duration of the latest attempt.
    pub(super) took: Duration,
    /// Whether the first attempt is still running.
    pub(super) is_first: bool,
}

impl View {
    /// Returns the models that it lists.
    pub(super) fn entries(&self) -> &[ModelEntry] {
        self.list.as_deref().map_or(&[], ModelList::entries)
    }

    /// Returns whether it lists this model.
    pub(super) fn lists(&self, model: &str) -> bool {
        self.list.as_deref().is_some_and(|list| list.place(model).is_some())
    }
}

impl Lister {
    /// Creates it; the list is not read before somebody needs it.
    pub(super) fn new(provider: Arc<dyn Provider>, settings: &ListSettings, is_logged: bool) -> Arc<Self> {
        let ListSettings { timeout, ttl } = *settings;
        Arc::new(Self { provider, timeout, ttl, renewal: Renewal::default(), newest: Mutex::default(), is_logged })
    }

    pub(super) fn provider(&self) -> &Arc<dyn Provider> {
        &self.provider
    }

    pub(super) fn name(&self) -> &str {
        self.provider.name()
    }

    /// Starts to read the list in the background, if it is due.
    pub(super) fn refresh(self: &Arc<Self>) {
        if self.renewal.begin() {
            let this = self.clone();
            tokio::spawn(async move { this.ask().await });
        }
    }

    /// Starts to read the list if it is due, and waits a moment for it if that is likely to be sufficient.
    pub(super) async fn ready(self: &Arc<Self>) {
        self.refresh();
        if self.renewal.is_first() || self.lock().took < GRACE {
            self.renewal.wait(GRACE).await;
        }
    }

    /// Waits for the first list, with a timeout.
    pub(super) async fn first(self: &Arc<Self>) {
        self.refresh();
        if self.renewal.is_first() {
            self.renewal.wait(FIRST_LIST).await;
        }
    }

    /// Waits until a due or running attempt has ended.
    pub(super) async fn wait_for_models(self: &Arc<Self>) {
        self.refresh();
        self.renewal.wait(self.timeout + GRACE).await;
    }

    /// Returns the current state.
    pub(super) fn view(&self) -> View {
        let Newest { list, has_none, fault, took } = self.lock().clone();
        let age = list.as_ref().map(|(_, at)| at.elapsed());
        let list = list.map(|(list, _)| list);
        View { provider: self.provider.clone(), list, age, has_none, fault, took, is_first: self.renewal.is_first() }
    }

    async fn ask(&self) {
        let began = Instant::now();
        let models = timeout(self.timeout, self.provider.models()).await.unwrap_or_else(|_| {
            let s = self.timeout.as_secs_f32().to_string();
            Err(Reason::ProviderListTooSlow.with("provider", self.name()).with("seconds", s).into())
        });
        let took = began.elapsed();
        let wait = models.as_ref().err().and_then(|fault| fault.api_error.retry_after_ms).map(Duration::from_millis).unwrap_or_default();
        self.take(models, took);
        self.renewal.end(self.ttl.max(took * SHARE).max(wait));
    }

    fn take(&self, models: Result<Option<Vec<ModelEntry>>, ProviderError>, took: Duration) {
        let mut newest = self.lock();
        let was_silent = newest.fault.is_some();
        newest.took = took;
        match models {
            Ok(Some(models)) => {
                let list = ModelList::new(models);
                if was_silent && self.is_logged {
                    tracing::info!(provider = self.name(), models = list.entries().len(), "provider answers again");
                }
                *newest = Newest { list: Some((Arc::new(list), Instant::now())), has_none: false, fault: None, took };
            }
            // An earlier list is more likely to be true than the reply that there is none.
            Ok(None) => {
                newest.has_none = newest.list.is_none();
                newest.fault = (!newest.has_none).then(|| Reason::ProviderListGone.with("provider", self.name()).into());
            }
            Err(fault) => {
                if !was_silent && self.is_logged {
                    tracing::warn!(provider = self.name(), code = %fault.code(), "{}", fault.detail());
                }
                newest.fault = Some(fault);
            }
        }
    }

    // A poisoned lock is not possible, because nothing panics while holding it.
    fn lock(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Timeouts for lists.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListSettings {
    /// Timeout of an attempt.
    timeout: Duration,
    /// Age from which on a list is read again.
    ttl: Duration,
}

impl From<&ProviderSettings> for ListSettings {
    fn from(settings: &ProviderSettings) -> Self {
        Self { timeout: settings.list_timeout, ttl: settings.list_ttl }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_holds_each_model_once_and_those_that_chat_first() {
        let entry = |name: &str, chats| ModelEntry { chats, ..ModelEntry::chat(name) };
        let long = "x".repeat(LONGEST_NAME + 1);
        let list = ModelList::new(vec![
            entry("tts-1", false),
            entry("a", true),
            entry("", true),
            entry(&long, true),
            entry("a", true),
            entry("b", true),
        ]);
        assert_eq!(list.entries(), [entry("a", true), entry("b", true), entry("tts-1", false)]);
        assert_eq!((list.place("b"), list.place("c")), (Some(1), None));
    }
}
