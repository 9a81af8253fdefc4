//! The claims of an ID token, completed by userinfo.

use holdfast_protocol::api::Role;
use serde_json::{Map, Value};

use crate::settings::{AdminClaim, OidcSettings};
use holdfast_core::names;

/// Leaves room for a number after a name that is taken.
const LONGEST_NAME: usize = 56;

/// Maximum number of claim names in the log, and of characters of each.
const NAMES: usize = 40;
const NAME_CHARS: usize = 60;

/// Claims that may contain the user's name, in order of preference.
const NAME_CLAIMS: [&str; 4] = ["preferred_username", "name", "nickname", "given_name"];

/// The claims of a verified token.
#[derive(Debug)]
pub(super) struct Claims(pub(super) Map<String, Value>);

impl Claims {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// Returns a time, seconds since 1970. Some providers write it with a fraction.
    pub(super) fn seconds(&self, name: &str) -> Option<u64> {
        let value = self.0.get(name)?;
        value.as_u64().or_else(|| value.as_f64().filter(|s| *s >= 0.0 && *s < 1e12).map(|s| s as u64))
    }

    /// Returns the subject (Core §2: at most 255 ASCII characters).
    pub(super) fn subject(&self) -> Option<String> {
        self.text("sub").filter(|sub| !sub.is_empty() && sub.len() <= 255).map(str::to_owned)
    }

    /// Returns a name that is valid on this server, whatever the claims contain.
    pub(super) fn name(&self) -> String {
        let told = NAME_CLAIMS.iter().filter_map(|claim| self.text(claim));
        told.filter_map(|name| names::sign_in_name(&names::cleaned_for_sign_in(name).chars().take(LONGEST_NAME).collect::<String>()).ok())
            .next()
            .unwrap_or_else(|| "User".to_owned())
    }

    /// Returns whether a used claim is missing: every name, or the claim that makes administrators.
    pub(super) fn lack(&self, settings: &OidcSettings) -> bool {
        let has_name = NAME_CLAIMS.iter().any(|claim| self.text(claim).is_some());
        !has_name || settings.admin.as_ref().is_some_and(|admin| self.find(&admin.claim).is_none())
    }

    /// Adds claims that are missing. Claims of the ID token stay, because they are signed.
    pub(super) fn add(&mut self, more: Map<String, Value>) {
        for (name, value) in more {
            let place = self.0.entry(name).or_insert(Value::Null);
            match (&mut *place, value) {
                (Value::Null, value) => *place = value,
                // `realm_access` may be in both, with `roles` in only one of them.
                (Value::Object(place), Value::Object(more)) => {
                    for (name, value) in more {
                        place.entry(name).or_insert(value);
                    }
                }
                _ => {}
            }
        }
    }

    /// Returns the role that a claim gives; `None` if the claim is missing, which leaves the role as it is.
    pub(super) fn role(&self, admin: &AdminClaim) -> Option<Role> {
        let is_admin = match self.find(&admin.claim)? {
            Value::Array(list) => list.iter().any(|one| is(one, &admin.value)),
            one => is(one, &admin.value),
        };
        Some(if is_admin { Role::Admin } else { Role::Member })
    }

    /// Returns a claim: first by its whole name, because some names are addresses with dots; then as a path along the dots. A null claim
    /// counts as missing.
    fn find(&self, claim: &str) -> Option<&Value> {
        let found = self.0.get(claim).or_else(|| {
            let mut steps = claim.split('.');
            let first = self.0.get(steps.next()?)?;
            steps.try_fold(first, |at, step| at.get(step))
        });
        found.filter(|value| !value.is_null())
    }

    /// Returns the names of all claims for the log, never their values.
    pub(super) fn names(&self) -> String {
        let mut names = Vec::new();
        for (name, value) in &self.0 {
            names.push(plain(name));
            if let Value::Object(inner) = value {
                names.extend(inner.keys().map(|inner| format!("{}.{}", plain(name), plain(inner))));
            }
        }
        let more = if names.len() > NAMES { ", …" } else { "" };
        names.truncate(NAMES);
        format!("{}{more}", names.join(", "))
    }
}

/// Shortens a name from outside for the log.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect()
}

fn is(one: &Value, value: &str) -> bool {
    match one {
        Value::String(text) => text == value,
        Value::Bool(_) | Value::Number(_) => value.parse::<Value>().is_ok_and(|value| value == *one),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Claims {
        Claims(value.as_object().unwrap().clone())
    }

    fn role(it: &Claims, claim: &str, value: &str) -> Option<Role> {
        it.role(&AdminClaim { claim: claim.into(), value: value.into() })
    }

    #[test]
    fn a_claim_is_found_whole_or_along_its_dots() {
        let it = claims(
            json!({"groups": ["staff", "ops"], "admin": true, "realm_access": {"roles": ["boss"]}, "https://a.example/role": "boss"}),
        );
        for (claim, value) in [("groups", "ops"), ("admin", "true"), ("realm_access.roles", "boss"), ("https://a.example/role", "boss")] {
            assert_eq!(role(&it, claim, value), Some(Role::Admin), "{claim}");
        }
        for (claim, value) in [("groups", "op"), ("admin", "false"), ("realm_access", "boss")] {
            assert_eq!(role(&it, claim, value), Some(Role::Member), "{claim}");
        }
        for claim in ["missing", "groups.0", "realm_access.groups", ""] {
            assert_eq!(role(&it, claim, "staff"), None, "{claim} is not there, which says nothing");
        }
    }

    #[test]
    fn what_userinfo_says_fills_gaps_and_changes_nothing() {
        let mut it = claims(json!({"sub": "ada", "groups": ["staff"], "name": null, "realm_access": {"account": 1}}));
        let more = json!({"sub": "eve", "groups": ["boss"], "name": "Ada", "realm_access": {"roles": ["boss"], "account": 2}});
        it.add(more.as_object().unwrap().clone());
        assert_eq!((it.subject().unwrap(), it.name()), ("ada".to_owned(), "Ada".to_owned()));
        assert_eq!(role(&it, "groups", "boss"), Some(Role::Member));
        assert_eq!(role(&it, "realm_access.roles", "boss"), Some(Role::Admin));
        assert_eq!(it.0["realm_access"]["account"], 1);
        assert_eq!(it.names(), "groups, name, realm_access, realm_access.account, realm_access.roles, sub");
    }

    #[test]
    fn everyone_gets_a_name_that_will_do() {
        assert_eq!(claims(json!({"preferred_username": "ada", "name": "Ada Lovelace"})).name(), "ada");
        assert_eq!(claims(json!({"preferred_username": " \n", "name": "Ada\u{7} Lovelace"})).name(), "Ada Lovelace");
        assert_eq!(claims(json!({"name": "x".repeat(500)})).name().len(), LONGEST_NAME);
        assert_eq!(claims(json!({"name": 5})).name(), "User");
    }
}
