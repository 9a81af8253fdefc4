//! Access tokens: JWT (RFC 7519), HS256, short-lived.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use holdfast_protocol::{
    ApiError, Reason, SessionId, UserId,
    api::{Role, User},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use serde::{Deserialize, Serialize};

use crate::clock::Millis;

const ISSUER: &str = "holdfast";

/// The claims of an access token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: UserId,
    /// The session.
    pub sid: SessionId,
    /// The user's name.
    pub name: String,
    /// The user's role.
    pub role: Role,
    /// Time of creation, seconds since 1970.
    pub iat: u64,
    /// Expiry, seconds since 1970.
    pub exp: u64,
    /// The issuer.
    pub iss: String,
    /// The audience.
    pub aud: String,
}

impl Claims {
    /// Returns the expiry, ms since 1970.
    pub fn expires_at(&self) -> Millis {
        self.exp.saturating_mul(1000)
    }
}

/// Creates and checks tokens of the current secret, and for a while accepts tokens of previous secrets.
#[derive(Clone)]
pub struct Tokens {
    signing: EncodingKey,
    checking: DecodingKey,
    before: Vec<DecodingKey>,
    /// Time after which tokens of previous secrets are refused, ms since 1970.
    before_until: Millis,
    life: Millis,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("life", &self.life).finish_non_exhaustive()
    }
}

impl Tokens {
    /// Creates it. Tokens are signed with `secret` and last `life` ms.
    pub fn new(secret: &[u8], life: Millis) -> Self {
        Self {
            signing: EncodingKey::from_secret(secret),
            checking: DecodingKey::from_secret(secret),
            before: Vec::new(),
            before_until: 0,
            life,
        }
    }

    /// Accepts tokens of other secrets too, which were in use until `now`. After the lifetime of a token, all genuine ones have expired, so
    /// tokens of these secrets are refused.
    #[must_use]
    pub fn after<'a>(self, secrets: impl IntoIterator<Item = &'a [u8]>, now: Millis) -> Self {
        let before = secrets.into_iter().map(DecodingKey::from_secret).collect();
        Self { before, before_until: now + self.life, ..self }
    }

    /// Returns the lifetime of a token, ms.
    pub fn life(&self) -> Millis {
        self.life
    }

    /// Creates a token for a user and a session.
    ///
    /// # Errors
    /// The signature could not be created, which no input causes.
    pub fn issue(&self, user: &User, session: SessionId, now: Millis) -> Result<(String, Claims), jsonwebtoken::errors::Error> {
        let claims = Claims {
            sub: user.id,
            sid: session,
            name: user.username.clone(),
            role: user.role,
            iat: now / 1000,
            exp: (now + self.life).div_ceil(1000),
            iss: ISSUER.into(),
            aud: ISSUER.into(),
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing)?;
        Ok((token, claims))
    }

    /// Returns the claims of a token, if this server signed it and it has not expired. It is accepted until `grace` ms after its expiry.
    ///
    /// # Errors
    /// The code is `token_malformed` if it is not a token, `token_invalid` if this server did not sign it, `token_expired` if it has expired.
    pub fn check(&self, token: &str, now: Millis, grace: Millis) -> Result<Claims, ApiError> {
        if let "" | "null" | "undefined" = token.trim() {
            return Err(match token.trim() {
                "" => Reason::TokenEmpty.into(),
                text => Reason::TokenPlaceholder.with("text", text),
            });
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_exp = false; // checked below, with the time that is passed in
        let decode = |key: &DecodingKey| jsonwebtoken::decode::<Claims>(token, key, &validation);
        let mut decoded = decode(&self.checking);
        if now < self.before_until + grace {
            for key in &self.before {
                if !matches!(&decoded, Err(error) if *error.kind() == ErrorKind::InvalidSignature) {
                    break;
                }
                decoded = decode(key);
            }
        }
        let claims = decoded.map_err(|error| refused(token, error.kind()))?.claims;
        if now >= claims.expires_at().saturating_add(grace) {
            return Err(Reason::TokenExpired.into());
        }
        Ok(claims)
    }
}

fn refused(token: &str, kind: &ErrorKind) -> ApiError {
    let reason = match kind {
        ErrorKind::InvalidSignature => Reason::TokenSignatureWrong,
        ErrorKind::InvalidIssuer | ErrorKind::InvalidAudience => Reason::TokenOfOther,
        ErrorKind::InvalidAlgorithm => Reason::TokenAlgorithmWrong,
        _ => match algorithm(token).as_deref() {
            Some("HS256") | None => Reason::TokenNoToken,
            Some(_) => Reason::TokenAlgorithmWrong,
        },
    };
    reason.into()
}

/// Returns the algorithm in the token's header, if it can be read. `none` is well-formed, so it is not a malformed token.
fn algorithm(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Head {
        alg: String,
    }
    let head = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    serde_json::from_slice::<Head>(&head).ok().map(|head| head.alg)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use uuid::Uuid;

    use holdfast_protocol::Code;

    use super::*;

    const NOW: Millis = 1_700_000_000_000;

    fn tokens() -> Tokens {
        Tokens::new(b"0123456789abcdef0123456789abcdef", 1_800_000)
    }

    fn issued(tokens: &Tokens) -> String {
        let user = User { id: UserId(Uuid::from_u128(1)), username: "Ada".into(), role: Role::Member };
        tokens.issue(&user, SessionId(Uuid::from_u128(2)), NOW).unwrap().0
    }

    fn code(token: &str, now: Millis) -> Code {
        tokens().check(token, now, 0).unwrap_err().code
    }

    #[test]
    fn a_token_is_good_for_its_life_and_a_grace() {
        let token = issued(&tokens());
        assert_eq!(tokens().check(&token, NOW + 1_799_000, 0).unwrap().name, "Ada");
        assert_eq!(code(&token, NOW + 1_800_000), Code::TokenExpired);
        assert!(tokens().check(&token, NOW + 1_829_000, 30_000).is_ok());
    }

    #[test]
    fn tokens_of_secrets_before_are_good_until_they_end() {
        let (old, older) =
            (b"another secret, just as long as it must be".as_slice(), b"a third secret, as long as it must be too".as_slice());
        let rotated = tokens().after([old, older], NOW);
        let code = |token: &str, now| rotated.check(token, now, 0).map(|claims| claims.name).map_err(|api_error| api_error.code);
        for secret in [old, older] {
            let token = issued(&Tokens::new(secret, 1_800_000));
            assert_eq!(code(&token, NOW + 1_799_000), Ok("Ada".into()));
            assert_eq!(code(&token, NOW + 1_800_000), Err(Code::TokenInvalid), "no such token can be good any more");
        }
        // An old secret can't be used to create tokens for ever.
        let user = User { id: UserId(Uuid::from_u128(1)), username: "Eve".into(), role: Role::Admin };
        let made = Tokens::new(old, 1_800_000).issue(&user, SessionId(Uuid::from_u128(2)), NOW + 3_600_000).unwrap().0;
        assert_eq!(code(&made, NOW + 3_600_000), Err(Code::TokenInvalid));
        let stranger = issued(&Tokens::new(b"a fourth secret, as long as it has to be", 1_800_000));
        assert_eq!(code(&stranger, NOW), Err(Code::TokenInvalid));
        assert_eq!(
            tokens().check(&issued(&rotated), NOW, 0).map(|claims| claims.name).ok().as_deref(),
            Some("Ada"),
            "new ones are of the new"
        );
    }

    #[test]
    fn each_kind_of_bad_token_has_its_code() {
        let good = issued(&tokens());
        for text in ["", "null", "undefined", " null ", "garbage", "a.b.c", "..", &good[..20]] {
            assert_eq!(code(text, NOW), Code::TokenMalformed, "{text:?}");
        }
        assert!(tokens().check("null", NOW, 0).unwrap_err().error.contains("“null”"));
        let foreign = issued(&Tokens::new(b"another secret, just as long as it must be", 1_800_000));
        assert_eq!(code(&foreign, NOW), Code::TokenInvalid);
        let none = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#), good.split('.').nth(1).unwrap());
        assert_eq!(code(&none, NOW), Code::TokenInvalid);
        let rs = format!("{}.{}.x", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#), good.split('.').nth(1).unwrap());
        assert_eq!(code(&rs, NOW), Code::TokenInvalid);
        let mut changed = good.clone();
        let at = good.find('.').unwrap() + 5;
        changed.replace_range(at..=at, if &good[at..=at] == "A" { "B" } else { "A" });
        assert_eq!(code(&changed, NOW), Code::TokenInvalid);
    }
}
