//! Fetches and parses lists of models, and sorts them.

mod accepts;
mod kinds;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
    sync::atomic::{AtomicBool, Ordering},
};

use holdfast_protocol::api::Accepts;
use serde_json::{Value, value::RawValue};

use super::{
    Listing,
    endpoint::Endpoint,
    windows::{self, ListedWindows},
};
use holdfast_core::model::{ModelEntry, ProviderError};

/// Maximum number of pages of a list that are read.
const MOST_PAGES: usize = 50;
/// Maximum number of models that are read.
const MOST_MODELS: usize = 20_000;

/// Fetches a list with all its pages, the best choice first. Returns `None` if the server has no list, or an invalid empty one; then any
/// name may be a model. `after` is the parameter with the last model of the previous page. `windows` receives the context windows in the
/// list. `is_whole` is set if the list contains all models: llama.cpp answers with the model that it has, whatever name is requested.
///
/// # Errors
/// The server can't be reached, or the reply is not a list.
pub(super) async fn fetch(
    endpoint: &Endpoint,
    path: &str,
    listing: Listing,
    after: &str,
    windows: &ListedWindows,
    is_whole: &AtomicBool,
) -> Result<Option<Vec<ModelEntry>>, ProviderError> {
    let Some(text) = endpoint.list(path, None).await? else { return Ok(None) };
    let mut page = read(&text).ok_or_else(|| endpoint.strange())?;
    if let Some(owner) = page.entries.first().and_then(|entry| entry.owner.as_deref()) {
        endpoint.words.recognize(owner);
    }
    is_whole.store(page.entries.iter().any(|entry| entry.is_llamacpp), Ordering::Relaxed);
    let (mut all, mut known) = (Vec::new(), HashSet::new());
    for pages in 1.. {
        let before = all.len();
        all.extend(page.entries.into_iter().filter(|entry| known.insert(entry.name.clone())));
        let next = match page.next {
            // A server that does not know the parameter returns the same page forever.
            Some(next) if pages < MOST_PAGES && all.len() < MOST_MODELS && all.len() > before => next,
            _ => break,
        };
        let query = match &next {
            Next::After(last) => (after, last.as_str()),
            Next::Token(token) => ("pageToken", token.as_str()),
        };
        // A partly read list is better than none.
        match endpoint.list(path, Some(query)).await.map(|text| text.and_then(|text| read(&text))) {
            Ok(Some(more)) => page = more,
            _ => break,
        }
    }
    windows.take(all.iter().filter_map(|entry: &Entry| Some((entry.name.clone(), entry.window?))));
    if all.is_empty() && !matches!(listing, Listing::Ollama | Listing::LlamaCpp | Listing::LmStudio) {
        return Ok(None);
    }
    Ok(Some(in_order(listing, all)))
}

/// Returns whether the reply comes from the expected server, and not from another program on its port.
pub(super) fn is_from(listing: Listing, text: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(text) else { return false };
    match listing {
        Listing::LlamaCpp => document["data"].as_array().is_some_and(|data| data.iter().any(|model| model["owned_by"] == "llamacpp")),
        Listing::LmStudio => {
            let model = |entry: &Value| entry["object"] == "model" && entry["type"].is_string();
            document["object"] == "list" && document["data"].as_array().is_some_and(|data| data.iter().all(model))
        }
        Listing::Ollama => {
            let model = |entry: &Value| entry["name"].is_string();
            match &document["models"] {
                Value::Array(models) => models.iter().all(model),
                other => other.is_null() && document.get("models").is_some(),
            }
        }
        _ => read(text).is_some(),
    }
}

/// A page of a list.
struct Page {
    entries: Vec<Entry>,
    next: Option<Next>,
}

/// How to request the next page.
enum Next {
    /// By the last model of this page.
    After(String),
    /// By a token in this page.
    Token(String),
}

/// A model in a list.
struct Entry {
    name: String,
    created: u64,
    chats: bool,
    window: Option<u32>,
    accepts: Accepts,
    is_llamacpp: bool,
    /// Who owns it, as far as the list tells.
    owner: Option<String>,
}

/// Parses a page: an array, or an object with the array under one of the usual names. Invalid entries are skipped. Returns `None` if it
/// is something else.
fn read(text: &str) -> Option<Page> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let mut fields: BTreeMap<String, &RawValue> = BTreeMap::new();
    let entries: Vec<&RawValue> = if text.starts_with('[') {
        serde_json::from_str(text).ok()?
    } else {
        fields = serde_json::from_str(text).ok()?;
        let list = ["data", "models", "result"].into_iter().find_map(|name| fields.get(name))?;
        serde_json::from_str::<Option<Vec<&RawValue>>>(list.get()).ok()?.unwrap_or_default()
    };
    let field = |name: &str| fields.get(name).and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
    let words = |name: &str| field(name).and_then(|value| value.as_str().map(str::to_owned)).filter(|text| !text.is_empty());
    let count = entries.len();
    let entries: Vec<Entry> = entries.into_iter().filter_map(|raw| entry(&value(raw)?)).collect();
    // A list without any models is not a list of models.
    if count > 0 && entries.is_empty() {
        return None;
    }
    let next = match words("nextPageToken").or_else(|| words("next_page_token")) {
        Some(token) => Some(Next::Token(token)),
        None if field("has_more") == Some(Value::Bool(true)) => {
            words("last_id").or_else(|| entries.last().map(|entry| entry.name.clone())).map(Next::After)
        }
        None => None,
    };
    Some(Page { entries, next })
}

/// Parses an entry; of an invalid one, the fields that are valid.
fn value(raw: &RawValue) -> Option<Value> {
    serde_json::from_str(raw.get()).ok().or_else(|| {
        let fields: BTreeMap<String, &RawValue> = serde_json::from_str(raw.get()).ok()?;
        let fields = fields.into_iter().filter_map(|(name, raw)| Some((name, serde_json::from_str(raw.get()).ok()?)));
        Some(Value::Object(fields.collect()))
    })
}

fn entry(value: &Value) -> Option<Entry> {
    let name = value.as_str().or_else(|| ["id", "name", "model"].iter().find_map(|field| value[*field].as_str()))?.trim();
    let name = name.strip_prefix("models/").unwrap_or(name);
    if name.is_empty() {
        return None;
    }
    Some(Entry {
        name: name.to_owned(),
        created: value["created"].as_u64().unwrap_or(0),
        chats: kinds::chats(name, value),
        window: windows::window(value),
        accepts: accepts::accepts(name, value),
        is_llamacpp: value["owned_by"] == "llamacpp",
        owner: value["owned_by"].as_str().map(str::to_owned),
    })
}

fn in_order(listing: Listing, mut entries: Vec<Entry>) -> Vec<ModelEntry> {
    if matches!(listing, Listing::OpenAi | Listing::Gemini) {
        // Such lists have no useful order. A plain name is the vendor's alias for its current main model.
        entries.sort_by_key(|entry| (!is_plain(&entry.name), Reverse(entry.created)));
    }
    let model = |Entry { name, chats, window, accepts, .. }| ModelEntry { name, chats, context_tokens: window, accepts };
    entries.into_iter().map(model).collect()
}

/// `gpt-5.1`, but not `gpt-5.1-2026-01-01`, `gpt-5.1-mini` or `o3`; `gemini-3-flash`, but no preview.
fn is_plain(name: &str) -> bool {
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
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn names(listing: Listing, document: &Value) -> Option<Vec<String>> {
        let entries = in_order(listing, read(&document.to_string())?.entries);
        Some(entries.into_iter().map(|entry| if entry.chats { entry.name } else { format!("-{}", entry.name) }).collect())
    }

    #[test]
    fn the_main_model_comes_first_and_others_are_marked() {
        let ids = [("text-embedding-3-large", 9), ("gpt-4", 1), ("gpt-5", 5), ("gpt-5-mini", 6), ("gpt-5-2025-08-07", 7), ("dall-e-3", 8)];
        let list = json!({"object": "list", "data": ids.map(|(id, created)| json!({"id": id, "created": created})) });
        assert_eq!(
            names(Listing::OpenAi, &list).unwrap(),
            ["gpt-5", "gpt-4", "-text-embedding-3-large", "-dall-e-3", "gpt-5-2025-08-07", "gpt-5-mini"]
        );
        let list = json!({"object": "list", "data": [{"id": "models/gemini-3-pro-preview"}, {"id": "models/gemini-2.5-flash"}, {"id": "models/imagen-4"}]});
        assert_eq!(names(Listing::Gemini, &list).unwrap(), ["gemini-2.5-flash", "gemini-3-pro-preview", "-imagen-4"]);
        let list =
            json!({"models": [{"name": "nomic-embed-text:latest", "details": {"family": "nomic-bert"}}, {"name": "llama3.2:latest"}]});
        assert_eq!(names(Listing::Ollama, &list).unwrap(), ["-nomic-embed-text:latest", "llama3.2:latest"]);
    }

    #[test]
    fn lists_are_read_in_all_forms_without_what_can_t_be_read() {
        for list in [
            r#"["a", "b"]"#,
            r#"[{"id": "a"}, {"id": "b"}]"#,
            "\u{feff} {\"data\": [{\"id\": \"a\"}, {\"id\": null}, {\"object\": \"model\"}, 7, null, {\"id\": [1]}, {\"id\": \"\"}, {\"id\": \"b\"}]}",
            r#"{"models": [{"model": "a"}, {"name": "b", "x": 1e999, "y": "\ud800"}]}"#,
            r#"{"success": true, "result": [{"id": "a"}, {"id": "\ud800"}, {"name": "b"}]}"#,
        ] {
            let names: Vec<String> = read(list).unwrap().entries.into_iter().map(|entry| entry.name).collect();
            assert_eq!(names, ["a", "b"], "{list}");
        }
        assert!(read(r#"{"models": null}"#).unwrap().entries.is_empty(), "Ollama without a model");
        assert!(read(r#"{"data": []}"#).unwrap().entries.is_empty());
    }

    #[test]
    fn other_documents_are_no_lists() {
        for document in [json!({}), json!("x"), json!({"data": {}}), json!({"data": [{"title": 1}]}), json!({"models": 3})] {
            let text = document.to_string();
            assert!(read(&text).is_none(), "{document}");
            for listing in [Listing::Ollama, Listing::LlamaCpp, Listing::LmStudio] {
                assert!(!is_from(listing, &text), "{document}");
            }
        }
        for listing in [Listing::LlamaCpp, Listing::LmStudio] {
            assert!(!is_from(listing, r#"{"object": "list", "data": [{"id": "x", "object": "model"}]}"#));
        }
    }
}
