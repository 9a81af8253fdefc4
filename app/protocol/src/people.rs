//! Bodies of the calls about accounts, sessions and administration.

use serde::{Deserialize, Serialize};

use crate::{
    api::Role,
    id::{InvitationId, SessionId, UserId},
    reason::Reason,
};

/// Who may create an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignUps {
    /// Everyone.
    #[default]
    Open,
    /// Only people with an invitation.
    Invitation,
    /// Nobody.
    Closed,
}

/// Body of `POST /api/auth/signup`: creates an account.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignUp {
    /// Name of the account, 1–64 characters.
    #[cfg_attr(feature = "openapi", schema(max_length = 64))]
    pub username: String,
    /// Password of the account, 8–1024 characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 8, max_length = 1024))]
    pub password: String,
    /// Code of an invitation; required if the server allows accounts by invitation only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
}

/// Body of `POST /api/auth/invitation`: asks whether an invitation is valid.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationCode {
    /// Code of the invitation: the part of its link after `#`.
    pub code: String,
}

/// Whether an invitation can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// It can be used to create an account.
    Good,
    /// It can't: the maximum number of accounts was created with it.
    UsedUp,
    /// It can't: it has expired.
    Expired,
    /// It can't: it was withdrawn, or never existed.
    Unknown,
}

impl InvitationState {
    /// Returns why it can't be used, or `None` if it can.
    pub const fn why_not(self) -> Option<Reason> {
        match self {
            Self::Good => None,
            Self::UsedUp => Some(Reason::InvitationUsedUp),
            Self::Expired => Some(Reason::InvitationExpired),
            Self::Unknown => Some(Reason::InvitationUnknown),
        }
    }
}

/// The reply to `POST /api/auth/invitation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationCheck {
    /// Whether the invitation can be used.
    pub state: InvitationState,
}

/// Body of `PATCH /api/auth/me`: changes the user's own account. Absent fields stay as they are.
#[derive(Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountPatch {
    /// The new name, 1–64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 64))]
    pub username: Option<String>,
    /// The new password, 8–1024 characters. Changing it ends all other sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 8, max_length = 1024))]
    pub password: Option<String>,
    /// The current password. An account without a password must have signed in within the last ten minutes instead.
    #[serde(default)]
    pub current_password: String,
}

/// Body of `POST /api/auth/remove`: removes the user's own account.
#[derive(Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountRemoval {
    /// Password of the account. A guest needs none; an account without a password must have signed in within the last ten minutes instead.
    #[serde(default)]
    pub password: String,
}

/// Body of `POST /api/auth/methods/{provider}`, `…/remove` and `POST /api/auth/second-factor`: proves that the request comes from the owner
/// of the account.
#[derive(Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reauthentication {
    /// Password of the account. An account without a password must have signed in within the last ten minutes instead.
    #[serde(default)]
    pub password: String,
    /// The two-factor code. Required to link a provider if the account uses two-factor authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The reply to `POST /api/auth/methods/{provider}`.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LinkStart {
    /// Path to open in the same browser within ten minutes. It redirects to the provider, and from there back to the account page.
    pub path: String,
}

/// A provider for signing in (OpenID Connect).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInMethod {
    /// Name of the provider in paths: `/auth/oidc/{name}`.
    pub name: String,
    /// Name of the provider to show to users.
    pub label: String,
}

/// The reply to `GET /api/auth/methods`: how the user can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInMethods {
    /// Whether the user can sign in with name and password.
    pub password: bool,
    /// Configured providers that the user can sign in through.
    pub through: Vec<SignInMethod>,
    /// Whether signing in with the password also needs a two-factor code.
    #[serde(default)]
    pub second_factor: bool,
}

/// A session, which is a signed-in browser, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionInfo {
    /// Id of the session.
    pub id: SessionId,
    /// Browser and system, such as `Firefox on Linux`.
    pub device: String,
    /// When the session began, ms since 1970.
    pub created_at: u64,
    /// When the session was last used, ms since 1970; accurate to about half an hour.
    pub used_at: u64,
    /// Whether this request belongs to it.
    pub current: bool,
}

/// Body of `POST /api/auth/claim`: makes the caller the first administrator.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Claim {
    /// Token from the link that the server printed at its start.
    pub token: String,
    /// Name for a new account. If absent, the signed-in account becomes the administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Password for a new account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

/// Body of `POST /api/auth/password`: sets a new password by a link from an administrator.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewPassword {
    /// Token from the link: the part after `#`.
    pub token: String,
    /// The new password, 8–1024 characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 8, max_length = 1024))]
    pub password: String,
    /// The two-factor code, if the account uses two-factor authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

// Each of them contains a password or another secret.
hides!(SignUp, InvitationCode, AccountPatch, AccountRemoval, Reauthentication, LinkStart, Claim, NewPassword, Link, MadeInvitation);

/// A user, as an administrator sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Person {
    /// Id of the user.
    pub id: UserId,
    /// Name of the user.
    pub username: String,
    /// Role of the user.
    pub role: Role,
    /// When the user was created, ms since 1970.
    pub created_at: u64,
    /// When the user was last active, ms since 1970; absent if never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<u64>,
    /// Number of their conversations.
    pub conversations: u64,
    /// Storage that they use, bytes. Removed conversations do not count.
    #[serde(default)]
    pub stored_bytes: u64,
    /// Whether they use two-factor authentication.
    #[serde(default)]
    pub second_factor: bool,
    /// Why they are suspended; absent if they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<String>,
}

/// A page of users, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct People {
    /// The users of this page; at most 100.
    pub people: Vec<Person>,
    /// Pass this as `cursor` to get the next page. Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<UserId>,
}

/// Body of `PATCH /api/admin/users/{id}`: changes a user. Absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonPatch {
    /// The new role: `member` or `admin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// `true` suspends the user, `false` ends the suspension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<bool>,
    /// `false` turns two-factor authentication off, for a user who has lost their authenticator app. `true` is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<bool>,
    /// The reason of a suspension, in one line. The user will read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200, pattern = r"^[^\u0000-\u001F\u007F-\u009F]*$"))]
    pub reason: Option<String>,
}

/// A link that can be used once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Link {
    /// Path of the link on this server. It is shown only in this reply.
    pub path: String,
    /// When the link expires, ms since 1970.
    pub expires_at: u64,
}

/// An invitation to create accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invitation {
    /// Id of the invitation.
    pub id: InvitationId,
    /// Note of the administrator, for example for whom the invitation is; may be empty.
    pub note: String,
    /// Maximum number of accounts that can be created with it.
    pub uses: u32,
    /// Number of accounts that were created with it.
    pub used: u32,
    /// When it was created, ms since 1970.
    pub created_at: u64,
    /// When it expires, ms since 1970.
    pub expires_at: u64,
}

/// Creates an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewInvitation {
    /// A note in one line, for example for whom the invitation is.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 100, pattern = r"^[^\u0000-\u001F\u007F-\u009F]*$"))]
    pub note: String,
    /// Maximum number of accounts that can be created with it.
    #[serde(default = "one")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1000))]
    pub uses: u32,
    /// Number of days for which it is valid.
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

/// A new invitation with its link. The link is shown only in this reply.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MadeInvitation {
    /// The invitation, as it appears in the list.
    #[serde(flatten)]
    pub invitation: Invitation,
    /// Path of the link: `/join#…`.
    pub path: String,
}
