//! Alternative versions: regenerated answers, edited messages, and the buttons to switch between them.

use holdfast_protocol::MessageId;
use leptos::{ev::KeyboardEvent, html::Textarea, prelude::*};

use super::{
    composer::too_much,
    dialogs::{Dialog, open},
};
use crate::{
    first_load::erased::{When, effect, memo},
    services::Choice,
    state::{Head, MessageView},
    strings::strings,
    ui::{AppContext, Choosing, composes, context, state, ui},
};

/// The switch ‹ 2/3 ›, shown if there are several versions.
#[component]
pub(crate) fn Versions(
    /// The message.
    message: MessageView,
) -> impl IntoView {
    let (id, branch) = (message.id, message.branch);
    let branch = memo(move || branch.get());
    let strings = &strings().versions;
    view! {
        <When is=move || branch.get().of != 1>
            <div class="versions" role="group" aria-label=strings.label>
                <Other id branch back=true/>
                <span>
                    <span class="sr-only">{strings.version}</span>
                    {move || format!("{}/{}", branch.get().at + 1, branch.get().of)}
                </span>
                <Other id branch back=false/>
            </div>
        </When>
    }
    .into_any()
}

/// The button to the previous or next version.
#[component]
fn Other(
    /// Id of the message.
    id: MessageId,
    /// Its position among its siblings.
    branch: Memo<holdfast_protocol::rules::branches::Branch>,
    /// Whether it leads to the previous version.
    back: bool,
) -> impl IntoView {
    let (context, strings) = (context(), &strings().versions);
    let (name, texts, sign) = if back { ("older", strings.previous, "‹") } else { ("newer", strings.next, "›") };
    let other = move || if back { branch.get().previous } else { branch.get().next };
    let go = move |_| {
        let Some(other) = other() else { return };
        context.commands().show_branch(other);
        // The button disappears with its message, so the focus moves to the same button of the other version.
        request_animation_frame(move || context.browser().focus(&format!("{name}-{other}")));
    };
    view! {
        <button
            type="button"
            class="ghost icon"
            id=format!("{name}-{id}")
            aria-label=texts
            aria-disabled=move || other().is_none().then_some("true")
            on:click=go
        >
            {sign}
        </button>
    }
    .into_any()
}

/// Regenerates an answer with the same model, and with these settings as JSON if there are any.
pub(crate) fn regenerate(context: AppContext, id: MessageId, head: &Head, settings: Option<String>) {
    let choice = head.provider.clone().zip(head.model.clone()).map(|(provider, model)| Choice { provider, model });
    context.commands().regenerate(id, choice, settings);
    context.browser().to_end();
    context.browser().focus_to_write("message");
}

/// Regenerates an answer, with the same model or another.
#[component]
pub(crate) fn RegenerateButtons(
    /// The answer.
    message: MessageView,
) -> impl IntoView {
    let (state, ui, context) = (state(), ui(), context());
    let strings = &state.strings().versions;
    let (id, head) = (message.id, message.head);
    let same = move |_| regenerate(context, id, &head.read_untracked(), None);
    let other = move |_| open(Dialog::Models(Choosing::Regenerate(id)), state, ui, context);
    view! {
        <button type="button" class="ghost icon" on:click=same>
            <svg viewBox="0 0 20 20" aria-hidden="true">
                <path d="M15.500 10a5.500 5.500 0 1 1-1.700-4M15.500 3.500v3h-3" fill="none"></path>
            </svg>
            <span class="tooltip">{strings.regenerate}</span>
        </button>
        <When is=move || state.session.models.read().len() != 1>
            <button type="button" class="ghost icon" aria-label=strings.with_another aria-haspopup="dialog" on:click=other>
                <svg viewBox="0 0 20 20" aria-hidden="true">
                    <path d="M6 8.500l4 4 4-4" fill="none"></path>
                </svg>
                <span class="tooltip" aria-hidden="true">{strings.with_another}</span>
            </button>
        </When>
    }
    .into_any()
}

/// The editor of a sent message.
#[component]
pub(crate) fn Editor(
    /// Id of the message.
    id: MessageId,
    /// Text of the message.
    strings: String,
    /// Whether it is being edited.
    editing: RwSignal<bool>,
) -> impl IntoView {
    let (ui, context, texts) = (ui(), context(), crate::strings::strings());
    // An unfinished edit from an earlier visit continues.
    let kept = context.browser().edit(id);
    let strings = if kept.is_empty() { strings } else { kept };
    let text = RwSignal::new(strings.clone());
    let field = format!("editor-{id}");
    let limit = StoredValue::new(format!("limit-{id}"));
    let area: NodeRef<Textarea> = NodeRef::new();
    let focus = field.clone();
    effect(move || {
        if area.get().is_some() {
            context.browser().focus(&focus);
        }
    });
    let most = state().site.message_bytes;
    let too_long = memo(move || text.read().len() > most);
    let blocked = memo(move || text.read().trim().is_empty() || too_long.get());
    let cancel = move || {
        context.browser().keep_edit(id, "");
        editing.set(false);
        request_animation_frame(move || context.browser().focus(&format!("edit-{id}")));
    };
    let send = move || {
        if blocked.get_untracked() {
            return;
        }
        editing.set(false);
        context.browser().keep_edit(id, "");
        context.commands().edit(id, text.get_untracked(), ui.picked.get_untracked());
        context.browser().to_end();
        context.browser().focus("message");
    };
    let on_key = move |ev: KeyboardEvent| {
        if ui.sends(&ev) {
            ev.prevent_default();
            send();
        } else if ev.key() == "Escape" && !composes(&ev) {
            cancel();
        }
    };
    view! {
        <div class="box editor">
            <label class="sr-only" for=field.clone()>{texts.versions.edit}</label>
            <textarea
                id=field
                rows="3"
                dir="auto"
                autocomplete="off"
                node_ref=area
                prop:value=strings
                aria-describedby=move || too_long.get().then(|| limit.get_value())
                on:input=move |ev| {
                    text.set(event_target_value(&ev));
                    context.browser().keep_edit(id, &text.read_untracked());
                }
                on:keydown=on_key
            ></textarea>
            <p class="limit" id=limit.get_value() role="status">
                {move || too_long.get().then(|| too_much(text.read().len()))}
            </p>
            <p class="meta">{texts.versions.stays}</p>
            <div class="row">
                <button type="button" class="ghost" on:click=move |_| cancel()>{texts.common.cancel}</button>
                <button type="button" class="primary" disabled=move || blocked.get() on:click=move |_| send()>{texts.versions.send}</button>
            </div>
        </div>
    }
    .into_any()
}
