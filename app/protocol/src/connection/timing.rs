//! The times that the client keeps.

/// Milliseconds of some clock that goes on while the machine sleeps. Only differences count.
pub type Millis = u64;

/// The client's times, ms. The defaults are the contract's.
#[derive(Clone, Debug)]
pub struct Timing {
    /// A transport must be usable this long after it was asked for.
    pub open: Millis,
    /// A socket that is not ready this long after it was asked for is tried beside the next transport.
    pub slow_open: Millis,
    /// A socket that was silent for so long is dead.
    pub dead: Millis,
    /// A probe (after waking, or when the network changed) must be answered within.
    pub probe: Millis,
    /// A message must be accepted within, or the transport is taken for dead.
    pub accept: Millis,
    /// First step of the backoff.
    pub backoff_base: Millis,
    /// Longest wait of the backoff.
    pub backoff_cap: Millis,
    /// A connection that stayed this long starts the backoff anew; one that did not died young.
    pub short_life: Millis,
    /// From below, the socket is tried again this often.
    pub upgrade: Millis,
    /// An event stream must bring its first byte within.
    pub first_byte: Millis,
    /// An event stream that was silent for so long is held back by something, or dead. The server speaks every second.
    pub stream_silence: Millis,
    /// How long a poll waits at the server.
    pub poll_wait: Millis,
    /// A transport that was cut after it had been idle for less was not cut for that.
    pub shortest_idle: Millis,
    /// A gap shorter than this is not shown as one.
    pub quiet_gap: Millis,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            open: 10_000,
            slow_open: 1_000,
            dead: 45_000,
            probe: 1_500,
            accept: 10_000,
            backoff_base: 500,
            backoff_cap: 20_000,
            short_life: 10_000,
            upgrade: 60_000,
            first_byte: 3_000,
            stream_silence: 3_000,
            poll_wait: 25_000,
            shortest_idle: 3_000,
            quiet_gap: 1_000,
        }
    }
}
