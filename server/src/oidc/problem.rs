use holdfast_protocol::{ApiError, Code};

/// Why a sign-in came to nothing, in words for the person who is back on the sign-in page. What lies behind it is logged
/// where it is met.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No such provider.
    #[error("This sign-in method does not exist here. Choose another.")]
    Unknown,
    /// The browser brings an answer to nothing that it asked.
    #[error(
        "This answer does not belong to a sign-in that was started in this browser. Allow cookies for this page, and start again here."
    )]
    Lost,
    /// It took too long, or comes again.
    #[error("That sign-in took longer than 10 minutes, or was already used. Start again.")]
    Late,
    /// The person, or who decides for them, said no.
    #[error("{0} did not let you in: you cancelled there, or you may not sign in here. Try again, or choose another sign-in method.")]
    Denied(String),
    /// Nobody answers there.
    #[error("{0} can't be reached now. Try again later, or choose another sign-in method.")]
    Down(String),
    /// It does not know this server, or speaks otherwise than it should.
    #[error("{0} and this server don't understand each other. Tell an administrator: the server's log says why.")]
    Misunderstood(String),
    /// The code was no good.
    #[error("{0} does not know that sign-in any more. Start again.")]
    Stale(String),
    /// What it sent can't be believed.
    #[error("What {0} sent could not be verified, so you are not signed in. Try again. If it happens again, tell an administrator.")]
    Unverified(String),
    /// It did not ask again who it is, where that was needed, or does not say so.
    #[error(
        "{0} did not confirm that you signed in there just now, which this action needs. Sign out at {0}, and try again. If it happens again, tell an administrator: the server's log says why."
    )]
    NotAskedAgain(String),
    /// What it sent is of another time.
    #[error("The clocks of {0} and of this server differ. Ask an administrator to set the server's clock.")]
    Clock(String),
    /// No new accounts.
    #[error("You have no account here yet, and this server accepts no new accounts. Ask an administrator.")]
    Closed,
    /// Not without an invitation.
    #[error("You have no account here yet, and a new one needs an invitation. Open the link of your invitation, and sign in from there.")]
    Uninvited,
    /// Not with this one.
    #[error("This invitation is used up, has expired or was withdrawn. Ask for a new one.")]
    BadInvitation,
    /// Somebody else signs in like that.
    #[error("Your account at {0} is linked with another account here. Unlink it there first, or use another account at {0}.")]
    Taken(String),
    /// The account is somebody else's there already.
    #[error("This account is already linked with another account at {0}. Unlink that first.")]
    Joined(String),
    /// What the rest of the server says.
    #[error("{}", .0.error)]
    Refused(ApiError),
    /// Ours.
    #[error("The server made an error, which is in its log. Try again.")]
    IdTokenError,
}

impl Problem {
    /// For the list of refusals.
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
