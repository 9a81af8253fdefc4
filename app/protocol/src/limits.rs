//! Bodies of the calls about limits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Numbers, rates and sizes. Where they are set, each is 1 at least; sizes may be 0, for any amount.
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
    /// Conversations begun by `POST /api/conversations` a minute, a user.
    pub conversations: u32,
    /// Links for reading a minute, a user.
    pub shares: u32,
    /// All other changes a minute, a user: titles, removals, keys, the account, what administrators set.
    pub changes: u32,
    /// The most that a guest stores, MiB; 0: any amount.
    pub guest_storage_mib: u32,
    /// The most that an account stores, MiB; 0: any amount.
    pub user_storage_mib: u32,
    /// The most that all store together, MiB; 0: any amount.
    pub server_storage_mib: u32,
}

impl LimitNumbers {
    /// What holds where nobody said otherwise.
    pub const USUAL: Self = Self {
        sockets: 20,
        messages: 30,
        answers: 4,
        sign_in: 10,
        unauthenticated: 1_000,
        conversations: 60,
        shares: 30,
        changes: 300,
        guest_storage_mib: 50,
        user_storage_mib: 2_048,
        server_storage_mib: 0,
    };
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
            Limit::Conversations => self.conversations,
            Limit::Shares => self.shares,
            Limit::Changes => self.changes,
            Limit::GuestStorage => self.guest_storage_mib,
            Limit::UserStorage => self.user_storage_mib,
            Limit::ServerStorage => self.server_storage_mib,
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
            Limit::Conversations => self.conversations = number,
            Limit::Shares => self.shares = number,
            Limit::Changes => self.changes = number,
            Limit::GuestStorage => self.guest_storage_mib = number,
            Limit::UserStorage => self.user_storage_mib = number,
            Limit::ServerStorage => self.server_storage_mib = number,
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
    /// See [`LimitNumbers::conversations`].
    Conversations,
    /// See [`LimitNumbers::shares`].
    Shares,
    /// See [`LimitNumbers::changes`].
    Changes,
    /// See [`LimitNumbers::guest_storage_mib`].
    #[serde(rename = "guest_storage_mib")]
    GuestStorage,
    /// See [`LimitNumbers::user_storage_mib`].
    #[serde(rename = "user_storage_mib")]
    UserStorage,
    /// See [`LimitNumbers::server_storage_mib`].
    #[serde(rename = "server_storage_mib")]
    ServerStorage,
}

impl Limit {
    /// All there are.
    pub const ALL: [Limit; 11] = [
        Limit::Messages,
        Limit::Answers,
        Limit::Sockets,
        Limit::Conversations,
        Limit::Shares,
        Limit::Changes,
        Limit::SignIn,
        Limit::Unauthenticated,
        Limit::GuestStorage,
        Limit::UserStorage,
        Limit::ServerStorage,
    ];

    /// As it is named on the wire, and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Limit::Sockets => "sockets",
            Limit::Messages => "messages",
            Limit::Answers => "answers",
            Limit::SignIn => "sign_in",
            Limit::Unauthenticated => "unauthenticated",
            Limit::Conversations => "conversations",
            Limit::Shares => "shares",
            Limit::Changes => "changes",
            Limit::GuestStorage => "guest_storage_mib",
            Limit::UserStorage => "user_storage_mib",
            Limit::ServerStorage => "server_storage_mib",
        }
    }

    /// The least that it can be set to. A size of 0 is no limit.
    pub const fn least(self) -> u32 {
        match self {
            Limit::GuestStorage | Limit::UserStorage | Limit::ServerStorage => 0,
            _ => 1,
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
    /// Conversations begun a minute, a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub conversations: Option<u32>,
    /// Links for reading a minute, a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub shares: Option<u32>,
    /// All other changes a minute, a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub changes: Option<u32>,
    /// The most that a guest stores, MiB; 0: any amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000))]
    pub guest_storage_mib: Option<u32>,
    /// The most that an account stores, MiB; 0: any amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000))]
    pub user_storage_mib: Option<u32>,
    /// The most that all store together, MiB; 0: any amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000))]
    pub server_storage_mib: Option<u32>,
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
            Limit::Conversations => self.conversations,
            Limit::Shares => self.shares,
            Limit::Changes => self.changes,
            Limit::GuestStorage => self.guest_storage_mib,
            Limit::UserStorage => self.user_storage_mib,
            Limit::ServerStorage => self.server_storage_mib,
        }
    }
}
