//! Accounts: who may sign in, how, and until when. HTTP and the command line call the same rules.
//!
//! [`Accounts`] holds what people do themselves, [`Administration`] what is done to the accounts of others. Nothing here knows about
//! HTTP: cookies and links come in as text and go out as [`OpaqueToken`](crate::auth::opaque::OpaqueToken)s.

mod administration;
mod audit;
mod connections;
mod error;
mod first_administrator;
mod identities;
mod invitations;
mod own_account;
mod password;
mod sessions;
mod sign_in;
mod sign_in_methods;
pub mod stored;
mod two_factor;

use std::sync::Arc;

use crate::{address::ClientAddress, clock::Millis};
use holdfast_protocol::{api::Grant, people::SignUps};

pub use administration::{Administration, SuspensionReason};
pub use audit::Actor;
pub use connections::{FiledRevocations, UserConnections, carry_out_revocations};
pub use error::AccountError;
pub use identities::{ExternalIdentity, ExternalSignIn, IdentityError, LinkRequest};
pub use sign_in_methods::Provider;

use crate::answers::Hub;
use crate::ports::Repositories;
use crate::{
    auth::{opaque::OpaqueToken, password::Passwords, second_factor::SecondFactors, token::Tokens},
    limits::Limits,
};

/// What people do with their own accounts and sessions.
pub struct Accounts {
    /// Users, sessions, links.
    pub store: Arc<dyn Repositories>,
    /// The connections of users, which end with their sessions.
    pub hub: Arc<Hub>,
    /// How often one may try.
    pub limits: Arc<Limits>,
    /// Makes and checks access tokens.
    pub tokens: Tokens,
    /// Hashes passwords.
    pub passwords: Arc<Passwords>,
    /// Makes and checks the codes of authenticator apps.
    pub second_factors: SecondFactors,
    /// Who may come in at all.
    pub policy: Policy,
}

/// What the configuration says about accounts.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Whether people may use the server without an account.
    pub guests: bool,
    /// Who may make an account.
    pub sign_up: SignUps,
    /// How long a session of an account may last, however much it is used, ms. `None`: as long as it is used.
    pub session_life: Option<Millis>,
}

/// The browser, or another client, that asks to be signed in.
pub struct Browser<'a> {
    /// Its address, by which attempts are limited.
    pub address: ClientAddress,
    /// What it runs on, in a few words, such as `Firefox on Linux`.
    pub device: String,
    /// The session cookie that it sent.
    pub cookie: Option<&'a str>,
}

/// A session that has begun.
pub struct SignedIn {
    /// The access token and the user.
    pub grant: Grant,
    /// The session cookie that the browser gets.
    pub cookie: OpaqueToken,
}
