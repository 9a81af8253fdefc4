//! Listening on a Unix socket.

use std::{
    os::unix::{
        fs::{FileTypeExt as _, PermissionsExt as _},
        net::{UnixListener, UnixStream},
    },
    path::Path,
    process::Output,
};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Server, eventually, server::command};

/// A request over the socket. Gives the status and everything else.
async fn ask(path: &Path, method: &str, target: &str, headers: &str) -> (u16, String) {
    let mut stream = tokio::net::UnixStream::connect(path).await.unwrap();
    let request = format!("{method} {target} HTTP/1.1\r\nconnection: close\r\ncontent-length: 0\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut came = Vec::new();
    stream.read_to_end(&mut came).await.unwrap();
    let text = String::from_utf8_lossy(&came).into_owned();
    (text[9..12].parse().unwrap(), text)
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn start_fails(path: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    let listen = format!("unix:{}", path.display());
    let Output { status, stderr, .. } = command().current_dir(folder.path()).args(["--listen", &listen]).output().unwrap();
    assert_eq!(status.code(), Some(1));
    String::from_utf8(stderr).unwrap()
}

#[tokio::test]
async fn the_socket_s_file_has_its_permissions_and_is_removed_with_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sock");
    let mut server = Server::with(&[("LISTEN", &format!("unix:{}", path.display()))]).await;
    assert!(std::fs::metadata(&path).unwrap().file_type().is_socket());
    assert_eq!(mode(&path), 0o660);
    assert_eq!(ask(&path, "GET", "/health", "host: localhost\r\n").await.0, 200);
    server.stop().await;
    assert!(!path.exists());
    server.set("SOCKET_MODE", "0600");
    server.start_again();
    assert_eq!(mode(&path), 0o600);
    server.kill();
    assert!(path.exists(), "nobody removes it");
    server.start_again();
    assert_eq!(ask(&path, "GET", "/health", "host: localhost\r\n").await.0, 200, "what is stale is replaced");
}

#[tokio::test]
async fn a_unix_socket_in_use_is_reported_with_its_owner_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sock");
    let server = Server::with(&[("LISTEN", &format!("unix:{}", path.display()))]).await;
    let error = start_fails(&path);
    let owner = format!("unix:{} is already in use by holdfast (process {})", path.display(), server.process());
    assert!(error.contains(&owner) && error.contains("--listen") && error.lines().count() == 1, "{error}");
    assert_eq!(ask(&path, "GET", "/health", "host: localhost\r\n").await.0, 200);

    let other = folder.path().join("other.sock");
    let listener = UnixListener::bind(&other).unwrap();
    let error = start_fails(&other);
    assert!(error.contains("already in use by") && error.contains(&format!("process {}", std::process::id())), "{error}");
    UnixStream::connect(&other).unwrap();
    drop(listener);

    let file = folder.path().join("file");
    std::fs::write(&file, "mine").unwrap();
    let error = start_fails(&file);
    assert!(error.contains("is not a socket") && std::fs::read_to_string(&file).unwrap() == "mine", "{error}");
    let error = start_fails(&folder.path().join("nowhere/a.sock"));
    assert!(error.contains("can't listen on unix:") && error.contains("--listen"), "{error}");
}

#[tokio::test]
async fn without_addresses_all_clients_share_limits_and_the_log_names_the_setting() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sock");
    let listen = format!("unix:{}", path.display());
    let told = "host: localhost\r\nx-forwarded-for: 192.0.2.7\r\n";
    let silent = "host: localhost\r\n";
    for (trusted, counts_what_is_told) in [("unix", true), ("127.0.0.0/8", false)] {
        let settings = [("LISTEN", listen.as_str()), ("LIMITS", "on"), ("LIMIT_SIGN_IN", "2"), ("TRUSTED_PROXIES", trusted)];
        let server = Server::with_log(&settings).await;
        assert_eq!(ask(&path, "GET", "/health", silent).await.0, 200);
        for expected in [201, 201, 429] {
            let (status, text) = ask(&path, "POST", "/api/auth/guest", silent).await;
            assert_eq!(status, expected, "{text}");
        }
        let (status, text) = ask(&path, "POST", "/api/auth/guest", told).await;
        assert_eq!(status, if counts_what_is_told { 201 } else { 429 }, "{trusted}: {text}");
        let line = "limits per address count all clients as one";
        eventually(|| server.log().contains(line), || server.log()).await;
        let log = server.log();
        assert_eq!(log.matches(line).count(), 1, "{log}");
        assert!(log.contains("X-Forwarded-For") && log.contains("HOLDFAST_TRUSTED_PROXIES"), "{log}");
        assert!(log.contains("refused address=unix"), "{log}");
    }
}

#[tokio::test]
async fn origins_are_checked_without_an_address() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sock");
    let _server = Server::with(&[("LISTEN", &format!("unix:{}", path.display()))]).await;
    let page = |host: &str, origin: &str, more: &str| format!("host: {host}\r\norigin: {origin}\r\n{more}");
    let proxied = "x-forwarded-for: 192.0.2.7\r\nx-forwarded-proto: https\r\n";
    for (headers, expected) in [
        (page("chat.example.com", "https://chat.example.com", proxied), 201),
        (page("localhost", "http://localhost", ""), 201),
        // A proxy that answers to every name and says nothing.
        (page("evil.example", "http://evil.example", ""), 403),
        (page("chat.example.com", "https://evil.example", proxied), 403),
    ] {
        let (status, text) = ask(&path, "POST", "/api/auth/guest", &headers).await;
        assert_eq!(status, expected, "{headers}: {text}");
    }
}

#[tokio::test]
async fn connections_of_a_unix_socket_count_as_one_address_unless_it_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sock");
    let listen = format!("unix:{}", path.display());
    for (trusted, expected) in [("unix", 200), ("127.0.0.0/8", 503)] {
        let settings = [("LISTEN", listen.as_str()), ("LIMITS", "on"), ("CONNECTIONS_PER_ADDRESS", "3"), ("TRUSTED_PROXIES", trusted)];
        let _server = Server::with(&settings).await;
        let _open: Vec<_> = (0..3).map(|_| UnixStream::connect(&path).unwrap()).collect();
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        assert_eq!(ask(&path, "GET", "/health", "host: localhost\r\n").await.0, expected, "{trusted}");
    }
}

#[tokio::test]
async fn metrics_can_have_their_own_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.sock");
    let mut server = Server::with(&[("METRICS_LISTEN", &format!("unix:{}", path.display()))]).await;
    assert_eq!(ask(&path, "GET", "/metrics", "host: localhost\r\n").await.0, 200);
    assert_eq!(server.get("/metrics").await.status, 404);
    server.stop().await;
    assert!(!path.exists());
}
