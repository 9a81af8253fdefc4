//! What is known of models: whether they begin their reasoning by a tag.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// Whether a model sends the end of its reasoning without its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Habit {
    /// Not known: the text is withheld where it begins as reasoning do.
    #[default]
    Unknown,
    /// It does: the text is withheld.
    Unopened,
    /// It does not.
    Opened,
}

impl Habit {
    /// What a model's name makes likely.
    pub(super) fn of_name(model: &str) -> Self {
        const WORDS: [&str; 6] = ["think", "reason", "qwq", "magistral", "glm-z1", "exaone-deep"];
        let name = model.to_ascii_lowercase();
        let is_r1 = name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "r1");
        if is_r1 || WORDS.iter().any(|word| name.contains(word)) { Self::Unopened } else { Self::Unknown }
    }
}

/// What was learnt about models from their answers: the last of them.
#[derive(Debug, Default)]
pub(in super::super) struct Habits(Mutex<VecDeque<(String, Habit)>>);

impl Habits {
    const MOST: usize = 256;

    /// What is known about a model.
    pub(in super::super) fn of(&self, model: &str) -> Habit {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(name, _)| name == model).map_or_else(|| Habit::of_name(model), |(_, habit)| *habit)
    }

    /// Remembers what an answer has shown. What a model did once it may do again: an answer without reasoning does not change that.
    pub(in super::super) fn learn(&self, model: &str, habit: Habit) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.iter().position(|(name, _)| name == model).and_then(|at| known.remove(at));
        let habit = before.map(|(_, habit)| habit).filter(|before| *before == Habit::Unopened).unwrap_or(habit);
        if habit != Habit::Unknown {
            known.push_back((model.to_owned(), habit));
        }
        if known.len() > Self::MOST {
            known.pop_front();
        }
    }
}
