//! The client in the manual works as printed.

use std::process::Stdio;

use crate::support::Server;

#[tokio::test]
async fn the_client_in_the_manual_works() {
    let server = Server::start().await;
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/client.py");
    let lines = std::fs::read_to_string(client).unwrap().lines().count();
    assert!(lines <= 25, "{lines} lines");
    let out = tokio::process::Command::new("python3")
        .args([client, &server.url(""), "hello", "builtin", "echo-50-5"])
        .stderr(Stdio::piped())
        .output()
        .await
        .unwrap();
    let (text, error) = (String::from_utf8_lossy(&out.stdout).into_owned(), String::from_utf8_lossy(&out.stderr).into_owned());
    assert!(out.status.success(), "{text}\n{error}");
    let expected = holdfast_providers::echo_text(50);
    assert!(text.contains(expected.trim_end()), "{text}");
    assert!(text.contains("ready"), "{text}");
}
