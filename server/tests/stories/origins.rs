//! Failure cases 4 and 5: which pages may connect.

use holdfast_protocol::Code;
use serde_json::json;

use crate::support::{Server, Socket};

#[tokio::test]
async fn a_foreign_page_is_refused_with_the_reason_and_the_mend() {
    let server = Server::with(&[("ALLOWED_ORIGINS", "https://app.example.com")]).await;
    let (status, body) = Socket::try_open(&server, "/ws", &[("origin", "https://evil.example")]).await.err().unwrap();
    assert_eq!(status, 403);
    assert_eq!(body["code"], "origin_not_allowed");
    assert_eq!(body["came"], "https://evil.example");
    assert_eq!(body["accepted"], json!([format!("http://{}", server.address), "https://app.example.com"]));
    assert_eq!(body["mend"], "HOLDFAST_ALLOWED_ORIGINS=https://app.example.com,https://evil.example");
    let reply = server.call("POST", "/api/auth/guest", &[("origin", "https://evil.example")], None).await;
    assert_eq!((reply.status, reply.refusal().code), (403, Code::OriginNotAllowed));
}

#[tokio::test]
async fn a_change_without_an_origin_is_refused_where_the_browser_says_that_it_comes_from_elsewhere() {
    let server = Server::start().await;
    for site in ["cross-site", "same-site"] {
        let reply = server.call("POST", "/api/auth/guest", &[("sec-fetch-site", site)], None).await;
        assert_eq!((reply.status, reply.refusal().code), (403, Code::OriginNotAllowed), "{site}");
        let (status, body) = Socket::try_open(&server, "/ws", &[("sec-fetch-site", site)]).await.err().unwrap();
        assert_eq!((status, body["code"].as_str()), (403, Some("origin_not_allowed")), "{site}");
        assert_eq!(server.call("GET", "/", &[("sec-fetch-site", site)], None).await.status, 200, "a link is no change");
    }
    for own in [&[("sec-fetch-site", "same-origin")][..], &[("sec-fetch-site", "none")], &[]] {
        assert_eq!(server.call("POST", "/api/auth/guest", own, None).await.status, 201, "{own:?}");
    }
}

#[tokio::test]
async fn one_origin_connects_without_configuration() {
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
