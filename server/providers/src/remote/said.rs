//! Extracts the reason from a refusal, in any of the formats that vendors use.

use serde_json::Value;

/// Maximum depth of reasons within reasons.
const DEPTH: usize = 8;
/// Maximum number of reasons in a list.
const REASONS: usize = 3;
/// Maximum number of codes.
const CODES: usize = 32;

/// The content of a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Its words; empty if there are none.
    pub(super) words: String,
    /// Its codes, types and statuses, one on each line.
    pub(super) codes: String,
    /// The field of the request that it names in a field of its own.
    pub(super) param: Option<String>,
    /// Whether it is a web page.
    pub(super) is_page: bool,
}

impl Said {
    /// Parses the body of a refusal in any format.
    pub(super) fn read(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        if let Ok(document) = serde_json::from_str(text) {
            return Self::of(&document);
        }
        if is_page(text) {
            return Self { words: unescaped(element(text, "title").unwrap_or_default()), is_page: true, ..Self::default() };
        }
        if text.starts_with('<') {
            let words = ["Message", "message", "faultstring"].iter().find_map(|name| element(text, name)).unwrap_or_default();
            return Self { words: unescaped(words), codes: element(text, "Code").unwrap_or_default().to_owned(), ..Self::default() };
        }
        // An event stream, or several documents on separate lines: take the first with content.
        for line in text.lines() {
            let line = line.strip_prefix("data:").or_else(|| line.strip_prefix("error:")).unwrap_or(line).trim();
            if line.starts_with(['{', '['])
                && let Ok(document) = serde_json::from_str(line)
            {
                return Self::of(&document);
            }
        }
        // A truncated document has no words.
        let words = if text.starts_with(['{', '[']) { "" } else { text.strip_prefix("data:").unwrap_or(text) };
        Self { words: words.trim().to_owned(), ..Self::default() }
    }

    /// Parses a document.
    pub(super) fn of(document: &Value) -> Self {
        let mut said = Self { words: words(document, DEPTH), ..Self::default() };
        said.collect(document, DEPTH);
        said
    }

    /// Returns whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty() && self.codes.is_empty()
    }

    /// Returns words and codes in lower case, for recognizing the reason. User input that the provider repeats in other fields is left
    /// out.
    pub(super) fn signs(&self) -> String {
        format!("{}\n{}", self.words, self.codes).to_lowercase()
    }

    fn collect(&mut self, value: &Value, depth: usize) {
        const NAMES: [&str; 9] = ["code", "type", "status", "reason", "__type", "error_code", "error_type", "errorCode", "finish_reason"];
        let Some(deeper) = depth.checked_sub(1) else { return };
        match value {
            Value::Array(all) => all.iter().take(REASONS).for_each(|value| self.collect(value, deeper)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::String(text) if name == "param" || name == "parameter" => self.param = Some(text.clone()),
                        Value::String(text) if NAMES.contains(&name.as_str()) || is_code(name, text) => self.add(text),
                        Value::String(text) => {
                            if let Some(inner) = document_in(text) {
                                self.collect(&inner, deeper);
                            }
                        }
                        Value::Number(number) if NAMES.contains(&name.as_str()) => self.add(&number.to_string()),
                        // The repeated request.
                        _ if matches!(name.as_str(), "input" | "body" | "request" | "messages" | "ctx" | "url" | "failed_generation") => {}
                        Value::Array(_) | Value::Object(_) => self.collect(value, deeper),
                        _ => {}
                    }
                }
            }
            Value::String(text) => {
                if let Some(inner) = document_in(text) {
                    self.collect(&inner, deeper);
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, code: &str) {
        if code.len() <= 200 && self.codes.lines().count() < CODES {
            if !self.codes.is_empty() {
                self.codes.push('\n');
            }
            self.codes.push_str(code);
        }
    }
}

/// `"error": "invalid_request"`: a code in place of words.
fn is_code(name: &str, text: &str) -> bool {
    name == "error" && !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_-.:#".contains(c))
}

/// Returns the words in a document, at any depth.
fn words(value: &Value, depth: usize) -> String {
    let Some(deeper) = depth.checked_sub(1) else { return String::new() };
    match value {
        Value::String(text) => match document_in(text) {
            Some(inner) => {
                let inner = words(&inner, deeper);
                if inner.is_empty() { text.trim().to_owned() } else { inner }
            }
            None if is_page(text.trim()) => unescaped(element(text, "title").unwrap_or_default()),
            None => text.trim().to_owned(),
        },
        Value::Array(all) => {
            let mut reasons: Vec<String> = all.iter().map(|value| words(value, deeper)).filter(|words| !words.is_empty()).collect();
            reasons.dedup();
            reasons.truncate(REASONS);
            reasons.join("; ")
        }
        Value::Object(_) => of_fields(value, deeper),
        _ => String::new(),
    }
}

fn of_fields(value: &Value, depth: usize) -> String {
    const NAMES: [&str; 21] = [
        "error",
        "errors",
        "message",
        "Message",
        "detail",
        "msg",
        "error_message",
        "errorMessage",
        "error_msg",
        "error_description",
        "errorMessages",
        "err_msg",
        "err",
        "description",
        "reason",
        "fault",
        "faultstring",
        "response",
        "data",
        "title",
        "cause",
    ];
    // A gateway's “Provider returned error”, with the provider's words beside it.
    let raw = ["/metadata/raw", "/metadata/error", "/provider_error", "/upstream_error"];
    if let Some(raw) = raw.iter().find_map(|path| value.pointer(path)).map(|raw| words(raw, depth)).filter(|raw| !raw.is_empty()) {
        return raw;
    }
    // RFC 9457 (formerly 7807): a title, and details.
    if let (Some(title), Some(detail)) = (value["title"].as_str(), value["detail"].as_str()) {
        let (title, detail) = (title.trim(), detail.trim());
        return if detail.contains(title) || title.is_empty() {
            detail.to_owned()
        } else {
            format!("{}: {detail}", title.trim_end_matches('.'))
        };
    }
    let mut best = String::new();
    for name in NAMES {
        let found = match &value[name] {
            Value::Null => continue,
            // A code, or too few words for a reason: there may be something better beside it.
            Value::String(text) if is_code("error", text.trim()) => {
                if best.is_empty() {
                    text.trim().clone_into(&mut best);
                }
                continue;
            }
            found => words(found, depth),
        };
        if found.is_empty() {
            continue;
        }
        // FastAPI also names the field.
        return match place(&value["loc"]) {
            Some(place) if !found.contains(&place) => format!("{place}: {found}"),
            _ => found,
        };
    }
    best
}

/// `["body", "stream_options", "include_usage"]` → `stream_options.include_usage`
fn place(loc: &Value) -> Option<String> {
    let parts = loc.as_array()?.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned));
    let place = parts.filter(|part| part != "body").collect::<Vec<_>>().join(".");
    (!place.is_empty()).then_some(place)
}

/// Parses a document in a text, alone or after a few words.
fn document_in(text: &str) -> Option<Value> {
    let text = text.trim();
    let document = |text: &str| serde_json::from_str::<Value>(text).ok().filter(|value| value.is_object() || value.is_array());
    if text.starts_with(['{', '[']) {
        return document(text);
    }
    // `400 {"error": …}`, `Error code: 400 - {"error": …}`
    let at = text.find('{').filter(|at| *at <= 200 && text.ends_with('}'))?;
    document(&text[at..])
}

/// Returns whether a text is a web page.
pub(super) fn is_page(text: &str) -> bool {
    let begin: String = text.trim_start().chars().take(600).collect::<String>().to_lowercase();
    begin.starts_with("<!doctype html")
        || (begin.starts_with('<') && ["<html", "<head", "<body", "<title"].iter().any(|tag| begin.contains(tag)))
}

/// Returns the content of the first element with this name, without tags.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let lower = text.to_ascii_lowercase();
    let name = name.to_ascii_lowercase();
    let open = lower.find(&format!("<{name}"))?;
    let from = open + lower[open..].find('>')? + 1;
    let to = from + lower[from..].find(&format!("</{name}"))?;
    text.get(from..to).map(str::trim)
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&nbsp;", " ");
    text.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words_of(body: &str) -> String {
        Said::read(body.as_bytes()).words
    }

    #[test]
    fn words_are_found_in_every_form() {
        let nested = json!({"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": "{\"error\":{\"message\":\"at most 4 pictures\"}}", "provider_name": "P"}}});
        for (body, says) in [
            (json!({"error": {"message": "no"}}).to_string(), "no"),
            (nested.to_string(), "at most 4 pictures"),
            (json!({"error": {"message": "Provider returned error", "metadata": {"raw": "upstream is full"}}}).to_string(), "upstream is full"),
            (json!({"error": "not allowed here"}).to_string(), "not allowed here"),
            (json!({"error": "invalid_request", "message": "no such thing"}).to_string(), "no such thing"),
            (json!({"error": "invalid_request"}).to_string(), "invalid_request"),
            (json!({"error": true, "message": "wrong"}).to_string(), "wrong"),
            (json!({"message": "flat"}).to_string(), "flat"),
            (json!({"Message": "The security token is invalid", "__type": "X"}).to_string(), "The security token is invalid"),
            (json!({"detail": "Not Found"}).to_string(), "Not Found"),
            (
                json!({"detail": [{"loc": ["body", "stream_options", "include_usage"], "msg": "Extra inputs are not permitted", "type": "extra_forbidden", "input": true}]}).to_string(),
                "stream_options.include_usage: Extra inputs are not permitted",
            ),
            (
                json!({"object": "error", "message": {"detail": [{"loc": ["body", "top_k"], "msg": "Extra inputs are not permitted"}]}}).to_string(),
                "top_k: Extra inputs are not permitted",
            ),
            (json!({"errors": [{"message": "one"}, {"message": "two"}]}).to_string(), "one; two"),
            (json!({"errors": ["one", "two"]}).to_string(), "one; two"),
            (json!([{"error": {"code": 429, "message": "quota"}}]).to_string(), "quota"),
            (json!({"type": "about:blank", "title": "Forbidden", "status": 403, "detail": "Not in your plan"}).to_string(), "Forbidden: Not in your plan"),
            (json!({"title": "Forbidden", "status": 403}).to_string(), "Forbidden"),
            (json!("just a text").to_string(), "just a text"),
            (json!({"error": {"message": "400 {\"error\":{\"message\":\"inner\"}}"}}).to_string(), "inner"),
            (json!({"error": {"message": "{\"detail\":\"inner\"}"}}).to_string(), "inner"),
            (json!({"error": {"message": {"text": 1, "message": "deep"}}}).to_string(), "deep"),
            ("plain text\n".to_owned(), "plain text"),
            ("data: {\"error\":{\"message\":\"in an event\"}}\n\n".to_owned(), "in an event"),
            ("event: error\ndata: {\"message\":\"in an event\"}\n\n".to_owned(), "in an event"),
            ("\u{feff}{\"error\":\"with a mark\"}".to_owned(), "with a mark"),
            ("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access &amp; so on</Message></Error>".to_owned(), "Access & so on"),
            ("{\"error\":{\"message\":\"cut".to_owned(), ""),
            (String::new(), ""),
            ("{}".to_owned(), ""),
            ("null".to_owned(), ""),
        ] {
            assert_eq!(words_of(&body), says, "{body}");
        }
    }

    #[test]
    fn a_web_page_is_told_from_a_reason() {
        for page in ["<!DOCTYPE html><html><head><title>502 Bad Gateway</title>", "<html>\r\n<head><title>502 Bad Gateway</title></head>"] {
            let said = Said::read(page.as_bytes());
            assert_eq!((said.is_page, said.words.as_str()), (true, "502 Bad Gateway"));
        }
        assert!(!Said::read(b"a < b").is_page);
    }

    #[test]
    fn codes_are_collected_and_what_was_sent_is_not() {
        let body = json!({"error": {"code": "content_filter", "status": 400, "innererror": {"code": "ResponsibleAIPolicyViolation"}, "param": "prompt"}, "input": {"code": "mine"}});
        let said = Said::of(&body);
        assert!(said.signs().contains("content_filter") && said.signs().contains("responsibleaipolicyviolation"), "{said:?}");
        assert!(!said.signs().contains("mine"));
        assert_eq!(said.param.as_deref(), Some("prompt"));
        let google = json!([{"error": {"code": 400, "message": "API key not valid.", "details": [{"reason": "API_KEY_INVALID"}]}}]);
        assert!(Said::of(&google).codes.contains("API_KEY_INVALID"));
    }

    #[test]
    fn a_document_of_any_depth_is_read() {
        let mut deep = json!("bottom");
        for _ in 0..100 {
            deep = json!({"error": deep});
        }
        assert_eq!(Said::of(&deep).words, "");
    }
}
