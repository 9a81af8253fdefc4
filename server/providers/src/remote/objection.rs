//! Classifies a provider's refusal by codes and phrases that vendors and servers use.

use super::said::Said;

/// The reason of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Objection {
    /// The key is wrong or missing.
    Key,
    /// The account has no credit left.
    Credit,
    /// The conversation exceeds the context window.
    Window,
    /// The prompt or the answer violates the content rules.
    Content,
    /// There is no such model.
    Model,
    /// The model needs another API.
    Dialect,
    /// The server is loading the model.
    Loading,
    /// The server is overloaded and has not started.
    Overloaded,
}

const CREDIT: [&str; 17] = [
    "insufficient_quota",
    "insufficient_balance",
    "insufficient balance",
    "insufficient credits",
    "insufficient funds",
    "credit balance",
    "billing_hard_limit",
    "billing hard limit",
    "billing_not_active",
    "more credits",
    "out of credits",
    "no credits",
    "exceeded_current_quota",
    "check your plan and billing",
    "payment required",
    "arrearage",
    "account balance",
];
const WINDOW: [&str; 40] = [
    "context_length_exceeded",
    "exceed_context_size",
    "context_window_exceeded",
    "model_context_window",
    "tokens_limit_reached",
    "string_above_max_length",
    "maximum context length",
    "max context length",
    "maximum context size",
    "context length",
    "context window",
    "context size",
    "context limit",
    "context overflow",
    "context the overflow",
    "exceeds the context",
    "prompt is too long",
    "prompt too long",
    "prompt is longer than",
    "prompt exceeds",
    "prompt length",
    "input is too long",
    "input too long",
    "input length",
    "input token count",
    "input tokens exceed",
    "maximum input",
    "max input",
    "maximum prompt length",
    "maximum number of tokens",
    "max_input_tokens",
    "max_model_len",
    "model token limit",
    "token limit exceeded",
    "too many tokens",
    "too many input tokens",
    "`inputs` tokens",
    "inputs tokens + max_new_tokens",
    "reduce the length of the messages",
    "reduce your prompt",
];
const CONTENT: [&str; 37] = [
    "content_filter",
    "contentfilter",
    "content_policy",
    "content policy",
    "content filter",
    "content management policy",
    "content moderation",
    "contentmoderation",
    "content_moderation",
    "content safety",
    "content violates",
    "content exists risk",
    "responsibleaipolicy",
    "responsible ai",
    "moderation_blocked",
    "was flagged",
    "been flagged",
    "is flagged",
    "flagged as potentially",
    "usage policy",
    "usage policies",
    "usage guidelines",
    "safety system",
    "safety filter",
    "safety settings",
    "safety policy",
    "safety policies",
    "blocked by safety",
    "prohibited_content",
    "prohibited content",
    "sensitive content",
    "inappropriate content",
    "data_inspection_failed",
    "datainspectionfailed",
    "considered high risk",
    "guardrail",
    "不安全或敏感",
];

impl Objection {
    /// Classifies what was said with `status`.
    pub(super) fn read(status: u16, said: &Said) -> Option<Self> {
        let signs = said.signs();
        let has = |all: &[&str]| all.iter().any(|sign| signs.contains(sign));
        let has_code = |code: &str| said.codes.lines().any(|line| line.eq_ignore_ascii_case(code));
        if signs.contains("v1/responses") || signs.contains("responses api") || signs.contains("responses endpoint") {
            return Some(Self::Dialect);
        }
        if said.is_page {
            return None;
        }
        match status {
            // Content filters: before the window, because no phrase contains both “content” and “context”.
            400 | 403 | 406 | 409 | 413 | 422 | 451 | 500 if has(&CONTENT) => Some(Self::Content),
            402 => Some(Self::Credit),
            400 | 401 | 403 | 429 if has(&CREDIT) => Some(Self::Credit),
            400 | 404 | 413 | 422 | 500 if has(&WINDOW) || (status == 413 && signs.contains("token")) => Some(Self::Window),
            413 if signs.contains("too large for model") => Some(Self::Window),
            400 | 401 | 403 | 404 | 422
                if has_code("model_not_found") || has_code("model_decommissioned") || has_code("DeploymentNotFound") =>
            {
                Some(Self::Model)
            }
            404 if is_of_model(&signs) => Some(Self::Model),
            400 | 422 if says_no_model(&signs) => Some(Self::Model),
            401 if said.is_empty() || is_of_key(&signs) => Some(Self::Key),
            400 | 403 | 422 if is_of_key(&signs) && is_wrong(&signs) => Some(Self::Key),
            503 if signs.contains("loading") || signs.contains("warming up") || signs.contains("is starting") => Some(Self::Loading),
            503 | 529 => Some(Self::Overloaded),
            _ => None,
        }
    }
}

/// Returns whether the words are about a key, or another kind of authentication.
fn is_of_key(signs: &str) -> bool {
    const KEYS: [&str; 14] = [
        "api key",
        "api_key",
        "apikey",
        "api-key",
        "access key",
        "subscription key",
        "secret key",
        "credential",
        "authentic",
        "unauthorized",
        "bearer",
        "token",
        "authorization",
        "x-api-key",
    ];
    KEYS.iter().any(|sign| signs.contains(sign)) || signs.split(|c: char| !c.is_alphanumeric()).any(|word| word == "key" || word == "jwt")
}

/// Returns whether they say that it is wrong.
fn is_wrong(signs: &str) -> bool {
    const WRONG: [&str; 13] = [
        "invalid",
        "incorrect",
        "not valid",
        "expired",
        "revoked",
        "missing",
        "not found",
        "malformed",
        "unknown",
        "wrong",
        "no api key",
        "does not exist",
        "leaked",
    ];
    // Tokens of a text, not access tokens.
    let of_text = signs.contains("max_tokens") || signs.contains("tokens");
    !of_text && WRONG.iter().any(|sign| signs.contains(sign))
}

/// Returns whether a 404 means that there is no such model: no words, words about a model, or unspecific words.
fn is_of_model(signs: &str) -> bool {
    const OTHER: [&str; 10] = [
        "no endpoints found that",
        "no endpoints found matching",
        "no allowed providers",
        "not a chat model",
        "data policy",
        "guardrail",
        "support image",
        "support tool",
        "organization",
        "project",
    ];
    !OTHER.iter().any(|sign| signs.contains(sign))
}

/// Returns whether the words of a 400 say that there is no such model.
fn says_no_model(signs: &str) -> bool {
    const MISSING: [&str; 8] = [
        "not a valid model",
        "invalid model name",
        "unknown model",
        "no such model",
        "model not found",
        "model not exist",
        "model_not_exist",
        "has been decommissioned",
    ];
    MISSING.iter().any(|sign| signs.contains(sign))
        || (signs.contains("model")
            && (signs.contains("does not exist") || signs.contains("is not available") || signs.contains("no model named")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(status: u16, message: &str) -> Option<Objection> {
        Objection::read(status, &Said::of(&json!({"error": {"message": message}})))
    }

    #[test]
    fn the_window_is_recognized_in_all_phrasings() {
        for words in [
            "This model's maximum context length is 8192 tokens, however you requested 9000 tokens.",
            "prompt is too long: 210266 tokens > 200000 maximum",
            "input length and `max_tokens` exceed context limit: 190000 + 16384 > 200000",
            "request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it",
            "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
            "Please reduce the length of the messages or completion.",
            "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
            "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
            "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens",
            "Your request exceeded model token limit: 8192 (requested: 9000)",
            "Range of input length should be [1, 30720]",
            "Input is too long for requested model.",
            "too many tokens: total number of tokens in the prompt cannot exceed 4081",
            "Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens",
        ] {
            assert_eq!(read(400, words), Some(Objection::Window), "{words}");
        }
        assert_eq!(
            read(413, "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 9000"),
            Some(Objection::Window)
        );
        assert_eq!(read(413, "Request body too large for gpt-4o model. Max size: 8000 tokens."), Some(Objection::Window));
        assert_eq!(read(413, "Request Entity Too Large"), None);
    }

    #[test]
    fn filters_are_recognized() {
        for words in [
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
            "This model requires moderation, and your input was flagged for \"violence\"",
            "Your request was rejected as a result of our safety system.",
            "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
            "Output blocked by content filtering policy",
            "Content Exists Risk",
            "Input data may contain inappropriate content.",
            "Content violates usage guidelines.",
        ] {
            assert_eq!(read(400, words), Some(Objection::Content), "{words}");
        }
        let azure = json!({"error": {"code": "content_filter", "message": "no", "innererror": {"code": "ResponsibleAIPolicyViolation"}}});
        assert_eq!(Objection::read(400, &Said::of(&azure)), Some(Objection::Content));
        assert_eq!(read(404, "No endpoints found matching your data policy"), None);
    }

    #[test]
    fn a_key_is_wrong_only_where_the_server_says_so() {
        for (status, words) in [
            (401, ""),
            (401, "Incorrect API key provided: x."),
            (401, "invalid x-api-key"),
            (401, "No auth credentials found; token missing"),
            (401, "Access denied due to invalid subscription key or wrong API endpoint."),
            (400, "API key not valid. Please pass a valid API key."),
            (403, "Your API key has expired"),
        ] {
            let said = if words.is_empty() { Said::default() } else { Said::of(&json!({"error": {"message": words}})) };
            assert_eq!(Objection::read(status, &said), Some(Objection::Key), "{status} {words}");
        }
        for (status, words) in [
            (401, "You must be a member of an organization to use the API"),
            (401, "User not found."),
            (403, "Country, region, or territory not supported"),
            (403, "This organization may not use this model"),
            (403, "Your API key may not use this model"),
            (400, "Invalid value: max_tokens is missing"),
            (400, "the task-queue is full"),
            (403, ""),
        ] {
            assert_eq!(read(status, words), None, "{status} {words}");
        }
    }

    #[test]
    fn other_objections() {
        for (status, words, objection) in [
            (400, "Your credit balance is too low to access the API.", Some(Objection::Credit)),
            (402, "You asked for up to 65536 tokens, and can afford 1200.", Some(Objection::Credit)),
            (404, "This model is only supported in v1/responses and not in v1/chat/completions.", Some(Objection::Dialect)),
            (404, "The model `x` does not exist", Some(Objection::Model)),
            (404, "Not Found", Some(Objection::Model)),
            (404, "No endpoints found that support image input", None),
            (400, "vendor/x is not a valid model ID", Some(Objection::Model)),
            (503, "Loading model", Some(Objection::Loading)),
            (503, "busy", Some(Objection::Overloaded)),
            (529, "Overloaded", Some(Objection::Overloaded)),
            (500, "boom", None),
            (429, "slow down", None),
        ] {
            assert_eq!(read(status, words), objection, "{status} {words}");
        }
    }
}
