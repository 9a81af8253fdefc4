//! What people read about a provider's key and address: it follows from where those come from.
//!
//! The fields are for administrators and the log, but for `title`; the functions make the sentences for everybody.

use super::Vendor;

/// Where the sentences for everybody lead to, as they leave out the cause.
pub(crate) const ADMINISTRATORS: &str = "Administrators see the cause under Settings → Providers.";

/// Parts of sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    /// The provider's name in the protocol.
    pub(crate) name: String,
    /// Its name in a sentence.
    pub(crate) title: String,
    /// Whether the key is a user's own.
    own: bool,
    /// Who refuses a key, and has the account.
    pub(crate) owner: String,
    /// “The key that … holds”
    pub(crate) key: String,
    /// What to do where that is no good.
    pub(crate) key_fix: String,
    /// What to do where there is none.
    pub(crate) no_key: String,
    /// “The account behind …”
    pub(crate) account: String,
    /// What the address is called.
    pub(crate) url: String,
    /// What to do where it does not answer.
    pub(crate) fix: String,
}

impl Words {
    /// Of one whose key and address are variables.
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

    /// Of one that an administrator added.
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

    /// Of one that an administrator added, with a user's own key.
    pub(crate) fn own(name: &str) -> Self {
        Self {
            own: true,
            key: format!("Your key for `{name}`"),
            key_fix: "Enter another under Settings → Models, or remove it there.".to_owned(),
            account: format!("The account behind your key for `{name}`"),
            ..Self::added(name)
        }
    }

    /// It can't be reached, or what is there is something else.
    pub(crate) fn unreachable(&self) -> String {
        format!("{} can't be reached. Try again, or choose another model. {ADMINISTRATORS}", self.title)
    }

    /// It is there and does not work. `quote` ends a sentence: `: “…”`, or is empty.
    pub(crate) fn failed(&self, quote: &str) -> String {
        format!("{} failed{quote}. Try again, or choose another model. {ADMINISTRATORS}", self.title)
    }

    /// It is there, does not work, and says so.
    pub(crate) fn failed_with(&self, status: u16, quote: &str) -> String {
        format!("{} failed with status {status}{quote}. Try again, or choose another model. {ADMINISTRATORS}", self.title)
    }

    /// It is not what the server was told that it is.
    pub(crate) fn misconfigured(&self) -> String {
        format!("{} does not work as it is set up. Choose another model. {ADMINISTRATORS}", self.title)
    }

    /// It does not take the key.
    pub(crate) fn key_refused(&self, quote: &str) -> String {
        if self.own {
            let Self { key, owner, key_fix, .. } = self;
            return format!("{key} was refused by {owner}{quote}. It is wrong, has expired, or may not do this. {key_fix}");
        }
        format!("{} does not accept this server's key{quote}. Choose another model. {ADMINISTRATORS}", self.title)
    }

    /// It wants a key, and there is none.
    pub(crate) fn key_missing(&self, quote: &str) -> String {
        format!("{} asks for a key, and has none{quote}. Choose another model. {ADMINISTRATORS}", self.title)
    }

    /// Its account can pay for nothing more.
    pub(crate) fn used_up(&self, quote: &str) -> String {
        if self.own {
            return format!("{} has no credit left, or has used up its quota{quote}. Raise it at {}.", self.account, self.owner);
        }
        format!("This server's account at {} has no credit left{quote}. Choose another model. {ADMINISTRATORS}", self.title)
    }

    /// It refuses what it was asked.
    pub(crate) fn request_refused(&self, status: u16, quote: &str) -> String {
        let title = &self.title;
        format!("{title} refused the request with status {status}{quote}. Try again, or choose another model. {ADMINISTRATORS}")
    }

    /// The conversation has more in it than the model can take.
    pub(crate) fn too_long(&self, quote: &str) -> String {
        format!("{} takes no conversation as long as this one{quote}. Begin another, or choose a model that takes more.", self.title)
    }

    /// What was asked is against its rules.
    pub(crate) fn against_rules(&self, quote: &str) -> String {
        let title = &self.title;
        format!("{title} refused the request because of its rules on content{quote}. Ask in other words, or choose another model.")
    }
}
