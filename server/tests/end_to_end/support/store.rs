//! The store from outside, by Python's own SQLite: to turn back time, and to see what is kept.

use std::{process::Command, time::Duration};

use tokio::time::Instant;

use super::{Server, User};

/// The first value of a query's first row.
pub fn query(server: &Server, sql: &str) -> String {
    run(server, "c = sqlite3.connect(sys.argv[1], timeout=10); print(c.execute(sys.argv[2]).fetchone()[0])", sql)
}

/// Waits until a query gives a value: for what the server does by itself.
pub async fn until(server: &Server, sql: &str, value: &str) {
    until_within(server, sql, value, Duration::from_secs(30)).await;
}

/// The same for what may take so long.
pub async fn until_within(server: &Server, sql: &str, value: &str, within: Duration) {
    let since = Instant::now();
    // Each look is a process of its own: what takes long is not held up by them.
    let mut pause = Duration::from_millis(20);
    while query(server, sql) != value {
        assert!(since.elapsed() < within, "{sql} does not become {value}: {}", server.log());
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(500));
    }
}

/// Changes something.
pub fn change(server: &Server, sql: &str) {
    run(server, "c = sqlite3.connect(sys.argv[1], timeout=10); c.execute(sys.argv[2]); c.commit()", sql);
}

/// Writes conversations of 100 messages each for a user, straight into the store: `count` messages in all. Each has some words,
/// among them one of its own (`word17`), and `padding` further bytes.
pub async fn fill(server: &Server, user: &User, count: usize, padding: usize) {
    let script = "
import uuid, time
user, count, padding = sys.argv[2].split()
user, count, padding = uuid.UUID(user).bytes, int(count), int(padding)
store = sqlite3.connect(sys.argv[1], timeout=60)
now = int(time.time() * 1000)
more = ('and again the tide goes out and comes in ' * (padding // 40 + 1))[:padding]
for first in range(0, count, 100):
    conversation, at = uuid.uuid4().bytes, now - (count - first) * 1000
    store.execute('INSERT INTO conversations (id, user_id, title, rev, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
        (conversation, user, f'About a tide {first // 100}', at, at, at))
    store.execute('INSERT INTO revisions (conversation_id, rev) VALUES (?, ?)', (conversation, at))
    rows, parent = [], None
    for n in range(first, min(first + 100, count)):
        name = uuid.uuid4().bytes
        text = f'An answer about a tide at a harbour: word{n}, and all about it. {more}'
        rows.append((name, user, conversation, parent, 'assistant' if n % 2 else 'user', text, 'complete', at + n - first, at))
        parent = name
    store.executemany('INSERT INTO messages (id, owner_id, conversation_id, parent_id, role, content, status, created_at, rev)'
        ' VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', rows)
store.commit()";
    run(server, script, &format!("{} {count} {padding}", user.grant.user.id));
    // A turn for the client, to notice which of its connections have ended meanwhile.
    tokio::time::sleep(Duration::from_millis(10)).await;
}

/// Waits until searches find all that was written.
pub async fn indexed(server: &Server) {
    until_within(server, "SELECT count(*) FROM unindexed", "0", Duration::from_secs(120)).await;
}

fn run(server: &Server, script: &str, sql: &str) -> String {
    let store = server.data().join("holdfast.db");
    let output = Command::new("python3").args(["-c", &format!("import sqlite3, sys; {script}")]).arg(store).arg(sql).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
