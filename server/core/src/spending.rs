//! What answers cost: prices, the tokens that each answer uses, budgets of a month, and who used how much.
//!
//! Before a provider is asked, the tokens of the prompt and some for the answer are reserved; while the answer grows, more are. The store
//! grants a reservation only if it fits into the user's budget together with everything that is used and reserved, so answers that are
//! written at the same time can't overspend. The transaction that saves the end of an answer records what it used in place of what it
//! reserved.

mod count;
mod csv;
mod meter;
mod month;
mod reservation;
mod service;

pub use count::TokenCount;
pub(crate) use meter::Meter;
pub use month::Month;
pub use reservation::{Reservation, Reserved, Room, Spent, Used};
pub use service::Spending;
