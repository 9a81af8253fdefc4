//! `echo-N-I`: writes N words, one every I milliseconds, always the same ones. `echo-N-I-R` writes R words of reasoning before them. For
//! tests and measurements.

use std::time::Duration;

use futures::{StreamExt, stream};

use holdfast_protocol::{ApiError, Reason, api::Role};

use super::words::Rhythm;
use holdfast_core::model::{Answer, Piece};

/// Maximum number of words, whatever the settings allow.
pub(super) const MOST_WORDS: usize = 1_000_000;
/// Maximum interval, ms.
pub(super) const LONGEST_MS: u64 = 60_000;

/// The words, which are repeated. They have characters of one to four bytes, and their number is prime, so that no power of two hides an
/// error.
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

/// Limits on the number of words of `echo-N-I`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EchoWords {
    /// For everybody.
    pub most: usize,
    /// For guests, without a pause between the words: such an answer is as long as a model's after minutes. 0 means that guests can't use
    /// `echo-N-I`.
    pub guests: usize,
}

impl Default for EchoWords {
    /// No limits.
    fn default() -> Self {
        Self { most: MOST_WORDS, guests: MOST_WORDS }
    }
}

impl EchoWords {
    /// Checks whether a role may use this model. Models other than `echo-N-I` are allowed for everyone.
    ///
    /// # Errors
    /// It has too many words.
    pub fn check(&self, model: &str, role: Option<Role>) -> Result<(), ApiError> {
        let Some(Echo { words, interval, reasoning }) = parse(model) else { return Ok(()) };
        let is_guest = !matches!(role, Some(Role::Member | Role::Admin));
        if is_guest && self.guests == 0 {
            return Err(Reason::EchoNotForGuests.into());
        }
        let (most, reason) = match is_guest && interval.is_zero() {
            true => (self.guests.min(self.most), Reason::EchoTooLongForGuest),
            false => (self.most, Reason::EchoTooLong),
        };
        if words + reasoning <= most {
            return Ok(());
        }
        Err(reason.with("most", most))
    }
}

/// What a model's name asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Echo {
    /// Number of words.
    words: usize,
    /// Time between two words.
    interval: Duration,
    /// Number of words of reasoning before them.
    reasoning: usize,
}

/// Returns what a model's name asks for, or `None` if it is another model.
pub(super) fn parse(model: &str) -> Option<Echo> {
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    let numbers = model.strip_prefix("echo-")?.split('-').map(number).collect::<Option<Vec<u64>>>()?;
    let (words, interval, reasoning) = match numbers[..] {
        [words, interval] => (words, interval, 0),
        [words, interval, reasoning] => (words, interval, reasoning),
        _ => return None,
    };
    let (words, reasoning) = (usize::try_from(words).ok()?, usize::try_from(reasoning).ok()?);
    let is_allowed = (1..=MOST_WORDS).contains(&words) && reasoning <= MOST_WORDS && interval <= LONGEST_MS;
    is_allowed.then(|| Echo { words, interval: Duration::from_millis(interval), reasoning })
}

/// Returns the text of `echo-N-…`: N words, each followed by a space.
pub fn text(words: usize) -> String {
    (0..words).map(word).collect()
}

/// Returns the answer.
pub(super) fn count(echo: Echo) -> Answer {
    let Echo { words, interval, reasoning } = echo;
    let state = (0, Rhythm::new(interval));
    let saying = stream::unfold(state, move |(index, mut rhythm)| async move {
        if index == reasoning + words {
            return None;
        }
        rhythm.beat().await;
        let piece = if index < reasoning { Piece::Reasoning(word(index)) } else { Piece::Text(word(index - reasoning)) };
        Some((Ok(piece), (index + 1, rhythm)))
    });
    saying.boxed()
}

fn word(index: usize) -> String {
    format!("{} ", WORDS[index % WORDS.len()])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_are_read_within_bounds() {
        let echo = |words, ms, reasoning| Echo { words, interval: Duration::from_millis(ms), reasoning };
        assert_eq!(parse("echo-2000-5"), Some(echo(2000, 5, 0)));
        assert_eq!(parse("echo-1000000-0"), Some(echo(1_000_000, 0, 0)));
        assert_eq!(parse("echo-20-5-300"), Some(echo(20, 5, 300)));
        for name in [
            "echo",
            "echo-",
            "echo-5",
            "echo-0-1",
            "echo-1000001-1",
            "echo-1-60001",
            "echo-+1-1",
            "echo-1-1-1000001",
            "echo-1-1-1-1",
            "echo--1-1",
            "Echo-1-1",
        ] {
            assert_eq!(parse(name), None, "{name}");
        }
        assert_eq!(parse("echo-99999999999999999999999-1"), None);
    }

    #[test]
    fn so_many_words_are_for_everybody_and_fewer_at_once_for_guests() {
        let allowed = EchoWords { most: 1_000, guests: 100 };
        for (model, role, is_allowed) in [
            ("echo-1000-0", Some(Role::Member), true),
            ("echo-1001-0", Some(Role::Admin), false),
            ("echo-100-0", Some(Role::Guest), true),
            ("echo-101-0", Some(Role::Guest), false),
            ("echo-101-0", None, false),
            ("echo-1000-1", Some(Role::Guest), true),
            ("echo-1001-1", Some(Role::Guest), false),
            ("echo-50-0-51", Some(Role::Guest), false),
            ("echo", Some(Role::Guest), true),
        ] {
            let checked = allowed.check(model, role);
            assert_eq!(checked.is_ok(), is_allowed, "{model} {role:?}");
            assert!(checked.err().is_none_or(|api_error| api_error.is(Reason::EchoTooLong) || api_error.is(Reason::EchoTooLongForGuest)));
        }
        let none = EchoWords { guests: 0, ..allowed };
        assert!(none.check("echo-1-1", Some(Role::Guest)).is_err() && none.check("echo-1-1", Some(Role::Member)).is_ok());
        assert!(none.check("echo", Some(Role::Guest)).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn all_words_come_in_order_and_in_time() {
        let began = tokio::time::Instant::now();
        let mut said = String::new();
        let mut answer = count(parse("echo-2000-5").unwrap());
        while let Some(Ok(Piece::Text(word))) = answer.next().await {
            said.push_str(&word);
        }
        assert_eq!(said, text(2000));
        assert_eq!(said.split_whitespace().count(), 2000);
        assert_eq!(began.elapsed(), Duration::from_millis(1999 * 5));
    }

    #[tokio::test(start_paused = true)]
    async fn reasoning_comes_before_the_words() {
        let pieces: Vec<_> = count(parse("echo-2-5-3").unwrap()).map(Result::unwrap).collect().await;
        let reasoning = (0..3).map(|index| Piece::Reasoning(word(index)));
        assert_eq!(pieces, reasoning.chain((0..2).map(|index| Piece::Text(word(index)))).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_million_words_without_pauses() {
        let bytes = count(parse("echo-1000000-0").unwrap()).fold(0, |sum, piece| async move {
            match piece {
                Ok(Piece::Text(word)) => sum + word.len(),
                _ => sum,
            }
        });
        assert_eq!(bytes.await, text(1_000_000).len());
    }
}
