//! Writes the parameters of an answer in the terms of each API.

use holdfast_core::model::Prompt;
use holdfast_protocol::settings::Effort;
use serde_json::{Map, Value, json};

/// Fields of a request, each with the name of the setting that it comes from.
pub(super) type Names = &'static [(&'static str, &'static str)];

/// The fields of chat completions.
pub(super) const COMPLETION: Names = &[
    ("temperature", "temperature"),
    ("top_p", "top_p"),
    ("max_tokens", "max_output_tokens"),
    ("max_completion_tokens", "max_output_tokens"),
    ("reasoning_effort", "reasoning_effort"),
    ("chat_template_kwargs", "reasoning_effort"),
    ("stop", "stop"),
    ("seed", "seed"),
];

/// The fields of OpenAI's responses.
pub(super) const RESPONSES: Names =
    &[("temperature", "temperature"), ("top_p", "top_p"), ("max_output_tokens", "max_output_tokens"), ("reasoning", "reasoning_effort")];

/// The fields of Anthropic's messages. The limit of the answer is always sent.
pub(super) const MESSAGES: Names =
    &[("temperature", "temperature"), ("top_p", "top_p"), ("thinking", "reasoning_effort"), ("stop_sequences", "stop")];

/// The fields of Ollama's chat. Its options are ignored by models that have no use for them, so they are never refused.
pub(super) const OLLAMA: Names = &[("think", "reasoning_effort")];

/// Numbers of tokens for reasoning, for APIs that have no names for the effort.
fn budget(effort: Effort) -> u32 {
    match effort {
        Effort::Off => 0,
        Effort::Low => 2_048,
        Effort::Medium => 8_192,
        Effort::High => 24_576,
    }
}

fn name(effort: Effort) -> &'static str {
    match effort {
        Effort::Off => "none",
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
    }
}

fn put(fields: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), value);
    }
}

/// Adds the parameters to a chat completion. `has_templates` tells that the server passes variables to the model's template, as
/// llama.cpp does, because it ignores the field for the effort.
pub(super) fn completion(prompt: &Prompt, has_templates: bool, body: &mut Value) {
    let Some(fields) = body.as_object_mut() else { return };
    let settings = &prompt.settings;
    put(fields, "temperature", settings.temperature.map(Value::from));
    put(fields, "top_p", settings.top_p.map(Value::from));
    put(fields, "max_tokens", settings.max_output_tokens.map(Value::from));
    put(fields, "seed", settings.seed.map(Value::from));
    put(fields, "stop", settings.stop.as_ref().filter(|stop| !stop.is_empty()).map(|stop| json!(stop)));
    put(fields, "reasoning_effort", settings.reasoning_effort.map(|effort| name(effort).into()));
    if has_templates {
        put(fields, "chat_template_kwargs", settings.reasoning_effort.map(|effort| json!({"enable_thinking": effort != Effort::Off})));
    }
}

/// Adds the parameters to a request in the format of OpenAI's responses, which has no seed and no texts that end the answer.
pub(super) fn responses(prompt: &Prompt, body: &mut Value) {
    let Some(fields) = body.as_object_mut() else { return };
    let settings = &prompt.settings;
    put(fields, "temperature", settings.temperature.map(Value::from));
    put(fields, "top_p", settings.top_p.map(Value::from));
    put(fields, "max_output_tokens", settings.max_output_tokens.map(Value::from));
    // The reasoning itself is secret; its summary is shown.
    put(fields, "reasoning", settings.reasoning_effort.map(|effort| json!({"effort": name(effort), "summary": "auto"})));
}

/// Adds the parameters to a request in Anthropic's format. `usual` is the limit of an answer without settings, tokens.
pub(super) fn messages(prompt: &Prompt, usual: u32, body: &mut Value) {
    let Some(fields) = body.as_object_mut() else { return };
    let settings = &prompt.settings;
    let budget = settings.reasoning_effort.map_or(0, budget);
    // The limit contains the reasoning.
    let most = settings.max_output_tokens.unwrap_or(usual).saturating_add(budget);
    put(fields, "max_tokens", Some(most.into()));
    put(fields, "stop_sequences", settings.stop.as_ref().filter(|stop| !stop.is_empty()).map(|stop| json!(stop)));
    if budget > 0 {
        put(fields, "thinking", Some(json!({"type": "enabled", "budget_tokens": budget})));
    } else {
        // Its range ends at 1. Both are refused together with reasoning.
        put(fields, "temperature", settings.temperature.map(|temperature| temperature.min(1.0).into()));
        put(fields, "top_p", settings.top_p.map(Value::from));
    }
}

/// Adds the parameters to a request in Ollama's format.
pub(super) fn ollama(prompt: &Prompt, body: &mut Value) {
    let settings = &prompt.settings;
    let mut options = body["options"].as_object().cloned().unwrap_or_default();
    put(&mut options, "temperature", settings.temperature.map(Value::from));
    put(&mut options, "top_p", settings.top_p.map(Value::from));
    put(&mut options, "num_predict", settings.max_output_tokens.map(Value::from));
    put(&mut options, "seed", settings.seed.map(Value::from));
    put(&mut options, "stop", settings.stop.as_ref().filter(|stop| !stop.is_empty()).map(|stop| json!(stop)));
    let Some(fields) = body.as_object_mut() else { return };
    if !options.is_empty() {
        fields.insert("options".to_owned(), options.into());
    }
    // Only this family has levels; others refuse them.
    let has_levels = prompt.model.contains("gpt-oss");
    let think = settings.reasoning_effort.map(|effort| match effort {
        Effort::Low | Effort::Medium | Effort::High if has_levels => name(effort).into(),
        effort => Value::from(effort != Effort::Off),
    });
    put(fields, "think", think);
}

#[cfg(test)]
mod tests {
    use holdfast_protocol::settings::Settings;

    use super::*;

    fn prompt(model: &str, reasoning_effort: Option<Effort>) -> Prompt {
        let settings = Settings {
            temperature: Some(1.5),
            max_output_tokens: Some(100),
            stop: Some(vec!["END".into()]),
            seed: Some(7),
            reasoning_effort,
            ..Settings::default()
        };
        Prompt { model: model.into(), turns: Vec::new(), system: None, settings, tokens: 0, materials: Default::default() }
    }

    #[test]
    fn each_api_gets_its_own_names() {
        let mut body = json!({"model": "m"});
        completion(&prompt("m", Some(Effort::Off)), true, &mut body);
        let kwargs = json!({"enable_thinking": false});
        assert_eq!(
            body,
            json!({"model": "m", "temperature": 1.5, "max_tokens": 100, "seed": 7, "stop": ["END"], "reasoning_effort": "none", "chat_template_kwargs": kwargs})
        );
        let mut body = json!({"options": {"num_ctx": 8_192}});
        ollama(&prompt("qwen3", Some(Effort::High)), &mut body);
        let options = json!({"num_ctx": 8_192, "temperature": 1.5, "num_predict": 100, "seed": 7, "stop": ["END"]});
        assert_eq!(body, json!({"options": options, "think": true}));
        ollama(&prompt("gpt-oss:20b", Some(Effort::High)), &mut body);
        assert_eq!(body["think"], "high");
        let mut body = json!({});
        messages(&prompt("m", None), 16_384, &mut body);
        assert_eq!(body, json!({"max_tokens": 100, "stop_sequences": ["END"], "temperature": 1.0}));
    }

    #[test]
    fn reasoning_has_its_own_room_and_no_temperature_at_anthropic() {
        let mut body = json!({});
        messages(&prompt("m", Some(Effort::Low)), 16_384, &mut body);
        let thinking = json!({"type": "enabled", "budget_tokens": 2_048});
        assert_eq!(body, json!({"max_tokens": 2_148, "stop_sequences": ["END"], "thinking": thinking}));
    }
}
