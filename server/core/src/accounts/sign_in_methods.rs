//! The providers of OpenID Connect through which the owner of an account signs in: listed, linked, unlinked.

use crate::{address::ClientAddress, clock::Millis};
use holdfast_protocol::{Reason, api::Role, people::Reauthentication};

use super::stored::UnlinkOutcome;
use super::{AccountError, Accounts, audit, two_factor};
use crate::auth::token::Claims;

/// How the owner of an account signs in.
pub struct Methods {
    /// Whether there is a password.
    pub password: bool,
    /// Whether two-factor authentication is on.
    pub second_factor: bool,
    /// The issuers of the linked providers.
    pub issuers: Vec<String>,
}

/// A provider of OpenID Connect, as the configuration names it.
#[derive(Clone, Copy)]
pub struct Provider<'a> {
    /// Its name in addresses.
    pub name: &'a str,
    /// Its issuer.
    pub issuer: &'a str,
}

impl Accounts {
    /// How the owner of an account signs in.
    ///
    /// # Errors
    /// The user was removed meanwhile.
    pub async fn sign_in_methods(&self, claims: &Claims) -> Result<Methods, AccountError> {
        let stored = self.stored(claims).await?;
        let issuers = self.store.issuers_of(claims.sub).await?;
        let second_factor = self.store.second_factor(claims.sub).await?.is_some_and(|factor| factor.in_force);
        Ok(Methods { password: stored.password_hash.is_some(), second_factor, issuers })
    }

    /// Checks that the owner of an account may link a provider: by password, and by code, for those who come through the provider are
    /// not asked for one.
    ///
    /// # Errors
    /// A guest asks, there is no such provider (`None`), or password or code is wrong.
    pub async fn may_link(
        &self,
        address: ClientAddress,
        claims: &Claims,
        provider: Option<Provider<'_>>,
        proof: Reauthentication,
        now: Millis,
    ) -> Result<(), AccountError> {
        let code = proof.code.clone();
        self.owner_asks(address, claims, provider, proof, now).await?;
        self.check_second_factor(claims.sub, code.as_deref(), now).await.map_err(two_factor::for_signed_in)
    }

    /// Unlinks a provider. `usable` are the issuers of all providers that the server has.
    ///
    /// # Errors
    /// As for linking; [`Reason::LastSignInMethod`] if the owner could not sign in any more.
    pub async fn unlink(
        &self,
        address: ClientAddress,
        claims: &Claims,
        provider: Option<Provider<'_>>,
        usable: &[&str],
        proof: Reauthentication,
        now: Millis,
    ) -> Result<(), AccountError> {
        let provider = self.owner_asks(address, claims, provider, proof, now).await?;
        match self.store.part_identity(claims.sub, provider.issuer, usable).await? {
            UnlinkOutcome::Done => {
                audit::method_unlinked(claims.sub, provider.name);
                Ok(())
            }
            UnlinkOutcome::Missing => Err(Reason::NotFound.into()),
            UnlinkOutcome::LastMethod => Err(Reason::LastSignInMethod.into()),
        }
    }

    async fn owner_asks<'a>(
        &self,
        address: ClientAddress,
        claims: &Claims,
        provider: Option<Provider<'a>>,
        proof: Reauthentication,
        now: Millis,
    ) -> Result<Provider<'a>, AccountError> {
        if claims.role == Role::Guest {
            return Err(Reason::GuestWithoutAccount.into());
        }
        let provider = provider.ok_or(Reason::NotFound)?;
        let stored = self.stored(claims).await?;
        self.reauthenticate(address, &stored, claims, proof.password, now).await?;
        Ok(provider)
    }
}
