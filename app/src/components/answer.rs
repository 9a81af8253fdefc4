//! Messages: the user's text and the model's answer.

use holdfast_protocol::{Author, Code, MessageId, Reason, Status};
use leptos::prelude::*;

use super::{
    answer_usage::{AnswerUsage, UsageDetails},
    attachments::Attachments,
    blocks::Blocks,
    cited::Cited,
    dialogs::{Dialog, open},
    thoughts::Thoughts,
    user_text::user_text,
    versions::{Editor, RegenerateButtons, Versions, regenerate},
};
use crate::{
    first_load::erased::{When, effect, memo},
    route::{Route, message_anchor},
    state::{AppState, MessageView},
    strings::{conversation_strings, strings},
    ui::{AppContext, Choosing, Ui, context, state, ui},
};

/// A message.
#[component]
pub(crate) fn MessageItem(
    /// The message.
    message: MessageView,
) -> impl IntoView {
    match message.role {
        Author::User => view! { <Question message/> }.into_any(),
        Author::Assistant => view! { <Answer message/> }.into_any(),
    }
}

/// Returns whether a message is the one that a search result points to.
fn is_marked(id: MessageId) -> impl Fn() -> bool + Send + Sync + Copy + 'static {
    let ui = ui();
    move || ui.marked.get() == Some(id)
}

/// The user's message, as plain text.
#[component]
fn Question(
    /// The message.
    message: MessageView,
) -> impl IntoView {
    let texts = &strings().answer;
    let id = message.id;
    let editing = RwSignal::new(false);
    let ui = ui();
    effect(move || {
        if ui.edit.get() == Some(id) {
            ui.edit.set(None);
            editing.set(true);
        }
    });
    let versions = StoredValue::new(message.clone());
    let strings = StoredValue::new(message.text());
    view! {
        <article class="question" id=message_anchor(id) class:edited=move || editing.get() class:marked=is_marked(id) aria-label=texts.you>
            <h2 class="sr-only">{texts.you_said}</h2>
            <When is=move || !editing.get() fallback=move || view! { <Editor id strings=strings.get_value() editing/> }>
                <Attachments files=versions.with_value(|message| message.attachments.clone())/>
                <div class="text" dir="auto">{user_text(&strings.get_value())}</div>
                <div class="toolbar">
                    <Versions message=versions.get_value()/>
                    <button type="button" class="ghost icon" id=format!("edit-{id}") on:click=move |_| editing.set(true)>
                        <svg viewBox="0 0 20 20" aria-hidden="true">
                            <path d="M4 16l.700-3.300 8.300-8.300 2.600 2.600-8.300 8.300z" fill="none"></path>
                        </svg>
                        <span class="tooltip">{texts.edit}</span>
                    </button>
                </div>
            </When>
        </article>
    }
    .into_any()
}

/// The model's answer.
#[component]
fn Answer(
    /// The answer.
    message: MessageView,
) -> impl IntoView {
    let state = state();
    let strings = state.strings();
    let head = message.head.clone();
    let status = memo(move || head.read().status);
    let growing = memo(move || status.get() == Status::Streaming);
    let left_out = memo({
        let head = message.head.clone();
        move || head.read().left_out
    });
    let ignored = memo({
        let head = message.head.clone();
        move || head.read().ignored.clone()
    });
    let id = message.id;
    let is_not_found = memo({
        let head = message.head.clone();
        move || {
            let head = head.read();
            let sources = if head.status == Status::Complete { head.sources.to_vec() } else { Vec::new() };
            sources.iter().any(|source| source.n > 0) && sources.iter().all(|source| !source.used)
        }
    });
    let ui = ui();
    // The answer continues on the server while the connection is lost; the page says so.
    let torn = memo(move || growing.get() && state.connection.status.read().is_torn());
    let context = context();
    let copied = StoredValue::new(message.clone());
    let copy = move |_| context.browser().copy(&copied.with_value(MessageView::text));
    let without_files = move |_| {
        let head = copied.with_value(|message| message.head.clone());
        regenerate(context, id, &head.read_untracked(), Some(r#"{"materials":[]}"#.to_owned()));
    };
    view! {
        <article class="answer" id=message_anchor(message.id) class:marked=is_marked(message.id) aria-label=strings.answer.answer data-growing=move || growing.get().to_string()>
            <h2 class="sr-only">{strings.answer.answer}</h2>
            <ModelName message=message.clone()/>
            <Thoughts message=message.clone()/>
            <Blocks id=format!("tail-{}", message.id) text=message.written.clone() growing announced=true/>
            <Cited message=message.clone()/>
            <When is=move || torn.get()>
                <div class="interrupted">{strings.answer.interrupted}</div>
            </When>
            <When is=move || left_out.get() != 0>
                <div class="ending">
                    {move || (conversation_strings().left_out)(left_out.get())} " "
                    <button type="button" class="link" on:click=move |_| show_left_out(state, ui, context, left_out.get_untracked())>
                        {conversation_strings().show_which}
                    </button>
                </div>
            </When>
            <When is=move || !ignored.read().is_empty()>
                <div class="ending">{move || (conversation_strings().ignored)(&ignored.read())}</div>
            </When>
            <When is=move || is_not_found.get()>
                <div class="ending not-found">
                    {conversation_strings().not_in_files} " "
                    <button type="button" class="link" on:click=move |_| show_nearest(ui, id)>{conversation_strings().nearest}</button>
                    " · "
                    <button type="button" class="link" on:click=without_files>{conversation_strings().without_files}</button>
                </div>
            </When>
            <Ending message=message.clone() status/>
            <div class="toolbar">
                <Versions message=message.clone()/>
                <When is=move || !growing.get()>
                    <When is=move || status.get() != Status::Failed>
                        <button type="button" class="ghost icon" data-confirms=strings.browser.copied on:click=copy>
                            <svg viewBox="0 0 20 20" aria-hidden="true">
                                <path d="M7.500 7.500h8v8h-8zM4.500 12.500v-8h8" fill="none"></path>
                            </svg>
                            <span class="tooltip">{strings.common.copy}</span>
                        </button>
                    </When>
                    <RegenerateButtons message=copied.get_value()/>
                </When>
            </div>
        </article>
    }
    .into_any()
}

/// Shows and marks the last of the messages that were left out of a prompt. If it is not on the page yet, earlier messages are shown.
fn show_left_out(state: AppState, ui: Ui, context: AppContext, count: u32) {
    let before = state.open.earlier.get_untracked();
    let last = usize::try_from(count).unwrap_or(usize::MAX).saturating_sub(1);
    let messages = state.open.messages.read_untracked();
    match last.checked_sub(before).and_then(|at| messages.get(at)) {
        Some(message) => {
            ui.marked.set(Some(message.id));
            context.browser().show_message(&message_anchor(message.id));
        }
        None => {
            if let Some(first) = messages.first() {
                context.browser().show_message(&message_anchor(first.id));
            }
            drop(messages);
            context.commands().show_earlier();
        }
    }
}

/// The model's name, and the buttons below an answer.
#[component]
fn ModelName(
    /// The answer.
    message: MessageView,
) -> impl IntoView {
    let (state, ui, strings) = (state(), ui(), strings());
    let (head, id) = (message.head.clone(), message.id);
    let name = {
        let head = head.clone();
        move || {
            let head = head.read();
            match (head.provider.as_deref(), head.model.as_deref()) {
                (Some("builtin"), Some(model)) => format!("{} · {model}", strings.common.builtin),
                (_, Some(model)) => model.to_owned(),
                (Some(provider), None) => state.provider(provider),
                (None, None) => strings.answer.answer.to_owned(),
            }
        }
    };
    let usage_open = RwSignal::new(false);
    let sources = memo(move || {
        let sources = head.read().sources.to_vec();
        (sources.iter().filter(|source| source.used).count(), sources.len(), sources.iter().any(|source| source.n > 0))
    });
    let passages_text = move || match sources.get() {
        (used, all, true) if used > 0 => (conversation_strings().cited_of)(used, all),
        (_, all, _) => (strings.answer.passages)(all),
    };
    let toggle = move |_| {
        ui.sources_by.set_value(passages(id));
        ui.sources.update(|shown| *shown = if *shown == Some(id) { None } else { Some(id) });
    };
    view! {
        <div class="author">
            <span>{name}</span>
            <When is=move || sources.get().1 != 0>
                <span aria-hidden="true">"·"</span>
                <button type="button" class="link" id=passages(id) aria-expanded=move || (ui.sources.get() == Some(id)).to_string() on:click=toggle>
                    {passages_text}
                </button>
            </When>
            <AnswerUsage message=message.clone() open=usage_open/>
        </div>
        <UsageDetails message open=usage_open/>
    }
    .into_any()
}

/// Shows the passages that are nearest to the question of an answer.
fn show_nearest(ui: Ui, id: MessageId) {
    ui.sources_by.set_value(passages(id));
    ui.sources.set(Some(id));
}

/// The id of the button that shows the passages of an answer.
fn passages(id: MessageId) -> String {
    format!("passages-{id}")
}

/// Why an answer is not complete, with a button to continue it.
#[component]
fn Ending(
    /// The answer.
    message: MessageView,
    /// Its status.
    status: Memo<Status>,
) -> impl IntoView {
    let state = state();
    let (id, strings) = (message.id, state.strings());
    // Only the last answer can be continued, and only if it has some text.
    let is_last = memo(move || state.open.messages.read().last().is_some_and(|message| message.id == id));
    let context = context();
    let resume = move |_| {
        context.commands().resume(id);
        // The button disappears when it is used, so the focus moves to the composer.
        context.browser().focus_to_write("message");
    };
    let ui = ui();
    let choose = move |_| open(Dialog::Models(Choosing::Regenerate(id)), state, ui, context);
    move || {
        let status = status.get();
        let (class, texts, act) = match status {
            Status::Interrupted => ("ending warn", strings.answer.broke_off, strings.answer.go_on),
            Status::Failed => ("ending bad", strings.answer.failed, strings.common.try_again),
            Status::Stopped => ("ending", strings.answer.stopped, strings.answer.go_on),
            // The answer has no text yet and says what it is waiting for.
            Status::Streaming if message.head.read().error.is_some() => ("ending", "", ""),
            Status::Accepted | Status::Streaming | Status::Complete => return None,
        };
        let error = message.head.read().error.clone();
        let is_over = status != Status::Streaming;
        // The next step is a button where there is one.
        let ended = error.as_ref().filter(|_| is_over);
        let is_full = ended.is_some_and(|error| error.code == Code::ContextFull || error.reason == Reason::WindowFilled.as_str());
        let has_another = is_full || ended.is_some_and(|error| helps_another_model(error.code) || is_empty(status, error.code));
        let reason = error.as_ref().map(|error| strings.localized(error.clone()).view());
        // For a failed answer, the reason is all that is shown.
        let texts = match &reason {
            Some(_) if status == Status::Failed => None,
            Some(_) => Some(format!("{texts} ")),
            None => Some(texts.to_owned()),
        };
        Some(view! {
            <div class=class>
                <span>{texts}{reason}</span>
                <When is=move || !act.is_empty() && (status != Status::Failed || is_last.get())>
                    <button type="button" class="small" on:click=resume>{act}</button>
                </When>
                <When is=move || has_another && is_last.get() && state.session.models.read().len() != 1>
                    <button type="button" class="small" aria-haspopup="dialog" on:click=choose>{conversation_strings().another_model}</button>
                </When>
                <When is=move || is_full && is_last.get()>
                    <a class="small" href=state.path(Route::New)>{strings.common.new_conversation}</a>
                </When>
            </div>
        })
    }
}

/// Returns whether an answer that ended with this code may succeed with another model.
fn helps_another_model(code: Code) -> bool {
    matches!(
        code,
        Code::ContentFiltered
            | Code::ContextFull
            | Code::EmptyAnswer
            | Code::ModelNotFound
            | Code::ModelRefused
            | Code::ProviderRefused
            | Code::ProviderUnavailable
            | Code::ToolFailed
    )
}

/// Returns whether an answer reached an output limit before its first word.
fn is_empty(status: Status, code: Code) -> bool {
    status == Status::Failed && code == Code::LengthLimit
}
