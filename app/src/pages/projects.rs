//! The page with all projects.

use holdfast_protocol::projects::{NewProject, Project, ProjectList};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    Route,
    calls::{get, read, tell},
    components::{
        coming::{Coming, Fetch, failed},
        mark::Brand,
        notes::Notes,
    },
    first_load::erased::{Each, When, memo},
    services::Verb,
    strings::{Localized, lazy, strings},
    ui::{context, state, ui},
};

/// The list, with a form that creates a project.
#[component]
pub(crate) fn Projects() -> impl IntoView {
    let (state, ui, context, strings, lazy) = (state(), ui(), context(), strings(), &lazy().projects);
    let list = RwSignal::new(Vec::<Project>::new());
    let fetch = RwSignal::new(Fetch::default());
    let name = RwSignal::new(String::new());
    let error = RwSignal::new(None::<Localized>);
    let is_somebody = memo(move || state.session.user.read().is_some());
    let load = move || {
        get(context, "projects", move |reply: Result<ProjectList, _>| match reply {
            Ok(reply) => {
                list.try_set(reply.projects);
                fetch.try_set(Fetch::Here);
            }
            Err(api_error) => failed(fetch, state, api_error),
        });
    };
    Effect::new(move |_| {
        if is_somebody.get() {
            load();
        }
    });
    let add = move |ev: SubmitEvent| {
        ev.prevent_default();
        let new = NewProject { name: name.get_untracked(), ..NewProject::default() };
        tell(context, Verb::Post, "projects", &new, move |reply| match reply.and_then(|text| read::<Project>(&text)) {
            Ok(project) => ui.go(Route::Project(project.id)),
            Err(api_error) => {
                error.try_set(Some(strings.localized(api_error)));
            }
        });
    };
    let is_empty = memo(move || !is_somebody.get() || (fetch.get() == Fetch::Here && list.read().is_empty()));
    view! {
        <main class="page search-page" id="main" tabindex="-1">
            <Brand/>
            <Notes/>
            <h1>{strings.places.projects}</h1>
            <p class="lead">{lazy.lead}</p>
            <form on:submit=add>
                <label for="new-project">{lazy.name}</label>
                <div class="actions start">
                    <input
                        class="field"
                        id="new-project"
                        type="text"
                        maxlength="100"
                        autocomplete="off"
                        required
                        prop:value=name
                        on:input=move |ev| name.set(event_target_value(&ev))
                    />
                    <button type="submit" class="primary">{lazy.create}</button>
                </div>
                <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
            </form>
            <When is=move || is_somebody.get()>
                <Coming fetch again=load/>
            </When>
            <When is=move || is_empty.get()>
                <p class="fine-print">{lazy.empty}</p>
            </When>
            <ul class="card" aria-label=strings.places.projects>
                <Each each=move || list.get() key=|it| (it.id, it.name.clone(), it.archived, it.conversations) let:it>
                    <li class="line">
                        <span class="grow">
                            <a dir="auto" href=state.path(Route::Project(it.id))>{it.name.clone()}</a>
                            <span class="detail">{(lazy.conversations)(it.conversations)}</span>
                        </span>
                        {it.archived.then(|| view! { <span class="badge">{lazy.archived}</span> })}
                    </li>
                </Each>
            </ul>
            <p class="actions start back">
                <a class="ghost" href=state.path(Route::New)>{strings.common.back}</a>
            </p>
        </main>
    }
    .into_any()
}
