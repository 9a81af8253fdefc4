//! Linking a provider to an existing account, and unlinking it.

use holdfast_protocol::{
    Code,
    people::{SignInMethod, SignInMethods},
};
use serde_json::json;

use super::{Browser, location, pair, sign_in, sign_in_at, there};
use crate::{
    second_factor::set_up,
    support::{Server, User, server::Reply, store},
};

/// Requests to link the provider to an account, with the password of the tests' members.
async fn join(server: &Server, user: &User, password: &str) -> Reply {
    server.as_user(user, "POST", "/api/auth/methods/main", Some(json!({"password": password}))).await
}

/// Links the provider. Returns where the browser ends.
async fn joined(server: &Server, user: &User) -> (String, Browser) {
    let reply = join(server, user, "correct horse").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let mut browser = Browser::of(user);
    let to = sign_in_at(server, &mut browser, reply.value()["path"].as_str().unwrap()).await;
    (to, browser)
}

async fn part(server: &Server, user: &User, password: &str) -> Reply {
    server.as_user(user, "POST", "/api/auth/methods/main/remove", Some(json!({"password": password}))).await
}

#[tokio::test]
async fn a_user_links_an_account_with_a_provider_and_unlinks_it() {
    let (idp, server) = pair().await;
    let member = server.member("Member").await;
    // The name and the address are the same here and there, which joins nothing.
    idp.person(json!({"sub": "ada-1", "preferred_username": "Member", "email": "member@example.com", "email_verified": true}));
    let wrong = join(&server, &member, "wrong horse").await;
    assert_eq!((wrong.status, wrong.api_error().code), (403, Code::NotAllowed));
    let guest = server.guest().await;
    assert_eq!(join(&server, &guest, "").await.status, 403);
    let other = server.as_user(&member, "POST", "/api/auth/methods/other", Some(json!({"password": "correct horse"}))).await;
    assert_eq!(other.status, 404);

    let (to, browser) = joined(&server, &member).await;
    assert_eq!(to, "/settings/account");
    assert_eq!(browser.0["holdfast_session"], member.cookie.split_once('=').unwrap().1, "the session is the one it was");
    let ways: SignInMethods = server.as_user(&member, "GET", "/api/auth/methods", None).await.json();
    assert_eq!(
        ways,
        SignInMethods {
            password: true,
            through: vec![SignInMethod { name: "main".into(), label: "Main Street".into() }],
            second_factor: false
        }
    );
    let mut elsewhere = Browser::default();
    sign_in(&server, &mut elsewhere).await;
    assert_eq!(elsewhere.grant(&server).await.unwrap().user.id, member.grant.user.id);
    // The password still opens it. Again is no harm; somebody else there is not joined too.
    server.sign_in("/api/auth/login", Some(json!({"username": "Member", "password": "correct horse"}))).await;
    assert_eq!(joined(&server, &member).await.0, "/settings/account");
    idp.person(json!({"sub": "eve-1", "preferred_username": "Eve"}));
    let (to, mut browser) = joined(&server, &member).await;
    assert!(to.starts_with("/settings/account?problem="), "{to}");
    let page = browser.get(&server, &to).await.text;
    assert!(page.contains("already linked with another account at Main Street"), "{page}");
    // Nor is one who signs in to another account.
    let second = server.member("Second").await;
    idp.person(json!({"sub": "ada-1"}));
    let (to, mut browser) = joined(&server, &second).await;
    assert!(browser.get(&server, &to).await.text.contains("is linked with another account here"));

    assert_eq!(part(&server, &member, "wrong horse").await.status, 403);
    assert_eq!(part(&server, &second, "correct horse").await.status, 404);
    assert_eq!(part(&server, &member, "correct horse").await.status, 204);
    let mut parted = Browser::default();
    sign_in(&server, &mut parted).await;
    assert_ne!(parted.grant(&server).await.unwrap().user.id, member.grant.user.id, "who comes so is somebody new");
    // The only way in stays.
    sign_in_at(&server, &mut parted, "/auth/oidc/main?again=1").await;
    let new = parted.user(&server).await;
    let last = part(&server, &new, "").await;
    assert_eq!((last.status, last.api_error().code), (409, Code::NotAllowed));
    let body = json!({"password": "battery staple", "current_password": ""});
    assert_eq!(server.as_user(&new, "PATCH", "/api/auth/me", Some(body)).await.status, 200);
    assert_eq!(part(&server, &new, "battery staple").await.status, 204);
}

#[tokio::test]
async fn a_link_request_is_valid_only_in_its_session() {
    let (_idp, server) = pair().await;
    let (victim, thief) = (server.member("Victim").await, server.member("Thief").await);
    let lost = "does not belong to a sign-in that was started in this browser";
    let way = |reply: &Reply| reply.value()["path"].as_str().unwrap().to_owned();
    let own = way(&join(&server, &thief, "correct horse").await);
    // Sent to somebody else, it joins nothing of theirs.
    for mut browser in [Browser::of(&victim), Browser::default(), Browser::of(&server.guest().await)] {
        let to = location(&browser.get(&server, &own).await);
        assert!(to.starts_with("/settings/account?problem=") && !browser.0.contains_key("holdfast_oidc"), "{to}");
        assert!(browser.get(&server, &to).await.text.contains(lost), "{to}");
    }
    // Nor does an attempt that was put into their browser.
    let mut theirs = Browser::of(&thief);
    let back = there(&server, &mut theirs, &own).await;
    let mut browser = Browser::of(&victim);
    browser.0.insert("holdfast_oidc".into(), theirs.0["holdfast_oidc"].clone());
    let to = location(&browser.get(&server, &back).await);
    assert!(to.starts_with("/settings/account?problem=") && browser.get(&server, &to).await.text.contains(lost), "{to}");
    // Nor after one has signed out, nor made up, nor changed.
    let own = way(&join(&server, &victim, "correct horse").await);
    let mut changed = own.clone();
    changed.pop();
    for path in [changed, own.replace("link=", "link=x"), "/auth/oidc/main?link=guess".to_owned()] {
        let to = location(&Browser::of(&victim).get(&server, &path).await);
        assert!(to.starts_with("/settings/account?problem="), "{path}: {to}");
    }
    assert_eq!(server.as_user(&victim, "POST", "/api/auth/logout", None).await.status, 204);
    let to = location(&Browser::of(&victim).get(&server, &own).await);
    assert!(to.starts_with("/settings/account?problem="), "{to}");
    assert_eq!(store::query(&server, "select count(*) from identities"), "0");
}

#[tokio::test]
async fn linking_a_provider_requires_the_second_factor() {
    let (_idp, server) = pair().await;
    let member = server.member("Member").await;
    let phone = set_up(&server, &member).await;
    let without = join(&server, &member, "correct horse").await;
    assert_eq!((without.status, without.api_error().code), (403, Code::NotAllowed));
    let body = json!({"password": "correct horse", "code": phone.paper[0]});
    assert_eq!(server.as_user(&member, "POST", "/api/auth/methods/main", Some(body)).await.status, 200);
}
