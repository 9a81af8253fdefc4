//! A text that must not be shown.

use std::fmt;

/// A key or password. Logs, errors and `Debug` do not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret, without surrounding white space. Returns `None` if nothing is left.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// Returns the secret. Call it only where the secret is used.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_does_not_show_and_is_not_empty() {
        assert_eq!(format!("{:?}", Secret::new("sk-abc\n")), "Some(Secret(…))");
        assert_eq!(Secret::new("sk-abc\n").as_ref().map(Secret::reveal), Some("sk-abc"));
        assert_eq!(Secret::new(" \n"), None);
    }
}
