//! Delivers frames to clients: over a socket, an event stream, or polling.
//!
//! All three are thin drivers of the same rules: [`position`] knows what a client has and what it lacks, [`socket_protocol`] knows which
//! frames are allowed when.

pub mod events;
pub mod pending;
pub mod poll;
pub mod position;
mod reader;
pub mod socket;
pub mod socket_protocol;
