//! Finds servers on this machine, so that nothing need be configured.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::join_all;

use super::{
    ProviderSettings,
    lists::Lister,
    remote::{self, Http, LLAMACPP, LMSTUDIO, Listing, OLLAMA, OpenAi},
    renewal::Renewal,
};

/// Where the servers listen.
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

/// A look ends so long after its timeout at the latest.
const MARGIN: Duration = Duration::from_millis(50);

/// The search, and what it found last. It goes on in the background.
pub(super) struct Discovery {
    /// A candidate for the look (impatient) and for the answers (patient).
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

    /// Begins to look again when what it knows is old.
    pub(super) fn look(self: &Arc<Self>) {
        if self.renewal.begin() {
            let this = self.clone();
            tokio::spawn(async move { this.search().await });
        }
    }

    /// The servers that were there at the last look.
    pub(super) fn found(self: &Arc<Self>) -> Vec<Arc<Lister>> {
        self.look();
        self.lock().clone()
    }

    /// The servers that are there: as [`Discovery::found`], but it waits for a look that is under way.
    pub(super) async fn found_now(self: &Arc<Self>) -> Vec<Arc<Lister>> {
        self.look();
        self.renewal.wait(self.timeout + MARGIN).await;
        self.lock().clone()
    }

    async fn search(&self) {
        let looks = self.candidates.iter().map(|(look, provider)| async move { look.is_there().await.then(|| provider.clone()) });
        let providers: Vec<_> = join_all(looks).await.into_iter().flatten().collect();
        let names = |providers: &[Arc<Lister>]| providers.iter().map(|provider| provider.name()).collect::<Vec<_>>().join(", ");
        providers.iter().for_each(Lister::look);
        let now = names(&providers);
        let before = names(&std::mem::replace(&mut *self.lock(), providers));
        if before != now {
            tracing::info!(found = now, "model servers on this machine");
        }
        self.renewal.end(self.ttl);
    }

    // Nothing panics while it holds this lock.
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Lister>>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
