//! The audit log: one line for each thing that happens to an account, with the same fields everywhere.
//!
//! Fields: `user_id` (whose account), `by` (who did it), `session_id`, `address`, `role`, `reason`, `provider`, `invitation_id`. Names and
//! passwords are never logged: people type their password into the name field.

use std::fmt;

use crate::address::ClientAddress;
use holdfast_protocol::{Code, InvitationId, SessionId, UserId, api::Role};
use tracing::{debug, info, warn};

/// Who does something to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor<'a> {
    /// A user: the owner, or an administrator.
    User(UserId),
    /// Whoever runs `holdfast user …` on the machine.
    CommandLine,
    /// A provider of OpenID Connect, by what it says about the owner.
    Provider(&'a str),
}

impl fmt::Display for Actor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::User(id) => fmt::Display::fmt(id, f),
            Actor::CommandLine => f.write_str("command-line"),
            Actor::Provider(name) => write!(f, "provider:{name}"),
        }
    }
}

pub(super) fn account_created(user_id: UserId, by: Actor<'_>) {
    info!(%user_id, %by, "account created");
}

pub(super) fn first_administrator(user_id: UserId) {
    info!(%user_id, "first administrator appointed");
}

pub(super) fn guest_signed_in(user_id: UserId, session_id: SessionId, address: ClientAddress) {
    debug!(%user_id, %session_id, %address, "guest signed in");
}

pub(super) fn signed_in(user_id: UserId, session_id: SessionId, role: Role, address: ClientAddress) {
    info!(%user_id, %session_id, ?role, %address, "signed in");
}

/// `user_id`: `None` if nobody has the name that was given.
pub(super) fn sign_in_failed(user_id: Option<UserId>, address: ClientAddress, reason: Code) {
    info!(user_id = user_id.map(tracing::field::display), %address, %reason, "sign-in failed");
}

pub(super) fn wrong_password(user_id: UserId, address: ClientAddress) {
    info!(%user_id, %address, "wrong password given by a signed-in user");
}

pub(super) fn signed_out(user_id: UserId, session_id: SessionId, by: Actor<'_>) {
    info!(%user_id, %session_id, %by, "signed out");
}

pub(super) fn signed_out_everywhere(user_id: UserId, by: Actor<'_>) {
    info!(%user_id, %by, "signed out everywhere");
}

pub(super) fn cookie_reused(user_id: UserId, session_id: SessionId) {
    warn!(%user_id, %session_id, "session revoked: a replaced session cookie was used again");
}

pub(super) fn renamed(user_id: UserId, by: Actor<'_>) {
    info!(%user_id, %by, "user renamed");
}

pub(super) fn password_changed(user_id: UserId, by: Actor<'_>) {
    info!(%user_id, %by, "password changed");
}

pub(super) fn password_link_created(user_id: UserId, by: Actor<'_>) {
    info!(%user_id, %by, "password link created");
}

pub(super) fn two_factor_enabled(user_id: UserId, by: Actor<'_>) {
    info!(%user_id, %by, "two-factor authentication enabled");
}

pub(super) fn two_factor_disabled(user_id: UserId, by: Actor<'_>) {
    info!(%user_id, %by, "two-factor authentication disabled");
}

pub(super) fn code_refused(user_id: UserId) {
    info!(%user_id, "two-factor code refused");
}

pub(super) fn method_linked(user_id: UserId, provider: &str) {
    info!(%user_id, provider, "sign-in method linked");
}

pub(super) fn method_unlinked(user_id: UserId, provider: &str) {
    info!(%user_id, provider, "sign-in method unlinked");
}

pub(super) fn invitation_created(invitation_id: InvitationId, by: Actor<'_>) {
    info!(%invitation_id, %by, "invitation created");
}

pub(super) fn invitation_withdrawn(invitation_id: InvitationId, by: Actor<'_>) {
    info!(%invitation_id, %by, "invitation withdrawn");
}

pub(super) fn role_changed(user_id: UserId, role: Role, by: Actor<'_>) {
    info!(%user_id, ?role, %by, "role changed");
}

/// A provider's claim takes the role of administrator away.
pub(super) fn administrator_demoted(user_id: UserId, by: Actor<'_>) {
    warn!(%user_id, role = ?Role::Member, %by, "role changed: the provider's claim no longer makes this user an administrator");
}

/// A provider's claim would take the role of administrator from the last one.
pub(super) fn last_administrator_kept(user_id: UserId, by: Actor<'_>) {
    warn!(%user_id, role = ?Role::Admin, %by, "role kept: the provider's claim does not make this user an administrator, but there is no other");
}

pub(super) fn suspended(user_id: UserId, by: Actor<'_>, reason: &str) {
    info!(%user_id, %by, reason, "user suspended");
}

pub(super) fn unsuspended(user_id: UserId, by: Actor<'_>) {
    info!(%user_id, %by, "user unsuspended");
}

pub(super) fn removed(user_id: UserId, by: Actor<'_>) {
    info!(%user_id, %by, "user removed");
}
