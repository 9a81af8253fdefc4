//! Bodies of the calls about providers, their visibility and their API keys.

use serde::{Deserialize, Serialize};

use crate::{ApiError, api::Role};

/// Which users see a provider or model, and may use it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everyone, guests included.
    #[default]
    Everyone,
    /// Users with an account.
    Accounts,
    /// Administrators only.
    Administrators,
}

impl Visibility {
    /// All values.
    pub const ALL: [Visibility; 3] = [Visibility::Everyone, Visibility::Accounts, Visibility::Administrators];

    /// Returns whether users of this role are included. `None` stands for a visitor who is not signed in.
    pub fn admits(self, role: Option<Role>) -> bool {
        match self {
            Visibility::Everyone => true,
            Visibility::Accounts => matches!(role, Some(Role::Member | Role::Admin)),
            Visibility::Administrators => role == Some(Role::Admin),
        }
    }

    /// Returns the value as it is written in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Visibility::Everyone => "everyone",
            Visibility::Accounts => "accounts",
            Visibility::Administrators => "administrators",
        }
    }

    /// Returns the value with this text, or `None` if there is none.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|visibility| visibility.as_str() == text)
    }
}

/// Declares the kinds of providers: a row for each, with its text in JSON and its name for people.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $text:literal, $title:literal;)+) => {
        /// The API dialect of a provider.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[$doc])* $kind,)+
        }

        impl Kind {
            /// All values. Where several are configured, the first of them answers by default.
            pub const ALL: [Kind; [$($text),+].len()] = [$(Kind::$kind),+];

            /// Returns the value as it is written in JSON.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Kind::$kind => $text,)+
                }
            }

            /// Returns the name of the service or program for people.
            pub const fn title(self) -> &'static str {
                match self {
                    $(Kind::$kind => $title,)+
                }
            }
        }
    };
}

kinds! {
    /// The chat completions API of OpenAI, which many other servers implement.
    Openai = "openai", "OpenAI";
    /// Anthropic's messages API.
    Anthropic = "anthropic", "Anthropic";
    /// Google's Gemini API.
    Gemini = "gemini", "Gemini";
    /// Azure OpenAI's API.
    Azure = "azure", "Azure OpenAI";
    /// Ollama's API.
    Ollama = "ollama", "Ollama";
}

impl Kind {
    /// Returns the value with this text, or `None` if there is none.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The state of a stored API key. No call returns the key itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// There is no key.
    #[default]
    None,
    /// There is a key.
    Stored,
    /// There is a key that can't be decrypted, because the server's secret has changed. It must be entered again.
    Unreadable,
    /// There is a key, but the provider's address has changed since it was entered. The server does not send the key until its owner
    /// confirms it. Only users' own keys have this state.
    Unconfirmed,
}

/// A model, and which users see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelOffer {
    /// Name of the model, as its provider calls it.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
    pub model: String,
    /// Who sees the model; `null` means the same users as its provider.
    #[serde(default)]
    pub visible_to: Option<Visibility>,
}

/// A provider, as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderInfo {
    /// Name of the provider.
    pub name: String,
    /// Whether an administrator added it by a call. Other providers are configured, discovered on the machine, or built in.
    pub added: bool,
    /// Base URL of its API; absent if it is the vendor's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// State of the key that an administrator entered for it.
    #[serde(default)]
    pub key: KeyState,
    /// Whether users may use keys of their own.
    #[serde(default)]
    pub own_keys: bool,
    /// Who sees the provider; models may have a visibility of their own.
    #[serde(default)]
    pub visible_to: Visibility,
    /// Its models, as far as they are known; at most the first thousand, those with a visibility of their own, and the default.
    pub models: Vec<ModelOffer>,
    /// Number of models that are not in `models`. They can still be chosen by name.
    #[serde(default, skip_serializing_if = "is_none")]
    pub unlisted: usize,
    /// When its list of models was last read successfully, ms since 1970. Absent if it was not read yet, or if the provider has no such
    /// list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_at: Option<u64>,
    /// Whether the provider works but can't list its models. Then any name may be a model; `models` has those that the configuration
    /// names.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_no_list: bool,
    /// Why its list of models could not be read the last time. `models` is then from the last successful reading. Absent if there was no
    /// error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<ApiError>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde requires this signature
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// Body of `POST /api/admin/providers`: adds a provider.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewProvider {
    /// Name of the provider: 1–32 characters of `a-z0-9-`.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[a-z0-9-]{1,32}$"))]
    pub name: String,
    /// Its API dialect.
    pub kind: Kind,
    /// Base URL of its API. If absent, the vendor's own URL is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub url: Option<String>,
    /// Its API key, if it needs one. The server stores it encrypted and never returns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 1000, pattern = r"^\s*[!-~]*\s*$"))]
    pub key: Option<String>,
    /// Whether users may use keys of their own.
    #[serde(default)]
    pub own_keys: bool,
    /// Who sees the provider.
    #[serde(default)]
    pub visible_to: Visibility,
}

/// Body of `PATCH /api/admin/providers/{name}`: changes a provider. Absent fields stay as they are. Only the visibility can be changed if
/// the provider was not added by a call.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderPatch {
    /// The new base URL; empty for the vendor's own. If its origin (scheme, host, port) differs from the old one, the server deletes the
    /// stored key unless the request contains a new one, and does not use users' own keys until their owners confirm them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub url: Option<String>,
    /// The new API key; empty to delete the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 1000, pattern = r"^\s*[!-~]*\s*$"))]
    pub key: Option<String>,
    /// Whether users may use keys of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_keys: Option<bool>,
    /// Who sees the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible_to: Option<Visibility>,
    /// Models whose visibility changes; `visible_to: null` removes a model's own visibility.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 2000))]
    pub models: Vec<ModelOffer>,
}

/// The result of a connection test of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionTest {
    /// Whether the test succeeded.
    pub ok: bool,
    /// The model's answer, or the sentence of `error`.
    pub message: String,
    /// Why the test failed; absent if it succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ApiError>,
    /// Name of the model that was used; absent if the test failed before one was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Duration of the test, ms.
    pub ms: u64,
}

/// A provider that allows users' own keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnKey {
    /// Name of the provider.
    pub provider: String,
    /// State of the user's own key for it.
    pub key: KeyState,
    /// Origin (scheme, host and port) to which the key would be sent. Present only while the key waits for its owner's confirmation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// Body of `POST /api/keys/{provider}`: stores the user's own key.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewKey {
    /// The API key. The server stores it encrypted, uses it for this user only, and never returns it.
    #[cfg_attr(feature = "openapi", schema(max_length = 1000, pattern = r"^\s*[!-~]+\s*$"))]
    pub key: String,
}

// Each may contain an API key.
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
