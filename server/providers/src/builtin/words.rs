//! Writes a text word by word.

use std::{collections::VecDeque, time::Duration};

use futures::{StreamExt, stream};
use holdfast_protocol::message::Source;
use tokio::time::{Instant, sleep_until};

use holdfast_core::model::{Answer, Piece};

/// Returns the end of each word with the white space after it, so that joining the parts gives the text.
pub(super) fn ends(text: &str) -> VecDeque<usize> {
    let mut ends = VecDeque::new();
    let mut in_space = false;
    for (index, c) in text.char_indices() {
        if in_space && !c.is_whitespace() && index > 0 {
            ends.push_back(index);
        }
        in_space = c.is_whitespace();
    }
    if !text.is_empty() {
        ends.push_back(text.len());
    }
    ends
}

/// Writes `text`, one word every `pause`, but all of it within `longest`, and then its sources.
pub(super) fn say(text: String, pause: Duration, longest: Duration, sources: Vec<Source>) -> Answer {
    let ends = ends(&text);
    let pause = pause.min(longest / u32::try_from(ends.len().max(1)).unwrap_or(u32::MAX));
    let saying = Saying { text, said: 0, ends, rhythm: Rhythm::new(pause), sources };
    stream::unfold(saying, |mut saying| async move { saying.next().await.map(|piece| (Ok(piece), saying)) }).boxed()
}

struct Saying {
    text: String,
    said: usize,
    ends: VecDeque<usize>,
    rhythm: Rhythm,
    sources: Vec<Source>,
}

impl Saying {
    async fn next(&mut self) -> Option<Piece> {
        let Some(end) = self.ends.pop_front() else {
            let sources = std::mem::take(&mut self.sources);
            return (!sources.is_empty()).then_some(Piece::Sources(sources));
        };
        self.rhythm.beat().await;
        let word = self.text[self.said..end].to_owned();
        self.said = end;
        Some(Piece::Text(word))
    }
}

/// Beats at fixed intervals from the first one, so that a late beat does not delay later ones.
pub(super) struct Rhythm {
    distance: Duration,
    began: Option<Instant>,
    beats: u32,
}

impl Rhythm {
    pub(super) fn new(distance: Duration) -> Self {
        Self { distance, began: None, beats: 0 }
    }

    /// Waits for the next beat. The first beat, and missed ones, are immediate.
    pub(super) async fn beat(&mut self) {
        let due = *self.began.get_or_insert_with(Instant::now) + self.distance * self.beats;
        self.beats = self.beats.saturating_add(1);
        if due > Instant::now() {
            sleep_until(due).await;
        } else if self.beats.is_multiple_of(64) {
            // Without pauses, other tasks on this thread would get no turn.
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_joined_are_the_text() {
        for text in ["", " ", "a", " a", "a ", "a  b\n\n\tc ", "漢字 é\u{a0}🦀\r\n", "\0 \u{301}x"] {
            let mut from = 0;
            let words: Vec<&str> = ends(text).into_iter().map(|end| &text[std::mem::replace(&mut from, end)..end]).collect();
            assert_eq!(words.concat(), text);
            assert!(words.iter().all(|word| !word.is_empty()));
        }
        assert_eq!(ends("a  b\nc"), [3, 5, 6]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_rhythm_does_not_drift() {
        let began = Instant::now();
        let mut rhythm = Rhythm::new(Duration::from_millis(7));
        for beat in 0..100u32 {
            rhythm.beat().await;
            if beat == 10 {
                tokio::time::advance(Duration::from_millis(30)).await; // a slow reader
            }
        }
        assert_eq!(began.elapsed(), Duration::from_millis(7 * 99));
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_text_is_said_in_bounded_time() {
        let text = "a ".repeat(128 * 1024);
        let began = Instant::now();
        let pieces: Vec<_> = say(text.clone(), Duration::from_millis(15), Duration::from_secs(20), vec![]).collect().await;
        assert!(began.elapsed() <= Duration::from_secs(21), "{:?}", began.elapsed());
        assert_eq!(pieces.len(), 128 * 1024);
    }
}
