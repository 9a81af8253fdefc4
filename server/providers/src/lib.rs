//! Providers of models: vendors over HTTP, servers on this machine, and the built-in provider.
//!
//! The rest of the server uses only [`Providers`] and the types of [`holdfast_core::model`]. Vendors' formats stay within `remote`.

mod added;
mod builtin;
mod choice;
mod connection_test;
mod discover;
mod kinds;
mod lists;
mod registry;
mod remote;
mod renewal;
mod settings;
#[cfg(test)]
mod tests;
mod waits;

pub use added::{Added, Brought, Key, Requester, Visibilities};
pub use builtin::{Builtin, EchoWords, echo_text};
pub use discover::Ports;
pub use kinds::{ProviderSetting, SETTINGS, SettingForm};
pub use registry::{Health, Listed, Providers};
pub use remote::{is_ollama_address, origin};
pub use settings::{ProviderSettings, ServiceSettings, SettingsError};
pub use waits::ProviderWait;
