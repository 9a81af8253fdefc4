//! Two-factor authentication: codes of an authenticator app (TOTP, RFC 6238) and recovery codes.
//!
//! The parameters are those that every app supports: SHA-1, six digits, thirty seconds. The app's clock may be off by one step.

use std::fmt;

use holdfast_protocol::{
    UserId,
    second_factor::{Picture, Setup},
};
use qrcode::{Color, QrCode};
use sha2::{Digest as _, Sha256};
use totp_rs::{Builder, Secret as Bytes, Totp};

use super::sealing::{Opened, SealError, Sealing};
use crate::Secret;
use crate::clock::{self, Millis};

/// Number of recovery codes.
const RECOVERY_CODES: usize = 10;

/// A second factor can't be created or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FactorError {
    /// Encryption failed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The server's secret has changed since then.
    #[error("the secret of a second factor can't be read because the server's secret was changed")]
    Unreadable,
    /// The library refused the parameters, which no input causes.
    #[error("a second factor can't be computed")]
    Library,
}

/// Creates and checks second factors.
#[derive(Debug)]
pub struct SecondFactors(Sealing);

/// New recovery codes, in both forms.
pub struct Recovery {
    /// The codes as the user is shown them, once.
    pub codes: Vec<String>,
    /// Their hashes, as they are stored.
    pub hashes: Vec<[u8; 32]>,
}

impl fmt::Debug for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recovery(…)")
    }
}

impl SecondFactors {
    /// Creates it with the encryption of the server's secret.
    pub fn new(sealing: Sealing) -> Self {
        Self(sealing)
    }

    /// Creates a second factor for an account: the data for the app, and the encrypted secret for the store.
    ///
    /// # Errors
    /// A library failed.
    pub fn fresh(&self, user: UserId, name: &str) -> Result<(Setup, Vec<u8>), FactorError> {
        // 160 bits (RFC 4226 §4, R6)
        let bytes = Bytes::new(clock::secret_bytes::<20>().to_vec().into());
        let secret = Secret::new(&bytes.to_base32()).ok_or(FactorError::Library)?;
        let sealed = self.0.seal(&row(user), &secret)?;
        let uri = totp(bytes, name)?.to_url().map_err(|_| FactorError::Library)?;
        let picture = picture(&uri)?;
        Ok((Setup { secret: secret.reveal().to_owned(), uri, picture }, sealed))
    }

    /// Returns the time step of a code; `None` if the code is not valid now.
    ///
    /// # Errors
    /// The stored secret can't be decrypted.
    pub fn step(&self, user: UserId, sealed: &[u8], code: &str, now: Millis) -> Result<Option<u64>, FactorError> {
        let secret = self.0.open(&row(user), sealed).secret().ok_or(FactorError::Unreadable)?;
        let bytes = Bytes::try_from_base32(secret.reveal()).map_err(|_| FactorError::Library)?;
        Ok(totp(bytes, "")?.check(&bare(code), now / 1000))
    }

    /// Returns the secret encrypted again if it was encrypted with a previous secret; `None` otherwise.
    ///
    /// # Errors
    /// Encryption failed.
    pub fn anew(&self, user: UserId, sealed: &[u8]) -> Result<Option<Vec<u8>>, FactorError> {
        match self.0.open(&row(user), sealed) {
            Opened::Old(secret) => Ok(Some(self.0.seal(&row(user), &secret)?)),
            Opened::Good(_) => Ok(None),
            Opened::Unreadable => Err(FactorError::Unreadable),
        }
    }
}

/// Creates new recovery codes.
pub fn recovery() -> Recovery {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| clock::fresh_code()).collect();
    let hashes = codes.iter().map(|code| recovery_hash(code)).collect();
    Recovery { codes, hashes }
}

/// Returns the hash of a recovery code, as it is stored. Case, spaces and hyphens do not matter. A fast hash is enough from 112 random bits
/// on (ASVS 5.0.0, 6.5.2).
pub fn recovery_hash(code: &str) -> [u8; 32] {
    Sha256::digest(bare(code).as_bytes()).into()
}

/// Returns whether a text has the form of an app's code and not of a recovery code.
pub fn is_of_an_app(code: &str) -> bool {
    let bare = bare(code);
    bare.len() == 6 && bare.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the letters and digits of a typed text.
fn bare(code: &str) -> String {
    code.chars().take(100).filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

fn totp(secret: Bytes, name: &str) -> Result<Totp, FactorError> {
    // A colon separates issuer and name in the address.
    let name = if name.is_empty() { "account".to_owned() } else { name.replace(':', " ") };
    Builder::new().with_secret(secret).with_account_name(name).with_issuer(Some("Holdfast")).build().map_err(|_| FactorError::Library)
}

/// Returns the QR code.
fn picture(text: &str) -> Result<Picture, FactorError> {
    let code = QrCode::new(text.as_bytes()).map_err(|_| FactorError::Library)?;
    let width = code.width();
    let mut path = String::new();
    for (at, row) in code.to_colors().chunks(width.max(1)).enumerate() {
        for (from, _) in row.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
            path.push_str(&format!("M{from} {at}h1v1h-1z"));
        }
    }
    Ok(Picture { size: u32::try_from(width).unwrap_or_default(), path })
}

/// Returns the encryption context of a user's secret.
fn row(user: UserId) -> Vec<u8> {
    [b"second factor of ".as_slice(), user.0.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SECRET: &[u8] = b"kV0yV3X2mF5q8b1dTzR7uPwLxGh4cJnE";
    const LATER: &[u8] = b"pQ8sN1vB6xK3mZ0tW5yR2cH7jL4dF9gA";

    fn factors(secret: &[u8], before: Option<&[u8]>) -> SecondFactors {
        SecondFactors::new(Sealing::new(secret, before).unwrap())
    }

    /// RFC 6238, appendix B: the last six digits of its codes for SHA-1.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        let user = UserId(clock::id());
        let factors = factors(SECRET, None);
        let bytes = Bytes::new(b"12345678901234567890".to_vec().into());
        let sealed = factors.0.seal(&row(user), &Secret::new(&bytes.to_base32()).unwrap()).unwrap();
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")] {
            let step = |at: u64| factors.step(user, &sealed, code, at * 1000).unwrap();
            assert_eq!(step(seconds), Some(seconds / 30));
            assert_eq!(step(seconds + 30), Some(seconds / 30), "a clock that is behind");
            assert_eq!(step(seconds + 61), None);
        }
        assert_eq!(factors.step(user, &sealed, " 287 082 ", 59_000).unwrap(), Some(1), "as apps show it");
        assert_eq!(factors.step(UserId(clock::id()), &sealed, "287082", 59_000), Err(FactorError::Unreadable), "another's");
    }

    #[test]
    fn what_an_app_is_told_makes_the_codes_that_are_taken() {
        let user = UserId(clock::id());
        let one = factors(SECRET, None);
        let (setup, sealed) = one.fresh(user, "Ada: Lovelace & Co").unwrap();
        assert!(setup.uri.starts_with("otpauth://totp/Holdfast:Ada%20%20Lovelace%20%26%20Co?secret="), "{}", setup.uri);
        assert!(setup.uri.contains(&setup.secret) && setup.picture.size > 20 && setup.picture.path.starts_with("M0 0h1v1h-1z"));
        assert_eq!(read(&setup.picture), setup.uri, "what a camera reads");
        let app = totp(Bytes::try_from_base32(&setup.secret).unwrap(), "").unwrap();
        let code = app.generate(90).to_string();
        assert_eq!(one.step(user, &sealed, &code, 90_000).unwrap(), Some(3));
        let two = factors(LATER, Some(SECRET));
        let anew = two.anew(user, &sealed).unwrap().unwrap();
        assert_eq!(factors(LATER, None).step(user, &anew, &code, 90_000).unwrap(), Some(3));
        assert_eq!(two.anew(user, &anew), Ok(None));
        assert_eq!(factors(LATER, None).anew(user, &sealed), Err(FactorError::Unreadable));
    }

    /// Draws the QR code with its margin, eight pixels for each square, and reads it.
    fn read(picture: &Picture) -> String {
        let squares: Vec<(usize, usize)> = picture
            .path
            .split_terminator("h1v1h-1z")
            .map(|square| square.trim_start_matches('M').split_once(' ').unwrap())
            .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
            .collect();
        let side = (picture.size as usize + 8) * 8;
        let is_dark = |x: usize, y: usize| squares.contains(&((x / 8).wrapping_sub(4), (y / 8).wrapping_sub(4)));
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| if is_dark(x, y) { 0 } else { 255 });
        let grid = image.detect_grids().pop().unwrap();
        grid.decode().unwrap().1
    }

    #[test]
    fn codes_to_keep_are_known_however_they_are_written() {
        let Recovery { codes, hashes } = recovery();
        assert_eq!(codes.len(), RECOVERY_CODES);
        for (code, hash) in codes.iter().zip(&hashes) {
            assert_eq!(recovery_hash(&format!(" {} ", code.to_uppercase().replace('-', " "))), *hash);
        }
        assert!(codes.windows(2).all(|two| two[0] != two[1]));
    }
}
