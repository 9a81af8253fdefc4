//! No secret of any sign-in method is in the log, at any log level.

use std::time::Duration;

use holdfast_protocol::people::{Link, MadeInvitation};
use serde_json::json;

use super::{Browser, location, path_of, settings_for};
use crate::support::{
    Server, Socket,
    idp::{Idp, SECRET},
};

/// Returns the value of a parameter in an address.
fn value<'a>(address: &'a str, name: &str) -> &'a str {
    let query = address.split_once('?').unwrap().1;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap()
}

#[tokio::test]
async fn no_secret_of_any_sign_in_method_is_logged_at_any_level() {
    let idp = Idp::start().await;
    let mut settings = settings_for(&idp);
    settings.extend([("LOG", "trace"), ("SIGNUP", "invitation")]);
    let server = Server::with_log(&settings).await;
    let mut secrets: Vec<(&str, String)> = vec![("the provider's secret", SECRET.to_owned()), ("a password", "correct horse".to_owned())];

    let claim = server.claim_token().await;
    secrets.push(("a claim", claim.clone()));
    let admin = server.admin("Ada").await;
    let invitation: MadeInvitation = server.as_user(&admin, "POST", "/api/admin/invitations", Some(json!({"uses": 9}))).await.json();
    let code = invitation.path.split_once('#').unwrap().1.to_owned();
    assert_eq!(server.call("POST", "/api/auth/invitation", &[], Some(json!({"code": code}))).await.status, 200);
    let up = json!({"username": "Bob", "password": "correct horse", "invitation": code});
    let bob = server.sign_in("/api/auth/signup", Some(up)).await;
    secrets.push(("an invitation", code));
    let path = format!("/api/admin/users/{}/password-link", bob.grant.user.id);
    let link: Link = server.as_user(&admin, "POST", &path, None).await.json();
    let token = link.path.split_once('#').unwrap().1.to_owned();
    let bob = server.sign_in("/api/auth/password", Some(json!({"token": token, "password": "battery staple"}))).await;
    secrets.extend([("a link for a password", token), ("a new password", "battery staple".to_owned())]);

    // A socket with the token in its address.
    let mut socket = Socket::open(&server, &format!("/ws?token={}", bob.token())).await;
    socket.next().await;
    drop(socket);
    let refreshed = server.call("POST", "/api/auth/refresh", &[("cookie", &bob.cookie)], None).await;
    assert_eq!(refreshed.status, 200);
    let second = crate::support::server::cookie(&refreshed).unwrap();
    for (what, user) in [("an administrator's", &admin), ("a user's", &bob)] {
        secrets.push((what, user.token().to_owned()));
        secrets.push((what, user.cookie.split_once('=').unwrap().1.to_owned()));
    }
    secrets.push(("a renewed cookie", second.split_once('=').unwrap().1.to_owned()));

    let mut browser = Browser::of(&bob);
    let way = server.as_user(&bob, "POST", "/api/auth/methods/main", Some(json!({"password": "battery staple"}))).await;
    let way = way.value()["path"].as_str().unwrap().to_owned();
    secrets.push(("a link request", value(&way, "link").to_owned()));
    let to = location(&browser.get(&server, &way).await);
    secrets.push(("the attempt", browser.0["holdfast_oidc"].clone()));
    for name in ["state", "nonce", "code_challenge"] {
        secrets.push((name, value(&to, name).to_owned()));
    }
    let back = server.http.get(&to).send().await.unwrap();
    let back = path_of(&server, back.headers()["location"].to_str().unwrap());
    secrets.push(("the provider's code", value(&back, "code").to_owned()));
    assert_eq!(location(&browser.get(&server, &back).await), "/settings/account");
    assert_eq!(server.as_user(&bob, "POST", "/api/auth/logout", None).await.status, 204);

    // It does log, and has come so far.
    let mut tries = 0;
    while !(server.log().contains("sign-in method linked") && server.log().contains("DEBUG")) {
        tries += 1;
        assert!(tries < 500, "{}", server.log());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let log = server.log();
    for (what, secret) in secrets {
        let line = log.lines().find(|line| line.contains(&secret));
        assert!(line.is_none(), "{what} is in the log: {}", line.unwrap_or_default());
    }
}
