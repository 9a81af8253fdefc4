//! Budgets of a month: for everyone, and of single users.

use holdfast_protocol::{
    ApiError, Reason, UserId,
    people::People,
    usage::{Budget, DefaultBudgets, UsersUsage},
};
use leptos::{ev::SubmitEvent, prelude::*};
use leptos_router::location::Url;

use crate::{
    amounts::{nanos, typed},
    calls::{get, read, tell},
    components::{field::Field, row_button::Then},
    first_load::erased::effect,
    services::Verb,
    strings::{Localized, lazy, strings},
    ui::{AppContext, context},
};

/// Ids of the fields of a budget: money and tokens.
type Fields = (&'static str, &'static str);

const GUEST: Fields = ("budget-guest-money", "budget-guest-tokens");
const ACCOUNT: Fields = ("budget-account-money", "budget-account-tokens");
const USER: Fields = ("budget-user-money", "budget-user-tokens");

/// The forms.
#[component]
pub(super) fn Budgets() -> impl IntoView {
    view! {
        <h2>{lazy().usage.budgets_heading}</h2>
        <p class="lead">{lazy().usage.budgets_lead}</p>
        <Defaults/>
        <OfUser/>
    }
    .into_any()
}

/// Reads the fields of a budget. Returns an error for the administrator if they hold no amounts.
fn typed_budget(context: AppContext, (money, tokens): Fields) -> Result<Budget, ApiError> {
    let given = |id: &str| Some(context.browser().value(id).trim().to_owned()).filter(|text| !text.is_empty());
    let invalid = || Reason::BudgetTooLarge.with("money", 9_000_000_u32).with("tokens", 1_000_000_000_000_u64);
    let money = given(money).map(|text| nanos(&text).ok_or_else(invalid)).transpose()?;
    let tokens = given(tokens).map(|text| text.replace(['.', ',', ' '], "").parse().map_err(|_| invalid())).transpose()?;
    Ok(Budget { nanos: money, tokens })
}

fn show(context: AppContext, (money, tokens): Fields, budget: Budget) {
    context.browser().set_value(money, &budget.nanos.map(typed).unwrap_or_default());
    context.browser().set_value(tokens, &budget.tokens.map(|tokens| tokens.to_string()).unwrap_or_default());
}

/// The default budgets.
#[component]
fn Defaults() -> impl IntoView {
    let (context, strings, texts) = (context(), strings(), &lazy().usage);
    let (error, done) = (RwSignal::new(None::<Localized>), RwSignal::new(""));
    // The fields are read-only until they have loaded, so that nothing that is typed is overwritten.
    let loading = RwSignal::new(true);
    let shown = move |budgets: DefaultBudgets| {
        show(context, GUEST, budgets.guest);
        show(context, ACCOUNT, budgets.account);
        loading.try_set(false);
    };
    let refused = move |api_error: ApiError| _ = error.try_set(Some(strings.localized(api_error)));
    effect(move || {
        get(context, "admin/budgets", move |reply: Result<DefaultBudgets, ApiError>| match reply {
            Ok(budgets) => shown(budgets),
            Err(api_error) => refused(api_error),
        });
    });
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        done.set("");
        error.set(None);
        let budgets = typed_budget(context, GUEST).and_then(|guest| Ok(DefaultBudgets { guest, account: typed_budget(context, ACCOUNT)? }));
        match budgets {
            Ok(budgets) => tell(context, Verb::Put, "admin/budgets", &budgets, move |reply| match reply.and_then(|text| read(&text)) {
                Ok(budgets) => {
                    shown(budgets);
                    done.try_set(lazy().common.changed);
                }
                Err(api_error) => refused(api_error),
            }),
            Err(api_error) => refused(api_error),
        }
    };
    view! {
        <form class="form" method="post" on:submit=submit>
            <Field id=ACCOUNT.0 label=texts.account_money readonly=loading maxlength="20"/>
            <Field id=ACCOUNT.1 label=texts.account_tokens readonly=loading maxlength="20"/>
            <Field id=GUEST.0 label=texts.guest_money readonly=loading maxlength="20"/>
            <Field id=GUEST.1 label=texts.guest_tokens readonly=loading maxlength="20"/>
            <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
            <p class="meta" role="status">{move || done.get()}</p>
            <button type="submit" class="primary">{lazy().common.change}</button>
        </form>
    }
    .into_any()
}

/// The budget of one user, who is found by name.
#[component]
fn OfUser() -> impl IntoView {
    let (context, strings, texts) = (context(), strings(), &lazy().usage);
    let (error, done) = (RwSignal::new(None::<Localized>), RwSignal::new(String::new()));
    let own = RwSignal::new(Vec::<(String, Budget)>::new());
    let refused = move |api_error: ApiError| _ = error.try_set(Some(strings.localized(api_error)));
    let load = move || {
        get(context, "admin/usage", move |reply: Result<UsersUsage, ApiError>| {
            if let Ok(usage) = reply {
                let budgets = usage.users.into_iter().filter_map(|user| Some((user.username, user.own_budget?)));
                own.try_set(budgets.collect());
            }
        });
    };
    effect(load);
    // Finds the user whose name is typed, and passes the id on.
    let find = move |then: Then<(UserId, String)>| {
        let name = context.browser().value("budget-user").trim().to_owned();
        done.set(String::new());
        error.set(None);
        get(context, &format!("admin/users?search={}", Url::escape(&name)), move |reply: Result<People, ApiError>| match reply {
            Ok(people) => {
                let named = people.people.into_iter().find(|person| person.username.to_lowercase() == name.to_lowercase());
                match named {
                    Some(person) => then((person.id, person.username)),
                    None => _ = error.try_set(Some(texts.no_user.into())),
                }
            }
            Err(api_error) => refused(api_error),
        });
    };
    let changed = move |name: String, reply: Result<String, ApiError>| match reply {
        Ok(_) => {
            done.try_set((texts.budget_set)(&name));
            load();
        }
        Err(api_error) => refused(api_error),
    };
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        match typed_budget(context, USER) {
            Ok(budget) => find(std::sync::Arc::new(move |(id, name)| {
                tell(context, Verb::Put, &format!("admin/users/{id}/budget"), &budget, move |reply| changed(name, reply));
            })),
            Err(api_error) => refused(api_error),
        }
    };
    let reset = move |_| {
        find(std::sync::Arc::new(move |(id, name): (UserId, String)| {
            tell(context, Verb::Delete, &format!("admin/users/{id}/budget"), &(), move |reply| changed(name, reply));
        }));
    };
    let one = move |(name, budget): (String, Budget)| {
        let money = budget.nanos.map(typed);
        let tokens = budget.tokens.map(|tokens| (texts.tokens)(&texts.numbers.whole(tokens)));
        let amount: Vec<String> = money.into_iter().chain(tokens).collect();
        let amount = if amount.is_empty() { texts.unlimited.to_owned() } else { amount.join(", ") };
        view! { <li class="line"><span><b>{name}</b><span class="detail">{amount}</span></span></li> }.into_any()
    };
    view! {
        <h3>{texts.user_heading}</h3>
        <ul class="card" aria-label=texts.user_heading hidden=move || own.read().is_empty()>
            {move || own.get().into_iter().map(one).collect::<Vec<_>>()}
        </ul>
        <form class="form" method="post" on:submit=submit>
            <Field id="budget-user" label=texts.user_name/>
            <Field id=USER.0 label=texts.money maxlength="20"/>
            <Field id=USER.1 label=texts.tokens_label maxlength="20"/>
            <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
            <p class="meta" role="status">{move || done.get()}</p>
            <p class="actions start">
                <button type="submit" class="primary">{texts.set_budget}</button>
                <button type="button" class="ghost framed" on:click=reset>{texts.use_default}</button>
            </p>
        </form>
    }
    .into_any()
}
