use holdfast_protocol::{ApiError, Code};

/// Why a sign-in failed, with a sentence for the user on the sign-in page. The cause is logged where it occurs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is no such provider.
    #[error("This sign-in method does not exist here. Choose another.")]
    Unknown,
    /// The response belongs to no attempt of this browser.
    #[error(
        "This answer does not belong to a sign-in that was started in this browser. Allow cookies for this page, and start again here."
    )]
    Lost,
    /// The attempt has expired or was used before.
    #[error("That sign-in took longer than 10 minutes, or was already used. Start again.")]
    Late,
    /// The user or their administrator refused at the provider.
    #[error("{0} did not let you in: you cancelled there, or you may not sign in here. Try again, or choose another sign-in method.")]
    Denied(String),
    /// The provider can't be reached.
    #[error("{0} can't be reached now. Try again later, or choose another sign-in method.")]
    Down(String),
    /// The provider does not know this server, or breaks the protocol.
    #[error("{0} and this server don't understand each other. Tell an administrator: the server's log says why.")]
    Misunderstood(String),
    /// The provider refused the code.
    #[error("{0} does not know that sign-in any more. Start again.")]
    Stale(String),
    /// The ID token is not valid.
    #[error("What {0} sent could not be verified, so you are not signed in. Try again. If it happens again, tell an administrator.")]
    Unverified(String),
    /// The provider did not ask the user to sign in again, or its token does not say so.
    #[error(
        "{0} did not confirm that you signed in there just now, which this action needs. Sign out at {0}, and try again. If it happens again, tell an administrator: the server's log says why."
    )]
    NotAskedAgain(String),
    /// The ID token has expired or is not valid yet: one of the clocks is wrong.
    #[error("The clocks of {0} and of this server differ. Ask an administrator to set the server's clock.")]
    Clock(String),
    /// New accounts are not allowed.
    #[error("You have no account here yet, and this server accepts no new accounts. Ask an administrator.")]
    Closed,
    /// A new account needs an invitation.
    #[error("You have no account here yet, and a new one needs an invitation. Open the link of your invitation, and sign in from there.")]
    Uninvited,
    /// The invitation is not valid.
    #[error("This invitation is used up, has expired or was withdrawn. Ask for a new one.")]
    BadInvitation,
    /// The identity is linked with another account.
    #[error("Your account at {0} is linked with another account here. Unlink it there first, or use another account at {0}.")]
    Taken(String),
    /// The account is already linked with another identity of this provider.
    #[error("This account is already linked with another account at {0}. Unlink that first.")]
    Joined(String),
    /// An error of another part of the server.
    #[error("{}", .0.error)]
    Refused(ApiError),
    /// An internal error.
    #[error("The server made an error, which is in its log. Try again.")]
    IdTokenError,
}

impl Problem {
    /// Returns the code for the list of refusals.
    pub fn code(&self) -> Code {
        match self {
            Problem::Unknown => Code::NotFound,
            Problem::Lost | Problem::Late | Problem::Denied(_) | Problem::Stale(_) | Problem::NotAskedAgain(_) => Code::AuthRequired,
            Problem::Down(_) => Code::ProviderUnavailable,
            Problem::Misunderstood(_) => Code::ProviderRefused,
            Problem::Unverified(_) => Code::TokenInvalid,
            Problem::Clock(_) => Code::TokenExpired,
            Problem::Closed | Problem::Uninvited | Problem::BadInvitation | Problem::Taken(_) | Problem::Joined(_) => Code::NotAllowed,
            Problem::Refused(api_error) => api_error.code,
            Problem::IdTokenError => Code::Internal,
        }
    }
}

impl From<ApiError> for Problem {
    fn from(api_error: ApiError) -> Self {
        Problem::Refused(api_error)
    }
}
