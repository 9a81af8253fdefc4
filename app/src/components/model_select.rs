//! Who shall answer.

use leptos::{html::Select, prelude::*};

use crate::{
    once::{Each, memo},
    services::Choice,
    ui::{live, ui},
    words::words,
};

/// What is chosen, from what the person picked, what the conversation had before, and the default.
pub(crate) fn chosen(picked: RwSignal<Option<Choice>>) -> Memo<Option<Choice>> {
    let (live, ui) = (live(), ui());
    memo(move || {
        if let Some(choice) = picked.get() {
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
        let default = models.iter().find(|model| model.default).or(models.first())?;
        Some(Choice { provider: default.provider.clone(), model: default.model.clone() })
    })
}

/// The choice of a model.
#[component]
pub(crate) fn ModelSelect(
    /// What the person picked.
    picked: RwSignal<Option<Choice>>,
    /// What stands.
    chosen: Memo<Option<Choice>>,
) -> impl IntoView {
    let live = live();
    let options = memo(move || {
        let mut options: Vec<(Choice, bool)> = Vec::new();
        for model in live.models.read().iter() {
            options.push((Choice { provider: model.provider.clone(), model: model.model.clone() }, true));
        }
        // A model that answered here before and is away now is still what stands.
        if let Some(choice) = chosen.get().filter(|choice| !options.iter().any(|(option, _)| option == choice)) {
            options.push((choice, false));
        }
        options
    });
    let pick = move |ev| {
        let value = event_target_value(&ev);
        let options = options.read_untracked();
        picked.set(options.iter().map(|(choice, _)| choice).find(|choice| key(choice) == value).cloned());
    };
    let select: NodeRef<Select> = NodeRef::new();
    Effect::new(move |before: Option<()>| {
        let stands = chosen.get().as_ref().map(key).unwrap_or_default();
        let options = options.read();
        let Some(select) = select.get() else { return };
        // What was chosen before the page could hear it counts.
        let early = options.iter().map(|(choice, _)| choice).find(|choice| before.is_none() && key(choice) == select.value());
        match early {
            Some(choice) if key(choice) != stands => picked.set(Some(choice.clone())),
            _ => select.set_value(&stands),
        }
    });
    view! {
        <label class="select">
            <span class="hidden">{live.words().common.model}</span>
            <select on:change=pick node_ref=select autocomplete="off">
                <Each each=move || options.get() key=|(choice, there)| (key(choice), *there) let:option>
                    <option
                        value=key(&option.0)
                        selected={
                            let choice = option.0.clone();
                            move || chosen.read().as_ref() == Some(&choice)
                        }
                    >
                        {label(&option.0, option.1)}
                    </option>
                </Each>
            </select>
        </label>
    }
    .into_any()
}

fn key(choice: &Choice) -> String {
    format!("{}:{}", choice.provider, choice.model)
}

pub(crate) fn label(choice: &Choice, there: bool) -> String {
    let words = words();
    let away = if there { "" } else { words.composer.not_there };
    format!("{} · {}{away}", words.provider(&choice.provider), choice.model)
}
