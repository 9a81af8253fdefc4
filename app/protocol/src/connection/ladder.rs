//! Which transport to use: socket, else event stream, else polling.

use super::Millis;

/// A transport, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rung {
    /// WebSocket.
    Socket,
    /// `text/event-stream` down, `POST` up.
    Stream,
    /// Long polling down, `POST` up.
    Poll,
}

/// Sockets that may fail before `ready` until the client steps down.
const FAILURES: u8 = 2;
/// Transports that may die young until the client steps down.
const SHORT_LIVES: u8 = 3;

/// Goes down where a transport does not work, and up again.
#[derive(Clone, Debug)]
pub struct Ladder {
    rung: Rung,
    failures: u8,
    short_lives: u8,
    on_trial: bool,
    short_life: Millis,
}

impl Ladder {
    /// Begins with the socket. What dies within `short_life` ms of being ready died young.
    pub fn new(short_life: Millis) -> Self {
        Self { rung: Rung::Socket, failures: 0, short_lives: 0, on_trial: false, short_life }
    }

    /// Where it stands.
    pub fn rung(&self) -> Rung {
        self.rung
    }

    /// A socket did not become ready although the server answers over HTTP.
    pub fn failed(&mut self) {
        self.failures += 1;
        if self.failures >= FAILURES {
            self.step_down();
        }
    }

    /// A socket takes long: the next transport is used meanwhile.
    pub fn slow(&mut self) {
        self.step_down();
    }

    /// Begins at a transport that worked before, in the same tab.
    pub fn begin_at(&mut self, rung: Rung) {
        *self = Self { rung, ..Self::new(self.short_life) };
    }

    /// A transport that was ready for `lived` ms died without the server's saying so.
    pub fn died(&mut self, lived: Millis) {
        self.failures = 0;
        if lived >= self.short_life {
            self.short_lives = 0;
            self.on_trial = false;
            return;
        }
        self.short_lives += 1;
        // A socket reached by climbing gets one chance, or the page would flap every minute.
        if self.short_lives >= SHORT_LIVES || self.on_trial {
            self.step_down();
        }
    }

    /// An event stream brought something and then fell silent, however long it lived: a proxy that lets the beginning of one
    /// through may do so for a while where an answer is slow. Once that is a network's doing; time and again it is not.
    pub fn fell_silent(&mut self) {
        self.died(0);
    }

    /// The event stream brought no byte in time: something in between holds it back.
    pub fn starved(&mut self) {
        self.step_down();
    }

    /// The socket, tried again from below, is ready.
    pub fn climbed(&mut self) {
        *self = Self { on_trial: true, ..Self::new(self.short_life) };
    }

    /// The network is another one (or the person asks): what was learned no longer holds.
    pub fn reset(&mut self) {
        *self = Self::new(self.short_life);
    }

    fn step_down(&mut self) {
        self.rung = match self.rung {
            Rung::Socket => Rung::Stream,
            Rung::Stream | Rung::Poll => Rung::Poll,
        };
        self.failures = 0;
        self.short_lives = 0;
        self.on_trial = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_failures_or_three_short_lives_lead_down() {
        let mut ladder = Ladder::new(10_000);
        ladder.failed();
        assert_eq!(ladder.rung(), Rung::Socket);
        ladder.failed();
        assert_eq!(ladder.rung(), Rung::Stream);
        for _ in 0..3 {
            ladder.died(300);
        }
        assert_eq!(ladder.rung(), Rung::Poll);
    }

    #[test]
    fn a_long_life_clears_the_count() {
        let mut ladder = Ladder::new(10_000);
        ladder.died(300);
        ladder.died(300);
        ladder.died(60_000);
        ladder.died(300);
        ladder.died(300);
        assert_eq!(ladder.rung(), Rung::Socket);
    }

    #[test]
    fn streams_that_fall_silent_time_and_again_lead_down_whatever_was_between() {
        let mut ladder = Ladder::new(10_000);
        ladder.failed();
        ladder.failed();
        ladder.fell_silent();
        ladder.fell_silent();
        assert_eq!(ladder.rung(), Rung::Stream);
        ladder.fell_silent();
        assert_eq!(ladder.rung(), Rung::Poll);
    }

    #[test]
    fn a_climbed_socket_has_one_chance() {
        let mut ladder = Ladder::new(10_000);
        ladder.failed();
        ladder.failed();
        ladder.climbed();
        assert_eq!(ladder.rung(), Rung::Socket);
        ladder.died(300);
        assert_eq!(ladder.rung(), Rung::Stream);
    }
}
