//! How the connection is told to the person.

use holdfast_protocol::{
    Refusal,
    connection::{Millis, Presence, Rung},
};

/// What the status pill says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Face {
    /// Nobody is signed in; there is nothing to be connected for.
    Ready,
    /// On its way.
    Connecting,
    /// Everything arrives.
    Connected(Rung),
    /// Tried again in so many seconds, or just now.
    Reconnecting {
        /// At least one; none while it is being tried.
        seconds: Option<u64>,
    },
    /// No network; so many messages wait.
    Offline {
        /// How many.
        queued: usize,
    },
    /// Refused for good.
    Refused(Refusal),
    /// The session is over.
    SignedOut(Refusal),
}

/// The tone of the pill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// All is well.
    Calm,
    /// Something is under way.
    Info,
    /// Something is missing.
    Warn,
    /// Nothing is to be expected.
    Off,
}

impl Face {
    /// What is told of `presence` at `now`.
    pub fn of(presence: &Presence, now: Millis, queued: usize) -> Self {
        match presence {
            Presence::Ready => Face::Ready,
            Presence::Connecting => Face::Connecting,
            Presence::Connected(rung) => Face::Connected(*rung),
            Presence::Reconnecting { at } => {
                // Rounded up, so that it never says 0 and waits on.
                let seconds = at.map(|at| at.saturating_sub(now).div_ceil(1000)).filter(|&seconds| seconds > 0);
                Face::Reconnecting { seconds }
            }
            Presence::Offline => Face::Offline { queued },
            Presence::Refused(refusal) => Face::Refused(refusal.clone()),
        }
    }

    /// Whether it is known that nothing arrives. A gap too short to be told is none.
    pub fn is_torn(&self) -> bool {
        matches!(self, Face::Reconnecting { .. } | Face::Offline { .. } | Face::Refused(_) | Face::SignedOut(_))
    }

    /// The pill's words.
    pub fn text(&self) -> String {
        match self {
            Face::Reconnecting { seconds: Some(seconds) } => format!("Reconnecting in {seconds} s"),
            Face::Offline { queued } if *queued > 0 => format!("Offline · {queued} queued"),
            other => other.name().to_owned(),
        }
    }

    /// The same for a pill that has little room.
    pub fn brief(&self) -> String {
        match self {
            Face::Reconnecting { seconds: Some(seconds) } => format!("Again in {seconds} s"),
            other => other.text(),
        }
    }

    /// The same without figures: for a screen reader, which would read every change.
    pub fn name(&self) -> &'static str {
        match self {
            Face::Ready => "Ready",
            Face::Connecting => "Connecting…",
            Face::Connected(_) => "Connected",
            Face::Reconnecting { .. } => "Reconnecting…",
            Face::Offline { .. } => "Offline",
            Face::Refused(_) => "Not connected",
            Face::SignedOut(_) => "Signed out",
        }
    }

    /// What stands behind it, on hover.
    pub fn detail(&self) -> String {
        match self {
            Face::Ready => "Connects with your first message".to_owned(),
            Face::Connecting => "On its way to the server".to_owned(),
            Face::Connected(rung) => format!("Connected over {}", rung_name(*rung)),
            Face::Reconnecting { .. } => "Nothing is lost: answers go on at the server, and what you write is kept".to_owned(),
            Face::Offline { .. } => "This device has no network. What you write is kept, and sends itself when you are back".to_owned(),
            Face::Refused(refusal) | Face::SignedOut(refusal) => refusal.error.clone(),
        }
    }

    /// The pill's tone.
    pub fn tone(&self) -> Tone {
        match self {
            Face::Ready | Face::Connected(_) => Tone::Calm,
            Face::Connecting => Tone::Info,
            Face::Reconnecting { .. } | Face::Refused(_) | Face::SignedOut(_) => Tone::Warn,
            Face::Offline { .. } => Tone::Off,
        }
    }
}

/// What a transport is called.
pub const fn rung_name(rung: Rung) -> &'static str {
    match rung {
        Rung::Socket => "a WebSocket",
        Rung::Stream => "an event stream",
        Rung::Poll => "polling",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_countdown_never_says_zero() {
        let at = |now| Face::of(&Presence::Reconnecting { at: Some(3_000) }, now, 0).text();
        assert_eq!(at(0), "Reconnecting in 3 s");
        assert_eq!(at(2_001), "Reconnecting in 1 s");
        assert_eq!(at(3_000), "Reconnecting…");
        assert_eq!(at(9_000), "Reconnecting…");
    }

    #[test]
    fn offline_says_what_waits() {
        assert_eq!(Face::of(&Presence::Offline, 0, 2).text(), "Offline · 2 queued");
        assert_eq!(Face::of(&Presence::Offline, 0, 0).text(), "Offline");
    }
}
