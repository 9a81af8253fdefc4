//! Replies that are not the server's: something in front of it answered in its place.

use crate::error::{ApiError, Code};

/// What a program in front of the server (a reverse proxy, a gateway that asks people to sign in) said in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// It wants the person to sign in: 401, 403, a redirect, or a web page where none belongs.
    SignIn,
    /// The request is larger than it takes: 413.
    TooLarge,
    /// It did not wait for all of the request: 408.
    TooSlow,
    /// It cut the connection while a file was on its way; the server itself can be reached.
    Cut,
    /// It does not reach the server, or has too much to do: 429 and 5xx, by its status.
    Away(u16),
    /// Anything else, by its status.
    Other(u16),
}

/// What is said of [`Foreign::SignIn`].
pub const WANTS_SIGN_IN: &str = "Something in front of the server wants you to sign in. Load the page again.";
/// What is said of [`Foreign::TooLarge`].
pub const TAKES_LESS: &str = "Something in front of the server takes nothing this large. Send less, or have its limit raised to 256 MB: client_max_body_size in nginx (1 MB where it is not set), LimitRequestBody in Apache; the manual has the line for each proxy.";
/// What is said of [`Foreign::TooSlow`].
pub const WAITS_LESS: &str = "Something in front of the server does not wait until all of this has come. Have it wait longer: client_body_timeout in nginx, RequestReadTimeout in Apache, readTimeout in Traefik.";
/// What is said of [`Foreign::Cut`].
pub const CUT_OFF: &str = "The connection was cut while this was on its way, though the server can be reached. Usually something in front of it takes nothing this large: raise client_max_body_size in nginx, LimitRequestBody in Apache.";
/// What is said of [`Foreign::Away`].
pub const CAN_T_REACH: &str = "Something in front of the server can't reach it just now. Try again in a moment.";
/// What is said of [`Foreign::Other`].
pub const ANSWERED: &str =
    "Something in front of the server answered in its place. Load the page again; if that does not help, look at its log.";

impl Foreign {
    /// Of a reply that does not have the server's form. A status of 0 is a redirect that a browser did not follow.
    pub fn of(status: u16) -> Self {
        match status {
            0 | 200..=399 | 401 | 403 | 407 | 511 => Self::SignIn,
            408 => Self::TooSlow,
            413 => Self::TooLarge,
            429 | 500.. => Self::Away(status),
            _ => Self::Other(status),
        }
    }

    /// Whether a success is a web page, by its `Content-Type`. No call of the server's is answered with one.
    pub fn is_page(content_type: &str) -> bool {
        content_type.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("text/html"))
    }

    /// What a success is that has this `Content-Type`. Returns `None` for those that the server's calls are answered with.
    pub fn of_success(content_type: &str) -> Option<Self> {
        let is = |kind: &str| content_type.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind));
        if Self::is_page(content_type) || is("application/xhtml") {
            return Some(Self::SignIn);
        }
        ["text/plain", "text/xml", "application/xml", "image/"].iter().any(|kind| is(kind)).then_some(Self::Other(200))
    }

    /// The same for the person.
    pub fn api_error(self) -> ApiError {
        match self {
            Self::SignIn => ApiError::new(Code::AuthRequired, WANTS_SIGN_IN),
            Self::TooLarge => ApiError::new(Code::TooLarge, TAKES_LESS),
            Self::TooSlow => ApiError::new(Code::Busy, WAITS_LESS),
            Self::Cut => ApiError::new(Code::TooLarge, CUT_OFF),
            Self::Away(_) => ApiError::new(Code::Busy, CAN_T_REACH),
            Self::Other(_) => ApiError::new(Code::Internal, ANSWERED),
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
