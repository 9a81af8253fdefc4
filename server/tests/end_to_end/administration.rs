//! Administration: the first administrator, users, invitations.

use std::time::Duration;

use holdfast_protocol::{
    Code,
    api::{Grant, Role},
    people::{Invitation, Link, MadeInvitation, People, Person, SessionInfo},
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Server, Socket, User, store};

async fn person(server: &Server, admin: &User, name: &str) -> Person {
    let people: People = server.as_user(admin, "GET", &format!("/api/admin/users?search={name}"), None).await.json();
    assert_eq!(people.people.len(), 1, "{people:?}");
    people.people[0].clone()
}

async fn patch(server: &Server, admin: &User, user: &Person, body: Value) -> crate::support::server::Reply {
    server.as_user(admin, "PATCH", &format!("/api/admin/users/{}", user.id), Some(body)).await
}

#[tokio::test]
async fn only_the_printed_link_creates_the_first_administrator() {
    let mut server = Server::start().await;
    let token = server.claim_token().await;
    assert!(!store::query(&server, "select hex(hash) from links").is_empty());
    let made = json!({"token": token, "username": "Ada", "password": "correct horse"});
    let guessed =
        server.call("POST", "/api/auth/claim", &[], Some(json!({"token": "guess", "username": "Eve", "password": "correct horse"}))).await;
    assert_eq!((guessed.status, guessed.api_error().code), (403, Code::NotAllowed));
    let early = server.member("Mallory").await;
    assert_eq!(early.grant.user.role, Role::Member, "being first is not enough");

    // Each start prints another link; the previous one is invalid.
    server.stop().await;
    server.start_again();
    let old = server.call("POST", "/api/auth/claim", &[], Some(made)).await;
    assert_eq!(old.status, 403);
    let guest = server.guest().await;
    let kept = server.chat(&guest, json!({"content": "mine", "model": "echo"})).await;
    let token = server.claim_token().await;
    let body = json!({"token": token, "username": "Ada", "password": "correct horse"});
    let reply = server.as_user(&guest, "POST", "/api/auth/claim", Some(body.clone())).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let grant: Grant = reply.json();
    assert_eq!((grant.user.role, grant.user.id), (Role::Admin, guest.grant.user.id));
    let ada = User { cookie: String::new(), grant };
    assert_eq!(server.show(&ada, kept.conversation_id).await.messages.len(), 2);
    assert_eq!(server.as_user(&ada, "GET", "/api/admin/users", None).await.status, 200);
    assert_eq!(server.call("POST", "/api/auth/claim", &[], Some(body)).await.status, 403, "good once");

    server.stop().await;
    server.start_again();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(server.said(), "", "no link where there is an administrator");
}

#[tokio::test]
async fn the_printed_link_makes_an_existing_user_an_administrator() {
    let server = Server::start().await;
    let ada = server.member("Ada").await;
    assert_eq!(server.as_user(&ada, "GET", "/api/admin/users", None).await.api_error().code, Code::NotAllowed);
    let body = json!({"token": server.claim_token().await});
    let reply = server.as_user(&ada, "POST", "/api/auth/claim", Some(body)).await;
    assert_eq!((reply.status, reply.value()["user"]["role"].as_str()), (201, Some("admin")));
    assert_eq!(server.as_user(&ada, "GET", "/api/admin/users", None).await.status, 200, "the token that was there counts too");
}

#[tokio::test]
async fn a_suspended_user_sees_the_reason_on_open_pages_and_at_every_call() {
    let server = Server::start().await;
    let admin = server.admin("Ada").await;
    let bob = server.member("Bob").await;
    let mut socket = Socket::ready(&server, "/ws", &bob).await;
    let since = Instant::now();
    let found = person(&server, &admin, "bob").await;
    let reply = patch(&server, &admin, &found, json!({"suspended": true, "reason": "Spam."})).await;
    assert_eq!((reply.status, reply.json::<Person>().suspended.as_deref()), (200, Some("Spam.")));
    let (ended, sentence) = socket.ended_with_words().await;
    assert_eq!((ended.code, ended.reason.as_str(), ended.error), (1008, "session_revoked", Some(Code::SessionRevoked)));
    assert_eq!(sentence, "This account was suspended: Spam. Ask an administrator.");
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());

    let told = |reply: crate::support::server::Reply| assert_eq!((reply.status, reply.api_error().error), (401, sentence.clone()));
    told(server.as_user(&bob, "GET", "/api/conversations", None).await);
    let refresh = async || server.call("POST", "/api/auth/refresh", &[("cookie", &bob.cookie)], None).await;
    told(refresh().await);
    crate::support::store::change(&server, "update sessions set rotated_at = rotated_at - 61000");
    told(refresh().await);
    let login = |password: &str| server.call("POST", "/api/auth/login", &[], Some(json!({"username": "Bob", "password": password})));
    told(login("correct horse").await);
    assert_eq!(login("wrong horse").await.api_error().error, "Name or password is wrong.", "nobody else learns of it");
    let mut again = Socket::open(&server, "/ws").await;
    again.initial(bob.token()).await;
    assert_eq!(again.ended_with_words().await.1, sentence);

    assert_eq!(patch(&server, &admin, &found, json!({"suspended": false})).await.status, 200);
    Socket::ready(&server, "/ws", &bob).await;
    assert_eq!(refresh().await.status, 200, "the cookie is as good as before");
}

#[tokio::test]
async fn a_removed_user_is_gone_and_the_last_administrator_stays() {
    let server = Server::start().await;
    let admin = server.admin("Ada").await;
    let bob = server.member("Bob").await;
    server.chat(&bob, json!({"content": "hello", "model": "echo"})).await;
    let mut socket = Socket::ready(&server, "/ws", &bob).await;
    let found = person(&server, &admin, "bob").await;
    assert_eq!((found.conversations, found.role), (1, Role::Member));
    let path = format!("/api/admin/users/{}", found.id);
    assert_eq!(server.as_user(&admin, "DELETE", &path, None).await.status, 204);
    assert_eq!(socket.ended().await.error, Some(Code::SessionRevoked));
    assert_eq!(server.as_user(&admin, "DELETE", &path, None).await.status, 404);
    assert_eq!(store::query(&server, "select count(*) from messages"), "0");

    let own = person(&server, &admin, "ada").await;
    for body in [json!({"role": "member"}), json!({"suspended": true})] {
        assert_eq!(patch(&server, &admin, &own, body).await.status, 409);
    }
    assert_eq!(server.as_user(&admin, "DELETE", &format!("/api/admin/users/{}", own.id), None).await.status, 409);
    let removal = server.as_user(&admin, "POST", "/api/auth/remove", Some(json!({"password": "correct horse"}))).await;
    assert_eq!((removal.status, removal.api_error().error.contains("another")), (409, true));
    let cy = server.member("Cy").await;
    let found = person(&server, &admin, "cy").await;
    assert_eq!(patch(&server, &admin, &found, json!({"role": "admin"})).await.status, 200);
    assert_eq!(patch(&server, &cy, &own, json!({"role": "member"})).await.status, 200, "the raise counts at once");
    assert_eq!(server.as_user(&admin, "GET", "/api/admin/users", None).await.status, 403, "and so does the fall");
}

#[tokio::test]
async fn a_link_for_a_new_password_works_once() {
    let server = Server::start().await;
    let admin = server.admin("Ada").await;
    let bob = server.member("Bob").await;
    let found = person(&server, &admin, "bob").await;
    let mut socket = Socket::ready(&server, "/ws", &bob).await;
    let path = format!("/api/admin/users/{}/password-link", found.id);
    let make = || server.as_user(&admin, "POST", &path, None);
    let first: Link = make().await.json();
    let second: Link = make().await.json();
    let token = |link: &Link| link.path.strip_prefix("/password#").unwrap().to_owned();
    let set = |token: String| server.call("POST", "/api/auth/password", &[], Some(json!({"token": token, "password": "battery staple"})));
    assert_eq!(set(token(&first)).await.status, 403, "the newer one counts");
    Socket::ready(&server, "/ws", &bob).await;
    let done = set(token(&second)).await;
    assert_eq!((done.status, done.value()["user"]["username"].as_str()), (201, Some("Bob")));
    assert_eq!(socket.ended().await.error, Some(Code::SessionRevoked));
    assert_eq!(set(token(&second)).await.status, 403);
    for (password, status) in [("correct horse", 401), ("battery staple", 201)] {
        let reply = server.call("POST", "/api/auth/login", &[], Some(json!({"username": "Bob", "password": password}))).await;
        assert_eq!(reply.status, status);
    }
    let old: Link = make().await.json();
    store::change(&server, "update links set expires_at = 1");
    assert_eq!(set(token(&old)).await.status, 403);
    let guest = server.guest().await;
    let none = server.as_user(&admin, "POST", &format!("/api/admin/users/{}/password-link", guest.grant.user.id), None).await;
    assert_eq!(none.status, 404);
}

#[tokio::test]
async fn new_accounts_need_an_invitation_if_so_configured() {
    let server = Server::with(&[("SIGNUP", "invitation")]).await;
    let admin = server.admin("Ada").await;
    let join = |name: &str, code: Value| {
        server.call("POST", "/api/auth/signup", &[], Some(json!({"username": name, "password": "correct horse", "invitation": code})))
    };
    assert_eq!(join("Bob", Value::Null).await.status, 403);
    assert_eq!(join("Bob", json!("guess")).await.status, 403);
    let look = async |code: &str| {
        let reply = server.call("POST", "/api/auth/invitation", &[], Some(json!({"code": code}))).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.value()
    };
    let invite = |body: Value| server.as_user(&admin, "POST", "/api/admin/invitations", Some(body));
    let made: MadeInvitation = invite(json!({"note": "Class 7", "uses": 2, "days": 3})).await.json();
    let code = made.path.strip_prefix("/join#").unwrap().to_owned();
    assert_eq!(server.get(&made.path).await.status, 200);
    assert_eq!(look(&code).await, json!({"state": "good"}), "it says that, and no more");
    assert_eq!(look("guess").await, json!({"state": "unknown"}));
    assert_eq!(join("Bob", json!(code)).await.status, 201);
    assert_eq!(join("bob", json!(code)).await.status, 409, "a name that is taken costs nothing");
    let list: Vec<Invitation> = server.as_user(&admin, "GET", "/api/admin/invitations", None).await.json();
    assert_eq!(list.iter().map(|it| (it.note.as_str(), it.uses, it.used)).collect::<Vec<_>>(), [("Class 7", 2, 1)]);
    let guest = server.guest().await;
    let body = json!({"username": "Cy", "password": "correct horse", "invitation": code});
    let reply = server.as_user(&guest, "POST", "/api/auth/signup", Some(body)).await;
    assert_eq!((reply.status, reply.json::<Grant>().user.id), (201, guest.grant.user.id));
    assert_eq!(join("Dee", json!(code)).await.status, 403, "used up");
    assert_eq!(look(&code).await, json!({"state": "used_up"}));

    let other: MadeInvitation = invite(json!({})).await.json();
    let path = format!("/api/admin/invitations/{}", other.invitation.id);
    assert_eq!(server.as_user(&admin, "DELETE", &path, None).await.status, 204);
    assert_eq!(server.as_user(&admin, "DELETE", &path, None).await.status, 404);
    assert_eq!(join("Dee", json!(other.path.split('#').nth(1).unwrap())).await.status, 403, "withdrawn");
    assert_eq!(look(other.path.split('#').nth(1).unwrap()).await, json!({"state": "unknown"}));
    let third: MadeInvitation = invite(json!({})).await.json();
    store::change(&server, "update invitations set expires_at = 1");
    let over = join("Dee", json!(third.path.split('#').nth(1).unwrap())).await;
    assert_eq!((over.status, over.api_error().error.as_str()), (403, "This invitation has expired. Ask for a new one."));
    assert_eq!(look(third.path.split('#').nth(1).unwrap()).await, json!({"state": "expired"}));
    assert_eq!(invite(json!({"uses": 0})).await.status, 400);
    assert!(!store::query(&server, "select group_concat(hex(hash)) from invitations").contains(&code), "codes are kept hashed");
}

#[tokio::test]
async fn checks_of_invitations_have_their_own_limit() {
    let server = Server::with(&[("SIGNUP", "invitation"), ("LIMITS", "on")]).await;
    let look = || server.call("POST", "/api/auth/invitation", &[], Some(json!({"code": "guess"})));
    for _ in 0..10 {
        assert_eq!(look().await.status, 200);
    }
    let eleventh = look().await;
    assert_eq!((eleventh.status, eleventh.api_error().code), (429, Code::RateLimited));
    assert!(eleventh.headers.contains_key("retry-after"));
    server.guest().await;
}

#[tokio::test]
async fn invitations_do_not_work_if_sign_up_is_closed() {
    let server = Server::with(&[("SIGNUP", "closed")]).await;
    let admin = server.admin("Ada").await;
    let api_error = server.as_user(&admin, "POST", "/api/admin/invitations", Some(json!({}))).await;
    assert_eq!((api_error.status, api_error.api_error().error.contains("HOLDFAST_SIGNUP=invitation")), (409, true));
}

#[tokio::test]
async fn users_are_listed_by_pages_and_found_by_name() {
    let server = Server::start().await;
    let admin = server.admin("Ada").await;
    server.guest().await;
    store::change(
        &server,
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 150)
         insert into users (id, username, username_key, password_hash, role, created_at)
         select randomblob(16), 'Member ' || i, 'member ' || i, 'x', 'member', 1 from n",
    );
    let list = |query: String| {
        let (server, admin) = (&server, &admin);
        async move { server.as_user(admin, "GET", &format!("/api/admin/users?{query}"), None).await.json::<People>() }
    };
    let first = list(String::new()).await;
    assert_eq!(first.people.len(), 100);
    let second = list(format!("cursor={}", first.next.unwrap())).await;
    assert_eq!((second.people.len(), second.next), (51, None));
    assert_eq!(list("search=MEMBER%2014".into()).await.people.len(), 11);
    assert!(list("search=ada".into()).await.people[0].used_at.is_some());
    let all = list("guests=true".into()).await;
    let rest = list(format!("guests=true&cursor={}", all.next.unwrap())).await;
    assert_eq!(all.people.len() + rest.people.len(), 152);
}

#[tokio::test]
async fn a_suspended_user_sees_the_reason_on_event_streams_and_polls() {
    let server = Server::start().await;
    let admin = server.admin("Ada").await;
    let bob = server.member("Bob").await;
    let id = server.conversation(&bob).await;
    let cursor = server.show(&bob, id).await.cursor;
    let path = |what: &str| server.url(&format!("/api/conversations/{id}/{what}"));
    let mut stream = server.http.get(path("events")).bearer_auth(bob.token()).send().await.unwrap();
    stream.chunk().await.unwrap().unwrap();
    let poll = server.http.get(path(&format!("poll?cursor={cursor}&wait_ms=20000"))).bearer_auth(bob.token()).send();
    let bar = async {
        tokio::time::sleep(Duration::from_millis(300)).await; // the poll is waiting by then
        let found = person(&server, &admin, "bob").await;
        patch(&server, &admin, &found, json!({"suspended": true, "reason": "Spam"})).await;
        Instant::now()
    };
    let (poll, since) = tokio::join!(poll, bar);
    let poll = poll.unwrap();
    assert_eq!(poll.status(), 401);
    assert!(poll.text().await.unwrap().contains("Spam"));
    let mut heard = String::new();
    while let Some(chunk) = stream.chunk().await.unwrap() {
        heard.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(heard.contains("session_revoked") && heard.contains("Spam"), "{heard}");
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
}

#[tokio::test]
async fn ending_one_session_of_a_user_keeps_the_others() {
    let server = Server::start().await;
    let admin = server.admin("Ada").await;
    let here = server.member("Bob").await;
    let there = server.sign_in("/api/auth/login", Some(json!({"username": "Bob", "password": "correct horse"}))).await;
    let eve = server.member("Eve").await;
    let own = async |user: &User| -> SessionInfo {
        let list: Vec<SessionInfo> = server.as_user(user, "GET", "/api/auth/sessions", None).await.json();
        list.into_iter().find(|it| it.current).unwrap()
    };
    let path = format!("/api/admin/users/{}/sessions", here.grant.user.id);
    let list: Vec<SessionInfo> = server.as_user(&admin, "GET", &path, None).await.json();
    assert!(list.len() == 2 && list.iter().all(|it| !it.current && !it.device.is_empty()), "{list:?}");
    let (mut one, mut other) = (Socket::ready(&server, "/ws", &there).await, Socket::ready(&server, "/ws", &here).await);
    let end = format!("{path}/{}", own(&there).await.id);
    let since = Instant::now();
    assert_eq!(server.as_user(&admin, "DELETE", &end, None).await.status, 204);
    let (ended, words) = one.ended_with_words().await;
    assert_eq!((ended.code, ended.error), (1008, Some(Code::SessionRevoked)));
    assert!(
        words.contains("An administrator signed you out here") && since.elapsed() < Duration::from_secs(1),
        "{words} {:?}",
        since.elapsed()
    );
    assert_eq!(server.call("POST", "/api/auth/refresh", &[("cookie", &there.cookie)], None).await.status, 401);
    other.send(&holdfast_protocol::ClientFrame::Ping).await;
    other.until(|frame| matches!(frame, holdfast_protocol::ServerFrame::Pong)).await;
    assert_eq!(server.as_user(&here, "GET", "/api/auth/me", None).await.status, 200);
    // Only once, and only sessions of that user.
    for missing in [end, format!("{path}/{}", own(&eve).await.id), format!("{path}/nonsense"), "/api/admin/users/nobody/sessions/x".into()]
    {
        let reply = server.as_user(&admin, "DELETE", &missing, None).await;
        assert_eq!((reply.status, reply.api_error().code), (404, Code::NotFound), "{missing}");
    }
    let nobody = "/api/admin/users/00000000-0000-4000-8000-000000000000/sessions";
    assert_eq!(server.as_user(&admin, "GET", nobody, None).await.status, 404);
    assert_eq!(server.as_user(&eve, "GET", "/api/auth/me", None).await.status, 200);
}
