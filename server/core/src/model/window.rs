//! Context windows of models: how long a prompt may be, and which messages of a conversation fit.
//!
//! Only a model's own server can count its tokens. So texts are measured in units, which are roughly the tokens of English text. What a
//! server counts or refuses shows how many tokens a unit has for a model.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hashlink::LruCache;
use holdfast_protocol::{Author, settings::Settings};
use tokio::time::Instant;

/// Number of models for which values are remembered.
const REMEMBERED: usize = 1_000;
/// How long a window learned from a refusal is used; a server may be restarted with a larger one.
const LEARNED_FOR: Duration = Duration::from_secs(600);
/// Units that each message adds to those of its text.
const MESSAGE_UNITS: u32 = 8;
/// Maximum number of tokens that are reserved for the answer.
const MOST_FREE: u32 = 4_096;
/// Prompts with fewer units are not used for learning, because the tokens of the template distort the ratio.
const TELLING_UNITS: u32 = 200;
/// Range of plausible tokens in a unit. A count outside of it does not refer to the whole prompt.
const PLAUSIBLE: std::ops::RangeInclusive<f32> = 0.5..=4.0;

/// What a provider reports about its context window when it refuses a prompt because of its length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overflow {
    /// Number of tokens of the prompt.
    pub asked: Option<u32>,
    /// Maximum number of tokens of a prompt.
    pub window: Option<u32>,
}

/// The context window of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Maximum number of tokens of prompt and answer together.
    pub tokens: u32,
    /// Whether the provider may truncate a longer prompt silently instead of refusing it.
    pub is_silent: bool,
}

/// Returns the length of a text in units.
pub fn units(text: &str) -> u32 {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let other = text.len() - ascii;
    // A token is about four characters of English, or one character of Chinese, which has three bytes.
    u32::try_from(ascii / 4 + other / 3).unwrap_or(u32::MAX).saturating_add(MESSAGE_UNITS)
}

/// Returns the index of the first of the newest messages that fit `room` units, given author and length of each message. They start with
/// a user's message, so that no answer appears without its question. Messages from `newest` on are kept even if they do not fit.
pub fn newest_that_fit(turns: &[(Author, u32)], newest: usize, room: u32) -> usize {
    let mut from = turns.len();
    let mut total = 0_u32;
    for (index, (role, units)) in turns.iter().enumerate().rev() {
        total = total.saturating_add(*units);
        if total > room && index < newest {
            break;
        }
        // An imported conversation can start with an answer.
        if index <= newest && (*role == Author::User || index == 0) {
            from = index;
        }
    }
    from.min(newest)
}

/// Context windows as learned from servers' counts and refusals. Kept in memory for a limited number of models.
#[derive(Debug)]
pub struct Windows(Mutex<LruCache<(String, String), Learned>>);

#[derive(Clone, Copy, Debug, Default)]
struct Learned {
    /// Number of tokens in a unit.
    ratio: Option<f32>,
    /// The window learned from a refusal, and until when it is used.
    window: Option<(u32, Instant)>,
}

impl Default for Windows {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED)))
    }
}

impl Windows {
    // A poisoned lock is not possible, because nothing panics while holding it.
    fn lock(&self) -> MutexGuard<'_, LruCache<(String, String), Learned>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the window of a model in tokens: the learned one, or else `known`.
    pub fn window(&self, provider: &str, model: &str, known: Option<Window>) -> Option<u32> {
        let learned = self.learned(provider, model).window.filter(|(_, until)| *until > Instant::now());
        learned.map(|(tokens, _)| tokens).or(known.map(|known| known.tokens))
    }

    /// Returns how many units a prompt may have under these settings, or `None` if neither they nor the model have a known window.
    pub fn room(&self, provider: &str, model: &str, known: Option<Window>, settings: &Settings) -> Option<u32> {
        let window = self.window(provider, model, known);
        let tokens = settings.context_tokens.map_or(window, |wanted| Some(window.map_or(wanted, |window| window.min(wanted))))?;
        let free = settings.max_output_tokens.map_or((tokens / 4).min(MOST_FREE), |answer| answer.min(tokens / 2));
        Some(((tokens - free) as f32 / self.ratio(provider, model, known)) as u32)
    }

    /// Returns the estimated number of tokens of a prompt with this many units.
    pub fn tokens(&self, provider: &str, model: &str, known: Option<Window>, units: u32) -> u32 {
        (units as f32 * self.ratio(provider, model, known)) as u32
    }

    /// Returns the number of tokens that a unit is assumed to have.
    fn ratio(&self, provider: &str, model: &str, known: Option<Window>) -> f32 {
        // If nothing is refused, nothing corrects an estimate that is too low.
        let is_silent = known.is_some_and(|known| known.is_silent);
        match self.learned(provider, model).ratio {
            Some(ratio) if is_silent => ratio * 1.1,
            Some(ratio) => ratio,
            None if is_silent => 1.3,
            None => 1.0,
        }
    }

    fn learned(&self, provider: &str, model: &str) -> Learned {
        self.lock().get(&(provider.to_owned(), model.to_owned())).copied().unwrap_or_default()
    }

    /// Records that a server counted the tokens of a prompt.
    pub fn counted(&self, provider: &str, model: &str, units: u32, tokens: u32) {
        let ratio = tokens as f32 / units.max(1) as f32;
        if units >= TELLING_UNITS && PLAUSIBLE.contains(&ratio) {
            self.learn(provider, model, |learned| learned.ratio = Some(ratio));
        }
    }

    /// Records that a server refused a prompt with this many units.
    pub fn refused(&self, provider: &str, model: &str, units: u32, overflow: Overflow) {
        self.learn(provider, model, |learned| {
            let before = learned.ratio.unwrap_or(1.0);
            match (overflow.asked, overflow.window) {
                (Some(asked), _) if PLAUSIBLE.contains(&(asked as f32 / units.max(1) as f32)) => {
                    learned.ratio = Some(asked as f32 / units.max(1) as f32);
                }
                // The prompt has more tokens than the window, so a unit has more tokens than assumed.
                (_, Some(window)) => {
                    learned.ratio =
                        Some((window as f32 / units.max(1) as f32).max(before * 1.2).clamp(*PLAUSIBLE.start(), *PLAUSIBLE.end()));
                }
                _ => {}
            }
            let ratio = learned.ratio.unwrap_or(1.0);
            let window = overflow.window.unwrap_or((units as f32 * ratio * 0.6) as u32);
            learned.window = Some((window, Instant::now() + LEARNED_FOR));
        });
    }

    fn learn(&self, provider: &str, model: &str, learn: impl FnOnce(&mut Learned)) {
        let mut all = self.lock();
        learn(all.entry((provider.to_owned(), model.to_owned())).or_insert_with(Learned::default));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_limit_the_window_and_reserve_room_for_the_answer() {
        let windows = Windows::default();
        let known = Some(Window { tokens: 1_000, is_silent: false });
        let room = |known, context_tokens, max_output_tokens| {
            windows.room("p", "m", known, &Settings { context_tokens, max_output_tokens, ..Settings::default() })
        };
        assert_eq!(room(known, Some(800), None), Some(600));
        assert_eq!(room(known, Some(2_000), None), Some(750), "the model's own window is smaller");
        assert_eq!(room(None, Some(800), None), Some(600));
        assert_eq!((room(known, None, Some(100)), room(known, None, Some(5_000))), (Some(900), Some(500)));
    }

    /// Messages with these lengths in units, starting with a user's message.
    fn turns(units: &[u32]) -> Vec<(Author, u32)> {
        let role = |index: usize| if index.is_multiple_of(2) { Author::User } else { Author::Assistant };
        units.iter().enumerate().map(|(index, units)| (role(index), *units)).collect()
    }

    #[test]
    fn whole_turns_are_left_out_from_the_oldest() {
        let turns = turns(&[100, 100, 100, 100, 100]);
        for (room, from) in [(500, 0), (499, 2), (300, 2), (299, 4), (100, 4), (1, 4)] {
            assert_eq!(newest_that_fit(&turns, 4, room), from, "{room}");
        }
        assert_eq!(newest_that_fit(&turns, 2, 1), 2, "the question, what is written of its answer, and what asks to go on");
        assert_eq!(newest_that_fit(&[], 0, 1), 0);
    }

    #[test]
    fn a_window_is_learned_from_a_refusal() {
        let windows = Windows::default();
        assert_eq!(windows.room("p", "m", None, &Settings::default()), None);
        windows.refused("p", "m", 1_000, Overflow { asked: Some(1_500), window: Some(1_200) });
        assert_eq!(windows.room("p", "m", None, &Settings::default()), Some(600), "900 tokens, of which a unit has one and a half");
        assert_eq!(windows.window("p", "m", Some(Window { tokens: 9, is_silent: false })), Some(1_200));
        assert_eq!(windows.room("p", "other", None, &Settings::default()), None);
        windows.refused("p", "bare", 1_000, Overflow::default());
        assert!(windows.room("p", "bare", None, &Settings::default()).is_some_and(|room| room < 600));
    }

    #[test]
    fn counts_correct_the_guess_if_they_are_plausible() {
        let windows = Windows::default();
        let known = Some(Window { tokens: 1_000, is_silent: false });
        assert_eq!(windows.room("p", "m", known, &Settings::default()), Some(750));
        windows.counted("p", "m", 1_000, 10);
        windows.counted("p", "m", 10, 30);
        assert_eq!(windows.room("p", "m", known, &Settings::default()), Some(750));
        windows.counted("p", "m", 1_000, 2_000);
        assert_eq!(windows.room("p", "m", known, &Settings::default()), Some(375));
    }
}
