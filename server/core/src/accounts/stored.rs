//! What the rules and the store say to each other about accounts.

mod identities;
mod sessions;
mod users;

pub use identities::{Admission, Identity, LinkOutcome, NewAccount, SignInOutcome, UnlinkOutcome};
pub use sessions::{CookieRotation, NewSession, Rotation, SessionState, StoredSession};
pub use users::{Change, Claimed, Joined, NewAdmin, NewInvitation, Revocation, StoredFactor, StoredUser};
