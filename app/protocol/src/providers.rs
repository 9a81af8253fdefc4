//! Bodies of the calls about providers, whom they are offered to, and their keys.

use serde::{Deserialize, Serialize};

use crate::api::Role;

/// Whom something is offered to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Guests too.
    #[default]
    Everyone,
    /// Who has an account.
    Accounts,
    /// Who runs the server.
    Administrators,
}

impl Visibility {
    /// All there are.
    pub const ALL: [Visibility; 3] = [Visibility::Everyone, Visibility::Accounts, Visibility::Administrators];

    /// Whether it takes in somebody of this rank; none: nobody is signed in.
    pub fn admits(self, role: Option<Role>) -> bool {
        match self {
            Visibility::Everyone => true,
            Visibility::Accounts => matches!(role, Some(Role::Member | Role::Admin)),
            Visibility::Administrators => role == Some(Role::Admin),
        }
    }

    /// As it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Visibility::Everyone => "everyone",
            Visibility::Accounts => "accounts",
            Visibility::Administrators => "administrators",
        }
    }

    /// What a text stands for.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|visibility| visibility.as_str() == text)
    }
}

/// How a provider is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// OpenAI, and all who speak its chat completions.
    Openai,
    /// Anthropic, and gateways that speak its messages.
    Anthropic,
    /// Gemini.
    Gemini,
    /// Azure OpenAI.
    Azure,
    /// Ollama.
    Ollama,
}

impl Kind {
    /// All there are.
    pub const ALL: [Kind; 5] = [Kind::Openai, Kind::Anthropic, Kind::Gemini, Kind::Azure, Kind::Ollama];

    /// As it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Openai => "openai",
            Kind::Anthropic => "anthropic",
            Kind::Gemini => "gemini",
            Kind::Azure => "azure",
            Kind::Ollama => "ollama",
        }
    }

    /// What a text stands for.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What there is of a key. The key itself is never told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// There is none.
    #[default]
    None,
    /// There is one.
    Stored,
    /// There is one that can't be read, for the server's secret was changed: it must be entered again.
    Unreadable,
    /// There is one that was entered for another address than the provider has now. It is sent nowhere until its owner confirms it.
    /// Of a user's own key only.
    Unconfirmed,
}

/// A model, and whom it is offered to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelOffer {
    /// Its name with the provider.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
    pub model: String,
    /// To whom; none: as its provider.
    #[serde(default)]
    pub visible_to: Option<Visibility>,
}

/// A provider, as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderInfo {
    /// The name by which it is chosen.
    pub name: String,
    /// Whether it was added here; others are configured, found on the machine, or built in.
    pub added: bool,
    /// Where it is, if that is not the vendor's own address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The key that was entered here.
    #[serde(default)]
    pub key: KeyState,
    /// Whether users may bring keys of their own.
    #[serde(default)]
    pub own_keys: bool,
    /// To whom it is offered, but for models that have an audience of their own.
    #[serde(default)]
    pub visible_to: Visibility,
    /// Its models, as far as they are known.
    pub models: Vec<ModelOffer>,
    /// How many more it has than are listed: the first thousand are, and those that have an audience of their own or are the default.
    /// The others can be chosen by their names.
    #[serde(default, skip_serializing_if = "is_none")]
    pub unlisted: usize,
    /// When its last good list of models came, ms since 1970; `None`: none has come yet, or it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_at: Option<u64>,
    /// It answers, and has no list of models: any name may be one of them. Those named here are offered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_no_list: bool,
    /// Why it gave no list when it was last asked. The models are those of its last good list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// `POST /api/admin/providers`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewProvider {
    /// The name by which it is chosen: 1–32 of `a-z0-9-`.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[a-z0-9-]{1,32}$"))]
    pub name: String,
    /// How it is spoken to.
    pub kind: Kind,
    /// Where it is; the vendor's own address otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub url: Option<String>,
    /// Its key, if it wants one. Kept encrypted, and never told again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 1000, pattern = r"^\s*[!-~]*\s*$"))]
    pub key: Option<String>,
    /// Whether users may bring keys of their own.
    #[serde(default)]
    pub own_keys: bool,
    /// To whom it is offered.
    #[serde(default)]
    pub visible_to: Visibility,
}

/// `PATCH /api/admin/providers/{name}`. What is left out stays. Of a provider that was not added here, only whom it is
/// offered to can be changed.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderPatch {
    /// Another address; empty: the vendor's own. Where its origin (scheme, host, port) is another, the key that is kept is forgotten
    /// unless one is given along, and users' own keys wait for their owners to confirm them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub url: Option<String>,
    /// Another key; empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 1000, pattern = r"^\s*[!-~]*\s*$"))]
    pub key: Option<String>,
    /// Whether users may bring keys of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_keys: Option<bool>,
    /// To whom it is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible_to: Option<Visibility>,
    /// Models that are offered to others than their provider is, or no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 2000))]
    pub models: Vec<ModelOffer>,
}

/// What came of trying a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionTest {
    /// Whether it answered.
    pub ok: bool,
    /// What it answered, or why it did not.
    pub said: String,
    /// With which model, if it came as far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How long it took, ms.
    pub ms: u64,
}

/// A provider that one may bring a key for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnKey {
    /// The name by which it is chosen.
    pub provider: String,
    /// One's own key for it.
    pub key: KeyState,
    /// Where the key would be sent (scheme, host and port), while it waits for its owner to confirm that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// `POST /api/keys/{provider}`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewKey {
    /// Kept encrypted, used for whoever stored it alone, and never told again.
    #[cfg_attr(feature = "openapi", schema(max_length = 1000, pattern = r"^\s*[!-~]+\s*$"))]
    pub key: String,
}

// Each may hold a key.
hides!(NewProvider, ProviderPatch, NewKey);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_takes_in_those_above_it() {
        let admitted =
            |visibility: Visibility| [None, Some(Role::Guest), Some(Role::Member), Some(Role::Admin)].map(|role| visibility.admits(role));
        assert_eq!(admitted(Visibility::Everyone), [true; 4]);
        assert_eq!(admitted(Visibility::Accounts), [false, false, true, true]);
        assert_eq!(admitted(Visibility::Administrators), [false, false, false, true]);
    }
}
