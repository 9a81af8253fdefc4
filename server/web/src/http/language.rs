//! Selects the language of a page.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use holdfast_app::{Language, strings::COOKIE};

/// The language chosen on the device, or else the one that the browser prefers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spoken {
    pub(super) language: Language,
    pub(super) chosen: Option<Language>,
}

impl<S: Sync> FromRequestParts<S> for Spoken {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

impl Spoken {
    fn of(headers: &HeaderMap) -> Self {
        let chosen = CookieJar::from_headers(headers).get(COOKIE).and_then(|cookie| Language::parse(cookie.value()));
        let accepted = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
        let language = chosen.unwrap_or_else(|| Language::preferred(&accepted.collect::<Vec<_>>().join(",")));
        Self { language, chosen }
    }

    /// Adds the headers for the language of a response, and for what it depends on.
    pub(super) fn mark(self, headers: &mut HeaderMap) {
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.language.tag()));
        headers.append(header::VARY, HeaderValue::from_static("accept-language, cookie"));
    }

    /// Returns a response with these headers.
    pub(super) fn mark_response(self, response: impl IntoResponse) -> Response {
        let mut response = response.into_response();
        self.mark(response.headers_mut());
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(accepted: &'static str, cookie: &'static str) -> (Language, Option<Language>) {
        let headers = [(header::ACCEPT_LANGUAGE, accepted), (header::COOKIE, cookie)];
        let spoken = Spoken::of(&headers.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter().collect());
        (spoken.language, spoken.chosen)
    }

    #[test]
    fn what_was_chosen_counts_before_what_the_browser_likes() {
        assert_eq!(spoken("de", ""), (Language::De, None));
        assert_eq!(spoken("de", "holdfast_language=en"), (Language::En, Some(Language::En)));
        assert_eq!(spoken("en-GB", "a=b; holdfast_language=de"), (Language::De, Some(Language::De)));
        assert_eq!(spoken("de", "holdfast_language=xx"), (Language::De, None), "one that is not there any more");
    }
}
