//! What the user used in a month, and for administrators what all users did, with their budgets.

mod budgets;
mod users;

use holdfast_protocol::{
    ApiError,
    usage::{BudgetUse, ModelUsage, MonthUsage, UsageSum},
};
use leptos::prelude::*;

use crate::{
    amounts::NumberFormat,
    calls::get,
    components::coming::{Coming, Fetch, failed},
    first_load::erased::{When, effect, memo},
    strings::{lazy, strings},
    ui::{context, state},
};

/// The section.
#[component]
pub(super) fn Usage() -> impl IntoView {
    let (context, state, texts) = (context(), state(), &lazy().usage);
    // Empty for the current month.
    let month = RwSignal::new(String::new());
    let fetch = RwSignal::new(Fetch::default());
    let usage = RwSignal::new(None::<MonthUsage>);
    let load = move || {
        let asked = month.get_untracked();
        get(context, &with_month("usage", &asked), move |reply: Result<MonthUsage, ApiError>| match reply {
            Ok(found) if month.try_get_untracked().as_ref() == Some(&asked) => {
                usage.try_set(Some(found));
                fetch.try_set(Fetch::Here);
            }
            Ok(_) => {}
            Err(api_error) => failed(fetch, state, api_error),
        });
    };
    effect(move || {
        month.track();
        load();
    });
    let shown = memo(move || usage.read().as_ref().map(|usage| usage.month.clone()).unwrap_or_default());
    view! {
        <h1>{strings().places.usage}</h1>
        <p class="lead">{texts.lead}</p>
        <p class="inline-field">
            <label for="usage-month">{texts.month}</label>
            <input
                type="month"
                class="field"
                id="usage-month"
                min="1970-01"
                max="9999-12"
                prop:value=move || shown.get()
                on:change=move |ev| month.set(event_target_value(&ev))
            />
        </p>
        <Coming fetch again=load/>
        {move || {
            usage
                .get()
                .map(|usage| {
                    let rows: Vec<_> = usage.models.iter().map(|model| Row { user: None, model: model.clone() }).collect();
                    view! {
                        {usage.budget.map(|budget| view! { <BudgetLine budget/> })}
                        <UsageTable label=texts.own_table rows total=usage.total/>
                    }
                        .into_any()
                })
        }}
        <When is=move || state.session.is_admin()>
            <users::Users month/>
            <budgets::Budgets/>
        </When>
    }
    .into_any()
}

/// Returns a path with the month that is asked for; the current month if it is empty.
fn with_month(path: &str, month: &str) -> String {
    if month.is_empty() { path.to_owned() } else { format!("{path}?month={month}") }
}

/// How much of the budget is used.
#[component]
fn BudgetLine(
    /// The budget.
    budget: BudgetUse,
) -> impl IntoView {
    let texts = &lazy().usage;
    let mut parts = Vec::new();
    if let (Some(most), Some(currency)) = (budget.budget.nanos, budget.currency) {
        let money = |nanos| texts.numbers.money(holdfast_protocol::usage::Cost { nanos, currency });
        parts.push((texts.of)(&money(budget.used_nanos), &money(most)));
    }
    if let Some(most) = budget.budget.tokens {
        parts.push((texts.of_tokens)(&texts.numbers.whole(budget.used_tokens), &texts.numbers.whole(most)));
    }
    let starts_again = (texts.day)(budget.resets_at);
    let sentence = (texts.budget)(budget.percent, &parts.join(", "), &starts_again);
    let class = match budget.percent {
        0..80 => "budget",
        80..100 => "budget warn",
        _ => "budget bad",
    };
    view! {
        <div class=class>
            <meter min="0" max="100" high="80" value=budget.percent.to_string() aria-label=texts.budget_meter></meter>
            <p role="status">{sentence}</p>
        </div>
    }
    .into_any()
}

/// A row of a table: what was used of a model, by whom.
#[derive(Clone, PartialEq)]
struct Row {
    /// Name of the user; `None` in the user's own table.
    user: Option<String>,
    model: ModelUsage,
}

/// A table of what was used.
#[component]
fn UsageTable(
    /// What it shows.
    label: &'static str,
    /// Its rows.
    rows: Vec<Row>,
    /// Their sum.
    total: UsageSum,
) -> impl IntoView {
    let (texts, state) = (&lazy().usage, state());
    if rows.is_empty() {
        return view! { <p class="meta">{texts.nothing}</p> }.into_any();
    }
    let has_users = rows.iter().any(|row| row.user.is_some());
    let numbers = texts.numbers;
    let cells = move |sum: &UsageSum| {
        let about = |text: String| if sum.estimated > 0 { (texts.about)(&text) } else { text };
        let cost = if sum.costs.is_empty() { "–".to_owned() } else { about(costs(numbers, sum)) };
        view! {
            <td>{numbers.whole(sum.answers)}</td>
            <td>{about(numbers.whole(sum.input_tokens))}</td>
            <td>{about(numbers.whole(sum.output_tokens))}</td>
            <td>{cost}</td>
        }
        .into_any()
    };
    let row = move |Row { user, model }: Row| {
        let name = format!("{} · {}", state.provider(&model.provider), model.model);
        match user {
            Some(user) => view! { <tr><th scope="row">{user}</th><td class="text">{name}</td>{cells(&model.sum)}</tr> }.into_any(),
            None => view! { <tr><th scope="row">{name}</th>{cells(&model.sum)}</tr> }.into_any(),
        }
    };
    let estimated = total.estimated > 0;
    view! {
        <div class="usage-table" role="region" aria-label=label tabindex="0">
            <table>
                <thead>
                    <tr>
                        {has_users.then(|| view! { <th scope="col">{texts.user}</th> })}
                        <th scope="col">{texts.model}</th>
                        <th scope="col">{texts.answers}</th>
                        <th scope="col">{texts.read}</th>
                        <th scope="col">{texts.written}</th>
                        <th scope="col">{texts.cost}</th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(row).collect::<Vec<_>>()}</tbody>
                <tfoot>
                    <tr>
                        <th scope="row">{texts.total}</th>
                        {has_users.then(|| view! { <td></td> })}
                        {cells(&total)}
                    </tr>
                </tfoot>
            </table>
        </div>
        {estimated.then(|| view! { <p class="meta">{texts.why_about}</p> })}
    }
    .into_any()
}

/// Returns the amounts of a sum.
fn costs(numbers: NumberFormat, sum: &UsageSum) -> String {
    sum.costs.iter().map(|cost| numbers.money(*cost)).collect::<Vec<_>>().join(" + ")
}
