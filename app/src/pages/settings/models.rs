//! The available models.

mod own_keys;

use leptos::{prelude::*, task::spawn_local};

use crate::{
    components::tuning::{Defaults, Owner},
    first_load::erased::{Each, When},
    strings::{LazyStrings, lazy, strings},
    ui::{context, state},
};

/// Returns the providers that can be connected, each with its setting.
fn ways(lazy: &LazyStrings) -> [(&'static str, &'static str); 5] {
    [
        (lazy.models.ollama, "OLLAMA_HOST=192.168.1.20:11434"),
        ("OpenAI", "OPENAI_API_KEY=sk-…"),
        (lazy.models.compatible, "OPENAI_BASE_URL=https://host/v1/"),
        ("Anthropic", "ANTHROPIC_API_KEY=sk-ant-…"),
        ("Gemini", "GEMINI_API_KEY=…"),
    ]
}

/// The section.
#[component]
pub(super) fn Models() -> impl IntoView {
    let (state, context, strings, all) = (state(), context(), strings(), lazy());
    let lazy = &all.models;
    let busy = RwSignal::new(false);
    let refresh = move |_| {
        busy.set(true);
        let reply = context.backend().models();
        spawn_local(async move {
            match reply.await {
                Ok(models) => state.session.models.set(models),
                Err(api_error) => state.refused(api_error),
            }
            busy.set(false);
        });
    };
    view! {
        <h1>{strings.places.models}</h1>
        <p class="lead">{lazy.lead}</p>
        <ul class="card">
            <Each each=move || state.session.models.get() key=|model| (model.provider.clone(), model.model.clone(), model.default) let:model>
                <li class="line">
                    <span>
                        <b>{model.model.clone()}</b>
                        <span class="detail">{state.provider(&model.provider)}</span>
                        {note(all, &model.provider, &model.model).map(|note| view! { <span class="detail">{note}</span> })}
                    </span>
                    {model.default.then(|| view! { <span class="badge">{lazy.default}</span> })}
                </li>
            </Each>
        </ul>
        <p class="actions start">
            <button type="button" class="ghost framed" disabled=move || busy.get() on:click=refresh>{lazy.look_again}</button>
        </p>
        <own_keys::OwnKeys/>
        <When is=move || state.session.user.read().is_some()>
            <Defaults owner=Owner::User/>
        </When>
        <h2>{lazy.connect}</h2>
        <p class="lead">{lazy.about_connect}</p>
        <dl class="card">
            {ways(all)
                .map(|(name, how)| {
                    view! {
                        <div class="line">
                            <dt>{name}</dt>
                            <dd>
                                <code>{how}</code>
                            </dd>
                        </div>
                    }
                })
                .collect_view()}
        </dl>
    }
    .into_any()
}

/// Returns a note about a built-in model, or `None` for other models.
fn note(lazy: &LazyStrings, provider: &str, model: &str) -> Option<&'static str> {
    match (provider, model) {
        ("builtin", "quote") => Some(lazy.models.quote),
        ("builtin", "echo") => Some(lazy.models.echo),
        _ => None,
    }
}
