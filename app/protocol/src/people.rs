//! Bodies of the calls about accounts, their sessions, and who runs the server.

use serde::{Deserialize, Serialize};

use crate::{
    api::Role,
    id::{InvitationId, SessionId, UserId},
};

/// Who may make an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignUps {
    /// Everyone.
    #[default]
    Open,
    /// Who has an invitation.
    Invitation,
    /// Nobody.
    Closed,
}

/// `POST /api/auth/signup`.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignUp {
    /// 1–64 characters.
    #[cfg_attr(feature = "openapi", schema(max_length = 64))]
    pub username: String,
    /// 8–1024 characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 8, max_length = 1024))]
    pub password: String,
    /// The code of an invitation, where the server asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
}

/// `POST /api/auth/invitation`.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationCode {
    /// From the link.
    pub code: String,
}

/// What an invitation is still good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// An account.
    Good,
    /// Nothing: as many accounts were made with it as may be.
    UsedUp,
    /// Nothing: its time is over.
    Expired,
    /// Nothing: it was withdrawn, or never was.
    Unknown,
}

impl InvitationState {
    /// Why it is good for nothing, in words.
    pub const fn why_not(self) -> Option<&'static str> {
        match self {
            Self::Good => None,
            Self::UsedUp => Some("This invitation is used up. Ask for a new one."),
            Self::Expired => Some("This invitation has ended. Ask for a new one."),
            Self::Unknown => Some("There is no such invitation: it was withdrawn, or the link is not whole. Ask for a new one."),
        }
    }
}

/// The answer to `POST /api/auth/invitation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationCheck {
    /// How it is.
    pub state: InvitationState,
}

/// `PATCH /api/auth/me`. What is left out stays.
#[derive(Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountPatch {
    /// The new name, 1–64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 64))]
    pub username: Option<String>,
    /// The new password, 8–1024 characters. It ends all other sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 8, max_length = 1024))]
    pub password: Option<String>,
    /// The password so far. Needed for either.
    #[serde(default)]
    pub current_password: String,
}

/// `POST /api/auth/remove`.
#[derive(Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountRemoval {
    /// The password; a guest has none.
    #[serde(default)]
    pub password: String,
}

/// `POST /api/auth/methods/{provider}` and `…/remove`: shows that it is the account's owner who asks.
#[derive(Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reauthentication {
    /// The password; who has none must have signed in within the last ten minutes.
    #[serde(default)]
    pub password: String,
    /// Of the second factor, where the account has one and a way in is added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The answer to `POST /api/auth/methods/{provider}`.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LinkStart {
    /// The path to open in the same browser, within ten minutes: it leads to the provider, and back to the account's page.
    pub path: String,
}

/// A provider through which one signs in (OpenID Connect).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInMethod {
    /// Its name in addresses: `/auth/oidc/{name}`.
    pub name: String,
    /// What people call it.
    pub label: String,
}

/// `GET /api/auth/methods`: how one signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInMethods {
    /// Whether with a name and a password.
    pub password: bool,
    /// Through which providers, of those there are.
    pub through: Vec<SignInMethod>,
    /// Whether the password alone is not enough.
    #[serde(default)]
    pub second_factor: bool,
}

/// A signed-in browser, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionInfo {
    /// Which.
    pub id: SessionId,
    /// Such as `Firefox on Linux`.
    pub device: String,
    /// When it began, ms since 1970.
    pub created_at: u64,
    /// When it was used last, ms since 1970; to about half an hour.
    pub used_at: u64,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// `POST /api/auth/claim`: becomes the first administrator.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Claim {
    /// From the link that the server printed.
    pub token: String,
    /// For a new account; without it the account that asks is raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// For a new account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

/// `POST /api/auth/password`: a new password, by a link from an administrator.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewPassword {
    /// From the link.
    pub token: String,
    /// 8–1024 characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 8, max_length = 1024))]
    pub password: String,
    /// Of the second factor, where the account has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

// Each holds a password or what is as good as one.
hides!(SignUp, InvitationCode, AccountPatch, AccountRemoval, Reauthentication, LinkStart, Claim, NewPassword, Link, MadeInvitation);

/// A user, as an administrator sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Person {
    /// Which.
    pub id: UserId,
    /// Their name.
    pub username: String,
    /// What they may do.
    pub role: Role,
    /// When they came, ms since 1970.
    pub created_at: u64,
    /// When they were last here, ms since 1970; none: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<u64>,
    /// How many conversations they have.
    pub conversations: u64,
    /// What they store, bytes; removed conversations don't count.
    #[serde(default)]
    pub stored_bytes: u64,
    /// Whether they sign in with a second factor.
    #[serde(default)]
    pub second_factor: bool,
    /// Why they are suspended, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<String>,
}

/// A page of users, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct People {
    /// At most 100.
    pub people: Vec<Person>,
    /// Give this as `cursor` for the next page; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<UserId>,
}

/// `PATCH /api/admin/users/{id}`. What is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonPatch {
    /// `member` or `admin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether they are suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<bool>,
    /// `false` takes the second factor off, for who has lost it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<bool>,
    /// Why, in words that they will read, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200, pattern = r"^[^\u0000-\u001F\u007F-\u009F]*$"))]
    pub reason: Option<String>,
}

/// A link that does one thing, once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Link {
    /// Its path on this server. Shown this once.
    pub path: String,
    /// When it ends, ms since 1970.
    pub expires_at: u64,
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invitation {
    /// Which.
    pub id: InvitationId,
    /// For whom, in the words of who made it.
    pub note: String,
    /// How many accounts may be made with it.
    pub uses: u32,
    /// How many were.
    pub used: u32,
    /// When it was made, ms since 1970.
    pub created_at: u64,
    /// When it ends, ms since 1970.
    pub expires_at: u64,
}

/// Makes an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewInvitation {
    /// For whom, in one line.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 100, pattern = r"^[^\u0000-\u001F\u007F-\u009F]*$"))]
    pub note: String,
    /// How many accounts may be made with it.
    #[serde(default = "one")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1000))]
    pub uses: u32,
    /// How many days it is good for.
    #[serde(default = "week")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 365))]
    pub days: u32,
}

const fn one() -> u32 {
    1
}

const fn week() -> u32 {
    7
}

/// An invitation with its link, which is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MadeInvitation {
    /// What the list shows of it.
    #[serde(flatten)]
    pub invitation: Invitation,
    /// The path to open: `/join#…`.
    pub path: String,
}
