//! Chooses the transport: socket, else event stream, else polling.

use super::Millis;

/// A transport, in order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// WebSocket.
    Socket,
    /// Event stream from the server, `POST` to the server.
    Stream,
    /// Long polling from the server, `POST` to the server.
    Poll,
}

/// Number of sockets that may fail before `ready` until the client falls back.
const FAILURES: u8 = 2;
/// Number of short-lived transports until the client falls back.
const SHORT_LIVES: u8 = 3;

/// Falls back to the next transport if one does not work, and returns to the socket later.
#[derive(Clone, Debug)]
pub struct Fallback {
    transport: Transport,
    failures: u8,
    short_lives: u8,
    on_probation: bool,
    short_life: Millis,
}

impl Fallback {
    /// Starts with the socket. A transport that ends within `short_life` ms of being ready counts as short-lived.
    pub fn new(short_life: Millis) -> Self {
        Self { transport: Transport::Socket, failures: 0, short_lives: 0, on_probation: false, short_life }
    }

    /// Returns the current transport.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Reports that a socket did not become ready although the server answers over HTTP.
    pub fn failed(&mut self) {
        self.failures += 1;
        if self.failures >= FAILURES {
            self.step_down();
        }
    }

    /// Reports that a socket is slow to open. The next transport is used meanwhile.
    pub fn slow(&mut self) {
        self.step_down();
    }

    /// Starts with a transport that worked earlier in the same tab.
    pub fn begin_at(&mut self, transport: Transport) {
        *self = Self { transport, ..Self::new(self.short_life) };
    }

    /// Reports that a transport that was ready for `lived` ms ended without notice from the server.
    pub fn lost_after(&mut self, lived: Millis) {
        self.failures = 0;
        if lived >= self.short_life {
            self.short_lives = 0;
            self.on_probation = false;
            return;
        }
        self.short_lives += 1;
        // A socket reached by an upgrade probe gets one chance; otherwise the page would switch back and forth every minute.
        if self.short_lives >= SHORT_LIVES || self.on_probation {
            self.step_down();
        }
    }

    /// Reports that an event stream delivered data and then fell silent. A proxy may pass the beginning of a stream and hold back the
    /// rest, so this counts however long the stream lived. Once may be the network's fault; several times means that streams do not work.
    pub fn fell_silent(&mut self) {
        self.lost_after(0);
    }

    /// Reports that an event stream delivered no byte in time: something on the way holds it back.
    pub fn no_first_byte(&mut self) {
        self.step_down();
    }

    /// Reports that the socket of an upgrade probe is ready.
    pub fn upgraded(&mut self) {
        *self = Self { on_probation: true, ..Self::new(self.short_life) };
    }

    /// Forgets what was learned, because the network changed or the user asked to retry.
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
        self.on_probation = false;
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
            fallback.lost_after(300);
        }
        assert_eq!(fallback.transport(), Transport::Poll);
    }

    #[test]
    fn a_long_life_clears_the_count() {
        let mut fallback = Fallback::new(10_000);
        fallback.lost_after(300);
        fallback.lost_after(300);
        fallback.lost_after(60_000);
        fallback.lost_after(300);
        fallback.lost_after(300);
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
        fallback.upgraded();
        assert_eq!(fallback.transport(), Transport::Socket);
        fallback.lost_after(300);
        assert_eq!(fallback.transport(), Transport::Stream);
    }
}
