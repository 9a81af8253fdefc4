//! Errors of answers that ended early, for all users and for administrators.

use holdfast_protocol::Code;

use super::{endpoint::Endpoint, finish::Finish, reading::SoFar};
use holdfast_core::model::ProviderError;

/// Returns the error of an answer whose reply was complete, or `None` if the answer is complete.
pub(super) fn fault(endpoint: &Endpoint, so_far: &SoFar) -> Option<ProviderError> {
    let title = &endpoint.words.title;
    let spoke = so_far.spoke;
    let tool = so_far.tool || (so_far.finish == Some(Finish::Tool) && !spoke);
    let (code, error) = match so_far.finish.unwrap_or(Finish::Done) {
        Finish::Length if spoke => {
            (Code::LengthLimit, "The answer has reached the model's output limit. Continue it, or ask for a shorter one.".to_owned())
        }
        Finish::Length => (
            Code::LengthLimit,
            "The model has used up its output limit before it wrote a word. Ask for less, or choose another model.".to_owned(),
        ),
        Finish::Window if spoke => (
            Code::LengthLimit,
            "The conversation has filled the model's window. Begin another, or choose a model that takes more.".to_owned(),
        ),
        Finish::Window => (Code::ContextFull, endpoint.words.too_long("")),
        // The text that declines is the answer.
        Finish::Filtered | Finish::Declined if so_far.refused => return None,
        Finish::Filtered | Finish::Declined if spoke => (
            Code::ContentFiltered,
            format!("{title} held back the rest because of its rules on content. Ask in other words, or choose another model."),
        ),
        Finish::Filtered => (
            Code::ContentFiltered,
            format!("{title} held back the answer because of its rules on content. Ask in other words, or choose another model."),
        ),
        Finish::Declined => (
            Code::ModelRefused,
            "The model declined to answer, and gave no reason. Ask in other words, or choose another model.".to_owned(),
        ),
        Finish::Broken => return Some(broken(endpoint, so_far)),
        Finish::Done | Finish::Tool if tool && spoke => (
            Code::ToolFailed,
            "The model wants to use a tool, and has none here. Tell it what is missing, or choose another model.".to_owned(),
        ),
        Finish::Done | Finish::Tool if tool => {
            (Code::EmptyAnswer, "The model wants to use a tool, and has none here. Ask in other words, or choose another model.".to_owned())
        }
        Finish::Done | Finish::Tool if spoke => return None,
        Finish::Done | Finish::Tool if so_far.picture => {
            (Code::EmptyAnswer, "The model answered with a picture, which can't be shown here yet. Ask it for text.".to_owned())
        }
        Finish::Done | Finish::Tool if so_far.reasoned > 0 => {
            (Code::EmptyAnswer, "The model thought, and then wrote nothing. Try again, or choose another model.".to_owned())
        }
        Finish::Done | Finish::Tool => (Code::EmptyAnswer, "The model wrote nothing. Try again, or choose another model.".to_owned()),
    };
    Some(ProviderError::ended(code, error))
}

fn broken(endpoint: &Endpoint, so_far: &SoFar) -> ProviderError {
    if so_far.spoke {
        let (title, shown) = (&endpoint.words.title, &endpoint.shown);
        let what = "failed in the middle of the answer. Ask it to continue.";
        return ProviderError::unavailable(format!("{title} {what}")).with_detail(format!("{title} at {shown} {what}")).for_good();
    }
    failed(endpoint, "failed")
}

/// Returns the error if the reply was cut off.
pub(super) fn cut(endpoint: &Endpoint, so_far: &SoFar) -> ProviderError {
    let (title, shown) = (&endpoint.words.title, &endpoint.shown);
    match &so_far.stray {
        // Plain text instead of an answer.
        Some(stray) if !so_far.begun => return endpoint.gave_up(&stray.clone().into(), false),
        _ if !so_far.begun => return failed(endpoint, "ended the connection without an answer"),
        _ => {}
    }
    let what = "broke off in the middle of the answer. Ask it to continue.";
    ProviderError::unavailable(format!("{title} {what}")).with_detail(format!("{title} at {shown} {what}")).for_good()
}

/// Returns the error if the server works incorrectly; `what` says what it did, in the past tense.
fn failed(endpoint: &Endpoint, what: &str) -> ProviderError {
    let (title, shown) = (&endpoint.words.title, &endpoint.shown);
    ProviderError::unavailable(endpoint.words.failed("")).with_detail(format!("{title} at {shown} {what}. Try again.")).for_good()
}

pub(super) fn fell_silent(endpoint: &Endpoint) -> ProviderError {
    let (title, shown, s) = (&endpoint.words.title, &endpoint.shown, endpoint.http.idle_timeout.as_secs_f32());
    let what = format!("fell silent for {s} s in the middle of the answer. Ask it to continue.");
    ProviderError::unavailable(format!("{title} {what}")).with_detail(format!("{title} at {shown} {what}")).for_good()
}

pub(super) fn never_done(endpoint: &Endpoint) -> ProviderError {
    let (title, shown) = (&endpoint.words.title, &endpoint.shown);
    let what = "thought for more than 8 MiB and was ended. Ask something smaller, or choose another model.";
    ProviderError::unavailable(format!("{title} {what}")).with_detail(format!("{title} at {shown} {what}")).for_good()
}

pub(super) fn garbled(endpoint: &Endpoint) -> ProviderError {
    let (title, shown, url) = (&endpoint.words.title, &endpoint.shown, &endpoint.words.url);
    ProviderError::unavailable(endpoint.words.failed(""))
        .with_detail(format!("{title} at {shown} sent something that is no answer. Try again; if it stays, check {url}."))
        .for_good()
}

/// Returns the error if the reply is compressed in an unknown way.
pub(super) fn encoded(endpoint: &Endpoint, encoding: &str) -> ProviderError {
    let (title, shown) = (&endpoint.words.title, &endpoint.shown);
    let what = format!("compressed its answer as `{encoding}`, which was not asked for and can't be read here");
    ProviderError::unavailable(format!("{title} {what}. Choose another model. {}", super::ADMINISTRATORS))
        .with_detail(format!(
            "{title} at {shown} {what}. Turn that compression off in what stands before it; gzip, deflate and br are read."
        ))
        .for_good()
}

/// Returns the error if the reply is a web page, for example the network's sign-in page.
pub(super) fn page(endpoint: &Endpoint) -> ProviderError {
    let (title, shown, url) = (&endpoint.words.title, &endpoint.shown, &endpoint.words.url);
    let what = "sent a web page instead of an answer";
    ProviderError::unavailable(format!("{title} {what}. Try again, or choose another model. {}", super::ADMINISTRATORS))
        .with_detail(format!("{title} at {shown} {what}. Something in front of it may want a sign-in; or check {url}."))
        .for_good()
}
