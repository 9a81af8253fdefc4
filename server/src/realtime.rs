//! How a page hears of things: over a socket, an event stream, or by asking.
//!
//! All three are thin drivers of the same rules: [`position`] knows what a listener has and lacks,
//! [`socket_protocol`] what may be said on a socket, and when.

pub mod events;
pub mod pending;
pub mod poll;
pub mod position;
mod reader;
pub mod socket;
pub mod socket_protocol;
