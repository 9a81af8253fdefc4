//! Limits on the cost of one request, under a memory limit (`Server::capped`).

use serde_json::json;

use crate::support::{Server, server::MEMORY_CAP};

#[tokio::test]
async fn the_server_runs_with_a_memory_limit() {
    let mut server = Server::capped(&[]).await;
    let user = server.guest().await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.process())).unwrap();
    assert!(limits.lines().any(|line| line.starts_with("Max address space") && line.contains(&MEMORY_CAP.to_string())), "{limits}");
    assert_eq!(server.chat(&user, json!({"content": "high tide", "model": "echo"})).await.full_response, "high tide");
    server.stop().await;
    assert!(!server.is_running());
    server.start_again();
    let user = server.guest().await;
    assert_eq!(server.chat(&user, json!({"content": "low tide", "model": "echo"})).await.full_response, "low tide");
    assert!(server.is_running() && server.peak_kib() < 512 * 1024, "{} KiB", server.peak_kib());
}
