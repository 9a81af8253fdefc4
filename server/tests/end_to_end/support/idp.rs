//! A provider of OpenID Connect, small and real: HTTP on the loopback, RS256, PKCE. It can be told to lie.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256},
};
use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub const CLIENT: &str = "holdfast";
/// With signs that a header and a form have to write otherwise.
pub const SECRET: &str = "a secret: 100% & more+";

/// How a token is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    None,
    /// A truth, by an elliptic curve.
    Es256,
    Nonce,
    Visibility,
    /// For two, and given to the other.
    Party,
    Issuer,
    Expired,
    Future,
    /// By another key of the same name.
    Signature,
    Unsigned,
    /// With the public key for a shared secret.
    SharedSecret,
    NoSubject,
    /// Of a person who did not have to show again who they are.
    OldLogin,
    /// One that does not say when they did.
    NoAuthTime,
}

struct Pending {
    challenge: String,
    nonce: String,
    redirect: String,
}

struct Inner {
    issuer: String,
    /// Its name, and whether it is published.
    key: (String, Arc<KeyPair>),
    curve: EcdsaKeyPair,
    claims: Value,
    lie: Lie,
    /// What it answers instead of a code.
    error: Option<&'static str>,
    secret: &'static str,
    codes: HashMap<String, Pending>,
    asked: Vec<HashMap<String, String>>,
    says_issuer: Option<String>,
    token_endpoint: Option<String>,
    /// What userinfo says; none: there is no userinfo.
    userinfo: Option<Value>,
    made: u32,
}

/// See the module. It ends when dropped.
pub struct Idp {
    pub issuer: String,
    inner: Arc<Mutex<Inner>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Idp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Idp {
    /// With a person who is called Ada there.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}/realms/main", listener.local_addr().unwrap());
        let inner = Arc::new(Mutex::new(Inner {
            issuer: issuer.clone(),
            key: ("one".into(), fresh_key()),
            curve: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            claims: json!({"sub": "ada-1", "preferred_username": "Ada"}),
            lie: Lie::None,
            error: None,
            secret: SECRET,
            codes: HashMap::new(),
            asked: Vec::new(),
            says_issuer: None,
            token_endpoint: None,
            userinfo: None,
            made: 0,
        }));
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(document))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .route("/keys", get(keys));
        let app = Router::new().nest("/realms/main", routes).with_state(inner.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { issuer, inner, task }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Who signs in there from now on: the claims besides those of every token.
    pub fn person(&self, claims: Value) {
        self.lock().claims = claims;
    }

    pub fn lie(&self, lie: Lie) {
        self.lock().lie = lie;
    }

    /// What it answers instead of a code.
    pub fn refuse(&self, error: &'static str) {
        self.lock().error = Some(error);
    }

    /// From now on it wants another secret.
    pub fn change_secret(&self) {
        self.lock().secret = "another";
    }

    /// From now on it signs with another key, and publishes that alone.
    pub fn rotate(&self, name: &str) {
        self.lock().key = (name.to_owned(), fresh_key());
    }

    pub fn say_issuer(&self, issuer: &str) {
        self.lock().says_issuer = Some(issuer.to_owned());
    }

    pub fn name_token_endpoint(&self, address: &str) {
        self.lock().token_endpoint = Some(address.to_owned());
    }

    /// From now on it has userinfo, which says this to who brings the token.
    pub fn tell(&self, userinfo: Value) {
        self.lock().userinfo = Some(userinfo);
    }

    /// What it was asked for last.
    pub fn asked(&self) -> HashMap<String, String> {
        self.lock().asked.last().unwrap().clone()
    }
}

type Shared = State<Arc<Mutex<Inner>>>;

async fn document(State(inner): Shared) -> Json<Value> {
    let inner = inner.lock().unwrap();
    let at = |path: &str| format!("{}/{path}", inner.issuer);
    let mut document = json!({
        "issuer": inner.says_issuer.as_ref().unwrap_or(&inner.issuer),
        "authorization_endpoint": at("authorize"),
        "token_endpoint": inner.token_endpoint.clone().unwrap_or_else(|| at("token")),
        "jwks_uri": at("keys"),
        "response_types_supported": ["code"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    if inner.userinfo.is_some() {
        document["userinfo_endpoint"] = json!(at("userinfo"));
    }
    Json(document)
}

async fn userinfo(State(inner): Shared, headers: HeaderMap) -> Response {
    let inner = inner.lock().unwrap();
    if headers.get("authorization").is_none_or(|given| given != "Bearer a-token-for-userinfo") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(inner.userinfo.clone()).into_response()
}

async fn authorize(State(inner): Shared, Query(asked): Query<HashMap<String, String>>) -> Response {
    let mut inner = inner.lock().unwrap();
    inner.asked.push(asked.clone());
    let is = |name: &str, value: &str| asked.get(name).is_some_and(|it| it == value);
    let has_openid = asked.get("scope").is_some_and(|scope| scope.split(' ').any(|it| it == "openid"));
    if !(is("response_type", "code") && is("client_id", CLIENT) && is("code_challenge_method", "S256") && has_openid) {
        return (StatusCode::BAD_REQUEST, "not as it should be").into_response();
    }
    let mut back = reqwest::Url::parse(&asked["redirect_uri"]).unwrap();
    back.query_pairs_mut().append_pair("state", &asked["state"]).append_pair("iss", &inner.issuer);
    if let Some(error) = inner.error {
        back.query_pairs_mut().append_pair("error", error);
    } else {
        inner.made += 1;
        let code = format!("a-code-of-the-provider-{}", inner.made);
        back.query_pairs_mut().append_pair("code", &code);
        let pending =
            Pending { challenge: asked["code_challenge"].clone(), nonce: asked["nonce"].clone(), redirect: asked["redirect_uri"].clone() };
        inner.codes.insert(code, pending);
    }
    Redirect::to(back.as_str()).into_response()
}

async fn token(State(inner): Shared, headers: HeaderMap, Form(form): Form<HashMap<String, String>>) -> Response {
    let mut inner = inner.lock().unwrap();
    let no = |status: StatusCode, error: &str| (status, Json(json!({"error": error}))).into_response();
    let encode = |text: &str| {
        text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect::<String>()
    };
    let wanted = format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(CLIENT), encode(inner.secret))));
    if headers.get("authorization").is_none_or(|given| given != wanted.as_str()) {
        return no(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let Some(pending) = form.get("code").and_then(|code| inner.codes.remove(code)) else {
        return no(StatusCode::BAD_REQUEST, "invalid_grant");
    };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form.get("code_verifier").map_or("", String::as_str)));
    if challenge != pending.challenge || form.get("redirect_uri") != Some(&pending.redirect) || form["grant_type"] != "authorization_code" {
        return no(StatusCode::BAD_REQUEST, "invalid_grant");
    }
    Json(json!({"access_token": "a-token-for-userinfo", "token_type": "Bearer", "id_token": inner.id_token(&pending.nonce)}))
        .into_response()
}

async fn keys(State(inner): Shared) -> Json<Value> {
    let inner = inner.lock().unwrap();
    let point = inner.curve.public_key().as_ref();
    Json(json!({"keys": [
        {"kty": "new-fangled", "kid": "strange", "z": [1]},
        {"kty": "RSA", "use": "sig", "kid": inner.key.0, "n": URL_SAFE_NO_PAD.encode(modulus(&inner.key.1)), "e": "AQAB"},
        {"kty": "EC", "crv": "P-256", "kid": "curve", "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..])},
    ]}))
}

impl Inner {
    fn id_token(&self, nonce: &str) -> String {
        let now = holdfast_core::clock::now() / 1000;
        let mut claims = json!({"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce, "auth_time": now});
        for (name, value) in self.claims.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let mut head = json!({"alg": "RS256", "kid": self.key.0});
        match self.lie {
            Lie::Nonce => claims["nonce"] = json!("another"),
            Lie::Visibility => claims["aud"] = json!("another"),
            Lie::Party => {
                claims["aud"] = json!([CLIENT, "another"]);
                claims["azp"] = json!("another");
            }
            Lie::Issuer => claims["iss"] = json!("https://login.evil.example"),
            Lie::Expired => claims["exp"] = json!(now - 120),
            Lie::Future => claims["iat"] = json!(now + 3_600),
            Lie::NoSubject => claims["sub"] = json!(""),
            Lie::OldLogin => claims["auth_time"] = json!(now - 3_600),
            Lie::NoAuthTime => drop(claims.as_object_mut().unwrap().remove("auth_time")),
            Lie::Unsigned => head = json!({"alg": "none"}),
            Lie::SharedSecret => head["alg"] = json!("HS256"),
            Lie::Es256 => head = json!({"alg": "ES256", "kid": "curve"}),
            Lie::None | Lie::Signature => {}
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&head), part(&claims));
        let signature = match self.lie {
            Lie::Unsigned => Vec::new(),
            Lie::SharedSecret => {
                let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &modulus(&self.key.1));
                aws_lc_rs::hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
            }
            Lie::Es256 => self.curve.sign(&SystemRandom::new(), text.as_bytes()).unwrap().as_ref().to_vec(),
            Lie::Signature => sign(&fresh_key(), &text),
            _ => sign(&self.key.1, &text),
        };
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn fresh_key() -> Arc<KeyPair> {
    Arc::new(KeyPair::generate(KeySize::Rsa2048).unwrap())
}

fn sign(key: &KeyPair, text: &str) -> Vec<u8> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    signature
}

/// Out of the public key's form (RFC 8017 §A.1.1), which for this size is always the same.
fn modulus(key: &KeyPair) -> Vec<u8> {
    let der = key.public_key().as_ref();
    assert_eq!((der.len(), &der[..9], &der[265..]), (270, &[0x30, 0x82, 1, 10, 2, 0x82, 1, 1, 0][..], &[2, 3, 1, 0, 1][..]));
    der[9..265].to_vec()
}
