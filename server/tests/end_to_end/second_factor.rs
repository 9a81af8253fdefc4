//! Two-factor authentication.

use holdfast_core::clock;
use holdfast_protocol::{
    Code,
    api::Grant,
    people::SignInMethods,
    second_factor::{RecoveryCodes, Setup},
};
use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};

use crate::support::{
    Server, Socket, User,
    server::{Reply, command},
    store,
};

/// What a user has: the authenticator app, and the recovery codes.
pub struct Phone {
    app: Totp,
    pub paper: Vec<String>,
}

impl Phone {
    /// Returns the code of this half minute, or of a later one: the server accepts one that is early, and none twice.
    fn code(&self, later: u64) -> String {
        self.app.generate(clock::now() / 1000 + 30 * later).to_string()
    }
}

fn app(setup: &Setup) -> Totp {
    Builder::new().with_secret(Secret::try_from_base32(&setup.secret).unwrap()).build_noncompliant()
}

/// Turns on two-factor authentication for an account.
pub async fn set_up(server: &Server, user: &User) -> Phone {
    let setup: Setup = server.as_user(user, "POST", "/api/auth/second-factor", Some(json!({"password": "correct horse"}))).await.json();
    let mut phone = Phone { app: app(&setup), paper: Vec::new() };
    let reply = server.as_user(user, "POST", "/api/auth/second-factor/confirm", Some(json!({"code": phone.code(0)}))).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    phone.paper = reply.json::<RecoveryCodes>().codes;
    phone
}

async fn login(server: &Server, code: Option<&str>) -> Reply {
    server.call("POST", "/api/auth/login", &[], Some(json!({"username": "Ada", "password": "correct horse", "code": code}))).await
}

fn refused(reply: &Reply) -> (u16, Code) {
    (reply.status, reply.api_error().code)
}

#[tokio::test]
async fn signing_in_requires_a_code_and_accepts_none_twice() {
    let server = Server::start().await;
    let ada = server.member("Ada").await;
    let elsewhere = User { grant: login(&server, None).await.json(), cookie: String::new() };
    let mut socket = Socket::ready(&server, "/ws", &elsewhere).await;

    let begin = |password: &str| server.as_user(&ada, "POST", "/api/auth/second-factor", Some(json!({"password": password})));
    assert_eq!(refused(&begin("wrong horse").await), (403, Code::NotAllowed));
    let setup: Setup = begin("correct horse").await.json();
    let phone = Phone { app: app(&setup), paper: Vec::new() };
    assert_eq!(login(&server, None).await.status, 201, "what is only set up keeps nobody out");
    let confirm = |code: String| server.as_user(&ada, "POST", "/api/auth/second-factor/confirm", Some(json!({"code": code})));
    assert_eq!(refused(&confirm("000 000".into()).await), (403, Code::NotAllowed));
    let first = phone.code(0);
    let paper = confirm(first.clone()).await.json::<RecoveryCodes>().codes;
    assert_eq!(socket.ended().await.error, Some(Code::SessionRevoked), "the others end");
    assert_eq!(server.as_user(&ada, "GET", "/api/auth/me", None).await.status, 200, "this one stays");
    assert!(server.as_user(&ada, "GET", "/api/auth/methods", None).await.json::<SignInMethods>().second_factor);
    assert_eq!(begin("correct horse").await.status, 409);
    assert_eq!(confirm(phone.code(1)).await.status, 409);

    assert_eq!(refused(&login(&server, None).await), (401, Code::SecondFactorRequired));
    assert_eq!(refused(&login(&server, Some(" ")).await), (401, Code::SecondFactorRequired));
    assert_eq!(refused(&login(&server, Some("12345")).await), (401, Code::AuthRequired));
    assert_eq!(refused(&login(&server, Some(&first)).await), (401, Code::AuthRequired), "it was taken when it was set up");
    let next = phone.code(1);
    let wrong = json!({"username": "Ada", "password": "wrong horse", "code": next});
    let wrong = server.call("POST", "/api/auth/login", &[], Some(wrong)).await;
    assert_eq!(wrong.api_error().error, "Name or password is wrong.", "who does not know the password hears nothing of it");
    assert_eq!(login(&server, Some(&next)).await.status, 201);
    assert_eq!(refused(&login(&server, Some(&next)).await), (401, Code::AuthRequired), "and none is good twice");

    assert_eq!(login(&server, Some(&paper[3].to_uppercase().replace('-', " "))).await.status, 201);
    assert_eq!(refused(&login(&server, Some(&paper[3])).await), (401, Code::AuthRequired));

    // The stored secret is unreadable without the server's secret.
    let kept = store::query(&server, "select hex(secret) from second_factors");
    let hashes = store::query(&server, "select group_concat(hex(hash)) from recovery_codes");
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02X}")).collect::<String>();
    assert!(!kept.contains(&hex(&setup.secret)) && paper.iter().all(|code| !hashes.contains(&hex(code))));
    assert_eq!(store::query(&server, "select count(*) from recovery_codes"), "9");
}

#[tokio::test]
async fn turning_off_two_factor_authentication_needs_password_and_code() {
    let server = Server::start().await;
    let ada = server.member("Ada").await;
    let phone = set_up(&server, &ada).await;
    let off = |password: &str, code: &str| {
        server.as_user(&ada, "POST", "/api/auth/second-factor/remove", Some(json!({"password": password, "code": code})))
    };
    assert_eq!(refused(&off("wrong horse", &phone.paper[0]).await), (403, Code::NotAllowed));
    assert_eq!(refused(&off("correct horse", "000000").await), (403, Code::NotAllowed));
    assert_eq!(refused(&off("correct horse", " ").await), (403, Code::NotAllowed));
    assert_eq!(off("correct horse", &phone.paper[0]).await.status, 204);
    assert_eq!(login(&server, None).await.status, 201);
    assert_eq!(off("correct horse", &phone.paper[1]).await.status, 404);
    assert_eq!(store::query(&server, "select count(*) from recovery_codes"), "0");
}

#[tokio::test]
async fn after_ten_wrong_codes_further_attempts_are_delayed() {
    let server = Server::with(&[("LIMITS", "on")]).await;
    let ada = server.member("Ada").await;
    let phone = set_up(&server, &ada).await;
    // From different addresses, all at once: this gets no further than a single client.
    let attempts = (0..14).map(|from| {
        let server = &server;
        async move {
            let from = format!("198.51.100.{from}");
            let body = json!({"username": "Ada", "password": "correct horse", "code": "000000"});
            server.call("POST", "/api/auth/login", &[("x-forwarded-for", &from)], Some(body)).await
        }
    });
    let replies = futures::future::join_all(attempts).await;
    let limited: Vec<_> = replies.iter().filter(|reply| reply.status == 429).collect();
    // One was used to set it up.
    assert_eq!(limited.len(), 5);
    // A token that somebody found uses up nothing.
    let confirm = server.as_user(&ada, "POST", "/api/auth/second-factor/confirm", Some(json!({"code": "000000"}))).await;
    assert_eq!(confirm.status, 409);
    assert!(limited.iter().all(|reply| reply.api_error().retry_after_ms.is_some_and(|ms| ms > 60_000)));
    let body = json!({"username": "Ada", "password": "correct horse", "code": phone.paper[0]});
    let kept = server.call("POST", "/api/auth/login", &[("x-forwarded-for", "192.0.2.7")], Some(body)).await;
    assert_eq!(kept.status, 201, "in what is on paper there is nothing to guess");
    let body = json!({"username": "Ada", "password": "correct horse", "code": phone.code(1)});
    let right = server.call("POST", "/api/auth/login", &[("x-forwarded-for", "192.0.2.7")], Some(body)).await;
    assert_eq!(refused(&right), (429, Code::RateLimited), "nothing is looked at any more");
}

#[tokio::test]
async fn an_administrator_resets_two_factor_authentication() {
    let server = Server::start().await;
    let admin = server.admin("Admin").await;
    let ada = server.member("Ada").await;
    let path = format!("/api/admin/users/{}", ada.grant.user.id);
    let person = async |patch: Value| server.as_user(&admin, "PATCH", &path, Some(patch)).await;
    set_up(&server, &ada).await;
    assert_eq!(person(json!({"second_factor": true, "role": "admin"})).await.status, 400);
    assert_eq!(person(json!({})).await.value()["role"], "member", "nothing of it was done");
    let own = format!("/api/admin/users/{}", admin.grant.user.id);
    assert_eq!(server.as_user(&admin, "PATCH", &own, Some(json!({"second_factor": false}))).await.status, 409);
    assert_eq!(person(json!({})).await.value()["second_factor"], true);
    assert_eq!(person(json!({"second_factor": false})).await.value()["second_factor"], false);
    assert_eq!(login(&server, None).await.status, 201);

    set_up(&server, &ada).await;
    let shell = |name: &str| {
        let output = command().current_dir(server.data()).args(["user", "reset-2fa", name]).env("HOLDFAST_DATA", server.data()).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert_eq!(shell("ada"), "Ada now signs in with the password alone.\n");
    assert_eq!(shell("ada"), "Ada does not use two-factor authentication.\n");
    assert_eq!(login(&server, None).await.status, 201);
}

#[tokio::test]
async fn a_link_for_a_new_password_is_not_enough_either() {
    let server = Server::start().await;
    let admin = server.admin("Admin").await;
    let ada = server.member("Ada").await;
    let phone = set_up(&server, &ada).await;
    let path = format!("/api/admin/users/{}/password-link", ada.grant.user.id);
    let link = server.as_user(&admin, "POST", &path, None).await.value()["path"].as_str().unwrap().to_owned();
    let token = link.split_once('#').unwrap().1;
    let choose = async |code: Option<&str>| {
        let body = json!({"token": token, "password": "battery staple", "code": code});
        server.call("POST", "/api/auth/password", &[], Some(body)).await
    };
    assert_eq!(refused(&choose(None).await), (401, Code::SecondFactorRequired));
    assert_eq!(refused(&choose(Some("000000")).await), (401, Code::AuthRequired));
    let grant: Grant = choose(Some(&phone.paper[0])).await.json();
    assert_eq!(grant.user.username, "Ada");
}

#[tokio::test]
async fn two_factor_authentication_survives_a_change_of_the_server_s_secret() {
    const ONE: &str = "kV0yV3X2mF5q8b1dTzR7uPwLxGh4cJnE";
    const TWO: &str = "pQ8sN1vB6xK3mZ0tW5yR2cH7jL4dF9gA";
    let mut server = Server::with(&[("SECRET", ONE)]).await;
    let ada = server.member("Ada").await;
    let phone = set_up(&server, &ada).await;
    for before in [ONE, ""] {
        server.stop().await;
        server.set("SECRET", TWO);
        server.set("SECRET_BEFORE", before);
        server.start_again();
    }
    assert_eq!(login(&server, Some(&phone.code(1))).await.status, 201, "encrypted anew while the one before was given");
    server.stop().await;
    server.set("SECRET", ONE);
    server.start_again();
    assert_eq!(refused(&login(&server, Some(&phone.code(1))).await), (401, Code::AuthRequired));
    assert_eq!(login(&server, Some(&phone.paper[0])).await.status, 201, "what is on paper counts even so");
}
