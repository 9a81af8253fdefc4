//! The fields of the form.

use holdfast_protocol::settings::{
    Effort, HOTTEST, LEAST_CONTEXT_TOKENS, LONGEST_INSTRUCTIONS, MOST_CONTEXT_TOKENS, MOST_OUTPUT_TOKENS, SettingsInfo,
};
use leptos::prelude::*;
use serde_json::Value;

use super::{Form, chosen, tuning_strings};
use crate::first_load::erased::{When, effect, memo};

/// A setting that is a number.
#[derive(Clone, Copy)]
struct NumberSetting {
    name: &'static str,
    label: &'static str,
    least: f64,
    most: f64,
    /// Whether it has no fraction.
    whole: bool,
    value: fn(&SettingsInfo) -> Option<f64>,
}

/// All fields.
#[component]
pub(super) fn Fields(
    /// The form.
    form: Form,
) -> impl IntoView {
    let texts = tuning_strings();
    let longest = NumberSetting {
        name: "max_output_tokens",
        label: texts.longest,
        least: 1.0,
        most: MOST_OUTPUT_TOKENS.into(),
        whole: true,
        value: |info| info.effective.max_output_tokens.map(f64::from),
    };
    let window = NumberSetting {
        name: "context_tokens",
        label: texts.window,
        least: LEAST_CONTEXT_TOKENS.into(),
        most: MOST_CONTEXT_TOKENS.into(),
        whole: true,
        value: |info| info.effective.context_tokens.map(f64::from),
    };
    let top_p =
        NumberSetting { name: "top_p", label: texts.top_p, least: 0.0, most: 1.0, whole: false, value: |info| info.effective.top_p };
    let seed = NumberSetting {
        name: "seed",
        label: texts.seed,
        least: 0.0,
        most: u32::MAX.into(),
        whole: true,
        value: |info| info.effective.seed.map(f64::from),
    };
    let allows = move || {
        let most = form.info.read().as_ref().and_then(|info| info.context_tokens);
        most.map(|most| (texts.model_allows)(most))
    };
    view! {
        <Instructions form/>
        <Temperature form/>
        <Number form setting=longest/>
        <Thinking form/>
        <Number form setting=window/>
        <p class="meta">{allows}</p>
        <details>
            <summary>{texts.more}</summary>
            <Number form setting=top_p/>
            <Number form setting=seed/>
            <Stop form/>
        </details>
    }
    .into_any()
}

/// Returns whether the model accepts a setting, as far as is known.
fn is_ignored(form: Form, name: &'static str) -> Memo<bool> {
    memo(move || form.info.read().as_ref().is_some_and(|info| info.ignored.iter().any(|ignored| ignored == name)))
}

/// Says where a value comes from, with a button that takes back an own one; or that the model does not accept it.
#[component]
fn Origin(
    /// The form.
    form: Form,
    /// Name of the setting.
    name: &'static str,
    /// Id of its field.
    id: &'static str,
) -> impl IntoView {
    let texts = tuning_strings();
    let level = memo(move || form.info.read().as_ref().and_then(|info| info.from.get(name).copied()));
    let ignored = is_ignored(form, name);
    let is_own = memo(move || level.get() == Some(form.level()));
    let is_inherited = memo(move || level.get().is_some_and(|level| level != form.level()));
    let from = move || {
        let info = form.info.read();
        let project = info.as_ref().and_then(|info| info.project.clone()).unwrap_or_default();
        level.get().map(|level| (texts.from)(level, &project))
    };
    let why = move || {
        let model = chosen(form.state, form.ui).map(|choice| choice.model).unwrap_or_default();
        ignored.get().then(|| (texts.ignored)(&model))
    };
    view! {
        <p class="meta origin" id=format!("{id}-origin")>
            {why}
            <When is=move || is_inherited.get()>
                {from} " · "
                <button type="button" class="link" on:click=move |_| form.context.browser().focus(id)>{texts.change_here}</button>
            </When>
            <When is=move || is_own.get()>
                <button type="button" class="link" on:click=move |_| form.save(name, Value::Null)>{texts.reset}</button>
            </When>
        </p>
    }
    .into_any()
}

/// Instructions for the model.
#[component]
fn Instructions(
    /// The form.
    form: Form,
) -> impl IntoView {
    let texts = tuning_strings();
    let text = RwSignal::new(String::new());
    effect(move || {
        let known = form.info.read().as_ref().and_then(|info| info.effective.instructions.clone()).unwrap_or_default();
        if form.pending.with_value(Option::is_none) {
            text.set(known);
        }
    });
    let ignored = is_ignored(form, "instructions");
    view! {
        <label for="tune-instructions">{texts.instructions}</label>
        <textarea
            class="field"
            id="tune-instructions"
            rows="5"
            dir="auto"
            maxlength=LONGEST_INSTRUCTIONS.to_string()
            placeholder=texts.instructions_hint
            aria-describedby="tune-instructions-origin"
            disabled=move || ignored.get()
            prop:value=move || text.get()
            on:input=move |ev| form.later("instructions", event_target_value(&ev).into())
            on:change=move |_| form.flush()
        ></textarea>
        <Origin form name="instructions" id="tune-instructions"/>
    }
    .into_any()
}

/// The temperature, as a slider.
#[component]
fn Temperature(
    /// The form.
    form: Form,
) -> impl IntoView {
    let texts = tuning_strings();
    let known = memo(move || form.info.read().as_ref().and_then(|info| info.effective.temperature));
    let shown = RwSignal::new(None);
    effect(move || {
        let known = known.get();
        if form.pending.with_value(Option::is_none) {
            shown.set(known);
        }
    });
    let value = move || shown.get().map_or_else(|| texts.as_model.to_owned(), |value: f64| value.to_string());
    let ignored = is_ignored(form, "temperature");
    view! {
        <label for="tune-temperature">{texts.temperature} " · " {value}</label>
        <input
            type="range"
            id="tune-temperature"
            min="0"
            max=HOTTEST.to_string()
            step="0.1"
            aria-valuetext=value
            aria-describedby="tune-temperature-origin"
            disabled=move || ignored.get()
            prop:value=move || shown.get().unwrap_or(1.0).to_string()
            on:input=move |ev| {
                if let Ok(value) = event_target_value(&ev).parse::<f64>() {
                    shown.set(Some(value));
                    form.later("temperature", value.into());
                }
            }
            on:change=move |_| form.flush()
        />
        <Origin form name="temperature" id="tune-temperature"/>
    }
    .into_any()
}

/// A number.
#[component]
fn Number(
    /// The form.
    form: Form,
    /// The setting.
    setting: NumberSetting,
) -> impl IntoView {
    let texts = tuning_strings();
    let NumberSetting { name, label, least, most, whole, value } = setting;
    let id = match name {
        "max_output_tokens" => "tune-longest",
        "context_tokens" => "tune-window",
        "top_p" => "tune-top-p",
        _ => "tune-seed",
    };
    let shown = RwSignal::new(String::new());
    effect(move || {
        let known = form.info.read().as_ref().and_then(value).map(|value| value.to_string()).unwrap_or_default();
        if form.pending.with_value(Option::is_none) {
            shown.set(known);
        }
    });
    let ignored = is_ignored(form, name);
    let typed = move |text: String| match text.trim() {
        "" => form.later(name, Value::Null),
        // What is no number is sent as it is: the server says what is wrong.
        text => form.later(name, text.parse::<f64>().map_or_else(|_| text.into(), |number| number_value(number, whole))),
    };
    view! {
        <label for=id>{label}</label>
        <input
            class="field"
            type="number"
            id=id
            min=least.to_string()
            max=most.to_string()
            step=if whole { "1" } else { "0.05" }
            autocomplete="off"
            placeholder=texts.as_model
            aria-describedby=format!("{id}-origin")
            disabled=move || ignored.get()
            prop:value=move || shown.get()
            on:input=move |ev| typed(event_target_value(&ev))
            on:change=move |_| form.flush()
        />
        <Origin form name id/>
    }
    .into_any()
}

/// Returns a number as JSON; whole numbers without a fraction.
fn number_value(number: f64, whole: bool) -> Value {
    if whole && number >= 0.0 && number.fract() == 0.0 { (number as u64).into() } else { number.into() }
}

/// How much the model reasons.
#[component]
fn Thinking(
    /// The form.
    form: Form,
) -> impl IntoView {
    let texts = tuning_strings();
    let known = memo(move || form.info.read().as_ref().and_then(|info| info.effective.reasoning_effort));
    let ignored = is_ignored(form, "reasoning_effort");
    let choices = [(Effort::Off, "off"), (Effort::Low, "low"), (Effort::Medium, "medium"), (Effort::High, "high")];
    view! {
        <fieldset class="choices" id="tune-thinking" tabindex="-1" disabled=move || ignored.get() aria-describedby="tune-thinking-origin">
            <legend>{texts.thinking}</legend>
            {choices
                .map(|(effort, value)| {
                    view! {
                        <label>
                            <input
                                class="choice"
                                type="radio"
                                name="thinking"
                                value=value
                                prop:checked=move || known.get() == Some(effort)
                                on:change=move |_| form.save("reasoning_effort", value.into())
                            />
                            <span>{(texts.effort)(effort)}</span>
                        </label>
                    }
                })
                .collect_view()}
        </fieldset>
        <Origin form name="reasoning_effort" id="tune-thinking"/>
    }
    .into_any()
}

/// Texts that end an answer, one a line.
#[component]
fn Stop(
    /// The form.
    form: Form,
) -> impl IntoView {
    let texts = tuning_strings();
    let text = RwSignal::new(String::new());
    effect(move || {
        let known = form.info.read().as_ref().and_then(|info| info.effective.stop.clone()).unwrap_or_default().join("\n");
        if form.pending.with_value(Option::is_none) {
            text.set(known);
        }
    });
    let ignored = is_ignored(form, "stop");
    let typed = move |text: String| {
        let lines: Vec<Value> = text.lines().filter(|line| !line.is_empty()).map(Value::from).collect();
        form.later("stop", if lines.is_empty() { Value::Null } else { lines.into() });
    };
    view! {
        <label for="tune-stop">{texts.stop}</label>
        <textarea
            class="field"
            id="tune-stop"
            rows="2"
            aria-describedby="tune-stop-origin"
            disabled=move || ignored.get()
            prop:value=move || text.get()
            on:input=move |ev| typed(event_target_value(&ev))
            on:change=move |_| form.flush()
        ></textarea>
        <Origin form name="stop" id="tune-stop"/>
    }
    .into_any()
}
