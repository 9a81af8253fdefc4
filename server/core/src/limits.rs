//! Limits on numbers and rates, for each user and for each address. Administrators can change those that the configuration does not set
//! while the server runs.

pub mod budget;
mod guessing;
pub mod reading;

use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _};
use holdfast_protocol::{
    ApiError, Reason, UserId,
    api::Role,
    limits::{Limit, LimitNumbers, LimitsInfo},
    storage::MIB,
};

use self::guessing::Guessing;
use crate::{address::ClientAddress, clock::Millis, names};

/// Limits that the configuration sets, each with the name of its source.
pub type FixedLimits = BTreeMap<Limit, (u32, String)>;

/// The quotas, bytes; `None` for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// For each guest.
    pub guest: Option<u64>,
    /// For each account.
    pub account: Option<u64>,
    /// For all users together.
    pub server: Option<u64>,
}

impl Quotas {
    /// Returns the quota of a user with this role.
    pub fn of(&self, role: Role) -> Option<u64> {
        if role == Role::Guest { self.guest } else { self.account }
    }
}

/// Size limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Length of a message, bytes.
    pub message: usize,
    /// Length of a frame, bytes.
    pub frame: usize,
    /// Length of the body of a call, bytes.
    pub body: usize,
    /// Number of conversations on a page of the list.
    pub page: u32,
}

/// The limits of one server. If they are off, everything is allowed.
pub struct Limits {
    on: bool,
    in_force: RwLock<Arc<InForce>>,
    fixed: FixedLimits,
    guessing: Guessing,
    clock: governor::clock::DefaultClock,
    /// Held during a change, so that only one happens at a time.
    pub changing: tokio::sync::Mutex<()>,
}

/// Rate of two-factor codes for each account: ten, and one more every two minutes. With three valid codes at any time, guessing six
/// digits succeeds within a day with a probability of 1 in 460.
const CODES: Quota = Quota::per_hour(NonZeroU32::new(30).expect("30 is not 0")).allow_burst(NonZeroU32::new(10).expect("10 is not 0"));

/// The current values, with their rate limiters (GCRA).
struct InForce {
    numbers: LimitNumbers,
    sign_in: DefaultKeyedRateLimiter<ClientAddress>,
    /// Separate from sign-in attempts, because checking an invitation is not an attempt.
    looks: DefaultKeyedRateLimiter<ClientAddress>,
    messages: DefaultKeyedRateLimiter<UserId>,
    conversations: DefaultKeyedRateLimiter<UserId>,
    shares: DefaultKeyedRateLimiter<UserId>,
    changes: DefaultKeyedRateLimiter<UserId>,
    codes: DefaultKeyedRateLimiter<UserId>,
}

impl InForce {
    fn new(numbers: LimitNumbers) -> Self {
        let a_minute = |n: u32| Quota::per_minute(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN));
        let (sign_in, looks) = (RateLimiter::keyed(a_minute(numbers.sign_in)), RateLimiter::keyed(a_minute(numbers.sign_in)));
        Self {
            numbers,
            sign_in,
            looks,
            messages: RateLimiter::keyed(a_minute(numbers.messages)),
            conversations: RateLimiter::keyed(a_minute(numbers.conversations)),
            shares: RateLimiter::keyed(a_minute(numbers.shares)),
            changes: RateLimiter::keyed(a_minute(numbers.changes)),
            codes: RateLimiter::keyed(CODES),
        }
    }
}

impl Limits {
    /// Creates limits from the stored values `set` and the values `fixed` by the configuration.
    pub fn new(on: bool, set: LimitNumbers, fixed: FixedLimits) -> Self {
        Self {
            on,
            in_force: RwLock::new(Arc::new(InForce::new(with(set, &fixed)))),
            fixed,
            guessing: Guessing::default(),
            clock: governor::clock::DefaultClock::default(),
            changing: tokio::sync::Mutex::default(),
        }
    }

    fn in_force(&self) -> Option<Arc<InForce>> {
        self.on.then(|| self.in_force.read().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Returns the values in force.
    pub fn info(&self) -> LimitsInfo {
        let fixed = self.fixed.iter().map(|(limit, (_, origin))| (*limit, origin.clone())).collect();
        LimitsInfo { on: self.on, numbers: self.in_force.read().unwrap_or_else(PoisonError::into_inner).numbers, fixed }
    }

    /// Changes the values, except for fixed ones. Users who had reached a limit start again.
    pub fn set(&self, numbers: LimitNumbers) {
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(InForce::new(with(numbers, &self.fixed)));
    }

    fn most(&self, which: impl FnOnce(LimitNumbers) -> u32) -> usize {
        self.in_force().map_or(usize::MAX, |it| which(it.numbers) as usize)
    }

    /// Returns the maximum number of sockets, streams and polls for each user.
    pub fn sockets(&self) -> usize {
        self.most(|numbers| numbers.sockets)
    }

    /// Returns the maximum number of sockets that are not authenticated yet.
    pub fn unauthenticated(&self) -> usize {
        self.most(|numbers| numbers.unauthenticated)
    }

    /// Returns the maximum number of running answers for each user.
    pub fn answers(&self) -> usize {
        self.most(|numbers| numbers.answers)
    }

    /// Returns the maximum number of files for each user.
    pub fn files(&self) -> usize {
        self.most(|numbers| numbers.files)
    }

    /// Returns the maximum size of a file, bytes.
    pub fn file_bytes(&self) -> u64 {
        self.in_force().map_or(u64::MAX, |it| u64::from(it.numbers.file_mib) * MIB)
    }

    /// Returns the storage quotas.
    pub fn quotas(&self) -> Quotas {
        let Some(in_force) = self.in_force() else { return Quotas::default() };
        let bytes = |mib: u32| (mib > 0).then(|| u64::from(mib) * MIB);
        let numbers = in_force.numbers;
        Quotas {
            guest: bytes(numbers.guest_storage_mib),
            account: bytes(numbers.user_storage_mib),
            server: bytes(numbers.server_storage_mib),
        }
    }

    /// Registers an attempt at the password of a name.
    pub fn guess(&self, name: &str, now: Millis) -> Guess<'_> {
        // No name is longer than this.
        let counted = (self.on && name.len() <= 256).then(|| (&self.guessing, names::key(name)));
        let wait = counted.as_ref().map_or(0, |(guessing, name)| guessing.begin(name, now));
        Guess { counted, wait: Duration::from_millis(wait) }
    }

    /// Counts an attempt to sign in, to sign up or to start as a guest from an address.
    ///
    /// # Errors
    /// There were too many; the error has the time to wait.
    pub fn sign_in(&self, address: ClientAddress) -> Result<(), ApiError> {
        let Some(in_force) = self.in_force() else { return Ok(()) };
        in_force
            .sign_in
            .check_key(&address.household())
            .map_err(|until| too_often(Reason::TooManyAttempts, until.wait_time_from(self.clock.now())))
    }

    /// Counts a check of an invitation from an address, with the same limit as attempts to sign in.
    ///
    /// # Errors
    /// There were too many; the error has the time to wait.
    pub fn look(&self, address: ClientAddress) -> Result<(), ApiError> {
        let Some(in_force) = self.in_force() else { return Ok(()) };
        in_force
            .looks
            .check_key(&address.household())
            .map_err(|until| too_often(Reason::TooManyAttempts, until.wait_time_from(self.clock.now())))
    }

    /// Counts a two-factor code for an account.
    ///
    /// # Errors
    /// There were too many; the error has the time to wait.
    pub fn code(&self, user: UserId) -> Result<(), ApiError> {
        let Some(in_force) = self.in_force() else { return Ok(()) };
        in_force.codes.check_key(&user).map_err(|until| too_often(Reason::TooManyCodes, until.wait_time_from(self.clock.now())))
    }

    /// Counts a message of a user.
    ///
    /// # Errors
    /// There were too many; the error has the time to wait.
    pub fn message(&self, user: UserId) -> Result<(), ApiError> {
        let Some(in_force) = self.in_force() else { return Ok(()) };
        in_force.messages.check_key(&user).map_err(|until| too_often(Reason::TooManyMessages, until.wait_time_from(self.clock.now())))
    }

    /// Counts a conversation that a user creates without a message.
    ///
    /// # Errors
    /// There were too many; the error has the time to wait.
    pub fn conversation(&self, user: UserId) -> Result<(), ApiError> {
        self.check(user, |limits| &limits.conversations, Reason::TooManyConversations)
    }

    /// Counts a read-only link.
    ///
    /// # Errors
    /// There were too many; the error has the time to wait.
    pub fn share(&self, user: UserId) -> Result<(), ApiError> {
        self.check(user, |limits| &limits.shares, Reason::TooManyShares)
    }

    /// Counts a change that has no limit of its own.
    ///
    /// # Errors
    /// There were too many; the error has the time to wait.
    pub fn change(&self, user: UserId) -> Result<(), ApiError> {
        self.check(user, |limits| &limits.changes, Reason::TooManyChanges)
    }

    fn check(
        &self,
        user: UserId,
        which: impl FnOnce(&InForce) -> &DefaultKeyedRateLimiter<UserId>,
        reason: Reason,
    ) -> Result<(), ApiError> {
        let Some(in_force) = self.in_force() else { return Ok(()) };
        which(&in_force).check_key(&user).map_err(|until| too_often(reason, until.wait_time_from(self.clock.now())))
    }

    /// Forgets users and addresses that were not active for long.
    pub fn tidy(&self, now: Millis) {
        self.guessing.tidy(now);
        if let Some(in_force) = self.in_force() {
            in_force.sign_in.retain_recent();
            in_force.looks.retain_recent();
            in_force.codes.retain_recent();
            in_force.messages.retain_recent();
            in_force.conversations.retain_recent();
            in_force.shares.retain_recent();
            in_force.changes.retain_recent();
        }
    }
}

/// An attempt at the password of a name. If it is dropped before its result is reported, it does not count.
#[must_use]
pub struct Guess<'a> {
    counted: Option<(&'a Guessing, String)>,
    /// How long to wait before the password is checked.
    pub wait: Duration,
}

impl Guess<'_> {
    /// Reports the result.
    pub fn was(mut self, right: bool, now: Millis) {
        match self.counted.take() {
            Some((guessing, name)) if right => guessing.succeeded(&name),
            Some((guessing, name)) => guessing.failed(&name, now),
            None => {}
        }
    }
}

impl Drop for Guess<'_> {
    fn drop(&mut self) {
        if let Some((guessing, name)) = &self.counted {
            guessing.given_up(name);
        }
    }
}

fn with(mut numbers: LimitNumbers, fixed: &FixedLimits) -> LimitNumbers {
    for (limit, (number, _)) in fixed {
        numbers.set(*limit, *number);
    }
    numbers
}

fn too_often(reason: Reason, wait: Duration) -> ApiError {
    reason.error().limited(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use holdfast_protocol::Code;

    use super::*;

    #[test]
    fn ten_attempts_a_minute_and_then_a_wait() {
        let limits = Limits::new(true, LimitNumbers::USUAL, FixedLimits::new());
        let address = "2001:db8::1".parse().unwrap();
        let neighbour = "2001:db8:0:00ff:ffff::1".parse().unwrap();
        for _ in 0..10 {
            limits.sign_in(address).unwrap();
        }
        limits.sign_in("2001:db8:0:0100::1".parse().unwrap()).unwrap();
        let api_error = limits.sign_in(neighbour).unwrap_err();
        assert_eq!(api_error.code, Code::RateLimited);
        assert!(api_error.retry_after_ms.unwrap() <= 6_000);
        limits.sign_in("192.0.2.1".parse().unwrap()).unwrap();
    }

    #[test]
    fn others_count_at_once_and_off_is_off() {
        let address = "192.0.2.1".parse().unwrap();
        let limits = Limits::new(true, LimitNumbers { sign_in: 1, ..LimitNumbers::USUAL }, FixedLimits::new());
        limits.sign_in(address).unwrap();
        limits.sign_in(address).unwrap_err();
        limits.set(LimitNumbers { sign_in: 2, answers: 7, ..LimitNumbers::USUAL });
        assert_eq!((limits.answers(), limits.sockets()), (7, 20));
        limits.sign_in(address).unwrap();
        limits.sign_in(address).unwrap();
        limits.sign_in(address).unwrap_err();
        let off = Limits::new(false, LimitNumbers { sign_in: 1, ..LimitNumbers::USUAL }, FixedLimits::new());
        assert_eq!(off.answers(), usize::MAX);
        off.sign_in(address).unwrap();
        off.sign_in(address).unwrap();
    }

    #[test]
    fn what_is_fixed_stays_whatever_is_set() {
        let fixed = FixedLimits::from([(Limit::Answers, (2, "HOLDFAST_LIMIT_ANSWERS".to_owned()))]);
        let limits = Limits::new(true, LimitNumbers::USUAL, fixed);
        limits.set(LimitNumbers { answers: 9, sockets: 9, ..LimitNumbers::USUAL });
        assert_eq!((limits.answers(), limits.sockets()), (2, 9));
        assert_eq!(limits.info().fixed[&Limit::Answers], "HOLDFAST_LIMIT_ANSWERS");
    }
}
