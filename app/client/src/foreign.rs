//! Replies that do not come from the server but from a program in front of it.

use holdfast_protocol::{ApiError, Reason};

/// What a program in front of the server (a reverse proxy, a sign-in gateway) replied instead of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// It wants the user to sign in: status 401 or 403, a redirect, or a web page where the API returns none.
    SignIn,
    /// The request is too large for it: 413.
    TooLarge,
    /// It did not wait for the whole request: 408.
    TooSlow,
    /// It cut the connection during an upload, although the server can be reached.
    Cut,
    /// It can't reach the server or is overloaded: 429 or 5xx. Holds the status.
    Away(u16),
    /// Any other reply. Holds the status.
    Other(u16),
}

impl Foreign {
    /// Classifies a reply that does not have the server's format. Status 0 is a redirect that a browser did not follow.
    pub fn of(status: u16) -> Self {
        match status {
            0 | 200..=399 | 401 | 403 | 407 | 511 => Self::SignIn,
            408 => Self::TooSlow,
            413 => Self::TooLarge,
            429 | 500.. => Self::Away(status),
            _ => Self::Other(status),
        }
    }

    /// Returns whether a successful reply is a web page, judging by its `Content-Type`. The server never answers an API call with one.
    pub fn is_page(content_type: &str) -> bool {
        content_type.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("text/html"))
    }

    /// Classifies a successful reply by its `Content-Type`. Returns `None` for content types that the server's own calls use.
    pub fn of_success(content_type: &str) -> Option<Self> {
        let is = |kind: &str| content_type.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind));
        if Self::is_page(content_type) || is("application/xhtml") {
            return Some(Self::SignIn);
        }
        ["text/plain", "text/xml", "application/xml", "image/"].iter().any(|kind| is(kind)).then_some(Self::Other(200))
    }

    /// Returns the error to show to the user.
    pub fn api_error(self) -> ApiError {
        match self {
            Self::SignIn => Reason::ProxySignIn.error(),
            Self::TooLarge => Reason::ProxyTooLarge.error(),
            Self::TooSlow => Reason::ProxyTooSlow.error(),
            Self::Cut => Reason::ProxyCut.error(),
            Self::Away(_) => Reason::ProxyUnreachable.error(),
            Self::Other(_) => Reason::ProxyAnswered.error(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_told_apart_by_their_status() {
        for status in [0, 200, 302, 303, 307, 401, 403, 511] {
            assert_eq!(Foreign::of(status), Foreign::SignIn, "{status}");
        }
        for status in [500, 502, 503, 504, 520] {
            assert_eq!(Foreign::of(status), Foreign::Away(status), "{status}");
        }
        assert_eq!((Foreign::of(413), Foreign::of(404)), (Foreign::TooLarge, Foreign::Other(404)));
        assert!(Foreign::is_page("text/html; charset=utf-8") && Foreign::is_page("Text/HTML"));
        assert!(!Foreign::is_page("application/json") && !Foreign::is_page(""));
        assert_eq!((Foreign::of(408), Foreign::of(429)), (Foreign::TooSlow, Foreign::Away(429)));
        for (kind, told) in [
            ("TEXT/html", Some(Foreign::SignIn)),
            ("application/xhtml+xml", Some(Foreign::SignIn)),
            ("text/plain; charset=utf-8", Some(Foreign::Other(200))),
            ("image/png", Some(Foreign::Other(200))),
            ("application/json", None),
            ("text/event-stream", None),
            ("application/zip", None),
            ("", None),
        ] {
            assert_eq!(Foreign::of_success(kind), told, "{kind}");
        }
    }
}
