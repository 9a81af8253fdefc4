//! Timeouts and intervals of the client.

/// Milliseconds of a clock that continues while the device sleeps. Only differences matter.
pub type Millis = u64;

/// Timeouts and intervals of the client, ms.
#[derive(Clone, Debug)]
pub struct Timing {
    /// Time within which a transport must be ready after it was opened.
    pub open: Millis,
    /// Time after which a socket that is not ready gets the next transport beside it.
    pub slow_open: Millis,
    /// Silence after which a socket counts as dead.
    pub dead: Millis,
    /// Time within which a probe must be answered. The client probes after waking up and when the network changed.
    pub probe: Millis,
    /// Time within which the server must accept a message; otherwise the transport counts as dead.
    pub accept: Millis,
    /// First step of the backoff.
    pub backoff_base: Millis,
    /// Longest waiting time of the backoff.
    pub backoff_cap: Millis,
    /// A connection that lasts this long resets the backoff. A shorter one counts as short-lived.
    pub short_life: Millis,
    /// Interval of upgrade probes: how often the socket is tried while another transport is in use.
    pub upgrade: Millis,
    /// Time within which an event stream must deliver its first byte.
    pub first_byte: Millis,
    /// Silence after which an event stream counts as held back or dead. The server sends something every second.
    pub stream_silence: Millis,
    /// How long a poll may wait at the server.
    pub poll_wait: Millis,
    /// Shortest idle time that can be the reason for a cut.
    pub shortest_idle: Millis,
    /// Longest gap that is not shown to the user.
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
