//! Decides which models can chat, by their list entries and names.

use serde_json::Value;

/// Fields that describe what a model does.
const FIELDS: [&str; 5] = ["type", "task", "pipeline_tag", "mode", "model_type"];
/// Their values for models that can chat, and for others.
const CHAT: [&str; 7] = ["chat", "chat-completion", "language", "llm", "vlm", "text-generation", "image-text-to-text"];
const OTHER: [&str; 27] = [
    "embedding",
    "embeddings",
    "feature-extraction",
    "sentence-similarity",
    "rerank",
    "reranker",
    "text-ranking",
    "moderation",
    "image",
    "images",
    "image-generation",
    "text-to-image",
    "video",
    "text-to-video",
    "audio",
    "audio-speech",
    "audio-transcription",
    "speech",
    "speech-to-text",
    "automatic-speech-recognition",
    "text-to-speech",
    "tts",
    "transcribe",
    "transcription",
    "ocr",
    "completion-only",
    "realtime",
];
/// Words in names of models that can't chat.
const WORDS: [&str; 18] = [
    "whisper",
    "tts",
    "moderation",
    "transcribe",
    "realtime",
    "sora",
    "veo",
    "imagen",
    "lyria",
    "aqa",
    "babbage",
    "davinci",
    "bge",
    "minilm",
    "sdxl",
    "parakeet",
    "kokoro",
    "voxtral-transcribe",
];
/// Prefixes of such words, and of such names.
const WORD_BEGINNINGS: [&str; 2] = ["embed", "rerank"];
const NAME_BEGINNINGS: [&str; 6] = ["dall-e", "gpt-image", "chatgpt-image", "stable-diffusion", "computer-use", "flux"];

/// Returns whether a model can chat, as far as its entry or name tells.
pub(super) fn chats(name: &str, entry: &Value) -> bool {
    says(entry).unwrap_or_else(|| sounds(name))
}

/// Returns what the entry says, or `None` if it says nothing.
fn says(entry: &Value) -> Option<bool> {
    let has = |value: &Value, word: &str| value.as_array().map(|list| list.iter().any(|one| one == word));
    if let Some(chats) = entry["capabilities"]["completion_chat"].as_bool().or_else(|| entry["supports_chat"].as_bool()) {
        return Some(chats);
    }
    if let Some(chats) = has(&entry["supportedGenerationMethods"], "generateContent").or_else(|| has(&entry["endpoints"], "chat")) {
        return Some(chats);
    }
    if has(&entry["capabilities"], "embedding") == Some(true) && has(&entry["capabilities"], "completion") != Some(true) {
        return Some(false);
    }
    if has(&entry["architecture"]["output_modalities"], "text") == Some(false)
        || entry["architecture"]["modality"].as_str().and_then(|text| text.split_once("->")).is_some_and(|(_, out)| !out.contains("text"))
        || entry["details"]["family"].as_str().is_some_and(|family| family.ends_with("bert"))
    {
        return Some(false);
    }
    FIELDS.iter().find_map(|field| {
        let kind = entry[*field].as_str()?.trim().to_lowercase().replace(['_', ' '], "-");
        if CHAT.contains(&kind.as_str()) {
            return Some(true);
        }
        OTHER.contains(&kind.as_str()).then_some(false)
    })
}

/// Returns what the name says, word by word: `my-audiobook-writer` and `gemini-flash-image` can chat.
fn sounds(name: &str) -> bool {
    let name = name.to_lowercase();
    let own = name.rsplit('/').next().unwrap_or(&name);
    let mut words = own.split(|c: char| !c.is_alphanumeric());
    let other_work = |word: &str| WORDS.contains(&word) || WORD_BEGINNINGS.iter().any(|begin| word.starts_with(begin));
    if words.any(other_work) || NAME_BEGINNINGS.iter().any(|begin| own.starts_with(begin)) || own.contains("native-audio") {
        return false;
    }
    // OpenAI's own models for another API call. A gateway that offers them under a longer name supports them itself.
    let of_another_call = name == "gpt-3.5-turbo-instruct"
        || name.starts_with("gpt-3.5-turbo-instruct-")
        || name.starts_with("codex-mini")
        || name.contains("-deep-research")
        || (name.starts_with('o')
            && (name.ends_with("-pro") || name.contains("-pro-"))
            && name[1..].starts_with(|c: char| c.is_ascii_digit()));
    !of_another_call
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_is_read_word_by_word() {
        let chat = [
            "gpt-5.1",
            "google/gemini-flash-image",
            "gpt-4o-audio-preview",
            "my-audiobook-writer",
            "openai/o1-pro",
            "llama3.2:latest",
            "vendor/model:online",
            "reimagened-7b",
            "qwen-veoh",
            "attsuma-7b",
            "grok-2-image-understanding",
            "olmo-pro",
        ];
        for name in chat {
            assert!(sounds(name), "{name}");
        }
        let other = [
            "text-embedding-3-large",
            "nomic-embed-text",
            "whisper-1",
            "gpt-4o-mini-tts",
            "dall-e-3",
            "gpt-image-1",
            "omni-moderation-latest",
            "BAAI/bge-m3",
            "BAAI/bge-reranker-v2-m3",
            "rerank-v3.5",
            "imagen-4.0",
            "veo-3",
            "sora-2",
            "gpt-4o-realtime-preview",
            "gpt-4o-transcribe",
            "o1-pro",
            "o3-pro-2025-06-10",
            "gpt-3.5-turbo-instruct",
            "codex-mini-latest",
            "davinci-002",
            "openai/whisper-large-v3",
            "o4-mini-deep-research",
        ];
        for name in other {
            assert!(!sounds(name), "{name}");
        }
    }

    #[test]
    fn what_a_list_says_counts_before_the_name() {
        for (entry, chat) in [
            (json!({"type": "chat"}), true),
            (json!({"type": "embedding"}), false),
            (json!({"type": "model"}), false),
            (json!({"capabilities": {"completion_chat": true}}), true),
            (json!({"capabilities": ["embedding"]}), false),
            (json!({"supportedGenerationMethods": ["embedContent"]}), false),
            (json!({"architecture": {"output_modalities": ["image", "text"]}}), false),
            (json!({"mode": "image_generation"}), false),
            (json!({"task": "Text Generation"}), true),
        ] {
            assert_eq!(chats("tts-1", &entry), chat, "{entry}");
        }
        assert!(!chats("plain", &json!({"architecture": {"modality": "text->image"}})));
        assert!(!chats("plain", &json!({"type": "image"})));
        assert!(chats("plain", &json!({"type": "image-text-to-text"})));
    }
}
