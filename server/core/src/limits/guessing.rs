//! Slows down attempts to guess one name's password from many addresses.
//!
//! It delays and never locks: whoever guesses at a name delays its owner by at most ten seconds. The delay comes before the password
//! check, for existing and unknown names alike, so it reveals nothing.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::clock::Millis;

/// Number of failures without a delay, for typing errors.
const FREE: u32 = 3;
const FIRST: Millis = 250;
const LONGEST: Millis = 10_000;
/// Time without a failure after which the failures of a name are forgotten.
const FORGOTTEN: Millis = 15 * 60_000;
/// Maximum number of names that are remembered. Whoever guesses at more names guesses at none of them often.
const MOST: usize = 10_000;

/// Recent attempts, by name.
#[derive(Debug, Default)]
pub(super) struct Guessing(Mutex<HashMap<String, Guesses>>);

#[derive(Clone, Copy, Debug)]
struct Guesses {
    failures: u32,
    /// Attempts without a result yet. They count as failures, because otherwise many simultaneous attempts would have no delay.
    under_way: u32,
    /// When the last attempt failed, or was started if none has failed.
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

    /// Starts an attempt at a name. Returns how long it must wait, ms.
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

    /// Records that an attempt failed.
    pub(super) fn failed(&self, name: &str, now: Millis) {
        if let Some(guesses) = self.names().get_mut(name) {
            guesses.under_way = guesses.under_way.saturating_sub(1);
            guesses.failures = guesses.failures.saturating_add(1);
            guesses.last = now;
        }
    }

    /// Records that an attempt succeeded: earlier failures were the user's own. Attempts without a result still count.
    pub(super) fn succeeded(&self, name: &str) {
        self.over(name, |guesses| guesses.failures = 0);
    }

    /// Records that an attempt was abandoned, so nothing was learned from it.
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

    /// Forgets old attempts.
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
