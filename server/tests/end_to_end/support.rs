//! Helpers of the end-to-end tests.

pub mod client;
pub mod idp;
pub mod manual;
pub mod model_server;
pub mod proxy;
pub mod raw;
pub mod recording_proxy;
pub mod server;
pub mod socket;
pub mod store;
pub mod volume;

pub use client::Client;
pub use proxy::Proxy;
pub use server::{Server, User};
pub use socket::Socket;
pub use volume::Volume;

/// Returns a message id for a number.
pub fn message_id(n: u128) -> holdfast_protocol::MessageId {
    holdfast_protocol::MessageId(uuid::Uuid::from_u128(n))
}

/// Returns a new message id.
pub fn fresh_id() -> holdfast_protocol::MessageId {
    holdfast_protocol::MessageId(uuid::Uuid::new_v4())
}

/// Waits until a condition holds. Panics after 20 seconds, with a description of the actual state.
pub async fn eventually(holds: impl Fn() -> bool, instead: impl Fn() -> String) {
    for _ in 0..2_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{}", instead());
}
