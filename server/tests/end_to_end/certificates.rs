//! Certificates of other servers: an error names the server and the problem.

use std::{net::SocketAddr, path::Path, time::Duration};

use axum::{Json, Router, routing::get};
use axum_server::{Handle, tls_rustls::RustlsConfig};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType, date_time_ymd};
use serde_json::json;
use tokio::process::Command;

use crate::support::server::command;

/// A certificate authority, and certificates signed by it.
pub struct Authority {
    params: CertificateParams,
    key: KeyPair,
    pub pem: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { params, key, pem }
    }

    pub fn sign(&self, change: impl FnOnce(&mut CertificateParams)) -> (String, KeyPair) {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "localhost");
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let issuer = Issuer::from_params(&self.params, &self.key);
        (params.signed_by(&key, &issuer).unwrap().pem(), key)
    }
}

/// A provider's HTTPS server. Dropping it stops it.
pub struct Https(Handle<SocketAddr>, pub String);

impl Drop for Https {
    fn drop(&mut self) {
        self.0.shutdown();
    }
}

async fn https(certificate: (String, KeyPair)) -> Https {
    https_as("localhost", certificate).await
}

/// Starts one under another host name, which must lead there.
pub async fn https_as(name: &str, (pem, key): (String, KeyPair)) -> Https {
    let config = RustlsConfig::from_pem(pem.into_bytes(), key.serialize_pem().into_bytes()).await.unwrap();
    let handle = Handle::new();
    let serving = axum_server::bind_rustls(SocketAddr::from(([127, 0, 0, 1], 0)), config).handle(handle.clone());
    let port = std::sync::Arc::new(std::sync::OnceLock::new());
    let address = port.clone();
    let document = move || {
        let issuer: String = address.get().cloned().unwrap_or_default();
        async move {
            Json(
                json!({"issuer": issuer, "authorization_endpoint": issuer, "token_endpoint": issuer, "jwks_uri": format!("{issuer}/jwks")}),
            )
        }
    };
    let key = json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]});
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(document))
        .route("/jwks", get(move || async move { Json(key) }))
        .route("/v1/models", get(|| async { Json(json!({"data": [{"id": "a-model"}]})) }));
    tokio::spawn(serving.serve(router.into_make_service()));
    let issuer = format!("https://{name}:{}", handle.listening().await.unwrap().port());
    port.set(issuer.clone()).unwrap();
    Https(handle, issuer)
}

/// Returns what `holdfast check` says about a provider, on a machine that trusts the authorities in this file.
async fn check(folder: &Path, trusted: &Path, issuer: &str) -> String {
    let mut command = Command::from(command());
    command.current_dir(folder).arg("check").env("SSL_CERT_FILE", trusted).env_remove("SSL_CERT_DIR");
    command.env("HOLDFAST_OIDC_ISSUER", issuer).env("HOLDFAST_OIDC_CLIENT_ID", "holdfast").env("HOLDFAST_DISCOVER", "false");
    command.env("OPENAI_BASE_URL", format!("{issuer}/v1")).env("HOLDFAST_LISTEN", "127.0.0.1:0");
    let out = tokio::time::timeout(Duration::from_secs(60), command.output()).await.unwrap().unwrap();
    String::from_utf8(out.stdout).unwrap()
}

#[tokio::test]
async fn certificate_errors_name_the_flaw_and_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("trusted.pem");
    let (known, stranger) = (Authority::new("An authority"), Authority::new("A stranger"));
    let made_anew = Authority::new("An authority");
    std::fs::write(&trusted, &known.pem).unwrap();
    let itself = || {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained); // as `openssl req -x509` creates it
        (params.self_signed(&key).unwrap().pem(), key)
    };
    let plain_itself = || {
        let key = KeyPair::generate().unwrap();
        (CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap().pem(), key)
    };
    for (certificate, words) in [
        (known.sign(|it| (it.not_before, it.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 2, 3))), "expired on 2021-02-03"),
        (known.sign(|it| it.not_before = date_time_ymd(3000, 1, 2)), "is not valid yet before 3000-01-02"),
        (known.sign(|it| it.subject_alt_names = vec![SanType::DnsName("other.example".try_into().unwrap())]), "(other.example)"),
        (stranger.sign(|_| ()), "of an issuer that this machine does not know"),
        (made_anew.sign(|_| ()), "of an issuer that this machine does not know"),
        (itself(), "is self-signed"),
        (plain_itself(), "is self-signed"),
    ] {
        let server = https(certificate).await;
        let said = check(folder.path(), &trusted, &server.1).await;
        let line = said.lines().find(|it| it.contains("OpenID Connect")).unwrap_or_else(|| panic!("{said}"));
        assert!(line.contains(words) && line.contains(&server.1) && line.contains("shows a certificate"), "{words}: {said}");
    }
    let server = https(known.sign(|_| ())).await;
    let said = check(folder.path(), &trusted, &server.1).await;
    assert!(said.contains("OpenID Connect \"oidc\": good") && !said.contains("certificate"), "{said}");
}
