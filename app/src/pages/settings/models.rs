//! Who answers.

mod own_keys;

use leptos::{prelude::*, task::spawn_local};

use crate::{
    once::Each,
    ui::{ask, live},
    words::{Rest, rest, words},
};

/// What can be connected, and the setting that does it.
fn ways(rest: &Rest) -> [(&'static str, &'static str); 5] {
    [
        (rest.models.ollama, "OLLAMA_HOST=192.168.1.20:11434"),
        ("OpenAI", "OPENAI_API_KEY=sk-…"),
        (rest.models.compatible, "OPENAI_BASE_URL=https://host/v1/"),
        ("Anthropic", "ANTHROPIC_API_KEY=sk-ant-…"),
        ("Gemini", "GEMINI_API_KEY=…"),
    ]
}

/// The models.
#[component]
pub(super) fn Models() -> impl IntoView {
    let (live, ask, words, all) = (live(), ask(), words(), rest());
    let rest = &all.models;
    let busy = RwSignal::new(false);
    let refresh = move |_| {
        busy.set(true);
        let reply = ask.backend().models();
        spawn_local(async move {
            match reply.await {
                Ok(models) => live.models.set(models),
                Err(refusal) => live.refused(refusal),
            }
            busy.set(false);
        });
    };
    view! {
        <h1>{words.places.models}</h1>
        <p class="lead">{rest.lead}</p>
        <ul class="card">
            <Each each=move || live.models.get() key=|model| (model.provider.clone(), model.model.clone(), model.default) let:model>
                <li class="line">
                    <span>
                        <b>{model.model.clone()}</b>
                        <span class="t">{words.provider(&model.provider).to_owned()}</span>
                        {note(all, &model.provider, &model.model).map(|note| view! { <span class="t">{note}</span> })}
                    </span>
                    {model.default.then(|| view! { <span class="badge">{rest.default}</span> })}
                </li>
            </Each>
        </ul>
        <p class="ways start">
            <button type="button" class="ghost framed" disabled=move || busy.get() on:click=refresh>{rest.look_again}</button>
        </p>
        <own_keys::OwnKeys/>
        <h2>{rest.connect}</h2>
        <p class="lead">{rest.about_connect}</p>
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

/// What the built-in models are good for.
fn note(rest: &Rest, provider: &str, model: &str) -> Option<&'static str> {
    match (provider, model) {
        ("builtin", "quote") => Some(rest.models.quote),
        ("builtin", "echo") => Some(rest.models.echo),
        _ => None,
    }
}
