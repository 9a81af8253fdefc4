//! Other servers are reached only through the configured proxy.

use rcgen::SanType;

use crate::{
    certificates::{Authority, https_as},
    support::{
        Server, eventually,
        recording_proxy::{Leads, RecordingProxy},
        server::command,
    },
};

/// `me:p4ss` as a proxy receives it (RFC 7617).
const PASSWORD: &str = "proxy-authorization: Basic bWU6cDRzcw==";

/// Runs `holdfast check` with these variables. Returns its exit code and its output.
async fn check(variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = tokio::process::Command::from(command());
    command.current_dir(folder.path()).arg("check").env("HOLDFAST_DISCOVER", "false").env("HOLDFAST_LISTEN", "127.0.0.1:0");
    let out = command.envs(variables.iter().copied()).output().await.unwrap();
    (out.status.code(), String::from_utf8(out.stdout).unwrap() + &String::from_utf8(out.stderr).unwrap())
}

#[tokio::test]
async fn https_goes_through_a_tunnel_of_the_proxy_to_a_certificate_that_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("trusted.pem");
    let authority = Authority::new("An authority");
    std::fs::write(&trusted, &authority.pem).unwrap();
    let name = "login.example";
    let certificate = authority.sign(|it| it.subject_alt_names = vec![SanType::DnsName(name.try_into().unwrap())]);
    let there = https_as(name, certificate).await;
    let port = there.1.rsplit_once(':').unwrap().1.to_owned();
    let proxy = RecordingProxy::start(Leads::To(format!("127.0.0.1:{port}"))).await;
    let address = format!("http://me:p4ss@127.0.0.1:{}", proxy.port);
    let (code, said) = check(&[
        ("SSL_CERT_FILE", trusted.to_str().unwrap()),
        ("HOLDFAST_OIDC_ISSUER", &there.1),
        ("HOLDFAST_OIDC_CLIENT_ID", "holdfast"),
        ("HOLDFAST_OUTBOUND_PROXY", &address),
    ])
    .await;
    assert!(code == Some(0) && said.contains("OpenID Connect \"oidc\": good"), "{said}");
    assert!(!said.contains("p4ss"), "{said}");
    let head = proxy.heads().concat();
    assert!(head.starts_with(&format!("CONNECT {name}:{port} HTTP/1.1")), "{head}");
    assert!(head.contains(PASSWORD), "{head}");
}

#[tokio::test]
async fn requests_use_the_proxy_except_for_listed_hosts() {
    let proxy = RecordingProxy::start(Leads::To("127.0.0.1:9".to_owned())).await;
    let address = format!("http://me:p4ss@127.0.0.1:{}", proxy.port);
    let settings = [
        ("OUTBOUND_PROXY", address.as_str()),
        ("OUTBOUND_DIRECT", ".direct.example, 192.0.2.0/24"),
        ("OPENAI_BASE_URL", "http://model.example/v1"),
        ("GEMINI_BASE_URL", "http://gemini.direct.example/v1"),
        ("OLLAMA_HOST", "127.0.0.1:9"),
        ("LOG", "debug"),
    ];
    let server = Server::with_log(&settings).await;
    let guest = server.guest().await;
    let models = server.as_user(&guest, "GET", "/api/models", None).await.text;
    assert!(models.contains("by-proxy"), "{models}");
    let lines = proxy.lines();
    assert!(lines.iter().all(|line| line == "GET http://model.example/v1/models HTTP/1.1") && !lines.is_empty(), "{lines:?}");
    assert!(proxy.heads().iter().all(|head| head.contains(PASSWORD)), "{:?}", proxy.heads());
    let log = server.log();
    assert!(log.contains(&format!("proxy=\"http://127.0.0.1:{}\"", proxy.port)) && !log.contains("p4ss"), "{log}");
}

#[tokio::test]
async fn proxy_variables_are_ignored_and_the_log_names_the_setting() {
    let proxy = RecordingProxy::start(Leads::Nowhere("502 Bad Gateway")).await;
    let address = format!("http://me:p4ss@127.0.0.1:{}", proxy.port);
    let variables = ["HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY"].map(|name| format!("{name}={address}"));
    let launcher: Vec<&str> = std::iter::once("env").chain(variables.iter().map(String::as_str)).collect();
    let server =
        Server::under(&launcher, &[("OPENAI_BASE_URL", "http://model.example/v1"), ("ANTHROPIC_BASE_URL", "https://model.example")]).await;
    let guest = server.guest().await;
    server.as_user(&guest, "GET", "/api/models", None).await;
    server.get("/health/full").await;
    let warned =
        || server.log().lines().any(|line| line.contains("WARN") && line.contains("HTTPS_PROXY, http_proxy, https_proxy are not used"));
    eventually(warned, || server.log()).await;
    let log = server.log();
    assert!(log.contains("HOLDFAST_OUTBOUND_PROXY (outbound_proxy, --outbound-proxy)") && !log.contains("p4ss"), "{log}");
    assert_eq!(proxy.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn proxy_errors_are_reported_as_such() {
    let no_way = RecordingProxy::start(Leads::Nowhere("403 Forbidden")).await;
    let no_password = RecordingProxy::start(Leads::Nowhere("407 Proxy Authentication Required")).await;
    for (port, words) in [
        (no_way.port, "the proxy that outbound_proxy names does not connect to it"),
        (no_password.port, "rejects the user name and password"),
        (9, "the proxy that outbound_proxy names can't be reached"),
    ] {
        let address = format!("http://127.0.0.1:{port}");
        let (code, said) = check(&[
            ("HOLDFAST_OIDC_ISSUER", "https://login.example"),
            ("HOLDFAST_OIDC_CLIENT_ID", "holdfast"),
            ("HOLDFAST_OUTBOUND_PROXY", &address),
        ])
        .await;
        assert!(code == Some(1) && said.contains("login.example") && said.contains(words), "{words}: {said}");
    }
}
