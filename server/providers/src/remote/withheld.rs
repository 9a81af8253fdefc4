//! Removes from a vendor's words what must not be repeated: keys for everyone; internal addresses, paths and variable names for users
//! other than administrators.

use std::net::{Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// Replaces a removed word.
const GONE: &str = "…";
/// A part of a key with at least this many bytes is treated like the key.
const PART: usize = 8;
/// Common prefixes of keys, which reveal nothing.
const PREFIXES: [&str; 8] = ["sk-", "sk-proj-", "sk-ant-", "sk-ant-api03-", "sk-or-v1-", "gsk_", "xai-", "AIza"];

/// Returns `text` without words that contain a secret, a part of one, or one in another spelling.
pub(super) fn without_secrets(text: &str, secrets: &[&str]) -> String {
    let secrets: Vec<String> = secrets.iter().filter(|secret| !secret.is_empty()).map(|secret| secret.to_lowercase()).collect();
    let holds = |text: &str| secrets.iter().any(|secret| holds(text, secret));
    // A secret split over several words: then no word is safe.
    let joined = text.split_whitespace().collect::<String>().to_lowercase();
    let is_broken = |secret: &String| {
        secret.len() >= 2 * PART
            && joined.contains(secret.as_str())
            && !text.split_whitespace().any(|word| word.to_lowercase().contains(secret.as_str()))
    };
    if secrets.iter().any(is_broken) {
        return String::new();
    }
    let kept: Vec<&str> = text.split_whitespace().map(|word| if holds(word) { GONE } else { word }).collect();
    kept.join(" ")
}

/// Returns whether a word contains `secret`, which is in lower case.
fn holds(word: &str, secret: &str) -> bool {
    let word = word.to_lowercase();
    let decoded = percent_decoded(&word);
    [word.as_str(), decoded.as_str()].iter().any(|word| {
        let whole = if secret.len() >= PART { word.contains(secret) } else { is_in(word, secret) };
        whole || contains_part(word, secret)
    })
}

/// Returns whether a word contains a short secret on its own: `sk-a` is not in `task-a`.
fn is_in(word: &str, secret: &str) -> bool {
    word.match_indices(secret).any(|(at, _)| {
        let before = word[..at].chars().next_back();
        let after = word[at + secret.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

fn contains_part(text: &str, secret: &str) -> bool {
    let common =
        PREFIXES.iter().map(|prefix| prefix.to_lowercase()).filter(|prefix| secret.starts_with(prefix)).map(|prefix| prefix.len()).max();
    let telling = &secret.as_bytes()[common.unwrap_or(0)..];
    // Windows of bytes, because a key is ASCII.
    telling.windows(PART).any(|part| std::str::from_utf8(part).is_ok_and(|part| text.contains(part)))
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).to_lowercase()
}

/// Returns `text` without internal addresses, paths and variable names. `own` is the provider's host.
pub(super) fn for_everybody(text: &str, own: &str) -> String {
    let between = |c: char| c.is_whitespace() || "\"'`()[]<>{},;=|“”‘’".contains(c);
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(between).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let core = word.trim_end_matches(['.', ':', '!', '?']);
        if is_inside(core, own) {
            told.push_str(GONE);
            told.push_str(&word[core.len()..]);
        } else {
            told.push_str(word);
        }
        let mut left = after.chars();
        if let Some(separator) = left.next() {
            told.push(separator);
        }
        rest = left.as_str();
    }
    told
}

/// Returns whether a word is an internal detail.
fn is_inside(word: &str, own: &str) -> bool {
    let lower = word.to_lowercase();
    if !own.is_empty() && is_in(&lower, &own.to_lowercase()) {
        return true;
    }
    if word.contains("://") {
        return !is_public(word);
    }
    is_path(word) || is_variable(word) || is_address(&lower)
}

/// Returns whether an address is public, such as a vendor's documentation.
fn is_public(word: &str) -> bool {
    let Ok(url) = Url::parse(word) else { return false };
    let Some(host) = url.domain() else { return false };
    url.scheme() == "https" && url.port().is_none() && url.username().is_empty() && host.contains('.') && !is_internal_name(host)
}

fn is_internal_name(host: &str) -> bool {
    const INTERNAL: [&str; 14] = [
        "internal",
        "local",
        "localdomain",
        "lan",
        "home",
        "corp",
        "intranet",
        "private",
        "svc",
        "cluster",
        "arpa",
        "localhost",
        "consul",
        "docker",
    ];
    host.rsplit('.').next().is_some_and(|last| INTERNAL.contains(&last)) || host.contains(".svc.") || host.contains(".internal.")
}

/// `10.1.2.3`, `10.1.2.3:80/x`, `::1`, `gpu-7:8000`, `box.internal`.
fn is_address(word: &str) -> bool {
    let authority = word.split('/').next().unwrap_or(word);
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && port.parse::<u16>().is_ok() => (host, Some(port)),
        _ => (authority, None),
    };
    if host.is_empty() {
        // What follows an IPv6 address in brackets.
        return port.is_some();
    }
    if host.parse::<Ipv4Addr>().is_ok() || (authority.matches(':').count() >= 2 && authority.parse::<Ipv6Addr>().is_ok()) {
        return true;
    }
    let is_name =
        host.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c)) && host.starts_with(|c: char| c.is_ascii_alphabetic());
    is_name
        && (host == "localhost"
            || (host.contains('.') && is_internal_name(host))
            || port.is_some_and(|port| port.len() >= 4 || host.contains('.')))
}

/// `/srv/models/x`, `~/x`, `../x`, `C:\x`; but not paths of APIs such as `/v1/models`.
fn is_path(word: &str) -> bool {
    let drive = word.as_bytes();
    if word.starts_with("~/") || word.starts_with("../") || word.starts_with("./") || word.starts_with("\\\\") {
        return true;
    }
    if drive.len() > 2 && drive[0].is_ascii_alphabetic() && drive[1] == b':' && matches!(drive[2], b'\\' | b'/') {
        return true;
    }
    let Some(path) = word.strip_prefix('/') else { return false };
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let first = parts.next().unwrap_or_default();
    let is_version = first.strip_prefix('v').is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit())) || first == "api";
    parts.next().is_some() && !is_version
}

/// `OPENAI_API_KEY`; but not codes such as `RESOURCE_EXHAUSTED`.
fn is_variable(word: &str) -> bool {
    const CODES: [&str; 14] = [
        "RESOURCE_EXHAUSTED",
        "INVALID_ARGUMENT",
        "PERMISSION_DENIED",
        "FAILED_PRECONDITION",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "OUT_OF_RANGE",
        "DEADLINE_EXCEEDED",
        "API_KEY_INVALID",
        "SERVICE_DISABLED",
        "PROHIBITED_CONTENT",
        "RATE_LIMIT_EXCEEDED",
        "INTERNAL_ERROR",
        "BAD_REQUEST",
    ];
    let word = word.trim_matches(['$', '%']);
    word.len() >= 5
        && word.contains('_')
        && word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && !CODES.contains(&word)
        && !word.starts_with("HARM_CATEGORY_")
        && !word.starts_with("SAFETY_")
        && !word.starts_with("CUDA_ERROR_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_with_the_key_are_withheld() {
        let key = "sk-proj-Ab3dEf6hIj9lMn2pQr";
        let told = |text: &str| without_secrets(text, &[key]);
        assert_eq!(told("The task-queue is full, use sk-other"), "The task-queue is full, use sk-other");
        assert_eq!(told(&format!("Incorrect API key provided: {key}. See the page.")), "Incorrect API key provided: … See the page.");
        assert_eq!(told("Incorrect: sk-proj-****2pQr."), "Incorrect: sk-proj-****2pQr.");
        assert_eq!(told("ends in Ij9lMn2pQr"), "ends in …");
        assert_eq!(told("key=SK-PROJ-AB3DEF6HIJ9LMN2PQR"), "…");
        assert_eq!(told("at https://h/?key=sk%2Dproj%2DAb3dEf6hIj9lMn2pQr now"), "at … now");
        assert_eq!(told("sk-proj-Ab3d Ef6hIj9l Mn2pQr"), "", "broken over words");
        assert_eq!(without_secrets("the task-a and sk-a", &["sk-a"]), "the task-a and …");
        assert_eq!(without_secrets("of 'azkey', of azkeys", &["azkey"]), "of … of azkeys");
    }

    #[test]
    fn the_inside_is_for_administrators() {
        let told = |text: &str| for_everybody(text, "gate.example");
        assert_eq!(told("dial tcp 10.1.2.3:8123 (llm-box.internal) /srv/inner LLM_BOX_KEY"), "dial tcp … (…) … …");
        assert_eq!(told("no route to [::1]:8080, http://gpu-7:8000/v1 or gpu-7:8000."), "no route to […]…, … or ….");
        assert_eq!(told("File \"/usr/lib/x.py\", line 3; C:\\models\\x ~/x"), "File \"…\", line 3; … …");
        assert_eq!(told("Set url=https://gate.example/x, $HOST_NAME"), "Set url=…, …");
        assert_eq!(told("at vllm.default.svc.cluster.local"), "at …");
        for fine in [
            "See https://platform.openai.com/account/api-keys.",
            "only supported in v1/responses and not in /v1/chat/completions",
            "roles must alternate user/assistant/user/assistant/...",
            "max_tokens: 16384 > 8192, limit:20, and/or RESOURCE_EXHAUSTED",
            "Model llama3:70b and google/gemini-pro:free, version 1.2.3",
            "Quota exceeded for metric: generativelanguage.googleapis.com/free_tier_requests",
            "Date 2026-01-01T10:20:30Z, ratio 3:4",
        ] {
            assert_eq!(told(fine), fine);
        }
    }
}
