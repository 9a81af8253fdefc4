//! The times at which the machine does something by itself.

use super::{Millis, Phase};

/// What the machine waits for. Of several timers that expire together, the one declared first is handled first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// The socket that is opened beside another transport is not ready in time.
    UpgradeOpen,
    /// No token arrives in time.
    TokenFetch,
    /// The waiting time before the next attempt is over.
    Reconnect,
    /// The transport is not ready in time.
    Open,
    /// Nothing arrived for too long.
    Silence,
    /// A probe was not answered in time.
    Probe,
    /// The server did not accept a request in time.
    Accept,
    /// The socket must be pinged so that it does not count as idle.
    Ping,
    /// The connection has lasted so long that it counts as stable.
    Stable,
    /// The socket is tried again beside another transport.
    Upgrade,
    /// The token is renewed.
    Renew,
    /// A request may be sent again.
    Resend,
    /// The gap is so long that it is shown.
    QuietGap,
}

impl Timer {
    const ALL: [Self; 13] = [
        Self::UpgradeOpen,
        Self::TokenFetch,
        Self::Reconnect,
        Self::Open,
        Self::Silence,
        Self::Probe,
        Self::Accept,
        Self::Ping,
        Self::Stable,
        Self::Upgrade,
        Self::Renew,
        Self::Resend,
        Self::QuietGap,
    ];

    /// Returns whether the timer may be set in a phase. Entering any other phase stops it.
    fn runs_in(self, phase: &Phase) -> bool {
        match self {
            Self::UpgradeOpen | Self::TokenFetch | Self::QuietGap => true,
            Self::Reconnect => matches!(phase, Phase::Waiting),
            Self::Open => matches!(phase, Phase::Opening { .. }),
            Self::Silence | Self::Probe | Self::Accept | Self::Ping | Self::Stable | Self::Upgrade | Self::Renew | Self::Resend => {
                matches!(phase, Phase::Live { .. })
            }
        }
    }
}

/// When each timer expires. A timer that is not here is not set.
#[derive(Clone, Debug, Default)]
pub(super) struct TimerTable([Option<Millis>; Timer::ALL.len()]);

impl TimerTable {
    /// Sets a timer, whether or not it was set. A time that has passed already expires at once.
    pub(super) fn set(&mut self, timer: Timer, at: Millis) {
        self.0[timer as usize] = Some(at);
    }

    /// Stops a timer, if it is set.
    pub(super) fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    /// Sets a timer, or stops it if `at` is `None`.
    pub(super) fn reset(&mut self, timer: Timer, at: Option<Millis>) {
        self.0[timer as usize] = at;
    }

    /// Returns when a timer expires, or `None` if it is not set.
    pub(super) fn get(&self, timer: Timer) -> Option<Millis> {
        self.0[timer as usize]
    }

    /// Returns whether a timer is set.
    pub(super) fn is_set(&self, timer: Timer) -> bool {
        self.get(timer).is_some()
    }

    /// Returns when the first timer expires, or `None` if none is set.
    pub(super) fn next_timeout(&self) -> Option<Millis> {
        self.0.iter().flatten().min().copied()
    }

    /// Stops a timer whose time has come, and returns it. Returns `None` if there is none (any more).
    pub(super) fn expire_before(&mut self, now: Millis) -> Option<Timer> {
        let expired = Timer::ALL.into_iter().find(|timer| self.get(*timer).is_some_and(|at| at <= now))?;
        self.stop(expired);
        Some(expired)
    }

    /// Stops the timers that do not run in a phase.
    pub(super) fn enter(&mut self, phase: &Phase) {
        Timer::ALL.into_iter().filter(|timer| !timer.runs_in(phase)).for_each(|timer| self.stop(timer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_timer_has_its_place_in_the_table() {
        for (place, timer) in Timer::ALL.into_iter().enumerate() {
            assert_eq!(timer as usize, place);
        }
    }

    #[test]
    fn the_first_to_expire_is_next_and_each_expires_once() {
        let mut timers = TimerTable::default();
        assert_eq!(timers.next_timeout(), None);
        timers.set(Timer::QuietGap, 10);
        timers.set(Timer::Open, 20);
        timers.set(Timer::Open, 15);
        timers.set(Timer::TokenFetch, 30);
        assert_eq!((timers.next_timeout(), timers.get(Timer::Open)), (Some(10), Some(15)));
        assert_eq!(timers.expire_before(9), None);
        assert_eq!(timers.expire_before(15), Some(Timer::Open), "both have expired, and this one is declared first");
        assert_eq!((timers.expire_before(15), timers.expire_before(15)), (Some(Timer::QuietGap), None));
        timers.stop(Timer::TokenFetch);
        assert_eq!(timers.next_timeout(), None);
    }

    #[test]
    fn a_phase_keeps_its_own_timers_only() {
        let mut timers = TimerTable::default();
        Timer::ALL.into_iter().for_each(|timer| timers.set(timer, 1));
        timers.enter(&Phase::Waiting);
        let set: Vec<Timer> = Timer::ALL.into_iter().filter(|timer| timers.is_set(*timer)).collect();
        assert_eq!(set, [Timer::UpgradeOpen, Timer::TokenFetch, Timer::Reconnect, Timer::QuietGap]);
    }
}
