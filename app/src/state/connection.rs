//! The connection, as the page shows it.

use holdfast_client::connection::Transport;
use holdfast_protocol::{ApiError, diagnosis::SocketDiagnosis};
use leptos::prelude::*;

use super::ConnectionStatus;
use crate::page_data::PageData;

/// Details about the connection, for the settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Scheme, host and port of the server.
    pub origin: String,
    /// The current transport.
    pub transport: Option<Transport>,
    /// Time of the connection's start, ms since 1970 by the device's clock.
    pub since: Option<u64>,
    /// When the access token expires, ms since 1970 by the server's clock.
    pub token_until: Option<u64>,
    /// Round-trip time to the server, ms.
    pub round_trip: Option<u64>,
    /// Why the socket does not get through; `None` if it does.
    pub problem: Option<SocketDiagnosis>,
    /// Idle time after which a program on the way cuts connections, ms; `None` if none does.
    pub idle_limit: Option<u64>,
}

/// The connection.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionState {
    /// Its status.
    pub status: RwSignal<ConnectionStatus>,
    /// Details for the settings.
    pub facts: RwSignal<Facts>,
}

impl ConnectionState {
    pub(super) fn new(page_data: &PageData) -> Self {
        Self {
            status: RwSignal::new(if page_data.user.is_some() { ConnectionStatus::Connecting } else { ConnectionStatus::Ready }),
            facts: RwSignal::new(Facts::default()),
        }
    }

    /// Forgets what is known of the user's connection.
    pub(super) fn clear(&self) {
        self.facts.update(|facts| *facts = Facts { origin: std::mem::take(&mut facts.origin), ..Facts::default() });
    }

    /// Returns the error that prevents sending until the user does something, if there is one.
    pub fn api_error(&self) -> Option<ApiError> {
        match self.status.get() {
            ConnectionStatus::Refused(api_error) | ConnectionStatus::SignedOut(api_error) => Some(api_error),
            ConnectionStatus::Ready
            | ConnectionStatus::Connecting
            | ConnectionStatus::Connected(_)
            | ConnectionStatus::Reconnecting { .. }
            | ConnectionStatus::Offline { .. } => None,
        }
    }
}
