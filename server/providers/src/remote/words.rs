//! Words about a provider's key and address, which depend on where these were configured.
//!
//! The fields, except `title`, are for administrators and the log; the functions return errors for all users.

use holdfast_protocol::{ApiError, Reason};

use super::title::Title;
use crate::kinds::Vendor;

/// Parts of sentences.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    /// Name of the provider in the protocol.
    pub(crate) name: String,
    /// Its name in sentences.
    pub(crate) title: Title,
    /// Whether an administrator added it.
    added: bool,
    /// Whether the key is a user's own.
    own: bool,
    /// Who refuses the key, and has the account.
    pub(crate) owner: Title,
    /// “The key that … holds”
    pub(crate) key: String,
    /// What to do if the key is wrong.
    pub(crate) key_fix: String,
    /// What to do if there is no key.
    pub(crate) no_key: String,
    /// “The account behind …”
    pub(crate) account: String,
    /// Name of the address's setting.
    pub(crate) url: String,
    /// What to do if it does not answer.
    pub(crate) fix: String,
}

impl Words {
    /// Returns whether the key is a user's own.
    pub(crate) fn is_own(&self) -> bool {
        self.own
    }

    /// Returns the words for a provider with this title that is configured by variables.
    pub(crate) fn configured(vendor: &Vendor, title: Title) -> Self {
        let Vendor { name, key, url, fix, .. } = vendor;
        Self {
            name: (*name).to_owned(),
            title: title.clone(),
            added: false,
            own: false,
            owner: title,
            key: format!("The key that {key} holds"),
            key_fix: format!("Put a valid key into {key}."),
            no_key: format!("Set {key}."),
            account: format!("The account behind {key}"),
            url: (*url).to_owned(),
            fix: (*fix).to_owned(),
        }
    }

    /// Returns the words for a provider that an administrator added.
    pub(crate) fn added(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            title: Title::new(&format!("The provider `{name}`")),
            added: true,
            own: false,
            owner: Title::new("its provider"),
            key: format!("The key that is kept for `{name}`"),
            key_fix: "An administrator can enter another under Settings → Providers.".to_owned(),
            no_key: "An administrator can enter one under Settings → Providers.".to_owned(),
            account: format!("The account behind the key of `{name}`"),
            url: "its address under Settings → Providers".to_owned(),
            fix: "Check that it runs, the network, and its address under Settings → Providers.".to_owned(),
        }
    }

    /// Returns the words for a provider that an administrator added, with a user's own key.
    pub(crate) fn own(name: &str) -> Self {
        Self {
            own: true,
            key: format!("Your key for `{name}`"),
            key_fix: "Enter another under Settings → Models, or remove it there.".to_owned(),
            account: format!("The account behind your key for `{name}`"),
            ..Self::added(name)
        }
    }

    /// Takes the name of the program that owns the listed models.
    pub(crate) fn recognize(&self, owner: &str) {
        self.title.recognize(owner);
    }

    /// Returns an error of the provider, which names it.
    pub(crate) fn error(&self, reason: Reason) -> ApiError {
        if self.added || self.title.is_address() { reason.with("provider", &self.name) } else { reason.with("vendor", &self.title) }
    }

    /// The provider refuses the key.
    pub(crate) fn key_refused(&self) -> ApiError {
        self.error(if self.own { Reason::OwnKeyRefused } else { Reason::ProviderKeyRefused })
    }

    /// The account has no credit left.
    pub(crate) fn credit_used_up(&self) -> ApiError {
        self.error(if self.own { Reason::OwnCreditUsedUp } else { Reason::ProviderCreditUsedUp })
    }
}
