//! Invitations: made and withdrawn by administrators, looked at by those who have one.

use crate::{
    address::ClientAddress,
    clock::{self, Millis},
    names,
};
use holdfast_protocol::{
    InvitationId, Reason, UserId,
    people::{Invitation, InvitationState, NewInvitation, SignUps},
};

use super::stored::NewInvitation as StoredInvitation;
use super::{AccountError, Accounts, Actor, audit};
use crate::auth::opaque::{self, OpaqueToken};

const DAY: Millis = 24 * 3_600_000;

impl Accounts {
    /// What an invitation is good for. If everybody may make an account, all are good.
    ///
    /// # Errors
    /// Too many attempts from this address.
    pub async fn invitation_state(&self, address: ClientAddress, code: &str, now: Millis) -> Result<InvitationState, AccountError> {
        self.limits.look(address)?;
        match self.policy.sign_up {
            SignUps::Open => Ok(InvitationState::Good),
            SignUps::Closed => Ok(InvitationState::Unknown),
            SignUps::Invitation => Ok(self.store.invitation_state(&opaque::hash(code.trim()), now).await?),
        }
    }

    /// The invitations that can be used, newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn invitations(&self, now: Millis) -> Result<Vec<Invitation>, AccountError> {
        Ok(self.store.invitations(now).await?)
    }

    /// Makes an invitation. Returns its code too, which nobody sees again.
    ///
    /// # Errors
    /// [`Reason::InvitationsOff`]; note, uses or days are out of bounds.
    pub async fn invite(&self, by: UserId, new: &NewInvitation, now: Millis) -> Result<(Invitation, OpaqueToken), AccountError> {
        if self.policy.sign_up == SignUps::Closed {
            return Err(Reason::InvitationsOff.into());
        }
        let note = names::display_name("note", &new.note, 100)?;
        if !(1..=1000).contains(&new.uses) || !(1..=365).contains(&new.days) {
            return Err(Reason::InvitationBounds.into());
        }
        let code = OpaqueToken::fresh();
        let id = InvitationId(clock::id());
        let stored = StoredInvitation { id, hash: code.hash(), note, uses: new.uses, expires_at: now + u64::from(new.days) * DAY };
        let invitation = self.store.add_invitation(&stored, now).await?;
        audit::invitation_created(id, Actor::User(by));
        Ok((invitation, code))
    }

    /// Withdraws an invitation. Accounts that were made with it stay.
    ///
    /// # Errors
    /// There is no such invitation.
    pub async fn withdraw_invitation(&self, by: UserId, id: InvitationId) -> Result<(), AccountError> {
        if !self.store.withdraw_invitation(id).await? {
            return Err(Reason::NotFound.into());
        }
        audit::invitation_withdrawn(id, Actor::User(by));
        Ok(())
    }
}
