//! Names are stored in one form, without invisible characters.

use holdfast_protocol::Code;
use serde_json::{Value, json};

use crate::support::{Server, User, server::command};

/// `Zoë` with the accent as a character of its own, as macOS and some keyboards write it.
const APART: &str = "Zoe\u{308}";
const WHOLE: &str = "Zoë";
const PASSWORD: &str = "correct horse";

async fn sign_up(server: &Server, name: &str) -> (u16, String) {
    let reply = server.call("POST", "/api/auth/signup", &[], Some(json!({"username": name, "password": PASSWORD}))).await;
    (reply.status, reply.text)
}

async fn title(server: &Server, user: &User, title: &str) -> (u16, Value) {
    let id = server.conversation(user).await;
    let reply = server.as_user(user, "PATCH", &format!("/api/conversations/{id}"), Some(json!({"title": title}))).await;
    (reply.status, reply.value())
}

#[tokio::test]
async fn a_username_can_be_typed_in_any_unicode_form() {
    let server = Server::start().await;
    let zoe = server.member(APART).await;
    assert_eq!(zoe.grant.user.username, WHOLE);
    for typed in [WHOLE, APART, "ZOE\u{308}", " zoë ", "Ｚｏë"] {
        let reply = server.call("POST", "/api/auth/login", &[], Some(json!({"username": typed, "password": PASSWORD}))).await;
        assert_eq!(reply.status, 201, "{typed}: {}", reply.text);
    }
    for taken in [WHOLE, APART, "ZOË", "zoe\u{308}", "ｚｏë"] {
        let (status, text) = sign_up(&server, taken).await;
        assert_eq!(status, 409, "{taken}: {text}");
    }
    assert_eq!(sign_up(&server, "Zoe").await.0, 201, "that is another name");
    // So it is for renaming, and from the shell.
    let bob = server.member("Bob").await;
    let reply = server.as_user(&bob, "PATCH", "/api/auth/me", Some(json!({"username": APART, "current_password": PASSWORD}))).await;
    assert_eq!(reply.status, 409, "{}", reply.text);
    let data = server.data().to_str().unwrap();
    let out = command().args(["--data", data, "user", "add", "ZOË"]).output().unwrap();
    assert!(!out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
    let out = command().args(["--data", data, "user", "role", APART, "admin"]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

#[tokio::test]
async fn a_sign_in_name_that_mixes_scripts_is_refused_everywhere() {
    let server = Server::start().await;
    server.admin("admin").await;
    let bob = server.member("Bob").await;
    for name in ["аdmin", "Αdmin", "Воb"] {
        let (status, text) = sign_up(&server, name).await;
        assert!(status == 400 && text.contains("one script"), "{name}: {text}");
        let reply = server.as_user(&bob, "PATCH", "/api/auth/me", Some(json!({"username": name, "current_password": PASSWORD}))).await;
        assert!(reply.status == 400 && reply.text.contains("one script"), "{name}: {}", reply.text);
        let out = command().args(["--data", server.data().to_str().unwrap(), "user", "add", name]).output().unwrap();
        assert!(!out.status.success() && String::from_utf8_lossy(&out.stderr).contains("one script"), "{name}");
    }
    for name in ["Иван Петров", "山田 Taro", "محمد"] {
        assert_eq!(sign_up(&server, name).await.0, 201, "{name}");
    }
}

#[tokio::test]
async fn a_username_with_an_invisible_character_is_refused_with_its_name() {
    let server = Server::start().await;
    let bob = server.member("Bob").await;
    for (name, which) in [
        ("B\u{200b}ob", "U+200B"),
        ("\u{202e}boB", "U+202E"),
        ("Bob\u{2066}", "U+2066"),
        ("B\u{ad}ob", "U+00AD"),
        ("Bob\u{feff}", "U+FEFF"),
        ("Bo\u{200d}b", "U+200D"),
        ("B\u{3164}ob", "U+3164"),
        ("Bob\u{fe0f}", "U+FE0F"),
    ] {
        let (status, text) = sign_up(&server, name).await;
        assert!(status == 400 && text.contains(which), "{name:?}: {status} {text}");
        let reply = server.as_user(&bob, "PATCH", "/api/auth/me", Some(json!({"username": name}))).await;
        assert_eq!((reply.status, reply.api_error().code), (400, Code::BadFrame), "{name:?}: {}", reply.text);
    }
}

#[tokio::test]
async fn titles_notes_and_reasons_allow_what_scripts_need_and_refuse_misleading_characters() {
    let server = Server::start().await;
    let admin = server.admin("Ada").await;
    let bob = server.member("Bob").await;
    for (given, kept) in [
        ("Cafe\u{301}", "Café"),
        ("می\u{200c}خواهم", "می\u{200c}خواهم"),
        ("👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}", "👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}"),
    ] {
        let (status, summary) = title(&server, &admin, given).await;
        assert_eq!((status, summary["title"].as_str()), (200, Some(kept)), "{summary}");
    }
    let invite = |note: &str| json!({"note": note, "uses": 1, "days": 1});
    let bar = |reason: &str| json!({"suspended": true, "reason": reason});
    let path = format!("/api/admin/users/{}", bob.grant.user.id);
    for wrong in ["invoice\u{202e}fdp.exe", "\u{200b}", "a\u{2067}b", "a\u{200d}b", "two\nlines", "\u{1b}[31m"] {
        let (status, api_error) = title(&server, &admin, wrong).await;
        assert!(status == 400 && api_error["error"].as_str().unwrap().contains("U+"), "{wrong:?}: {api_error}");
        let reply = server.as_user(&admin, "POST", "/api/admin/invitations", Some(invite(wrong))).await;
        assert_eq!(reply.status, 400, "{wrong:?}: {}", reply.text);
        let reply = server.as_user(&admin, "PATCH", &path, Some(bar(wrong))).await;
        assert_eq!(reply.status, 400, "{wrong:?}: {}", reply.text);
    }
    let reply = server.as_user(&admin, "POST", "/api/admin/invitations", Some(invite("Cafe\u{301}"))).await;
    assert_eq!(reply.value()["note"], "Café");
}

#[tokio::test]
async fn names_from_elsewhere_are_cleaned() {
    let server = Server::start().await;
    let user = server.guest().await;
    let said = server.chat(&user, json!({"content": "Cafe\u{301} \u{202e}fdp.exe\u{200b}", "model": "echo"})).await;
    let shown = server.show(&user, said.conversation_id).await;
    assert_eq!(shown.summary.title, "Café fdp.exe");
    assert_eq!(shown.messages[0].content, "Cafe\u{301} \u{202e}fdp.exe\u{200b}", "a message stays as it was sent");

    let file = json!([{"title": "Re\u{301}sume\u{301}\u{202e}\u{200b}\nline", "create_time": 1.0, "update_time": 2.0, "current_node": "1", "mapping": {
        "1": {"id": "1", "parent": null, "children": [], "message": {"id": "1", "author": {"role": "user"}, "content": {"content_type": "text", "parts": ["hello"]}}}
    }}]);
    let reply = server.as_user(&user, "POST", "/api/import", Some(file)).await;
    assert!(reply.status == 200 && reply.text.contains("\"added\":1"), "{}", reply.text);
    let list = server.as_user(&user, "GET", "/api/conversations", None).await.text;
    assert!(list.contains("\"Résumé line\""), "{list}");
}
