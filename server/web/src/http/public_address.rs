//! Redirects pages that are requested under another name to `public_url`.
//!
//! A proxy may hide the name that was requested. Then the redirect leads back here under the same name. So nobody is redirected twice for
//! the same page: a browser gets a cookie for some seconds, and other programs, which may not support cookies, are remembered.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, PoisonError},
};

use axum::{
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{ACCEPT, CACHE_CONTROL, USER_AGENT},
    },
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use tracing::warn;

use super::client::{Between, Client};
use crate::state::App;
use holdfast_core::web_address::{Host, PublicUrl};
use holdfast_core::{
    address::ClientAddress,
    clock::{self, Millis},
};

/// Name of the cookie with the page to which its browser was redirected.
const COOKIE: &str = "holdfast_redirected";

/// Header with the path that a proxy has removed (Traefik's `stripPrefix` and others).
const PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// Maximum time of a redirect, ms. A client that requests the same page by the same name within this time has been redirected back.
const TAKES: Millis = 10_000;

/// Number of programs without cookies that are remembered.
const CACHED: usize = 64;

/// Configuration that makes proxies pass on the host. Caddy and Traefik do so by default.
const PASS_HOST: &str = "nginx: proxy_set_header Host $http_host; Apache: ProxyPreserveHost On";

/// Recent redirects, and warnings that were logged.
#[derive(Debug, Default)]
pub struct Redirects {
    sent: Mutex<VecDeque<Sent>>,
    logged: Mutex<HashSet<Mismatch>>,
}

#[derive(Debug, PartialEq, Eq)]
struct Sent {
    address: ClientAddress,
    page: String,
    at: Millis,
}

/// How a proxy changes the requested address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Mismatch {
    /// It passes on another host.
    OtherHost,
    /// It omits the port, or passes on another one.
    OtherPort,
    /// It serves everything under a path that is not configured.
    Path,
}

impl Redirects {
    /// Records a redirect of a program without cookies. Returns whether there was one for the same page just before.
    fn note(&self, address: ClientAddress, page: String, now: Millis) -> bool {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.retain(|other| other.at + TAKES > now);
        if let Some(at) = sent.iter().position(|other| other.address == address && other.page == page) {
            sent.remove(at);
            return true;
        }
        if sent.len() == CACHED {
            sent.pop_front();
        }
        sent.push_back(Sent { address, page, at: now });
        false
    }

    /// Returns whether this was not logged yet.
    fn is_new(&self, mismatch: Mismatch) -> bool {
        self.logged.lock().unwrap_or_else(PoisonError::into_inner).insert(mismatch)
    }
}

/// What to do with the request of a page.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// Show it: it was requested correctly, or nothing better is known.
    Show,
    /// Show it, although a proxy does not pass on everything.
    ShowAndLog(Mismatch),
    /// Redirect to `public_url`.
    Redirect,
}

fn judge(public: &PublicUrl, hosts_known: bool, asked: &Host, client: &Client) -> Verdict {
    if asked.name == *public.origin.host() {
        // If the name is right, a redirect could only loop: a proxy that hides the port hides it again.
        let same = asked.port == Some(public.origin.port())
            || asked.port.is_none() && (client.port == Some(public.origin.port()) || public.origin.has_default_port());
        return if same { Verdict::Show } else { Verdict::ShowAndLog(Mismatch::OtherPort) };
    }
    if hosts_known {
        return Verdict::Show;
    }
    match client.between {
        // It is the proxy's own name for this server, because the proxy does not report the requested one.
        Between::Silent if !asked.name.is_public() => Verdict::ShowAndLog(Mismatch::OtherHost),
        // A proxy that reports nothing, or a user on this machine, for whom no other name is better.
        Between::Nothing if asked.name.is_loopback() => Verdict::Show,
        Between::Nothing | Between::Silent | Between::NamesHost => Verdict::Redirect,
    }
}

/// Returns the redirect to `public_url` for a page that was requested under another name, or `None` if the page is to be shown. `path`
/// has the query, but not the path of `public_url`.
pub(super) fn redirect(app: &App, client: &Client, headers: &HeaderMap, jar: &CookieJar, path: &str) -> Option<Response> {
    let public = app.settings.public_url.as_ref()?;
    let asked = client.host.as_ref()?;
    match judge(public, app.settings.hosts.contains(&asked.name), asked, client) {
        Verdict::Show => None,
        Verdict::ShowAndLog(mismatch) => {
            log_once(app, asked, mismatch);
            None
        }
        Verdict::Redirect => {
            let mark = mark(&asked.to_string(), path);
            let is_back = match jar.get(COOKIE) {
                Some(cookie) => cookie.value() == mark,
                None => !is_browser(headers) && app.redirects.note(client.address, mark.clone(), clock::now()),
            };
            if is_back {
                log_once(app, asked, Mismatch::OtherHost);
                return None;
            }
            let to = format!("{}{}{path}", public.origin, public.base);
            let mut response = (jar.clone().add(cookie(mark)), Redirect::temporary(&to)).into_response();
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Some(response)
        }
    }
}

/// Returns whether the client is a browser. Browsers support cookies, and many of them may share an address.
fn is_browser(headers: &HeaderMap) -> bool {
    headers.get(USER_AGENT).is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"))
}

fn mark(asked: &str, path: &str) -> String {
    let hash = Sha256::digest(format!("{asked} {path}"));
    URL_SAFE_NO_PAD.encode(&hash[..9])
}

fn cookie(mark: String) -> Cookie<'static> {
    let life = time::Duration::seconds(i64::try_from(TAKES / 1000).unwrap_or(i64::MAX));
    Cookie::build((COOKIE, mark)).http_only(true).same_site(SameSite::Lax).path("/").max_age(life).build()
}

/// Logs what to set if a proxy seems to serve everything under a path that `public_url` does not have. In this case, the page requests
/// its files, its calls and its socket outside of that path, and the requests do not reach this server. `is_there` tells whether there is
/// a page at `path`.
pub(super) fn note_path(app: &App, client: &Client, headers: &HeaderMap, path: &str, is_there: bool) {
    if !client.proxied || !app.settings.base().is_empty() {
        return;
    }
    // A proxy that removes the path may say so in a header. Behind one that keeps it, the first page is requested with it.
    let told = headers.get(PREFIX).and_then(|value| value.to_str().ok()).and_then(|list| list.split(',').next());
    let is_page = headers.get(ACCEPT).is_some_and(|accepted| accepted.as_bytes().starts_with(b"text/html"));
    let Some(prefix) = told.or((!is_there && is_page).then_some(path)).and_then(prefix) else { return };
    let public = app.settings.public_url.as_ref().map(|url| url.origin.to_string());
    let Some(origin) = public.or_else(|| client.origin()) else { return };
    if app.redirects.is_new(Mismatch::Path) {
        let fix = format!("HOLDFAST_PUBLIC_URL={origin}{prefix}");
        warn!(
            path = prefix,
            fix, "a proxy seems to serve this under a path; if so, the page misses its files until public_url contains the path"
        );
    }
}

/// Returns a path that can be part of `public_url`: one segment that is not a file name.
fn prefix(text: &str) -> Option<&str> {
    let text = text.split('?').next()?.trim().trim_end_matches('/');
    let name = text.strip_prefix('/')?;
    let plain = !name.is_empty() && name.len() <= 64 && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_~".contains(&c));
    plain.then_some(text)
}

/// Logs each problem once.
fn log_once(app: &App, asked: &Host, mismatch: Mismatch) {
    let Some(public) = app.settings.public_url.as_ref().filter(|_| app.redirects.is_new(mismatch)) else { return };
    let (public, fix) = (&public.origin, PASS_HOST);
    match mismatch {
        Mismatch::OtherHost => {
            let fix = format!("{fix}; or, if people open it by that name: HOLDFAST_HOSTS={}", asked.name);
            warn!(%asked, public_url = %public, fix, "a proxy does not forward the host of public_url; pages are served anyway");
        }
        Mismatch::OtherPort => {
            warn!(%asked, public_url = %public, fix, "a proxy does not forward the port of public_url; pages are served anyway");
        }
        Mismatch::Path => {} // logged where it is detected
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::http::client::KnownBy;
    use holdfast_core::web_address::WebOrigin;

    fn verdict(public: &str, asked: &str, between: Between) -> Verdict {
        let public = PublicUrl { origin: WebOrigin::parse(public).unwrap(), base: String::new() };
        let asked = Host::parse(asked).unwrap();
        let address = "192.0.2.1".parse().unwrap();
        let client = Client {
            address,
            scheme: None,
            host: Some(asked.clone()),
            port: None,
            proxied: false,
            between,
            known_by: KnownBy::Itself,
            secure: true,
        };
        judge(&public, false, &asked, &client)
    }

    #[test]
    fn only_who_certainly_asked_by_another_name_is_sent_away() {
        use Between::{NamesHost, Nothing, Silent};
        for (public, asked, between, expected) in [
            ("https://chat.example.com", "chat.example.com", Silent, Verdict::Show),
            ("https://chat.example.com", "chat.example.com:443", Silent, Verdict::Show),
            ("https://chat.example.com", "CHAT.example.com.", Nothing, Verdict::Show),
            ("https://chat.example.com:8443", "chat.example.com:8443", Silent, Verdict::Show),
            ("https://chat.example.com:8443", "chat.example.com", Silent, Verdict::ShowAndLog(Mismatch::OtherPort)),
            ("https://chat.example.com", "chat.example.com:3000", Nothing, Verdict::ShowAndLog(Mismatch::OtherPort)),
            ("https://[2001:db8::1]", "[2001:DB8:0::1]", Silent, Verdict::Show),
            ("https://chat.example.com", "127.0.0.1:3000", Nothing, Verdict::Show),
            ("https://chat.example.com", "127.0.0.1:3000", Silent, Verdict::ShowAndLog(Mismatch::OtherHost)),
            ("https://chat.example.com", "10.0.0.5:3000", Silent, Verdict::ShowAndLog(Mismatch::OtherHost)),
            ("https://chat.example.com", "holdfast:3000", Silent, Verdict::ShowAndLog(Mismatch::OtherHost)),
            ("https://chat.example.com", "holdfast.internal", Silent, Verdict::ShowAndLog(Mismatch::OtherHost)),
            ("https://chat.example.com", "holdfast:3000", Nothing, Verdict::Redirect),
            ("https://chat.example.com", "192.168.1.5:3000", Nothing, Verdict::Redirect),
            ("https://chat.example.com", "www.example.com", Silent, Verdict::Redirect),
            ("https://chat.example.com", "nas.lan", NamesHost, Verdict::Redirect),
        ] {
            assert_eq!(verdict(public, asked, between), expected, "{asked} for {public}, {between:?}");
        }
    }

    #[test]
    fn what_can_be_a_prefix_is_one_plain_segment() {
        for (given, expected) in [("/chat", Some("/chat")), ("/chat/", Some("/chat")), ("/my-chat/?a=b", Some("/my-chat"))] {
            assert_eq!(prefix(given), expected);
        }
        for none in ["", "/", "//", "chat", "/a/b", "/robots.txt", "/wp-login.php", "//evil.example", "/a%20b", "/a\"b"] {
            assert_eq!(prefix(none), None, "{none}");
        }
    }

    #[test]
    fn who_comes_back_at_once_is_remembered_and_no_crowd_of_them_takes_room() {
        let redirects = Redirects::default();
        let address = |n: u32| ClientAddress::from(std::net::IpAddr::from(n.to_be_bytes()));
        assert!(!redirects.note(address(1), "a".into(), 0));
        assert!(!redirects.note(address(1), "b".into(), 1));
        assert!(!redirects.note(address(2), "a".into(), 2));
        assert!(redirects.note(address(1), "a".into(), 3));
        assert!(!redirects.note(address(1), "b".into(), TAKES + 1), "that was another visit");
        for n in 0..1000 {
            redirects.note(address(n), "c".into(), TAKES + 2);
        }
        assert_eq!(redirects.sent.lock().unwrap().len(), CACHED);
    }
}
