//! Lists of models: which of them chat, and which comes first.

use std::cmp::Reverse;

use serde_json::Value;

use super::Listing;

/// Parts of names of models that are no chat models.
const OTHER_WORK: [&str; 19] = [
    "embed",
    "whisper",
    "tts",
    "dall-e",
    "moderation",
    "realtime",
    "transcribe",
    "audio",
    "image",
    "imagen",
    "veo",
    "sora",
    "aqa",
    "lyria",
    "native-audio",
    "davinci",
    "babbage",
    "rerank",
    "computer-use",
];

/// The chat models in a list, the best choice first; none where the document is no such list.
pub(super) fn read(listing: Listing, document: &Value) -> Option<Vec<String>> {
    let (entries, name) = match listing {
        Listing::Ollama => (document.get("models")?.as_array()?, "name"),
        _ => (document.get("data")?.as_array()?, "id"),
    };
    let mut entries: Vec<(&str, &Value)> = entries.iter().map(|entry| Some((entry.get(name)?.as_str()?, entry))).collect::<Option<_>>()?;
    entries.retain(|(name, entry)| !name.is_empty() && chats(listing, name, entry));
    if matches!(listing, Listing::OpenAi | Listing::Gemini) {
        // Such lists come in no useful order. A plain name is the vendor's own pointer to its current main model.
        entries.sort_by_key(|(name, entry)| (!is_plain(name), Reverse(entry["created"].as_u64().unwrap_or(0))));
    }
    Some(entries.into_iter().map(|(name, _)| name.strip_prefix("models/").unwrap_or(name).to_owned()).collect())
}

/// Whether what answers is really the server that is looked for, and not another program on its port.
pub(super) fn is_from(listing: Listing, document: &Value) -> bool {
    match listing {
        Listing::LlamaCpp => document["data"].as_array().is_some_and(|data| data.iter().any(|model| model["owned_by"] == "llamacpp")),
        Listing::LmStudio => {
            let model = |entry: &Value| entry["object"] == "model" && entry["type"].is_string();
            document["object"] == "list" && document["data"].as_array().is_some_and(|data| data.iter().all(model))
        }
        _ => read(listing, document).is_some(),
    }
}

fn chats(listing: Listing, name: &str, entry: &Value) -> bool {
    match listing {
        Listing::LmStudio => entry["type"] != "embeddings",
        // Families of models that only embed.
        Listing::Ollama => {
            let family = entry["details"]["family"].as_str().unwrap_or_default();
            !family.ends_with("bert") && !name.to_ascii_lowercase().contains("embed")
        }
        Listing::LlamaCpp => true,
        Listing::OpenAi | Listing::Gemini => {
            let name = name.to_ascii_lowercase();
            !OTHER_WORK.iter().any(|part| name.contains(part))
        }
    }
}

/// `gpt-5.1`, but not `gpt-5.1-2026-01-01`, `gpt-5.1-mini` or `o3`; `gemini-3-flash`, but no preview.
fn is_plain(name: &str) -> bool {
    let name = name.strip_prefix("models/").unwrap_or(name);
    let is_version = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    match name.split('-').collect::<Vec<_>>().as_slice() {
        ["gpt", version] => is_version(version),
        ["gemini", version, "flash" | "pro"] => is_version(version),
        ["gemini", "flash" | "pro", "latest"] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn chat_models_are_kept_and_the_main_one_comes_first() {
        let ids = [("text-embedding-3-large", 9), ("gpt-4", 1), ("gpt-5", 5), ("gpt-5-mini", 6), ("gpt-5-2025-08-07", 7), ("dall-e-3", 8)];
        let list = json!({"object": "list", "data": ids.map(|(id, created)| json!({"id": id, "created": created})) });
        assert_eq!(read(Listing::OpenAi, &list), Some(["gpt-5", "gpt-4", "gpt-5-2025-08-07", "gpt-5-mini"].map(str::to_owned).to_vec()));

        let list = json!({"object": "list", "data": [{"id": "models/gemini-3-pro-preview"}, {"id": "models/gemini-2.5-flash"}, {"id": "models/imagen-4"}]});
        assert_eq!(read(Listing::Gemini, &list), Some(vec!["gemini-2.5-flash".into(), "gemini-3-pro-preview".into()]));

        let list =
            json!({"models": [{"name": "nomic-embed-text:latest", "details": {"family": "nomic-bert"}}, {"name": "llama3.2:latest"}]});
        assert_eq!(read(Listing::Ollama, &list), Some(vec!["llama3.2:latest".into()]));
    }

    #[test]
    fn other_documents_are_no_lists() {
        for document in [json!({}), json!([]), json!({"data": {}}), json!({"data": [{"name": 1}]}), json!({"models": ["a"]})] {
            assert_eq!(read(Listing::OpenAi, &document), None, "{document}");
            assert!(!is_from(Listing::Ollama, &document), "{document}");
            assert!(!is_from(Listing::LlamaCpp, &document), "{document}");
        }
        assert!(!is_from(Listing::LlamaCpp, &json!({"object": "list", "data": [{"id": "x", "object": "model"}]})));
        assert!(!is_from(Listing::LmStudio, &json!({"object": "list", "data": [{"id": "x", "object": "model"}]})));
    }
}
