//! Rules about texts and message trees that the server and its clients must apply alike.
//!
//! They are here, beside the wire, because both sides use them: a client joins chunks to an answer as the server does when it recovers
//! one from its journal, and the page that the server renders shows the path, and begins with the part, that the client then continues.

pub mod answer;
pub mod branches;
pub mod partial;
pub mod steps;
pub mod strip_markdown;
pub mod title;

#[cfg(test)]
mod tests;
