//! Slows down those who guess at one name's password from many addresses.
//!
//! A wait and no lock: whoever guesses at somebody's name makes them wait ten seconds at most, and
//! can't keep them out. The wait comes before the look at the password, for names that exist and
//! names that don't, so it tells nothing.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use holdfast_core::clock::Millis;

/// Failures that are a person's own typing.
const FREE: u32 = 3;
const FIRST: Millis = 250;
const LONGEST: Millis = 10_000;
/// Without a failure for so long, all is forgotten.
const FORGOTTEN: Millis = 15 * 60_000;
/// Names that are remembered at once. Who guesses at more names than that guesses at none of them often.
const MOST: usize = 10_000;

/// Attempts of late, by name.
#[derive(Debug, Default)]
pub(super) struct Guessing(Mutex<HashMap<String, Guesses>>);

#[derive(Clone, Copy, Debug)]
struct Guesses {
    failures: u32,
    /// Begun, and nobody knows yet what will come of them. They count as failures until then, or a crowd that comes at once
    /// would wait for nothing.
    under_way: u32,
    /// When the last one failed, or began where none has failed yet.
    last: Millis,
}

impl Guesses {
    fn is_old(&self, now: Millis) -> bool {
        self.under_way == 0 && now >= self.last + FORGOTTEN
    }
}

impl Guessing {
    fn names(&self) -> MutexGuard<'_, HashMap<String, Guesses>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An attempt at a name begins: how long it has to wait.
    pub(super) fn begin(&self, name: &str, now: Millis) -> Millis {
        let mut names = self.names();
        if names.len() >= MOST && !names.contains_key(name) {
            names.retain(|_, guesses| !guesses.is_old(now));
            if names.len() >= MOST {
                return 0;
            }
        }
        let guesses = names.entry(name.to_owned()).or_insert(Guesses { failures: 0, under_way: 0, last: now });
        if now >= guesses.last + FORGOTTEN {
            guesses.failures = 0;
        }
        let before = guesses.failures.saturating_add(guesses.under_way);
        guesses.under_way = guesses.under_way.saturating_add(1);
        if before < FREE { 0 } else { FIRST.saturating_mul(1 << (before - FREE).min(16)).min(LONGEST) }
    }

    /// One that had begun failed.
    pub(super) fn failed(&self, name: &str, now: Millis) {
        if let Some(guesses) = self.names().get_mut(name) {
            guesses.under_way = guesses.under_way.saturating_sub(1);
            guesses.failures = guesses.failures.saturating_add(1);
            guesses.last = now;
        }
    }

    /// Whoever it was is in: what failed before was their own typing. What is under way still counts.
    pub(super) fn succeeded(&self, name: &str) {
        self.over(name, |guesses| guesses.failures = 0);
    }

    /// One that had begun came to nothing: nobody learnt anything by it.
    pub(super) fn given_up(&self, name: &str) {
        self.over(name, |_| {});
    }

    fn over(&self, name: &str, change: impl FnOnce(&mut Guesses)) {
        let mut names = self.names();
        if let Some(guesses) = names.get_mut(name) {
            guesses.under_way = guesses.under_way.saturating_sub(1);
            change(guesses);
            if guesses.failures == 0 && guesses.under_way == 0 {
                names.remove(name);
            }
        }
    }

    /// Forgets what is old.
    pub(super) fn tidy(&self, now: Millis) {
        self.names().retain(|_, guesses| !guesses.is_old(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(guessing: &Guessing, name: &str, now: Millis) -> Millis {
        let wait = guessing.begin(name, now);
        guessing.failed(name, now);
        wait
    }

    #[test]
    fn the_wait_grows_and_never_becomes_a_lock() {
        let guessing = Guessing::default();
        let waits: Vec<Millis> = (0..12).map(|n| fail(&guessing, "ada", n)).collect();
        assert_eq!(waits, [0, 0, 0, 250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
        assert_eq!(fail(&guessing, "bob", 12), 0);
        assert_eq!(fail(&guessing, "ada", 11 + FORGOTTEN), 0);
        assert_eq!(fail(&guessing, "ada", 12 + FORGOTTEN), 0, "it begins anew");
    }

    #[test]
    fn those_that_come_together_wait_as_if_each_before_had_failed() {
        let guessing = Guessing::default();
        let waits: Vec<Millis> = (0..6).map(|_| guessing.begin("ada", 0)).collect();
        assert_eq!(waits, [0, 0, 0, 250, 500, 1_000]);
        for _ in 0..3 {
            guessing.failed("ada", 0);
        }
        guessing.given_up("ada");
        assert_eq!(guessing.begin("ada", 0), 1_000, "who gave up has made it no longer, and who failed no shorter");
        guessing.succeeded("ada");
        assert_eq!(guessing.begin("ada", 0), 0, "two are left");
        guessing.tidy(FORGOTTEN);
        assert_eq!(guessing.names().len(), 1, "what is under way is not forgotten");
    }

    #[test]
    fn success_and_time_make_it_forget() {
        let guessing = Guessing::default();
        for _ in 0..9 {
            fail(&guessing, "ada", 0);
        }
        guessing.begin("ada", 0);
        guessing.succeeded("ada");
        assert_eq!(guessing.begin("ada", 1), 0);
        guessing.given_up("ada");
        assert_eq!(guessing.names().len(), 0);
        for n in 0..2 * MOST {
            fail(&guessing, &n.to_string(), 0);
        }
        assert_eq!(guessing.names().len(), MOST);
        guessing.tidy(FORGOTTEN);
        assert_eq!(guessing.names().len(), 0);
    }
}
