//! How the connection is told to the person.

use holdfast_protocol::{
    ApiError,
    connection::{Millis, Presence, Transport},
};

use crate::strings::{Localized, Strings};

/// What the status pill says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionStatus {
    /// Nobody is signed in; there is nothing to be connected for.
    Ready,
    /// On its way.
    Connecting,
    /// Everything arrives.
    Connected(Transport),
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
    Refused(ApiError),
    /// The session is over.
    SignedOut(ApiError),
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

impl ConnectionStatus {
    /// What is told of `presence` at `now`.
    pub fn of(presence: &Presence, now: Millis, queued: usize) -> Self {
        match presence {
            Presence::Ready => ConnectionStatus::Ready,
            Presence::Connecting => ConnectionStatus::Connecting,
            Presence::Connected(transport) => ConnectionStatus::Connected(*transport),
            Presence::Reconnecting { at } => {
                // Rounded up, so that it never says 0 and waits on.
                let seconds = at.map(|at| at.saturating_sub(now).div_ceil(1000)).filter(|&seconds| seconds > 0);
                ConnectionStatus::Reconnecting { seconds }
            }
            Presence::Offline => ConnectionStatus::Offline { queued },
            Presence::Refused(api_error) => ConnectionStatus::Refused(api_error.clone()),
        }
    }

    /// Whether it is known that nothing arrives. A gap too short to be told is none.
    pub fn is_torn(&self) -> bool {
        matches!(
            self,
            ConnectionStatus::Reconnecting { .. }
                | ConnectionStatus::Offline { .. }
                | ConnectionStatus::Refused(_)
                | ConnectionStatus::SignedOut(_)
        )
    }

    /// The pill's words.
    pub fn text(&self, strings: &Strings) -> String {
        match self {
            ConnectionStatus::Reconnecting { seconds: Some(seconds) } => (strings.connection.reconnecting_in)(*seconds),
            ConnectionStatus::Offline { queued } if *queued > 0 => (strings.connection.queued)(*queued),
            other => strings.connection(other).to_owned(),
        }
    }

    /// The same for a pill that has little room.
    pub fn brief(&self, strings: &Strings) -> String {
        match self {
            ConnectionStatus::Reconnecting { seconds: Some(seconds) } => (strings.connection.again_in)(*seconds),
            other => other.text(strings),
        }
    }

    /// What stands behind it, on hover.
    pub fn detail(&self, strings: &Strings) -> Localized {
        match self {
            ConnectionStatus::Ready => strings.connection.about_ready.into(),
            ConnectionStatus::Connecting => strings.connection.about_connecting.into(),
            ConnectionStatus::Connected(transport) => (strings.connection.about_connected)(strings.transport(*transport)).into(),
            ConnectionStatus::Reconnecting { .. } => strings.connection.about_reconnecting.into(),
            ConnectionStatus::Offline { .. } => strings.connection.about_offline.into(),
            ConnectionStatus::Refused(api_error) | ConnectionStatus::SignedOut(api_error) => strings.localized(api_error.clone()),
        }
    }

    /// The pill's tone.
    pub fn tone(&self) -> Tone {
        match self {
            ConnectionStatus::Ready | ConnectionStatus::Connected(_) => Tone::Calm,
            ConnectionStatus::Connecting => Tone::Info,
            ConnectionStatus::Reconnecting { .. } | ConnectionStatus::Refused(_) | ConnectionStatus::SignedOut(_) => Tone::Warn,
            ConnectionStatus::Offline { .. } => Tone::Off,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strings::Language;

    #[test]
    fn the_countdown_never_says_zero() {
        let at = |now| ConnectionStatus::of(&Presence::Reconnecting { at: Some(3_000) }, now, 0).text(Language::En.strings());
        assert_eq!(at(0), "Reconnecting in 3 s");
        assert_eq!(at(2_001), "Reconnecting in 1 s");
        assert_eq!(at(3_000), "Reconnecting…");
        assert_eq!(at(9_000), "Reconnecting…");
    }

    #[test]
    fn offline_says_what_waits() {
        assert_eq!(ConnectionStatus::of(&Presence::Offline, 0, 2).text(Language::En.strings()), "Offline · 2 queued");
        assert_eq!(ConnectionStatus::of(&Presence::Offline, 0, 0).text(Language::En.strings()), "Offline");
    }
}
