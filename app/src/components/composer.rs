//! The composer: where the user writes messages.

use holdfast_protocol::{Author, ConversationId, UserId};
use leptos::{ev::KeyboardEvent, html::Textarea, prelude::*, web_sys::HtmlTextAreaElement};

use super::{model_select::ModelSelect, notes::Notes, recall::Recall};
use crate::{
    Route,
    first_load::{
        conversation_bundle::{self, BundleState},
        erased::{When, effect, memo},
    },
    services::Choice,
    state::{AppState, ConnectionStatus, MessageView},
    strings::strings,
    ui::{composes, context, state, ui},
};

/// The composer, with the notes about sending.
#[component]
pub(crate) fn Composer() -> impl IntoView {
    let (state, ui) = (state(), ui());
    let strings = state.strings();
    let may_write = memo(move || state.site.guests || state.session.user.read().is_some());
    let is_missing = memo(move || ui.route.get().conversation().is_some_and(|id| state.open.missing.get() == Some(id)));
    view! {
        <div class="composer">
            <NewText/>
            <Notes/>
            {move || {
                if is_missing.get() {
                    ().into_any()
                } else if may_write.get() {
                    view! { <Box_/> }.into_any()
                } else {
                    view! {
                        <p class="box closed">
                            <a href=state.path(Route::SignIn)>{strings.common.sign_in}</a>
                            {strings.composer.to_write}
                        </p>
                    }
                        .into_any()
                }
            }}
            // Set as HTML: where scripts run, the parser treats the content as text, and there is nothing to hydrate.
            <noscript inner_html=format!("<p class=\"fine-print\">{}</p>", strings.composer.needs_script)></noscript>
        </div>
    }
    .into_any()
}

/// A button that scrolls to the end of the transcript while new text arrives out of sight.
#[component]
fn NewText() -> impl IntoView {
    let (state, context) = (state(), context());
    let below = memo(move || !state.open.at_end.get());
    let texts = &state.strings().composer;
    let strings = move || if state.open.answering().is_some() { texts.new_text } else { texts.to_end };
    view! {
        <When is=move || below.get()>
            <button type="button" class="to-end" on:click=move |_| context.browser().to_end()>{strings}</button>
        </When>
    }
    .into_any()
}

#[component]
fn Box_() -> impl IntoView {
    let (state, ui, context, strings) = (state(), ui(), context(), &strings().composer);
    let text = RwSignal::new(String::new());
    let picked = ui.picked;
    let area: NodeRef<Textarea> = NodeRef::new();
    let current = memo(move || ui.route.get().conversation());

    let write = move |value: String| {
        if let Some(area) = area.get_untracked() {
            area.set_value(&value);
        }
        text.set(value);
    };
    drafts(current, text, area, picked, write);

    // A withdrawn or retried message goes into the field.
    effect(move || {
        let Some(insert) = ui.insert.get() else { return };
        let before = text.get_untracked();
        write(beneath(&before, &insert));
        let browser = context.browser();
        browser.keep_draft(current.get_untracked(), &text.read_untracked());
        browser.focus("message");
        ui.insert.set(None);
    });

    let too_long = memo(move || text.read().len() > state.site.message_bytes);
    let is_blank = memo(move || text.read().trim().is_empty());
    // The user who starts writing will soon need the message views.
    effect(move || {
        if !is_blank.get() || !state.sending.outgoing.read().is_empty() {
            state.open.request_conversation_bundle();
        }
    });
    let send = move || {
        if is_blank.get_untracked() || too_long.get_untracked() {
            return;
        }
        if ui.holds.get_untracked() {
            return ui.sends_soon.set(true);
        }
        let files = ui.attached.get_untracked();
        ui.sent_files.set(files.clone());
        let settings = ui.fresh_settings.get_untracked().filter(|_| current.get_untracked().is_none());
        context.commands().submit(
            text.get_untracked(),
            current.get_untracked(),
            picked.get_untracked(),
            settings,
            conversation_bundle::ids(&files),
        );
        ui.fresh_settings.set(None);
        let browser = context.browser();
        browser.keep_draft(current.get_untracked(), "");
        write(String::new());
        browser.to_end();
        browser.focus("message");
    };
    effect(move || {
        if ui.sends_soon.get() && !ui.holds.get() {
            ui.sends_soon.set(false);
            send();
        }
    });
    let recall = StoredValue::new(Recall::default());
    let on_key = move |ev: KeyboardEvent| {
        if ui.sends(&ev) {
            ev.prevent_default();
            return send();
        }
        let back = match ev.key().as_str() {
            "ArrowUp" => true,
            "ArrowDown" => false,
            _ => return,
        };
        let is_plain = !(ev.shift_key() || ev.ctrl_key() || ev.alt_key() || ev.meta_key() || composes(&ev));
        let Some(caret) = area.get_untracked().and_then(|area| caret(&area)).filter(|_| is_plain) else { return };
        let sent = sent_texts(state, current.get_untracked());
        if let Some(brought) = recall.try_update_value(|recall| recall.step(back, &text.read_untracked(), caret, &sent)).flatten() {
            ev.prevent_default();
            context.browser().keep_draft(current.get_untracked(), &brought);
            write(brought);
        }
    };
    let on_input = move |ev| {
        text.set(event_target_value(&ev));
        context.browser().keep_draft(current.get_untracked(), &text.read_untracked());
    };
    let placeholder = move || match (&*state.connection.status.read(), current.get()) {
        (connection, _) if connection.is_torn() && !matches!(connection, ConnectionStatus::SignedOut(_)) => strings.keep_typing,
        (_, Some(_)) => strings.follow_up,
        (_, None) => strings.message,
    };
    let has_bundle = memo(move || ui.hydrated.get() && state.open.bundle.get() == BundleState::Here);
    // For browsers that can't size a field by its content.
    let rows = move || text.read().lines().count().clamp(1, 9).to_string();
    view! {
        <div class="box">
            <When is=move || has_bundle.get()>{conversation_bundle::attach()}</When>
            <label class="sr-only" for="message">{strings.message}</label>
            <textarea
                id="message"
                rows=rows
                dir="auto"
                enterkeyhint=move || if ui.ctrl_sends.get() { "enter" } else { "send" }
                autocomplete="off"
                placeholder=placeholder
                aria-describedby=move || if too_long.get() { "composer-limit composer-hint" } else { "composer-hint" }
                node_ref=area
                on:input=on_input
                on:keydown=on_key
            ></textarea>
            // The element exists before it has content; otherwise the content would not be announced.
            <p class="limit" id="composer-limit" role="status">
                {move || too_long.get().then(|| too_much(text.read().len()))}
            </p>
            <div class="row">
                <ModelSelect/>
                <When is=move || has_bundle.get()>{conversation_bundle::tools()}</When>
                <span class="hint" id="composer-hint" class:shown=move || !is_blank.get()>
                    {move || if ui.ctrl_sends.get() { strings.ctrl_enter_sends } else { strings.enter_sends }}
                </span>
                <Go send is_blank blocked=too_long/>
            </div>
        </div>
    }
    .into_any()
}

/// Returns the position of the caret, or `None` if text is selected.
fn caret(area: &HtmlTextAreaElement) -> Option<usize> {
    let (from, to) = (area.selection_start().ok()??, area.selection_end().ok()??);
    usize::try_from(from).ok().filter(|_| from == to)
}

/// Returns the user's messages in the conversation as they are shown, including those of the outbox, newest last.
fn sent_texts(state: AppState, current: Option<ConversationId>) -> Vec<String> {
    let messages = state.open.messages.read_untracked();
    let outgoing = state.sending.outgoing.read_untracked();
    let messages = messages.iter().filter(|message| current.is_some() && message.role == Author::User).map(MessageView::text);
    let mut texts: Vec<String> =
        messages.chain(outgoing.iter().filter(|it| it.conversation == current).map(|it| it.text.clone())).collect();
    texts.dedup();
    texts
}

/// Adds a withdrawn message below the text in the field.
pub(crate) fn beneath(before: &str, insert: &str) -> String {
    if before.trim().is_empty() { insert.to_owned() } else { format!("{}\n\n{insert}", before.trim_end()) }
}

/// Returns by how much a text of this many bytes is too long.
pub(super) fn too_much(bytes: usize) -> String {
    let most = state().site.message_bytes;
    (strings().composer.too_long)(bytes.saturating_sub(most).div_ceil(1024), most / 1024)
}

/// The button Send, Queue or Stop.
#[component]
fn Go(
    /// Sends the message.
    send: impl Fn() + Copy + Send + Sync + 'static,
    /// Whether the field is blank.
    is_blank: Memo<bool>,
    /// Whether the text can't be sent.
    blocked: Memo<bool>,
) -> impl IntoView {
    let (state, ui) = (state(), ui());
    let strings = &state.strings().composer;
    let answering = memo(move || state.open.answering());
    let context = context();
    let stop = move |_| {
        if let Some(id) = answering.get_untracked() {
            context.commands().stop(id);
            // The button disappears with the answer, so the focus moves to the field.
            context.browser().focus_to_write("message");
        }
    };
    let torn = memo(move || state.connection.status.read().is_torn());
    let queues = move || torn.get() || answering.get().is_some();
    // Without a connection nothing can be stopped, but the user can write on.
    let can_stop = memo(move || answering.get().is_some() && !torn.get());
    view! {
        <div class="buttons">
            <When is=move || can_stop.get()>
                <button type="button" class="primary stop" class:small=move || !is_blank.get() on:click=stop aria-label=strings.stop_answer>
                    <span class="square" aria-hidden="true"></span>
                    <span class="label">{strings.stop}</span>
                </button>
            </When>
            <When is=move || !can_stop.get() || !is_blank.get()>
                <button
                    type="button"
                    class="primary"
                    disabled=move || !ui.hydrated.get() || is_blank.get() || blocked.get()
                    on:click=move |_| send()
                >
                    {move || if queues() { strings.queue } else { strings.send }}
                </button>
            </When>
        </div>
    }
    .into_any()
}

/// Stores and restores drafts: one for each conversation and user.
fn drafts(
    current: Memo<Option<ConversationId>>,
    text: RwSignal<String>,
    area: NodeRef<Textarea>,
    picked: RwSignal<Option<Choice>>,
    write: impl Fn(String) + Copy + 'static,
) {
    let (session, ui, context) = (state().session, ui(), context());
    let who = memo(move || session.user.read().as_ref().map(|user| user.id));
    Effect::new(move |before: Option<(Option<UserId>, Option<ConversationId>)>| {
        let (who, current, browser) = (who.get(), current.get(), context.browser());
        let now = (who, current);
        // Only once; later visits to the conversation come from another page.
        let began = ui.began.try_update_value(Option::take).flatten();
        let Some((writer, before)) = before else {
            // Keep what was typed before the page was hydrated.
            let typed = area.get_untracked().map(|area| area.value()).unwrap_or_default();
            let draft = browser.draft(current);
            if typed.is_empty() {
                write(draft);
            } else {
                text.set(typed);
            }
            browser.focus_to_write("message");
            return now;
        };
        let goes_on = writer.is_none() || writer == who;
        if before == current && goes_on && !text.read_untracked().is_empty() {
            return now;
        }
        if before.is_none() && current.is_some() && current == began && goes_on {
            // The first message has just created a conversation. Text typed since then moves to its draft.
            browser.keep_draft(None, "");
            browser.keep_draft(current, &text.read_untracked());
            return now;
        }
        write(browser.draft(current));
        if before != current {
            picked.set(None);
            browser.focus_to_write("message");
        }
        now
    });
}
