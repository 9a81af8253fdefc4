//! The one place where time and randomness come from. Rules take both as values.

use rand::{RngCore as _, TryRngCore as _};
use uuid::Uuid;

/// Milliseconds since 1970.
pub type Millis = u64;

/// Now.
#[allow(clippy::disallowed_methods)] // here, and nowhere else
pub fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// An id that sorts by the time it was made (UUID version 7, RFC 9562).
pub fn id() -> Uuid {
    Uuid::now_v7()
}

/// Bytes fit for secrets, from the operating system's generator.
pub fn secret_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rngs::OsRng.unwrap_err().fill_bytes(&mut bytes);
    bytes
}

/// A password for somebody who has to write it down once: 100 random bits, no letter like another.
pub fn fresh_password() -> String {
    letters(&secret_bytes::<20>(), 5)
}

/// A code to be kept on paper: 120 random bits, written alike.
pub fn fresh_code() -> String {
    letters(&secret_bytes::<24>(), 6)
}

fn letters(bytes: &[u8], group: usize) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    bytes.chunks(group).map(|group| group.iter().map(letter).collect::<String>()).collect::<Vec<_>>().join("-")
}
