//! The secret that signs tokens.

use std::{fmt, fs, io::ErrorKind, path::Path};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{ConfigError, Origin, Value};
use holdfast_core::{clock, disk};

/// Minimum length, bytes: HS256 requires a key at least as long as its hash (RFC 7518 §3.2).
const SHORTEST: usize = 32;

/// Bytes to sign with. `Debug` hides them.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Vec<u8>);

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

impl SigningSecret {
    /// Returns the bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads the secret from the configuration.
    pub(super) fn from_setting(value: &Value) -> Result<Self, ConfigError> {
        Self::checked("secret", &value.text, &value.origin)
    }

    /// Reads earlier secrets from the configuration.
    pub(super) fn before(value: &Value) -> Result<Vec<Self>, ConfigError> {
        let texts = value.text.split(',').map(str::trim).filter(|text| !text.is_empty());
        texts.map(|text| Self::checked("secret_before", text, &value.origin)).collect()
    }

    fn checked(name: &str, text: &str, origin: &Origin) -> Result<Self, ConfigError> {
        let fix = "Give 32 random bytes (`openssl rand -base64 32`), or leave it out: then one is made and kept with the data";
        let (flag, variable) = (name.replace('_', "-"), name.to_uppercase());
        let wrong = |what: &str| ConfigError(format!("{name} (--{flag}, HOLDFAST_{variable}; from {origin}) {what}. {fix}."));
        let text = text.trim();
        if text.is_empty() {
            return Err(wrong("is empty"));
        }
        if text.len() < SHORTEST {
            return Err(wrong(&format!("has {} bytes; at least {SHORTEST} are needed", text.len())));
        }
        if is_well_known(text) {
            return Err(wrong("is one that everybody can guess"));
        }
        Ok(Self(text.as_bytes().to_vec()))
    }

    /// Returns whether the data folder contains a secret. Creates none.
    ///
    /// # Errors
    /// The secret is invalid.
    pub fn look(data: &Path) -> Result<bool, ConfigError> {
        match fs::metadata(data.join("secret")) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            // The start replaces it.
            Ok(file) if file.len() == 0 && Self::is_new(data) => Ok(false),
            _ => Self::keep(data).map(|_| true),
        }
    }

    /// Returns the secret in the data folder, and creates it if there is none.
    ///
    /// # Errors
    /// The file can't be read or created, or other users can read it.
    pub fn keep(data: &Path) -> Result<Self, ConfigError> {
        let path = data.join("secret");
        let shown = path.display();
        match fs::read_to_string(&path) {
            Ok(text) => {
                let text = text.trim();
                if text.is_empty() {
                    return Self::replace_empty(data, &path);
                }
                refuse_readable_by_others(&path)?;
                if text.len() < SHORTEST {
                    return Err(ConfigError(format!(
                        "{shown} is damaged: it has {} bytes. Remove it, and a new one is made; everyone has to sign in again.",
                        text.len()
                    )));
                }
                Ok(Self(text.as_bytes().to_vec()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::make(&path),
            Err(error) => Err(ConfigError(format!("{shown} can't be read: {error}."))),
        }
    }

    fn make(path: &Path) -> Result<Self, ConfigError> {
        let text = URL_SAFE_NO_PAD.encode(clock::secret_bytes::<32>());
        disk::write_whole(path, text.as_bytes()).map_err(|error| {
            let what = match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "its disk is full. Make room on it, and start again",
                _ => "choose another folder with --data, or fix its permissions",
            };
            ConfigError(format!("{} can't be written ({error}): {what}.", path.display()))
        })?;
        Ok(Self(text.into_bytes()))
    }

    /// Returns whether nothing was stored in the folder yet.
    fn is_new(data: &Path) -> bool {
        fs::metadata(data.join("holdfast.db")).map_or_else(|error| error.kind() == ErrorKind::NotFound, |store| store.len() == 0)
    }

    /// Replaces an empty file, which a start left behind when the disk was full. If nothing was stored since, nothing was signed with it
    /// either.
    fn replace_empty(data: &Path, path: &Path) -> Result<Self, ConfigError> {
        if Self::is_new(data) {
            return Self::make(path);
        }
        Err(ConfigError(format!(
            "{} is empty, and the store beside it is not new: the disk may have been full when it was written. Put the file back from a backup. Without one, remove it, and a new one is made: everyone has to sign in again, and keys of providers have to be entered again.",
            path.display()
        )))
    }
}

fn is_well_known(text: &str) -> bool {
    let lower = text.to_lowercase();
    let first = lower.chars().next();
    let one_letter = lower.chars().all(|c| Some(c) == first);
    let phrases = [
        "changeme",
        "change-me",
        "change_me",
        "your-secret",
        "your_secret",
        "yoursecret",
        "supersecret",
        "super-secret",
        "super_secret",
        "secret-key",
        "secret_key",
        "jwt_secret",
        "jwt-secret",
        "example",
        "password",
    ];
    one_letter
        || phrases.iter().any(|phrase| lower.contains(phrase))
        || ["0123456789", "1234567890", "abcdefghij"].iter().any(|run| lower.starts_with(run))
}

#[cfg(unix)]
fn refuse_readable_by_others(path: &Path) -> Result<(), ConfigError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).map_err(|error| ConfigError(format!("{} can't be read: {error}.", path.display())))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(ConfigError(format!(
            "{} can be read by others (mode {:o}). Run: chmod 600 {}",
            path.display(),
            mode & 0o777,
            path.display()
        )));
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_readable_by_others(_: &Path) -> Result<(), ConfigError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Result<SigningSecret, ConfigError> {
        SigningSecret::from_setting(&Value { text: text.into(), origin: Origin::Variable("HOLDFAST_SECRET".into()) })
    }

    #[test]
    fn empty_short_and_well_known_ones_are_refused() {
        for text in ["", "short", "your-secret-key-change-in-production", "0123456789abcdef0123456789abcdef", &"a".repeat(64)] {
            assert!(read(text).unwrap_err().0.contains("HOLDFAST_SECRET"), "{text}");
        }
        assert!(read("kV0yV3X2mF5q8b1dTzR7uPwLxGh4cJnE").is_ok());
    }

    #[test]
    fn several_that_were_before_are_each_looked_at() {
        let before =
            |text: &str| SigningSecret::before(&Value { text: text.into(), origin: Origin::Variable("HOLDFAST_SECRET_BEFORE".into()) });
        let (one, two) = ("kV0yV3X2mF5q8b1dTzR7uPwLxGh4cJnE", "pQ8sN1vB6xK3mZ0tW5yR2cH7jL4dF9gA");
        assert_eq!(before(&format!("{one}, {two},")).unwrap().len(), 2);
        assert_eq!(before("").unwrap().len(), 0);
        let error = before(&format!("{one},short")).unwrap_err().0;
        assert!(error.contains("HOLDFAST_SECRET_BEFORE") && !error.contains(one), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn one_is_made_once_and_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let made = SigningSecret::keep(folder.path()).unwrap();
        assert!(made == SigningSecret::keep(folder.path()).unwrap());
        let path = folder.path().join("secret");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(SigningSecret::keep(folder.path()).unwrap_err().0.contains("chmod 600"));
    }
}
