//! Who is asking: access tokens, session cookies, passwords.

pub mod cookie;
pub mod device;
pub mod password;
pub mod rules;
pub mod sealing;
pub mod second_factor;
pub mod token;
