//! Something in front of the server that people sign in to: its session ends, or it uses Basic authentication.

use holdfast_protocol::{Code, TOKEN_HEADER, connection::Presence, foreign::WANTS_SIGN_IN};

use crate::{
    cuts::{RUNGS, go, on_rung},
    support::{Proxy, Server, proxy::SignIn},
};

#[tokio::test]
async fn a_sign_in_page_in_front_is_told_for_what_it_is_and_what_was_written_waits_for_it() {
    let server = Server::start().await;
    let proxy = Proxy::before(&server.address).await;
    let ways = [SignIn::Redirect, SignIn::Unauthorized, SignIn::Page];
    for (rung, way) in RUNGS.into_iter().zip(ways) {
        let user = server.guest().await;
        let client = on_rung(&server, &proxy, &user, rung).await;
        proxy.wants_sign_in(Some(way));
        proxy.cut();
        let (chat, id) = go(&user, "echo-1-0");
        client.submit(chat);
        client.follow(id);
        client
            .wait("it says so", |machine, now| {
                matches!(machine.presence(now), Presence::Refused(why) if why.code == Code::AuthRequired && why.error == WANTS_SIGN_IN)
            })
            .await;
        assert_eq!(client.look(|machine, _| machine.outbox().waiting()).await, 1, "{rung:?}");
        proxy.wants_sign_in(None);
        client.look_again();
        assert_eq!(client.settled(id, 2).await.len(), 2);
    }
}

#[tokio::test]
async fn basic_authentication_in_front_leaves_room_for_the_token() {
    let server = Server::start().await;
    let user = server.guest().await;
    let basic = ("authorization", "Basic bWU6c2VjcmV0");
    for other in [basic, ("authorization", "Bearer of.somebody.else")] {
        let reply = server.call("GET", "/api/auth/me", &[other, (TOKEN_HEADER, user.token())], None).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    let reply = server.call("GET", "/api/auth/me", &[basic], None).await;
    assert_eq!((reply.status, reply.refusal().code), (401, Code::TokenMalformed));
    let reply = server.call("GET", "/api/auth/me", &[(TOKEN_HEADER, "none")], None).await;
    assert_eq!((reply.status, reply.refusal().code), (401, Code::TokenMalformed));
    // Where a token is not needed, the proxy's is none.
    let body = serde_json::json!({"username": "basil", "password": "a long password"});
    let reply = server.call("POST", "/api/auth/signup", &[basic], Some(body)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
}
