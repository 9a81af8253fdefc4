//! What a name and a password must be like, whichever way they come.

use holdfast_protocol::{Code, Refusal};

/// The name as it is kept, if it will do.
///
/// # Errors
/// It won't.
pub fn good_name(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
        return Err(Refusal::new(Code::BadFrame, "A name has 1 to 64 characters, without line breaks."));
    }
    Ok(name.to_owned())
}

/// Whether a password will do.
///
/// # Errors
/// It won't.
pub fn good_password(password: &str) -> Result<(), Refusal> {
    if (8..=1024).contains(&password.len()) {
        return Ok(());
    }
    Err(Refusal::new(Code::BadFrame, "A password has 8 to 1024 bytes. A few words are better than many signs."))
}
