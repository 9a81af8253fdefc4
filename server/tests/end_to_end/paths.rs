//! Any path with any method: the server answers, and never with an error of its own.

use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};

use crate::support::{
    Server,
    raw::{exchange, status},
};

/// Request targets (RFC 9112 §3.2) that are meaningless, or mean something else than they seem to.
#[rustfmt::skip]
const TARGETS: &[&str] = &[
    "/", "//", "///", "////////", "//?a", "//#a", "/?", "/??", "/?a", "/?//", "/#", "//a", "//a/b", "//a:b", "//a:99999", "//:80", "//:", "//@", "//[", "//[::1", "//]",
    "//%", "//%zz", "//%00", "//user:pass@host/", "///host", "/\\", "/\\\\", "/\\/host", "//\\", "/.", "/..", "/../", "/../../etc/passwd", "/./", "/.//", "//..", "//.",
    "/%", "/%2", "/%zz", "/%00", "/%2f", "/%2f%2f", "/%2F%2e%2E%2f", "/%ff%fe", "/%c0%80", "/%ed%a0%80", "/a%0d%0ab: c", "/;", "/;a=b", "/:", "/@", "/*", "*", "**", "?", "?a",
    "a", "a/b", "a:1", "a:80", ":80", "[::1]:80", "localhost:3000", "http:", "http:/", "http://", "http:///", "http://?a", "http://a", "http://a/", "http://a//", "http://a?b", "http://a:80//c", "https://a//",
    "http://[", "http://[::1]//", "ws://a/ws", "ftp://a/", "javascript:alert(1)", "data:,a", "file:///etc/passwd", "/http://a/", "/https:", "/javascript:alert(1)",
    "/c/", "/c//", "/c/%", "/c/%00", "/c/00000000-0000-0000-0000-000000000000", "/c/../signin", "/c/7?all", "//c/7", "/settings//account", "/settings/%2e%2e", "/search", "/search?q", "/search?q=", "/search?q=%00",
    "/search?q=%22", "/search?q=%ff", "/search?q=%", "/search?q=*", "/search?q=(", "/search?q=a%00b", "/search?q=-", "/search?q=NEAR(", "/search?q=a&q=b", "/search?q=title:", "/search?q=^",
    "/s/", "/s//", "/s/%", "/s/%ff", "/s/a%00b", "/s/a/b", "/pkg/", "/pkg//", "/pkg/%ff", "/pkg/../x", "/lib/%00", "/icons/..%2f..", "/ws", "//ws", "/ws/", "/ws/conversations/", "/ws/conversations/%ff",
    "/ws/chat/", "/ws/chat/%00", "/ws?token=%ff", "/ws?token=a&token=b", "/api", "/api/", "/api//", "//api/", "/api/%", "/api/docs", "/api/docs//", "/api/docs/..", "/api/docs/%ff", "/api/redoc", "/api/openapi.json",
    "/api/conversations//", "/api/conversations/%ff", "/api/conversations/a/events?have=%ff", "/api/shares/%00", "/api/providers/%ff/key", "/health/", "/health//full", "/metrics/", "/metrics?a=%ff", "/worker.js?%",
    "/offline?//", "/manifest.webmanifest//", "/auth/oidc/%ff", "/auth/oidc//callback?code", "/auth/oidc/a/callback?error=%ff&state=%00", "/\u{e4}", "/\u{1f600}?\u{1f600}", "/\u{202e}", "/a\u{0}b", "/a\tb", "/ a",
];

/// Parts of random targets.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "/", "/", "//", "?", "#", "%", "%2f", "%00", "%ff", "%e4", ":", "@", "[", "]", "..", ".", "\\", "*", "&", "=", ";", "a", "c", "s", "ws", "api", "search", "q=", "http://", "settings", "pkg",
    "7b0f5b0e-55b5-4b57-9a2e-0d7f6e8a9b1c", "\u{e9}", "~", "|", "'", "\"", "<", "{", "^", "+", ",", "token=", "signin", "chat",
];

fn random(rng: &mut StdRng) -> String {
    let lead = if rng.random_bool(0.9) { "/" } else { "" };
    (0..rng.random_range(1..12)).fold(lead.to_owned(), |text, _| text + PIECES.choose(rng).unwrap())
}

#[tokio::test]
async fn no_path_causes_a_server_error() {
    let mut rng = StdRng::seed_from_u64(13);
    let mut targets: Vec<String> = TARGETS.iter().map(|target| (*target).to_owned()).collect();
    targets.extend((0..300).map(|_| random(&mut rng)));
    for long in [4_000, 60_000, 70_000, 500_000] {
        targets.extend([format!("/{}", "a".repeat(long)), "/".repeat(long), format!("/?{}", "%ff".repeat(long / 3))]);
    }
    let mut wrong = Vec::new();
    for base in ["", "/chat"] {
        let server = if base.is_empty() {
            Server::start().await
        } else {
            Server::with(&[("LISTEN", "127.0.0.1:4873"), ("PUBLIC_URL", "http://127.0.0.1:4873/chat")]).await
        };
        let user = server.guest().await;
        for (n, target) in targets.iter().enumerate() {
            let (method, cookie) = match n % 8 {
                0 => ("HEAD", ""),
                1 => ("POST", ""),
                2 => ("OPTIONS", ""),
                n if n % 2 == 0 => ("GET", user.cookie.as_str()),
                _ => ("GET", ""),
            };
            // With and without the base path; each target with GET as well.
            let target = if n % 3 > 0 && target.starts_with('/') { format!("{base}{target}") } else { target.clone() };
            for method in ["GET", method].iter().take(if method == "GET" { 1 } else { 2 }) {
                let head = format!("{method} {target} HTTP/1.1\r\nhost: 127.0.0.1:4873\r\nconnection: close\r\ncookie: {cookie}\r\n\r\n");
                let status = status(&exchange(&server, head.as_bytes()).await);
                // A head that is too long may be cut off while it is sent.
                if !status.map_or(target.len() > 50_000, |status| (200..500).contains(&status)) {
                    wrong.push(format!("{method} {}: {status:?}", &target[..target.len().min(80)]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
