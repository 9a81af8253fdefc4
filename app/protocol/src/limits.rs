//! Bodies of the calls that read and change limits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Values of all limits. A limit can be set to 1 or more; a storage limit can also be 0, which means unlimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitNumbers {
    /// Open sockets, streams and polls for each user.
    pub sockets: u32,
    /// Messages in a minute for each user.
    pub messages: u32,
    /// Answers at the same time for each user.
    pub answers: u32,
    /// Sign-in attempts in a minute for each IP address.
    pub sign_in: u32,
    /// Sockets that are open and not authenticated yet, over all clients.
    pub unauthenticated: u32,
    /// Conversations created by `POST /api/conversations` in a minute for each user.
    pub conversations: u32,
    /// Read-only links created in a minute for each user.
    pub shares: u32,
    /// All other changes in a minute for each user: titles, removals, keys, the account, administration.
    pub changes: u32,
    /// Files of each user.
    pub files: u32,
    /// Size of a file, MiB.
    pub file_mib: u32,
    /// Storage of each guest, MiB; 0 means unlimited.
    pub guest_storage_mib: u32,
    /// Storage of each account, MiB; 0 means unlimited.
    pub user_storage_mib: u32,
    /// Storage of all users together, MiB; 0 means unlimited.
    pub server_storage_mib: u32,
}

impl LimitNumbers {
    /// Default values.
    pub const USUAL: Self = Self {
        sockets: 20,
        messages: 30,
        answers: 4,
        sign_in: 10,
        unauthenticated: 1_000,
        conversations: 60,
        shares: 30,
        changes: 300,
        files: 1_000,
        file_mib: 200,
        guest_storage_mib: 50,
        user_storage_mib: 2_048,
        server_storage_mib: 0,
    };
    /// Maximum value of any limit.
    pub const MOST: u32 = 1_000_000;

    /// Returns the value of one limit.
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
            Limit::Files => self.files,
            Limit::FileSize => self.file_mib,
            Limit::GuestStorage => self.guest_storage_mib,
            Limit::UserStorage => self.user_storage_mib,
            Limit::ServerStorage => self.server_storage_mib,
        }
    }

    /// Sets the value of one limit.
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
            Limit::Files => self.files = number,
            Limit::FileSize => self.file_mib = number,
            Limit::GuestStorage => self.guest_storage_mib = number,
            Limit::UserStorage => self.user_storage_mib = number,
            Limit::ServerStorage => self.server_storage_mib = number,
        }
    }
}

/// One of the limits, with the name that it has in [`LimitNumbers`].
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
    /// See [`LimitNumbers::files`].
    Files,
    /// See [`LimitNumbers::file_mib`].
    #[serde(rename = "file_mib")]
    FileSize,
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
    /// All limits.
    pub const ALL: [Limit; 13] = [
        Limit::Messages,
        Limit::Answers,
        Limit::Sockets,
        Limit::Conversations,
        Limit::Shares,
        Limit::Changes,
        Limit::SignIn,
        Limit::Unauthenticated,
        Limit::Files,
        Limit::FileSize,
        Limit::GuestStorage,
        Limit::UserStorage,
        Limit::ServerStorage,
    ];

    /// Returns the name of the limit in JSON and in the store.
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
            Limit::Files => "files",
            Limit::FileSize => "file_mib",
            Limit::GuestStorage => "guest_storage_mib",
            Limit::UserStorage => "user_storage_mib",
            Limit::ServerStorage => "server_storage_mib",
        }
    }

    /// Returns the smallest value that the limit can be set to: 0 (unlimited) for storage, 1 for all others.
    pub const fn least(self) -> u32 {
        match self {
            Limit::GuestStorage | Limit::UserStorage | Limit::ServerStorage => 0,
            Limit::Sockets
            | Limit::Messages
            | Limit::Answers
            | Limit::SignIn
            | Limit::Unauthenticated
            | Limit::Conversations
            | Limit::Shares
            | Limit::Changes
            | Limit::Files
            | Limit::FileSize => 1,
        }
    }
}

/// The reply to `GET` and `PATCH /api/admin/limits`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitsInfo {
    /// Whether limits are enforced. A server setting turns them off for load tests.
    pub on: bool,
    /// The values in force.
    pub numbers: LimitNumbers,
    /// Limits that the server's configuration sets, with the name of the setting. They can't be changed by a call.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fixed: BTreeMap<Limit, String>,
}

/// Body of `PATCH /api/admin/limits`. Absent fields stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitsPatch {
    /// Open sockets, streams and polls for each user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub sockets: Option<u32>,
    /// Messages in a minute for each user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub messages: Option<u32>,
    /// Answers at the same time for each user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub answers: Option<u32>,
    /// Sign-in attempts in a minute for each IP address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub sign_in: Option<u32>,
    /// Sockets that are open and not authenticated yet, over all clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub unauthenticated: Option<u32>,
    /// Conversations created by `POST /api/conversations` in a minute for each user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub conversations: Option<u32>,
    /// Read-only links created in a minute for each user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub shares: Option<u32>,
    /// All other changes in a minute for each user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub changes: Option<u32>,
    /// Files of each user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub files: Option<u32>,
    /// Size of a file, MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub file_mib: Option<u32>,
    /// Storage of each guest, MiB; 0 means unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000))]
    pub guest_storage_mib: Option<u32>,
    /// Storage of each account, MiB; 0 means unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000))]
    pub user_storage_mib: Option<u32>,
    /// Storage of all users together, MiB; 0 means unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000))]
    pub server_storage_mib: Option<u32>,
}

impl LimitsPatch {
    /// Returns the new value of one limit, or `None` if it stays as it is.
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
            Limit::Files => self.files,
            Limit::FileSize => self.file_mib,
            Limit::GuestStorage => self.guest_storage_mib,
            Limit::UserStorage => self.user_storage_mib,
            Limit::ServerStorage => self.server_storage_mib,
        }
    }
}
