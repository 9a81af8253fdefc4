//! Decides which pages may open a socket or change something.
//!
//! It is not sufficient that a page and its request name the same host. In DNS rebinding, a page of `attacker.example` makes that name
//! resolve to this machine. The browser then calls this server with `Host: attacker.example` and takes both for the same origin. So the
//! name must be one of this server's (`is_own_name`).
//!
//! Source: RFC 6454 (origins), RFC 6455 §10.2 (the check at the upgrade), W3C Fetch Metadata.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, Method,
        header::{ORIGIN, UPGRADE},
    },
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use holdfast_protocol::{Reason, diagnosis::SocketCause};

use super::{
    client::Client,
    error::{ErrorCode, ErrorResponse},
    refusals::Caller,
};
use crate::{settings::Settings, state::App};
use holdfast_core::{
    clock,
    web_address::{Host, HostName, WebOrigin},
};

/// Why a page was refused.
#[derive(Debug, PartialEq, Eq)]
pub struct NotOwn {
    /// The reason.
    pub why: Why,
    /// The origins that would have been accepted.
    pub accepted: Vec<String>,
    /// The setting or proxy configuration that would allow it.
    pub fix: String,
}

/// The reason for refusing a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The page has another origin than the one that it requests.
    Foreign,
    /// The page and the request name the same host, but nothing shows that it is a name of this server.
    UnknownName,
    /// The page's port or scheme is missing in what a proxy passes on.
    OtherPort,
}

/// Checks whether a request with `origin` comes from a page that is allowed.
///
/// # Errors
/// It does not; the error names the accepted origins and the setting to change.
pub fn judge(origin: &str, headers: &HeaderMap, client: &Client, settings: &Settings) -> Result<(), NotOwn> {
    let came = WebOrigin::parse(origin);
    // The browser sets this header, and pages can't change it. It is right about the origin even if a proxy changed `Host`. Browsers send
    // it only over HTTPS and to their own machine, so it does not count over plain HTTP.
    let is_same_origin = headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    let own = own(client);
    let mut why = Why::Foreign;
    match &came {
        Some(came) => {
            if settings.public_url.as_ref().is_some_and(|url| url.origin == *came) || settings.allowed_origins.contains(came) {
                return Ok(());
            }
            let both_local = |own: &WebOrigin| client.address.is_loopback() && own.host().is_localhost() && came.host().is_localhost();
            let is_same = |own: &WebOrigin| own.has_scheme_and_port_of(came) && (own.host() == came.host() || both_local(own));
            let is_told = is_same_origin && (came.is_secure() || came.host().is_loopback());
            if is_told || own.iter().any(is_same) {
                if is_own_name(came.host(), came.is_secure(), client, settings) {
                    return Ok(());
                }
                why = Why::UnknownName;
            } else if !is_from_elsewhere(headers) && !came.host().is_loopback() && own.iter().any(|own| own.host() == came.host()) {
                why = Why::OtherPort;
            }
        }
        // A page whose policy hides its origin sends `null`.
        None if is_same_origin => {
            let asked = client.host.as_ref().map(|host| &host.name);
            if asked.is_some_and(|name| is_own_name(name, !name.is_loopback(), client, settings)) {
                return Ok(());
            }
        }
        None => {}
    }
    let is_known = |own: &&WebOrigin| is_own_name(own.host(), own.is_secure() && client.scheme.is_some(), client, settings);
    let mut accepted: Vec<String> = own.iter().filter(is_known).map(ToString::to_string).collect();
    if client.scheme.is_none() {
        accepted.truncate(1);
    }
    accepted.extend(settings.public_url.iter().map(|url| url.origin.to_string()));
    accepted.extend(settings.allowed_origins.iter().map(ToString::to_string));
    accepted.dedup();
    Err(NotOwn { why, accepted, fix: fix(origin, came.as_ref(), why, settings) })
}

/// Returns whether a page under `name` can be this server's: the name is configured, or no attacker can make it resolve to this machine.
fn is_own_name(name: &HostName, is_https: bool, client: &Client, settings: &Settings) -> bool {
    // These names are not looked up in DNS.
    if name.is_loopback() || settings.hosts.contains(name) {
        return true;
    }
    if let Some(public) = &settings.public_url {
        return public.origin.host() == name;
    }
    // There was a certificate for the name, which an attacker who controls only the DNS does not have. A proxy that passes on a name is
    // also configured for it.
    if is_https || client.proxied {
        return true;
    }
    // Without a proxy, an address needs no DNS, and the machine's own name is not the attacker's.
    !settings.listen.is_local() && (name.address().is_some() || settings.machine.contains(name))
}

/// Returns the origins that the client may have requested: with both schemes if a proxy did not report it, and also with the port that it
/// reported.
fn own(client: &Client) -> Vec<WebOrigin> {
    let Some(host) = &client.host else { return Vec::new() };
    let schemes: &[&'static str] = match client.scheme {
        Some("https") => &["https"],
        Some(_) => &["http"],
        None => &["http", "https"],
    };
    let told = client.port.filter(|_| host.port.is_none()).map(|port| Host { port: Some(port), ..host.clone() });
    let hosts = [Some(host.clone()), told].into_iter().flatten();
    hosts.flat_map(|host| schemes.iter().map(move |scheme| WebOrigin::of(scheme, &host))).collect()
}

/// Refuses upgrades and changes that come from a foreign page. A request without `Origin` does not come from a page, unless the browser
/// says that it comes from another origin: not every browser sends `Origin` with every form.
pub async fn guard(State(app): State<Arc<App>>, client: Client, caller: Caller, request: Request, next: Next) -> Response {
    let upgrade = request.headers().contains_key(UPGRADE);
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let origin = match request.headers().get(ORIGIN) {
        _ if safe && !upgrade => return next.run(request).await,
        Some(origin) => origin.to_str().unwrap_or("(not readable)").to_owned(),
        None if is_from_elsewhere(request.headers()) => "(not told)".to_owned(),
        None => return next.run(request).await,
    };
    match judge(&origin, request.headers(), &client, &app.settings) {
        Ok(()) => next.run(request).await,
        Err(NotOwn { why, accepted, fix }) => {
            let reason = match why {
                Why::Foreign => Reason::OriginForeign,
                Why::UnknownName => Reason::OriginUnknownName,
                Why::OtherPort => Reason::OriginOtherPort,
            };
            app.refusals.note_origin(&caller, why, &accepted, &fix, clock::now());
            if upgrade {
                app.socket_requests.note(client.address, SocketCause::OriginRefused, &fix, clock::now());
            }
            let failure = ErrorResponse::from(reason.with("origin", &origin).with("accepted", accepted.join(", ")).with("fix", &fix));
            let mut response = failure.with("came", &origin).with("accepted", &accepted).with("fix", &fix).into_response();
            response.extensions_mut().remove::<ErrorCode>(); // it was recorded with more details than the code has
            response
        }
    }
}

/// Returns whether the browser says that a page of another origin sent the request.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site")
}

/// Returns the setting or proxy configuration that allows what was refused.
fn fix(origin: &str, came: Option<&WebOrigin>, why: Why, settings: &Settings) -> String {
    let with = |name: &str, known: Vec<String>, one: String| {
        let list: Vec<String> = known.into_iter().chain([one]).collect();
        format!("{name}={}", list.join(","))
    };
    let Some(came) = came else { return "open the page by http or https, from this server's own address".into() };
    match why {
        Why::UnknownName | Why::OtherPort if settings.public_url.is_none() => format!("HOLDFAST_PUBLIC_URL={came}"),
        Why::UnknownName => with("HOLDFAST_HOSTS", settings.hosts.iter().map(ToString::to_string).collect(), came.host().to_string()),
        Why::Foreign | Why::OtherPort => {
            with("HOLDFAST_ALLOWED_ORIGINS", settings.allowed_origins.iter().map(ToString::to_string).collect(), origin.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use holdfast_core::{address::Listen, web_address::PublicUrl};

    use crate::http::client::{Between, KnownBy};

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        let mut settings = Settings { machine: vec![HostName::parse("northbox").unwrap()], ..Settings::for_tests() };
        for (key, text) in pairs {
            match *key {
                "listen" => settings.listen = Listen::parse(text).unwrap(),
                "public_url" => settings.public_url = Some(PublicUrl { origin: WebOrigin::parse(text).unwrap(), base: String::new() }),
                "hosts" => settings.hosts = text.split(", ").map(|host| HostName::parse(host).unwrap()).collect(),
                "allowed_origins" => settings.allowed_origins = vec![WebOrigin::parse(text).unwrap()],
                other => panic!("no test sets {other}"),
            }
        }
        settings
    }

    fn client(address: &str, scheme: Option<&'static str>, host: &str) -> Client {
        let host = Some(Host::parse(host).unwrap());
        let address = address.parse().unwrap();
        Client { address, scheme, host, port: None, proxied: false, between: Between::Nothing, known_by: KnownBy::Itself, secure: false }
    }

    fn proxied(address: &str, scheme: Option<&'static str>, host: &str) -> Client {
        Client { proxied: true, ..client(address, scheme, host) }
    }

    fn allowed(origin: &str, client: &Client, settings: &Settings) -> bool {
        judge(origin, &HeaderMap::new(), client, settings).is_ok()
    }

    fn site(site: &str) -> HeaderMap {
        HeaderMap::from_iter([("sec-fetch-site".parse().unwrap(), site.parse().unwrap())])
    }

    #[test]
    fn one_origin_needs_no_configuration() {
        let settings = settings(&[]);
        for (origin, host) in [
            ("http://localhost:3000", "localhost:3000"),
            ("http://localhost:3000", "127.0.0.1:3000"),
            ("http://127.0.0.1:3000", "[::1]:3000"),
            ("http://[::1]:3000", "localhost:3000"),
            ("http://[::1]:3000", "[0:0:0:0:0:0:0:1]:3000"),
            ("http://localhost.:3000", "LOCALHOST:3000"),
            ("http://chat.localhost:3000", "chat.localhost:3000"),
        ] {
            assert!(allowed(origin, &client("127.0.0.1", None, host), &settings), "{origin} {host}");
        }
        for (origin, client) in [
            ("http://192.168.1.5:3000", proxied("192.168.1.9", Some("http"), "192.168.1.5:3000")),
            ("http://chat.lan", proxied("192.168.1.9", None, "chat.lan")),
            ("https://chat.example.com", proxied("192.0.2.1", Some("https"), "chat.example.com")),
            ("https://chat.example.com", proxied("192.0.2.1", Some("https"), "Chat.Example.com.:443")),
            ("https://chat.example.com", client("192.0.2.1", None, "chat.example.com")),
        ] {
            assert!(allowed(origin, &client, &settings), "{origin} {client:?}");
        }
        let with_port = |port| Client { port: Some(port), ..proxied("192.0.2.1", Some("https"), "chat.example.com") };
        assert!(allowed("https://chat.example.com:8443", &with_port(8443), &settings), "a port that is told apart");
        assert!(allowed("https://chat.example.com", &with_port(80), &settings), "and one that is not the one people use");
    }

    #[test]
    fn a_name_that_anybody_can_have_resolve_to_this_machine_is_not_its_own() {
        // As a browser sends it after DNS rebinding: over HTTP, without a proxy, because there is no certificate for the name.
        let evil = "http://evil.example:3000";
        let direct = client("127.0.0.1", None, "evil.example:3000");
        let unset = settings(&[]);
        assert_eq!(
            judge(evil, &HeaderMap::new(), &direct, &unset).unwrap_err(),
            NotOwn { why: Why::UnknownName, accepted: vec![], fix: "HOLDFAST_PUBLIC_URL=http://evil.example:3000".into() }
        );
        assert!(judge(evil, &site("same-origin"), &direct, &unset).is_err(), "no browser says so of plain http");
        // Listening on the loopback interface, listening everywhere, and with a public address.
        let open = settings(&[("listen", "0.0.0.0:3000")]);
        let public = settings(&[("public_url", "https://chat.example.com"), ("hosts", "old.example.com")]);
        for (host, on_loopback, everywhere, with_public) in [
            ("localhost:3000", true, true, true),
            ("127.0.0.1:3000", true, true, true),
            ("[::1]:3000", true, true, true),
            ("192.168.1.5:3000", false, true, false),
            ("[2001:db8::5]:3000", false, true, false),
            ("northbox:3000", false, true, false),
            ("southbox:3000", false, false, false),
            ("evil.example:3000", false, false, false),
            ("localhost.evil.example:3000", false, false, false),
            ("chat.example.com:3000", false, false, true),
            ("old.example.com:3000", false, false, true),
        ] {
            let origin = format!("http://{host}");
            for (settings, expected) in [(&unset, on_loopback), (&open, everywhere), (&public, with_public)] {
                let client = client("127.0.0.1", Some("http"), host);
                assert_eq!(allowed(&origin, &client, settings), expected, "{host}, {:?}", settings.public_url);
            }
        }
        let named = settings(&[("hosts", "Chat.example.com., nas.lan")]);
        assert!(allowed("http://chat.example.com:3000", &client("127.0.0.1", None, "chat.example.com:3000"), &named));
        let error = judge("https://other.example", &HeaderMap::new(), &proxied("192.0.2.1", Some("https"), "other.example"), &public);
        assert_eq!(error.unwrap_err().fix, "HOLDFAST_HOSTS=old.example.com,other.example");
    }

    #[test]
    fn what_is_no_host_is_no_origin() {
        for good in ["http://a", "https://a_b.example:1", "http://[::1]:3000", "http://xn--bcher-kva.example"] {
            assert_eq!(WebOrigin::parse(good).unwrap().to_string(), good);
        }
        for (given, shown) in [("HTTPS://Chat.Example.com.:443/", "https://chat.example.com"), ("http://[0:0::1]:80", "http://[::1]")] {
            assert_eq!(WebOrigin::parse(given).unwrap().to_string(), shown);
        }
        for bad in
            ["http://lo[::1]:3000", "http://[::1", "http://[1]:80", "http://:80", "http://a@b", "http://a%20b", "http://a/b", "ws://a"]
        {
            assert_eq!(WebOrigin::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn foreign_pages_are_refused() {
        let settings = settings(&[("allowed_origins", "https://app.example.com")]);
        let local = client("127.0.0.1", None, "localhost:3000");
        let world = proxied("192.0.2.1", Some("https"), "chat.example.com");
        for origin in ["https://evil.example", "null", "", "http://localhost:3001", "http://localhost.evil.example:3000", "file://"] {
            assert!(!allowed(origin, &local, &settings), "{origin}");
        }
        assert!(!allowed("http://chat.example.com", &world, &settings), "another scheme is another origin");
        assert!(!allowed("https://chat.example.com:8443", &world, &settings));
        assert!(!allowed("https://chat.example.com.evil.example", &world, &settings));
        assert!(
            !allowed("http://127.0.0.1:3000", &client("192.0.2.1", Some("http"), "localhost:3000"), &settings),
            "loopback names are one only on the loopback"
        );
        assert!(allowed("https://app.example.com", &world, &settings));
        let refused = judge("https://evil.example", &HeaderMap::new(), &world, &settings).unwrap_err();
        assert_eq!(refused.accepted, ["https://chat.example.com", "https://app.example.com"]);
        assert_eq!(refused.fix, "HOLDFAST_ALLOWED_ORIGINS=https://app.example.com,https://evil.example");
    }

    #[test]
    fn where_a_proxy_dropped_the_port_or_the_scheme_the_fix_is_another() {
        let fix = |origin, client| judge(origin, &HeaderMap::new(), &client, &settings(&[])).unwrap_err().fix;
        assert_eq!(fix("http://chat.lan:8080", proxied("192.0.2.1", None, "chat.lan")), "HOLDFAST_PUBLIC_URL=http://chat.lan:8080");
        assert_eq!(fix("https://chat.lan", client("192.0.2.1", Some("http"), "chat.lan")), "HOLDFAST_PUBLIC_URL=https://chat.lan");
        assert_eq!(fix("http://localhost:5173", client("127.0.0.1", None, "localhost")), "HOLDFAST_ALLOWED_ORIGINS=http://localhost:5173");
    }

    #[test]
    fn the_browser_s_own_word_counts_where_a_proxy_renamed_the_host() {
        let renamed = client("127.0.0.1", None, "127.0.0.1:3000");
        assert!(judge("https://chat.example.com", &site("same-origin"), &renamed, &settings(&[])).is_ok());
        assert!(judge("null", &site("same-origin"), &renamed, &settings(&[])).is_ok());
        assert!(judge("https://evil.example.com", &site("same-site"), &renamed, &settings(&[])).is_err());
        let public = settings(&[("public_url", "https://chat.example.com")]);
        assert!(judge("https://chat.example.com:8443", &site("same-origin"), &renamed, &public).is_ok());
        assert!(judge("https://other.example", &site("same-origin"), &renamed, &public).is_err());
    }
}
