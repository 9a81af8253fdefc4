//! The choice of a model.

use holdfast_protocol::api::Model;
use leptos::prelude::*;

use super::{
    dialogs::{Dialog, open},
    picker::{self, Line, Names, Picker, fits, plain},
};
use crate::{
    first_load::erased::{effect, memo},
    services::Choice,
    state::AppState,
    strings::strings,
    ui::{Choosing, Ui, context, state, ui},
};

/// Id of the dialog.
pub(super) const MODELS: &str = "models";

/// Returns the model that will answer: the user's choice, else the conversation's last model, else the default.
pub(super) fn chosen(state: AppState, ui: Ui) -> Option<Choice> {
    if let Some(choice) = ui.picked.get() {
        return Some(choice);
    }
    let before = ui.route.get().conversation().and_then(|id| state.list.item(id)).and_then(|item| {
        let summary = item.summary.read();
        summary.provider.clone().zip(summary.model.clone())
    });
    if let Some((provider, model)) = before {
        return Some(Choice { provider, model });
    }
    let models = state.session.models.read();
    let default = models.iter().find(|model| model.default)?;
    Some(Choice { provider: default.provider.clone(), model: default.model.clone() })
}

/// Returns the model to mark as current: for the next message the chosen model, for an answer the model that wrote it.
fn stands(state: AppState, ui: Ui, choosing: Choosing) -> Option<Choice> {
    let Choosing::Regenerate(id) = choosing else { return chosen(state, ui) };
    let messages = state.open.messages.read();
    let head = messages.iter().find(|message| message.id == id)?.head.read();
    let (provider, model) = head.provider.clone().zip(head.model.clone())?;
    Some(Choice { provider, model })
}

/// The button that shows the chosen model and opens the choice.
#[component]
pub(crate) fn ModelSelect() -> impl IntoView {
    let (state, ui, context) = (state(), ui(), context());
    let chosen = memo(move || chosen(state, ui));
    let strings = strings();
    let name = move || {
        let Some(choice) = chosen.get() else { return strings.models.dialog.to_owned() };
        // A model that answered here before stays chosen even if it is not available now.
        let away = if is_there(&state.session.models.read(), &choice) { String::new() } else { format!(" ({})", strings.models.away) };
        label(state, &choice) + &away
    };
    view! {
        <button type="button" class="model" aria-haspopup="dialog" on:pointerenter=move |_| state.open.request_conversation_bundle() on:click=move |_| open(Dialog::Models(Choosing::Next), state, ui, context)>
            <span class="sr-only">{strings.common.model} ": "</span>
            <span class="name">{name}</span>
        </button>
    }
    .into_any()
}

/// Returns whether a model is available: its provider exists, or the server finds one that has the model. The list need not contain it.
fn is_there(models: &[Model], choice: &Choice) -> bool {
    choice.provider.is_empty() || models.iter().any(|model| model.provider == choice.provider)
}

/// The dialog: a searchable list of models.
#[component]
pub(crate) fn Models() -> impl IntoView {
    let (state, ui, context, strings) = (state(), ui(), context(), strings());
    let query = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let options = memo(move || ui.choosing.get().map(|choosing| options(state, ui, choosing, &query.read())).unwrap_or_default());
    let lines = memo(move || options.read().iter().map(|offer| line(state, offer)).collect::<Vec<_>>());
    // The current model is selected at first.
    effect(move || {
        if ui.choosing.get().is_some() {
            let stands = options.read_untracked().iter().position(|option| option.stands).unwrap_or(0);
            at.set(stands);
            picker::show(MODELS, context, stands);
        }
    });
    let typed = move |text: String| {
        at.set(0);
        query.set(text);
    };
    let closed = move |()| {
        ui.choosing.set(None);
        query.set(String::new());
    };
    let take = move |index: usize| {
        let choice = options.read_untracked().get(index).map(|offer| offer.choice.clone());
        let (Some(choice), Some(choosing)) = (choice, ui.choosing.get_untracked()) else { return };
        picker::close(MODELS, context);
        match choosing {
            Choosing::Next => ui.picked.set(Some(choice)),
            Choosing::Regenerate(id) => {
                context.commands().regenerate(id, Some(choice), None);
                context.browser().to_end();
                context.browser().focus_to_write("message");
            }
        }
    };
    let summary = move || match options.read().len() {
        _ if ui.choosing.get().is_none() => String::new(),
        0 if state.session.models.read().is_empty() => strings.models.none.to_owned(),
        0 => strings.palette.nothing.to_owned(),
        n => (strings.models.count)(n),
    };
    view! {
        <Picker
            id=MODELS
            names=Names {
                dialog: strings.models.dialog,
                field: strings.models.field,
                list: strings.places.models,
                placeholder: strings.models.placeholder,
            }
            lines
            at
            summary=Signal::derive(summary)
            typed=Callback::new(typed)
            take=Callback::new(take)
            closed=Callback::new(closed)
        />
    }
}

/// An entry of the list.
#[derive(Clone, Debug, PartialEq)]
struct Offer {
    choice: Choice,
    /// Whether the model is available.
    there: bool,
    /// Whether it is the current model.
    stands: bool,
}

/// Returns the models that match the query, grouped by provider.
fn options(state: AppState, ui: Ui, choosing: Choosing, query: &str) -> Vec<Offer> {
    let stands = stands(state, ui, choosing);
    let models = state.session.models.read();
    // Models that can't chat are listed only if their name is typed.
    let there =
        models.iter().filter(|model| model.chats).map(|model| Choice { provider: model.provider.clone(), model: model.model.clone() });
    let mut model_access: Vec<Offer> =
        there.map(|choice| Offer { stands: stands.as_ref() == Some(&choice), choice, there: true }).collect();
    if let Some(choice) = stands.filter(|_| choosing == Choosing::Next && !model_access.iter().any(|offer| offer.stands)) {
        model_access.push(Offer { there: is_there(&models, &choice), choice, stands: true });
    }
    let mut providers: Vec<String> = Vec::new();
    for offer in &model_access {
        if !providers.contains(&offer.choice.provider) {
            providers.push(offer.choice.provider.clone());
        }
    }
    model_access.sort_by_key(|offer| providers.iter().position(|provider| *provider == offer.choice.provider));
    let lower = query.to_lowercase();
    model_access.retain(|offer| fits(&lower, &label(state, &offer.choice)));
    // A name that is not in the list can be chosen as it is.
    let typed = query.trim();
    if model_access.is_empty() && !typed.is_empty() {
        let choice = Choice { provider: String::new(), model: typed.to_owned() };
        model_access.push(Offer { choice, there: true, stands: false });
    }
    model_access
}

fn line(state: AppState, offer: &Offer) -> Line {
    let strings = state.strings();
    let Offer { choice, there, stands } = offer;
    let group = if choice.provider.is_empty() { strings.common.model.to_owned() } else { state.provider(&choice.provider) };
    Line {
        group,
        title: plain(choice.model.clone()),
        detail: if *there { Vec::new() } else { plain(strings.models.away) },
        current: *stands,
    }
}

fn label(state: AppState, choice: &Choice) -> String {
    if choice.provider.is_empty() {
        return choice.model.clone();
    }
    format!("{} · {}", state.provider(&choice.provider), choice.model)
}
