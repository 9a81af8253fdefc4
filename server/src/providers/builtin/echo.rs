//! `echo-N-I`: N words, one every I milliseconds, always the same ones. For tests and measurements.

use std::time::Duration;

use futures::{StreamExt, stream};

use super::words::Rhythm;
use crate::providers::{Answer, Piece};

/// Most words.
pub(super) const MOST_WORDS: usize = 1_000_000;
/// Longest interval.
pub(super) const LONGEST_MS: u64 = 60_000;

/// Said over and over. Of one to four bytes a character, and a prime number of them, so that no power of two hides a fault.
const WORDS: [&str; 17] = [
    "hold",
    "fast",
    "café",
    "漢字",
    "wave",
    "naïve",
    "🦀",
    "rope",
    "привет",
    "knot",
    "日本語",
    "tide",
    "Ærø",
    "👩‍🚀",
    "mast",
    "שלום",
    "e\u{301}",
];

/// Words and interval of a model's name.
pub(super) fn parse(model: &str) -> Option<(usize, Duration)> {
    let (words, interval) = model.strip_prefix("echo-")?.split_once('-')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(words) || !digits(interval) {
        return None;
    }
    let (words, interval) = (words.parse().ok()?, interval.parse().ok()?);
    ((1..=MOST_WORDS).contains(&words) && interval <= LONGEST_MS).then(|| (words, Duration::from_millis(interval)))
}

/// What `echo-N-…` says: N words, each with a space behind it, the last one too.
pub fn text(words: usize) -> String {
    (0..words).map(word).collect()
}

/// Says the words.
pub(super) fn count(words: usize, interval: Duration) -> Answer {
    let state = (0, Rhythm::new(interval));
    let saying = stream::unfold(state, move |(index, mut rhythm)| async move {
        if index == words {
            return None;
        }
        rhythm.beat().await;
        Some((Ok(Piece::Text(word(index))), (index + 1, rhythm)))
    });
    saying.boxed()
}

fn word(index: usize) -> String {
    format!("{} ", WORDS[index % WORDS.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_within_bounds() {
        assert_eq!(parse("echo-2000-5"), Some((2000, Duration::from_millis(5))));
        assert_eq!(parse("echo-1000000-0"), Some((1_000_000, Duration::ZERO)));
        for name in
            ["echo", "echo-", "echo-5", "echo-0-1", "echo-1000001-1", "echo-1-60001", "echo-+1-1", "echo-1-1-1", "echo--1-1", "Echo-1-1"]
        {
            assert_eq!(parse(name), None, "{name}");
        }
        assert_eq!(parse("echo-99999999999999999999999-1"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn all_words_come_in_order_and_in_time() {
        let began = tokio::time::Instant::now();
        let mut said = String::new();
        let mut answer = count(2000, Duration::from_millis(5));
        while let Some(Ok(Piece::Text(word))) = answer.next().await {
            said.push_str(&word);
        }
        assert_eq!(said, text(2000));
        assert_eq!(said.split_whitespace().count(), 2000);
        assert_eq!(began.elapsed(), Duration::from_millis(1999 * 5));
    }

    #[tokio::test]
    async fn a_million_words_without_pauses() {
        let bytes = count(1_000_000, Duration::ZERO).fold(0, |sum, piece| async move {
            match piece {
                Ok(Piece::Text(word)) => sum + word.len(),
                _ => sum,
            }
        });
        assert_eq!(bytes.await, text(1_000_000).len());
    }
}
