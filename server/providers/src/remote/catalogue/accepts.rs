//! Decides what models accept, by their list entries and names.

use holdfast_protocol::api::Accepts;
use serde_json::Value;

/// Returns what a model accepts, as far as its entry or name tells. What neither tells counts as not accepted, except files, which the
/// server reads itself.
pub(super) fn accepts(name: &str, entry: &Value) -> Accepts {
    let name = name.to_lowercase();
    let own = name.rsplit('/').next().unwrap_or(&name);
    Accepts {
        images: images(entry).unwrap_or_else(|| sees(own)),
        files: true,
        tools: tools(entry).unwrap_or_else(|| calls_tools(own)),
        reasoning: reasoning(entry).unwrap_or_else(|| reasons(own)),
    }
}

/// Returns whether a list has one of these words, or `None` if the value is no list.
fn lists(value: &Value, words: &[&str]) -> Option<bool> {
    value.as_array().map(|list| list.iter().any(|one| one.as_str().is_some_and(|one| words.contains(&one))))
}

fn images(entry: &Value) -> Option<bool> {
    lists(&entry["architecture"]["input_modalities"], &["image"])
        .or_else(|| entry["capabilities"]["vision"].as_bool())
        .or_else(|| entry["capabilities"]["image_input"]["supported"].as_bool())
        .or_else(|| entry["supports_vision"].as_bool().or_else(|| entry["supports_image_in"].as_bool()))
        .or_else(|| lists(&entry["capabilities"], &["vision", "multimodal", "image"]))
        .or_else(|| (entry["type"] == "vlm").then_some(true))
}

fn tools(entry: &Value) -> Option<bool> {
    lists(&entry["supported_parameters"], &["tools"])
        .or_else(|| entry["capabilities"]["function_calling"].as_bool())
        .or_else(|| entry["supports_tools"].as_bool())
        .or_else(|| lists(&entry["capabilities"], &["tools", "tool_use", "function_calling"]))
}

fn reasoning(entry: &Value) -> Option<bool> {
    lists(&entry["supported_parameters"], &["reasoning", "include_reasoning"])
        .or_else(|| entry["thinking"].as_bool())
        .or_else(|| entry["capabilities"]["reasoning"].as_bool())
        .or_else(|| entry["capabilities"]["thinking"]["supported"].as_bool())
        .or_else(|| entry["supports_reasoning"].as_bool())
        .or_else(|| lists(&entry["capabilities"], &["thinking", "reasoning"]).filter(|reasons| *reasons))
}

/// Returns whether the name is `begin`, or goes on after a hyphen, a point or a colon: `o3-mini`, but not `o365`.
fn begins(name: &str, begin: &str) -> bool {
    name.strip_prefix(begin).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.', ':']))
}

fn sees(name: &str) -> bool {
    let is_small_reasoner = ["o1-mini", "o1-preview", "o3-mini"].iter().any(|begin| name.starts_with(begin));
    let families = ["gpt-4o", "gpt-4.1", "gpt-4-turbo", "gpt-5", "chatgpt-4o", "o1", "o3", "o4"];
    let beginnings = ["claude-", "gemini-", "gemma3", "gemma-3", "pixtral", "llava", "llama-4", "llama4", "minicpm-v"];
    (families.iter().any(|family| begins(name, family)) && !is_small_reasoner)
        || beginnings.iter().any(|begin| name.starts_with(begin))
        || name.split(['-', ':', '.']).any(|word| matches!(word, "vl" | "vision") || word.ends_with("vl"))
}

fn calls_tools(name: &str) -> bool {
    let families = ["gpt-4", "gpt-4o", "gpt-4.1", "gpt-5", "gpt-oss", "gpt-3.5-turbo", "o1", "o3", "o4"];
    let beginnings = [
        "claude-",
        "gemini-",
        "mistral",
        "ministral",
        "magistral",
        "devstral",
        "command-r",
        "command-a",
        "qwen2.5",
        "qwen3",
        "llama3.",
        "llama-3.",
        "llama4",
        "llama-4",
        "deepseek-chat",
        "deepseek-v3",
        "grok-",
        "kimi-k2",
        "glm-4",
    ];
    let is_without = ["o1-mini", "o1-preview"].iter().any(|begin| name.starts_with(begin));
    (families.iter().any(|family| begins(name, family)) && !is_without) || beginnings.iter().any(|begin| name.starts_with(begin))
}

fn reasons(name: &str) -> bool {
    let families = ["o1", "o3", "o4", "gpt-5", "gpt-oss"];
    let beginnings = ["deepseek-r", "qwq", "magistral", "qwen3", "gemini-2.5", "gemini-3", "claude-3-7", "grok-4", "glm-4.5", "glm-4.6"];
    let is_new_claude = name.starts_with("claude-")
        && ["opus", "sonnet", "haiku"].iter().any(|size| {
            name.split_once(size)
                .is_some_and(|(_, rest)| rest.starts_with(['-', '.']) && rest.trim_start_matches(['-', '.']).starts_with(['4', '5', '6']))
        });
    (families.iter().any(|family| begins(name, family)) && !name.contains("-chat"))
        || beginnings.iter().any(|begin| name.starts_with(begin))
        || is_new_claude
        || name.split(['-', ':', '.']).any(|word| matches!(word, "thinking" | "reasoning" | "reasoner"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `i`, `t` and `r` for images, tools and reasoning.
    fn told(name: &str, entry: &Value) -> String {
        let Accepts { images, files, tools, reasoning } = accepts(name, entry);
        assert!(files);
        [(images, 'i'), (tools, 't'), (reasoning, 'r')].into_iter().filter_map(|(is, letter)| is.then_some(letter)).collect()
    }

    #[test]
    fn lists_say_what_models_accept() {
        for (entry, expected) in [
            (json!({"architecture": {"input_modalities": ["text", "image"]}, "supported_parameters": ["tools", "reasoning"]}), "itr"),
            (json!({"architecture": {"input_modalities": ["text"]}, "supported_parameters": ["temperature"]}), ""),
            (json!({"capabilities": {"vision": true, "function_calling": true}}), "it"),
            (json!({"capabilities": ["completion", "vision", "tools", "thinking"]}), "itr"),
            (json!({"type": "vlm", "capabilities": ["tool_use"]}), "t"),
            (json!({"type": "vlm"}), "i"),
            (json!({"thinking": true}), "r"),
            (json!({}), ""),
        ] {
            assert_eq!(told("some-model", &entry), expected, "{entry}");
        }
        assert_eq!(told("gpt-4o", &json!({"supported_parameters": []})), "i", "the list knows better than the name");
    }

    #[test]
    fn names_of_known_families_say_it_too() {
        for (name, expected) in [
            ("gpt-4o-mini", "it"),
            ("gpt-5.1", "itr"),
            ("gpt-5-chat-latest", "it"),
            ("gpt-4", "t"),
            ("o1-mini", "r"),
            ("o3-mini", "tr"),
            ("o365", ""),
            ("claude-3-5-haiku-latest", "it"),
            ("claude-sonnet-4-5", "itr"),
            ("claude-3-7-sonnet-20250219", "itr"),
            ("models/gemini-2.5-flash", "itr"),
            ("qwen2.5vl:7b", "it"),
            ("deepseek-r1:8b", "r"),
            ("deepseek-reasoner", "r"),
            ("llama3.2:latest", "t"),
            ("smollm2:135m", ""),
        ] {
            assert_eq!(told(name, &json!({})), expected, "{name}");
        }
    }
}
