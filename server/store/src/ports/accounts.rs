use async_trait::async_trait;
use holdfast_core::{
    accounts::stored::{
        Change, Claimed, CookieRotation, Identity, Joined, LinkOutcome, NewAccount, NewAdmin, NewInvitation, NewSession, Revocation,
        Rotation, SessionState, SignInOutcome, StoredFactor, StoredUser, UnlinkOutcome,
    },
    clock::Millis,
    ports::{Identities, Invitations, Links, Revocations, SecondFactors, Sessions, StoreError, Users},
};
use holdfast_protocol::{
    ApiError, InvitationId, SessionId, UserId,
    api::{Role, User},
    people::{Invitation, InvitationState, People, Person, SessionInfo},
};

use crate::Store;

#[async_trait]
impl Users for Store {
    async fn add_guest(&self, id: UserId, now: Millis) -> Result<User, StoreError> {
        Ok(Self::add_guest(self, id, now).await?)
    }

    async fn add_member(&self, id: UserId, username: &str, password_hash: &str, now: Millis) -> Result<Option<User>, StoreError> {
        Ok(Self::add_member(self, id, username, password_hash, now).await?)
    }

    async fn user(&self, id: UserId) -> Result<Option<StoredUser>, StoreError> {
        Ok(Self::user(self, id).await?)
    }

    async fn user_by_name(&self, username: &str) -> Result<Option<StoredUser>, StoreError> {
        Ok(Self::user_by_name(self, username).await?)
    }

    async fn users(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        Ok(Self::users(self, ids).await?)
    }

    async fn rename_user(&self, id: UserId, username: &str) -> Result<bool, StoreError> {
        Ok(Self::rename_user(self, id, username).await?)
    }

    async fn set_password(&self, id: UserId, password_hash: &str) -> Result<(), StoreError> {
        Ok(Self::set_password(self, id, password_hash).await?)
    }

    async fn set_role(&self, id: UserId, role: Role) -> Result<Change, StoreError> {
        Ok(Self::set_role(self, id, role).await?)
    }

    async fn set_suspended(&self, id: UserId, reason: Option<&str>, now: Millis) -> Result<Change, StoreError> {
        Ok(Self::set_suspended(self, id, reason, now).await?)
    }

    async fn remove_user(&self, id: UserId) -> Result<Change, StoreError> {
        Ok(Self::remove_user(self, id).await?)
    }

    async fn has_admin(&self) -> Result<bool, StoreError> {
        Ok(Self::has_admin(self).await?)
    }

    async fn people(&self, search: &str, guests: bool, after: Option<UserId>, limit: u32) -> Result<People, StoreError> {
        Ok(Self::people(self, search, guests, after, limit).await?)
    }

    async fn person(&self, id: UserId) -> Result<Option<Person>, StoreError> {
        Ok(Self::person(self, id).await?)
    }
}

#[async_trait]
impl Sessions for Store {
    async fn add_session(&self, session: &NewSession, now: Millis) -> Result<(), StoreError> {
        Ok(Self::add_session(self, session, now).await?)
    }

    async fn begin_session_anew(&self, session: &NewSession, now: Millis) -> Result<bool, StoreError> {
        Ok(Self::begin_session_anew(self, session, now).await?)
    }

    async fn session(&self, id: SessionId, now: Millis) -> Result<Option<SessionState>, StoreError> {
        Ok(Self::session(self, id, now).await?)
    }

    async fn session_by_cookie(&self, cookie_hash: &[u8; 32], now: Millis) -> Result<Option<SessionState>, StoreError> {
        Ok(Self::session_by_cookie(self, cookie_hash, now).await?)
    }

    async fn sessions_of(&self, user: UserId, current: SessionId, now: Millis) -> Result<Vec<SessionInfo>, StoreError> {
        Ok(Self::sessions_of(self, user, current, now).await?)
    }

    async fn session_proved(&self, id: SessionId) -> Result<Option<Millis>, StoreError> {
        Ok(Self::session_proved(self, id).await?)
    }

    async fn rotate_session(&self, cookies: &CookieRotation, now: Millis, longest: Option<Millis>) -> Result<Rotation, StoreError> {
        Ok(Self::rotate_session(self, cookies, now, longest).await?)
    }

    async fn revoke_session(&self, id: SessionId, now: Millis) -> Result<(), StoreError> {
        Ok(Self::revoke_session(self, id, now).await?)
    }

    async fn revoke_session_of(&self, user: UserId, id: SessionId, now: Millis) -> Result<bool, StoreError> {
        Ok(Self::revoke_session_of(self, user, id, now).await?)
    }

    async fn revoke_sessions(&self, user: UserId, but: Option<SessionId>, now: Millis) -> Result<(), StoreError> {
        Ok(Self::revoke_sessions(self, user, but, now).await?)
    }
}

#[async_trait]
impl Links for Store {
    async fn keep_claim(&self, hash: &[u8; 32], now: Millis) -> Result<(), StoreError> {
        Ok(Self::keep_claim(self, hash, now).await?)
    }

    async fn claim(&self, hash: &[u8; 32], who: &NewAdmin<'_>, now: Millis) -> Result<Claimed, StoreError> {
        Ok(Self::claim(self, hash, who, now).await?)
    }

    async fn keep_password_link(&self, user: UserId, hash: &[u8; 32], now: Millis, expires_at: Millis) -> Result<bool, StoreError> {
        Ok(Self::keep_password_link(self, user, hash, now, expires_at).await?)
    }

    async fn password_link_for(&self, hash: &[u8; 32], now: Millis) -> Result<Option<User>, StoreError> {
        Ok(Self::password_link_for(self, hash, now).await?)
    }

    async fn use_password_link(&self, hash: &[u8; 32], password_hash: &str, now: Millis) -> Result<Option<User>, StoreError> {
        Ok(Self::use_password_link(self, hash, password_hash, now).await?)
    }
}

#[async_trait]
impl Invitations for Store {
    async fn add_invitation(&self, new: &NewInvitation, now: Millis) -> Result<Invitation, StoreError> {
        Ok(Self::add_invitation(self, new, now).await?)
    }

    async fn invitation_state(&self, code: &[u8; 32], now: Millis) -> Result<InvitationState, StoreError> {
        Ok(Self::invitation_state(self, code, now).await?)
    }

    async fn invitations(&self, now: Millis) -> Result<Vec<Invitation>, StoreError> {
        Ok(Self::invitations(self, now).await?)
    }

    async fn withdraw_invitation(&self, id: InvitationId) -> Result<bool, StoreError> {
        Ok(Self::withdraw_invitation(self, id).await?)
    }

    async fn join(&self, code: &[u8; 32], id: UserId, username: &str, password_hash: &str, now: Millis) -> Result<Joined, StoreError> {
        Ok(Self::join(self, code, id, username, password_hash, now).await?)
    }
}

#[async_trait]
impl Identities for Store {
    async fn arrive(&self, who: &Identity<'_>, new: &NewAccount<'_>, now: Millis) -> Result<SignInOutcome, StoreError> {
        Ok(Self::arrive(self, who, new, now).await?)
    }

    async fn join_identity(&self, user: UserId, who: &Identity<'_>, now: Millis) -> Result<LinkOutcome, StoreError> {
        Ok(Self::join_identity(self, user, who, now).await?)
    }

    async fn issuers_of(&self, user: UserId) -> Result<Vec<String>, StoreError> {
        Ok(Self::issuers_of(self, user).await?)
    }

    async fn part_identity(&self, user: UserId, issuer: &str, usable: &[&str]) -> Result<UnlinkOutcome, StoreError> {
        Ok(Self::part_identity(self, user, issuer, usable).await?)
    }
}

#[async_trait]
impl SecondFactors for Store {
    async fn begin_second_factor(&self, user: UserId, secret: &[u8]) -> Result<bool, StoreError> {
        Ok(Self::begin_second_factor(self, user, secret).await?)
    }

    async fn second_factor(&self, user: UserId) -> Result<Option<StoredFactor>, StoreError> {
        Ok(Self::second_factor(self, user).await?)
    }

    async fn put_second_factor_into_force(&self, user: UserId, secret: &[u8], step: u64, codes: &[[u8; 32]]) -> Result<bool, StoreError> {
        Ok(Self::put_second_factor_into_force(self, user, secret, step, codes).await?)
    }

    async fn remove_second_factor(&self, user: UserId) -> Result<bool, StoreError> {
        Ok(Self::remove_second_factor(self, user).await?)
    }

    async fn spend_step(&self, user: UserId, step: u64) -> Result<bool, StoreError> {
        Ok(Self::spend_step(self, user, step).await?)
    }

    async fn spend_recovery_code(&self, user: UserId, hash: &[u8; 32]) -> Result<bool, StoreError> {
        Ok(Self::spend_recovery_code(self, user, hash).await?)
    }

    async fn second_factors(&self) -> Result<Vec<(UserId, Vec<u8>)>, StoreError> {
        Ok(Self::second_factors(self).await?)
    }

    async fn keep_second_factor(&self, user: UserId, secret: &[u8]) -> Result<(), StoreError> {
        Ok(Self::keep_second_factor(self, user, secret).await?)
    }
}

#[async_trait]
impl Revocations for Store {
    async fn request_revocation(&self, user: UserId, why: &ApiError, stop_answers: bool) -> Result<(), StoreError> {
        Ok(Self::request_revocation(self, user, why, stop_answers).await?)
    }

    async fn pending_revocations(&self) -> Result<Vec<Revocation>, StoreError> {
        Ok(Self::pending_revocations(self).await?)
    }

    async fn revocations_done(&self, seq: i64) -> Result<(), StoreError> {
        Ok(Self::revocations_done(self, seq).await?)
    }
}
