//! Converts a refusal to an error, with sentences for all users and for administrators.

use holdfast_protocol::{ApiError, Reason};
use reqwest::StatusCode;
use serde_json::Value;

use super::{
    Words,
    endpoint::Endpoint,
    objection::Objection,
    overflow,
    said::Said,
    withheld::{for_everybody, without_secrets},
};
use holdfast_core::model::ProviderError;

/// Maximum length of a vendor's own words in a sentence, characters.
const QUOTE_CHARS: usize = 500;

/// A refusal as it was received.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) said: Said,
    /// When the provider can be asked again, ms from now.
    pub(super) wait: Option<u64>,
}

impl Refused {
    pub(super) fn objection(&self) -> Option<Objection> {
        Objection::read(self.status.as_u16(), &self.said)
    }
}

/// A vendor's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Quote {
    /// For administrators and the log, without keys: the end of a sentence, such as `: “slow down”`; empty if there are none.
    pub(super) full: String,
    /// For all users, without internal details; empty if there are none.
    told: String,
    /// Whether they are the title of a web page.
    is_page: bool,
}

impl Quote {
    /// Returns an error with the words for all users.
    fn add_to(&self, api_error: ApiError) -> ApiError {
        match (self.is_page, self.told.is_empty()) {
            (true, _) => api_error.with("page", &self.told),
            (false, false) => api_error.with("quote", &self.told),
            (false, true) => api_error,
        }
    }
}

/// Returns whether a rate limit (429) lasts longer than seconds.
fn lasts(said: &Said) -> bool {
    const WORDS: [&str; 18] = [
        "day", "days", "daily", "today", "tomorrow", "hour", "hours", "hourly", "week", "weekly", "month", "monthly", "quota", "credit",
        "credits", "plan", "billing", "upgrade",
    ];
    said.signs().split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(&word))
}

impl Endpoint {
    /// Returns the error. `model` is the requested model; `None` for requests other than an answer.
    pub(super) fn refusal(&self, refused: &Refused, model: Option<&str>) -> ProviderError {
        let words = &self.words;
        let Words { title, owner, key, key_fix, no_key, account, url, .. } = words;
        let (shown, wait, code) = (&self.shown, refused.wait, refused.status.as_u16());
        let quote = self.quote(&refused.said);
        let full = &quote.full;
        let error = |api_error| ProviderError::from(quote.add_to(api_error));
        let model = model.map(|model| one_line(model, 100));
        let mut refusal = match (refused.objection(), code) {
            (Some(Objection::Key), _) if self.key.is_some() => error(words.key_refused())
                .with_detail(format!("{key} was refused by {owner}{full}. It is wrong, has expired, or may not do this. {key_fix}")),
            (Some(Objection::Key), _) => {
                error(words.error(Reason::ProviderKeyMissing)).with_detail(format!("{title} at {shown} asks for a key{full}. {no_key}"))
            }
            (Some(Objection::Credit), _) => error(words.credit_used_up())
                .with_detail(format!("{account} has no credit left, or has used up its quota{full}. Raise it at {owner}.")),
            (Some(Objection::Content), _) => error(words.error(Reason::ProviderRefusedContent))
                .with_detail(format!("{title} at {shown} refused the request because of its rules on content{full}. Ask in other words.")),
            (Some(Objection::Window), _) => {
                let full = error(words.error(Reason::ProviderRefusedLength))
                    .with_detail(format!("{title} at {shown} takes no conversation as long as this one{full}. Begin another."));
                // An error during an answer is not a refusal of the prompt, because some of it was processed.
                if model.is_some() { full.with_overflow(overflow::read(&refused.said.words)) } else { full }
            }
            (Some(Objection::Dialect), _) => {
                let which = model.as_ref().map(|model| format!(" with `{model}`")).unwrap_or_default();
                let what = "only by the Responses API (/v1/responses), and refused that as well";
                error(words.error(Reason::ProviderNeedsOtherApi).with_some("model", model))
                    .with_detail(format!("{title} at {shown} answers{which} {what}{full}. Choose another model."))
            }
            (Some(Objection::Model), _) => match model {
                Some(model) => error(words.error(Reason::ProviderLacksModel).with("model", &model)).with_detail(format!(
                    "{title} at {shown} has no model `{model}`{full}. {}; if it should be there, check {url}.",
                    self.vendor.models
                )),
                None => ProviderError::from(words.error(Reason::ProviderMisconfigured))
                    .with_detail(format!("Nothing at {shown} lists models{full}. Check {url}."))
                    .for_good(),
            },
            (_, 429) => {
                let (api_error, when) = match wait.map(waiting_time) {
                    Some(time) => (words.error(Reason::ProviderRateLimitedFor).with("wait", &time), time),
                    None => (words.error(Reason::ProviderRateLimited), "a while".to_owned()),
                };
                error(api_error).with_detail(format!("{title} at {shown} takes no more requests for now{full}. Try again in {when}."))
            }
            (_, 300..=399) => ProviderError::from(words.error(Reason::ProviderMisconfigured))
                .with_detail(format!("{shown} has moved. Set {url} to its new address."))
                .for_good(),
            (Some(Objection::Loading), _) => error(words.error(Reason::ProviderLoading))
                .with_detail(format!("{title} at {shown} is loading the model{full}. Try again in a while.")),
            (_, 408 | 500..=599) => error(words.error(Reason::ProviderFailed).with("status", u32::from(code)))
                .with_detail(format!("{title} at {shown} failed with status {code}{full}. Try again.")),
            _ => error(words.error(Reason::ProviderRefusedRequest).with("status", u32::from(code)))
                .with_detail(format!("{title} at {shown} refused the request with status {code}{full}.")),
        };
        // Only if nothing can have been charged, because the server says that it has not started.
        let retryable = match (refused.objection(), code) {
            (None, 429) => wait.is_some() || !lasts(&refused.said),
            (Some(Objection::Overloaded | Objection::Loading), _) => true,
            _ => false,
        };
        let of_question = refused.objection().is_none() && matches!(code, 400 | 422 | 500);
        refusal.of_question = of_question;
        if retryable { refusal.again_after(wait) } else { refusal.for_good().told_again_after(wait) }
    }

    /// Returns the error for an error document in an answer; `begun` tells that some text has arrived.
    pub(super) fn gave_up(&self, document: &Value, begun: bool) -> ProviderError {
        let said = Said::of(document);
        let is_status = |code: &str| code.parse().ok().and_then(|code| StatusCode::from_u16(code).ok()).filter(|code| code.as_u16() >= 400);
        let status = said.codes.lines().find_map(is_status);
        let (title, shown) = (&self.words.title, &self.shown);
        let quote = self.quote(&said);
        let full = &quote.full;
        let objection = [400, 404, 413].into_iter().find_map(|like| Objection::read(like, &said));
        if let Some(Objection::Content | Objection::Window) = objection.filter(|objection| !begun || *objection == Objection::Content) {
            return self.refusal(&Refused { status: StatusCode::BAD_REQUEST, said, wait: None }, None);
        }
        if begun {
            return ProviderError::from(quote.add_to(self.words.error(Reason::AnswerFailed)))
                .with_detail(format!("{title} at {shown} failed in the middle of the answer{full}. Ask it to continue."))
                .for_good();
        }
        let failed = ProviderError::from(quote.add_to(self.words.error(Reason::ProviderFailed)))
            .with_detail(format!("{title} at {shown} failed{full}. Try again."));
        // By its codes, because words may be about anything.
        let has_not_begun =
            said.codes.to_lowercase().contains("overloaded") || matches!(status.map(|status| status.as_u16()), Some(503 | 529));
        if has_not_begun { failed } else { failed.for_good() }
    }

    /// Returns a vendor's own words, as far as they may be repeated.
    pub(super) fn quote(&self, said: &Said) -> Quote {
        let secrets: Vec<&str> = [self.key.as_ref().map(|key| key.reveal()), self.password()].into_iter().flatten().collect();
        let full = one_line(&without_secrets(&said.words, &secrets), QUOTE_CHARS);
        let told = for_everybody(&full, self.host());
        let trimmed = |words: &str| {
            let words = words.trim().trim_end_matches('.');
            if words.chars().any(char::is_alphanumeric) { words.to_owned() } else { String::new() }
        };
        let (full, told, is_page) = (trimmed(&full), trimmed(&told), said.is_page);
        let full = match (is_page, full.is_empty()) {
            (true, false) => format!(": it sent a web page instead of an answer, “{full}”"),
            (true, true) => ": it sent a web page instead of an answer".to_owned(),
            (false, false) => format!(": “{full}”"),
            (false, true) => full,
        };
        Quote { full, told, is_page }
    }
}

/// Returns a waiting time with its unit.
fn waiting_time(ms: u64) -> String {
    match ms.div_ceil(1000) {
        seconds @ 0..=180 => format!("{seconds} s"),
        seconds @ 181..=7_200 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    }
}

/// Returns `text` on one line, without control characters, and with at most `most` characters.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut kept: String = line.chars().filter(|c| !c.is_control()).take(most).collect();
    if kept.len() < line.len() {
        kept.push('…');
    }
    kept
}
