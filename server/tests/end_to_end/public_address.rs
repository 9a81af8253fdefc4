//! Behind a proxy with `public_url`: no redirect loops, whatever the proxy does to the host.

use crate::support::{Server, server::Reply};

const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/// Requests a page through a proxy that sends `headers`, and follows redirects like a browser or another program. Returns the number of
/// redirects, and the last reply.
async fn visit(server: &Server, headers: &[(&str, &str)], agent: &str, keeps_cookies: bool) -> (usize, Reply) {
    let mut cookies = String::new();
    let mut redirects = 0;
    loop {
        let headers = [headers, &[("user-agent", agent), ("cookie", &cookies)]].concat();
        let reply = server.call("GET", "/c/1?x=1", &headers[..headers.len() - usize::from(cookies.is_empty())], None).await;
        let Some(location) = reply.headers.get("location").filter(|_| redirects < 5) else { return (redirects, reply) };
        assert_eq!((reply.status, location.to_str().unwrap()), (307, "https://chat.example.com:8443/c/1?x=1"));
        assert_eq!(reply.headers["cache-control"], "no-store");
        redirects += 1;
        if keeps_cookies {
            cookies = reply.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        }
    }
}

#[tokio::test]
async fn nobody_is_redirected_twice_whatever_a_proxy_makes_of_the_host() {
    let server = Server::with_log(&[("LISTEN", "127.0.0.1:4876"), ("PUBLIC_URL", "https://chat.example.com:8443")]).await;
    let ways: [(&[(&str, &str)], usize); 11] = [
        (&[("host", "chat.example.com:8443"), ("x-forwarded-proto", "https")], 0),
        (&[("host", "127.0.0.1:4876")], 0),
        // `Host $host`, which has no port; scheme and address without a host; a port of the inside.
        (&[("host", "chat.example.com"), ("x-forwarded-proto", "https")], 0),
        (&[("host", "Chat.Example.com.:443"), ("x-forwarded-proto", "HTTPS")], 0),
        (&[("host", "127.0.0.1:4876"), ("x-forwarded-proto", "https")], 0),
        (&[("host", "holdfast:3000"), ("x-forwarded-for", "192.0.2.1")], 0),
        (&[("host", "10.0.0.5:3000"), ("forwarded", "proto=https")], 0),
        // Renamed without a word, or really asked for by another name: that looks alike the first time.
        (&[("host", "backend:3000")], 1),
        (&[("host", "backend.example.net"), ("x-forwarded-proto", "https"), ("x-forwarded-for", "192.0.2.1")], 1),
        (&[("host", "www.example.com"), ("x-forwarded-proto", "http")], 1),
        (&[("host", "127.0.0.1:4876"), ("x-forwarded-host", "old.example.com"), ("x-forwarded-proto", "https")], 1),
    ];
    for (headers, expected) in ways {
        for (agent, keeps_cookies) in [(CHROME, true), ("curl/8.0", false), ("curl/8.0", true)] {
            let (redirects, last) = visit(&server, headers, agent, keeps_cookies).await;
            assert_eq!((redirects, last.status), (expected, 404), "{headers:?}, {agent}");
        }
    }
    let log = server.log();
    let warned: Vec<_> = log.lines().filter(|line| line.contains("does not forward the")).collect();
    assert_eq!(warned.len(), 2, "one for the host and one for the port: {log}");
    assert!(warned.iter().all(|line| line.contains("WARN") && line.contains("proxy_set_header Host $http_host")), "{log}");
}

#[tokio::test]
async fn two_browsers_behind_one_address_are_both_redirected_to_the_right_name() {
    let server =
        Server::with(&[("LISTEN", "127.0.0.1:4877"), ("PUBLIC_URL", "https://chat.example.com:8443"), ("HOSTS", "old.example.com")]).await;
    for _ in 0..3 {
        let reply = server.call("GET", "/", &[("host", "www.example.com"), ("user-agent", CHROME)], None).await;
        assert_eq!(reply.status, 307);
    }
    let configured = server.call("GET", "/", &[("host", "old.example.com"), ("user-agent", CHROME)], None).await;
    assert_eq!(configured.status, 200, "a configured name is as good");
}

#[tokio::test]
async fn cookies_are_secure_if_the_public_address_is_https() {
    let server = Server::with(&[("LISTEN", "127.0.0.1:4878"), ("PUBLIC_URL", "https://chat.example.com")]).await;
    let plain = Server::start().await;
    let ways: [&[(&str, &str)]; 4] =
        [&[], &[("x-forwarded-proto", "http")], &[("x-forwarded-proto", "HTTPS")], &[("forwarded", "proto=Https")]];
    for (n, headers) in ways.into_iter().enumerate() {
        for (server, is_secure) in [(&server, true), (&plain, n >= 2)] {
            let reply = server.call("POST", "/api/auth/guest", headers, None).await;
            let cookie = reply.headers["set-cookie"].to_str().unwrap();
            assert_eq!(cookie.contains("; Secure"), is_secure, "{headers:?}: {cookie}");
            assert_eq!(cookie.starts_with("__Host-"), is_secure, "{headers:?}: {cookie}");
        }
    }
}

#[tokio::test]
async fn a_proxy_that_keeps_or_strips_the_path_is_reported_once_with_the_line_to_set() {
    let through = [("host", "example.com"), ("x-forwarded-for", "192.0.2.1"), ("x-forwarded-proto", "https"), ("accept", "text/html,*/*")];
    for (path, more, status) in [("/", Some(("x-forwarded-prefix", "/chat")), 200), ("/chat/", None, 404)] {
        let server = Server::with_log(&[]).await;
        let headers: Vec<_> = through.into_iter().chain(more).collect();
        for quiet in ["/robots.txt", "/nowhere/at/all", "/settings/account"] {
            server.call("GET", quiet, &through, None).await;
        }
        assert!(!server.log().contains("under a path"), "{}", server.log());
        for _ in 0..2 {
            assert_eq!(server.call("GET", path, &headers, None).await.status, status);
        }
        let log = server.log();
        let told: Vec<_> = log.lines().filter(|line| line.contains("under a path")).collect();
        assert!(told.len() == 1 && told[0].contains("HOLDFAST_PUBLIC_URL=https://example.com/chat"), "{log}");
    }
}
