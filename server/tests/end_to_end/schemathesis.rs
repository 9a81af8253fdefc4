//! Compares the server with its OpenAPI document: schemathesis sends what the document allows and what it does not, and checks the
//! replies. It uses the same few hundred cases each time, so that it takes only seconds.

use std::{process::Stdio, time::Duration};

use holdfast_protocol::api::Role;
use serde_json::json;
use tokio::process::Command;

use crate::support::{Server, User};

/// With limits on, and so wide that no case is refused for those before it.
const SETTINGS: [(&str, &str); 7] = [
    ("LIMIT_MESSAGES", "100000"),
    ("LIMIT_ANSWERS", "1000"),
    ("LIMIT_SOCKETS", "1000"),
    ("LIMIT_SIGN_IN", "100000"),
    // Quoting the manual takes its time.
    ("DEFAULT_MODEL", "builtin/echo"),
    ("SIGNUP", "open"),
    // Nobody listens there: whatever address a provider is said to have, asking it fails at once.
    ("OUTBOUND_PROXY", "http://127.0.0.1:9"),
];

/// What no schema can say: which passwords are easy to guess, what a file with conversations holds, whether an answer is complete,
/// which messages a conversation has, and which addresses are some. These calls may refuse a request that the schema allows; everything else is compared of them too.
const MORE_THAN_FORM: [&str; 6] = [
    "POST /api/auth/signup",
    "POST /api/auth/claim",
    "POST /api/import",
    "POST /api/answers/{id}/continue",
    "POST /api/conversations/{id}/shares",
    "POST /api/admin/providers",
];

/// Calls that want the current password. A wrong one makes the next wait longer, so only what the schema forbids is sent.
const WANT_PASSWORD: [&str; 4] =
    ["PATCH /api/auth/me", "POST /api/auth/second-factor", "POST /api/auth/second-factor/remove", "POST /api/auth/password"];

/// What is usual for a request that the schema allows, and 400.
const MAY_REFUSE: &str = r#"expected-statuses = ["2xx", "3xx", "400", "401", "403", "404", "409", "429", "5xx"]"#;

/// Runs it on the calls that `choice` names, with these values for what stands in paths. Returns what it says if anything is wrong.
async fn compare(server: &Server, user: Option<&User>, choice: &[&str], known: &[(&str, String)]) -> Result<(), String> {
    let packages = std::env::var("SCHEMATHESIS_PACKAGES").expect("set by tools/env, after tools/setup test");
    let mut config = String::from("[phases.coverage]\nunexpected-methods = [\"PUT\", \"TRACE\"]\n");
    for name in MORE_THAN_FORM {
        config.push_str(&format!("[[operations]]\ninclude-name = \"{name}\"\nchecks.positive_data_acceptance.{MAY_REFUSE}\n"));
    }
    if user.is_some_and(|user| user.grant.user.role != Role::Guest) {
        for name in WANT_PASSWORD {
            config.push_str(&format!("[[operations]]\ninclude-name = \"{name}\"\ngeneration.mode = \"negative\"\n"));
        }
    }
    // It would wait for what is new.
    config.push_str("[[operations]]\ninclude-path = \"/api/conversations/{id}/poll\"\nparameters = { \"query.wait_ms\" = 0 }\n");
    for (path, id) in known {
        config.push_str(&format!("[[operations]]\ninclude-path-regex = \"{path}\"\nparameters = {{ \"path.id\" = \"{id}\" }}\n"));
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schemathesis.toml");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new("python3");
    // Tables of Unicode take it most of its time to make: once for all runs.
    command.env("HYPOTHESIS_STORAGE_DIRECTORY", concat!(env!("CARGO_TARGET_TMPDIR"), "/hypothesis"));
    command.env("PYTHONPATH", packages).current_dir(folder.path()).args(["-m", "schemathesis.cli", "--config-file"]).arg(file);
    command.args(["run", &server.url("/api/openapi.json"), "--checks", "all"]);
    command.args(["--generation-deterministic", "--max-examples", "4", "--no-shrink"]);
    command.args(["--request-timeout", "20", "--continue-on-failure", "--warnings", "off", "--no-color"]).args(choice);
    if let Some(user) = user {
        command.arg("--header").arg(format!("Authorization: Bearer {}", user.token()));
    }
    let running = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let out = tokio::time::timeout(Duration::from_secs(120), running).await.expect("it ends").unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    let passed = out.status.success() && said.contains(" passed");
    if passed { Ok(()) } else { Err(said) }
}

/// On a conversation of theirs, so that more than “there is none” is seen of the calls about one.
#[tokio::test]
async fn the_document_holds_for_a_guest_with_a_conversation() {
    let mut server = Server::capped(&SETTINGS).await;
    let guest = server.guest().await;
    let reply = server.chat(&guest, json!({"content": "hello", "model": "echo"})).await;
    let known = [("^/api/conversations/", reply.conversation_id.to_string()), ("^/api/(answers|messages)/", reply.answer_id.to_string())];
    let about = "^/api/(conversations|answers|messages|shares|search|models|chat|auth/me)";
    // An event stream has no end.
    let choice =
        ["--include-path-regex", about, "--exclude-method", "DELETE", "--exclude-path-regex", "/events$", "--phases", "coverage,fuzzing"];
    let said = compare(&server, Some(&guest), &choice, &known).await;
    assert!(said.is_ok(), "{}", said.unwrap_err());
    assert!(server.is_running());
}

/// What an administrator alone may do.
#[tokio::test]
async fn the_document_holds_for_an_administrator() {
    let mut server = Server::capped(&SETTINGS).await;
    let (admin, member) = (server.admin("Ada").await, server.member("Bob").await);
    let known = [("^/api/admin/users/", member.grant.user.id.to_string())];
    let choice = ["--include-path-regex", "^/api/(admin|keys)", "--phases", "coverage,fuzzing"];
    let said = compare(&server, Some(&admin), &choice, &known).await;
    assert!(said.is_ok(), "{}", said.unwrap_err());
    assert_eq!(server.as_user(&admin, "GET", "/api/admin/limits", None).await.status, 200, "still an administrator");
    assert!(server.is_running());
}

/// Their own account, but for what ends their session.
#[tokio::test]
async fn the_document_holds_for_an_account() {
    let mut server = Server::capped(&SETTINGS).await;
    let admin = server.admin("Ada").await;
    let choice = [
        "--include-path-regex",
        "^/api/(auth|export|import|storage)",
        "--exclude-path-regex",
        "^/api/auth/(remove|logout|login|signup|guest|claim)$",
        "--exclude-method",
        "DELETE",
        "--phases",
        "coverage,fuzzing",
    ];
    let said = compare(&server, Some(&admin), &choice, &[]).await;
    assert!(said.is_ok(), "{}", said.unwrap_err());
    assert_eq!(server.as_user(&admin, "GET", "/api/auth/me", None).await.status, 200, "still signed in");
    assert!(server.is_running());
}

#[tokio::test]
async fn the_document_holds_without_a_token() {
    let mut server = Server::capped(&SETTINGS).await;
    let said = compare(&server, None, &["--phases", "fuzzing"], &[]).await;
    assert!(said.is_ok(), "{}", said.unwrap_err());
    assert!(server.is_running());
}
