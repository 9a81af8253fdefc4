//! A proxy that requires its own sign-in: its session ends, or it uses Basic authentication.

use holdfast_client::connection::Presence;
use holdfast_protocol::{Code, Reason, TOKEN_HEADER, activity::Activity};

use crate::{
    cuts::{RUNGS, go, over_transport},
    support::{Proxy, Server, Socket, proxy::SignIn},
};

#[tokio::test]
async fn a_gateway_s_sign_in_page_is_recognized_and_messages_wait() {
    let server = Server::start().await;
    let proxy = Proxy::before(&server.address).await;
    let ways = [SignIn::Redirect, SignIn::Unauthorized, SignIn::Page];
    for (transport, way) in RUNGS.into_iter().zip(ways) {
        let user = server.guest().await;
        let client = over_transport(&server, &proxy, &user, transport).await;
        proxy.wants_sign_in(Some(way));
        proxy.cut();
        let (chat, id) = go(&user, "echo-1-0");
        client.submit(chat);
        client.follow(id);
        client
            .wait("it says so", |machine, now| matches!(machine.presence(now), Presence::Refused(why) if why.is(Reason::ProxySignIn)))
            .await;
        assert_eq!(client.look(|machine, _| machine.outbox().waiting()).await, 1, "{transport:?}");
        proxy.wants_sign_in(None);
        client.look_again();
        assert_eq!(client.settled(id, 2).await.len(), 2);
    }
}

#[tokio::test]
async fn the_token_works_behind_basic_authentication() {
    let server = Server::start().await;
    let user = server.guest().await;
    let basic = ("authorization", "Basic bWU6c2VjcmV0");
    for other in [basic, ("authorization", "Bearer of.somebody.else")] {
        let reply = server.call("GET", "/api/auth/me", &[other, (TOKEN_HEADER, user.token())], None).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    let reply = server.call("GET", "/api/auth/me", &[basic], None).await;
    assert_eq!((reply.status, reply.api_error().code), (401, Code::TokenMalformed));
    let reply = server.call("GET", "/api/auth/me", &[(TOKEN_HEADER, "none")], None).await;
    assert_eq!((reply.status, reply.api_error().code), (401, Code::TokenMalformed));
    // If no token is needed, the proxy's credentials do not count as one.
    let body = serde_json::json!({"username": "basil", "password": "a long password"});
    let reply = server.call("POST", "/api/auth/signup", &[basic], Some(body)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
}

/// A WebSocket request as a proxy passes it on that does not support upgrades.
const STRIPPED: [(&str, &str); 2] = [("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="), ("sec-websocket-version", "13")];

#[tokio::test]
async fn a_page_learns_what_happened_to_its_socket_request() {
    let server = Server::with_log(&[("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let admin = server.admin("Ada").await;
    let diagnose = async |address: &str| server.call("GET", "/ws?diagnose=1", &[("x-forwarded-for", address)], None).await.value();
    assert_eq!(diagnose("192.0.2.1").await["cause"], "not_arrived");

    let from = ("x-forwarded-for", "192.0.2.2");
    assert_eq!(server.call("GET", "/ws", &[STRIPPED[0], STRIPPED[1], from], None).await.status, 426);
    let told = diagnose("192.0.2.2").await;
    assert_eq!(told["cause"], "stripped");
    assert!(told["fix"].as_str().unwrap().contains("proxy_set_header Upgrade $http_upgrade;"));

    let evil = [("origin", "https://evil.example"), ("x-forwarded-for", "192.0.2.3")];
    assert!(Socket::try_open(&server, "/ws", &evil).await.is_err());
    let told = diagnose("192.0.2.3").await;
    assert_eq!(
        (told["cause"].as_str(), told["fix"].as_str()),
        (Some("origin_refused"), Some("HOLDFAST_ALLOWED_ORIGINS=https://evil.example"))
    );

    drop(Socket::try_open(&server, "/ws", &[("x-forwarded-for", "192.0.2.4")]).await.unwrap());
    assert_eq!(diagnose("192.0.2.4").await["cause"], "arrived");

    // A request without any intent to upgrade is not a failed client.
    assert_eq!(server.get("/ws").await.status, 426);
    let activity: Activity = server.as_user(&admin, "GET", "/api/admin/activity", None).await.json();
    let told: Vec<_> = activity.refusals.iter().map(|it| (it.code, it.address.as_str())).collect();
    assert_eq!(told, [(Code::OriginNotAllowed, "192.0.2.3"), (Code::BadFrame, "192.0.2.2")]);
    assert!(activity.refusals[1].fix.contains("proxy_http_version 1.1"), "{}", activity.refusals[1].fix);
    let log = server.log();
    let line = log.lines().find(|line| line.contains("a proxy removed the upgrade")).unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("WARN") && line.contains("proxy_http_version 1.1"), "{line}");
}
