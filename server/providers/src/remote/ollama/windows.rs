//! Chooses the context window that Ollama loads a model with.
//!
//! Ollama loads a model with a window of 4096 tokens by default, and loads it again for another one. So the window grows with a
//! conversation in few steps, and does not shrink while the model is loaded.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hashlink::LruCache;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::endpoint::Endpoint;

/// The first window of a model, tokens. Each further step doubles it.
const FIRST: u32 = 8_192;
/// The largest window. A larger one needs more memory than many machines have.
const LARGEST: u32 = 32_768;
/// Number of tokens reserved for the answer when the window grows.
const FREE: u32 = 4_096;
/// Number of models for which values are remembered.
const REMEMBERED: usize = 500;
/// How long Ollama's information about a model is used.
const KNOWN_FOR: Duration = Duration::from_secs(600);
/// How long to wait before asking again if Ollama gave no information.
const UNKNOWN_FOR: Duration = Duration::from_secs(20);
/// Timeout for Ollama's information about a model.
const TELLS_WITHIN: Duration = Duration::from_secs(5);

/// The context windows of a server's models.
#[derive(Clone)]
pub(super) struct ModelWindows {
    endpoint: Endpoint,
    models: Arc<Mutex<LruCache<String, Model>>>,
}

impl std::fmt::Debug for ModelWindows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ModelWindows(…)")
    }
}

/// What is known about a model.
#[derive(Clone, Copy, Debug)]
struct Model {
    /// Until when this is used.
    until: Instant,
    /// The model's maximum window, tokens; `None` if it is not known.
    context: Option<u32>,
    /// The window in its Modelfile.
    own: Option<u32>,
    /// Whether it runs on another server, where the window can't be chosen.
    is_remote: bool,
    /// The window that it is loaded with; 0 if it is not loaded.
    loaded: u32,
}

impl ModelWindows {
    pub(super) fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, models: Arc::new(Mutex::new(LruCache::new(REMEMBERED))) }
    }

    /// Returns the largest window that a model may get, tokens, or `None` if it is not known. `wanted` is the window that the settings of
    /// an answer ask for; it comes before the server's setting.
    pub(super) async fn most(&self, name: &str, wanted: Option<u32>) -> Option<u32> {
        let model = self.model(name).await;
        if model.is_remote { model.context } else { Some(model.most(wanted.or(self.endpoint.http.ollama_context))) }
    }

    /// Returns the largest window that a model may get, tokens, if Ollama has told about it already.
    pub(super) fn told(&self, name: &str) -> Option<u32> {
        let model = self.lock().peek(name).copied()?;
        if model.is_remote { model.context } else { Some(model.most(self.endpoint.http.ollama_context)) }
    }

    /// Returns the window for a prompt of this many tokens, or `None` if the model runs elsewhere.
    pub(super) async fn choose(&self, name: &str, tokens: u32, wanted: Option<u32>) -> Option<u32> {
        let model = self.model(name).await;
        if model.is_remote {
            return None;
        }
        let window = model.choose(wanted.or(self.endpoint.http.ollama_context), tokens);
        if let Some(model) = self.lock().get_mut(name) {
            model.loaded = window;
        }
        Some(window)
    }

    /// Returns the next larger window than `window`, or `None` if there is none.
    pub(super) async fn grow(&self, name: &str, window: u32, wanted: Option<u32>) -> Option<u32> {
        let larger = self.choose(name, window.saturating_mul(2).saturating_sub(FREE), wanted).await?;
        (larger > window).then_some(larger)
    }

    /// Returns what is known about a model; asks Ollama if that is old.
    async fn model(&self, name: &str) -> Model {
        let cached = self.lock().get(name).copied();
        if let Some(model) = cached.filter(|model| model.until > Instant::now()) {
            return model;
        }
        let asked = json!({"model": name});
        let asking = async { tokio::join!(self.endpoint.ask_for("api/show", &asked), self.endpoint.list("api/ps", None)) };
        let (shown, running) = tokio::time::timeout(TELLS_WITHIN, asking).await.unwrap_or((None, Ok(None)));
        let loaded = running.ok().flatten().and_then(|running| loaded(&running, name));
        let known_for = if shown.is_some() { KNOWN_FOR } else { UNKNOWN_FOR };
        let shown = shown.unwrap_or_default();
        let model = Model {
            until: Instant::now() + known_for,
            context: context_length(&shown),
            own: own_window(&shown),
            is_remote: shown["remote_host"].as_str().is_some_and(|host| !host.is_empty()),
            loaded: loaded.or(cached.map(|model| model.loaded)).unwrap_or(0),
        };
        self.lock().insert(name.to_owned(), model);
        model
    }

    // A poisoned lock is not possible, because nothing panics while holding it.
    fn lock(&self) -> MutexGuard<'_, LruCache<String, Model>> {
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Model {
    /// Returns the largest window; `fixed` is a setting.
    fn most(&self, fixed: Option<u32>) -> u32 {
        let wanted = fixed.unwrap_or_else(|| LARGEST.max(self.own.unwrap_or(0)).max(self.loaded));
        // For an unknown model, a small window is the safe choice.
        wanted.min(self.context.unwrap_or(FIRST.max(fixed.unwrap_or(0))))
    }

    /// Returns the window for a prompt of this many tokens.
    fn choose(&self, fixed: Option<u32>, tokens: u32) -> u32 {
        let most = self.most(fixed);
        if fixed.is_some() {
            return most;
        }
        let needed = tokens.saturating_add(FREE).checked_next_power_of_two().unwrap_or(u32::MAX);
        needed.max(FIRST).max(self.own.unwrap_or(0)).max(self.loaded).min(most)
    }
}

fn tokens(value: &Value) -> Option<u32> {
    value.as_u64().filter(|length| *length > 0).map(|length| u32::try_from(length).unwrap_or(u32::MAX))
}

/// `"llama.context_length": 131072`, with any model family.
fn context_length(shown: &Value) -> Option<u32> {
    let info = shown["model_info"].as_object()?;
    info.iter().find(|(name, _)| name.ends_with(".context_length")).and_then(|(_, length)| tokens(length))
}

/// `num_ctx  16384` in the parameters of its Modelfile.
fn own_window(shown: &Value) -> Option<u32> {
    shown["parameters"].as_str()?.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some("num_ctx")).then(|| words.next()?.parse().ok())?
    })
}

/// Returns the window that a model is loaded with: 0 if it is not loaded, `None` if the list does not tell.
fn loaded(running: &str, name: &str) -> Option<u32> {
    let running: Value = serde_json::from_str(running).ok()?;
    let latest = format!("{name}:latest");
    let is_it = |field: &Value| field.as_str().is_some_and(|field| field == name || field == latest);
    let entry = running["models"].as_array()?.iter().find(|entry| is_it(&entry["name"]) || is_it(&entry["model"]));
    // Versions before 0.11 do not report the window.
    entry.map_or(Some(0), |entry| tokens(&entry["context_length"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(context: Option<u32>, own: Option<u32>, loaded: u32) -> Model {
        Model { until: Instant::now(), context, own, is_remote: false, loaded }
    }

    #[test]
    fn the_window_grows_in_steps_up_to_the_model_s_own() {
        let large = model(Some(131_072), None, 0);
        for (tokens, window) in
            [(0, 8_192), (4_096, 8_192), (4_097, 16_384), (12_288, 16_384), (12_289, 32_768), (90_000, 32_768), (u32::MAX, 32_768)]
        {
            assert_eq!(large.choose(None, tokens), window, "{tokens}");
        }
        assert_eq!(model(Some(2_048), None, 0).choose(None, 5_000), 2_048);
        assert_eq!(model(Some(20_000), None, 0).choose(None, 15_000), 20_000);
        assert_eq!(model(None, None, 0).choose(None, 15_000), 8_192, "nothing is known of it");
    }

    #[test]
    fn a_window_that_is_wanted_counts() {
        assert_eq!(model(Some(131_072), Some(65_536), 0).choose(None, 1), 65_536, "by its Modelfile");
        assert_eq!(model(Some(131_072), None, 16_384).choose(None, 1), 16_384, "it is loaded with it");
        assert_eq!(model(Some(131_072), Some(65_536), 65_536).choose(Some(12_000), 1), 12_000, "by the setting");
        assert_eq!(model(Some(2_048), None, 0).choose(Some(12_000), 1), 2_048);
        assert_eq!(model(None, None, 0).choose(Some(12_000), 1), 12_000);
    }

    #[test]
    fn what_ollama_tells_of_a_model_is_read() {
        let shown = json!({"parameters": "stop    \"<|end|>\"\nnum_ctx     16384", "model_info": {"general.architecture": "gemma3", "gemma3.context_length": 131_072}});
        assert_eq!((context_length(&shown), own_window(&shown)), (Some(131_072), Some(16_384)));
        assert_eq!((context_length(&json!({})), own_window(&json!({"parameters": "num_ctx"}))), (None, None));
        let running = json!({"models": [{"name": "a:latest", "context_length": 4_096}, {"model": "b:1b"}]}).to_string();
        for (name, window) in [("a", Some(4_096)), ("a:latest", Some(4_096)), ("b:1b", None), ("c", Some(0))] {
            assert_eq!(loaded(&running, name), window, "{name}");
        }
        assert_eq!(loaded("404", "a"), None);
    }
}
