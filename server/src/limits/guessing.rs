//! Slows down those who guess at one name's password from many addresses.
//!
//! A wait and no lock: whoever guesses at somebody's name makes them wait ten seconds at most, and
//! can't keep them out. The wait comes before the look at the password, for names that exist and
//! names that don't, so it tells nothing.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::clock::Millis;

/// Failures that are a person's own typing.
const FREE: u32 = 3;
const FIRST: Millis = 250;
const LONGEST: Millis = 10_000;
/// Without a failure for so long, all is forgotten.
const FORGOTTEN: Millis = 15 * 60_000;
/// Names that are remembered at once. Who guesses at more names than that guesses at none of them often.
const MOST: usize = 10_000;

/// Failures of late, by name.
#[derive(Debug, Default)]
pub(super) struct Guessing(Mutex<HashMap<String, (u32, Millis)>>);

impl Guessing {
    fn names(&self) -> MutexGuard<'_, HashMap<String, (u32, Millis)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the next attempt at a name has to wait.
    pub(super) fn wait(&self, name: &str, now: Millis) -> Millis {
        match self.names().get(name) {
            Some((failures, last)) if now < last + FORGOTTEN && *failures >= FREE => {
                FIRST.saturating_mul(1 << (failures - FREE).min(16)).min(LONGEST)
            }
            _ => 0,
        }
    }

    /// An attempt failed.
    pub(super) fn failed(&self, name: &str, now: Millis) {
        let mut names = self.names();
        if names.len() >= MOST && !names.contains_key(name) {
            names.retain(|_, (_, last)| now < *last + FORGOTTEN);
            if names.len() >= MOST {
                return;
            }
        }
        let (failures, last) = names.entry(name.to_owned()).or_insert((0, now));
        *failures = if now < *last + FORGOTTEN { failures.saturating_add(1) } else { 1 };
        *last = now;
    }

    /// Whoever it was is in.
    pub(super) fn succeeded(&self, name: &str) {
        self.names().remove(name);
    }

    /// Forgets what is old.
    pub(super) fn tidy(&self, now: Millis) {
        self.names().retain(|_, (_, last)| now < *last + FORGOTTEN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_and_never_becomes_a_lock() {
        let guessing = Guessing::default();
        let waits: Vec<Millis> = (0..12)
            .map(|n| {
                guessing.failed("ada", n);
                guessing.wait("ada", n)
            })
            .collect();
        assert_eq!(waits, [0, 0, 250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000, 10_000]);
        assert_eq!(guessing.wait("bob", 12), 0);
        assert_eq!(guessing.wait("ada", 11 + FORGOTTEN), 0);
        guessing.failed("ada", 11 + FORGOTTEN);
        assert_eq!(guessing.wait("ada", 12 + FORGOTTEN), 0, "it begins anew");
    }

    #[test]
    fn success_and_time_make_it_forget() {
        let guessing = Guessing::default();
        for _ in 0..9 {
            guessing.failed("ada", 0);
        }
        guessing.succeeded("ada");
        assert_eq!(guessing.wait("ada", 1), 0);
        for n in 0..2 * MOST {
            guessing.failed(&n.to_string(), 0);
        }
        assert_eq!(guessing.names().len(), MOST);
        guessing.tidy(FORGOTTEN);
        assert_eq!(guessing.names().len(), 0);
    }
}
