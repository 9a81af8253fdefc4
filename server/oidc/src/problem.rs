use holdfast_protocol::{ApiError, Reason};

/// Why a sign-in failed, for the user on the sign-in page. The texts are labels of providers. The cause is logged where it occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is no such provider.
    Unknown,
    /// The response belongs to no attempt of this browser.
    Lost,
    /// The attempt has expired or was used before.
    Late,
    /// The user or their administrator refused at the provider.
    Denied(String),
    /// The provider can't be reached.
    Down(String),
    /// The provider does not know this server, or breaks the protocol.
    Misunderstood(String),
    /// The provider refused the code.
    Stale(String),
    /// The ID token is not valid.
    Unverified(String),
    /// The provider did not ask the user to sign in again, or its token does not say so.
    NotAskedAgain(String),
    /// The ID token has expired or is not valid yet: one of the clocks is wrong.
    Clock(String),
    /// New accounts are not allowed.
    Closed,
    /// A new account needs an invitation.
    Uninvited,
    /// The invitation is not valid.
    BadInvitation,
    /// The identity is linked with another account.
    Taken(String),
    /// The account is already linked with another identity of this provider.
    Joined(String),
    /// An error of another part of the server.
    Refused(ApiError),
    /// An internal error.
    IdTokenError,
}

impl From<&Problem> for ApiError {
    fn from(problem: &Problem) -> Self {
        let of = |reason: Reason, provider: &String| reason.with("provider", provider);
        match problem {
            Problem::Unknown => Reason::SignInMethodNotFound.into(),
            Problem::Lost => Reason::SignInNotBegun.into(),
            Problem::Late => Reason::SignInTooLate.into(),
            Problem::Denied(provider) => of(Reason::SignInDenied, provider),
            Problem::Down(provider) => of(Reason::SignInUnreachable, provider),
            Problem::Misunderstood(provider) => of(Reason::SignInMisunderstood, provider),
            Problem::Stale(provider) => of(Reason::SignInForgotten, provider),
            Problem::Unverified(provider) => of(Reason::SignInUnverified, provider),
            Problem::NotAskedAgain(provider) => of(Reason::SignInNotConfirmed, provider),
            Problem::Clock(provider) => of(Reason::SignInClocksDiffer, provider),
            Problem::Closed => Reason::SignInNoAccount.into(),
            Problem::Uninvited => Reason::SignInNotInvited.into(),
            Problem::BadInvitation => Reason::SignInInvitationInvalid.into(),
            Problem::Taken(provider) => of(Reason::IdentityTaken, provider),
            Problem::Joined(provider) => of(Reason::IdentityOther, provider),
            Problem::Refused(api_error) => api_error.clone(),
            Problem::IdTokenError => Reason::ServerError.into(),
        }
    }
}

impl From<ApiError> for Problem {
    fn from(api_error: ApiError) -> Self {
        Problem::Refused(api_error)
    }
}
