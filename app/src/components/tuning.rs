//! Settings of answers: the form for them, and the sheet beside a conversation.

mod fields;

use std::time::Duration;

use holdfast_protocol::{
    ApiError, ConversationId, ProjectId,
    settings::{Level, RawSettings, Settings, SettingsInfo, resolve},
    usage::UsageSum,
};
use leptos::{ev::KeyboardEvent, leptos_dom::helpers::TimeoutHandle, prelude::*};
use leptos_router::location::Url;
use serde::Deserialize;
use serde_json::{Map, Value};

use self::fields::Fields;
use super::model_select::chosen;
use crate::{
    calls::{get, tell},
    first_load::erased::{When, effect, memo},
    services::Verb,
    state::AppState,
    strings::{Localized, Tuning, lazy},
    ui::{AppContext, Ui, context, state, ui},
};

/// Time without typing after which a value is saved.
const PAUSE: Duration = Duration::from_millis(600);

/// Returns the texts of the form. Only the form may call this.
fn tuning_strings() -> &'static Tuning {
    state().site.language.tuning()
}

/// Whose settings a form shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The conversation that is open, or the one that the next message creates.
    Conversation,
    /// A project.
    Project(ProjectId),
    /// The user.
    User,
    /// The server.
    Server,
}

/// Where values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In this conversation.
    Conversation(ConversationId),
    /// In the browser, until a message creates the conversation.
    Draft,
    /// In this project.
    Project(ProjectId),
    User,
    Server,
}

/// Whether the last change is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
enum SaveState {
    Unchanged,
    Saving,
    Done,
    Failed(Localized),
}

/// A value that was typed and is not saved yet.
struct Pending {
    place: Place,
    name: &'static str,
    value: Value,
    timer: Option<TimeoutHandle>,
}

/// The state of a form. `Copy`, because closures capture it.
#[derive(Clone, Copy)]
struct Form {
    owner: Owner,
    state: AppState,
    ui: Ui,
    context: AppContext,
    /// `None` until it is loaded.
    info: RwSignal<Option<SettingsInfo>>,
    problem: RwSignal<Option<Localized>>,
    saved: RwSignal<SaveState>,
    pending: StoredValue<Option<Pending>>,
}

impl Form {
    fn new(owner: Owner) -> Self {
        let (state, ui, context) = (state(), ui(), context());
        let (info, problem, saved) = (RwSignal::new(None), RwSignal::new(None), RwSignal::new(SaveState::Unchanged));
        Self { owner, state, ui, context, info, problem, saved, pending: StoredValue::new(None) }
    }

    fn place(self) -> Place {
        match (self.owner, self.ui.route.get_untracked().conversation()) {
            (Owner::Project(id), _) => Place::Project(id),
            (Owner::User, _) => Place::User,
            (Owner::Server, _) => Place::Server,
            (Owner::Conversation, Some(id)) => Place::Conversation(id),
            (Owner::Conversation, None) => Place::Draft,
        }
    }

    /// Returns the level at which the form stores values.
    fn level(self) -> Level {
        match self.owner {
            Owner::Conversation => Level::Conversation,
            Owner::Project(_) => Level::Project,
            Owner::User => Level::User,
            Owner::Server => Level::Server,
        }
    }

    /// Loads the settings. Nothing that is being typed is overwritten, because fields take values only while nothing is pending.
    fn load(self) {
        let place = self.place();
        if let Place::Conversation(id) = place
            && untrack(|| self.state.list.item(id)).is_none()
        {
            // The message that creates it is not accepted yet. The values that are shown go with it.
            return;
        }
        let model = match self.owner {
            Owner::Conversation => untrack(|| chosen(self.state, self.ui)),
            Owner::Project(_) | Owner::User | Owner::Server => None,
        };
        let query = model.map(|it| format!("?provider={}&model={}", Url::escape(&it.provider), Url::escape(&it.model))).unwrap_or_default();
        let path = match place {
            Place::Conversation(id) => format!("conversations/{id}/settings{query}"),
            Place::Draft | Place::User => format!("settings{query}"),
            // What applies to a new conversation of the project.
            Place::Project(id) => format!("settings?project_id={id}"),
            Place::Server => "admin/settings".to_owned(),
        };
        if place == Place::Draft && self.state.session.user.read_untracked().is_none() {
            self.show(SettingsInfo::default(), place);
            return;
        }
        get(self.context, &path, move |reply: Result<SettingsInfo, ApiError>| match reply {
            Ok(info) if self.place() == place => self.show(info, place),
            Ok(_) => {}
            Err(api_error) => {
                self.problem.try_set(Some(self.state.strings().localized(api_error)));
            }
        });
    }

    fn show(self, mut info: SettingsInfo, place: Place) {
        if place == Place::Draft {
            let draft = self.draft();
            for name in draft.names() {
                info.from.insert(name.to_owned(), Level::Conversation);
            }
            info.effective = resolve([(Level::Conversation, &draft), (Level::User, &info.effective)]).settings;
            info.own = draft;
        }
        self.problem.try_set(None);
        self.info.try_set(Some(info));
    }

    /// Returns the settings of the conversation that the next message creates.
    fn draft(self) -> Settings {
        let raw = self.ui.fresh_settings.get_untracked().and_then(RawSettings::new);
        raw.and_then(|raw| raw.read().ok()).unwrap_or_default()
    }

    /// Saves a value after a pause in typing.
    fn later(self, name: &'static str, value: Value) {
        let place = self.place();
        let goes_on = self.pending.with_value(|pending| pending.as_ref().is_some_and(|it| it.name == name && it.place == place));
        if !goes_on {
            self.flush();
        }
        self.cancel();
        let timer = set_timeout_with_handle(move || self.flush(), PAUSE).ok();
        self.pending.set_value(Some(Pending { place, name, value, timer }));
        self.saved.set(SaveState::Saving);
    }

    fn cancel(self) {
        if let Some(timer) = self.pending.try_update_value(|pending| pending.as_mut().and_then(|it| it.timer.take())).flatten() {
            timer.clear();
        }
    }

    /// Saves what was typed at once.
    fn flush(self) {
        self.cancel();
        if let Some(Pending { place, name, value, .. }) = self.pending.try_update_value(Option::take).flatten() {
            self.save_at(place, name, value);
        }
    }

    /// Saves a value at once; `Value::Null` takes it back.
    fn save(self, name: &'static str, value: Value) {
        self.flush();
        self.save_at(self.place(), name, value);
    }

    fn save_at(self, place: Place, name: &'static str, value: Value) {
        let settings = Value::Object(Map::from_iter([(name.to_owned(), value)]));
        self.saved.try_set(SaveState::Saving);
        let (path, body) = match place {
            Place::Draft => {
                let patch = RawSettings::new(settings.to_string());
                let done = patch.map_or_else(|| Ok(self.draft()), |patch| self.draft().patched(&patch));
                return self.done(done.map(|settings| self.ui.fresh_settings.set(serde_json::to_string(&settings).ok())));
            }
            Place::Conversation(id) => (format!("conversations/{id}"), Value::Object(Map::from_iter([("settings".to_owned(), settings)]))),
            Place::Project(id) => (format!("projects/{id}"), Value::Object(Map::from_iter([("settings".to_owned(), settings)]))),
            Place::User => ("settings".to_owned(), settings),
            Place::Server => ("admin/settings".to_owned(), settings),
        };
        tell(self.context, Verb::Patch, &path, &body, move |reply| self.done(reply.map(|_| ())));
    }

    fn done(self, result: Result<(), ApiError>) {
        match result {
            Ok(()) => {
                let is_typing = self.pending.try_with_value(Option::is_some).unwrap_or(true);
                if !is_typing {
                    self.saved.try_set(SaveState::Done);
                    self.load();
                }
            }
            Err(api_error) => {
                self.saved.try_set(SaveState::Failed(self.state.strings().localized(api_error)));
            }
        }
    }
}

/// The form.
#[component]
pub(crate) fn SettingsForm(
    /// Whose settings it shows.
    owner: Owner,
) -> impl IntoView {
    let form = Form::new(owner);
    let texts = tuning_strings();
    effect(move || {
        if owner == Owner::Conversation {
            // Another conversation or model has other settings.
            if let Some(id) = form.ui.route.get().conversation() {
                _ = form.state.list.item(id);
            }
            _ = chosen(form.state, form.ui);
        }
        form.state.session.user.track();
        form.flush();
        form.load();
    });
    on_cleanup(move || form.flush());
    let loaded = memo(move || form.info.read().is_some());
    view! {
        <div class="tuning-form" aria-busy=move || (!loaded.get()).to_string()>
            <p class="error" role="alert">
                {move || form.problem.get().map(Localized::view)}
                {move || {
                    form.problem
                        .read()
                        .is_some()
                        .then(|| view! { <button type="button" class="link" on:click=move |_| form.load()>{form.state.strings().common.try_again}</button> })
                }}
            </p>
            <When is=move || loaded.get()>
                <Fields form/>
            </When>
            <p class="meta" role="status">
                {move || match form.saved.get() {
                    SaveState::Unchanged => ().into_any(),
                    SaveState::Saving => texts.saving.into_any(),
                    SaveState::Done => texts.saved.into_any(),
                    SaveState::Failed(why) => view! { <span class="error">{texts.not_saved} " " {why.view()}</span> }.into_any(),
                }}
            </p>
        </div>
    }
    .into_any()
}

/// The form for defaults, with its heading.
#[component]
pub(crate) fn Defaults(
    /// Whose defaults they are.
    owner: Owner,
) -> impl IntoView {
    let texts = tuning_strings();
    let (heading, lead) = match owner {
        Owner::Server => (texts.server_heading, texts.server_lead),
        Owner::User | Owner::Conversation | Owner::Project(_) => (texts.own_heading, texts.own_lead),
    };
    view! {
        <h2>{heading}</h2>
        <p class="lead">{lead}</p>
        <SettingsForm owner/>
    }
    .into_any()
}

/// The sheet beside a conversation.
#[component]
pub(crate) fn Sheet() -> impl IntoView {
    let (ui, context) = (ui(), context());
    let texts = tuning_strings();
    let close = move || {
        ui.tuning.set(false);
        context.browser().focus_back("tune");
    };
    request_animation_frame(move || context.browser().focus("tuning"));
    view! {
        <aside
            class="panel tuning"
            id="tuning"
            tabindex="-1"
            aria-label=texts.heading
            on:keydown=move |ev: KeyboardEvent| {
                if ev.key() == "Escape" {
                    close();
                }
            }
        >
            <h2>
                {texts.heading}
                <button type="button" class="ghost icon" aria-label=texts.close on:click=move |_| close()>
                    <svg viewBox="0 0 20 20" aria-hidden="true">
                        <path d="M5.500 5.500l9 9M14.500 5.500l-9 9"></path>
                    </svg>
                </button>
            </h2>
            <When is=move || ui.route.get().conversation().is_none()>
                <p class="meta">{texts.of_new}</p>
            </When>
            <Spent/>
            <SettingsForm owner=Owner::Conversation/>
        </aside>
    }
    .into_any()
}

/// What the reply about a conversation says of all its answers.
#[derive(Deserialize)]
struct SpentReply {
    total: UsageSum,
}

/// What the answers of the conversation used together.
#[component]
fn Spent() -> impl IntoView {
    let (ui, context, state) = (ui(), context(), state());
    let texts = &lazy().usage;
    let told = RwSignal::new(String::new());
    effect(move || {
        // Each answer uses more.
        state.open.messages.track();
        let Some(id) = ui.route.get().conversation() else { return told.set(String::new()) };
        get(context, &format!("conversations/{id}/usage"), move |reply: Result<SpentReply, ApiError>| {
            let Ok(SpentReply { total }) = reply else { return };
            if total.answers == 0 {
                return;
            }
            let about = |text: String| if total.estimated > 0 { (texts.about)(&text) } else { text };
            let tokens = (texts.tokens)(&texts.numbers.whole(total.input_tokens.saturating_add(total.output_tokens)));
            let costs = total.costs.iter().map(|cost| about(texts.numbers.money(*cost)));
            let parts: Vec<String> = [about(tokens)].into_iter().chain(costs).collect();
            told.try_set((texts.of_conversation)(&parts.join(", ")));
        });
    });
    view! { <p class="meta spent">{move || told.get()}</p> }.into_any()
}
