//! Conversations and their answers: the rules, over the store and the providers.

mod answer;
mod figures;
mod flusher;
mod generation;
mod hub;
mod reading;
mod searching;
mod service;
mod title;
mod trimming;
mod turns;

pub use answer::{LiveAnswer, Outcome, Writer};
pub use figures::Figures;
pub use flusher::Flusher;
pub use hub::{Bell, Following, Hub, SocketHandle, UserFollowing};
pub use reading::OutlinedConversation;
pub use service::{Bounds, Chat};
pub(crate) use service::{refused, restart_fault};
