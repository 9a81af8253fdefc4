//! How the connection is told to the person.

use holdfast_protocol::{
    Refusal,
    connection::{Millis, Presence, Rung},
};

use crate::words::{Told, Words};

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
    pub fn text(&self, words: &Words) -> String {
        match self {
            Face::Reconnecting { seconds: Some(seconds) } => (words.face.reconnecting_in)(*seconds),
            Face::Offline { queued } if *queued > 0 => (words.face.queued)(*queued),
            other => words.face(other).to_owned(),
        }
    }

    /// The same for a pill that has little room.
    pub fn brief(&self, words: &Words) -> String {
        match self {
            Face::Reconnecting { seconds: Some(seconds) } => (words.face.again_in)(*seconds),
            other => other.text(words),
        }
    }

    /// What stands behind it, on hover.
    pub fn detail(&self, words: &Words) -> Told {
        match self {
            Face::Ready => words.face.about_ready.into(),
            Face::Connecting => words.face.about_connecting.into(),
            Face::Connected(rung) => (words.face.about_connected)(words.rung(*rung)).into(),
            Face::Reconnecting { .. } => words.face.about_reconnecting.into(),
            Face::Offline { .. } => words.face.about_offline.into(),
            Face::Refused(refusal) | Face::SignedOut(refusal) => words.told(refusal.clone()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn the_countdown_never_says_zero() {
        let at = |now| Face::of(&Presence::Reconnecting { at: Some(3_000) }, now, 0).text(Language::En.words());
        assert_eq!(at(0), "Reconnecting in 3 s");
        assert_eq!(at(2_001), "Reconnecting in 1 s");
        assert_eq!(at(3_000), "Reconnecting…");
        assert_eq!(at(9_000), "Reconnecting…");
    }

    #[test]
    fn offline_says_what_waits() {
        assert_eq!(Face::of(&Presence::Offline, 0, 2).text(Language::En.words()), "Offline · 2 queued");
        assert_eq!(Face::of(&Presence::Offline, 0, 0).text(Language::En.words()), "Offline");
    }
}
