//! The list of users, and the actions on them.

use holdfast_protocol::{
    UserId,
    api::Role,
    people::{Link, People, Person, PersonPatch},
    storage::megabytes,
};
use leptos::{ev::SubmitEvent, prelude::*};

use super::sessions::SessionsOf;
use crate::{
    calls::{get, read, tell},
    components::{
        coming::{Coming, Fetch, failed},
        field::Field,
        one_link::OneLink,
    },
    first_load::erased::{Each, When, effect},
    services::Verb,
    strings::{ago, lazy, strings},
    ui::{context, state},
};

/// The action that the dialog asks about.
#[derive(Clone, PartialEq, Eq)]
enum Pending {
    Suspend(Person),
    Remove(Person),
    Password(Person, String),
    ResetTwoFactor(Person),
    Sessions(Person),
}

/// The list, with a search field.
#[component]
pub(crate) fn Users() -> impl IntoView {
    let (state, context, all) = (state(), context(), lazy());
    let (strings, lazy) = (strings(), &all.users);
    let list = RwSignal::new(Vec::<Person>::new());
    let next = RwSignal::new(None::<UserId>);
    let pending = RwSignal::new(None::<Pending>);
    let fetched = RwSignal::new(Fetch::default());
    let fetch = move |more: bool| {
        let search = context.browser().value("people-search");
        let mut path = format!("admin/users?search={}", escape(&search));
        if let Some(cursor) = next.get_untracked().filter(|_| more) {
            path.push_str(&format!("&cursor={cursor}"));
        }
        get(context, &path, move |reply: Result<People, _>| match reply {
            Ok(page) => {
                next.set(page.next);
                if !more {
                    list.update(Vec::clear);
                }
                list.update(|list| list.extend(page.people));
                fetched.set(Fetch::Here);
            }
            Err(api_error) => failed(fetched, state, api_error),
        });
    };
    effect(move || fetch(false));
    let search = move |ev: SubmitEvent| {
        ev.prevent_default();
        fetch(false);
    };
    let change = move |id: UserId, patch: PersonPatch| {
        tell(context, Verb::Patch, &format!("admin/users/{id}"), &patch, move |reply| match reply.and_then(|text| read::<Person>(&text)) {
            Ok(now) => list.update(|list| list.iter_mut().filter(|it| it.id == id).for_each(|it| *it = now.clone())),
            Err(api_error) => state.refused(api_error),
        });
    };
    let open = move |what: Pending| {
        pending.set(Some(what));
        request_animation_frame(move || context.browser().set_dialog("person", true));
    };
    let close = move || {
        context.browser().set_dialog("person", false);
        pending.set(None);
    };
    let link = move |person: Person| {
        tell(context, Verb::Post, &format!("admin/users/{}/password-link", person.id), &(), move |reply| {
            match reply.and_then(|text| read::<Link>(&text)) {
                Ok(link) => open(Pending::Password(person, link.path)),
                Err(api_error) => state.refused(api_error),
            }
        });
    };
    let sure = move |ev: SubmitEvent| {
        ev.prevent_default();
        let (asked, reason) = (pending.get_untracked(), Some(context.browser().value("suspend-reason")));
        close();
        match asked {
            Some(Pending::Suspend(person)) => {
                change(person.id, PersonPatch { suspended: Some(true), reason, ..PersonPatch::default() });
            }
            Some(Pending::Remove(person)) => {
                tell(context, Verb::Delete, &format!("admin/users/{}", person.id), &(), move |reply| match reply {
                    Ok(_) => list.update(|list| list.retain(|it| it.id != person.id)),
                    Err(api_error) => state.refused(api_error),
                });
            }
            Some(Pending::ResetTwoFactor(person)) => {
                change(person.id, PersonPatch { second_factor: Some(false), ..PersonPatch::default() })
            }
            Some(Pending::Password(..) | Pending::Sessions(_)) | None => {}
        }
    };
    view! {
        <h2>{lazy.heading}</h2>
        <form class="form" role="search" on:submit=search>
            <Field id="people-search" label=lazy.find kind="search" maxlength="64"/>
        </form>
        <Coming fetch=fetched again=move || fetch(false)/>
        <ul class="card people" aria-label=lazy.heading>
            <Each each=move || list.get() key=|it| (it.id, it.role == Role::Admin, it.suspended.clone(), it.second_factor) let:it>
                <Row person=it open change link/>
            </Each>
        </ul>
        <When is=move || next.get().is_some()>
            <button type="button" class="ghost framed" on:click=move |_| fetch(true)>{lazy.more}</button>
        </When>
        <dialog id="person" aria-labelledby="person-heading">
            {move || pending.get().map(|pending| view! { <Question pending close/> })}
            <form method="post" on:submit=sure hidden=move || matches!(*pending.read(), Some(Pending::Password(..) | Pending::Sessions(_)))>
                <When is=move || matches!(*pending.read(), Some(Pending::Suspend(_)))>
                    <Field id="suspend-reason" label=lazy.why maxlength="200"/>
                </When>
                <div class="actions">
                    <button type="button" class="ghost" on:click=move |_| close()>{strings.common.cancel}</button>
                    <button type="submit" class="primary danger">
                        {move || match *pending.read() {
                            Some(Pending::Suspend(_)) => lazy.suspend,
                            Some(Pending::ResetTwoFactor(_)) => lazy.reset_two_factor,
                            Some(Pending::Remove(_) | Pending::Password(..) | Pending::Sessions(_)) | None => all.common.remove,
                        }}
                    </button>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}

/// The content of the dialog.
#[component]
fn Question(
    /// The action.
    pending: Pending,
    /// Closes the dialog.
    close: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let lazy = &lazy().users;
    match pending {
        Pending::Suspend(person) => view! {
            <h2 id="person-heading">{(lazy.suspend_question)(&person.username)}</h2>
            <p>{lazy.about_suspend}</p>
        }
        .into_any(),
        Pending::Remove(person) => view! {
            <h2 id="person-heading">{(lazy.remove_question)(&person.username)}</h2>
            <p>{(lazy.about_remove)(person.conversations as usize)}</p>
        }
        .into_any(),
        Pending::ResetTwoFactor(person) => view! {
            <h2 id="person-heading">{(lazy.reset_two_factor_question)(&person.username)}</h2>
            <p>{lazy.about_reset_two_factor}</p>
        }
        .into_any(),
        Pending::Password(person, path) => view! {
            <h2 id="person-heading">{(lazy.password_heading)(&person.username)}</h2>
            <OneLink path label=lazy.password_link/>
            <div class="actions">
                <button type="button" class="primary" on:click=move |_| close()>{lazy.done}</button>
            </div>
        }
        .into_any(),
        Pending::Sessions(person) => view! { <SessionsOf person close/> }.into_any(),
    }
}

/// A user of the list.
#[component]
fn Row(
    /// The user.
    person: Person,
    /// Opens the dialog for an action.
    open: impl Fn(Pending) + Copy + Send + Sync + 'static,
    /// Changes the user's role, or suspends the user.
    change: impl Fn(UserId, PersonPatch) + Copy + Send + Sync + 'static,
    /// Creates a link to set a new password.
    link: impl Fn(Person) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (state, all) = (state(), lazy());
    let lazy = &all.users;
    let now = state.clock.get_untracked().now;
    let is_admin = person.role == Role::Admin;
    let is_me = state.session.user.read_untracked().as_ref().is_some_and(|me| me.id == person.id);
    let used = person.used_at.map_or_else(|| lazy.never_here.to_owned(), |at| (lazy.here)(&ago(all, now, at)));
    let needs_conversation_bundle = (state.strings().common.conversation_count)(person.conversations as usize);
    let stores = (lazy.stores)(&megabytes(person.stored_bytes));
    let (id, name) = (person.id, person.username.clone());
    let label = move |localized: fn(&str) -> String| localized(&name);
    let other = if is_admin { Role::Member } else { Role::Admin };
    let suspended = person.suspended.clone();
    let is_suspended = suspended.is_some();
    let has_two_steps = person.second_factor;
    let person = StoredValue::new(person);
    let suspend = move |_| {
        if is_suspended {
            change(id, PersonPatch { suspended: Some(false), ..PersonPatch::default() });
        } else {
            open(Pending::Suspend(person.get_value()));
        }
    };
    view! {
        <li class="line">
            <span>
                <b>{person.with_value(|person| person.username.clone())}</b>
                " "
                {is_admin.then(|| view! { <span class="badge">{lazy.administrator}</span> })}
                {is_me.then(|| view! { <span class="badge">{lazy.you}</span> })}
                <span class="detail">{used} " · " {needs_conversation_bundle} " · " {stores}</span>
                {suspended.map(|why| view! { <span class="detail problem">{lazy.suspended} {(!why.is_empty()).then(|| format!(": {why}"))}</span> })}
            </span>
            <span class="actions">
                <button
                    type="button"
                    class="small"
                    aria-label=label(if is_admin { lazy.make_member_named } else { lazy.make_admin_named })
                    on:click=move |_| change(id, PersonPatch { role: Some(other), ..PersonPatch::default() })
                >
                    {if is_admin { lazy.make_member } else { lazy.make_admin }}
                </button>
                <button type="button" class="small" aria-label=label(lazy.sessions_named) on:click=move |_| open(Pending::Sessions(person.get_value()))>{lazy.sessions}</button>
                <button type="button" class="small" aria-label=label(lazy.password_named) on:click=move |_| link(person.get_value())>{lazy.password}</button>
                {has_two_steps
                    .then(|| {
                        view! {
                            <button type="button" class="small" aria-label=label(lazy.reset_two_factor_named) on:click=move |_| open(Pending::ResetTwoFactor(person.get_value()))>{lazy.reset_two_factor}</button>
                        }
                    })}
                <button type="button" class="small" aria-label=label(if is_suspended { lazy.lift_suspension_named } else { lazy.suspend_named }) on:click=suspend>
                    {if is_suspended { lazy.lift_suspension } else { lazy.suspend }}
                </button>
                <button type="button" class="small" aria-label=label(all.common.remove_named) on:click=move |_| open(Pending::Remove(person.get_value()))>{all.common.remove}</button>
            </span>
        </li>
    }
    .into_any()
}

/// Returns text escaped for a query string.
fn escape(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
