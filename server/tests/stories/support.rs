//! The stories' vocabulary.

pub mod client;
#[cfg(feature = "oidc")]
pub mod idp;
pub mod manual;
pub mod proxy;
pub mod raw;
pub mod server;
pub mod socket;
pub mod store;
#[path = "../../src/providers/tests/upstream.rs"]
pub mod upstream;

pub use client::Client;
pub use proxy::Proxy;
pub use server::{Server, User};
pub use socket::Socket;

/// A message id out of a number.
pub fn message_id(n: u128) -> holdfast_protocol::MessageId {
    holdfast_protocol::MessageId(uuid::Uuid::from_u128(n))
}

/// A fresh message id.
pub fn fresh_id() -> holdfast_protocol::MessageId {
    holdfast_protocol::MessageId(uuid::Uuid::new_v4())
}
