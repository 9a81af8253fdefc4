//! Separates a model's reasoning from its answer if both arrive as one text with tags.
//!
//! Reasoning comes before the answer, so tags count only at the beginning; a text that mentions them later, or in code, stays as it is. A
//! few bytes are withheld while they may become a tag. Servers that start the reasoning for a model send only its closing tag. Because
//! shown text can't be withdrawn, a text for which that is likely is withheld until that tag, or until the end of the answer: see
//! [`Habit`].

mod habit;
mod tags;
#[cfg(test)]
mod tests;

pub(super) use habit::{Habit, Habits};

use holdfast_core::model::reasoning::{LONGEST_TAG, ends_reasoning};
use tags::{Beginning, FRAMES, beginning, finds, tail, unopened_end};

/// A part of what a model wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Text of the answer.
    Text(String),
    /// Reasoning, without its tags.
    Reasoning(String),
}

/// The splitter of one answer. Its parts in order are the input, without the tags and without the white space around reasoning.
#[derive(Debug)]
pub(super) struct Splitter {
    state: State,
    habit: Habit,
    /// Text that may be the beginning of a tag.
    held: String,
    /// Whether there was reasoning.
    has_reasoned: bool,
    /// The closing tag of the frame around the answer.
    frame_end: Option<&'static str>,
    /// The last character of the reasoning so far.
    before: Option<char>,
    /// Whether reasoning arrived in a field of its own.
    is_apart: bool,
    shown: Habit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first word.
    Start,
    /// Reasoning that ends with this tag.
    Reasoning(&'static str),
    /// Perhaps reasoning: the text is withheld.
    Withheld,
    /// The answer.
    Answer,
}

impl Splitter {
    /// Creates a splitter for a model with this habit.
    pub(super) fn new(habit: Habit) -> Self {
        Self {
            state: State::Start,
            habit,
            held: String::new(),
            has_reasoned: false,
            frame_end: None,
            before: None,
            is_apart: false,
            shown: Habit::Unknown,
        }
    }

    /// Returns how many bytes are withheld.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// Returns what the answer has shown about the model so far.
    pub(super) fn shown(&self) -> Habit {
        self.shown
    }

    /// Handles that reasoning arrives in a field of its own. The text then contains none, and is not withheld any more.
    pub(super) fn reasoning_is_apart(&mut self, parts: &mut Vec<Part>) {
        if self.shown == Habit::Unknown {
            self.shown = Habit::Opened;
        }
        self.is_apart = true;
        if self.state == State::Withheld {
            self.state = State::Answer;
            self.release(parts);
        }
    }

    /// Processes more text.
    pub(super) fn push(&mut self, text: &str, parts: &mut Vec<Part>) {
        if self.state == State::Answer && self.frame_end.is_none() {
            if self.shown == Habit::Unknown && ends_reasoning(text) {
                self.shown = Habit::Unopened;
            }
            parts.push(Part::Text(text.to_owned()));
            return;
        }
        self.held.push_str(text);
        while self.step(text.len(), parts) {}
    }

    /// Processes the end of the text.
    pub(super) fn finish(&mut self, parts: &mut Vec<Part>) {
        match self.state {
            State::Start | State::Withheld | State::Answer => self.release(parts),
            State::Reasoning(_) => self.think(self.held.len(), parts),
        }
        if self.shown == Habit::Unknown && !self.has_reasoned {
            // The text is normal, so the next one need not be withheld.
            self.shown = Habit::Opened;
        }
    }

    /// Processes withheld text, of which `fresh` bytes are new. Returns whether to call this again.
    fn step(&mut self, fresh: usize, parts: &mut Vec<Part>) -> bool {
        match self.state {
            State::Start => match beginning(&self.held) {
                Beginning::Open => return false,
                Beginning::Reasoning(bytes, end) => {
                    self.held.drain(..bytes);
                    (self.has_reasoned, self.shown) = (true, Habit::Opened);
                    self.state = State::Reasoning(end);
                }
                Beginning::Frame(bytes, end) => {
                    self.held.drain(..bytes);
                    self.has_reasoned = true;
                    (self.state, self.frame_end) = (State::Answer, Some(end));
                }
                Beginning::LikeReasoning if !self.is_apart && !self.has_reasoned => self.state = State::Withheld,
                Beginning::Text if self.habit == Habit::Unopened && !self.is_apart && !self.has_reasoned => self.state = State::Withheld,
                Beginning::LikeReasoning | Beginning::Text => {
                    self.state = State::Answer;
                    if self.frame_end.is_none() {
                        self.release(parts);
                        return false;
                    }
                    self.held = self.held.trim_start().to_owned();
                }
            },
            State::Reasoning(end) => {
                let Some(at) = finds(&self.held, end, 0).find(|at| !self.is_quoted(*at)) else {
                    let safe = self.held.len() - tail(&self.held, end);
                    self.think(safe, parts);
                    return false;
                };
                self.think(at, parts);
                self.held.drain(..end.len());
                self.frame_end = FRAMES.iter().find(|(begin, _)| *begin == end).map(|(_, end)| *end);
                self.state = State::Start;
            }
            State::Withheld => {
                // Search only where it can have become complete.
                let from = self.held.len().saturating_sub(fresh + LONGEST_TAG);
                let Some((at, bytes)) = unopened_end(&self.held, from) else { return false };
                self.think(at, parts);
                self.held.drain(..bytes);
                (self.has_reasoned, self.shown) = (true, Habit::Unopened);
                self.state = State::Start;
            }
            State::Answer => {
                let end = self.frame_end.unwrap_or_default();
                let (safe, is_end) = match finds(&self.held, end, 0).next() {
                    Some(at) => (at, true),
                    None => (self.held.len() - tail(&self.held, end), false),
                };
                let text: String = self.held.drain(..safe).collect();
                if !text.is_empty() {
                    parts.push(Part::Text(text));
                }
                if is_end {
                    self.held.drain(..end.len());
                }
                return is_end;
            }
        }
        true
    }

    /// Emits the first bytes of the withheld text as reasoning.
    fn think(&mut self, bytes: usize, parts: &mut Vec<Part>) {
        let thought: String = self.held.drain(..bytes).collect();
        self.before = thought.chars().next_back().or(self.before);
        if !thought.is_empty() {
            parts.push(Part::Reasoning(thought));
        }
    }

    /// Returns whether the reasoning only mentions the tag at this position.
    fn is_quoted(&self, at: usize) -> bool {
        self.held[..at].chars().next_back().or(self.before).is_some_and(|before| matches!(before, '`' | '"' | '“' | '\''))
    }

    /// Emits all withheld text as text of the answer.
    fn release(&mut self, parts: &mut Vec<Part>) {
        let held = std::mem::take(&mut self.held);
        // White space after reasoning belongs to neither, and white space alone is no text.
        let text = if self.has_reasoned || held.trim().is_empty() { held.trim_start() } else { &held };
        if !text.is_empty() {
            if self.shown == Habit::Unknown && ends_reasoning(text) {
                self.shown = Habit::Unopened;
            }
            parts.push(Part::Text(text.to_owned()));
        }
    }
}
