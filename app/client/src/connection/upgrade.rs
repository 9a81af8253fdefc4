//! Tries the socket again beside another transport.

use super::{Action, Attempt, Connection, Millis, Phase, Timer, Transport};

impl Connection {
    /// Sets the timer of the next upgrade probe, if another transport than the socket is in use and the page is visible.
    pub(super) fn arm_upgrade(&mut self) {
        let is_lower = matches!(self.phase, Phase::Live { .. }) && self.transport() > Transport::Socket;
        let is_wanted = is_lower && self.page.visible && self.transports.upgrade.is_none();
        self.timers.reset(Timer::Upgrade, is_wanted.then_some(self.transports.upgrade_at));
    }

    pub(super) fn begin_upgrade(&mut self, now: Millis) {
        let attempt = self.next_attempt();
        self.continue_as_upgrade(attempt, now);
        self.out.actions.push_back(Action::OpenSocket { attempt });
    }

    /// Makes a socket that has been opening since the time `since` the upgrade probe.
    pub(super) fn continue_as_upgrade(&mut self, attempt: Attempt, since: Millis) {
        self.transports.upgrade = Some(attempt);
        self.timers.set(Timer::UpgradeOpen, since + self.timing.open);
        self.arm_upgrade();
    }

    /// Ends the upgrade probe and returns its socket, or `None` if there is no probe.
    pub(super) fn take_upgrade(&mut self) -> Option<Attempt> {
        self.timers.stop(Timer::UpgradeOpen);
        self.transports.upgrade.take()
    }

    /// Gives up the upgrade probe. The next one begins after `pause` ms at the earliest.
    pub(super) fn abandon_upgrade(&mut self, now: Millis, pause: Millis) {
        if let Some(attempt) = self.take_upgrade() {
            self.out.actions.push_back(Action::Close { attempt });
        }
        self.transports.upgrade_at = now + pause;
        self.arm_upgrade();
    }
}
