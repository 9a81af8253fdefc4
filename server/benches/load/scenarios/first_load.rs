//! Measures the bytes of a first visit.

use std::collections::BTreeSet;

use super::fresh;
use crate::{
    http,
    plan::Plan,
    report::{Aim, Figure, remark},
    wire::BenchError,
};

/// File types that a page loads on its own.
const LOADED: [&str; 6] = [".css", ".js", ".wasm", ".svg", ".woff2", ".webmanifest"];

/// Modules that the page names, but loads only when they are needed: for a conversation, and when the page fails.
const LATER: [&str; 2] = ["/lib/enhance.", "/lib/rescue."];

pub(super) async fn run(plan: &Plan) -> Result<(), BenchError> {
    let (_folder, server) = fresh(plan).await?;
    let plain = http::succeed(server.address, "GET /", &[], "").await?;
    let page = String::from_utf8_lossy(&plain.body).into_owned();
    let brotli = [String::from("accept-encoding: br")];
    let mut files = vec![("/".to_owned(), http::succeed(server.address, "GET /", &brotli, "").await?.wire)];
    for path in references(&page) {
        let reply = http::call(server.address, &format!("GET {path}"), &brotli, "").await?;
        if reply.status == 404 {
            remark(&format!("site not carried in this build ({path} is not there)"));
            return server.end().await;
        }
        files.push((path, reply.wire));
    }
    server.end().await?;
    for (path, bytes) in &files {
        remark(&format!("{bytes:>9} bytes  {path}"));
    }
    let bytes: usize = files.iter().map(|(_, bytes)| bytes).sum();
    Figure::new("first load over the wire, heads and all", bytes as f64 / 1000.0, "KB").aim(Aim::Most(325.0)).print();
    Figure::new("requests of the first load", files.len() as f64, "").aim(Aim::Most(10.0)).print();
    Ok(())
}

/// Returns the paths of this server that a page refers to and a browser loads.
fn references(page: &str) -> BTreeSet<String> {
    let quoted = page.split('"').filter(|text| text.starts_with('/') && !text.starts_with("//"));
    let is_loaded = |path: &&str| LOADED.iter().any(|end| path.ends_with(end)) && !LATER.iter().any(|start| path.starts_with(start));
    quoted.filter(is_loaded).map(str::to_owned).collect()
}
