//! Rules of conversations and answers, over the store and the providers.

mod answer;
mod flusher;
mod generation;
mod hub;
mod metrics;
mod reading;
mod searching;
mod service;
mod title;
mod trimming;
mod turns;

pub use answer::{LiveAnswer, Outcome, Writer};
pub use flusher::Flusher;
pub use hub::{Hub, SocketHandle, Subscription, UserSubscription, Wake};
pub use metrics::Metrics;
pub use reading::OutlinedConversation;
pub use service::{Bounds, Chat};
pub(crate) use service::{refused, restart_error};
