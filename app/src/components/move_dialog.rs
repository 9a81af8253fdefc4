//! Moving a conversation to a project.

use holdfast_protocol::{
    ProjectId,
    api::ConversationPatch,
    projects::{Project, ProjectList},
    settings::SettingsInfo,
};
use leptos::{ev::SubmitEvent, prelude::*};

use super::header::conversation;
use crate::{
    Route,
    calls::{get, tell},
    first_load::erased::{When, effect, memo},
    services::Verb,
    strings::{Localized, conversation_strings, strings},
    ui::{context, state, ui},
};

/// Id of the dialog.
const DIALOG: &str = "move";

/// The dialog: a list of the projects, with the conversation's own selected.
#[component]
pub(super) fn Move() -> impl IntoView {
    let (state, ui, context, strings, texts) = (state(), ui(), context(), strings(), conversation_strings());
    let conversation = conversation(state, ui);
    // `None` until they are loaded.
    let projects = RwSignal::new(None::<Vec<Project>>);
    let chosen = RwSignal::new(String::new());
    let error = RwSignal::new(None::<Localized>);
    effect(move || {
        let Some(id) = conversation.get_untracked().filter(|_| ui.moving.get()) else { return };
        context.browser().set_dialog(DIALOG, true);
        error.set(None);
        projects.set(None);
        get(context, &format!("conversations/{id}/settings"), move |reply: Result<SettingsInfo, _>| {
            let now = reply.ok().and_then(|info| info.project_id).map(|id| id.to_string()).unwrap_or_default();
            chosen.try_set(now);
            get(context, "projects", move |reply: Result<ProjectList, _>| match reply {
                Ok(list) => {
                    projects.try_set(Some(list.projects));
                }
                Err(api_error) => {
                    error.try_set(Some(strings.localized(api_error)));
                }
            });
        });
    });
    let close = move || context.browser().set_dialog(DIALOG, false);
    let save = move |ev: SubmitEvent| {
        ev.prevent_default();
        let Some(id) = conversation.get_untracked() else { return };
        let project: Option<ProjectId> = chosen.get_untracked().parse().ok();
        let patch = ConversationPatch { project_id: Some(project), ..ConversationPatch::default() };
        tell(context, Verb::Patch, &format!("conversations/{id}"), &patch, move |reply| match reply {
            Ok(_) => close(),
            Err(api_error) => {
                error.try_set(Some(strings.localized(api_error)));
            }
        });
    };
    let is_loading = memo(move || projects.read().is_none() && error.read().is_none());
    let has_some = memo(move || projects.read().as_ref().is_some_and(|projects| !projects.is_empty()));
    let has_none = memo(move || projects.read().as_ref().is_some_and(Vec::is_empty));
    view! {
        <dialog id=DIALOG aria-labelledby="move-heading" aria-busy=move || is_loading.get().to_string() on:close=move |_| ui.moving.set(false)>
            <form on:submit=save>
                <h2 id="move-heading">{texts.move_heading}</h2>
                <When is=move || has_none.get()>
                    <p>{texts.no_projects}</p>
                </When>
                <When is=move || has_some.get()>
                    <label for="move-project">{texts.project}</label>
                    <select class="field" id="move-project" on:change=move |ev| chosen.set(event_target_value(&ev))>
                        <option value="">{texts.no_project}</option>
                        {move || {
                            let projects = projects.get().unwrap_or_default();
                            projects
                                .into_iter()
                                .map(|project| {
                                    let id = project.id.to_string();
                                    let is_chosen = *chosen.read_untracked() == id;
                                    view! { <option value=id selected=is_chosen>{project.name}</option> }
                                })
                                .collect_view()
                        }}
                    </select>
                </When>
                <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
                <div class="actions">
                    <a class="ghost" href=state.path(Route::Projects)>{texts.to_projects}</a>
                    <button type="button" class="ghost" on:click=move |_| close()>{strings.common.cancel}</button>
                    <When is=move || has_some.get()>
                        <button type="submit" class="primary">{texts.move_here}</button>
                    </When>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}
