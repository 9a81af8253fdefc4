//! Who may open which address: every address that is not a call of the OpenAPI document, with every cookie that a browser may have. An
//! address or page without a row here fails the test.

use std::{collections::BTreeMap, fs, path::Path};

use holdfast_app::{Route, Section};
use holdfast_protocol::{ConversationId, ProjectId, transfer::MadeShare};
use serde_json::json;

use crate::support::{
    Server, fresh_id,
    idp::{CLIENT, Idp, SECRET},
    server::Reply,
    store,
};

/// The visitor. A page knows its visitor only by the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Nobody,
    Garbage,
    Expired,
    SignedOut,
    Suspended,
    Guest,
    Stranger,
    Owner,
    Admin,
}
use Who::*;

const ALL: [Who; 9] = [Nobody, Garbage, Expired, SignedOut, Suspended, Guest, Stranger, Owner, Admin];

/// The expected answer for each visitor.
#[derive(Clone, Copy)]
enum Rule {
    /// The same for everyone.
    Public(u16),
    /// The same for everyone: a redirect to an address with this prefix.
    Leads(u16, &'static str),
    /// Found for its owner, not found for everyone else.
    Own,
}
use Rule::*;

/// Every address of the router as it is declared, and an example. Names in braces are created first. `PAGES` has the addresses behind the
/// fallback.
#[rustfmt::skip]
const ADDRESSES: &[(&str, &str, Rule)] = &[
    // A socket authenticates itself; other requests are told so.
    ("/ws", "/ws", Public(426)),
    ("/api/chat/ws", "/api/chat/ws", Public(426)),
    ("/ws/conversations/{conversation_id}", "/ws/conversations/{conversation}", Public(426)),
    ("/ws/chat/{session_id}", "/ws/chat/mine", Public(426)),
    ("/s/{token}", "/s/{share}", Public(200)),
    ("/s/{token}", "/s/guess", Public(404)),
    ("/api/docs", "/api/docs", Leads(307, "docs/")),
    ("/api/docs/", "/api/docs/", Public(200)),
    ("/api/docs/{*file}", "/api/docs/swagger-initializer.js", Public(200)),
    ("/api/redoc", "/api/redoc", Public(200)),
    ("/api/openapi.json", "/api/openapi.json", Public(200)),
    ("/api/asyncapi.json", "/api/asyncapi.json", Public(200)),
    ("/worker.js", "/worker.js", Public(200)),
    ("/manifest.webmanifest", "/manifest.webmanifest", Public(200)),
    ("/offline", "/offline", Public(200)),
    // Calls that answer OPTIONS in more detail than others. A cookie authorizes none.
    ("/api/files", "/api/files", Public(401)),
    ("/api/files/{id}", "/api/files/00000000-0000-4000-8000-000000000000", Public(401)),
    // Sign-in through a provider: every visitor is redirected there, also a signed-in one. A reply that does not belong to an attempt of
    // this browser leads back to the sign-in page, which shows the reason.
    ("/auth/oidc/{provider}", "/auth/oidc/main", Leads(303, "{issuer}/authorize?")),
    ("/auth/oidc/{provider}", "/auth/oidc/other", Leads(303, "/signin?problem=")),
    ("/auth/oidc/{provider}/callback", "/auth/oidc/main/callback", Leads(303, "/signin?problem=")),
    ("/auth/oidc/{provider}/callback", "/auth/oidc/main/callback?code=guess&state=guess", Leads(303, "/signin?problem=")),
    ("/auth/oidc/{provider}/callback", "/auth/oidc/other/callback?code=guess&state=guess", Leads(303, "/signin?problem=")),
];

/// Every page. Its content depends on the visitor; administrators' data comes from calls, which the other matrix covers.
fn pages() -> Vec<(Route, Rule)> {
    let conversation = Route::Conversation(ConversationId(uuid::Uuid::nil()));
    let mut pages = vec![
        (Route::New, Public(200)),
        (conversation, Own),
        (Route::SignIn, Public(200)),
        (Route::SignUp, Public(200)),
        (Route::Search, Public(200)),
        (Route::Archived, Public(200)),
        (Route::Projects, Public(200)),
        (Route::Project(ProjectId(uuid::Uuid::nil())), Public(200)),
        (Route::Join, Public(200)),
        (Route::Claim, Public(200)),
        (Route::Password, Public(200)),
    ];
    pages.extend(Section::ALL.map(|section| (Route::Settings(section), Public(200))));
    for (place, _) in &pages {
        // A new page does not compile here: add it above.
        match place {
            Route::New | Route::Conversation(_) | Route::SignIn | Route::SignUp | Route::Search | Route::Archived => {}
            Route::Projects | Route::Project(_) => {}
            Route::Join | Route::Claim | Route::Password | Route::Settings(_) | Route::Unknown => {}
        }
    }
    pages
}

/// Returns the addresses that the source code declares.
fn declared() -> Vec<String> {
    fn texts(folder: &Path, found: &mut String) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                texts(&entry, found);
            } else if entry.extension().is_some_and(|it| it == "rs") {
                found.push_str(&fs::read_to_string(&entry).unwrap());
            }
        }
    }
    let mut text = String::new();
    texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("web/src"), &mut text);
    let mut found: Vec<String> = text
        .split(".route(")
        .filter_map(|rest| rest.trim_start().strip_prefix('"'))
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    // Files of the site are public, and the build decides their names.
    found.retain(|path| path != "/favicon.svg");
    found.sort();
    found.dedup();
    found
}

struct Scene {
    server: Server,
    cookies: BTreeMap<Who, String>,
    /// Values for names in braces.
    made: Vec<(&'static str, String)>,
}

async fn scene() -> (Scene, Idp) {
    let idp = Idp::start().await;
    let server = Server::with(&[
        ("OIDC_ISSUER", idp.issuer.as_str()),
        ("OIDC_CLIENT_ID", CLIENT),
        ("OIDC_CLIENT_SECRET", SECRET),
        ("OIDC_NAME", "main"),
    ])
    .await;
    let owner = server.member("Owner").await;
    let chat = server.chat(&owner, json!({"content": "the-owner-s-secret", "model": "echo"})).await;
    let shown = server.chat(&owner, json!({"content": "shown to all", "model": "echo"})).await;
    let shares = format!("/api/conversations/{}/shares", shown.conversation_id);
    let share: MadeShare = server.as_user(&owner, "POST", &shares, Some(json!({}))).await.json();
    let expired = server.member("Expired").await;
    store::change(&server, "update sessions set expires_at = 1 where user_id = (select id from users where username = 'Expired')");
    let out = server.member("Out").await;
    assert_eq!(server.as_user(&out, "POST", "/api/auth/logout", None).await.status, 204);
    let admin = server.admin("Admin").await;
    let suspended = server.member("Suspended").await;
    let body = Some(json!({"suspended": true, "reason": "testing"}));
    let path = format!("/api/admin/users/{}", suspended.grant.user.id);
    assert_eq!(server.as_user(&admin, "PATCH", &path, body).await.status, 200);
    let cookies = BTreeMap::from([
        (Garbage, "holdfast_session=garbage".to_owned()),
        (Expired, expired.cookie),
        (SignedOut, out.cookie),
        (Suspended, suspended.cookie),
        (Guest, server.guest().await.cookie),
        (Stranger, server.member("Stranger").await.cookie),
        (Owner, owner.cookie),
        (Admin, admin.cookie),
    ]);
    let made = vec![
        ("{conversation}", chat.conversation_id.to_string()),
        ("{share}", share.path.trim_start_matches("/s/").to_owned()),
        ("{issuer}", idp.issuer.clone()),
    ];
    (Scene { server, cookies, made }, idp)
}

impl Scene {
    fn fill(&self, text: &str) -> String {
        self.made.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    async fn look(&self, who: Who, path: &str) -> Reply {
        let cookie = self.cookies.get(&who).map(|cookie| ("cookie", cookie.as_str()));
        self.server.call("GET", path, cookie.as_slice(), None).await
    }

    /// Returns what is wrong with an answer.
    fn judge(&self, who: Who, path: &str, rule: Rule, reply: &Reply) -> Option<String> {
        let (status, leads) = match rule {
            Public(status) => (status, None),
            Leads(status, to) => (status, Some(self.fill(to))),
            Own => (if who == Owner { 200 } else { 404 }, None),
        };
        let to = reply.headers.get("location").map(|to| to.to_str().unwrap().to_owned());
        let is_there = match (&leads, &to) {
            (None, None) => true,
            (Some(leads), Some(to)) => to.starts_with(leads),
            _ => false,
        };
        if reply.status != status || !is_there {
            return Some(format!("{path} by {who:?}: {} {to:?}, not {status} {leads:?}", reply.status));
        }
        // Opening a page signs nobody in; the only cookie that may be set belongs to an attempt to sign in.
        let sets = reply.headers.get_all("set-cookie").iter().any(|it| !it.to_str().unwrap().starts_with("holdfast_oidc="));
        if sets {
            return Some(format!("{path} by {who:?} sets a cookie"));
        }
        let shows = reply.text.contains("the-owner-s-secret");
        (shows && who != Owner).then(|| format!("{path} shows {who:?} what is the owner's"))
    }
}

#[tokio::test]
async fn every_address_gives_each_kind_of_user_the_expected_status() {
    let (scene, _idp) = scene().await;
    let mut rows: Vec<String> = ADDRESSES.iter().map(|(declared, ..)| (*declared).to_owned()).collect();
    rows.sort();
    rows.dedup();
    assert_eq!(declared(), rows, "each address that the program declares has a row above");
    let mut wrong = Vec::new();
    for (_, path, rule) in ADDRESSES {
        let path = scene.fill(path);
        for who in ALL {
            let reply = scene.look(who, &path).await;
            wrong.extend(scene.judge(who, &path, *rule, &reply));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_page_gives_each_kind_of_user_the_expected_status() {
    let (scene, _idp) = scene().await;
    let names = BTreeMap::from([
        (Expired, "Expired"),
        (SignedOut, "Out"),
        (Suspended, "Suspended"),
        (Stranger, "Stranger"),
        (Owner, "Owner"),
        (Admin, "Admin"),
    ]);
    let mut wrong = Vec::new();
    for (place, rule) in pages() {
        let path = match place {
            Route::Conversation(_) => scene.fill("/c/{conversation}"),
            other => other.path(""),
        };
        let nothing = format!("/c/{}", fresh_id());
        for who in ALL {
            let reply = scene.look(who, &path).await;
            wrong.extend(scene.judge(who, &path, rule, &reply));
            // The page must not show a user whose session has ended.
            let page_data = format!("\"username\":\"{}\"", names.get(&who).unwrap_or(&"Guest"));
            let knows = matches!(who, Guest | Stranger | Owner | Admin);
            if reply.text.contains(&page_data) != knows {
                wrong.push(format!("{path} by {who:?}: is known: {}, not {knows}", !knows));
            }
            if matches!(rule, Own) && who != Owner {
                // Another user's address and one that never existed look alike, except for the address itself.
                let missing = scene.look(who, &nothing).await;
                let plain = |reply: &Reply, path: &str| (reply.status, reply.text.replace(path.trim_start_matches("/c/"), "").len());
                if plain(&missing, &nothing) != plain(&reply, &path) {
                    wrong.push(format!("{path} by {who:?} can be told from one that never was"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
