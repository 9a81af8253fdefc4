//! Discovers model servers on this machine, so that they need no configuration.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::join_all;

use super::{
    ProviderSettings,
    kinds::{LLAMACPP, LMSTUDIO, OLLAMA},
    lists::Lister,
    remote::{self, Http, Listing, OpenAi},
    renewal::Renewal,
};

/// Ports of the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// Ollama's port.
    pub ollama: u16,
    /// The port of llama.cpp's `llama-server`.
    pub llamacpp: u16,
    /// LM Studio's port.
    pub lmstudio: u16,
}

impl Default for Ports {
    fn default() -> Self {
        Self { ollama: 11434, llamacpp: 8080, lmstudio: 1234 }
    }
}

/// Maximum time that a search takes beyond its timeout.
const MARGIN: Duration = Duration::from_millis(50);

/// The background search, and its latest results.
pub(super) struct Discovery {
    /// For each candidate, a client with a short timeout for the search, and one with a long timeout for answers.
    candidates: Vec<(OpenAi, Arc<Lister>)>,
    timeout: Duration,
    ttl: Duration,
    renewal: Renewal,
    found: Mutex<Vec<Arc<Lister>>>,
}

impl Discovery {
    pub(super) fn new(settings: &ProviderSettings, http: &Http) -> Arc<Self> {
        let Ports { ollama, llamacpp, lmstudio } = settings.discover_ports;
        let hasty = http.hasty(settings.discover_timeout);
        let places =
            [(&OLLAMA, ollama, Listing::Ollama), (&LLAMACPP, llamacpp, Listing::LlamaCpp), (&LMSTUDIO, lmstudio, Listing::LmStudio)];
        let candidates = places.into_iter().filter_map(|(vendor, port, listing)| {
            let look = remote::local(vendor, port, listing, &hasty).ok()?;
            let provider = remote::provider(remote::local(vendor, port, listing, http).ok()?);
            Some((look, Lister::new(provider, &settings.into(), true)))
        });
        Arc::new(Self {
            candidates: candidates.collect(),
            timeout: settings.discover_timeout,
            ttl: settings.discover_ttl,
            renewal: Renewal::default(),
            found: Mutex::default(),
        })
    }

    /// Starts a new search if the results are old.
    pub(super) fn refresh(self: &Arc<Self>) {
        if self.renewal.begin() {
            let this = self.clone();
            tokio::spawn(async move { this.search().await });
        }
    }

    /// Returns the servers that the latest search found.
    pub(super) fn found(self: &Arc<Self>) -> Vec<Arc<Lister>> {
        self.refresh();
        self.lock().clone()
    }

    /// Like [`Discovery::found`], but waits for a running search.
    pub(super) async fn found_now(self: &Arc<Self>) -> Vec<Arc<Lister>> {
        self.refresh();
        self.renewal.wait(self.timeout + MARGIN).await;
        self.lock().clone()
    }

    async fn search(&self) {
        let looks = self.candidates.iter().map(|(look, provider)| async move { look.is_there().await.then(|| provider.clone()) });
        let providers: Vec<_> = join_all(looks).await.into_iter().flatten().collect();
        let names = |providers: &[Arc<Lister>]| providers.iter().map(|provider| provider.name()).collect::<Vec<_>>().join(", ");
        providers.iter().for_each(Lister::refresh);
        let now = names(&providers);
        let before = names(&std::mem::replace(&mut *self.lock(), providers));
        if before != now {
            tracing::info!(found = now, "found model servers on this machine");
        }
        self.renewal.end(self.ttl);
    }

    // A poisoned lock is not possible, because nothing panics while holding it.
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Lister>>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
