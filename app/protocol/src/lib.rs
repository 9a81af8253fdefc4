//! The protocol between Holdfast's client and server, and the client's rules for using it.
//!
//! Nothing in this crate does I/O, reads a clock or draws a random number: time and randomness are passed in. So the same code runs in
//! the server, in the browser, in the load generator and under a virtual clock in tests, and client and server can't diverge.

#[macro_use]
mod hidden;

pub mod activity;
pub mod answer;
pub mod api;
pub mod branches;
pub mod connection;
pub mod diagnosis;
pub mod error;
pub mod foreign;
pub mod frame;
pub mod id;
pub mod incoming;
pub mod limits;
pub mod message;
pub mod partial;
pub mod people;
pub mod providers;
pub mod second_factor;
pub mod storage;
pub mod strict;
pub mod transcript;
pub mod transfer;
pub mod waiting;

pub use error::{ApiError, Code, shorten};
pub use foreign::Foreign;
pub use frame::{ClientFrame, ServerFrame};
pub use id::{ConversationId, InvitationId, MessageId, SessionId, ShareId, UserId};
pub use message::{Author, Message, Status};

/// Version of the protocol; the server sends it in [`ServerFrame::Ready`].
pub const VERSION: &str = "1";

/// Header for the access token, for use where a proxy in front needs `Authorization` for its own Basic authentication.
pub const TOKEN_HEADER: &str = "holdfast-token";
