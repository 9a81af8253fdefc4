//! Failure cases 4 and 5: which pages may connect.

use holdfast_protocol::Code;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{Server, Socket};

#[tokio::test]
async fn a_page_of_another_origin_is_refused_with_the_reason_and_the_fix() {
    let server = Server::with(&[("ALLOWED_ORIGINS", "https://app.example.com")]).await;
    let (status, body) = Socket::try_open(&server, "/ws", &[("origin", "https://evil.example")]).await.err().unwrap();
    assert_eq!(status, 403);
    assert_eq!(body["code"], "origin_not_allowed");
    assert_eq!(body["came"], "https://evil.example");
    assert_eq!(body["accepted"], json!([format!("http://{}", server.address), "https://app.example.com"]));
    assert_eq!(body["fix"], "HOLDFAST_ALLOWED_ORIGINS=https://app.example.com,https://evil.example");
    let reply = server.call("POST", "/api/auth/guest", &[("origin", "https://evil.example")], None).await;
    assert_eq!((reply.status, reply.api_error().code), (403, Code::OriginNotAllowed));
}

#[tokio::test]
async fn a_change_without_an_origin_is_refused_if_sec_fetch_site_names_another_site() {
    let server = Server::start().await;
    for site in ["cross-site", "same-site"] {
        let reply = server.call("POST", "/api/auth/guest", &[("sec-fetch-site", site)], None).await;
        assert_eq!((reply.status, reply.api_error().code), (403, Code::OriginNotAllowed), "{site}");
        let (status, body) = Socket::try_open(&server, "/ws", &[("sec-fetch-site", site)]).await.err().unwrap();
        assert_eq!((status, body["code"].as_str()), (403, Some("origin_not_allowed")), "{site}");
        assert_eq!(server.call("GET", "/", &[("sec-fetch-site", site)], None).await.status, 200, "a link is no change");
    }
    for own in [&[("sec-fetch-site", "same-origin")][..], &[("sec-fetch-site", "none")], &[]] {
        assert_eq!(server.call("POST", "/api/auth/guest", own, None).await.status, 201, "{own:?}");
    }
}

#[tokio::test]
async fn a_page_of_the_server_s_own_origin_connects_without_configuration() {
    let server = Server::start().await;
    let port = server.address.rsplit(':').next().unwrap().to_owned();
    for name in ["localhost", "127.0.0.1", "[::1]"] {
        let origin = format!("http://{name}:{port}");
        assert!(Socket::try_open(&server, "/ws", &[("origin", &origin)]).await.is_ok(), "{origin}");
    }
    assert!(Socket::try_open(&server, "/ws", &[]).await.is_ok(), "no page at all");
    let proxied = [("origin", "https://chat.example.com"), ("x-forwarded-host", "chat.example.com"), ("x-forwarded-proto", "https")];
    assert!(Socket::try_open(&server, "/ws", &proxied).await.is_ok());
    let renamed = [("origin", "https://chat.example.com"), ("sec-fetch-site", "same-origin")];
    assert!(Socket::try_open(&server, "/ws", &renamed).await.is_ok(), "the browser says that it is one origin");
}

/// What a browser sends to `server` by the name `name`, where nothing is between.
async fn as_rebound(server: &Server, name: &str, more: &[(&'static str, &str)]) -> [(u16, serde_json::Value); 2] {
    let port = server.address.rsplit(':').next().unwrap();
    let (host, origin) = (format!("{name}:{port}"), format!("http://{name}:{port}"));
    let headers = [&[("host", host.as_str()), ("origin", &origin)], more].concat();
    let reply = server.call("POST", "/api/auth/guest", &headers, None).await;
    let socket = match Socket::try_open(server, "/ws", &headers).await {
        Ok(_) => (101, json!(null)),
        Err(refused) => refused,
    };
    [(reply.status, reply.value()), socket]
}

#[tokio::test]
async fn dns_rebinding_is_refused_with_the_setting_that_allows_the_name() {
    let server = Server::with_log(&[]).await;
    let port = server.address.rsplit(':').next().unwrap();
    let fix = format!("HOLDFAST_PUBLIC_URL=http://evil.example:{port}");
    // The last is what such a page can have its browser say besides.
    let forged =
        [("connection", "keep-alive"), ("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "http"), ("x-forwarded-host", "localhost")];
    for more in [&[][..], &[("sec-fetch-site", "same-origin")]] {
        for (status, body) in as_rebound(&server, "evil.example", more).await {
            assert_eq!((status, &body["code"], &body["fix"]), (403, &json!("origin_not_allowed"), &json!(fix)), "{more:?}: {body}");
            assert!(body["error"].as_str().unwrap().contains(&fix), "{body}");
        }
    }
    let [(status, _), _] = as_rebound(&server, "evil.example", &forged).await;
    assert_eq!(status, 403, "headers that a page can set are no proxy");
    for own in ["localhost", "127.0.0.1", "[::1]", "LOCALHOST.", "chat.localhost", "[0:0:0:0:0:0:0:1]"] {
        let [(guest, _), (socket, _)] = as_rebound(&server, own, &[]).await;
        assert_eq!((guest, socket), (201, 101), "{own}");
    }
    let log = server.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("host is not known")).collect();
    assert!(lines.len() <= 3 && lines.iter().all(|line| line.contains(&fix) && line.contains("WARN")), "once for each address: {log}");
    assert!(!lines.is_empty(), "{log}");
    let admin = server.admin("Ada").await;
    let activity = server.as_user(&admin, "GET", "/api/admin/activity", None).await.text;
    assert!(activity.contains(&fix), "{activity}");
}

#[tokio::test]
async fn a_server_on_all_addresses_accepts_ip_addresses_and_configured_names() {
    let open = Server::with(&[("LISTEN", "0.0.0.0:4874"), ("HOSTS", "chat.lan"), ("TRUSTED_PROXIES", "10.0.0.0/8")]).await;
    let public = Server::with(&[("PUBLIC_URL", "http://chat.example.com"), ("LISTEN", "127.0.0.1:4875")]).await;
    for (name, everywhere, with_public) in [
        ("localhost", 201, 201),
        ("192.168.1.5", 201, 403),
        ("[2001:db8::5]", 201, 403),
        ("chat.lan", 201, 403),
        ("evil.example", 403, 403),
        ("chat.example.com", 403, 201),
    ] {
        for (server, expected) in [(&open, everywhere), (&public, with_public)] {
            let [(guest, body), (socket, _)] = as_rebound(server, name, &[]).await;
            assert_eq!((guest, socket), (expected, if expected == 201 { 101 } else { 403 }), "{name}: {body}");
        }
    }
}

#[tokio::test]
async fn behind_a_proxy_any_forwarded_name_connects_in_any_spelling() {
    let server = Server::start().await;
    let port = server.address.rsplit(':').next().unwrap().to_owned();
    let inner = format!("127.0.0.1:{port}");
    let ways: [(&str, &[(&'static str, &str)]); 9] = [
        ("https://chat.example.com", &[("host", "chat.example.com")]),
        ("http://chat.lan:8080", &[("host", "chat.lan:8080"), ("x-forwarded-for", "192.168.1.9:4711")]),
        ("http://192.168.1.5", &[("host", "192.168.1.5"), ("x-forwarded-for", "192.168.1.9")]),
        ("http://192.168.1.5:8080", &[("host", "192.168.1.5"), ("x-forwarded-port", "8080")]),
        ("https://chat.example.com", &[("host", "Chat.Example.com.:443"), ("x-forwarded-proto", "HTTPS,http")]),
        ("https://chat.example.com:8443", &[("host", "chat.example.com"), ("x-forwarded-proto", "https"), ("x-forwarded-port", "8443")]),
        ("https://[2001:db8::1]", &[("host", "[2001:DB8:0:0::1]"), ("x-forwarded-proto", "Https")]),
        (
            "https://chat.example.com",
            &[("host", &inner), ("forwarded", r#"for="[2001:db8::7]:443";proto=HTTPS;host="chat.example.com:443""#)],
        ),
        ("https://chat.example.com", &[("host", &inner), ("x-forwarded-host", "chat.example.com, inner"), ("x-forwarded-proto", "wss")]),
    ];
    for (origin, headers) in ways {
        let headers = [headers, &[("origin", origin)]].concat();
        let guest = server.call("POST", "/api/auth/guest", &headers, None).await;
        assert_eq!(guest.status, 201, "{headers:?}: {}", guest.text);
        assert!(Socket::try_open(&server, "/ws", &headers).await.is_ok(), "{headers:?}");
    }
}

#[tokio::test]
async fn a_request_has_one_host() {
    let server = Server::start().await;
    for (request, expected) in [
        ("GET /health HTTP/1.1\r\nhost: localhost\r\n", "200"),
        ("GET /health HTTP/1.0\r\n", "200"),
        ("GET http://localhost/health HTTP/1.1\r\nhost: localhost\r\n", "200"),
        ("GET /health HTTP/1.1\r\n", "400"),
        ("GET /health HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n", "400"),
        ("GET /health HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n", "400"),
        ("GET /health HTTP/1.0\r\nhost: a\r\nhost: b\r\n", "400"),
        ("GET /health HTTP/1.1\r\nhost:\r\n", "400"),
        ("GET /health HTTP/1.1\r\nhost: a b\r\n", "400"),
        ("GET / HTTP/1.1\r\nhost: user@localhost\r\n", "400"),
    ] {
        let mut peer = TcpStream::connect(&server.address).await.unwrap();
        peer.write_all(format!("{request}connection: close\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        peer.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer.split(' ').nth(1), Some(expected), "{request}: {answer}");
        assert!(expected == "200" || answer.contains("\"bad_frame\""), "{answer}");
    }
}
