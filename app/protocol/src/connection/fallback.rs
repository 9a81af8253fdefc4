//! Which transport to use: socket, else event stream, else polling.

use super::Millis;

/// A transport, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
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
pub struct Fallback {
    transport: Transport,
    failures: u8,
    short_lives: u8,
    on_trial: bool,
    short_life: Millis,
}

impl Fallback {
    /// Begins with the socket. What dies within `short_life` ms of being ready died young.
    pub fn new(short_life: Millis) -> Self {
        Self { transport: Transport::Socket, failures: 0, short_lives: 0, on_trial: false, short_life }
    }

    /// Where it stands.
    pub fn transport(&self) -> Transport {
        self.transport
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
    pub fn begin_at(&mut self, transport: Transport) {
        *self = Self { transport, ..Self::new(self.short_life) };
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
    pub fn no_first_byte(&mut self) {
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
        self.transport = match self.transport {
            Transport::Socket => Transport::Stream,
            Transport::Stream | Transport::Poll => Transport::Poll,
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
        let mut fallback = Fallback::new(10_000);
        fallback.failed();
        assert_eq!(fallback.transport(), Transport::Socket);
        fallback.failed();
        assert_eq!(fallback.transport(), Transport::Stream);
        for _ in 0..3 {
            fallback.died(300);
        }
        assert_eq!(fallback.transport(), Transport::Poll);
    }

    #[test]
    fn a_long_life_clears_the_count() {
        let mut fallback = Fallback::new(10_000);
        fallback.died(300);
        fallback.died(300);
        fallback.died(60_000);
        fallback.died(300);
        fallback.died(300);
        assert_eq!(fallback.transport(), Transport::Socket);
    }

    #[test]
    fn streams_that_fall_silent_time_and_again_lead_down_whatever_was_between() {
        let mut fallback = Fallback::new(10_000);
        fallback.failed();
        fallback.failed();
        fallback.fell_silent();
        fallback.fell_silent();
        assert_eq!(fallback.transport(), Transport::Stream);
        fallback.fell_silent();
        assert_eq!(fallback.transport(), Transport::Poll);
    }

    #[test]
    fn a_climbed_socket_has_one_chance() {
        let mut fallback = Fallback::new(10_000);
        fallback.failed();
        fallback.failed();
        fallback.climbed();
        assert_eq!(fallback.transport(), Transport::Socket);
        fallback.died(300);
        assert_eq!(fallback.transport(), Transport::Stream);
    }
}
