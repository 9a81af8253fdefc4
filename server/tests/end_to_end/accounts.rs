//! Guests, accounts and the session cookie.

use holdfast_protocol::{
    Code,
    api::{Grant, Role, User as Person},
};
use serde_json::json;

use crate::support::{Server, server::cookie};

#[tokio::test]
async fn a_guest_who_signs_up_keeps_the_conversations() {
    let server = Server::start().await;
    let guest = server.guest().await;
    let reply = server.chat(&guest, json!({"content": "keep me", "model": "echo"})).await;
    let body = json!({"username": "Ada", "password": "correct horse"});
    let up = server.as_user(&guest, "POST", "/api/auth/signup", Some(body.clone())).await;
    assert_eq!(up.status, 201, "{}", up.text);
    let grant: Grant = up.json();
    assert_eq!((grant.user.id, grant.user.role, grant.user.username.as_str()), (guest.grant.user.id, Role::Member, "Ada"));
    let login = server.call("POST", "/api/auth/login", &[], Some(json!({"username": "aDA", "password": "correct horse"}))).await;
    assert_eq!(login.status, 201);
    let member = crate::support::User { cookie: cookie(&login).unwrap(), grant: login.json() };
    assert_eq!(server.show(&member, reply.conversation_id).await.messages.len(), 2);
    let me: Person = server.as_user(&member, "GET", "/api/auth/me", None).await.json();
    assert_eq!(me, member.grant.user);
    let taken = server.call("POST", "/api/auth/signup", &[], Some(body)).await;
    assert_eq!((taken.status, taken.api_error().error.contains("taken")), (409, true));
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_get_the_same_reply() {
    let server = Server::start().await;
    server.member("Ada").await;
    let wrong = |name: &str| json!({"username": name, "password": "wrong horse"});
    let (one, other) = (
        server.call("POST", "/api/auth/login", &[], Some(wrong("Ada"))).await,
        server.call("POST", "/api/auth/login", &[], Some(wrong("Nobody"))).await,
    );
    assert_eq!((one.status, other.status), (401, 401));
    assert_eq!(one.text, other.text);
    for (name, password) in [("", "long enough"), ("Ada\nBob", "long enough"), ("Bob", "short"), ("Bob", "password1"), ("Bob", "bobbobbob")]
    {
        let reply = server.call("POST", "/api/auth/signup", &[], Some(json!({"username": name, "password": password}))).await;
        assert_eq!((reply.status, reply.api_error().code), (400, Code::BadFrame), "{name:?} {password:?}");
    }
}

#[tokio::test]
async fn two_tabs_may_refresh_at_once() {
    let server = Server::start().await;
    let user = server.guest().await;
    let refresh = |cookie: String| {
        let server = &server;
        async move { server.call("POST", "/api/auth/refresh", &[("cookie", &cookie)], None).await }
    };
    let first = refresh(user.cookie.clone()).await;
    assert_eq!(first.status, 200);
    let rotated = cookie(&first).unwrap();
    assert_ne!(rotated, user.cookie);
    assert_eq!(refresh(user.cookie.clone()).await.status, 200, "the other tab still had the cookie before");
    assert_eq!(refresh(rotated).await.status, 200);
}

#[tokio::test]
async fn scripts_cannot_read_the_cookie_and_it_authorizes_no_change() {
    let server = Server::start().await;
    let reply = server.call("POST", "/api/auth/guest", &[("x-forwarded-proto", "https")], None).await;
    let set = reply.headers["set-cookie"].to_str().unwrap().to_owned();
    for word in ["HttpOnly", "SameSite=Lax", "Path=/", "Secure", "Max-Age=2592000"] {
        assert!(set.contains(word), "{word}: {set}");
    }
    let plain = server.call("POST", "/api/auth/guest", &[], None).await;
    assert!(!plain.headers["set-cookie"].to_str().unwrap().contains("Secure"), "a cookie that http could not send back");
    let value = cookie(&plain).unwrap();
    let reply = server.call("POST", "/api/conversations", &[("cookie", &value)], Some(json!({}))).await;
    assert_eq!((reply.status, reply.api_error().code), (401, Code::AuthRequired));
}

#[tokio::test]
async fn guests_and_accounts_can_be_switched_off() {
    let server = Server::with(&[("GUESTS", "false"), ("SIGNUP", "false")]).await;
    for (path, body) in [("/api/auth/guest", None), ("/api/auth/signup", Some(json!({"username": "Ada", "password": "correct horse"})))] {
        assert_eq!(server.call("POST", path, &[], body).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn attempts_to_sign_in_are_limited() {
    let server = Server::with(&[("LIMITS", "on")]).await;
    let mut last = 0;
    for n in 0..11 {
        // A different name each time, because failures at one name delay the next attempt.
        last = server.call("POST", "/api/auth/login", &[], Some(json!({"username": format!("x{n}"), "password": "x"}))).await.status;
    }
    assert_eq!(last, 429);
}

#[tokio::test]
async fn guessing_at_one_name_from_many_addresses_becomes_slow_and_locks_nobody_out() {
    let server = Server::with(&[("LIMITS", "on")]).await;
    server.member("Ada").await;
    let attempt = |from: u32, name: &'static str, password: &'static str| {
        let server = &server;
        async move {
            let since = tokio::time::Instant::now();
            let from = format!("198.51.100.{from}");
            let body = json!({"username": name, "password": password});
            let status = server.call("POST", "/api/auth/login", &[("x-forwarded-for", &from)], Some(body)).await.status;
            (status, since.elapsed().as_millis())
        }
    };
    for from in 0..6 {
        assert_eq!(attempt(from, "ada", "wrong horse").await.0, 401);
    }
    let (status, took) = attempt(6, "ADA", "wrong horse").await;
    assert!((status, took >= 2_000) == (401, true), "{took} ms");
    let (status, took) = attempt(7, "Ada", "correct horse").await;
    assert!((status, took >= 4_000) == (201, true), "{took} ms");
    let (status, took) = attempt(8, "Ada", "correct horse").await;
    assert!(status == 201 && took < 2_000, "{took} ms");
}

#[tokio::test]
async fn weak_passwords_are_refused_everywhere() {
    let server = Server::start().await;
    let ada = server.member("Ada Lovelace").await;
    let admin = server.admin("Admin").await;
    let path = format!("/api/admin/users/{}/password-link", ada.grant.user.id);
    let link = server.as_user(&admin, "POST", &path, None).await.value();
    let token = link["path"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let easy = |reply: &crate::support::server::Reply| {
        assert_eq!((reply.status, reply.api_error().code), (400, Code::BadFrame), "{}", reply.text);
        assert!(reply.api_error().error.contains("easy to guess"), "{}", reply.text);
    };
    for password in ["iloveyou", "Password123", "Lovelace1815"] {
        easy(&server.call("POST", "/api/auth/signup", &[], Some(json!({"username": "Lovelace", "password": password}))).await);
        let change = json!({"password": password, "current_password": "correct horse"});
        easy(&server.as_user(&ada, "PATCH", "/api/auth/me", Some(change)).await);
        easy(&server.call("POST", "/api/auth/password", &[], Some(json!({"token": token, "password": password}))).await);
        let claim = json!({"token": "guess", "username": "Lovelace", "password": password});
        easy(&server.call("POST", "/api/auth/claim", &[], Some(claim)).await);
    }
    // The new name counts for the password rule, and the link stays valid after a refusal.
    let change = json!({"username": "Analytical Engine", "password": "analyticalengine", "current_password": "correct horse"});
    easy(&server.as_user(&ada, "PATCH", "/api/auth/me", Some(change)).await);
    server.sign_in("/api/auth/password", Some(json!({"token": token, "password": "battery staple"}))).await;
    // An existing password of this kind still works.
    server.sign_in("/api/auth/login", Some(json!({"username": "ada lovelace", "password": "battery staple"}))).await;
}

#[tokio::test]
async fn over_https_the_cookie_has_a_name_that_no_other_host_can_set() {
    let server = Server::start().await;
    let https = |cookies: &str| [("x-forwarded-proto", "https".to_owned()), ("cookie", cookies.to_owned())];
    let call = async |method: &str, path: &str, cookies: &str| {
        let headers = https(cookies);
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        server.call(method, path, &headers, None).await
    };
    let set = |reply: &crate::support::server::Reply| -> Vec<String> {
        reply.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap().to_owned()).collect()
    };
    let [one] = set(&call("POST", "/api/auth/guest", "").await).try_into().unwrap();
    assert!(
        one.starts_with("__Host-holdfast_session=") && one.contains("Path=/;") && one.contains("Secure") && !one.contains("Domain"),
        "{one}"
    );
    // A cookie that came over HTTP, or that somebody else set, is ignored and removed, alone or beside the real one.
    let planted = server.member("Mallory").await.cookie;
    assert!(planted.starts_with("holdfast_session="));
    assert!(!call("GET", "/settings/account", &planted).await.text.contains("Mallory"));
    assert_eq!(call("POST", "/api/auth/refresh", &planted).await.status, 401);
    server.member("Ada").await;
    let credentials = serde_json::json!({ "username": "Ada", "password": "correct horse" });
    let headers = [("x-forwarded-proto", "https"), ("cookie", planted.as_str())];
    let renewed = server.call("POST", "/api/auth/login", &headers, Some(credentials)).await;
    assert_eq!(renewed.status, 201);
    let both = set(&renewed);
    let fresh = both.iter().find(|it| it.starts_with("__Host-holdfast_session=")).unwrap().split(';').next().unwrap().to_owned();
    assert!(both.len() == 2 && both.iter().any(|it| it.starts_with("holdfast_session=;") && it.contains("Max-Age=0")), "{both:?}");
    let page = call("GET", "/settings/account", &format!("{planted}; {fresh}")).await.text;
    assert!(page.contains("Ada") && !page.contains("Mallory"), "{page}");
    let token = format!("Bearer {}", renewed.json::<Grant>().access_token);
    let headers = [("x-forwarded-proto", "https"), ("cookie", fresh.as_str()), ("authorization", token.as_str())];
    let out = set(&server.call("POST", "/api/auth/logout", &headers, None).await);
    assert!(
        out.iter().any(|it| it.starts_with("__Host-holdfast_session=;") && it.contains("Max-Age=0") && it.contains("Secure")),
        "{out:?}"
    );
}
