//! The store from outside, by Python's own SQLite: to turn back time, and to see what is kept.

use std::{process::Command, time::Duration};

use tokio::time::Instant;

use super::Server;

/// The first value of a query's first row.
pub fn query(server: &Server, sql: &str) -> String {
    run(server, "c = sqlite3.connect(sys.argv[1], timeout=10); print(c.execute(sys.argv[2]).fetchone()[0])", sql)
}

/// Waits until a query gives a value: for what the server does by itself.
pub async fn until(server: &Server, sql: &str, value: &str) {
    let since = Instant::now();
    while query(server, sql) != value {
        assert!(since.elapsed() < Duration::from_secs(30), "{sql} does not become {value}: {}", server.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Changes something.
pub fn change(server: &Server, sql: &str) {
    run(server, "c = sqlite3.connect(sys.argv[1], timeout=10); c.execute(sys.argv[2]); c.commit()", sql);
}

fn run(server: &Server, script: &str, sql: &str) -> String {
    let store = server.data().join("holdfast.db");
    let output = Command::new("python3").args(["-c", &format!("import sqlite3, sys; {script}")]).arg(store).arg(sql).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
