//! Providers of models: vendors over HTTP, servers on this machine, and the built-in provider.
//!
//! The rules of the server use them through [`ProviderRegistry`](holdfast_core::ports::ProviderRegistry). Vendors' formats stay within `remote`.

mod absent;
mod builtin;
mod choice;
mod connection_test;
mod discover;
mod kinds;
mod lists;
mod port;
mod registry;
mod remote;
mod renewal;
mod settings;
#[cfg(test)]
mod tests;
mod waits;

pub use builtin::{Builtin, EchoWords, echo_text};
pub use discover::Ports;
pub use kinds::{ProviderSetting, SETTINGS, SettingForm};
pub use registry::Providers;
pub use remote::is_ollama_address;
pub use settings::{ProviderSettings, ServiceSettings, SettingsError};
pub use waits::ProviderWait;
