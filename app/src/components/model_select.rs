//! Who shall answer.

use holdfast_protocol::api::Model;
use leptos::prelude::*;

use super::{
    dialogs::{Dialog, open},
    picker::{self, Line, Names, Picker, fits, plain},
};
use crate::{
    live::Live,
    once::{effect, memo},
    services::Choice,
    ui::{Choosing, Ui, ask, live, ui},
    words::{Words, words},
};

/// The dialog in which it is chosen.
pub(super) const MODELS: &str = "models";

/// What is chosen, from what the person picked, what the conversation had before, and the default.
fn chosen(live: Live, ui: Ui) -> Option<Choice> {
    if let Some(choice) = ui.picked.get() {
        return Some(choice);
    }
    let before = ui.place.get().conversation().and_then(|id| live.item(id)).and_then(|item| {
        let summary = item.summary.read();
        summary.provider.clone().zip(summary.model.clone())
    });
    if let Some((provider, model)) = before {
        return Some(Choice { provider, model });
    }
    let models = live.models.read();
    let default = models.iter().find(|model| model.default)?;
    Some(Choice { provider: default.provider.clone(), model: default.model.clone() })
}

/// What stands: for what is written next, what is chosen; for an answer, what gave it.
fn stands(live: Live, ui: Ui, choosing: Choosing) -> Option<Choice> {
    let Choosing::Again(id) = choosing else { return chosen(live, ui) };
    let turns = live.turns.read();
    let head = turns.iter().find(|turn| turn.id == id)?.head.read();
    let (provider, model) = head.provider.clone().zip(head.model.clone())?;
    Some(Choice { provider, model })
}

/// What is chosen, and the way to choose.
#[component]
pub(crate) fn ModelSelect() -> impl IntoView {
    let (live, ui, ask) = (live(), ui(), ask());
    let chosen = memo(move || chosen(live, ui));
    let words = words();
    let name = move || {
        let Some(choice) = chosen.get() else { return words.models.dialog.to_owned() };
        // A model that answered here before and is away now is still what stands.
        let away = if is_there(&live.models.read(), &choice) { String::new() } else { format!(" ({})", words.models.away) };
        label(words, &choice) + &away
    };
    view! {
        <button type="button" class="model" aria-haspopup="dialog" on:pointerenter=move |_| live.ask_for_talk() on:click=move |_| open(Dialog::Models(Choosing::Next), live, ui, ask)>
            <span class="hidden">{words.common.model} ": "</span>
            <span class="name">{name}</span>
        </button>
    }
    .into_any()
}

/// Whether a choice may answer now: its provider is there, or the server finds one that has the model. It need not be listed.
fn is_there(models: &[Model], choice: &Choice) -> bool {
    choice.provider.is_empty() || models.iter().any(|model| model.provider == choice.provider)
}

/// The models there are, in which one finds by typing.
#[component]
pub(crate) fn Models() -> impl IntoView {
    let (live, ui, ask, words) = (live(), ui(), ask(), words());
    let query = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let options = memo(move || ui.choosing.get().map(|choosing| options(live, ui, choosing, &query.read())).unwrap_or_default());
    let lines = memo(move || options.read().iter().map(|offer| line(words, offer)).collect::<Vec<_>>());
    // It begins at what stands.
    effect(move || {
        if ui.choosing.get().is_some() {
            let stands = options.read_untracked().iter().position(|option| option.stands).unwrap_or(0);
            at.set(stands);
            picker::show(MODELS, ask, stands);
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
        picker::close(MODELS, ask);
        match choosing {
            Choosing::Next => ui.picked.set(Some(choice)),
            Choosing::Again(id) => {
                ask.commands().regenerate(id, Some(choice));
                ask.desk().to_end();
                ask.desk().focus_to_write("message");
            }
        }
    };
    let said = move || match options.read().len() {
        _ if ui.choosing.get().is_none() => String::new(),
        0 if live.models.read().is_empty() => words.models.none.to_owned(),
        0 => words.palette.nothing.to_owned(),
        n => (words.models.count)(n),
    };
    view! {
        <Picker
            id=MODELS
            names=Names {
                dialog: words.models.dialog,
                field: words.models.field,
                list: words.places.models,
                placeholder: words.models.placeholder,
            }
            lines
            at
            said=Signal::derive(said)
            typed=Callback::new(typed)
            take=Callback::new(take)
            closed=Callback::new(closed)
        />
    }
}

/// A model that can be chosen.
#[derive(Clone, Debug, PartialEq)]
struct Offer {
    choice: Choice,
    /// Whether it answers now.
    there: bool,
    /// Whether it is what stands.
    stands: bool,
}

/// What fits, each provider's together.
fn options(live: Live, ui: Ui, choosing: Choosing, query: &str) -> Vec<Offer> {
    let stands = stands(live, ui, choosing);
    let models = live.models.read();
    // Those that can't chat are found by typing their names alone.
    let there =
        models.iter().filter(|model| model.chats).map(|model| Choice { provider: model.provider.clone(), model: model.model.clone() });
    let mut offers: Vec<Offer> = there.map(|choice| Offer { stands: stands.as_ref() == Some(&choice), choice, there: true }).collect();
    if let Some(choice) = stands.filter(|_| choosing == Choosing::Next && !offers.iter().any(|offer| offer.stands)) {
        offers.push(Offer { there: is_there(&models, &choice), choice, stands: true });
    }
    let mut providers: Vec<String> = Vec::new();
    for offer in &offers {
        if !providers.contains(&offer.choice.provider) {
            providers.push(offer.choice.provider.clone());
        }
    }
    offers.sort_by_key(|offer| providers.iter().position(|provider| *provider == offer.choice.provider));
    let lower = query.to_lowercase();
    offers.retain(|offer| fits(&lower, &label(live.words(), &offer.choice)));
    // A name that none has is asked for as it is.
    let typed = query.trim();
    if offers.is_empty() && !typed.is_empty() {
        let choice = Choice { provider: String::new(), model: typed.to_owned() };
        offers.push(Offer { choice, there: true, stands: false });
    }
    offers
}

fn line(words: &Words, offer: &Offer) -> Line {
    let Offer { choice, there, stands } = offer;
    let group = if choice.provider.is_empty() { words.common.model } else { words.provider(&choice.provider) };
    Line {
        group: group.to_owned(),
        title: plain(choice.model.clone()),
        place: if *there { Vec::new() } else { plain(words.models.away) },
        current: *stands,
    }
}

fn label(words: &Words, choice: &Choice) -> String {
    if choice.provider.is_empty() {
        return choice.model.clone();
    }
    format!("{} · {}", words.provider(&choice.provider), choice.model)
}
