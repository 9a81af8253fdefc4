//! What is known about models: whether their reasoning starts with a tag.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// Whether a model sends the closing tag of its reasoning without the opening one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Habit {
    /// Not known: text is withheld if it starts like reasoning.
    #[default]
    Unknown,
    /// It does: text is withheld.
    Unopened,
    /// It does not.
    Opened,
}

impl Habit {
    /// Returns what is likely from a model's name.
    pub(super) fn of_name(model: &str) -> Self {
        const WORDS: [&str; 6] = ["think", "reason", "qwq", "magistral", "glm-z1", "exaone-deep"];
        let name = model.to_ascii_lowercase();
        let is_r1 = name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "r1");
        if is_r1 || WORDS.iter().any(|word| name.contains(word)) { Self::Unopened } else { Self::Unknown }
    }
}

/// What was learned about models from their answers, for the most recent ones.
#[derive(Debug, Default)]
pub(in super::super) struct Habits(Mutex<VecDeque<(String, Habit)>>);

impl Habits {
    const MOST: usize = 256;

    /// Returns what is known about a model.
    pub(in super::super) fn of(&self, model: &str) -> Habit {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(name, _)| name == model).map_or_else(|| Habit::of_name(model), |(_, habit)| *habit)
    }

    /// Remembers what an answer has shown. A model that did it once may do it again, so an answer without reasoning changes nothing.
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
