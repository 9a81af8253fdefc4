//! Replies that do not come from the server but from a program in front of it.

use holdfast_protocol::error::{ApiError, Code};

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

/// Sentence for [`Foreign::SignIn`].
pub const WANTS_SIGN_IN: &str = "Something in front of the server asks you to sign in. Reload the page.";
/// Sentence for [`Foreign::TooLarge`].
pub const TAKES_LESS: &str = "Something in front of the server rejects data this large. Send less, or raise its limit to 256 MB: client_max_body_size in nginx (1 MB if it is not set), LimitRequestBody in Apache. The manual has the line for each proxy.";
/// Sentence for [`Foreign::TooSlow`].
pub const WAITS_LESS: &str = "Something in front of the server does not wait until all data has arrived. Raise its timeout: client_body_timeout in nginx, RequestReadTimeout in Apache, readTimeout in Traefik.";
/// Sentence for [`Foreign::Cut`].
pub const CUT_OFF: &str = "The connection was cut while sending, although the server can be reached. Usually something in front of it rejects data this large: raise client_max_body_size in nginx, LimitRequestBody in Apache.";
/// Sentence for [`Foreign::Away`].
pub const CAN_T_REACH: &str = "Something in front of the server can't reach it now. Try again in a moment.";
/// Sentence for [`Foreign::Other`].
pub const ANSWERED: &str =
    "Something in front of the server answered in its place. Reload the page. If that does not help, look at its log.";

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
