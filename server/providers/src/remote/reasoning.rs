//! Tells a model's reasoning from its answer where both come as one text, marked by tags.
//!
//! Reasoning stands before an answer, so tags count at its beginning alone: a text that talks about them, later on or in code, stays as it
//! is. What may still turn out to be a tag is withheld, a few bytes at most. Servers that begin the reasoning on a model's behalf send its
//! end without its beginning. As nothing that was shown can be taken back, a text of which that is likely is withheld until that end, or
//! the answer's: see [`Habit`].

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
    /// It belongs to the answer.
    Text(String),
    /// Text of the model's reasoning, without its tags.
    Reasoning(String),
}

/// The splitter of one answer. Parts joined in order are what came in, without the tags, and without the white space around reasoning.
#[derive(Debug)]
pub(super) struct Splitter {
    state: State,
    habit: Habit,
    /// Text that came and is not decided yet: it may be the beginning of a tag.
    held: String,
    /// Whether reasoning came before.
    has_reasoned: bool,
    /// How the frame around the answer ends.
    frame_end: Option<&'static str>,
    /// The last character of the reasoning that was given.
    before: Option<char>,
    /// Whether reasoning came in a field of its own.
    is_apart: bool,
    shown: Habit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first word.
    Start,
    /// Reasoning that ends with this tag.
    Reasoning(&'static str),
    /// Reasoning, perhaps: what comes is withheld.
    Withheld,
    /// The answer.
    Answer,
}

impl Splitter {
    /// For an answer of a model with this habit.
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

    /// How much is withheld, bytes.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// What the answer has shown of the model, as far as it came.
    pub(super) fn shown(&self) -> Habit {
        self.shown
    }

    /// The server sends reasoning in a field of their own. So the text has none, and nothing more of it is withheld.
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

    /// Takes more of the text.
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

    /// The text is at its end.
    pub(super) fn finish(&mut self, parts: &mut Vec<Part>) {
        match self.state {
            State::Start | State::Withheld | State::Answer => self.release(parts),
            State::Reasoning(_) => self.think(self.held.len(), parts),
        }
        if self.shown == Habit::Unknown && !self.has_reasoned {
            // A text as any other: the next one need not be withheld.
            self.shown = Habit::Opened;
        }
    }

    /// Takes what can be told now of what is withheld. Gives whether there may be more to take; `fresh` bytes of it are new.
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
                // Looked for only where it can have become whole.
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

    /// Gives the first bytes of what is withheld as reasoning.
    fn think(&mut self, bytes: usize, parts: &mut Vec<Part>) {
        let thought: String = self.held.drain(..bytes).collect();
        self.before = thought.chars().next_back().or(self.before);
        if !thought.is_empty() {
            parts.push(Part::Reasoning(thought));
        }
    }

    /// Whether a tag at this place of what is withheld is one that the reasoning only speaks of.
    fn is_quoted(&self, at: usize) -> bool {
        self.held[..at].chars().next_back().or(self.before).is_some_and(|before| matches!(before, '`' | '"' | '“' | '\''))
    }

    /// Gives all that is withheld as text.
    fn release(&mut self, parts: &mut Vec<Part>) {
        let held = std::mem::take(&mut self.held);
        // White space behind reasoning belongs to neither; and where nothing else came, there is no text.
        let text = if self.has_reasoned || held.trim().is_empty() { held.trim_start() } else { &held };
        if !text.is_empty() {
            if self.shown == Habit::Unknown && ends_reasoning(text) {
                self.shown = Habit::Unopened;
            }
            parts.push(Part::Text(text.to_owned()));
        }
    }
}
