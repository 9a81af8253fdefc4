//! Signing in through a provider of OpenID Connect, with a small real one.

mod claims;
mod linking;
mod log;
mod real;

use std::collections::BTreeMap;

use holdfast_protocol::{
    Code,
    api::{Grant, Role},
    people::{MadeInvitation, SignInMethod, SignInMethods},
};
use serde_json::{Value, json};

use crate::support::{
    Server, Socket, User,
    idp::{CLIENT, Idp, Lie, SECRET},
    server::Reply,
    store,
};

fn settings_for(idp: &Idp) -> Vec<(&str, &str)> {
    vec![
        ("OIDC_ISSUER", idp.issuer.as_str()),
        ("OIDC_CLIENT_ID", CLIENT),
        ("OIDC_CLIENT_SECRET", SECRET),
        ("OIDC_NAME", "main"),
        ("OIDC_LABEL", "Main Street"),
    ]
}

async fn server_for(idp: &Idp, settings: &[(&str, &str)]) -> Server {
    let mut all = settings_for(idp);
    all.extend_from_slice(settings);
    Server::with(&all).await
}

async fn pair() -> (Idp, Server) {
    let idp = Idp::start().await;
    let server = server_for(&idp, &[]).await;
    (idp, server)
}

/// A browser, as far as it stores cookies.
#[derive(Clone, Default)]
struct Browser(BTreeMap<String, String>);

impl Browser {
    fn of(user: &User) -> Self {
        let (name, value) = user.cookie.split_once('=').unwrap();
        Self(BTreeMap::from([(name.to_owned(), value.to_owned())]))
    }

    async fn get(&mut self, server: &Server, path: &str) -> Reply {
        let cookies: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let reply = server.call("GET", path, &[("cookie", &cookies.join("; "))], None).await;
        for set in reply.headers.get_all("set-cookie") {
            let (pair, rest) = set.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0") {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    /// Returns the grant of the signed-in user.
    async fn grant(&self, server: &Server) -> Option<Grant> {
        let cookie = format!("holdfast_session={}", self.0.get("holdfast_session")?);
        let reply = server.call("POST", "/api/auth/refresh", &[("cookie", &cookie)], None).await;
        (reply.status == 200).then(|| reply.json())
    }

    /// Returns the signed-in user; panics if there is none.
    async fn user(&self, server: &Server) -> User {
        User { grant: self.grant(server).await.unwrap(), cookie: format!("holdfast_session={}", self.0["holdfast_session"]) }
    }
}

fn location(reply: &Reply) -> String {
    assert_eq!(reply.status, 303, "{}", reply.text);
    reply.headers["location"].to_str().unwrap().to_owned()
}

/// Returns the path of an address of this server.
fn path_of(server: &Server, address: &str) -> String {
    address.strip_prefix(&server.url("")).unwrap_or_else(|| panic!("{address} is not here")).to_owned()
}

/// Goes through the provider, up to the address that leads back.
async fn there(server: &Server, browser: &mut Browser, start: &str) -> String {
    let to = location(&browser.get(server, start).await);
    let reply = server.http.get(&to).send().await.unwrap();
    assert_eq!(reply.status().as_u16(), 303, "{to}");
    path_of(server, reply.headers()["location"].to_str().unwrap())
}

/// Signs in. Returns the final address.
async fn sign_in_at(server: &Server, browser: &mut Browser, start: &str) -> String {
    let back = there(server, browser, start).await;
    location(&browser.get(server, &back).await)
}

async fn sign_in(server: &Server, browser: &mut Browser) -> String {
    sign_in_at(server, browser, "/auth/oidc/main").await
}

/// Checks that the sign-in page shows these words and nobody is signed in.
async fn turned_back(server: &Server, browser: &mut Browser, to: &str, words: &str) {
    assert!(to.starts_with("/signin?problem="), "{to} instead of: {words}");
    let page = browser.get(server, to).await;
    assert!(page.status == 200 && page.text.contains(words), "{words} is not in {}", page.text);
    assert!(!to.contains(words) && !browser.0.contains_key("holdfast_oidc"));
}

#[tokio::test]
async fn a_user_of_a_provider_gets_an_account_and_a_session() {
    let (idp, server) = pair().await;
    for page in ["/signin", "/signup"] {
        let page = server.get(page).await.text;
        assert!(page.contains("href=\"/auth/oidc/main\"") && page.contains("Main Street"), "{page}");
    }
    let mut browser = Browser::default();
    let begun = browser.get(&server, "/auth/oidc/main").await;
    let cookie = begun.headers["set-cookie"].to_str().unwrap().to_owned();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/auth/oidc", "Max-Age=600"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_eq!(begun.headers["cache-control"], "no-store");
    assert_eq!(sign_in(&server, &mut browser).await, "/");
    let asked = idp.asked();
    assert_eq!(asked["redirect_uri"], server.url("/auth/oidc/main/callback"));
    assert!(
        asked["scope"] == "openid profile" && asked["state"].len() == 43 && asked["nonce"].len() == 43 && !asked.contains_key("max_age")
    );
    assert!(!cookie.contains(&asked["nonce"]));
    let ada = browser.user(&server).await;
    assert_eq!((ada.grant.user.username.as_str(), ada.grant.user.role), ("Ada", Role::Member));
    let ways: SignInMethods = server.as_user(&ada, "GET", "/api/auth/methods", None).await.json();
    assert_eq!(
        ways,
        SignInMethods {
            password: false,
            through: vec![SignInMethod { name: "main".into(), label: "Main Street".into() }],
            second_factor: false
        }
    );
    // The same person is the same account, called as they like by now, and whatever their key is.
    idp.person(json!({"sub": "ada-1", "preferred_username": "Countess"}));
    idp.lie(Lie::Es256);
    let mut other = Browser::default();
    sign_in(&server, &mut other).await;
    assert_eq!(other.user(&server).await.grant.user, ada.grant.user);
    // Nobody has a password there, so none opens it.
    for password in ["", "correct horse"] {
        let reply = server.call("POST", "/api/auth/login", &[], Some(json!({"username": "Ada", "password": password}))).await;
        assert_eq!(reply.status, 401);
    }
}

#[tokio::test]
async fn a_sign_in_returns_only_to_pages_of_this_server() {
    let (_idp, server) = pair().await;
    for (back, page) in [
        ("/settings/account", "/settings/account"),
        ("/c/00000000-0000-0000-0000-000000000001", "/c/00000000-0000-0000-0000-000000000001"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/%5Cevil.example", "/"),
        ("/%0d%0aSet-Cookie:x=y", "/"),
        ("javascript:alert(1)", "/"),
        ("/api/auth/me", "/"),
    ] {
        let to = sign_in_at(&server, &mut Browser::default(), &format!("/auth/oidc/main?back={back}")).await;
        assert_eq!(to, page, "{back}");
    }
}

#[tokio::test]
async fn a_response_works_once_and_only_in_the_browser_of_the_attempt() {
    let (_idp, server) = pair().await;
    let lost = "does not belong to a sign-in that was started in this browser";
    // Without the cookie, as where a browser keeps none, or where somebody made another open their address.
    let mut browser = Browser::default();
    let back = there(&server, &mut browser, "/auth/oidc/main").await;
    let mut stranger = Browser::default();
    let to = location(&stranger.get(&server, &back).await);
    turned_back(&server, &mut stranger, &to, lost).await;
    // In the middle of a sign-in of their own.
    there(&server, &mut stranger, "/auth/oidc/main").await;
    let to = location(&stranger.get(&server, &back).await);
    turned_back(&server, &mut stranger, &to, lost).await;
    // With a cookie that was changed.
    let mut changed = browser.clone();
    changed.0.get_mut("holdfast_oidc").unwrap().replace_range(30..31, "!");
    let to = location(&changed.get(&server, &back).await);
    turned_back(&server, &mut changed, &to, lost).await;
    // The right one, and the right one again.
    let mut copy = browser.clone();
    assert_eq!(location(&browser.get(&server, &back).await), "/");
    let to = location(&copy.get(&server, &back).await);
    turned_back(&server, &mut copy, &to, "was already used").await;
    assert!(browser.grant(&server).await.is_some());
    for nobody in [&stranger, &changed, &copy] {
        assert!(nobody.grant(&server).await.is_none());
    }
}

#[tokio::test]
async fn a_code_of_another_attempt_is_refused() {
    let (_idp, server) = pair().await;
    let code = |back: &str| back.split(['?', '&']).find(|part| part.starts_with("code=")).unwrap().to_owned();
    let stolen = code(&there(&server, &mut Browser::default(), "/auth/oidc/main").await);
    let mut thief = Browser::default();
    let own = there(&server, &mut thief, "/auth/oidc/main").await;
    let to = location(&thief.get(&server, &own.replace(&code(&own), &stolen)).await);
    turned_back(&server, &mut thief, &to, "does not know that sign-in any more").await;
    assert!(thief.grant(&server).await.is_none());
}

#[tokio::test]
async fn an_invalid_id_token_signs_nobody_in() {
    let (idp, server) = pair().await;
    for (lie, words) in [
        (Lie::Nonce, "could not be verified"),
        (Lie::Visibility, "could not be verified"),
        (Lie::Party, "could not be verified"),
        (Lie::Issuer, "could not be verified"),
        (Lie::Signature, "could not be verified"),
        (Lie::Unsigned, "could not be verified"),
        (Lie::SharedSecret, "could not be verified"),
        (Lie::NoSubject, "could not be verified"),
        (Lie::Expired, "The clocks of Main Street and of this server differ"),
        (Lie::Future, "The clocks of Main Street and of this server differ"),
    ] {
        idp.lie(lie);
        let mut browser = Browser::default();
        let to = sign_in(&server, &mut browser).await;
        assert!(browser.grant(&server).await.is_none(), "{lie:?}");
        turned_back(&server, &mut browser, &to, words).await;
    }
    assert_eq!(store::query(&server, "select count(*) from users"), "0");
    idp.lie(Lie::None);
    assert_eq!(sign_in(&server, &mut Browser::default()).await, "/", "and after all that, the truth");
}

#[tokio::test]
async fn the_keys_of_a_provider_may_change_at_any_time() {
    let (idp, server) = pair().await;
    assert_eq!(sign_in(&server, &mut Browser::default()).await, "/");
    idp.rotate("two");
    assert_eq!(sign_in(&server, &mut Browser::default()).await, "/");
    idp.rotate("two"); // another by the same name
    assert_eq!(sign_in(&server, &mut Browser::default()).await, "/");
    // In the middle of an attempt.
    let mut browser = Browser::default();
    let back = there(&server, &mut browser, "/auth/oidc/main").await;
    idp.rotate("three");
    assert_eq!(location(&browser.get(&server, &back).await), "/");
}

#[tokio::test]
async fn the_sign_in_page_shows_refusals_and_failures_of_the_provider() {
    let (idp, server) = pair().await;
    let told = async |words: &str| {
        let mut browser = Browser::default();
        let to = sign_in(&server, &mut browser).await;
        turned_back(&server, &mut browser, &to, words).await;
    };
    idp.refuse("access_denied");
    told("Main Street did not let you in").await;
    idp.refuse("<script>alert(1)</script>");
    told("the server's log says why").await;
    let mut browser = Browser::default();
    let to = location(&browser.get(&server, "/auth/oidc/other").await);
    turned_back(&server, &mut browser, &to, "This sign-in method does not exist").await;
    // Nobody can have the page say what they like.
    let page = browser.get(&server, "/signin?problem=Send%20me%20your%20password").await;
    assert!(page.status == 200 && !page.text.contains("Send me") && !page.text.contains("Send%20me"));

    let other = Idp::start().await;
    other.change_secret();
    let server = server_for(&other, &[]).await;
    let mut browser = Browser::default();
    let to = sign_in(&server, &mut browser).await;
    turned_back(&server, &mut browser, &to, "the server's log says why").await;
    drop(other);
    let server = server_for(&idp, &[("OIDC_ISSUER", "http://127.0.0.1:9")]).await;
    let to = location(&browser.get(&server, "/auth/oidc/main").await);
    turned_back(&server, &mut browser, &to, "be reached now").await;
    assert!(browser.get(&server, &to).await.text.contains("id=\"password\""), "the other way in is there");
}

#[tokio::test]
async fn a_provider_that_publishes_unsafe_addresses_is_not_used() {
    for unsafe_one in ["http://login.evil.example/token", "ftp://127.0.0.1/token", "nonsense"] {
        let idp = Idp::start().await;
        idp.name_token_endpoint(unsafe_one);
        let server = server_for(&idp, &[]).await;
        let mut browser = Browser::default();
        let to = location(&browser.get(&server, "/auth/oidc/main").await);
        turned_back(&server, &mut browser, &to, "the server's log says why").await;
    }
    let idp = Idp::start().await;
    idp.say_issuer("https://login.evil.example");
    let server = server_for(&idp, &[]).await;
    let mut browser = Browser::default();
    let to = location(&browser.get(&server, "/auth/oidc/main").await);
    turned_back(&server, &mut browser, &to, "the server's log says why").await;
}

#[tokio::test]
async fn a_claim_makes_and_unmakes_administrators_except_the_last() {
    let idp = Idp::start().await;
    let server = server_for(&idp, &[("OIDC_ADMIN_CLAIM", "realm_access.roles"), ("OIDC_ADMIN_VALUE", "chat-admin")]).await;
    let rank = async |roles: Value, sub: &str| {
        idp.person(json!({"sub": sub, "preferred_username": sub, "realm_access": {"roles": roles}}));
        let mut browser = Browser::default();
        sign_in(&server, &mut browser).await;
        browser.grant(&server).await.unwrap().user.role
    };
    assert_eq!(rank(json!(["user"]), "ada").await, Role::Member);
    assert_eq!(rank(json!(["user", "chat-admin"]), "ada").await, Role::Admin);
    assert_eq!(rank(json!(["user"]), "ada").await, Role::Admin, "somebody has to run the server");
    assert_eq!(rank(json!(["chat-admin"]), "bob").await, Role::Admin);
    assert_eq!(rank(json!(["user"]), "ada").await, Role::Member);
    let server = server_for(&idp, &[]).await;
    idp.person(json!({"sub": "eve", "preferred_username": "Eve", "realm_access": {"roles": ["chat-admin"]}}));
    let mut browser = Browser::default();
    sign_in(&server, &mut browser).await;
    assert_eq!(browser.grant(&server).await.unwrap().user.role, Role::Member, "nobody said that a claim does");
}

#[tokio::test]
async fn the_server_s_settings_decide_who_gets_an_account() {
    let idp = Idp::start().await;
    let mut server = server_for(&idp, &[]).await;
    let mut known = Browser::default();
    sign_in(&server, &mut known).await;
    let admin = server.admin("Admin").await;
    let address = server.address.clone();
    server.set("SIGNUP", "closed");
    server.stop().await;
    server.start_again();
    assert_eq!(server.address, address);
    idp.person(json!({"sub": "bob-1", "preferred_username": "Bob"}));
    let mut browser = Browser::default();
    let to = sign_in(&server, &mut browser).await;
    turned_back(&server, &mut browser, &to, "this server accepts no new accounts").await;
    assert!(browser.grant(&server).await.is_none());
    server.set("SIGNUP", "invitation");
    server.stop().await;
    server.start_again();
    let to = sign_in(&server, &mut browser).await;
    turned_back(&server, &mut browser, &to, "a new one needs an invitation").await;
    let to = sign_in_at(&server, &mut browser, "/auth/oidc/main?invitation=guess").await;
    turned_back(&server, &mut browser, &to, "This invitation is used up").await;
    let made: MadeInvitation = server.as_user(&admin, "POST", "/api/admin/invitations", Some(json!({}))).await.json();
    let code = made.path.split_once('#').unwrap().1;
    let way = format!("/auth/oidc/main?invitation={code}");
    assert_eq!(sign_in_at(&server, &mut browser, &way).await, "/");
    assert_eq!(browser.grant(&server).await.unwrap().user.username, "Bob");
    idp.person(json!({"sub": "cy-1", "preferred_username": "Cy"}));
    let to = sign_in_at(&server, &mut browser, &way).await;
    turned_back(&server, &mut browser, &to, "This invitation is used up").await;
    // Who is known comes in whatever is said of new ones.
    idp.person(json!({"sub": "ada-1"}));
    assert_eq!(sign_in(&server, &mut Browser::default()).await, "/");
}

#[tokio::test]
async fn a_guest_becomes_the_account_and_keeps_all_data() {
    let (idp, server) = pair().await;
    let guest = server.guest().await;
    let kept = server.chat(&guest, json!({"content": "as a guest", "model": "echo"})).await.conversation_id;
    let mut socket = Socket::ready(&server, "/ws", &guest).await;
    let mut browser = Browser::of(&guest);
    assert_eq!(sign_in(&server, &mut browser).await, "/");
    let ended = socket.ended().await;
    assert_eq!((ended.code, ended.error), (1008, Some(Code::SessionRevoked)), "the guest's session went with the guest");
    let ada = browser.user(&server).await;
    assert_eq!((ada.grant.user.id, ada.grant.user.role), (guest.grant.user.id, Role::Member));
    assert_eq!(server.show(&ada, kept).await.messages.len(), 2);
    // Somebody's attempt that was put into a guest's browser takes nothing from the guest.
    idp.person(json!({"sub": "eve-1", "preferred_username": "Eve"}));
    let mut eve = Browser::default();
    let back = there(&server, &mut eve, "/auth/oidc/main").await;
    let victim = server.guest().await;
    let mut browser = Browser::of(&victim);
    browser.0.append(&mut eve.0);
    assert_eq!(location(&browser.get(&server, &back).await), "/");
    assert_ne!(browser.user(&server).await.grant.user.id, victim.grant.user.id);
    idp.person(json!({"sub": "ada-1", "preferred_username": "Ada"}));
    // Who has an account already comes into that one. The guest is left as it was, as it is by a password.
    let second = server.guest().await;
    let theirs = server.chat(&second, json!({"content": "another guest", "model": "echo"})).await.conversation_id;
    let mut browser = Browser::of(&second);
    sign_in(&server, &mut browser).await;
    assert_eq!(browser.grant(&server).await.unwrap().user, ada.grant.user);
    assert_eq!(server.show(&second, theirs).await.messages.len(), 2);
    // And who is signed in as a member is not made into somebody else.
    let member = server.member("Member").await;
    idp.person(json!({"sub": "new-1", "preferred_username": "Member"}));
    let mut browser = Browser::of(&member);
    sign_in(&server, &mut browser).await;
    let new = browser.grant(&server).await.unwrap().user;
    assert!(new.id != member.grant.user.id && new.username == "Member 2", "{new:?}");
}

#[tokio::test]
async fn a_taken_name_stays_with_its_user() {
    let (idp, server) = pair().await;
    let ada = server.member("ada").await;
    let mut browser = Browser::default();
    idp.person(json!({"sub": "x", "preferred_username": "ADA", "email": "ada@example.com", "email_verified": true}));
    sign_in(&server, &mut browser).await;
    let came = browser.grant(&server).await.unwrap().user;
    assert!(came.id != ada.grant.user.id && came.username == "ADA 2", "{came:?}");
    idp.person(json!({"sub": "y", "preferred_username": "Ada"}));
    sign_in(&server, &mut browser).await;
    assert_eq!(browser.grant(&server).await.unwrap().user.username, "Ada 3");
    server.sign_in("/api/auth/login", Some(json!({"username": "ada", "password": "correct horse"}))).await;
}

#[tokio::test]
async fn a_suspended_user_sees_the_reason_and_is_not_signed_in() {
    let (_idp, server) = pair().await;
    let admin = server.admin("Admin").await;
    let mut browser = Browser::default();
    sign_in(&server, &mut browser).await;
    let ada = browser.user(&server).await;
    let path = format!("/api/admin/users/{}", ada.grant.user.id);
    let body = json!({"suspended": true, "reason": "Too loud"});
    assert_eq!(server.as_user(&admin, "PATCH", &path, Some(body)).await.status, 200);
    let mut fresh = Browser::default();
    let to = sign_in(&server, &mut fresh).await;
    turned_back(&server, &mut fresh, &to, "This account was suspended: Too loud.").await;
    assert!(fresh.grant(&server).await.is_none());
}

#[tokio::test]
async fn an_account_without_a_password_is_changed_and_removed_after_a_fresh_sign_in() {
    let (idp, server) = pair().await;
    let mut browser = Browser::default();
    sign_in(&server, &mut browser).await;
    let ada = browser.user(&server).await;
    let a_while_ago = || store::change(&server, "update sessions set proved_at = proved_at - 660000");
    let rename = |user: User| {
        let server = &server;
        async move { server.as_user(&user, "PATCH", "/api/auth/me", Some(json!({"username": "Countess", "current_password": ""}))).await }
    };
    let leave = |user: User| {
        let server = &server;
        async move { server.as_user(&user, "POST", "/api/auth/remove", Some(json!({"password": ""}))).await }
    };
    let refused = |reply: Reply| {
        assert_eq!((reply.status, reply.api_error().code), (403, Code::NotAllowed));
        assert!(reply.api_error().error.contains("Sign in again first"));
    };
    // The provider may have known the browser, and asked nobody who it is.
    refused(rename(ada.clone()).await);
    refused(leave(ada.clone()).await);
    // A provider that does not ask anew, or does not say that it did, shows nothing.
    let again = "/auth/oidc/main?again=1&back=/settings/account";
    for lie in [Lie::OldLogin, Lie::NoAuthTime] {
        idp.lie(lie);
        let to = sign_in_at(&server, &mut browser, again).await;
        turned_back(&server, &mut browser, &to, "did not confirm that you signed in there just now").await;
        refused(rename(browser.user(&server).await).await);
    }
    idp.lie(Lie::None);
    assert_eq!(sign_in_at(&server, &mut browser, again).await, "/settings/account");
    assert_eq!(idp.asked()["max_age"], "0");
    a_while_ago();
    refused(rename(browser.user(&server).await).await);
    assert_eq!(sign_in_at(&server, &mut browser, again).await, "/settings/account");
    let fresh = browser.user(&server).await;
    assert_eq!(rename(fresh.clone()).await.status, 200);
    // With a first password of its own, it is that which is asked for.
    let body = json!({"password": "battery staple", "current_password": ""});
    assert_eq!(server.as_user(&fresh, "PATCH", "/api/auth/me", Some(body)).await.status, 200);
    assert_eq!(leave(fresh.clone()).await.api_error().code, Code::NotAllowed);
    server.sign_in("/api/auth/login", Some(json!({"username": "Countess", "password": "battery staple"}))).await;
    let reply = server.as_user(&fresh, "POST", "/api/auth/remove", Some(json!({"password": "battery staple"}))).await;
    assert_eq!(reply.status, 204);
    assert_eq!(store::query(&server, "select count(*) from identities"), "0");
    // Who comes again is somebody new; and without a password the fresh sign-in is enough.
    sign_in(&server, &mut browser).await;
    let anew = browser.user(&server).await;
    assert_ne!(anew.grant.user.id, ada.grant.user.id);
    refused(leave(anew).await);
    sign_in_at(&server, &mut browser, again).await;
    // That it is signed in once more, and not asked, takes nothing away.
    sign_in(&server, &mut browser).await;
    assert_eq!(leave(browser.user(&server).await).await.status, 204);
    assert_eq!(store::query(&server, "select count(*) from users"), "0");
}

#[tokio::test]
async fn under_a_base_path_all_addresses_include_it() {
    let idp = Idp::start().await;
    let mut server = server_for(&idp, &[("LISTEN", "127.0.0.1:4872"), ("PUBLIC_URL", "https://chat.example.com/talk")]).await;
    server.address = "127.0.0.1:4872".into(); // it tells the other one
    let ask = async |path: &str, cookies: &str| {
        let headers = [("cookie", cookies), ("host", "chat.example.com"), ("x-forwarded-proto", "https")];
        server.call("GET", path, &headers, None).await
    };
    assert!(ask("/talk/signin", "").await.text.contains("href=\"/talk/auth/oidc/main\""));
    let begun = ask("/talk/auth/oidc/main?back=/archived", "").await;
    let cookie = begun.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("Path=/talk/auth/oidc") && cookie.contains("Secure"), "{cookie}");
    let reply = server.http.get(location(&begun)).send().await.unwrap();
    let back = reply.headers()["location"].to_str().unwrap().to_owned();
    let path = back.strip_prefix("https://chat.example.com").unwrap();
    assert!(path.starts_with("/talk/auth/oidc/main/callback?"), "{back}");
    let done = ask(path, cookie.split(';').next().unwrap()).await;
    assert_eq!(location(&done), "/talk/archived");
    let lost = ask(path, "").await;
    assert!(location(&lost).starts_with("/talk/signin?problem="));
    // Who came by another name begins where the answer will come to.
    let elsewhere = server.call("GET", "/auth/oidc/main", &[("host", "other.example.com"), ("x-forwarded-proto", "https")], None).await;
    assert_eq!(elsewhere.headers["location"], "https://chat.example.com/talk/auth/oidc/main");
}

#[tokio::test]
async fn another_site_can_open_the_sign_in_page_but_not_start_a_sign_in() {
    let (_idp, server) = pair().await;
    for (site, to) in [("cross-site", "/signin"), ("same-origin", "http"), ("none", "http")] {
        let reply = server.call("GET", "/auth/oidc/main", &[("sec-fetch-site", site)], None).await;
        assert!(location(&reply).starts_with(to), "{site}");
    }
}

#[tokio::test]
async fn sign_ins_through_a_provider_count_as_attempts_and_are_listed_as_refusals() {
    let idp = Idp::start().await;
    let server = server_for(&idp, &[("LIMITS", "on")]).await;
    let admin = server.admin("Admin").await;
    let mut browser = Browser::default();
    let mut to = String::new();
    for _ in 0..11 {
        to = location(&browser.get(&server, "/auth/oidc/main").await);
    }
    turned_back(&server, &mut browser, &to, "Too many attempts from here").await;
    let seen = server.as_user(&admin, "GET", "/api/admin/activity", None).await.value();
    let refused = seen["refusals"].as_array().unwrap();
    assert!(refused.iter().any(|it| it["path"] == "/auth/oidc/{provider}" && it["code"] == "rate_limited"), "{seen}");
}

/// What `holdfast check` says of a provider, and whether it is content.
async fn check(issuer: &str, settings: &[(&str, &str)]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = crate::support::server::command();
    command.arg("check").current_dir(folder.path()).env("HOLDFAST_OIDC_ISSUER", issuer).env("HOLDFAST_OIDC_CLIENT_ID", CLIENT);
    command.env("HOLDFAST_OIDC_NAME", "main").envs(settings.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "looking leaves nothing behind");
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn the_check_tests_each_sign_in_provider_and_names_the_fix() {
    let idp = Idp::start().await;
    let (fine, said) = check(&idp.issuer, &[("HOLDFAST_PUBLIC_URL", "https://chat.example.com/talk")]).await;
    assert!(fine && said.contains("\"main\": good"), "{said}");
    assert!(said.contains("https://chat.example.com/talk/auth/oidc/main/callback"), "{said}");
    let (fine, said) = check(&idp.issuer, &[]).await;
    assert!(fine && said.contains("set public_url"), "{said}");
    let bad = async |issuer: &str, words: [&str; 2]| {
        let (fine, said) = check(issuer, &[]).await;
        assert!(!fine && words.iter().all(|word| said.contains(word)), "{words:?} are not in {said}");
    };
    bad("http://127.0.0.1:9", ["http://127.0.0.1:9/.well-known/openid-configuration can't be reached", "that the provider is running"])
        .await;
    bad(&idp.issuer.replace("main", "other"), ["status 404", "write it as the provider"]).await;
    bad(&format!("{}/", idp.issuer), ["says that its issuer is", "a slash at the end"]).await;
    idp.name_token_endpoint("http://login.example.com/token");
    bad(&idp.issuer, ["\"http://login.example.com/token\", which is not https", "behind a proxy"]).await;
}
