//! Words about a provider's key and address, which depend on where these were configured.
//!
//! The fields, except `title`, are for administrators and the log; the functions return sentences for all users.

use crate::kinds::Vendor;

/// End of sentences for all users, which leave out the cause.
pub(crate) const ADMINISTRATORS: &str = "Administrators see the cause under Settings → Providers.";

/// Parts of sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    /// Name of the provider in the protocol.
    pub(crate) name: String,
    /// Its name in sentences.
    pub(crate) title: String,
    /// Whether the key is a user's own.
    own: bool,
    /// Who refuses the key, and has the account.
    pub(crate) owner: String,
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
    /// Returns the words for a provider that is configured by variables.
    pub(crate) fn configured(vendor: &Vendor) -> Self {
        let Vendor { name, title, key, url, fix, .. } = vendor;
        Self {
            name: (*name).to_owned(),
            title: (*title).to_owned(),
            own: false,
            owner: (*title).to_owned(),
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
            title: format!("The provider `{name}`"),
            own: false,
            owner: "its provider".to_owned(),
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

    /// The provider can't be reached, or another program replies.
    pub(crate) fn unreachable(&self) -> String {
        format!("{} can't be reached. Try again, or choose another model. {ADMINISTRATORS}", self.title)
    }

    /// The provider does not work. `quote` ends the sentence: `: “…”`, or empty.
    pub(crate) fn failed(&self, quote: &str) -> String {
        format!("{} failed{quote}. Try again, or choose another model. {ADMINISTRATORS}", self.title)
    }

    /// The provider reports that it does not work.
    pub(crate) fn failed_with(&self, status: u16, quote: &str) -> String {
        format!("{} failed with status {status}{quote}. Try again, or choose another model. {ADMINISTRATORS}", self.title)
    }

    /// The provider is not of the configured kind.
    pub(crate) fn misconfigured(&self) -> String {
        format!("{} does not work as it is set up. Choose another model. {ADMINISTRATORS}", self.title)
    }

    /// The provider refuses the key.
    pub(crate) fn key_refused(&self, quote: &str) -> String {
        if self.own {
            let Self { key, owner, key_fix, .. } = self;
            return format!("{key} was refused by {owner}{quote}. It is wrong, has expired, or may not do this. {key_fix}");
        }
        format!("{} does not accept this server's key{quote}. Choose another model. {ADMINISTRATORS}", self.title)
    }

    /// The provider needs a key, and there is none.
    pub(crate) fn key_missing(&self, quote: &str) -> String {
        format!("{} asks for a key, and has none{quote}. Choose another model. {ADMINISTRATORS}", self.title)
    }

    /// The account has no credit left.
    pub(crate) fn used_up(&self, quote: &str) -> String {
        if self.own {
            return format!("{} has no credit left, or has used up its quota{quote}. Raise it at {}.", self.account, self.owner);
        }
        format!("This server's account at {} has no credit left{quote}. Choose another model. {ADMINISTRATORS}", self.title)
    }

    /// The provider refuses the request.
    pub(crate) fn request_refused(&self, status: u16, quote: &str) -> String {
        let title = &self.title;
        format!("{title} refused the request with status {status}{quote}. Try again, or choose another model. {ADMINISTRATORS}")
    }

    /// The conversation exceeds the model's context window.
    pub(crate) fn too_long(&self, quote: &str) -> String {
        format!("{} takes no conversation as long as this one{quote}. Begin another, or choose a model that takes more.", self.title)
    }

    /// The prompt violates the provider's content rules.
    pub(crate) fn against_rules(&self, quote: &str) -> String {
        let title = &self.title;
        format!("{title} refused the request because of its rules on content{quote}. Ask in other words, or choose another model.")
    }
}
