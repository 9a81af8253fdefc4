//! Context windows in lists of models.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;

/// Maximum number of windows of one list.
const MOST: usize = 20_000;

/// Fields with a model's window; the effective window comes before the model's maximum.
const FIELDS: [&str; 10] = [
    "/meta/n_ctx",                            // llama.cpp
    "/loaded_context_length",                 // LM Studio
    "/max_model_len",                         // vLLM
    "/top_provider/context_length",           // OpenRouter: of the provider that answers
    "/context_length",                        // OpenRouter, Together, Fireworks
    "/context_window",                        // Groq
    "/max_context_length",                    // Mistral
    "/max_input_tokens",                      // Anthropic
    "/inputTokenLimit",                       // Gemini
    "/capabilities/limits/max_prompt_tokens", // GitHub
];

/// The context windows of a provider's models, from its last list.
#[derive(Clone, Debug, Default)]
pub(super) struct ListedWindows(Arc<Mutex<HashMap<String, u32>>>);

impl ListedWindows {
    /// Replaces the windows by those of a new list, by model name.
    pub(super) fn take(&self, windows: impl IntoIterator<Item = (String, u32)>) {
        let windows: HashMap<String, u32> = windows.into_iter().take(MOST).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = windows;
    }

    /// Returns the window of a model, tokens.
    pub(super) fn of(&self, model: &str) -> Option<u32> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(model).copied()
    }
}

/// Returns the window in an entry of a list, tokens.
pub(super) fn window(entry: &Value) -> Option<u32> {
    // LM Studio reports the model's maximum; an unloaded model gets a smaller window.
    let is_unloaded = entry["state"] == "not-loaded";
    let fields = FIELDS.iter().filter(|field| !(is_unloaded && **field == "/max_context_length"));
    fields.filter_map(|field| entry.pointer(field)?.as_u64()).find(|n| *n > 0).and_then(|n| u32::try_from(n).ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn windows_are_read_from_the_lists_of_vendors_and_servers() {
        let windows = ListedWindows::default();
        let take = |list: serde_json::Value| {
            let entries = list.as_array().unwrap().iter();
            windows.take(entries.filter_map(|entry| Some((entry["id"].as_str()?.to_owned(), window(entry)?))));
        };
        take(json!([
            {"id": "llama", "meta": {"n_ctx": 512, "n_ctx_train": 8192}},
            {"id": "vllm", "max_model_len": 4096},
            {"id": "openrouter", "context_length": 200_000, "top_provider": {"context_length": 128_000}},
            {"id": "groq", "context_window": 131_072},
            {"id": "studio", "state": "loaded", "loaded_context_length": 4096, "max_context_length": 131_072},
            {"id": "unloaded", "state": "not-loaded", "max_context_length": 131_072},
            {"id": "mistral", "max_context_length": 32_768},
            {"id": "claude", "max_input_tokens": 200_000},
            {"id": "none", "context_length": null},
        ]));
        for (model, window) in [
            ("llama", Some(512)),
            ("vllm", Some(4_096)),
            ("openrouter", Some(128_000)),
            ("groq", Some(131_072)),
            ("studio", Some(4_096)),
            ("unloaded", None),
            ("mistral", Some(32_768)),
            ("claude", Some(200_000)),
            ("none", None),
        ] {
            assert_eq!(windows.of(model), window, "{model}");
        }
        take(json!([{"id": "gemini", "inputTokenLimit": 1_048_576}]));
        assert_eq!((windows.of("gemini"), windows.of("llama")), (Some(1_048_576), None));
        take(json!([{"id": "together", "context_length": 8_192}]));
        assert_eq!(windows.of("together"), Some(8_192));
    }
}
