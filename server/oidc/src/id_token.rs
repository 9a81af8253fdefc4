//! Validation of an ID token (Core §3.1.3.7).

use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    errors::ErrorKind,
    jwk::{Jwk, PublicKeyUse},
};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use super::claims::Claims;

/// Tolerated difference between the clocks, seconds.
const LEEWAY: u64 = 60;

/// Algorithms with which only the provider can sign. Algorithms with a shared secret are excluded, because a public key could be used as
/// that secret.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// What the token must contain.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// Earliest time of sign-in, seconds since 1970, if the provider had to ask the user again (`max_age=0`); `None` otherwise.
    pub(super) asked_anew: Option<u64>,
    /// The current time, seconds since 1970.
    pub(super) now: u64,
}

/// Why an ID token is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdTokenError {
    /// None of these keys signed it. The provider may have newer ones.
    Key,
    /// It has expired, or is not valid yet.
    Clock,
    /// It has no `auth_time`, which is required after a request with `max_age` (Core §2).
    NoAuthTime,
    /// The user signed in longer ago than `max_age` allows.
    OldSignIn,
    /// Another claim is wrong.
    Wrong(&'static str),
}

pub(super) fn verify(token: &str, keys: &[Jwk], expected: &Expected<'_>) -> Result<Claims, IdTokenError> {
    let header = decode_header(token).map_err(|_| IdTokenError::Wrong("it is no token that is signed"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(IdTokenError::Wrong("its algorithm is none that is taken"));
    }
    let mut validation = Validation::new(header.alg);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_exp = false; // checked below, with the time that is passed in
    let fits = |key: &&Jwk| {
        let same_name = match (&header.kid, &key.common.key_id) {
            (Some(wanted), Some(name)) => wanted == name,
            _ => true,
        };
        same_name && key.common.public_key_use != Some(PublicKeyUse::Encryption)
    };
    for key in keys.iter().filter(fits).filter_map(|key| DecodingKey::from_jwk(key).ok()) {
        match decode::<Map<String, Value>>(token, &key, &validation) {
            Ok(decoded) => return judge(Claims(decoded.claims), expected),
            Err(error) => match error.kind() {
                ErrorKind::InvalidIssuer => return Err(IdTokenError::Wrong("another issued it")),
                ErrorKind::InvalidAudience => return Err(IdTokenError::Wrong("it is for another")),
                ErrorKind::MissingRequiredClaim(_) => return Err(IdTokenError::Wrong("a claim is missing")),
                ErrorKind::Json(_) | ErrorKind::Utf8(_) => return Err(IdTokenError::Wrong("its claims can't be read")),
                _ => {} // not signed by this key
            },
        }
    }
    Err(IdTokenError::Key)
}

/// Checks the claims that the signature alone does not prove.
fn judge(claims: Claims, expected: &Expected<'_>) -> Result<Claims, IdTokenError> {
    let is_for_many = claims.0.get("aud").and_then(Value::as_array).is_some_and(|list| list.len() > 1);
    match claims.text("azp") {
        Some(party) if party != expected.client_id => return Err(IdTokenError::Wrong("it was given to another")),
        None if is_for_many => return Err(IdTokenError::Wrong("it is for many, and does not say to whom it was given")),
        _ => {}
    }
    let nonce = claims.text("nonce").unwrap_or_default();
    if !bool::from(nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
        return Err(IdTokenError::Wrong("it is of another attempt"));
    }
    let ends = claims.seconds("exp").ok_or(IdTokenError::Wrong("its end can't be read"))?;
    let begins = claims.seconds("iat").unwrap_or(0).max(claims.seconds("nbf").unwrap_or(0));
    if ends + LEEWAY <= expected.now || begins > expected.now + LEEWAY {
        return Err(IdTokenError::Clock);
    }
    if let Some(since) = expected.asked_anew {
        let signed_in = claims.seconds("auth_time").ok_or(IdTokenError::NoAuthTime)?;
        if signed_in + LEEWAY < since {
            return Err(IdTokenError::OldSignIn);
        }
    }
    Ok(claims)
}
