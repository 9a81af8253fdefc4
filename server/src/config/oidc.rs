//! Settings of providers for sign-in (OpenID Connect). One provider can be set like all other settings; several are tables `[[oidc]]` in
//! the file.

use std::collections::BTreeMap;

use reqwest::Url;

use super::{
    ConfigError, Origin, Value, Values, unknown,
    values::{hide_credentials, plain},
};
use holdfast_core::Secret;
use holdfast_core::names;
use holdfast_oidc::{AdminClaim, OidcSettings, is_safe_address};

/// Fields of a table, and the setting that has the same meaning for a single provider without a table.
const FIELDS: [(&str, &str); 8] = [
    ("name", "oidc_name"),
    ("label", "oidc_label"),
    ("issuer", "oidc_issuer"),
    ("client_id", "oidc_client_id"),
    (SECRET, "oidc_client_secret"),
    ("scopes", "oidc_scopes"),
    ("admin_claim", "oidc_admin_claim"),
    ("admin_value", "oidc_admin_value"),
];
const SECRET: &str = "client_secret";

/// Reads all providers.
pub(super) fn read(values: &Values) -> Result<Vec<OidcSettings>, ConfigError> {
    let single: BTreeMap<&str, Value> =
        FIELDS.iter().filter_map(|(field, key)| Some((*field, values.get(key).filter(|value| !value.text.is_empty())?.clone()))).collect();
    let single = (!single.is_empty()).then(|| one(&Given { fields: &single, in_table: false })).transpose()?;
    let tables = values.oidc.iter().map(|fields| one(&Given { fields, in_table: true }));
    let all = single.into_iter().map(Ok).chain(tables).collect::<Result<Vec<_>, _>>()?;
    if let Some(twice) = all.iter().enumerate().find(|(at, one)| all[..*at].iter().any(|other| other.name == one.name)) {
        return Err(ConfigError(format!("two providers of OpenID Connect have the name {:?}; give each its own.", twice.1.name)));
    }
    Ok(all)
}

/// The values of one provider.
struct Given<'a> {
    fields: &'a BTreeMap<&'static str, Value>,
    in_table: bool,
}

impl Given<'_> {
    fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(|value| value.text.as_str()).filter(|text| !text.is_empty())
    }

    /// Returns how a field is named at the place where it was set, or should have been.
    fn called(&self, field: &str) -> String {
        if self.in_table {
            let which =
                self.text("name").or(self.text("issuer")).map(|which| format!(" {:?}", hide_credentials(which))).unwrap_or_default();
            return format!("{field} of [[oidc]]{which}");
        }
        let key = FIELDS.iter().find(|(known, _)| *known == field).map_or(field, |(_, key)| *key);
        format!("{key} (--{})", key.replace('_', "-"))
    }

    fn wrong(&self, field: &str, expected: &str) -> ConfigError {
        let given = match self.fields.get(field) {
            Some(value) if !value.text.is_empty() => format!("is {:?} (from {})", hide_credentials(&value.text), value.origin),
            _ => "is not set".to_owned(),
        };
        ConfigError(format!("{} {given}; expected is {expected}.", self.called(field)))
    }
}

fn one(given: &Given<'_>) -> Result<OidcSettings, ConfigError> {
    let expected = "the provider's address, such as https://login.example.com/realms/main; http only where it is on this machine";
    let issuer = given.text("issuer").filter(|text| is_issuer(text)).ok_or_else(|| given.wrong("issuer", expected))?;
    let client_id = given.text("client_id").ok_or_else(|| given.wrong("client_id", "what the provider calls this server"))?;
    let name = given.text("name").unwrap_or("oidc");
    if name.len() > 32 || !name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-') {
        return Err(given.wrong("name", "1 to 32 of a-z, 0-9 and dashes: it is a part of addresses"));
    }
    let host = Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let label = given.text("label").unwrap_or(&host);
    let Ok(label) = names::display_name("label", label, 40) else {
        return Err(given.wrong("label", "at most 40 characters, none of them invisible"));
    };
    let scopes: Vec<&str> = given.text("scopes").unwrap_or("openid profile").split([' ', ',']).filter(|scope| !scope.is_empty()).collect();
    if !scopes.contains(&"openid") {
        return Err(given.wrong("scopes", "a list with openid in it, such as openid profile"));
    }
    let admin = match (given.text("admin_claim"), given.text("admin_value")) {
        (Some(claim), Some(value)) => Some(AdminClaim { claim: claim.to_owned(), value: value.to_owned() }),
        (None, None) => None,
        (Some(_), None) => return Err(given.wrong("admin_value", "the value of that claim which makes an administrator")),
        (None, Some(_)) => return Err(given.wrong("admin_claim", "the claim that holds that value")),
    };
    Ok(OidcSettings {
        name: name.to_owned(),
        label,
        issuer: issuer.to_owned(),
        client_id: client_id.to_owned(),
        client_secret: given.text(SECRET).and_then(Secret::new),
        scopes: scopes.join(" "),
        admin,
    })
}

fn is_issuer(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        is_safe_address(&url) && url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none()
    })
}

/// Returns the tables of a file.
pub(super) fn tables(value: &toml::Value, file: &str) -> Result<Vec<BTreeMap<&'static str, Value>>, ConfigError> {
    let no_tables = || ConfigError(format!("oidc in {file} must be tables: a line [[oidc]] for each provider, and its settings below."));
    let list = value.as_array().ok_or_else(no_tables)?;
    list.iter().map(|table| read_table(table.as_table().ok_or_else(no_tables)?, file)).collect()
}

fn read_table(table: &toml::Table, file: &str) -> Result<BTreeMap<&'static str, Value>, ConfigError> {
    let mut fields = BTreeMap::new();
    for (name, value) in table {
        let Some((field, _)) = FIELDS.iter().find(|(field, _)| field == name) else {
            let names = FIELDS.map(|(field, _)| field).join(", ");
            let nearest = unknown::nearest_of(name, FIELDS.iter().map(|(field, _)| *field));
            return Err(ConfigError(format!(
                "[[oidc]] in {file} has {name:?}, which does not exist. Did you mean {nearest}? There are: {names}."
            )));
        };
        let text = plain(value).ok_or_else(|| ConfigError(format!("{name} of [[oidc]] in {file} must be a text or a list of texts.")))?;
        fields.insert(*field, Value { text: text.trim().to_owned(), origin: Origin::File(file.to_owned()) });
    }
    Ok(fields)
}

/// Formats a table for display, without its secret.
pub(super) fn describe(table: &BTreeMap<&'static str, Value>) -> String {
    let origin = table.values().next().map(|value| format!("  # {}", value.origin)).unwrap_or_default();
    let mut text = format!("\n[[oidc]]{origin}\n");
    for (field, value) in table {
        let shown = if *field == SECRET { "(hidden)".to_owned() } else { format!("{:?}", hide_credentials(&value.text)) };
        text.push_str(&format!("{field:13} = {shown}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::Settings;

    fn from_file(text: &str) -> Result<Values, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("holdfast.toml");
        std::fs::write(&file, text).unwrap();
        let mut values = Values::defaults();
        values.add_file(&file, true)?;
        Ok(values)
    }

    fn refused(text: &str) -> String {
        from_file(text).and_then(|values| Settings::read(&values)).unwrap_err().0
    }

    const GOOD: &str = "issuer = \"https://login.example.com/realms/main\"\nclient_id = \"holdfast\"\n";

    #[test]
    fn one_by_variables_and_more_by_tables() {
        let mut values = from_file(&format!(
            "[[oidc]]\nname = \"work\"\nlabel = \"Work\"\n{GOOD}client_secret = \"hush-hush\"\nscopes = [\"openid\", \"groups\"]\nadmin_claim = \"groups\"\nadmin_value = \"ops\"\n"
        ))
        .unwrap();
        values.add_environment(|name| match name {
            "HOLDFAST_OIDC_ISSUER" => Some("http://127.0.0.1:8080".into()),
            "HOLDFAST_OIDC_CLIENT_ID" => Some("chat".into()),
            "HOLDFAST_OIDC_CLIENT_SECRET" => Some("also-hush".into()),
            _ => None,
        });
        let settings = Settings::read(&values).unwrap();
        let [one, work] = settings.oidc.as_slice() else { panic!() };
        assert_eq!((one.name.as_str(), one.label.as_str(), one.scopes.as_str()), ("oidc", "127.0.0.1", "openid profile"));
        assert_eq!((work.name.as_str(), work.label.as_str(), work.scopes.as_str()), ("work", "Work", "openid groups"));
        assert_eq!(work.admin, Some(AdminClaim { claim: "groups".into(), value: "ops".into() }));
        let shown = format!("{}{settings:?}{values:?}", values.describe());
        assert!(shown.contains("[[oidc]]  # ") && shown.contains("\"Work\"") && !shown.contains("hush"), "{shown}");
    }

    #[test]
    fn what_is_wrong_is_named_with_what_is_expected() {
        for (text, words) in [
            ("[[oidc]]\nname = \"x\"\n", ["issuer of [[oidc]] \"x\" is not set", "https://"]),
            (
                "[[oidc]]\nissuer = \"http://login.example.com\"\nclient_id = \"x\"\n",
                ["is \"http://login.example.com\" (from", "on this machine"],
            ),
            ("[[oidc]]\nissuer = \"https://u:p4ss@login.example.com\"\nclient_id = \"x\"\n", ["issuer of [[oidc]]", "expected"]),
            (
                "[[oidc]]\nissuer = \"https://login.example.com\"\n",
                ["client_id of [[oidc]] \"https://login.example.com\" is not set", "calls this server"],
            ),
            (&format!("[[oidc]]\nname = \"Big Name\"\n{GOOD}"), ["name of [[oidc]] \"Big Name\"", "a-z"]),
            (&format!("[[oidc]]\n{GOOD}scopes = \"profile\"\n"), ["scopes", "openid"]),
            (&format!("[[oidc]]\n{GOOD}admin_claim = \"groups\"\n"), ["admin_value", "is not set"]),
            (&format!("[[oidc]]\n{GOOD}\n[[oidc]]\n{GOOD}"), ["two providers", "\"oidc\""]),
            (&format!("[[oidc]]\n{GOOD}colour = \"red\"\n"), ["\"colour\"", "There are: name, label"]),
            ("oidc = \"https://login.example.com\"\n", ["must be tables", "[[oidc]]"]),
            ("oidc_client_id = \"x\"\n", ["oidc_issuer (--oidc-issuer)", "is not set"]),
        ] {
            let error = refused(text);
            assert!(words.iter().all(|word| error.contains(word)) && !error.contains("p4ss"), "{text}: {error}");
        }
    }

    #[test]
    fn http_is_for_this_machine_alone() {
        let is_safe = |text: &str| is_safe_address(&Url::parse(text).unwrap());
        for good in ["https://a.example", "http://localhost:1", "http://127.0.0.2", "http://[::1]:8080/x"] {
            assert!(is_safe(good), "{good}");
        }
        for bad in ["http://a.example", "http://10.0.0.1", "http://localhost.a.example", "ftp://localhost", "file:///etc/passwd"] {
            assert!(!is_safe(bad), "{bad}");
        }
    }
}
