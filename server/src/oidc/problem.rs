use holdfast_protocol::{ApiError, Code};

/// Why a sign-in came to nothing, in words for the person who is back on the sign-in page. What lies behind it is logged
/// where it is met.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No such provider.
    #[error("There is no such way to sign in here. Choose another.")]
    Unknown,
    /// The browser brings an answer to nothing that it asked.
    #[error("This answer does not belong to a sign-in that was begun in this browser. Allow cookies for this page, and begin again here.")]
    Lost,
    /// It took too long, or comes again.
    #[error("That sign-in took longer than 10 minutes, or was used already. Begin again.")]
    Late,
    /// The person, or who decides for them, said no.
    #[error("{0} did not let you in: it was called off there, or you may not sign in here. Try again, or choose another way.")]
    Denied(String),
    /// Nobody answers there.
    #[error("{0} can't be reached just now. Try again in a while, or choose another way.")]
    Down(String),
    /// It does not know this server, or speaks otherwise than it should.
    #[error("{0} and this server don't understand each other. Tell who runs this server: its log says why.")]
    Misunderstood(String),
    /// The code was no good.
    #[error("{0} does not know that sign-in any more. Begin again.")]
    Stale(String),
    /// What it sent can't be believed.
    #[error("What {0} sent could not be verified, so you are not signed in. Try again; if it stays so, tell who runs this server.")]
    Unverified(String),
    /// It did not ask again who it is, where that was needed, or does not say so.
    #[error(
        "{0} did not show that you signed in there just now, which is needed for this. Sign out at {0}, and try again; if it stays so, tell who runs this server: its log says why."
    )]
    NotAskedAgain(String),
    /// What it sent is of another time.
    #[error("The clocks of {0} and of this server differ. Tell who runs this server to set its clock.")]
    Clock(String),
    /// No new accounts.
    #[error("You have no account here yet, and this server takes no new ones. Ask who runs it for one.")]
    Closed,
    /// Not without an invitation.
    #[error("You have no account here yet, and a new one needs an invitation. Open the link of yours, and sign in from there.")]
    Uninvited,
    /// Not with this one.
    #[error("This invitation is used up, has ended or was withdrawn. Ask for a new one.")]
    BadInvitation,
    /// Somebody else signs in like that.
    #[error("Who you are at {0} signs in to another account here. Disconnect it there first, or be somebody else at {0}.")]
    Taken(String),
    /// The account is somebody else's there already.
    #[error("This account is connected with somebody else at {0} already. Disconnect that first.")]
    Joined(String),
    /// What the rest of the server says.
    #[error("{}", .0.error)]
    Refused(ApiError),
    /// Ours.
    #[error("The server made a mistake, which it has noted. Try again.")]
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
