//! Adapts requests to models: fields that a server refuses are removed, renamed or lowered after the first refusal, and this is
//! remembered for the model.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashlink::LruCache;
use serde_json::{Map, Value, json};

use super::said::Said;

/// Number of models for which changes are remembered.
const MODELS: usize = 1_000;
/// Maximum number of changes of one request.
pub(super) const MOST_CHANGES: usize = 6;
/// Smallest useful limit of an answer, tokens.
const LEAST_TOKENS: u64 = 16;
/// Fields without which a request makes no sense.
const NEEDED: [&str; 6] = ["model", "messages", "stream", "system", "input", "options"];
/// Names of the limit of an answer.
const BOUNDS: [&str; 2] = ["max_tokens", "max_completion_tokens"];

/// A change of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Remove this field.
    Leave(String),
    /// Rename this field.
    Rename(&'static str, &'static str),
    /// Lower this field to a maximum.
    AtMost(&'static str, u64),
    /// Request the answer as one document.
    Whole,
    /// Move the instructions to the beginning of the first message, because there is no other place for them.
    FoldSystem,
}

impl Change {
    pub(super) fn apply(&self, body: &mut Value) {
        let Some(fields) = body.as_object_mut() else { return };
        match self {
            Change::Leave(name) => drop(fields.remove(name)),
            Change::Rename(from, to) => {
                if let Some(value) = fields.remove(*from) {
                    fields.insert((*to).to_owned(), value);
                }
            }
            Change::AtMost(name, most) => {
                if fields.get(*name).and_then(Value::as_u64).is_some_and(|now| now > *most) {
                    fields.insert((*name).to_owned(), (*most).into());
                }
            }
            Change::Whole => {
                fields.insert("stream".to_owned(), false.into());
                fields.remove("stream_options");
            }
            Change::FoldSystem => fold_system(fields),
        }
    }
}

/// Moves the instructions into the user's first message.
fn fold_system(fields: &mut Map<String, Value>) {
    let mut instructions: Vec<String> = fields.remove("system").as_ref().and_then(Value::as_str).map(str::to_owned).into_iter().collect();
    let Some(Value::Array(messages)) = fields.get_mut("messages") else { return };
    messages.retain(|message| {
        let is_system = is_of_system(message);
        instructions.extend(message["content"].as_str().filter(|_| is_system).map(str::to_owned));
        !is_system
    });
    if instructions.is_empty() {
        return;
    }
    let first = messages.iter_mut().find(|message| message["role"] == "user").and_then(|message| message.get_mut("content"));
    match first {
        Some(Value::String(content)) => {
            instructions.push(std::mem::take(content));
            *content = instructions.join("\n\n");
        }
        _ => messages.insert(0, json!({"role": "user", "content": instructions.join("\n\n")})),
    }
}

fn is_of_system(message: &Value) -> bool {
    message["role"] == "system" || message["role"] == "developer"
}

/// Returns whether a refusal says that instructions are not supported, in the words of templates, servers and vendors.
fn refuses_system(words: &str) -> bool {
    const SUBJECTS: [&str; 4] = ["system", "developer instruction", "developer role", "'developer'"];
    const REFUSALS: [&str; 14] = [
        "not support",
        "n't support",
        "unsupported",
        "not enabled",
        "not allowed",
        "not permitted",
        "not accept",
        "not available",
        "invalid",
        "unexpected",
        "unknown",
        "unrecognized",
        "does not match",
        "must be one of",
    ];
    const ROLES: [&str; 4] =
        ["only user and assistant roles", "only user, assistant", "roles must alternate user/assistant", "first message must be from user"];
    let has = |all: &[&str]| all.iter().any(|sign| words.contains(sign));
    let is_of_role = ["role", "prompt", "message", "instruction", "field", "'system'", "`system`", "\"system\""];
    has(&ROLES) || (has(&SUBJECTS) && has(&is_of_role) && has(&REFUSALS) && !words.contains("safety system"))
}

/// Changes by a provider's address and a model.
type Known = LruCache<(String, String), Vec<Change>>;

/// The fields that models refuse.
#[derive(Clone)]
pub(super) struct RefusedFields(Arc<Mutex<Known>>);

impl std::fmt::Debug for RefusedFields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefusedFields(…)")
    }
}

impl Default for RefusedFields {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(LruCache::new(MODELS))))
    }
}

impl RefusedFields {
    /// Applies the known changes to a request.
    pub(super) fn apply(&self, provider: &str, model: &str, body: &mut Value) {
        if let Some(changes) = self.lock().get(&(provider.to_owned(), model.to_owned())) {
            changes.iter().for_each(|change| change.apply(body));
        }
    }

    /// Returns which of these fields a model refuses, as far as is known.
    pub(super) fn refused(&self, provider: &str, model: &str) -> Vec<String> {
        let known = self.lock();
        let Some(changes) = known.peek(&(provider.to_owned(), model.to_owned())) else { return Vec::new() };
        let left = |change: &Change| if let Change::Leave(name) = change { Some(name.clone()) } else { None };
        changes.iter().filter_map(left).collect()
    }

    /// Remembers a change that the server accepted.
    pub(super) fn remember(&self, provider: &str, model: &str, change: Change) {
        let mut known = self.lock();
        let changes = known.entry((provider.to_owned(), model.to_owned())).or_insert_with(Vec::new);
        if changes.len() < MOST_CHANGES * 2 && !changes.contains(&change) {
            changes.push(change);
        }
    }

    // A poisoned lock is not possible, because nothing panics while holding it.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the change that a refusal suggests, and whether it applies to later requests too. Returns `None` if it names no field that can
/// be changed. `needs_bound` tells that the API requires a limit of the answer.
pub(super) fn change(status: u16, said: &Said, body: &Value, needs_bound: bool) -> Option<(Change, bool)> {
    let fields = body.as_object()?;
    let param = said.param.as_deref().unwrap_or_default();
    let words = format!("{} {param}", said.words).to_lowercase();
    let has_system =
        fields.contains_key("system") || fields.get("messages").and_then(Value::as_array).is_some_and(|all| all.iter().any(is_of_system));
    // llama.cpp sends 500 if the model's template refuses.
    let is_of_request = matches!(status, 400 | 422 | 501) || (status == 500 && words.contains("role"));
    if has_system && is_of_request && refuses_system(&words) {
        return Some((Change::FoldSystem, true));
    }
    if !matches!(status, 400 | 422 | 501) {
        return None;
    }
    for name in BOUNDS {
        if fields.contains_key(name) && is_of_bound(&words, name) {
            return bound(&words, name, fields, needs_bound);
        }
    }
    if fields.get("stream") == Some(&true.into())
        && (param == "stream" || ["'stream'", "`stream`", "\"stream\""].iter().any(|name| words.contains(name)))
    {
        return Some((Change::Whole, true));
    }
    // Ollama's words about a model that does not reason.
    let named = |name: &str| {
        names(&words, name)
            || (name == "think" && words.contains("does not support thinking"))
            || (name == "stream_options" && names(&words, "include_usage"))
    };
    let can_go = |name: &&String| !NEEDED.contains(&name.as_str()) && !BOUNDS.contains(&name.as_str()) && named(&name.to_lowercase());
    // The last of several fields: of `temperature` and `top_p`, which exclude each other, the first matters more.
    fields.keys().filter(can_go).max().map(|name| (Change::Leave(name.clone()), true))
}

fn is_of_bound(words: &str, name: &str) -> bool {
    names(words, name)
        || ["maximum tokens", "max tokens", "max output tokens", "output tokens", "completion tokens"]
            .iter()
            .any(|sign| words.contains(sign))
}

fn bound(words: &str, name: &'static str, fields: &Map<String, Value>, needed: bool) -> Option<(Change, bool)> {
    let other = if name == BOUNDS[0] { BOUNDS[1] } else { BOUNDS[0] };
    let refuses_name = ["unsupported", "not supported", "not permitted", "unrecognized", "unknown", "unexpected", "not allowed"];
    if refuses_name.iter().any(|sign| words.contains(sign)) && !words.contains("too large") {
        if names(words, other) {
            return Some((Change::Rename(name, other), true));
        }
        return (!needed).then(|| (Change::Leave(name.to_owned()), true));
    }
    let now = fields.get(name)?.as_u64()?;
    match most(words, now) {
        Some((most, _)) if most < LEAST_TOKENS => None,
        Some((most, holds)) => Some((Change::AtMost(name, most), holds)),
        None if needed => None,
        None => Some((Change::Leave(name.to_owned()), false)),
    }
}

/// Returns the largest limit that a refusal allows, and whether it is the model's and not only this conversation's.
fn most(words: &str, now: u64) -> Option<(u64, bool)> {
    let all = numbers(words);
    // `190000 + 16384 > 200000`, `16384 > 8192 - 30`
    let sum = |separator: &str| {
        words.match_indices(separator).find_map(|(at, _)| Some((before(&words[..at])?, after(&words[at + separator.len()..])?)))
    };
    if let Some((input, bound)) = sum(" + ")
        && bound == now
    {
        let window = all.iter().copied().filter(|n| *n > input && *n != input + bound).max()?;
        return Some((window.saturating_sub(input), false));
    }
    if let Some((window, input)) = sum(" - ")
        && window > input
    {
        return Some((window - input, false));
    }
    // “you requested 16414 tokens (30 in the messages, 16384 in the completion)”
    if let Some(input) = all.iter().copied().find(|input| *input > 0 && all.contains(&(input + now))) {
        let window = all.iter().copied().filter(|n| *n < input + now && *n != now && *n > input).max()?;
        return Some((window - input, false));
    }
    let mut below: Vec<u64> = all.into_iter().filter(|n| *n < now).collect();
    below.sort_unstable();
    let largest = below.pop()?;
    // “maximum context length is 8192 tokens and your request has 30 input tokens”
    if words.contains("context length") && words.contains("input tokens") {
        return Some((largest - below.pop().unwrap_or(0), false));
    }
    Some((largest, true))
}

fn numbers(text: &str) -> Vec<u64> {
    let text = text.replace(',', "");
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

fn before(text: &str) -> Option<u64> {
    let digits = text.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    text[digits..].parse().ok()
}

fn after(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..digits].parse().ok()
}

/// Returns whether `words` contains `name` as a separate word.
fn names(words: &str, name: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    words.match_indices(name).any(|(at, _)| {
        !words[..at].chars().next_back().is_some_and(is_letter) && !words[at + name.len()..].chars().next().is_some_and(is_letter)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn asked(message: &str, body: &Value) -> Option<(Change, bool)> {
        change(400, &Said::of(&json!({"error": {"message": message}})), body, false)
    }

    #[test]
    fn the_field_that_is_named_goes() {
        let body = json!({"model": "m", "messages": [], "stream": true, "stream_options": {"include_usage": true}, "temperature": 0.5, "top_p": 1, "seed": 1});
        let leave = |name: &str| Some((Change::Leave(name.to_owned()), true));
        for (words, field) in [
            ("Unrecognized request argument supplied: stream_options", "stream_options"),
            ("stream_options.include_usage: Extra inputs are not permitted", "stream_options"),
            ("Unsupported value: 'temperature' does not support 0.5 with this model.", "temperature"),
            ("`temperature` and `top_p` cannot both be specified for this model.", "top_p"),
            ("Unknown name \"seed\": Cannot find field.", "seed"),
        ] {
            assert_eq!(asked(words, &body), leave(field), "{words}");
        }
        assert_eq!(asked("messages must not be empty", &body), None);
        assert_eq!(asked("the model is unseeded", &body), None);
        assert_eq!(change(500, &Said { words: "seed".into(), ..Said::default() }, &body, false), None);
        let stream = Said {
            words: "Your organization must be verified to stream this model.".into(),
            param: Some("stream".into()),
            ..Said::default()
        };
        assert_eq!(change(400, &stream, &body, false), Some((Change::Whole, true)));
    }

    #[test]
    fn instructions_that_have_no_place_of_their_own_stand_before_the_first_message() {
        let body = json!({"messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]});
        let folded = json!({"messages": [{"role": "user", "content": "Be short.\n\nHi"}, {"role": "assistant", "content": "Ho"}]});
        let anthropic = json!({"system": "Be short.", "messages": [{"role": "user", "content": "Hi"}]});
        for words in [
            "System role not supported",
            "Unable to generate parser for this template. Error: Jinja Exception: System role not supported",
            "Only user and assistant roles are supported!",
            "Conversation roles must alternate user/assistant/user/assistant/...",
            "Developer instruction is not enabled for models/gemma-3-27b-it",
            "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
            "This model doesn't support system messages. Try again without a system message.",
            "Invalid role: system",
            "messages.0.role: Input should be 'user' or 'assistant', unexpected value 'system'",
        ] {
            for status in [400, 422] {
                let said = Said::of(&json!({"error": {"message": words}}));
                let (change, holds) = change(status, &said, &body, false).unwrap();
                let mut changed = body.clone();
                change.apply(&mut changed);
                assert_eq!((changed, holds), (folded.clone(), true), "{words}");
            }
            assert_eq!(asked(words, &folded), None, "{words}");
        }
        let template = Said { words: "Jinja Exception: System role not supported".into(), ..Said::default() };
        assert_eq!(change(500, &template, &body, false), Some((Change::FoldSystem, true)));
        let (change, _) = asked("This model doesn't support the system field.", &anthropic).unwrap();
        let mut changed = anthropic.clone();
        change.apply(&mut changed);
        assert_eq!(changed, json!({"messages": [{"role": "user", "content": "Be short.\n\nHi"}]}));
        for words in ["The system is overloaded", "Your message was flagged by our safety system", "system error while reading the prompt"]
        {
            assert_eq!(asked(words, &body), None, "{words}");
        }
    }

    #[test]
    fn a_bound_is_lowered_as_far_as_is_said() {
        let body = json!({"model": "m", "messages": [], "max_tokens": 16384});
        for (words, most, holds) in [
            ("max_tokens: 16384 > 8192, which is the maximum allowed number of output tokens for m", 8192, true),
            ("max_tokens is too large: 16384. This model supports at most 4096 completion tokens, whereas you provided 16384.", 4096, true),
            (
                "`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less than the `context_window`",
                8192,
                true,
            ),
            ("Invalid max_tokens value, the valid range of max_tokens is [1, 8,192]", 8192, true),
            ("The maximum tokens you requested exceeds the model limit of 4096.", 4096, true),
            (
                "'max_tokens' or 'max_completion_tokens' is too large: 16384. This model's maximum context length is 8192 tokens and your request has 30 input tokens (16384 > 8192 - 30).",
                8162,
                false,
            ),
            (
                "This model's maximum context length is 8192 tokens. However, you requested 16414 tokens (30 in the messages, 16384 in the completion tokens).",
                8162,
                false,
            ),
            (
                "input length and `max_tokens` exceed context limit: 190000 + 16384 > 200000, decrease input length or `max_tokens`",
                10000,
                false,
            ),
        ] {
            assert_eq!(asked(words, &body), Some((Change::AtMost("max_tokens", most), holds)), "{words}");
        }
        let renamed = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
        assert_eq!(asked(renamed, &body), Some((Change::Rename("max_tokens", "max_completion_tokens"), true)));
        assert_eq!(asked("unknown field max_tokens", &body), Some((Change::Leave("max_tokens".into()), true)));
        assert_eq!(change(400, &Said { words: "unknown field max_tokens".into(), ..Said::default() }, &body, true), None);
        assert_eq!(asked("prompt is too long: 210266 tokens > 200000 maximum", &body), None);
        // There is no space left for an answer.
        assert_eq!(asked("`max_tokens` exceed context limit: 199999 + 16384 > 200000", &body), None);
    }

    #[test]
    fn what_is_remembered_changes_the_next_request() {
        let refused = RefusedFields::default();
        refused.remember("p", "m", Change::Rename("max_tokens", "max_completion_tokens"));
        refused.remember("p", "m", Change::AtMost("max_completion_tokens", 10));
        refused.remember("p", "m", Change::Leave("seed".into()));
        let body = json!({"max_tokens": 20, "seed": 1, "stream": true});
        let mut changed = body.clone();
        refused.apply("p", "m", &mut changed);
        assert_eq!(changed, json!({"max_completion_tokens": 10, "stream": true}));
        let mut other = body.clone();
        refused.apply("p", "other", &mut other);
        assert_eq!(other, body);
    }
}
