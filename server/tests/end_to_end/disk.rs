//! A full or nearly full disk is reported as such, nothing is lost, and the server recovers when there is space again.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use holdfast_protocol::{Code, ServerFrame, frame::Chat};
use holdfast_providers::echo_text;
use serde_json::{Value, json};

use crate::support::{Server, Socket, User, Volume, fresh_id, server::command};

fn echo(content: &str) -> Chat {
    Chat { provider: Some("builtin".into()), model: Some("echo".into()), ..Chat::new(fresh_id(), content) }
}

/// Returns the status of `/health/full`, and its parts.
async fn health(server: &Server) -> (u16, Vec<(String, bool)>) {
    let reply = server.get("/health/full").await;
    let parts = reply.value()["parts"].as_array().unwrap().clone();
    let part = |part: &Value| (part["name"].as_str().unwrap().to_owned(), part["ok"].as_bool().unwrap());
    (reply.status, parts.iter().map(part).filter(|(name, _)| ["store", "disk"].contains(&name.as_str())).collect())
}

/// Waits until the status is this one.
async fn until_health(server: &Server, status: u16) -> Vec<(String, bool)> {
    for _ in 0..100 {
        let (found, parts) = health(server).await;
        if found == status {
            return parts;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("/health/full is never {status}: {}", server.log());
}

/// What can't be saved is refused as a full disk over each transport, and accepted when it is sent again later.
async fn tells_and_goes_on(server: &mut Server, volume: &Volume, user: &User) {
    let reply = server.chat(user, json!({"content": "before", "model": "echo"})).await;
    let mut socket = Socket::ready(server, "/ws", user).await;
    volume.fill();
    for (method, path, body) in [
        ("POST", "/api/chat".to_owned(), json!({"content": "no room for this", "model": "echo"})),
        ("PATCH", format!("/api/conversations/{}", reply.conversation_id), json!({"title": "No room for this"})),
    ] {
        let refused = server.as_user(user, method, &path, Some(body)).await;
        let api_error = refused.api_error();
        assert_eq!((refused.status, api_error.code), (507, Code::DiskFull), "{path}: {}", refused.text);
        assert!(api_error.error.contains("disk is full") && api_error.error.contains("Nothing is lost"), "{}", refused.text);
        assert!(refused.headers.contains_key("retry-after") && api_error.retry_after_ms.is_some());
    }
    let waiting = echo("this waits");
    socket.chat(waiting.clone()).await;
    let ServerFrame::Error { code, message_id, retry_after_ms, .. } =
        socket.until(|frame| matches!(frame, ServerFrame::Error { .. })).await
    else {
        unreachable!()
    };
    assert_eq!((code, message_id, retry_after_ms.is_some()), (Code::DiskFull, Some(waiting.message_id), true));
    assert!(until_health(server, 503).await.contains(&("store".into(), false)));
    // Reading works meanwhile.
    for n in 0..200 {
        // Not `/api/chat`: if a message fits and its answer does not, that call waits for two seconds.
        let path = format!("/api/conversations/{}/messages", reply.conversation_id);
        let body = json!({"message_id": fresh_id(), "content": format!("{n}"), "provider": "builtin", "model": "echo-1-0"});
        _ = server.as_user(user, "POST", &path, Some(body)).await;
        if n % 20 == 0 {
            assert!(server.show(user, reply.conversation_id).await.messages.len() >= 2);
        }
    }
    assert!(server.is_running());

    volume.make_room();
    assert!(until_health(server, 200).await.iter().all(|(_, ok)| *ok));
    socket.chat(waiting).await;
    assert_eq!(socket.complete().await.full_response, "this waits");
    assert!(server.log().contains("the disk is full"), "{}", server.log());
}

#[tokio::test]
async fn a_write_on_a_full_disk_is_reported_and_accepted_when_repeated() {
    let Some(volume) = Volume::in_memory(24) else { return };
    let mut server = Server::on(&volume, &[("MIN_FREE_MIB", "0")]).await;
    let user = server.guest().await;
    tells_and_goes_on(&mut server, &volume, &user).await;
}

/// A call that waits for an answer ends if the answer can't be saved, although the message was.
#[tokio::test]
async fn a_call_that_waits_for_an_answer_ends_if_the_disk_is_full() {
    let Some(volume) = Volume::in_memory(24) else { return };
    let server = Server::on(&volume, &[("MIN_FREE_MIB", "0")]).await;
    let user = server.guest().await;
    let asked = json!({"content": "go", "provider": "builtin", "model": "echo-200-10"});
    let fill = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        volume.fill();
    };
    let asking = server.as_user(&user, "POST", "/api/chat", Some(asked.clone()));
    let (refused, ()) = tokio::time::timeout(Duration::from_secs(20), async { tokio::join!(asking, fill) }).await.unwrap();
    let api_error = refused.api_error();
    assert_eq!((refused.status, api_error.code), (507, Code::DiskFull), "{}", refused.text);
    assert!(api_error.error.contains("disk is full") && api_error.error.contains("Nothing is lost"), "{}", refused.text);
    assert!(refused.headers.contains_key("retry-after") && api_error.retry_after_ms.is_some());

    // With its id, the whole answer can be read later.
    volume.make_room();
    until_health(&server, 200).await;
    let mut again = asked;
    again["message_id"] = refused.value()["message_id"].clone();
    assert_eq!(server.chat(&user, again).await.full_response, echo_text(200));
}

/// SQLite maps a file into memory; on such a volume it had holes that could not be filled any more.
#[tokio::test]
async fn a_full_small_volume_does_not_stop_the_server() {
    let Some(volume) = Volume::of_small_blocks(24) else { return };
    let mut server = Server::on(&volume, &[("MIN_FREE_MIB", "0")]).await;
    let user = server.guest().await;
    tells_and_goes_on(&mut server, &volume, &user).await;
    // The same for a journal that grows until the disk is full.
    let id = server.conversation(&user).await;
    volume.leave(4 * 1024);
    let mut told = Vec::new();
    for _ in 0..60 {
        // Not the call that waits for the answer: if the answer does not fit, it ends only after two seconds.
        let body = json!({"message_id": fresh_id(), "content": "x".repeat(200_000), "model": "echo-1-0"});
        told.push(server.as_user(&user, "POST", &format!("/api/conversations/{id}/messages"), Some(body)).await.status);
        if told.last() == Some(&507) {
            break;
        }
    }
    assert_eq!(told.last(), Some(&507), "{told:?}: {}", server.log());
    assert!(server.is_running());
    // A start fails too, and says why.
    server.stop().await;
    volume.fill();
    let output = command().env("HOLDFAST_DATA", server.data()).env("HOLDFAST_LISTEN", "127.0.0.1:0").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && told.contains("disk") && told.contains("is full"), "{:?}: {told}", output.status);
    volume.make_room();
    server.start_again();
    assert_eq!(server.chat(&user, json!({"content": "after", "model": "echo"})).await.full_response, "after");
}

#[tokio::test]
async fn below_the_free_space_limit_new_data_is_refused_and_the_rest_works() {
    let Some(volume) = Volume::in_memory(100) else { return };
    let server = Server::on(&volume, &[]).await;
    let user = server.guest().await;
    let id = server.chat(&user, json!({"content": "before", "model": "echo"})).await.conversation_id;
    volume.leave(30 * 1024);
    assert_eq!(until_health(&server, 503).await, [("store".to_owned(), true), ("disk".to_owned(), false)]);
    for (path, body) in [
        ("/api/chat".to_owned(), json!({"content": "new", "model": "echo"})),
        (format!("/api/conversations/{id}/messages"), json!({"message_id": fresh_id(), "content": "new"})),
        ("/api/conversations".to_owned(), json!({})),
        ("/api/import".to_owned(), json!([])),
    ] {
        let refused = server.as_user(&user, "POST", &path, Some(body)).await;
        assert_eq!((refused.status, refused.api_error().code), (507, Code::DiskFull), "{path}: {}", refused.text);
    }
    // Signing in, reading and removing use the reserved space.
    server.guest().await;
    assert_eq!(server.show(&user, id).await.messages.len(), 2);
    assert_eq!(server.as_user(&user, "DELETE", &format!("/api/conversations/{id}"), None).await.status, 204);
    let folder = fs::canonicalize(server.data()).unwrap();
    let warnings: Vec<String> =
        server.log().lines().filter(|line| line.contains("the disk is full, or nearly")).map(str::to_owned).collect();
    assert_eq!(warnings.len(), 1, "{}", server.log());
    assert!(warnings[0].contains(folder.to_str().unwrap()) && warnings[0].contains("free_bytes="), "{warnings:?}");
    volume.make_room();
    until_health(&server, 200).await;
    assert_eq!(server.chat(&user, json!({"content": "again", "model": "echo"})).await.full_response, "again");
}

/// Starts the server, which must fail. Returns its output.
fn failed_start(data: &Path) -> String {
    let output = command().env("HOLDFAST_DATA", data).env("HOLDFAST_LISTEN", "127.0.0.1:0").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn a_first_start_on_a_full_disk_leaves_no_partial_files() {
    let Some(volume) = Volume::in_memory(24) else { return };
    let mut server = Server::on(&volume, &[]).await;
    server.stop().await;
    for file in fs::read_dir(server.data()).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    volume.fill();
    let told = failed_start(server.data());
    assert!(told.contains("secret") && told.contains("disk is full"), "{told}");
    assert!(!server.data().join("secret").exists());
    volume.make_room();
    server.start_again();
    server.guest().await;
}

#[tokio::test]
async fn an_empty_secret_file_is_replaced_only_before_anything_was_stored() {
    let mut server = Server::start().await;
    server.stop().await;
    let secret = server.data().join("secret");
    fs::write(&secret, "").unwrap();
    let told = failed_start(server.data());
    assert!(told.contains("is empty") && told.contains("backup") && told.contains("remove it"), "{told}");
    assert_eq!(fs::read_to_string(&secret).unwrap(), "");
    fs::remove_file(server.data().join("holdfast.db")).unwrap();
    server.start_again();
    assert!(fs::read_to_string(&secret).unwrap().len() > 32);
    server.guest().await;
}

#[tokio::test]
async fn created_files_are_private_and_a_public_folder_is_warned_about() {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let mut server = Server::with_log(&[]).await;
    server.guest().await;
    for name in ["secret", "lock", "holdfast.db", "holdfast.db-wal", "holdfast.db-shm"] {
        assert_eq!(mode(&server.data().join(name)), 0o600, "{name}");
    }
    assert!(!server.log().contains("can read the data folder"), "{}", server.log());
    server.stop().await;
    fs::set_permissions(server.data(), fs::Permissions::from_mode(0o755)).unwrap();
    server.start_again_with_log();
    assert!(server.log().contains("can read the data folder") && server.log().contains("chmod 700"), "{}", server.log());
    fs::set_permissions(server.data(), fs::Permissions::from_mode(0o700)).unwrap();
}
