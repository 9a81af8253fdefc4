//! Permissions: every call of the server's OpenAPI document and every frame, by every kind of user. A call or frame without a row here
//! fails the test.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use holdfast_core::auth::token::Tokens;
use holdfast_protocol::{
    ClientFrame, Code, ServerFrame, SessionId,
    api::{ChatReply, Role},
    people::MadeInvitation,
    projects::Project,
    transfer::MadeShare,
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Server, Socket, User, fresh_id, server::Reply};
use crate::{files::upload, materials::read};

/// The user who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Nobody,
    Garbage,
    Expired,
    Suspended,
    Guest,
    /// A member, if the object belongs to another member.
    Stranger,
    Owner,
    Admin,
}
use Who::*;

const ALL: [Who; 8] = [Nobody, Garbage, Expired, Suspended, Guest, Stranger, Owner, Admin];

/// The expected answer for each kind of user.
enum Rule {
    /// The same for everyone, because tokens are ignored.
    Public(u16),
    /// Works without a token, but an invalid token is refused.
    Optional(u16),
    /// Works for everyone who is signed in.
    SignedIn(u16),
    /// Works for its owner; not found for everyone else.
    Own(u16, Code),
    /// Works for administrators.
    Administrators(u16),
    /// Works for accounts; guests are refused.
    Accounts(u16),
}
use Rule::*;

impl Rule {
    fn expected(&self, who: Who) -> (u16, Option<Code>) {
        let refused = match who {
            Nobody => Code::AuthRequired,
            Garbage => Code::TokenMalformed,
            Expired => Code::TokenExpired,
            Suspended => Code::SessionRevoked,
            Guest | Stranger | Owner | Admin => return self.let_in(who),
        };
        match self {
            Public(status) => (*status, None),
            Optional(status) if who == Nobody => (*status, None),
            _ => (401, Some(refused)),
        }
    }

    fn let_in(&self, who: Who) -> (u16, Option<Code>) {
        match self {
            Public(status) | Optional(status) | SignedIn(status) => (*status, None),
            Own(status, _) if who == Owner => (*status, None),
            Own(_, code) => (404, Some(*code)),
            Administrators(status) if who == Admin => (*status, None),
            Administrators(_) => (403, Some(Code::NotAllowed)),
            Accounts(_) if who == Guest => (403, Some(Code::NotAllowed)),
            Accounts(status) => (*status, None),
        }
    }
}

/// Every call: method, path, body, and the expected answer. Names in braces are created for each attempt.
fn calls() -> Vec<(&'static str, &'static str, Value, Rule)> {
    let none = Value::Null;
    let missing = Code::ConversationNotFound;
    vec![
        ("post", "/api/auth/guest", none.clone(), Public(201)),
        ("post", "/api/auth/login", json!({"username": "owner", "password": "correct horse"}), Public(201)),
        ("post", "/api/auth/signup", json!({"username": "{name}", "password": "correct horse"}), Optional(201)),
        ("post", "/api/auth/claim", json!({"token": "guess", "username": "{name}", "password": "correct horse"}), Optional(403)),
        ("post", "/api/auth/password", json!({"token": "guess", "password": "correct horse"}), Public(403)),
        ("post", "/api/auth/invitation", json!({"code": "guess"}), Public(200)),
        ("post", "/api/auth/refresh", none.clone(), Public(401)),
        ("post", "/api/auth/logout", none.clone(), SignedIn(204)),
        ("get", "/api/auth/me", none.clone(), SignedIn(200)),
        ("patch", "/api/auth/me", json!({"username": "{name}", "current_password": "correct horse"}), Accounts(200)),
        ("post", "/api/auth/remove", json!({"password": "correct horse"}), SignedIn(204)),
        ("get", "/api/auth/methods", none.clone(), SignedIn(200)),
        // Started, but not in force: that requires a code.
        ("post", "/api/auth/second-factor", json!({"password": "correct horse"}), Accounts(201)),
        ("post", "/api/auth/second-factor/confirm", json!({"code": "none"}), Accounts(403)),
        ("post", "/api/auth/second-factor/remove", json!({"password": "correct horse", "code": "none"}), Accounts(404)),
        // There is no provider of this name here.
        ("post", "/api/auth/methods/{way}", json!({"password": "correct horse"}), Accounts(404)),
        ("post", "/api/auth/methods/{way}/remove", json!({"password": "correct horse"}), Accounts(404)),
        ("get", "/api/auth/sessions", none.clone(), SignedIn(200)),
        ("delete", "/api/auth/sessions", none.clone(), SignedIn(204)),
        ("delete", "/api/auth/sessions/{session}", none.clone(), Own(204, Code::NotFound)),
        ("get", "/api/admin/users", none.clone(), Administrators(200)),
        ("patch", "/api/admin/users/{user}", json!({"suspended": true, "reason": "x"}), Administrators(200)),
        ("delete", "/api/admin/users/{user}", none.clone(), Administrators(204)),
        ("get", "/api/admin/users/{owner}/sessions", none.clone(), Administrators(200)),
        ("delete", "/api/admin/users/{owner}/sessions/{session}", none.clone(), Administrators(204)),
        ("post", "/api/admin/users/{user}/password-link", none.clone(), Administrators(201)),
        ("get", "/api/admin/invitations", none.clone(), Administrators(200)),
        ("post", "/api/admin/invitations", json!({}), Administrators(201)),
        ("delete", "/api/admin/invitations/{invitation}", none.clone(), Administrators(204)),
        ("get", "/api/storage", none.clone(), SignedIn(200)),
        ("get", "/api/admin/activity", none.clone(), Administrators(200)),
        ("get", "/api/admin/limits", none.clone(), Administrators(200)),
        ("patch", "/api/admin/limits", json!({"answers": 5}), Administrators(200)),
        ("get", "/api/admin/providers", none.clone(), Administrators(200)),
        ("post", "/api/admin/providers", json!({"name": "{slug}", "kind": "openai", "url": "http://127.0.0.1:9/v1"}), Administrators(201)),
        ("patch", "/api/admin/providers/{provider}", json!({"visible_to": "administrators"}), Administrators(200)),
        ("delete", "/api/admin/providers/{provider}", none.clone(), Administrators(204)),
        ("post", "/api/admin/providers/{provider}/test", none.clone(), Administrators(200)),
        ("get", "/api/keys", none.clone(), Accounts(200)),
        ("post", "/api/keys/{provider}", json!({"key": "sk-own"}), Accounts(204)),
        ("delete", "/api/keys/{provider}", none.clone(), Accounts(204)),
        ("post", "/api/keys/{provider}/confirm", none.clone(), Accounts(404)),
        // Nobody has a key there.
        ("post", "/api/keys/{provider}/test", none.clone(), Accounts(404)),
        ("get", "/api/settings", none.clone(), SignedIn(200)),
        ("patch", "/api/settings", json!({"temperature": 0.5}), SignedIn(200)),
        ("get", "/api/admin/settings", none.clone(), Administrators(200)),
        ("patch", "/api/admin/settings", json!({"temperature": 0.5}), Administrators(200)),
        ("get", "/api/conversations/{conversation}/settings", none.clone(), Own(200, missing)),
        ("get", "/api/usage", none.clone(), SignedIn(200)),
        ("get", "/api/conversations/{conversation}/usage", none.clone(), Own(200, missing)),
        ("get", "/api/admin/usage", none.clone(), Administrators(200)),
        ("get", "/api/admin/usage/csv", none.clone(), Administrators(200)),
        ("get", "/api/admin/prices", none.clone(), Administrators(200)),
        ("put", "/api/admin/prices", json!({"prices": []}), Administrators(200)),
        ("get", "/api/admin/budgets", none.clone(), Administrators(200)),
        ("put", "/api/admin/budgets", json!({}), Administrators(200)),
        ("put", "/api/admin/users/{user}/budget", json!({}), Administrators(204)),
        ("delete", "/api/admin/users/{user}/budget", none.clone(), Administrators(204)),
        ("get", "/api/projects", none.clone(), SignedIn(200)),
        ("post", "/api/projects", json!({"name": "Thesis"}), SignedIn(201)),
        ("get", "/api/projects/{project}", none.clone(), Own(200, Code::NotFound)),
        ("patch", "/api/projects/{project}", json!({"name": "x", "settings": {"seed": 1}}), Own(200, Code::NotFound)),
        ("delete", "/api/projects/{project}", none.clone(), Own(204, Code::NotFound)),
        ("post", "/api/projects/{project}/restore", none.clone(), Own(200, Code::NotFound)),
        ("get", "/api/conversations", none.clone(), SignedIn(200)),
        ("post", "/api/conversations", json!({}), SignedIn(201)),
        ("get", "/api/conversations/{conversation}", none.clone(), Own(200, missing)),
        ("get", "/api/conversations/{conversation}/earlier", none.clone(), Own(200, missing)),
        ("patch", "/api/conversations/{conversation}", json!({"title": "x", "settings": {"seed": 1}}), Own(200, missing)),
        ("delete", "/api/conversations/{conversation}", none.clone(), Own(204, missing)),
        ("post", "/api/conversations/{conversation}/restore", none.clone(), Own(200, missing)),
        ("get", "/api/conversations/{conversation}/export", none.clone(), Own(200, missing)),
        ("get", "/api/export", none.clone(), SignedIn(200)),
        ("post", "/api/import", json!({"conversations": []}), SignedIn(200)),
        ("post", "/api/conversations/{conversation}/shares", json!({}), Own(201, missing)),
        ("get", "/api/shares", none.clone(), SignedIn(200)),
        ("delete", "/api/shares/{share}", none.clone(), Own(204, Code::NotFound)),
        (
            "post",
            "/api/conversations/{conversation}/messages",
            json!({"message_id": "{new}", "content": "x", "model": "echo"}),
            Own(202, missing),
        ),
        ("get", "/api/conversations/{conversation}/events", none.clone(), Own(200, missing)),
        ("get", "/api/conversations/{conversation}/poll", none.clone(), Own(200, missing)),
        ("post", "/api/answers/{answer}/stop", none.clone(), Own(202, missing)),
        // A complete answer can't be continued; only its owner is told so.
        ("post", "/api/answers/{answer}/continue", none.clone(), Own(400, missing)),
        ("post", "/api/messages/{answer}/regenerate", json!({"answer_id": "{new}", "model": "echo"}), Own(202, missing)),
        ("get", "/api/files", none.clone(), SignedIn(200)),
        // Neither a form nor the length of an upload.
        ("post", "/api/files", json!({}), SignedIn(400)),
        ("get", "/api/files/{file}", none.clone(), Own(200, Code::NotFound)),
        ("head", "/api/files/{file}", none.clone(), Own(200, Code::NotFound)),
        ("patch", "/api/files/{file}", json!({"name": "x"}), Own(200, Code::NotFound)),
        ("delete", "/api/files/{file}", none.clone(), Own(204, Code::NotFound)),
        ("get", "/api/files/{file}/content", none.clone(), Own(200, Code::NotFound)),
        ("get", "/api/files/{file}/pages/{page}", none.clone(), Own(200, Code::NotFound)),
        ("get", "/api/search", none.clone(), SignedIn(200)),
        ("post", "/api/chat", json!({"content": "x", "conversation_id": "{conversation}", "model": "echo"}), Own(200, missing)),
        ("get", "/api/models", none.clone(), SignedIn(200)),
        ("get", "/health", none.clone(), Public(200)),
        ("get", "/health/full", none.clone(), Public(200)),
        ("get", "/metrics", none, Public(200)),
    ]
}

/// After these calls, the caller is another user or none.
const ENDS_WHO_TRIES: [&str; 5] = ["/api/auth/signup", "/api/auth/logout", "/api/auth/me", "/api/auth/remove", "/api/auth/sessions"];

struct Scene {
    server: Server,
    admin: User,
    users: BTreeMap<Who, User>,
    expired: String,
    suspended: User,
    made: usize,
}

impl Scene {
    async fn new() -> Self {
        let server = Server::start().await;
        let admin = server.admin("Admin").await;
        let suspended = server.member("Suspended").await;
        let body = Some(json!({"suspended": true, "reason": "testing"}));
        let reply = server.as_user(&admin, "PATCH", &format!("/api/admin/users/{}", suspended.grant.user.id), body).await;
        assert_eq!(reply.status, 200);
        let owner = server.member("owner").await;
        let expired = expired(&server, &owner);
        let raised = server.member("Another admin").await;
        let path = format!("/api/admin/users/{}", raised.grant.user.id);
        assert_eq!(server.as_user(&admin, "PATCH", &path, Some(json!({"role": "admin"}))).await.status, 200);
        let users =
            BTreeMap::from([(Owner, owner), (Stranger, server.member("Stranger").await), (Guest, server.guest().await), (Admin, raised)]);
        Self { server, admin, users, expired, suspended, made: 0 }
    }

    fn token(&self, who: Who) -> Option<String> {
        match who {
            Nobody => None,
            Garbage => Some("garbage".into()),
            Expired => Some(self.expired.clone()),
            Suspended => Some(self.suspended.token().to_owned()),
            Guest | Stranger | Owner | Admin => Some(self.users[&who].token().to_owned()),
        }
    }

    fn name(&mut self) -> String {
        self.made += 1;
        format!("made {}", self.made)
    }

    /// Somebody new in their place.
    async fn replace(&mut self, who: Who) {
        let user = match who {
            Guest => self.server.guest().await,
            Stranger | Owner | Admin => {
                let name = self.name();
                let user = self.server.member(&name).await;
                if who == Admin {
                    let path = format!("/api/admin/users/{}", user.grant.user.id);
                    assert_eq!(self.server.as_user(&self.admin, "PATCH", &path, Some(json!({"role": "admin"}))).await.status, 200);
                }
                user
            }
            Nobody | Garbage | Expired | Suspended => return,
        };
        self.users.insert(who, user);
    }

    /// Makes what stands in braces, the owner's where it is somebody's.
    async fn fill(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        let owner = self.users[&Owner].clone();
        if text.contains("{name}") {
            text = text.replace("{name}", &self.name());
        }
        if text.contains("{slug}") {
            text = text.replace("{slug}", &self.name().replace(' ', "-"));
        }
        if text.contains("{provider}") {
            let name = self.name().replace(' ', "-");
            let body = json!({"name": name, "kind": "openai", "url": "http://127.0.0.1:9/v1", "own_keys": true});
            assert_eq!(self.server.as_user(&self.admin, "POST", "/api/admin/providers", Some(body)).await.status, 201);
            text = text.replace("{provider}", &name);
        }
        if text.contains("{new}") {
            text = text.replace("{new}", &fresh_id().to_string());
        }
        if text.contains("{conversation}") || text.contains("{answer}") {
            let reply: ChatReply = self.server.chat(&owner, json!({"content": "secret", "model": "echo"})).await;
            text = text.replace("{conversation}", &reply.conversation_id.to_string()).replace("{answer}", &reply.answer_id.to_string());
        }
        if text.contains("{session}") {
            let body = json!({"username": owner.grant.user.username, "password": "correct horse"});
            let other = self.server.sign_in("/api/auth/login", Some(body)).await;
            text = text.replace("{session}", &session(&other).to_string());
        }
        text = text.replace("{owner}", &owner.grant.user.id.to_string());
        if text.contains("{user}") {
            let name = self.name();
            text = text.replace("{user}", &self.server.member(&name).await.grant.user.id.to_string());
        }
        if text.contains("{share}") {
            let reply: ChatReply = self.server.chat(&owner, json!({"content": "secret", "model": "echo"})).await;
            let path = format!("/api/conversations/{}/shares", reply.conversation_id);
            let made: MadeShare = self.server.as_user(&owner, "POST", &path, Some(json!({}))).await.json();
            text = text.replace("{share}", &made.share.id.to_string());
        }
        if text.contains("{project}") {
            let made = self.server.as_user(&owner, "POST", "/api/projects", Some(json!({"name": "Thesis"}))).await;
            text = text.replace("{project}", &made.json::<Project>().id.to_string());
        }
        if text.contains("{file}") {
            let file = upload(&self.server, &owner, "secret.txt", b"secret words").await.id;
            read(&self.server, &owner, file).await;
            text = text.replace("{file}", &file.to_string());
        }
        text = text.replace("{page}", "1");
        if text.contains("{invitation}") {
            let made: MadeInvitation = self.server.as_user(&self.admin, "POST", "/api/admin/invitations", Some(json!({}))).await.json();
            text = text.replace("{invitation}", &made.invitation.id.to_string());
        }
        text
    }

    async fn call(&self, who: Who, method: &str, path: &str, body: &str) -> Reply {
        let asked = match path.rsplit('/').next() {
            Some("poll") => "?wait_ms=0".to_owned(),
            Some("earlier") => format!("?before={}", fresh_id()),
            _ => String::new(),
        };
        let path = format!("{path}{asked}");
        let mut request = self.server.http.request(method.to_uppercase().parse().unwrap(), self.server.url(&path));
        if let Some(token) = self.token(who) {
            request = request.bearer_auth(token);
        }
        if body != "null" {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        // An event stream has no end.
        let text = if status < 400 { String::new() } else { response.text().await.unwrap() };
        Reply { status, headers, text }
    }
}

fn payload(user: &User) -> Value {
    let part = user.token().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn session(user: &User) -> SessionId {
    serde_json::from_value(payload(user)["sid"].clone()).unwrap()
}

/// A token that this very server signed, an hour too old.
fn expired(server: &Server, user: &User) -> String {
    let secret = std::fs::read_to_string(server.data().join("secret")).unwrap();
    let issued = payload(user)["iat"].as_u64().unwrap() * 1000 - 2 * 3_600_000;
    Tokens::new(secret.trim().as_bytes(), 3_600_000).issue(&user.grant.user, session(user), issued).unwrap().0
}

#[tokio::test]
async fn every_call_gives_each_kind_of_user_the_expected_status() {
    let mut scene = Scene::new().await;
    let document = scene.server.get("/api/openapi.json").await.value();
    // Braces have names of their own on either side.
    let plain = |path: &str| path.split('/').map(|part| if part.starts_with('{') { "{id}" } else { part }).collect::<Vec<_>>().join("/");
    let mut there: Vec<(String, String)> = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        there.extend(methods.as_object().unwrap().keys().map(|method| (method.clone(), plain(path))));
    }
    let mut rows: Vec<(String, String)> = calls().iter().map(|(method, path, ..)| ((*method).to_owned(), plain(path))).collect();
    there.sort();
    rows.sort();
    assert_eq!(there, rows, "each call of the document has one row above");

    // The statuses that the document names for a call.
    let told_of = |method: &str, path: &str, status: u16| {
        let (_, methods) = document["paths"].as_object().unwrap().iter().find(|(known, _)| plain(known) == plain(path)).unwrap();
        methods[method]["responses"].get(status.to_string()).is_some()
    };
    let mut wrong = Vec::new();
    for (method, path, body, rule) in calls() {
        for who in ALL {
            let (path_, body_) = (scene.fill(path).await, scene.fill(&body.to_string()).await);
            let reply = scene.call(who, method, &path_, &body_).await;
            let (status, code) = rule.expected(who);
            // A reply to HEAD has no body.
            let (code, told) = match method {
                "head" => (None, None),
                _ => (code, (reply.status >= 400).then(|| reply.api_error().code)),
            };
            if reply.status != status || code.is_some_and(|code| told != Some(code)) {
                wrong.push(format!("{method} {path} by {who:?}: {} {told:?}, not {status} {code:?}", reply.status));
            }
            if !told_of(method, path, reply.status) {
                wrong.push(format!("{method} {path} by {who:?}: {} is not in the document", reply.status));
            }
            if who == Stranger
                && let Own(..) = rule
            {
                // What is another's and what never was are told alike.
                let nothing = "00000000-0000-4000-8000-000000000000";
                let fill = |text: &str| {
                    ["{conversation}", "{answer}", "{session}", "{share}", "{file}", "{project}"]
                        .iter()
                        .fold(text.to_owned(), |text, it| text.replace(it, nothing))
                };
                let body = scene.fill(&fill(&body.to_string())).await;
                let missing = scene.call(who, method, &fill(path).replace("{page}", "1"), &body).await;
                if (missing.status, &missing.text) != (reply.status, &reply.text) {
                    wrong.push(format!("{method} {path}: {} {} is not {} {}", reply.status, reply.text, missing.status, missing.text));
                }
            }
            if ENDS_WHO_TRIES.iter().any(|ends| path.starts_with(ends)) {
                scene.replace(who).await;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every frame: what it is refused with on a socket whose user is not the owner of what it names, and
/// of the owner. None: it is not.
fn frames() -> Vec<(&'static str, Value, Option<Code>, Option<Code>)> {
    let missing = Some(Code::ConversationNotFound);
    vec![
        ("initial", json!({"token": "{token}"}), Some(Code::BadFrame), Some(Code::BadFrame)),
        ("open", json!({"conversation_id": "{conversation}"}), missing, None),
        ("close", json!({"conversation_id": "{conversation}"}), None, None),
        ("chat", json!({"message_id": "{new}", "content": "x", "model": "echo", "conversation_id": "{conversation}"}), missing, None),
        ("stop", json!({"answer_id": "{answer}"}), missing, None),
        ("continue", json!({"answer_id": "{answer}"}), missing, Some(Code::BadFrame)),
        ("regenerate", json!({"message_id": "{answer}", "answer_id": "{new}", "model": "echo"}), missing, None),
        // The token is the owner's.
        ("auth", json!({"token": "{token}"}), Some(Code::UserMismatch), None),
        ("ping", json!({}), None, None),
        ("pong", json!({}), None, None),
    ]
}

#[tokio::test]
async fn every_frame_gives_each_kind_of_user_the_expected_reply() {
    let mut scene = Scene::new().await;
    let guest = scene.users[&Guest].clone();
    let mut socket = Socket::ready(&scene.server, "/ws", &guest).await;
    socket.send_text(r#"{"type":"?"}"#).await;
    let ServerFrame::Error { error, .. } = socket.until(|frame| matches!(frame, ServerFrame::Error { .. })).await else { unreachable!() };
    let known: Vec<&str> = error.split_once("There are: ").unwrap().1.trim_end_matches('.').split(", ").collect();
    assert_eq!(known, frames().iter().map(|(kind, ..)| *kind).collect::<Vec<_>>(), "each frame that the server knows has one row above");

    let mut wrong = Vec::new();
    for (kind, fields, strangers, owner) in frames() {
        for who in ALL {
            let mut frame = fields.clone();
            frame["type"] = json!(kind);
            let text = scene.fill(&frame.to_string()).await.replace("{token}", scene.users[&Owner].token());
            let mut socket = Socket::open(&scene.server, "/ws").await;
            let expected = match who {
                Nobody if kind == "initial" => continue, // it is what one says who one is with
                Nobody => Some(Code::AuthRequired),
                Garbage => Some(Code::TokenMalformed),
                Expired => Some(Code::TokenExpired),
                Suspended => Some(Code::SessionRevoked),
                Guest | Stranger | Admin => strangers,
                Owner => owner,
            };
            if let Some(token) = scene.token(who) {
                socket.initial(&token).await;
            }
            socket.send_text(&text).await;
            let told = if matches!(who, Nobody | Garbage | Expired | Suspended) {
                let ended = socket.ended().await;
                assert_eq!(ended.code, 1008, "{kind} by {who:?}");
                ended.error
            } else {
                errors_before_pong(&mut socket, kind).await
            };
            if told != expected {
                wrong.push(format!("{kind} by {who:?}: {told:?}, not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a frame was refused with. A socket answers in order, so a ping behind it tells when it is done.
async fn errors_before_pong(socket: &mut Socket, kind: &str) -> Option<Code> {
    let mut pongs = if kind == "ping" { 2 } else { 1 };
    let mut told = None;
    socket.send(&ClientFrame::Ping).await;
    loop {
        match socket.next().await {
            ServerFrame::Error { code, .. } => told = Some(code),
            ServerFrame::Pong => {
                pongs -= 1;
                if pongs == 0 {
                    return told;
                }
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn response_times_do_not_reveal_conversations_or_names() {
    let server = Server::start().await;
    let (owner, stranger) = (server.member("owner").await, server.member("Stranger").await);
    let there = server.chat(&owner, json!({"content": "secret", "model": "echo"})).await.conversation_id.to_string();
    let look = |id: String| {
        let (server, stranger) = (&server, &stranger);
        async move { server.as_user(stranger, "GET", &format!("/api/conversations/{id}"), None).await.status }
    };
    let (mut one, mut other) = (Vec::new(), Vec::new());
    for _ in 0..200 {
        one.push(timed(look(there.clone()), 404).await);
        other.push(timed(look(fresh_id().to_string()), 404).await);
    }
    alike(one, other);
    let file = upload(&server, &owner, "secret.pdf", b"secret").await.id.to_string();
    for what in ["", "/content", "/pages/1"] {
        let look = |id: String| {
            let (server, stranger) = (&server, &stranger);
            async move { server.as_user(stranger, "GET", &format!("/api/files/{id}{what}"), None).await.status }
        };
        let (mut one, mut other) = (Vec::new(), Vec::new());
        for _ in 0..100 {
            one.push(timed(look(file.clone()), 404).await);
            other.push(timed(look(fresh_id().to_string()), 404).await);
        }
        alike(one, other);
    }
    let login = |name: &'static str| {
        let server = &server;
        async move { server.call("POST", "/api/auth/login", &[], Some(json!({"username": name, "password": "wrong horse"}))).await.status }
    };
    let (mut one, mut other) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        one.push(timed(login("owner"), 401).await);
        other.push(timed(login("nobody"), 401).await);
    }
    alike(one, other);
    assert_eq!(owner.grant.user.role, Role::Member);
}

async fn timed(call: impl Future<Output = u16>, status: u16) -> Duration {
    let since = Instant::now();
    assert_eq!(call.await, status);
    since.elapsed()
}

/// Their medians are: the machine has other things to do too.
fn alike(mut one: Vec<Duration>, mut other: Vec<Duration>) {
    one.sort();
    other.sort();
    let (one, other) = (one[one.len() / 2], other[other.len() / 2]);
    let (less, more) = (one.min(other), one.max(other));
    assert!(more < less.mul_f64(1.6) + Duration::from_millis(1), "{one:?} {other:?}");
}
