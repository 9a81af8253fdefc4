//! The session cookie: an opaque token that authorises pages and `refresh`, nothing else.
//!
//! Where the page came by https its name has a prefix that browsers keep to (RFC 6265bis §4.1.3): no page that came by http,
//! and with `__Host-` no other host of the same domain either, can put a cookie of that name into a browser.

use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use holdfast_core::{auth::opaque::OpaqueToken, clock::Millis, sessions::LIFE};

/// The cookie's name where the page came by http.
pub const NAME: &str = "holdfast_session";

/// By https.
const HOST: &str = "__Host-holdfast_session";

/// By https under a path: something else may live on that host.
const SECURE: &str = "__Secure-holdfast_session";

/// How a browser reaches this server, as far as cookies are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// By https.
    pub secure: bool,
    /// Under a path.
    pub under_path: bool,
}

impl Reach {
    fn prefixed(self) -> &'static str {
        if self.under_path { SECURE } else { HOST }
    }

    /// The name of the cookie that is given out.
    pub fn name(self) -> &'static str {
        if self.secure { self.prefixed() } else { NAME }
    }

    /// What the browser's cookie holds. By https one without a prefix is none: whoever can set a cookie for the host could sign a
    /// browser in as somebody else with it. By http one with a prefix counts too, for browsers take those by https alone.
    pub fn read(self, jar: &CookieJar) -> Option<&str> {
        let plain = jar.get(NAME).filter(|_| !self.secure);
        plain.or_else(|| jar.get(self.prefixed())).map(Cookie::value)
    }

    /// Gives the browser a cookie, in place of whatever it had.
    pub fn keep(self, jar: CookieJar, token: OpaqueToken) -> CookieJar {
        self.alone(jar, self.name()).add(cookie(self.name(), token.expose().to_owned(), LIFE))
    }

    /// Takes it away.
    pub fn remove(self, jar: CookieJar) -> CookieJar {
        self.alone(jar, self.name()).add(cookie(self.name(), String::new(), 0))
    }

    /// Takes those away that came under another name.
    fn alone(self, jar: CookieJar, name: &str) -> CookieJar {
        let others = [self.prefixed(), NAME].into_iter().filter(|other| *other != name);
        others.fold(jar, |jar, other| if jar.get(other).is_some() { jar.add(cookie(other, String::new(), 0)) } else { jar })
    }
}

fn cookie(name: &'static str, value: String, life: Millis) -> Cookie<'static> {
    let seconds = i64::try_from(life / 1000).unwrap_or(i64::MAX);
    Cookie::build((name, value))
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(name != NAME)
        .path("/")
        .max_age(time::Duration::seconds(seconds))
        .build()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::{
        http::{HeaderMap, HeaderValue, header},
        response::IntoResponse as _,
    };

    use super::*;

    const HTTP: Reach = Reach { secure: false, under_path: false };
    const HTTPS: Reach = Reach { secure: true, under_path: false };
    const PATH: Reach = Reach { secure: true, under_path: true };

    fn jar(cookies: &str) -> CookieJar {
        CookieJar::from_headers(&HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookies).unwrap())]))
    }

    fn set(jar: CookieJar) -> Vec<String> {
        let response = jar.into_response();
        response.headers().get_all(header::SET_COOKIE).iter().map(|it| it.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn by_https_its_name_is_one_that_nobody_else_can_give() {
        for (reach, name) in [(HTTP, NAME), (HTTPS, "__Host-holdfast_session"), (PATH, "__Secure-holdfast_session")] {
            let [one] = set(reach.keep(jar("a=b"), OpaqueToken::fresh())).try_into().unwrap();
            assert!(one.starts_with(&format!("{name}=")) && one.contains("; Path=/;") && !one.contains("Domain"), "{one}");
            assert_eq!(one.contains("Secure;") || one.ends_with("Secure"), reach.secure, "{one}");
        }
    }

    #[test]
    fn one_without_a_prefix_is_none_by_https_and_goes() {
        let both = "holdfast_session=planted; __Host-holdfast_session=true";
        assert_eq!(HTTPS.read(&jar(both)), Some("true"), "whatever somebody put beside it");
        assert_eq!(HTTPS.read(&jar("holdfast_session=planted")), None);
        assert_eq!(PATH.read(&jar(both)), None, "the other is another server's on that host");
        assert_eq!(HTTP.read(&jar("holdfast_session=plain")), Some("plain"));
        assert_eq!(HTTP.read(&jar("__Host-holdfast_session=true")), Some("true"), "a proxy that stopped telling signs nobody out");
        assert_eq!(HTTP.read(&jar("other=1")), None);
        for given in [HTTPS.keep(jar(both), OpaqueToken::fresh()), HTTPS.remove(jar(both))] {
            let given = set(given);
            assert!(
                given.len() == 2 && given.iter().any(|it| it.starts_with("holdfast_session=;") && it.contains("Max-Age=0")),
                "{given:?}"
            );
        }
        assert!(set(HTTPS.remove(jar(both))).iter().all(|it| it.contains("Max-Age=0")));
    }
}
