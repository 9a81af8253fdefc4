//! A real model server: llama.cpp's own, with a small model, from PyPI (`tools/setup test` brings both).

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;

/// The server's process: two slots, each with a window of 256 tokens. It ends when dropped.
pub struct ModelServer {
    child: Child,
    /// Its address, such as `http://127.0.0.1:21000`.
    pub url: String,
}

impl ModelServer {
    /// Starts it on a free port.
    pub fn start() -> Self {
        Self::on("0")
    }

    fn on(port: &str) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/end_to_end/support/model_server.py");
        let mut child = Command::new("python3")
            .args([script, port])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 is there, after tools/setup test");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().to_owned();
        assert!(url.starts_with("http://"), "the model server did not start (has tools/setup test run?)");
        Self { child, url }
    }

    /// Ends it at once, without a word.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again on the same port.
    pub fn start_again(&mut self) {
        let port = self.url.rsplit(':').next().unwrap().to_owned();
        *self = Self::on(&port);
    }

    /// How many answers it is writing.
    pub async fn answering(&self) -> usize {
        let slots = reqwest::get(format!("{}/slots", self.url)).await.unwrap().text().await.unwrap();
        let slots: Value = serde_json::from_str(&slots).unwrap();
        slots.as_array().unwrap().iter().filter(|slot| slot["is_processing"] == true).count()
    }

    /// Waits until it is writing so many answers.
    pub async fn until_answering(&self, count: usize) {
        for _ in 0..200 {
            if self.answering().await == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} answers are being written, and not {count}", self.answering().await);
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
