//! The only source of time and randomness. Rules take both as values.

use rand::{RngCore as _, TryRngCore as _};
use uuid::Uuid;

/// Milliseconds since 1970.
pub type Millis = u64;

/// Returns the current time.
#[allow(clippy::disallowed_methods)] // the only call that is allowed
pub fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Returns an id that sorts by its creation time (UUID version 7, RFC 9562).
pub fn id() -> Uuid {
    Uuid::now_v7()
}

/// Returns random bytes for secrets, from the operating system's generator.
pub fn secret_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rngs::OsRng.unwrap_err().fill_bytes(&mut bytes);
    bytes
}

/// Returns a password that is easy to write down: 100 random bits, without letters that look alike.
pub fn fresh_password() -> String {
    letters(&secret_bytes::<20>(), 5)
}

/// Returns a code that is easy to write down: 120 random bits, in the same letters.
pub fn fresh_code() -> String {
    letters(&secret_bytes::<24>(), 6)
}

fn letters(bytes: &[u8], group: usize) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    bytes.chunks(group).map(|group| group.iter().map(letter).collect::<String>()).collect::<Vec<_>>().join("-")
}
