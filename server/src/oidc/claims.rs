//! What an ID token says of a person.

use serde_json::{Map, Value};

use crate::auth::rules::good_name;

/// Room for a number behind a name that is taken.
const LONGEST_NAME: usize = 56;

/// Claims of a token that was verified.
#[derive(Debug)]
pub(super) struct Claims(pub(super) Map<String, Value>);

impl Claims {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A time, seconds since 1970. Some providers write it with a fraction.
    pub(super) fn seconds(&self, name: &str) -> Option<u64> {
        let value = self.0.get(name)?;
        value.as_u64().or_else(|| value.as_f64().filter(|s| *s >= 0.0 && *s < 1e12).map(|s| s as u64))
    }

    /// Who that is there (Core §2: at most 255 ASCII characters).
    pub(super) fn subject(&self) -> Option<String> {
        self.text("sub").filter(|sub| !sub.is_empty() && sub.len() <= 255).map(str::to_owned)
    }

    /// What they are called: a name that will do here, in any case.
    pub(super) fn name(&self) -> String {
        let told = ["preferred_username", "name", "nickname", "given_name"].iter().filter_map(|claim| self.text(claim));
        let cut = |name: &str| name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect::<String>();
        told.filter_map(|name| good_name(&cut(name)).ok()).next().unwrap_or_else(|| "User".to_owned())
    }

    /// Whether a claim has a value, alone or in a list. A claim is looked for by its whole name first (some are addresses,
    /// with dots), then along the dots.
    pub(super) fn has(&self, claim: &str, value: &str) -> bool {
        let found = self.0.get(claim).or_else(|| {
            let mut steps = claim.split('.');
            let first = self.0.get(steps.next()?)?;
            steps.try_fold(first, |at, step| at.get(step))
        });
        match found {
            Some(Value::Array(list)) => list.iter().any(|one| is(one, value)),
            Some(one) => is(one, value),
            None => false,
        }
    }
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

    #[test]
    fn a_claim_is_found_whole_or_along_its_dots() {
        let it = claims(
            json!({"groups": ["staff", "ops"], "admin": true, "realm_access": {"roles": ["boss"]}, "https://a.example/role": "boss"}),
        );
        for (claim, value) in [("groups", "ops"), ("admin", "true"), ("realm_access.roles", "boss"), ("https://a.example/role", "boss")] {
            assert!(it.has(claim, value), "{claim}");
        }
        for (claim, value) in
            [("groups", "op"), ("admin", "false"), ("realm_access", "boss"), ("missing", ""), ("groups.0", "staff"), ("", "")]
        {
            assert!(!it.has(claim, value), "{claim}");
        }
    }

    #[test]
    fn everyone_gets_a_name_that_will_do() {
        assert_eq!(claims(json!({"preferred_username": "ada", "name": "Ada Lovelace"})).name(), "ada");
        assert_eq!(claims(json!({"preferred_username": " \n", "name": "Ada\u{7} Lovelace"})).name(), "Ada Lovelace");
        assert_eq!(claims(json!({"name": "x".repeat(500)})).name().len(), LONGEST_NAME);
        assert_eq!(claims(json!({"name": 5})).name(), "User");
    }
}
