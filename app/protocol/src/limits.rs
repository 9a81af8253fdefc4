//! Bodies of the calls about limits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Numbers and rates. Where they are set, each is 1 at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitNumbers {
    /// Sockets, streams and polls at once, a user.
    pub sockets: u32,
    /// Messages a minute, a user.
    pub messages: u32,
    /// Answers at once, a user.
    pub answers: u32,
    /// Attempts to sign in a minute, an address.
    pub sign_in: u32,
    /// Sockets that have not said who they are.
    pub unauthenticated: u32,
}

impl LimitNumbers {
    /// What holds where nobody said otherwise.
    pub const USUAL: Self = Self { sockets: 20, messages: 30, answers: 4, sign_in: 10, unauthenticated: 1_000 };
    /// What nobody means to allow more of.
    pub const MOST: u32 = 1_000_000;

    /// One of them.
    pub const fn get(&self, limit: Limit) -> u32 {
        match limit {
            Limit::Sockets => self.sockets,
            Limit::Messages => self.messages,
            Limit::Answers => self.answers,
            Limit::SignIn => self.sign_in,
            Limit::Unauthenticated => self.unauthenticated,
        }
    }

    /// Changes one of them.
    pub const fn set(&mut self, limit: Limit, number: u32) {
        match limit {
            Limit::Sockets => self.sockets = number,
            Limit::Messages => self.messages = number,
            Limit::Answers => self.answers = number,
            Limit::SignIn => self.sign_in = number,
            Limit::Unauthenticated => self.unauthenticated = number,
        }
    }
}

/// One of the limits, by the name it has in [`LimitNumbers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// See [`LimitNumbers::sockets`].
    Sockets,
    /// See [`LimitNumbers::messages`].
    Messages,
    /// See [`LimitNumbers::answers`].
    Answers,
    /// See [`LimitNumbers::sign_in`].
    SignIn,
    /// See [`LimitNumbers::unauthenticated`].
    Unauthenticated,
}

impl Limit {
    /// All there are.
    pub const ALL: [Limit; 5] = [Limit::Messages, Limit::Answers, Limit::Sockets, Limit::SignIn, Limit::Unauthenticated];

    /// As it is named on the wire, and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Limit::Sockets => "sockets",
            Limit::Messages => "messages",
            Limit::Answers => "answers",
            Limit::SignIn => "sign_in",
            Limit::Unauthenticated => "unauthenticated",
        }
    }
}

/// `GET` and `PATCH /api/admin/limits`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitsInfo {
    /// Whether they are in force. Off is a setting of the server, for measuring.
    pub on: bool,
    /// What is in force.
    pub numbers: LimitNumbers,
    /// Those that the server's configuration gives, and where it does: they can't be changed here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fixed: BTreeMap<Limit, String>,
}

/// `PATCH /api/admin/limits`. What is left out stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitsPatch {
    /// Sockets, streams and polls at once, a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub sockets: Option<u32>,
    /// Messages a minute, a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub messages: Option<u32>,
    /// Answers at once, a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub answers: Option<u32>,
    /// Attempts to sign in a minute, an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub sign_in: Option<u32>,
    /// Sockets that have not said who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub unauthenticated: Option<u32>,
}

impl LimitsPatch {
    /// What it says of one of them.
    pub const fn get(&self, limit: Limit) -> Option<u32> {
        match limit {
            Limit::Sockets => self.sockets,
            Limit::Messages => self.messages,
            Limit::Answers => self.answers,
            Limit::SignIn => self.sign_in,
            Limit::Unauthenticated => self.unauthenticated,
        }
    }
}
