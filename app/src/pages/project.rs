//! The page of a project: its conversations, and what it decides about their answers.

use holdfast_protocol::{
    ConversationId, ProjectId,
    api::{ConversationPage, ConversationPatch, ConversationSummary, NewConversation},
    projects::{Project as Info, ProjectPatch},
};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    Route,
    calls::{get, read, tell},
    components::{
        coming::{Coming, Fetch, failed},
        mark::Brand,
        notes::Notes,
        tuning::{Owner, SettingsForm},
    },
    first_load::erased::{Each, When, effect, memo},
    services::Verb,
    state::{AppState, Day, Undo},
    strings::{Localized, lazy, strings},
    ui::{AppContext, context, state, ui},
};

/// The project in the address.
#[component]
pub(crate) fn Project() -> impl IntoView {
    let (state, ui, strings) = (state(), ui(), strings());
    let id = memo(move || match ui.route.get() {
        Route::Project(id) => Some(id),
        _ => None,
    });
    // What belongs to one project and one user is rendered again for another.
    let whose = memo(move || id.get().zip(state.session.user.read().as_ref().map(|user| user.id)));
    view! {
        <main class="page search-page" id="main" tabindex="-1">
            <Brand/>
            <Notes/>
            {move || whose.get().map(|(id, _)| view! { <One id/> }.into_any())}
            <p class="actions start back">
                <a class="ghost" href=state.path(Route::Projects)>{strings.places.projects}</a>
            </p>
        </main>
    }
    .into_any()
}

/// A project.
#[component]
fn One(
    /// Its id.
    id: ProjectId,
) -> impl IntoView {
    let (state, context, strings) = (state(), context(), strings());
    let info = RwSignal::new(None::<Info>);
    let fetch = RwSignal::new(Fetch::default());
    let load = move || {
        get(context, &format!("projects/{id}"), move |reply: Result<Info, _>| match reply {
            Ok(project) => {
                context.browser().set_title(&crate::page_title(Some(&project.name)));
                info.try_set(Some(project));
                fetch.try_set(Fetch::Here);
            }
            Err(api_error) => failed(fetch, state, api_error),
        });
    };
    effect(load);
    let is_here = memo(move || info.read().is_some());
    view! {
        <h1 dir="auto">{move || info.read().as_ref().map_or_else(|| strings.places.projects.to_owned(), |it| it.name.clone())}</h1>
        <Coming fetch again=load/>
        <When is=move || is_here.get()>
            <Begin id/>
            <List id/>
            <h2>{lazy().projects.settings}</h2>
            <p class="lead">{lazy().projects.about_settings}</p>
            <Name id info/>
            <DefaultModel id info/>
            <SettingsForm owner=Owner::Project(id)/>
            <End id info/>
        </When>
    }
    .into_any()
}

/// The button that begins a conversation in the project.
#[component]
fn Begin(
    /// Id of the project.
    id: ProjectId,
) -> impl IntoView {
    let (state, ui, context) = (state(), ui(), context());
    let begin = move |_| {
        let new = NewConversation { project_id: Some(id), ..NewConversation::default() };
        tell(context, Verb::Post, "conversations", &new, move |reply| match reply.and_then(|text| read::<ConversationSummary>(&text)) {
            Ok(summary) => {
                let id = summary.id;
                state.put(summary);
                ui.go(Route::Conversation(id));
            }
            Err(api_error) => state.refused(api_error),
        });
    };
    view! {
        <p class="actions start">
            <button type="button" class="primary" on:click=begin>{strings().common.new_conversation}</button>
        </p>
    }
    .into_any()
}

/// The conversations of the project.
#[component]
fn List(
    /// Id of the project.
    id: ProjectId,
) -> impl IntoView {
    let (state, context, strings, lazy) = (state(), context(), strings(), &lazy().projects);
    let list = RwSignal::new(Vec::<ConversationSummary>::new());
    let next = RwSignal::new(None::<String>);
    let fetch = RwSignal::new(Fetch::default());
    let load = move |cursor: Option<String>| {
        let more = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        get(context, &format!("conversations?project_id={id}{more}"), move |reply: Result<ConversationPage, _>| match reply {
            Ok(page) => {
                list.try_update(|list| list.extend(page.conversations));
                next.try_set(page.next);
                fetch.try_set(Fetch::Here);
            }
            Err(api_error) => failed(fetch, state, api_error),
        });
    };
    effect(move || load(None));
    let take_out = move |conversation: ConversationId| {
        let patch = ConversationPatch { project_id: Some(None), ..ConversationPatch::default() };
        tell(context, Verb::Patch, &format!("conversations/{conversation}"), &patch, move |reply| match reply {
            Ok(_) => {
                list.try_update(|list| list.retain(|it| it.id != conversation));
            }
            Err(api_error) => state.refused(api_error),
        });
    };
    let is_empty = memo(move || fetch.get() == Fetch::Here && list.read().is_empty());
    view! {
        <h2>{strings.common.conversations}</h2>
        <Coming fetch again=move || load(None)/>
        <When is=move || is_empty.get()>
            <p class="fine-print">{lazy.nothing_in_it}</p>
        </When>
        <ul class="card" aria-label=strings.common.conversations>
            <Each each=move || list.get() key=|it| (it.id, it.title.clone(), it.updated_at) let:it>
                <li class="line">
                    <span class="grow">
                        <a dir="auto" href=state.path(Route::Conversation(it.id))>
                            {if it.title.is_empty() { strings.header.unnamed.to_owned() } else { it.title.clone() }}
                        </a>
                        <span class="detail">
                            {move || {
                                let clock = state.clock.get();
                                strings.day(Day::of(it.updated_at, clock.now, clock.offset))
                            }}
                        </span>
                    </span>
                    <button type="button" class="small" aria-label=(lazy.take_out_named)(&it.title) on:click=move |_| take_out(it.id)>
                        {lazy.take_out}
                    </button>
                </li>
            </Each>
        </ul>
        <When is=move || next.read().is_some()>
            <button type="button" class="ghost more" on:click=move |_| load(next.get_untracked())>{strings.common.show_older}</button>
        </When>
    }
    .into_any()
}

/// Changes a project, and shows the result.
fn change(
    id: ProjectId,
    patch: &ProjectPatch,
    info: RwSignal<Option<Info>>,
    error: RwSignal<Option<Localized>>,
    state: AppState,
    context: AppContext,
) {
    tell(context, Verb::Patch, &format!("projects/{id}"), patch, move |reply| match reply.and_then(|text| read::<Info>(&text)) {
        Ok(project) => {
            context.browser().set_title(&crate::page_title(Some(&project.name)));
            error.try_set(None);
            info.try_set(Some(project));
        }
        Err(api_error) => {
            error.try_set(Some(state.strings().localized(api_error)));
        }
    });
}

/// The form that renames the project.
#[component]
fn Name(
    /// Id of the project.
    id: ProjectId,
    /// The project.
    info: RwSignal<Option<Info>>,
) -> impl IntoView {
    let (strings, lazy) = (strings(), &lazy().projects);
    let (state, context) = (state(), context());
    let name = RwSignal::new(info.read_untracked().as_ref().map(|it| it.name.clone()).unwrap_or_default());
    let error = RwSignal::new(None::<Localized>);
    let rename = move |ev: SubmitEvent| {
        ev.prevent_default();
        let patch = ProjectPatch { name: Some(name.get_untracked()), ..ProjectPatch::default() };
        change(id, &patch, info, error, state, context);
    };
    view! {
        <form on:submit=rename>
            <label for="project-name">{lazy.name}</label>
            <div class="actions start">
                <input
                    class="field"
                    id="project-name"
                    type="text"
                    maxlength="100"
                    autocomplete="off"
                    required
                    prop:value=name
                    on:input=move |ev| name.set(event_target_value(&ev))
                />
                <button type="submit" class="ghost framed">{strings.header.rename}</button>
            </div>
            <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
        </form>
    }
    .into_any()
}

/// The choice of the model that answers in new conversations of the project.
#[component]
fn DefaultModel(
    /// Id of the project.
    id: ProjectId,
    /// The project.
    info: RwSignal<Option<Info>>,
) -> impl IntoView {
    let (state, context, lazy) = (state(), context(), &lazy().projects);
    let error = RwSignal::new(None::<Localized>);
    let chosen = memo(move || info.read().as_ref().and_then(|it| it.provider.clone().zip(it.model.clone())));
    let models = move || {
        let mut models: Vec<(String, String)> =
            state.session.models.read().iter().map(|it| (it.provider.clone(), it.model.clone())).collect();
        // A model that is not available now stays chosen.
        models.extend(chosen.get().filter(|chosen| !models.contains(chosen)));
        models
    };
    let choose = move |value: String| {
        let (provider, model) = value.split_once('\n').map(|(provider, model)| (provider.to_owned(), model.to_owned())).unzip();
        let patch = ProjectPatch { provider: Some(provider), model: Some(model), ..ProjectPatch::default() };
        change(id, &patch, info, error, state, context);
    };
    view! {
        <label for="project-model">{lazy.model}</label>
        <select class="field" id="project-model" on:change=move |ev| choose(event_target_value(&ev))>
            <option value="" selected=move || chosen.read().is_none()>{lazy.default_model}</option>
            {move || {
                models()
                    .into_iter()
                    .map(|(provider, model)| {
                        let is_chosen = chosen.get().is_some_and(|chosen| (&chosen.0, &chosen.1) == (&provider, &model));
                        let label = format!("{} · {model}", state.provider(&provider));
                        view! { <option value=format!("{provider}\n{model}") selected=is_chosen>{label}</option> }
                    })
                    .collect_view()
            }}
        </select>
        <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
    }
    .into_any()
}

/// Buttons that archive or delete the project.
#[component]
fn End(
    /// Id of the project.
    id: ProjectId,
    /// The project.
    info: RwSignal<Option<Info>>,
) -> impl IntoView {
    let (state, ui, context, strings, lazy) = (state(), ui(), context(), strings(), &lazy().projects);
    let error = RwSignal::new(None::<Localized>);
    let is_archived = memo(move || info.read().as_ref().is_some_and(|it| it.archived));
    let archive = move |_| {
        let patch = ProjectPatch { archived: Some(!is_archived.get_untracked()), ..ProjectPatch::default() };
        change(id, &patch, info, error, state, context);
    };
    let delete = move |_| {
        let name = info.read_untracked().as_ref().map(|it| it.name.clone()).unwrap_or_default();
        tell(context, Verb::Delete, &format!("projects/{id}"), &(), move |reply| match reply {
            Ok(_) => {
                ui.go(Route::Projects);
                state.notices.offer((state.strings().done.deleted)(&(state.strings().done.titled)(&name)), Some(Undo::RestoreProject(id)));
            }
            Err(api_error) => state.refused(api_error),
        });
    };
    view! {
        <h2>{lazy.end}</h2>
        <p class="lead">{lazy.about_end}</p>
        <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
        <p class="actions start">
            <button type="button" class="ghost framed" on:click=archive>
                {move || if is_archived.get() { strings.common.bring_back } else { strings.common.archive }}
            </button>
            <button type="button" class="ghost framed bad" on:click=delete>{strings.common.delete}</button>
        </p>
    }
    .into_any()
}
