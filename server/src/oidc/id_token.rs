//! Whether an ID token can be believed (Core §3.1.3.7).

use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    errors::ErrorKind,
    jwk::{Jwk, PublicKeyUse},
};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use super::claims::Claims;

/// How far clocks may be apart, seconds.
const LEEWAY: u64 = 60;

/// Those with which nobody but the provider can sign. Never one with a shared secret: a key that everybody may know would be
/// taken for it.
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

/// What the token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// Where the provider was to ask anew who it is (`max_age=0`): since when, seconds since 1970.
    pub(super) asked_anew: Option<u64>,
    /// Seconds since 1970.
    pub(super) now: u64,
}

/// Why it can't be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdTokenError {
    /// None of these keys has signed it. The provider may have newer ones.
    Key,
    /// It is of another time.
    Clock,
    /// It does not say when the person signed in, though it was asked for with `max_age` (Core §2: then `auth_time` is required).
    NoAuthTime,
    /// The person signed in longer ago than `max_age` allows.
    OldSignIn,
    /// It is wrong, in this.
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
    validation.validate_exp = false; // against the time that is passed in, below
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
                _ => {} // not by this key
            },
        }
    }
    Err(IdTokenError::Key)
}

/// What the signature does not show.
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
