//! How a page hears of things: over a socket, an event stream, or by asking.
//!
//! All three are thin drivers of the same rules: [`place`] knows what a listener has and lacks,
//! [`session`] what may be said on a socket, and when.

pub mod events;
pub mod lobby;
pub mod place;
pub mod poll;
mod reader;
pub mod session;
pub mod socket;
