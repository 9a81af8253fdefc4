//! Who answers.

mod own_keys;

use leptos::{prelude::*, task::spawn_local};

use crate::{
    once::Each,
    ui::{ask, live, provider_name},
};

/// What can be connected, and the setting that does it.
const WAYS: [(&str, &str); 5] = [
    ("Ollama on another machine", "OLLAMA_HOST=192.168.1.20:11434"),
    ("OpenAI", "OPENAI_API_KEY=sk-…"),
    ("Anything that speaks OpenAI's API", "OPENAI_BASE_URL=https://host/v1/"),
    ("Anthropic", "ANTHROPIC_API_KEY=sk-ant-…"),
    ("Gemini", "GEMINI_API_KEY=…"),
];

/// The models.
#[component]
pub(super) fn Models() -> impl IntoView {
    let (live, ask) = (live(), ask());
    let busy = RwSignal::new(false);
    let refresh = move |_| {
        busy.set(true);
        let reply = ask.backend().models();
        spawn_local(async move {
            match reply.await {
                Ok(models) => live.models.set(models),
                Err(refusal) => live.notify(refusal.error),
            }
            busy.set(false);
        });
    };
    view! {
        <h1>"Models"</h1>
        <p class="lead">"These answer now. Which one does is chosen where you write, and remembered for each conversation."</p>
        <ul class="card">
            <Each each=move || live.models.get() key=|model| (model.provider.clone(), model.model.clone(), model.default) let:model>
                <li class="line">
                    <span>
                        <b>{model.model.clone()}</b>
                        <span class="t">{provider_name(&model.provider).to_owned()}</span>
                        {note(&model.provider, &model.model).map(|note| view! { <span class="t">{note}</span> })}
                    </span>
                    {model.default.then(|| view! { <span class="badge">"Default"</span> })}
                </li>
            </Each>
        </ul>
        <p class="ways start">
            <button type="button" class="ghost framed" disabled=move || busy.get() on:click=refresh>"Look again"</button>
        </p>
        <own_keys::OwnKeys/>
        <h2>"Connect another"</h2>
        <p class="lead">
            "Ollama, llama.cpp and LM Studio are found by themselves where they run on the same machine. Others are added by who runs the server, under Providers; or set one of these where Holdfast runs, and start it again."
        </p>
        <dl class="card">
            {WAYS
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
fn note(provider: &str, model: &str) -> Option<&'static str> {
    match (provider, model) {
        ("builtin", "quote") => Some("Quotes the passages of Holdfast's manual that fit. It is no language model."),
        ("builtin", "echo") => Some("Says back what it was told, word by word: for trying things out."),
        _ => None,
    }
}
