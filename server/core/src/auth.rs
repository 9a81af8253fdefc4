//! Authentication: access tokens, tokens of sessions and links, passwords, second factors.

pub mod device;
pub mod file_sealing;
pub mod opaque;
pub mod password;
pub mod rules;
pub mod sealing;
pub mod second_factor;
pub mod session_errors;
pub mod token;
