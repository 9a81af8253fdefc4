//! The rules of a client: how it stays connected, what it sends, and how it changes its copy of a conversation.
//!
//! Nothing in this crate does I/O, reads a clock or draws a random number: time and randomness are passed in. So the same code runs in
//! the browser, in the native client of the tests and under a virtual clock. A client in another language can follow it line by line.

pub mod connection;
pub mod foreign;
pub mod transcript;

pub use foreign::Foreign;
