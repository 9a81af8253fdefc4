//! Finds servers on this machine, so that nothing need be configured.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use tokio::{sync::Mutex, time::Instant};

use super::{
    Provider, ProviderSettings,
    remote::{self, Http, LLAMACPP, LMSTUDIO, Listing, OLLAMA, OpenAi},
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

/// The search, and what it found last.
pub(super) struct Discovery {
    /// A candidate for the look (impatient) and for the answers (patient).
    candidates: Vec<(OpenAi, Arc<dyn Provider>)>,
    ttl: Duration,
    found: Mutex<Option<Found>>,
}

struct Found {
    at: Instant,
    providers: Vec<Arc<dyn Provider>>,
}

impl Discovery {
    pub(super) fn new(settings: &ProviderSettings, http: &Http) -> Self {
        let Ports { ollama, llamacpp, lmstudio } = settings.discover_ports;
        let hasty = http.hasty(settings.discover_timeout);
        let places =
            [(&OLLAMA, ollama, Listing::Ollama), (&LLAMACPP, llamacpp, Listing::LlamaCpp), (&LMSTUDIO, lmstudio, Listing::LmStudio)];
        let candidates = places.into_iter().filter_map(|(vendor, port, listing)| {
            let look = remote::local(vendor, port, listing, &hasty).ok()?;
            let provider: Arc<dyn Provider> = Arc::new(remote::local(vendor, port, listing, http).ok()?);
            Some((look, provider))
        });
        Self { candidates: candidates.collect(), ttl: settings.discover_ttl, found: Mutex::new(None) }
    }

    /// The servers that are there. Looks again when what it knows is old; those who ask meanwhile share the look.
    pub(super) async fn found(&self) -> Vec<Arc<dyn Provider>> {
        let mut found = self.found.lock().await;
        if let Some(found) = &*found
            && found.at.elapsed() < self.ttl
        {
            return found.providers.clone();
        }
        let looks = self.candidates.iter().map(|(look, provider)| async move { look.is_there().await.then(|| provider.clone()) });
        let providers: Vec<_> = join_all(looks).await.into_iter().flatten().collect();
        let names = |providers: &[Arc<dyn Provider>]| providers.iter().map(|provider| provider.name()).collect::<Vec<_>>().join(", ");
        let (before, now) = (found.as_ref().map(|found| names(&found.providers)).unwrap_or_default(), names(&providers));
        if before != now {
            tracing::info!(found = now, "model servers on this machine");
        }
        *found = Some(Found { at: Instant::now(), providers: providers.clone() });
        providers
    }
}
