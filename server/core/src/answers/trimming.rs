//! Builds the prompt: as much of the conversation as fits the model's context window, without the oldest messages.

use holdfast_protocol::{Author, Reason, message::Usage};
use tracing::info;

use super::{LiveAnswer, generation::Task};
use crate::materials::Evidence;
use crate::model::{Overflow, Prompt, ProviderError, Turn, Window, Windows, newest_that_fit, units};

/// Number of times that a prompt is shortened after it was refused because of its length. The last attempt contains only the newest
/// message.
const MOST_REFUSALS: u32 = 3;

/// How much of the conversation is sent for one answer.
pub(super) struct Trimming<'a> {
    windows: &'a Windows,
    task: &'a Task,
    /// The window, if it is known before the request.
    known: Option<Window>,
    /// Author and length (in units) of each turn, including those left out.
    sizes: Vec<(Author, u32)>,
    /// Index of the first turn that is always sent.
    newest: usize,
    /// Number of turns that are left out.
    from: usize,
    refusals: u32,
}

impl<'a> Trimming<'a> {
    /// Creates it for an answer for which nothing was sent yet.
    pub(super) async fn new(windows: &'a Windows, task: &'a Task) -> Self {
        let known = task.provider.window(&task.model, task.settings.context_tokens).await;
        Self { windows, task, known, sizes: Vec::new(), newest: 0, from: 0, refusals: 0 }
    }

    /// Returns the prompt without turns that certainly do not fit, and the number of bytes to skip at the beginning of the reply.
    ///
    /// To continue an answer, a model is told to go on from its text. The built-in provider always gives the same text, so the part that
    /// exists is skipped.
    pub(super) fn prompt(&mut self, answer: &LiveAnswer, mut turns: Vec<Turn>) -> (Prompt, usize) {
        self.newest = turns.iter().rposition(|turn| turn.role == Author::User).unwrap_or(0);
        self.from = self.from.min(self.newest);
        let mut written = 0;
        if !answer.is_empty() {
            if self.task.provider.repeats_itself() {
                written = answer.len();
            } else {
                let text = answer.text();
                if !text.trim().is_empty() {
                    turns.push(Turn { role: Author::Assistant, content: text });
                    let go_on = "Your answer was cut off there. Go on from exactly where it ends, without repeating any of it and without a remark.";
                    turns.push(Turn { role: Author::User, content: go_on.to_owned() });
                }
            }
        }
        self.sizes = turns.iter().map(|turn| (turn.role, units(&turn.content))).collect();
        self.trim();
        turns.drain(..self.from);
        let tokens = self.windows.tokens(self.task.provider.name(), &self.task.model, self.known, self.units());
        let (model, system) = (self.task.model.clone(), self.instructions().map(str::to_owned));
        (Prompt { model, turns, system, settings: self.task.settings.clone(), tokens, materials: Evidence::default() }, written)
    }

    /// Returns how many units the turns may have, or `None` if the window is not known.
    pub(super) fn room(&self) -> Option<u32> {
        let room = self.windows.room(self.task.provider.name(), &self.task.model, self.known, &self.task.settings)?;
        Some(room.saturating_sub(self.instructions().map_or(0, units)))
    }

    /// Leaves out turns that do not fit, as far as the window is known.
    fn trim(&mut self) {
        if let Some(room) = self.room() {
            self.from = self.from.max(newest_that_fit(&self.sizes, self.newest, room));
        }
    }

    /// Returns the instructions, which are sent however much of the conversation is left out.
    fn instructions(&self) -> Option<&str> {
        self.task.settings.instructions.as_deref().filter(|text| !text.trim().is_empty())
    }

    /// Returns how many messages of the conversation are left out.
    pub(super) fn left_out(&self) -> u32 {
        u32::try_from(self.from).unwrap_or(u32::MAX)
    }

    /// Returns the length of the prompt in units.
    fn units(&self) -> u32 {
        let instructions = self.instructions().map_or(0, units);
        self.sizes.iter().skip(self.from).fold(instructions, |sum, (_, units)| sum.saturating_add(*units))
    }

    /// Handles that the provider refused the prompt because of its length: leaves out more turns. Returns an error for the user if
    /// nothing more can be left out.
    pub(super) fn refused(&mut self, overflow: Overflow) -> Result<(), ProviderError> {
        let (provider, model) = (self.task.provider.name(), &self.task.model);
        self.windows.refused(provider, model, self.units(), overflow);
        if self.from >= self.newest {
            return Err(Reason::LastMessageTooLong.with("model", model).with_some("tokens", overflow.window).into());
        }
        self.refusals += 1;
        let before = self.from;
        self.trim();
        if self.from == before {
            self.from = (before + 1..self.newest).find(|index| self.sizes[*index].0 == Author::User).unwrap_or(self.newest);
        }
        if self.refusals >= MOST_REFUSALS {
            self.from = self.newest;
        }
        info!(provider, model, left_out = self.from, "conversation exceeds the model's window; asking without its oldest turns");
        Ok(())
    }

    /// Records how many tokens the provider counted.
    pub(super) fn counted(&self, usage: Usage) {
        self.windows.counted(self.task.provider.name(), &self.task.model, self.units(), usage.input_tokens);
    }
}
