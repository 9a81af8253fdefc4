//! When a provider can be asked again, from its headers and words.

use std::time::UNIX_EPOCH;

use reqwest::header::HeaderMap;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Maximum waiting time, ms.
const LONGEST: f64 = 86_400_000.0;
/// Maximum depth of a document that is searched.
const DEPTH: usize = 6;

/// Returns how long to wait before asking again, ms, or `None` if the reply does not tell. `now` is ms since 1970.
pub(super) fn retry_after_ms(headers: &HeaderMap, body: &[u8], words: &str, now: u64) -> Option<u64> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    // Use the server's clock if it is in the reply, so that no clock has to be right.
    let now = text("date").and_then(http_date).unwrap_or(now as f64);
    let header = || {
        let ms = text("retry-after-ms").or_else(|| text("x-ms-retry-after-ms")).and_then(number);
        ms.or_else(|| text("retry-after").and_then(|value| delay(value).or_else(|| Some((http_date(value)? - now).max(0.0)))))
    };
    let document = || in_document(&serde_json::from_slice(body).ok()?, DEPTH);
    let ms = header().or_else(document).or_else(|| in_words(words)).or_else(|| resets(headers, now))?;
    (ms.is_finite() && ms >= 0.0).then(|| ms.min(LONGEST).ceil() as u64)
}

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0)
}

fn http_date(text: &str) -> Option<f64> {
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(UNIX_EPOCH).ok()?.as_secs_f64() * 1000.0)
}

/// Seconds, or `1m30.5s`, `250ms`.
fn delay(text: &str) -> Option<f64> {
    number(text).map(|s| s * 1000.0).or_else(|| spelled(text).filter(|(_, rest)| rest.is_empty()).map(|(ms, _)| ms))
}

/// Parses a duration: `38s`, `1m30s`, `20 seconds`, `1 minute and 5 seconds`. Also returns the rest of the text.
fn spelled(text: &str) -> Option<(f64, &str)> {
    let (mut sum, mut rest, mut found) = (0.0, text, false);
    loop {
        let next = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        let next = if found { next.strip_prefix("and ").unwrap_or(next).trim_start() } else { next };
        let digits = next.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(next.len());
        let (amount, unit) = next.split_at(digits);
        let Ok(amount) = amount.trim_end_matches('.').parse::<f64>() else { break };
        let unit = unit.trim_start();
        let letters = unit.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(unit.len());
        let ms = match &unit[..letters] {
            "ms" | "millisecond" | "milliseconds" => 1.0,
            "s" | "sec" | "secs" | "second" | "seconds" => 1000.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60_000.0,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3_600_000.0,
            "d" | "day" | "days" => 86_400_000.0,
            _ => break,
        };
        sum += amount * ms;
        rest = &unit[letters..];
        found = true;
    }
    found.then_some((sum, rest))
}

/// “try again in 20s”, “retry after 5 seconds”, “please wait 1m30s”
fn in_words(words: &str) -> Option<f64> {
    const BEFORE: [&str; 14] = [
        "try again in ",
        "try again after ",
        "retry in ",
        "retry after ",
        "retry again in ",
        "retry your request in ",
        "retry your request after ",
        "retry-after: ",
        "available in ",
        "available again in ",
        "resets in ",
        "reset in ",
        "reset after ",
        "wait ",
    ];
    let words = words.to_lowercase();
    BEFORE.iter().find_map(|before| {
        words.match_indices(before).find_map(|(at, _)| {
            let after = words[at + before.len()..].trim_start_matches("about ").trim_start_matches("at least ").trim_start_matches("for ");
            spelled(after).map(|(ms, _)| ms)
        })
    })
}

/// Google's `retryDelay`, and fields of other vendors.
fn in_document(value: &Value, depth: usize) -> Option<f64> {
    let deeper = depth.checked_sub(1)?;
    let time = |value: &Value, unit: f64| match value {
        Value::Number(n) => n.as_f64().filter(|n| *n >= 0.0).map(|n| n * unit),
        Value::String(text) => number(text).map(|n| n * unit).or_else(|| delay(text)),
        _ => None,
    };
    match value {
        Value::Array(all) => all.iter().take(20).find_map(|value| in_document(value, deeper)),
        Value::Object(fields) => {
            let own = fields.iter().find_map(|(name, value)| match name.to_ascii_lowercase().as_str() {
                "retrydelay" | "retry_delay" | "retry_after" | "retry-after" | "retryafter" | "retry_after_seconds" => time(value, 1000.0),
                "retry_after_ms" | "retry-after-ms" | "retryafterms" => time(value, 1.0),
                _ => None,
            });
            own.or_else(|| fields.values().find_map(|value| in_document(value, deeper)))
        }
        _ => None,
    }
}

/// Returns when rate limits reset: the latest of those that are used up, or of all if the headers do not tell what is left.
fn resets(headers: &HeaderMap, now: f64) -> Option<f64> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let mut latest: Option<f64> = None;
    for name in headers.keys() {
        let name = name.as_str();
        // `x-ratelimit-reset-requests`, `x-ratelimit-reset`, `ratelimit-reset`, `anthropic-ratelimit-tokens-reset`.
        if !name.contains("ratelimit") || !name.contains("reset") {
            continue;
        }
        let left = text(&name.replace("reset", "remaining")).and_then(number);
        if left.is_some_and(|left| left >= 1.0) {
            continue;
        }
        if let Some(ms) = text(name).and_then(|value| until(value, now)) {
            latest = Some(latest.map_or(ms, |other| other.max(ms)));
        }
    }
    latest
}

/// Parses a duration or a time: a date, or seconds or milliseconds since 1970.
fn until(text: &str, now: f64) -> Option<f64> {
    let moment = match number(text) {
        Some(n) if n > 1e12 => n,
        Some(n) if n > 1e9 => n * 1000.0,
        Some(n) => return Some(n * 1000.0),
        None => match delay(text) {
            Some(ms) => return Some(ms),
            None => OffsetDateTime::parse(text, &Rfc3339)
                .ok()
                .map(|date| date.unix_timestamp_nanos() as f64 / 1e6)
                .or_else(|| http_date(text))?,
        },
    };
    Some((moment - now).max(0.0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    fn after(headers: &[(&str, &str)], body: &str) -> Option<u64> {
        let name = |name: &str| HeaderName::from_bytes(name.as_bytes()).unwrap();
        let headers = headers.iter().map(|(key, value)| (name(key), HeaderValue::from_str(value).unwrap())).collect();
        retry_after_ms(&headers, body.as_bytes(), &super::super::said::Said::read(body.as_bytes()).words, NOW)
    }

    #[test]
    fn headers_say_it() {
        for (headers, ms) in [
            (&[("retry-after", "20")][..], Some(20_000)),
            (&[("retry-after", "0.5")], Some(500)),
            (&[("retry-after", "-1")], None),
            (&[("retry-after", "soon")], None),
            (&[("retry-after-ms", "1500"), ("retry-after", "2")], Some(1500)),
            (&[("retry-after", "Fri, 15 Jan 2027 08:00:30 GMT")], Some(30_000)),
            (&[("retry-after", "Fri, 15 Jan 2027 07:00:30 GMT")], Some(0)),
            (&[("retry-after", "Fri, 15 Jan 2027 09:00:30 GMT"), ("date", "Fri, 15 Jan 2027 09:00:20 GMT")], Some(10_000)),
            (&[("x-ratelimit-reset-requests", "1s"), ("x-ratelimit-reset-tokens", "6m0s")], Some(360_000)),
            (
                &[
                    ("x-ratelimit-reset-requests", "1s"),
                    ("x-ratelimit-remaining-requests", "0"),
                    ("x-ratelimit-reset-tokens", "6m0s"),
                    ("x-ratelimit-remaining-tokens", "12"),
                ],
                Some(1000),
            ),
            (&[("anthropic-ratelimit-tokens-reset", "2027-01-15T08:00:12Z"), ("anthropic-ratelimit-tokens-remaining", "0")], Some(12_000)),
            (&[("x-ratelimit-reset", "1800000005")], Some(5000)),
            (&[("x-ratelimit-reset", "1800000005000")], Some(5000)),
            (&[("x-ratelimit-reset-requests", "120ms")], Some(120)),
            (&[("retry-after", "99999999")], Some(86_400_000)),
            (&[], None),
        ] {
            assert_eq!(after(headers, ""), ms, "{headers:?}");
        }
    }

    #[test]
    fn bodies_say_it() {
        for (body, ms) in [
            (r#"[{"error":{"message":"Quota.","details":[{"@type":"x"},{"@type":"RetryInfo","retryDelay":"38s"}]}}]"#, Some(38_000)),
            (r#"{"error":{"message":"Rate limit reached. Please try again in 20s."}}"#, Some(20_000)),
            (r#"{"error":{"message":"Please try again in 1m30s. Visit us."}}"#, Some(90_000)),
            (r#"{"error":{"message":"Please try again in 6m0.5s"}}"#, Some(360_500)),
            (r#"{"error":{"message":"Please retry in 38.6s."}}"#, Some(38_600)),
            (r#"{"error":{"message":"Try again in 250ms"}}"#, Some(250)),
            (r#"{"error":{"message":"Please retry after 1 minute and 5 seconds."}}"#, Some(65_000)),
            (r#"{"message":"Too many requests, wait 3 seconds"}"#, Some(3000)),
            (r#"{"error":{"message":"x","retry_after":7}}"#, Some(7000)),
            (r#"{"error":{"message":"x","metadata":{"retry_after_ms":"70"}}}"#, Some(70)),
            ("Try again in 5 s", Some(5000)),
            (r#"{"error":{"message":"Try again in a while. 20s"}}"#, None),
            (r#"{"error":{"message":"limit 20 per minute"}}"#, None),
        ] {
            assert_eq!(after(&[], body), ms, "{body}");
        }
    }
}
