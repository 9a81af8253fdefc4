//! Answers: how they are written, saved and shown to those who listen.

mod flusher;
mod generation;
mod generator;
mod hub;
mod live;
mod live_steps;
mod metrics;
mod saving;
mod trimming;
mod turns;

pub use flusher::Flusher;
pub(crate) use generation::Task;
pub use generator::{Generator, restart_error};
pub use hub::{Hub, SocketHandle, Subscription, UserSubscription, Wake};
pub use live::{LiveAnswer, Outcome, Writer};
pub use live_steps::StepPosition;
pub use metrics::Metrics;
pub use saving::{Checkpoint, Ended, Ending, Gain, StepGain};
