//! The sources of settings, in order of precedence.

use std::{collections::BTreeMap, fmt, path::Path};

use super::{ConfigError, KEYS, keys::Key, oidc, unknown};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// The file.
    File(String),
    /// An environment variable.
    Variable(String),
    /// The command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path) => f.write_str(path),
            Origin::Variable(name) => f.write_str(name),
            Origin::Flag => f.write_str("command line"),
        }
    }
}

/// A value with its source.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    /// The text.
    pub text: String,
    /// Where it came from.
    pub origin: Origin,
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value(… from {})", self.origin) // it may be a secret
    }
}

/// The effective value of each setting.
#[derive(Clone, Debug)]
pub struct Values {
    one: BTreeMap<&'static str, Value>,
    /// The tables `[[oidc]]` of the file.
    pub(super) oidc: Vec<BTreeMap<&'static str, Value>>,
}

impl Values {
    /// Returns the defaults.
    pub fn defaults() -> Self {
        let set = KEYS.iter().filter_map(|key| Some((key.name, Value { text: key.default?.to_owned(), origin: Origin::Default })));
        Self { one: set.collect(), oidc: Vec::new() }
    }

    /// Adds the values of a file, if it exists. If `required`, it must exist.
    ///
    /// # Errors
    /// The file can't be read, or contains an unknown setting.
    pub fn add_file(&mut self, path: &Path, required: bool) -> Result<(), ConfigError> {
        let shown = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !required => return Ok(()),
            Err(error) => return Err(ConfigError(format!("{shown} can't be read: {error}."))),
        };
        self.add_text(&text, &shown)
    }

    /// Adds the values of a file's text; `shown` is its name in errors.
    ///
    /// # Errors
    /// The text is not TOML, or contains an unknown setting.
    pub fn add_text(&mut self, text: &str, shown: &str) -> Result<(), ConfigError> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            // Do not quote the line, as the TOML error does, because it may contain a secret.
            let line = error.span().map_or(1, |span| 1 + text.bytes().take(span.start).filter(|byte| *byte == b'\n').count());
            ConfigError(format!("{shown} is not valid TOML, in line {line}: {}.", error.message().replace('\n', ", ")))
        })?;
        for (name, value) in table {
            if name == "oidc" {
                self.oidc = oidc::tables(&value, shown)?;
                continue;
            }
            let Some(key) = KEYS.iter().find(|key| key.name == name) else {
                let (names, nearest) = (KEYS.iter().map(|key| key.name).collect::<Vec<_>>().join(", "), unknown::nearest(&name));
                return Err(ConfigError(format!(
                    "{shown} has the setting {name:?}, which does not exist. Did you mean {nearest}? There are: {names}, [[oidc]]."
                )));
            };
            let text = plain(&value)
                .ok_or_else(|| ConfigError(format!("{name} in {shown} must be a text, a number, true, false or a list of texts.")))?;
            self.set(key.name, &text, Origin::File(shown.to_owned()));
        }
        Ok(())
    }

    /// Adds environment variables: first the names that other programs use, then Holdfast's own.
    pub fn add_environment(&mut self, variable: impl Fn(&str) -> Option<String>) {
        for key in KEYS {
            for name in key.well_known.map(str::to_owned).into_iter().chain([key.variable()]) {
                if let Some(text) = variable(&name).filter(|text| !text.is_empty() || key.secret) {
                    // An empty API key in another program's variable means none; an empty secret of ours is an error to report.
                    if text.is_empty() && key.name != "secret" {
                        continue;
                    }
                    self.set(key.name, &text, Origin::Variable(name));
                }
            }
        }
    }

    /// Sets one value.
    pub fn set(&mut self, key: &'static str, text: &str, origin: Origin) {
        self.one.insert(key, Value { text: text.trim().to_owned(), origin });
    }

    /// Returns a value, or `None` if it is not set.
    pub fn get(&self, key: &'static str) -> Option<&Value> {
        self.one.get(key)
    }

    /// Returns a text, or `None` if it is not set or empty.
    pub fn text(&self, key: &'static str) -> Option<&str> {
        self.get(key).map(|value| value.text.as_str()).filter(|text| !text.is_empty())
    }

    /// Parses a required value.
    pub(super) fn parse<T>(&self, key: &'static str, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, ConfigError> {
        let text = self.get(key).map_or("", |value| &value.text);
        parse(text).ok_or_else(|| self.wrong(key, expected))
    }

    /// Parses an optional value.
    pub(super) fn optional<T>(
        &self,
        key: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        self.text(key).map(|text| parse(text).ok_or_else(|| self.wrong(key, expected))).transpose()
    }

    /// Parses a list separated by commas.
    pub(super) fn list<T>(&self, key: &'static str, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, ConfigError> {
        let items = self.text(key).unwrap_or_default().split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(|item| parse(item).ok_or_else(|| self.wrong(key, &format!("{expected}, with commas between")))).collect()
    }

    /// Parses yes or no.
    pub(super) fn flag(&self, key: &'static str) -> Result<bool, ConfigError> {
        self.parse(key, "true or false", |text| match text {
            "true" | "on" | "yes" | "1" => Some(true),
            "false" | "off" | "no" | "0" => Some(false),
            _ => None,
        })
    }

    /// Returns the error for a setting that needs another one which is missing.
    pub(super) fn alone(&self, name: &'static str, missing: &'static str) -> ConfigError {
        self.wrong(name, &format!("that {missing} is set too: the two go together"))
    }

    fn wrong(&self, name: &'static str, expected: &str) -> ConfigError {
        let value = self.get(name);
        let given = value.map_or(String::new(), |value| without_credentials(&value.text));
        let origin = value.map_or_else(|| "not set".to_owned(), |value| format!("from {}", value.origin));
        let flag = KEYS.iter().find(|key| key.name == name).map(Key::flag).unwrap_or_default();
        ConfigError(format!("{name} ({flag}) is {given:?} ({origin}); expected is {expected}."))
    }

    /// Returns all settings with their effective values, for display; secrets are hidden.
    pub fn describe(&self) -> String {
        let width = KEYS.iter().map(|key| key.name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for key in KEYS {
            let (shown, origin) = match self.get(key.name) {
                None => ("not set".to_owned(), key.elsewhere.map_or(String::new(), |who| format!("  # {who}"))),
                Some(value) if key.secret => ("(hidden)".to_owned(), format!("  # {}", value.origin)),
                Some(value) => (format!("{:?}", hide_credentials(&value.text)), format!("  # {}", value.origin)),
            };
            text.push_str(&format!("{:width$} = {shown}{origin}\n", key.name));
        }
        for table in &self.oidc {
            text.push_str(&oidc::describe(table));
        }
        text
    }
}

/// Hides what may be a password in a text that is not a valid address.
fn without_credentials(text: &str) -> String {
    match text.rfind('@') {
        Some(at) if !text.contains("://") => format!("…{}", &text[at..]),
        _ => hide_credentials(text),
    }
}

/// Hides the password in an address.
pub(super) fn hide_credentials(text: &str) -> String {
    match (text.find("://"), text.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}://…{}", &text[..scheme], &text[at..]),
        _ => text.to_owned(),
    }
}

pub(super) fn plain(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Array(items) => items.iter().map(plain).collect::<Option<Vec<_>>>().map(|items| items.join(", ")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_later_source_wins_and_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("holdfast.toml");
        std::fs::write(&file, "listen = \"127.0.0.1:1\"\nallowed_origins = [\"https://a\", \"https://b\"]\nsecret = \"x\"\n").unwrap();
        let mut values = Values::defaults();
        values.add_file(&file, true).unwrap();
        assert_eq!(values.text("allowed_origins"), Some("https://a, https://b"));
        values.add_environment(|name| match name {
            "HOLDFAST_LISTEN" => Some("127.0.0.1:2".into()),
            "OPENAI_API_KEY" => Some("sk-hidden".into()),
            _ => None,
        });
        assert_eq!(values.text("listen"), Some("127.0.0.1:2"));
        values.set("listen", "127.0.0.1:3", Origin::Flag);
        let text = values.describe();
        assert!(text.contains("\"127.0.0.1:3\"  # command line"), "{text}");
        assert!(
            text.lines().any(|line| line.starts_with("limit_messages ") && line.ends_with("= not set  # Settings → Limits says")),
            "{text}"
        );
        assert!(text.contains("(hidden)  # OPENAI_API_KEY") && !text.contains("sk-hidden"), "{text}");
    }

    #[test]
    fn an_unknown_setting_in_the_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("holdfast.toml");
        std::fs::write(&file, "lisen = \"x\"").unwrap();
        let error = Values::defaults().add_file(&file, true).unwrap_err().0;
        assert!(error.contains("\"lisen\"") && error.contains("Did you mean listen?"), "{error}");
    }
}
