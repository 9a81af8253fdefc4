//! The server's secret changes: data signed or encrypted with the previous one.

use holdfast_protocol::{
    Code,
    providers::{KeyState, OwnKey, ProviderInfo},
};
use serde_json::json;

use crate::support::{Server, Socket, User, store};

const ONE: &str = "kV0yV3X2mF5q8b1dTzR7uPwLxGh4cJnE";
const TWO: &str = "pQ8sN1vB6xK3mZ0tW5yR2cH7jL4dF9gA";
const THREE: &str = "zT4uY9iO1pA6sD3fG8hJ2kL5cV7bN0mQ";

async fn start_with(server: &mut Server, secret: &str, before: &str) {
    server.stop().await;
    server.set("SECRET", secret);
    server.set("SECRET_BEFORE", before);
    server.start_again();
}

async fn me(server: &Server, user: &User) -> Result<(), Code> {
    let reply = server.as_user(user, "GET", "/api/auth/me", None).await;
    if reply.status == 200 { Ok(()) } else { Err(reply.api_error().code) }
}

#[tokio::test]
async fn a_token_survives_a_change_of_the_secret_if_the_previous_one_is_given() {
    let mut server = Server::with(&[("SECRET", ONE)]).await;
    let user = server.member("Ada").await;
    start_with(&mut server, TWO, ONE).await;
    assert_eq!(me(&server, &user).await, Ok(()));
    Socket::ready(&server, "/ws", &user).await;
    // A new token is signed with the new secret.
    let reply = server.call("POST", "/api/auth/refresh", &[("cookie", &user.cookie)], None).await;
    let renewed = User { grant: reply.json(), cookie: String::new() };
    assert_eq!(me(&server, &renewed).await, Ok(()));

    start_with(&mut server, THREE, &format!("{TWO}, {ONE}")).await;
    assert_eq!((me(&server, &user).await, me(&server, &renewed).await), (Ok(()), Ok(())), "several in sequence");
    start_with(&mut server, THREE, TWO).await;
    assert_eq!((me(&server, &user).await, me(&server, &renewed).await), (Err(Code::TokenInvalid), Ok(())));
    start_with(&mut server, THREE, "").await;
    assert_eq!(me(&server, &renewed).await, Err(Code::TokenInvalid));
}

#[tokio::test]
async fn stored_keys_are_encrypted_again_or_must_be_entered_again() {
    let mut server = Server::with(&[("SECRET", ONE)]).await;
    let admin = server.admin("Ada").await;
    let new = json!({"name": "groq", "kind": "openai", "url": "http://127.0.0.1:9/v1", "key": "sk-of-the-server", "own_keys": true});
    assert_eq!(server.as_user(&admin, "POST", "/api/admin/providers", Some(new)).await.status, 201);
    assert_eq!(server.as_user(&admin, "POST", "/api/keys/groq", Some(json!({"key": "sk-of-ada"}))).await.status, 204);
    let sealed =
        |server: &Server| (store::query(server, "select hex(key) from providers"), store::query(server, "select hex(key) from own_keys"));
    async fn states(server: &Server) -> (KeyState, KeyState) {
        let admin = server.sign_in("/api/auth/login", Some(json!({"username": "Ada", "password": "correct horse"}))).await;
        let list: Vec<ProviderInfo> = server.as_user(&admin, "GET", "/api/admin/providers", None).await.json();
        let own: Vec<OwnKey> = server.as_user(&admin, "GET", "/api/keys", None).await.json();
        (list.iter().find(|it| it.name == "groq").unwrap().key, own[0].key)
    }
    let first = sealed(&server);
    start_with(&mut server, TWO, ONE).await;
    let second = sealed(&server);
    assert!(first.0 != second.0 && first.1 != second.1, "encrypted anew");
    assert_eq!(states(&server).await, (KeyState::Stored, KeyState::Stored));
    start_with(&mut server, TWO, "").await;
    assert_eq!(sealed(&server), second, "the old secret is needed no more");
    assert_eq!(states(&server).await, (KeyState::Stored, KeyState::Stored));

    start_with(&mut server, THREE, "").await;
    assert_eq!(states(&server).await, (KeyState::Unreadable, KeyState::Unreadable));
    let admin = server.sign_in("/api/auth/login", Some(json!({"username": "Ada", "password": "correct horse"}))).await;
    let list: Vec<ProviderInfo> = server.as_user(&admin, "GET", "/api/admin/providers", None).await.json();
    let fault = list.into_iter().find(|it| it.name == "groq").unwrap().fault.unwrap().error;
    assert!(fault.contains("secret was changed") && fault.contains("enter it again"), "{fault}");
    let chat = json!({"content": "x", "provider": "groq", "model": "m"});
    let told = server.as_user(&admin, "POST", "/api/chat", Some(chat)).await.api_error();
    assert!(told.code == Code::ProviderRefused && told.error.contains("Enter it again under Settings → Models"), "{told:?}");
    let again = server.as_user(&admin, "PATCH", "/api/admin/providers/groq", Some(json!({"key": "sk-entered-again"}))).await;
    assert_eq!((again.status, again.json::<ProviderInfo>().key), (200, KeyState::Stored));
}
