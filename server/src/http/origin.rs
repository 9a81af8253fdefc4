//! One origin: which pages may open a socket here or change something.
//!
//! Source: RFC 6454 (origins), RFC 6455 §10.2 (their check at the upgrade), W3C Fetch Metadata.

use std::{fmt, net::Ipv6Addr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, Method, Uri,
        header::{ORIGIN, UPGRADE},
    },
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use holdfast_protocol::{Code, Refusal};

use super::{
    client::Client,
    error::{Failure, Told},
    refusals::Caller,
};
use crate::{clock, config::Settings, state::App};

/// A scheme, a host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebOrigin {
    scheme: String,
    host: String,
    port: u16,
}

impl WebOrigin {
    /// Reads an origin as browsers write it, such as `https://chat.example.com`.
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.trim_end_matches('/').parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let authority = uri.authority()?;
        if !matches!(scheme.as_str(), "http" | "https")
            || authority.as_str().contains('@')
            || !matches!(uri.path(), "" | "/")
            || uri.query().is_some()
            || !is_host(authority.host())
        {
            return None;
        }
        let port = authority.port_u16().or_else(|| authority.port().is_none().then(|| default_port(&scheme)))?;
        Some(Self { host: authority.host().to_ascii_lowercase(), scheme, port })
    }

    /// The host, as in `Host`: with the port where it is not the scheme's own.
    pub fn authority(&self) -> String {
        if self.port == default_port(&self.scheme) { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    /// Whether it is https.
    pub fn is_secure(&self) -> bool {
        self.scheme == "https"
    }

    fn is_loopback(&self) -> bool {
        matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "[::1]")
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority())
    }
}

/// A name or an address, as browsers write it. `Uri` lets more pass, such as half a bracket.
fn is_host(text: &str) -> bool {
    match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        None => !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"-._~".contains(&c)),
    }
}

fn default_port(scheme: &str) -> u16 {
    if scheme == "https" { 443 } else { 80 }
}

/// Says whether a request that carries `origin` comes from a page that may do so. The error says
/// which origins would have been accepted.
///
/// # Errors
/// See above.
pub fn judge(origin: &str, headers: &HeaderMap, client: &Client, settings: &Settings) -> Result<(), Vec<String>> {
    // Set by the browser itself, out of a page's reach: it knows best what is one origin, whatever
    // a proxy made of `Host`.
    if headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin") {
        return Ok(());
    }
    let own = own(client, settings);
    let came = WebOrigin::parse(origin);
    if let Some(came) = &came {
        let same_place = |own: &WebOrigin| {
            let both_loopback = client.address.is_loopback() && own.is_loopback() && came.is_loopback();
            own.port == came.port && own.scheme == came.scheme && (own.host == came.host || both_loopback)
        };
        if own.iter().chain(settings.public_url.as_ref().map(|url| &url.origin)).any(same_place) || settings.allowed_origins.contains(came)
        {
            return Ok(());
        }
    }
    let mut accepted: Vec<String> = own.iter().map(ToString::to_string).collect();
    if client.scheme.is_none() {
        accepted.truncate(1);
    }
    accepted.extend(settings.public_url.iter().map(|url| url.origin.to_string()));
    accepted.extend(settings.allowed_origins.iter().map(ToString::to_string));
    accepted.dedup();
    Err(accepted)
}

/// What the client asked for; under both schemes where a proxy did not say which it was.
fn own(client: &Client, _: &Settings) -> Vec<WebOrigin> {
    let Some(host) = &client.host else { return Vec::new() };
    let schemes: &[&str] = match client.scheme {
        Some("https") => &["https"],
        Some(_) => &["http"],
        None => &["http", "https"],
    };
    schemes.iter().filter_map(|scheme| WebOrigin::parse(&format!("{scheme}://{host}"))).collect()
}

/// Refuses upgrades and changes that a foreign page asks for. Without `Origin` it is no page, unless the browser says that
/// it is one of elsewhere: not every browser sends `Origin` with every form.
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
        Err(accepted) => {
            let line = mend(&origin, &app.settings);
            let sentence = format!(
                "The page's origin {origin} is not this server's. Accepted would have been: {}. To allow it: {line}",
                accepted.join(", ")
            );
            app.refusals.note_origin(&caller, &accepted, &line, clock::now());
            let failure = Failure::from(Refusal::new(Code::OriginNotAllowed, sentence));
            let mut response = failure.with("came", &origin).with("accepted", &accepted).with("mend", &line).into_response();
            response.extensions_mut().remove::<Told>(); // it is noted, with more than the code says
            response
        }
    }
}

/// Whether the browser says that a page of another origin asked.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site")
}

fn mend(origin: &str, settings: &Settings) -> String {
    if WebOrigin::parse(origin).is_none() {
        return "open the page by http or https, from this server's own address".into();
    }
    let mut list: Vec<String> = settings.allowed_origins.iter().map(ToString::to_string).collect();
    list.push(origin.to_owned());
    format!("HOLDFAST_ALLOWED_ORIGINS={}", list.join(","))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::{Origin, Values};

    fn settings(pairs: &[(&'static str, &str)]) -> Settings {
        let mut values = Values::defaults();
        for (key, text) in pairs {
            values.set(key, text, Origin::Flag);
        }
        Settings::read(&values).unwrap()
    }

    fn client(address: &str, scheme: Option<&'static str>, host: &str) -> Client {
        Client { address: address.parse().unwrap(), scheme, host: Some(host.into()) }
    }

    fn allowed(origin: &str, client: &Client, settings: &Settings) -> bool {
        judge(origin, &HeaderMap::new(), client, settings).is_ok()
    }

    #[test]
    fn one_origin_needs_no_configuration() {
        let settings = settings(&[]);
        for (origin, host) in [
            ("http://localhost:3000", "localhost:3000"),
            ("http://localhost:3000", "127.0.0.1:3000"),
            ("http://127.0.0.1:3000", "[::1]:3000"),
            ("http://[::1]:3000", "localhost:3000"),
        ] {
            assert!(allowed(origin, &client("127.0.0.1", None, host), &settings), "{origin} {host}");
        }
        assert!(allowed("http://192.168.1.5:3000", &client("192.168.1.9", Some("http"), "192.168.1.5:3000"), &settings));
        assert!(allowed("https://chat.example.com", &client("192.0.2.1", Some("https"), "chat.example.com"), &settings));
        assert!(
            allowed("https://chat.example.com", &client("192.0.2.1", None, "chat.example.com"), &settings),
            "a proxy that does not tell the scheme"
        );
    }

    #[test]
    fn what_is_no_host_is_no_origin() {
        for good in ["http://a", "https://a_b.example:1", "http://[::1]:3000", "http://xn--bcher-kva.example"] {
            assert_eq!(WebOrigin::parse(good).unwrap().to_string(), good);
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
        let world = client("192.0.2.1", Some("https"), "chat.example.com");
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
        assert_eq!(
            judge("https://evil.example", &HeaderMap::new(), &world, &settings).unwrap_err(),
            ["https://chat.example.com", "https://app.example.com"]
        );
        assert_eq!(mend("https://evil.example", &settings), "HOLDFAST_ALLOWED_ORIGINS=https://app.example.com,https://evil.example");
    }

    #[test]
    fn the_browser_s_own_word_counts_where_a_proxy_renamed_the_host() {
        let headers = HeaderMap::from_iter([("sec-fetch-site".parse().unwrap(), "same-origin".parse().unwrap())]);
        assert!(judge("https://chat.example.com", &headers, &client("127.0.0.1", None, "127.0.0.1:3000"), &settings(&[])).is_ok());
        let headers = HeaderMap::from_iter([("sec-fetch-site".parse().unwrap(), "same-site".parse().unwrap())]);
        assert!(judge("https://evil.example.com", &headers, &client("127.0.0.1", None, "127.0.0.1:3000"), &settings(&[])).is_err());
    }
}
