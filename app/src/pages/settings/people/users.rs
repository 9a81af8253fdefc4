//! The users, and what can be done with them.

use holdfast_protocol::{
    UserId,
    api::Rank,
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
    once::{Each, When, effect},
    services::Verb,
    ui::{ask, live},
    words::{ago, rest, words},
};

/// What the dialog asks about.
#[derive(Clone, PartialEq, Eq)]
enum Matter {
    Bar(Person),
    Remove(Person),
    Password(Person, String),
    OneStep(Person),
    Sessions(Person),
}

/// The list, with a search.
#[component]
pub(crate) fn Users() -> impl IntoView {
    let (live, ask, all) = (live(), ask(), rest());
    let (words, rest) = (words(), &all.users);
    let list = RwSignal::new(Vec::<Person>::new());
    let next = RwSignal::new(None::<UserId>);
    let matter = RwSignal::new(None::<Matter>);
    let state = RwSignal::new(Fetch::default());
    let fetch = move |more: bool| {
        let search = ask.desk().value("people-search");
        let mut path = format!("admin/users?search={}", escape(&search));
        if let Some(cursor) = next.get_untracked().filter(|_| more) {
            path.push_str(&format!("&cursor={cursor}"));
        }
        get(ask, &path, move |reply: Result<People, _>| match reply {
            Ok(page) => {
                next.set(page.next);
                if !more {
                    list.update(Vec::clear);
                }
                list.update(|list| list.extend(page.people));
                state.set(Fetch::Here);
            }
            Err(refusal) => failed(state, live, refusal),
        });
    };
    effect(move || fetch(false));
    let search = move |ev: SubmitEvent| {
        ev.prevent_default();
        fetch(false);
    };
    let change = move |id: UserId, patch: PersonPatch| {
        tell(ask, Verb::Patch, &format!("admin/users/{id}"), &patch, move |reply| match reply.and_then(|text| read::<Person>(&text)) {
            Ok(now) => list.update(|list| list.iter_mut().filter(|it| it.id == id).for_each(|it| *it = now.clone())),
            Err(refusal) => live.refused(refusal),
        });
    };
    let open = move |what: Matter| {
        matter.set(Some(what));
        request_animation_frame(move || ask.desk().set_dialog("person", true));
    };
    let close = move || {
        ask.desk().set_dialog("person", false);
        matter.set(None);
    };
    let link = move |person: Person| {
        tell(ask, Verb::Post, &format!("admin/users/{}/password-link", person.id), &(), move |reply| {
            match reply.and_then(|text| read::<Link>(&text)) {
                Ok(link) => open(Matter::Password(person, link.path)),
                Err(refusal) => live.refused(refusal),
            }
        });
    };
    let sure = move |ev: SubmitEvent| {
        ev.prevent_default();
        let (asked, reason) = (matter.get_untracked(), Some(ask.desk().value("bar-reason")));
        close();
        match asked {
            Some(Matter::Bar(person)) => {
                change(person.id, PersonPatch { barred: Some(true), reason, ..PersonPatch::default() });
            }
            Some(Matter::Remove(person)) => {
                tell(ask, Verb::Delete, &format!("admin/users/{}", person.id), &(), move |reply| match reply {
                    Ok(_) => list.update(|list| list.retain(|it| it.id != person.id)),
                    Err(refusal) => live.refused(refusal),
                });
            }
            Some(Matter::OneStep(person)) => change(person.id, PersonPatch { second_factor: Some(false), ..PersonPatch::default() }),
            Some(Matter::Password(..) | Matter::Sessions(_)) | None => {}
        }
    };
    view! {
        <h2>{rest.heading}</h2>
        <form class="form" role="search" on:submit=search>
            <Field id="people-search" label=rest.find kind="search" maxlength="64"/>
        </form>
        <Coming fetch=state again=move || fetch(false)/>
        <ul class="card people" aria-label=rest.heading>
            <Each each=move || list.get() key=|it| (it.id, it.role == Rank::Admin, it.barred.clone(), it.second_factor) let:it>
                <Row person=it open change link/>
            </Each>
        </ul>
        <When is=move || next.get().is_some()>
            <button type="button" class="ghost framed" on:click=move |_| fetch(true)>{rest.more}</button>
        </When>
        <dialog id="person" aria-labelledby="person-heading">
            {move || matter.get().map(|matter| view! { <Question matter close/> })}
            <form method="post" on:submit=sure hidden=move || matches!(*matter.read(), Some(Matter::Password(..) | Matter::Sessions(_)))>
                <When is=move || matches!(*matter.read(), Some(Matter::Bar(_)))>
                    <Field id="bar-reason" label=rest.why maxlength="200"/>
                </When>
                <div class="ways">
                    <button type="button" class="ghost" on:click=move |_| close()>{words.common.cancel}</button>
                    <button type="submit" class="go danger">
                        {move || match *matter.read() {
                            Some(Matter::Bar(_)) => rest.bar,
                            Some(Matter::OneStep(_)) => rest.one_step,
                            _ => all.common.remove,
                        }}
                    </button>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}

/// What is asked, or shown.
#[component]
fn Question(
    /// About what.
    matter: Matter,
    /// Ends it.
    close: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let rest = &rest().users;
    match matter {
        Matter::Bar(person) => view! {
            <h2 id="person-heading">{(rest.bar_question)(&person.username)}</h2>
            <p>{rest.about_bar}</p>
        }
        .into_any(),
        Matter::Remove(person) => view! {
            <h2 id="person-heading">{(rest.remove_question)(&person.username)}</h2>
            <p>{(rest.about_remove)(person.conversations as usize)}</p>
        }
        .into_any(),
        Matter::OneStep(person) => view! {
            <h2 id="person-heading">{(rest.one_step_question)(&person.username)}</h2>
            <p>{rest.about_one_step}</p>
        }
        .into_any(),
        Matter::Password(person, path) => view! {
            <h2 id="person-heading">{(rest.password_heading)(&person.username)}</h2>
            <OneLink path label=rest.password_link/>
            <div class="ways">
                <button type="button" class="go" on:click=move |_| close()>{rest.done}</button>
            </div>
        }
        .into_any(),
        Matter::Sessions(person) => view! { <SessionsOf person close/> }.into_any(),
    }
}

/// One user.
#[component]
fn Row(
    /// Who.
    person: Person,
    /// Asks first.
    open: impl Fn(Matter) + Copy + Send + Sync + 'static,
    /// Changes role or bar.
    change: impl Fn(UserId, PersonPatch) + Copy + Send + Sync + 'static,
    /// Makes a link for a new password.
    link: impl Fn(Person) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (live, all) = (live(), rest());
    let rest = &all.users;
    let now = live.clock.get_untracked().now;
    let is_admin = person.role == Rank::Admin;
    let is_me = live.user.read_untracked().as_ref().is_some_and(|me| me.id == person.id);
    let used = person.used_at.map_or_else(|| rest.never_here.to_owned(), |at| (rest.here)(&ago(all, now, at)));
    let talks = (live.words().common.conversation_count)(person.conversations as usize);
    let stores = (rest.stores)(&megabytes(person.stored_bytes));
    let (id, name) = (person.id, person.username.clone());
    let label = move |told: fn(&str) -> String| told(&name);
    let other = if is_admin { Rank::Member } else { Rank::Admin };
    let barred = person.barred.clone();
    let is_barred = barred.is_some();
    let has_two_steps = person.second_factor;
    let person = StoredValue::new(person);
    let bar = move |_| {
        if is_barred {
            change(id, PersonPatch { barred: Some(false), ..PersonPatch::default() });
        } else {
            open(Matter::Bar(person.get_value()));
        }
    };
    view! {
        <li class="line">
            <span>
                <b>{person.with_value(|person| person.username.clone())}</b>
                " "
                {is_admin.then(|| view! { <span class="badge">{rest.administrator}</span> })}
                {is_me.then(|| view! { <span class="badge">{rest.you}</span> })}
                <span class="t">{used} " · " {talks} " · " {stores}</span>
                {barred.map(|why| view! { <span class="t barred">{rest.barred} {(!why.is_empty()).then(|| format!(": {why}"))}</span> })}
            </span>
            <span class="ways">
                <button
                    type="button"
                    class="small"
                    aria-label=label(if is_admin { rest.make_member_named } else { rest.make_admin_named })
                    on:click=move |_| change(id, PersonPatch { role: Some(other), ..PersonPatch::default() })
                >
                    {if is_admin { rest.make_member } else { rest.make_admin }}
                </button>
                <button type="button" class="small" aria-label=label(rest.sessions_named) on:click=move |_| open(Matter::Sessions(person.get_value()))>{rest.sessions}</button>
                <button type="button" class="small" aria-label=label(rest.password_named) on:click=move |_| link(person.get_value())>{rest.password}</button>
                {has_two_steps
                    .then(|| {
                        view! {
                            <button type="button" class="small" aria-label=label(rest.one_step_named) on:click=move |_| open(Matter::OneStep(person.get_value()))>{rest.one_step}</button>
                        }
                    })}
                <button type="button" class="small" aria-label=label(if is_barred { rest.let_in_named } else { rest.bar_named }) on:click=bar>
                    {if is_barred { rest.let_in } else { rest.bar }}
                </button>
                <button type="button" class="small" aria-label=label(all.common.remove_named) on:click=move |_| open(Matter::Remove(person.get_value()))>{all.common.remove}</button>
            </span>
        </li>
    }
    .into_any()
}

/// Text as a part of an address.
fn escape(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
