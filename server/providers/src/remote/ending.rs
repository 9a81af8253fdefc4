//! Errors of answers that ended early, for all users and for administrators.

use holdfast_protocol::{ApiError, Reason};

use super::{endpoint::Endpoint, finish::Finish, reading::SoFar};
use holdfast_core::model::ProviderError;

/// Returns the error of an answer whose reply was complete, or `None` if the answer is complete.
pub(super) fn fault(endpoint: &Endpoint, so_far: &SoFar) -> Option<ProviderError> {
    let spoke = so_far.spoke;
    let tool = so_far.tool || (so_far.finish == Some(Finish::Tool) && !spoke);
    let reason = match so_far.finish.unwrap_or(Finish::Done) {
        Finish::Length if spoke => Reason::OutputLimit,
        Finish::Length => Reason::OutputLimitWithoutText,
        Finish::Window if spoke => Reason::WindowFilled,
        Finish::Window => return Some(endpoint.words.error(Reason::ProviderRefusedLength).into()),
        // The text that declines is the answer.
        Finish::Filtered | Finish::Declined if so_far.refused => return None,
        Finish::Filtered | Finish::Declined if spoke => return Some(endpoint.words.error(Reason::AnswerRestFiltered).into()),
        Finish::Filtered => return Some(endpoint.words.error(Reason::AnswerFiltered).into()),
        Finish::Declined => Reason::AnswerDeclined,
        Finish::Broken => return Some(broken(endpoint, so_far)),
        Finish::Done | Finish::Tool if tool && spoke => Reason::AnswerNeedsTool,
        Finish::Done | Finish::Tool if tool => Reason::AnswerOnlyTool,
        Finish::Done | Finish::Tool if spoke => return None,
        Finish::Done | Finish::Tool if so_far.picture => Reason::AnswerPicture,
        Finish::Done | Finish::Tool if so_far.reasoned > 0 => Reason::AnswerOnlyReasoning,
        Finish::Done | Finish::Tool => Reason::AnswerEmpty,
    };
    Some(reason.into())
}

/// Returns an error of the provider that a retry does not help. `what` says for administrators what it did, in the past tense, and what to
/// do.
fn ended(endpoint: &Endpoint, api_error: ApiError, what: &str) -> ProviderError {
    let (title, shown) = (&endpoint.words.title, &endpoint.shown);
    ProviderError::from(api_error).with_detail(format!("{title} at {shown} {what}")).for_good()
}

fn broken(endpoint: &Endpoint, so_far: &SoFar) -> ProviderError {
    if so_far.spoke {
        return ended(endpoint, endpoint.words.error(Reason::AnswerFailed), "failed in the middle of the answer. Ask it to continue.");
    }
    failed(endpoint, "failed. Try again.")
}

/// Returns the error if the reply was cut off.
pub(super) fn cut(endpoint: &Endpoint, so_far: &SoFar) -> ProviderError {
    match &so_far.stray {
        // Plain text instead of an answer.
        Some(stray) if !so_far.begun => return endpoint.gave_up(&stray.clone().into(), false),
        _ if !so_far.begun => return failed(endpoint, "ended the connection without an answer. Try again."),
        _ => {}
    }
    ended(endpoint, endpoint.words.error(Reason::AnswerBrokeOff), "broke off in the middle of the answer. Ask it to continue.")
}

/// Returns the error if the server works incorrectly; `what` says what it did, in the past tense.
fn failed(endpoint: &Endpoint, what: &str) -> ProviderError {
    ended(endpoint, endpoint.words.error(Reason::ProviderFailed), what)
}

pub(super) fn fell_silent(endpoint: &Endpoint) -> ProviderError {
    let s = endpoint.http.idle_timeout.as_secs_f32().to_string();
    let what = format!("fell silent for {s} s in the middle of the answer. Ask it to continue.");
    ended(endpoint, endpoint.words.error(Reason::AnswerFellSilent).with("seconds", s), &what)
}

pub(super) fn never_done(endpoint: &Endpoint) -> ProviderError {
    let what = "thought for more than 8 MiB and was ended. Ask something smaller, or choose another model.";
    ended(endpoint, endpoint.words.error(Reason::ReasoningTooLong), what)
}

pub(super) fn garbled(endpoint: &Endpoint) -> ProviderError {
    failed(endpoint, &format!("sent something that is no answer. Try again; if it stays, check {}.", endpoint.words.url))
}

/// Returns the error if the reply is compressed in an unknown way.
pub(super) fn encoded(endpoint: &Endpoint, encoding: &str) -> ProviderError {
    let what = format!(
        "compressed its answer as `{encoding}`, which was not asked for and can't be read here. Turn that compression off in what stands before it; gzip, deflate and br are read."
    );
    ended(endpoint, endpoint.words.error(Reason::ProviderEncoding).with("encoding", encoding), &what)
}

/// Returns the error if the reply is a web page, for example the network's sign-in page.
pub(super) fn page(endpoint: &Endpoint) -> ProviderError {
    let what =
        format!("sent a web page instead of an answer. Something in front of it may want a sign-in; or check {}.", endpoint.words.url);
    ended(endpoint, endpoint.words.error(Reason::ProviderSentPage), &what)
}
