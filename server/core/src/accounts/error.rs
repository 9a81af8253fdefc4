use holdfast_protocol::{ApiError, Code, people::InvitationState, second_factor::IS_ON};

use crate::{auth::password::HashError, ports::StoreError};

/// Why something was not done to an account.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The contract has a code for it that says enough.
    #[error("{}", .0.error)]
    Refused(#[from] ApiError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A password could not be hashed in time.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// A token, a code or a seal could not be computed, which no input causes.
    #[error("The server could not do this now. Try again.")]
    Computation,
    /// Guests are switched off.
    #[error("This server accepts no guests. Sign in, or create an account.")]
    GuestsOff,
    /// An account can be made with an invitation only, and none was given.
    #[error("You need an invitation to create an account here. Ask an administrator for one.")]
    InvitationNeeded,
    /// No accounts can be made.
    #[error("This server accepts no new accounts. Ask an administrator.")]
    SignUpClosed,
    /// The invitation can't be used.
    #[error("{}", .0.why_not().unwrap_or("Try again."))]
    BadInvitation(InvitationState),
    /// Invitations would be good for nothing.
    #[error(
        "This server accepts no new accounts, so invitations do not work. To allow them, set HOLDFAST_SIGNUP=invitation and restart the server."
    )]
    InvitationsOff,
    /// Another account has this name.
    #[error("This name is taken. Choose another, or sign in.")]
    NameTaken,
    /// No administrator would be left.
    #[error("This is the only administrator. Make another user an administrator first.")]
    LastAdmin,
    /// The account has two-factor authentication already.
    #[error("{}", IS_ON)]
    TwoFactorOn,
    /// An administrator tries to reset their own two-factor authentication.
    #[error("Turn off your own two-factor authentication under Settings → Account, with your password and a code.")]
    OwnTwoFactor,
    /// The owner could not sign in any more.
    #[error("This is your only sign-in method. Set a password first.")]
    LastMethod,
}

impl From<AccountError> for ApiError {
    /// What the contract says about it. A failure of the store is logged here.
    fn from(error: AccountError) -> Self {
        let code = match error {
            AccountError::Refused(api_error) => return api_error,
            AccountError::Store(cause) => return cause.into(),
            AccountError::Hash(_) | AccountError::Computation => {
                return ApiError::new(Code::Internal, AccountError::Computation.to_string()).retry_after(1_000);
            }
            AccountError::GuestsOff | AccountError::InvitationNeeded | AccountError::SignUpClosed | AccountError::BadInvitation(_) => {
                Code::AuthRequired
            }
            AccountError::NameTaken => Code::BadFrame,
            AccountError::InvitationsOff
            | AccountError::LastAdmin
            | AccountError::TwoFactorOn
            | AccountError::OwnTwoFactor
            | AccountError::LastMethod => Code::NotAllowed,
        };
        ApiError::new(code, error.to_string())
    }
}
