//! The users, and what can be done with them.

use holdfast_protocol::{
    UserId,
    api::Rank,
    people::{Link, People, Person, PersonPatch},
};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    calls::{get, read, tell},
    components::{field::Field, one_link::OneLink},
    once::{Each, When, effect},
    services::Verb,
    ui::{ago, ask, count, live},
};

/// What the dialog asks about.
#[derive(Clone, PartialEq, Eq)]
enum Matter {
    Bar(Person),
    Remove(Person),
    Password(Person, String),
}

/// The list, with a search.
#[component]
pub(crate) fn Users() -> impl IntoView {
    let (live, ask) = (live(), ask());
    let list = RwSignal::new(Vec::<Person>::new());
    let next = RwSignal::new(None::<UserId>);
    let matter = RwSignal::new(None::<Matter>);
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
            }
            Err(refusal) => live.notify(refusal.error),
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
            Err(refusal) => live.notify(refusal.error),
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
                Err(refusal) => live.notify(refusal.error),
            }
        });
    };
    let sure = move |ev: SubmitEvent| {
        ev.prevent_default();
        let (asked, reason) = (matter.get_untracked(), Some(ask.desk().value("bar-reason")));
        close();
        match asked {
            Some(Matter::Bar(person)) => {
                change(person.id, PersonPatch { barred: Some(true), reason, role: None });
            }
            Some(Matter::Remove(person)) => {
                tell(ask, Verb::Delete, &format!("admin/users/{}", person.id), &(), move |reply| match reply {
                    Ok(_) => list.update(|list| list.retain(|it| it.id != person.id)),
                    Err(refusal) => live.notify(refusal.error),
                });
            }
            Some(Matter::Password(..)) | None => {}
        }
    };
    view! {
        <h2>"Users"</h2>
        <form class="form" role="search" on:submit=search>
            <Field id="people-search" label="Find by name" kind="search" maxlength="64"/>
        </form>
        <ul class="card people" aria-label="Users">
            <Each each=move || list.get() key=|it| (it.id, it.role == Rank::Admin, it.barred.clone()) let:it>
                <Row person=it open change link/>
            </Each>
        </ul>
        <When is=move || next.get().is_some()>
            <button type="button" class="ghost framed" on:click=move |_| fetch(true)>"Show more"</button>
        </When>
        <dialog id="person" aria-labelledby="person-heading">
            {move || matter.get().map(|matter| view! { <Question matter close/> })}
            <form method="post" on:submit=sure hidden=move || matches!(*matter.read(), Some(Matter::Password(..)))>
                <When is=move || matches!(*matter.read(), Some(Matter::Bar(_)))>
                    <Field id="bar-reason" label="Why (they will read it)" maxlength="200"/>
                </When>
                <div class="ways">
                    <button type="button" class="ghost" on:click=move |_| close()>"Cancel"</button>
                    <button type="submit" class="go danger">{move || if matches!(*matter.read(), Some(Matter::Bar(_))) { "Bar" } else { "Remove" }}</button>
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
    match matter {
        Matter::Bar(person) => view! {
            <h2 id="person-heading">"Bar " {person.username} "?"</h2>
            <p>"What they have open ends at once, and they are let in nowhere until you change it. Nothing of theirs is removed."</p>
        }
        .into_any(),
        Matter::Remove(person) => view! {
            <h2 id="person-heading">"Remove " {person.username} "?"</h2>
            <p>"With " {count(person.conversations as usize, "conversation", "conversations")} ", for good."</p>
        }
        .into_any(),
        Matter::Password(person, path) => view! {
            <h2 id="person-heading">"A new password for " {person.username}</h2>
            <OneLink path label="Link, good once within two days"/>
            <div class="ways">
                <button type="button" class="go" on:click=move |_| close()>"Done"</button>
            </div>
        }
        .into_any(),
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
    let live = live();
    let now = live.clock.get_untracked().now;
    let is_admin = person.role == Rank::Admin;
    let is_me = live.user.read_untracked().as_ref().is_some_and(|me| me.id == person.id);
    let used = person.used_at.map_or_else(|| "never here".to_owned(), |at| format!("here {}", ago(now, at)));
    let talks = count(person.conversations as usize, "conversation", "conversations");
    let (id, name) = (person.id, person.username.clone());
    let label = move |what: &str| format!("{what} {name}");
    let other = if is_admin { Rank::Member } else { Rank::Admin };
    let barred = person.barred.clone();
    let is_barred = barred.is_some();
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
                {is_admin.then(|| view! { <span class="badge">"Administrator"</span> })}
                {is_me.then(|| view! { <span class="badge">"You"</span> })}
                <span class="t">{used} " · " {talks}</span>
                {barred.map(|why| view! { <span class="t barred">"Barred" {(!why.is_empty()).then(|| format!(": {why}"))}</span> })}
            </span>
            <span class="ways">
                <button
                    type="button"
                    class="small"
                    aria-label=label(if is_admin { "Make a member of" } else { "Make an administrator of" })
                    on:click=move |_| change(id, PersonPatch { role: Some(other), ..PersonPatch::default() })
                >
                    {if is_admin { "Make member" } else { "Make administrator" }}
                </button>
                <button type="button" class="small" aria-label=label("New password for") on:click=move |_| link(person.get_value())>"New password"</button>
                <button type="button" class="small" aria-label=label(if is_barred { "Let in" } else { "Bar" }) on:click=bar>
                    {if is_barred { "Let in" } else { "Bar" }}
                </button>
                <button type="button" class="small" aria-label=label("Remove") on:click=move |_| open(Matter::Remove(person.get_value()))>"Remove"</button>
            </span>
        </li>
    }
    .into_any()
}

/// Text as a part of an address.
fn escape(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
