//! The connection status, as the user sees it.

use holdfast_client::connection::{Millis, Presence, Transport};
use holdfast_protocol::ApiError;

use crate::strings::{Localized, Strings};

/// The connection status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionStatus {
    /// Nobody is signed in, so no connection is needed.
    Ready,
    /// Connecting.
    Connecting,
    /// Connected.
    Connected(Transport),
    /// Waiting to connect again, or trying.
    Reconnecting {
        /// Seconds until the next attempt, at least one; `None` during an attempt.
        seconds: Option<u64>,
    },
    /// The device has no network.
    Offline {
        /// Number of messages that wait to be sent.
        queued: usize,
    },
    /// The server refused the connection.
    Refused(ApiError),
    /// The session has ended.
    SignedOut(ApiError),
}

/// The tone of the status label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Everything works.
    Calm,
    /// Something is in progress.
    Info,
    /// Something needs attention.
    Warn,
    /// Nothing works until the user does something.
    Off,
}

impl ConnectionStatus {
    /// Returns the status for `presence` at `now`.
    pub fn of(presence: &Presence, now: Millis, queued: usize) -> Self {
        match presence {
            Presence::Ready => ConnectionStatus::Ready,
            Presence::Connecting => ConnectionStatus::Connecting,
            Presence::Connected(transport) => ConnectionStatus::Connected(*transport),
            Presence::Reconnecting { at } => {
                // Rounded up, so that it never shows 0 while it waits.
                let seconds = at.map(|at| at.saturating_sub(now).div_ceil(1000)).filter(|&seconds| seconds > 0);
                ConnectionStatus::Reconnecting { seconds }
            }
            Presence::Offline => ConnectionStatus::Offline { queued },
            Presence::Refused(api_error) => ConnectionStatus::Refused(api_error.clone()),
        }
    }

    /// Returns whether the connection is known to be down. A gap too short to be shown does not count.
    pub fn is_torn(&self) -> bool {
        matches!(
            self,
            ConnectionStatus::Reconnecting { .. }
                | ConnectionStatus::Offline { .. }
                | ConnectionStatus::Refused(_)
                | ConnectionStatus::SignedOut(_)
        )
    }

    /// Returns the text of the status label.
    pub fn text(&self, strings: &Strings) -> String {
        match self {
            ConnectionStatus::Reconnecting { seconds: Some(seconds) } => (strings.connection.reconnecting_in)(*seconds),
            ConnectionStatus::Offline { queued } if *queued > 0 => (strings.connection.queued)(*queued),
            other => strings.connection(other).to_owned(),
        }
    }

    /// Returns a shorter text, for narrow screens.
    pub fn brief(&self, strings: &Strings) -> String {
        match self {
            ConnectionStatus::Reconnecting { seconds: Some(seconds) } => (strings.connection.again_in)(*seconds),
            other => other.text(strings),
        }
    }

    /// Returns the detailed text, shown on hover.
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

    /// Returns the tone of the label.
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
