//! The protocol between Holdfast's client and server: frames, bodies of API calls, codes and ids, and the [`rules`] that both sides must
//! apply alike. How a client uses it is in `holdfast-client`.
//!
//! Nothing in this crate does I/O, reads a clock or draws a random number. So the same code runs in the server, in the browser and in the
//! load generator, and client and server can't diverge.

#[macro_use]
mod define;
#[macro_use]
mod hidden;

pub mod activity;
pub mod api;
pub mod by_answer;
pub mod diagnosis;
pub mod error;
pub mod event_stream;
pub mod files;
pub mod frame;
pub mod id;
pub mod incoming;
pub mod limits;
pub mod materials;
pub mod message;
pub mod params;
pub mod people;
pub mod projects;
pub mod providers;
pub mod reason;
pub mod rules;
pub mod second_factor;
pub mod settings;
pub mod sources;
pub mod step;
pub mod storage;
pub mod strict;
pub mod transfer;
pub mod usage;

pub use error::{ApiError, Code, shorten};
pub use frame::{ClientFrame, ServerFrame};
pub use id::{ConversationId, FileId, InvitationId, MessageId, ProjectId, SessionId, ShareId, UserId};
pub use message::{Author, Message, Status};
pub use reason::Reason;
pub use step::Step;

/// Version of the protocol; the server sends it in [`ServerFrame::Ready`].
pub const VERSION: &str = "1";

/// Header for the access token, for use where a proxy in front needs `Authorization` for its own Basic authentication.
pub const TOKEN_HEADER: &str = "holdfast-token";
