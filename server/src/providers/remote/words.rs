//! What people read about a provider's key and address: it follows from where those come from.

use super::Vendor;

/// Parts of sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    /// The provider's name in the protocol.
    pub(crate) name: String,
    /// Its name in a sentence.
    pub(crate) title: String,
    /// Who refuses a key, and has the account.
    pub(crate) owner: String,
    /// “The key that … holds”
    pub(crate) key: String,
    /// What to do where that is no good.
    pub(crate) key_mend: String,
    /// What to do where there is none.
    pub(crate) no_key: String,
    /// “The account behind …”
    pub(crate) account: String,
    /// What the address is called.
    pub(crate) url: String,
    /// What to do where it does not answer.
    pub(crate) mend: String,
}

impl Words {
    /// Of one whose key and address are variables.
    pub(crate) fn configured(vendor: &Vendor) -> Self {
        let Vendor { name, title, key, url, mend, .. } = vendor;
        Self {
            name: (*name).to_owned(),
            title: (*title).to_owned(),
            owner: (*title).to_owned(),
            key: format!("The key that {key} holds"),
            key_mend: format!("Put a valid key into {key}."),
            no_key: format!("Set {key}."),
            account: format!("The account behind {key}"),
            url: (*url).to_owned(),
            mend: (*mend).to_owned(),
        }
    }

    /// Of one that an administrator added.
    pub(crate) fn added(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            title: format!("The provider `{name}`"),
            owner: "its provider".to_owned(),
            key: format!("The key that is kept for `{name}`"),
            key_mend: "An administrator can enter another under Settings → Providers.".to_owned(),
            no_key: "An administrator can enter one under Settings → Providers.".to_owned(),
            account: format!("The account behind the key of `{name}`"),
            url: "its address under Settings → Providers".to_owned(),
            mend: "Check that it runs, the network, and its address under Settings → Providers.".to_owned(),
        }
    }

    /// Of one that an administrator added, with a user's own key.
    pub(crate) fn own(name: &str) -> Self {
        Self {
            key: format!("Your key for `{name}`"),
            key_mend: "Enter another under Settings → Models, or remove it there.".to_owned(),
            account: format!("The account behind your key for `{name}`"),
            ..Self::added(name)
        }
    }
}
