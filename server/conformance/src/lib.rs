//! The conformance suite of the ports: one function for each property that every database must have. The crate of a database runs all of
//! them, each on a fresh database in which [`USER`] and [`OTHER`] are users without quotas:
//!
//! ```ignore
//! macro_rules! run { ($($property:ident)*) => { $(#[tokio::test] async fn $property() { holdfast_conformance::$property(&fresh().await).await; })* } }
//! holdfast_conformance::properties!(run);
//! ```
#![allow(clippy::missing_panics_doc, reason = "tests panic where a property does not hold")]
#![allow(clippy::unwrap_used, reason = "a panic reports a failed test")]

use std::time::Duration;

use holdfast_core::{
    answers::{Checkpoint, Ending, Gain, StepGain},
    conversations::{Acceptance, Changes, NewAnswer, NewConversation, NewMessage},
    ports::Repositories,
    spending::{Month, Reservation, Reserved},
};
use holdfast_protocol::{
    ApiError, Code, ConversationId, Message, MessageId, ProjectId, Reason, Status, Step, UserId,
    api::{ConversationPatch, Shelf},
    message::Usage,
    projects::Project,
    settings::Settings,
    step::{StepKind, StepState},
    usage::{Budget, Cost, Currency, DefaultBudgets, ModelPrice, Price, Prices, TokenPrices},
};
use uuid::Uuid;

/// The user whose conversations the properties are about.
pub const USER: UserId = UserId(Uuid::from_u128(1));
/// A user who must see and change nothing of theirs.
pub const OTHER: UserId = UserId(Uuid::from_u128(2));

const CONVERSATION: ConversationId = ConversationId(Uuid::from_u128(10));

/// Calls the macro `$run` with the names of all properties.
#[macro_export]
macro_rules! properties {
    ($run:ident) => {
        $run! {
            a_message_is_accepted_once
            a_conversation_is_its_owners_alone
            a_removed_conversation_is_gone_until_it_is_restored
            every_saved_byte_of_an_answer_outlives_the_server
            every_saved_byte_of_a_step_outlives_the_server
            an_answer_that_ended_early_can_grow_again
            another_answer_is_begun_once
            a_cursor_brings_what_changed_since_and_an_unknown_one_everything
            what_an_unfinished_answer_waits_for_goes_with_its_end
            a_path_leads_from_the_first_message_to_the_named_one
            an_outline_is_the_conversation_without_its_texts
            settings_belong_to_their_level
            a_removed_project_has_its_conversations_again_when_it_is_restored
            a_search_finds_titles_questions_and_finished_answers
            prices_are_replaced_as_a_whole
            a_budget_is_ones_own_or_the_default
            reservations_fit_into_the_budget_together
            the_end_of_an_answer_settles_its_reservation
            a_restart_settles_reservations_by_what_is_written
        }
    };
}

fn message_id(n: u128) -> MessageId {
    MessageId(Uuid::from_u128(n))
}

/// The message `n` after the newest, with the answer `n + 1`.
fn new_message(n: u128, content: &str) -> NewMessage {
    NewMessage {
        user: USER,
        conversation: CONVERSATION,
        begin: true,
        title: "Tides".into(),
        id: message_id(n),
        content: content.into(),
        attachments: Vec::new(),
        parent: None,
        edits: None,
        answer: message_id(n + 1),
        provider: "provider".into(),
        model: "model".into(),
        settings: Settings::default(),
        project: None,
    }
}

async fn send(store: &dyn Repositories, n: u128, content: &str, now: u64) -> u64 {
    match store.accept_message(&new_message(n, content), now).await.unwrap() {
        Acceptance::New { rev, .. } => rev,
        _ => panic!("the message {n} is new"),
    }
}

fn ending(n: u128, content: &str, status: Status) -> Ending {
    Ending {
        answer: message_id(n),
        user: USER,
        conversation: CONVERSATION,
        content: content.into(),
        steps: Vec::new(),
        status,
        error: None,
        usage: None,
        spent: None,
        sources: Vec::new(),
        left_out: 0,
        ignored: Vec::new(),
    }
}

async fn end(store: &dyn Repositories, n: u128, content: &str, status: Status, now: u64) -> u64 {
    let (ended, _) = store.save_answers(&[], &[], &[ending(n, content, status)], None, now).await.unwrap();
    ended[0].rev
}

async fn message(store: &dyn Repositories, n: u128) -> Message {
    store.message(USER, message_id(n)).await.unwrap().unwrap()
}

async fn changes(store: &dyn Repositories, cursor: Option<u64>) -> Changes {
    let span = store.next_span(USER, CONVERSATION, cursor).await.unwrap().unwrap();
    store.changes(USER, CONVERSATION, span, false).await.unwrap().unwrap()
}

fn ids(messages: &[Message]) -> Vec<u128> {
    messages.iter().map(|message| message.id.0.as_u128()).collect()
}

/// The same message again has the same answer; its id for anything else is a conflict.
pub async fn a_message_is_accepted_once(store: &dyn Repositories) {
    send(store, 1, "hello", 100).await;
    for _ in 0..2 {
        let again = NewMessage { answer: message_id(99), ..new_message(1, "hello") };
        let known = store.accept_message(&again, 200).await.unwrap();
        assert!(matches!(known, Acceptance::Known { conversation: CONVERSATION, answer } if answer == message_id(2)));
    }
    assert!(matches!(store.accept_message(&new_message(1, "other"), 200).await.unwrap(), Acceptance::Conflict));
    let elsewhere = NewMessage { conversation: ConversationId(Uuid::from_u128(11)), begin: false, ..new_message(5, "hello") };
    assert!(matches!(store.accept_message(&elsewhere, 200).await.unwrap(), Acceptance::NotFound));
    let after_nothing = NewMessage { parent: Some(message_id(77)), ..new_message(5, "hello") };
    assert!(matches!(store.accept_message(&after_nothing, 200).await.unwrap(), Acceptance::NotFound));
    assert_eq!(store.message_count(CONVERSATION).await.unwrap(), 2);
    let before = store.before_message(USER, message_id(1), CONVERSATION).await.unwrap();
    assert!(before.is_known && before.stored_bytes.is_some());
    assert_eq!(before.model, Some((Some("provider".into()), "model".into())));
}

/// Another user sees and changes nothing of it.
pub async fn a_conversation_is_its_owners_alone(store: &dyn Repositories) {
    send(store, 1, "hello", 100).await;
    assert!(store.conversation(USER, CONVERSATION).await.unwrap().is_some());
    assert!(store.conversation(OTHER, CONVERSATION).await.unwrap().is_none());
    assert!(store.message(OTHER, message_id(1)).await.unwrap().is_none());
    assert!(store.path_to(OTHER, message_id(1)).await.unwrap().is_empty());
    assert!(store.outline(OTHER, CONVERSATION).await.unwrap().is_none());
    assert!(store.next_span(OTHER, CONVERSATION, None).await.unwrap().is_none());
    assert!(matches!(store.few_changes(OTHER, CONVERSATION, None, true, 1_000).await.unwrap(), Some(None)));
    let patch = ConversationPatch { title: Some("mine".into()), ..Default::default() };
    assert!(!store.change_conversation(OTHER, CONVERSATION, &patch).await.unwrap());
    assert!(!store.remove_conversation(OTHER, CONVERSATION, 200).await.unwrap());
    assert!(store.restore_conversation(OTHER, CONVERSATION).await.unwrap().is_none());
    assert!(
        !store
            .add_conversation(
                &NewConversation { id: CONVERSATION, user: OTHER, title: String::new(), settings: Settings::default(), project: None },
                200
            )
            .await
            .unwrap()
    );
    let theirs = NewMessage { user: OTHER, ..new_message(5, "hello") };
    assert!(matches!(store.accept_message(&theirs, 200).await.unwrap(), Acceptance::NotFound));
    assert_eq!(store.conversation(USER, CONVERSATION).await.unwrap().unwrap().0.title, "Tides");
}

/// Removing hides a conversation with its messages; restoring brings back the same.
pub async fn a_removed_conversation_is_gone_until_it_is_restored(store: &dyn Repositories) {
    send(store, 1, "hello", 100).await;
    end(store, 2, "there", Status::Complete, 200).await;
    assert!(store.remove_conversation(USER, CONVERSATION, 300).await.unwrap());
    assert!(!store.remove_conversation(USER, CONVERSATION, 300).await.unwrap());
    assert!(store.conversation(USER, CONVERSATION).await.unwrap().is_none());
    assert!(store.message(USER, message_id(1)).await.unwrap().is_none());
    assert!(store.restore_conversation(USER, CONVERSATION).await.unwrap().is_some());
    assert_eq!(message(store, 2).await.content, "there");
    assert_eq!(store.message_count(CONVERSATION).await.unwrap(), 2);
}

/// Whether its text is in gains, in its message, or in both: after the server ended, all of it is there once, and the answer is
/// `interrupted`.
pub async fn every_saved_byte_of_an_answer_outlives_the_server(store: &dyn Repositories) {
    send(store, 1, "hello", 100).await;
    let gain = |at: u64, text: &str| [Gain(message_id(2), at, text.to_owned())];
    let (_, first) = store.save_answers(&gain(0, "hä"), &[], &[], None, 200).await.unwrap();
    let (_, second) = store.save_answers(&gain(3, "user"), &[], &[], None, 210).await.unwrap();
    assert!(second > first);
    let checkpoint = Checkpoint { user: USER, answer: message_id(2), content: "häuser".into(), steps: Vec::new() };
    store.checkpoint_answers(&[checkpoint]).await.unwrap();
    store.save_answers(&gain(7, " und"), &[], &[], Some(second + 1), 220).await.unwrap();
    store.save_answers(&gain(11, " Häfen"), &[], &[], None, 230).await.unwrap();
    let reason = ApiError::from(Reason::Restarted);
    assert_eq!(store.recover_answers(&reason, 300).await.unwrap(), 1);
    let answer = message(store, 2).await;
    assert_eq!((answer.content.as_str(), answer.status), ("häuser und Häfen", Status::Interrupted));
    assert_eq!(answer.error.map(|error| error.code), Some(Code::Restarted));
    assert_eq!(store.recover_answers(&reason, 400).await.unwrap(), 0);
}

/// The same for the steps of an answer; those that were running are interrupted. An answer that is continued keeps them.
pub async fn every_saved_byte_of_a_step_outlives_the_server(store: &dyn Repositories) {
    send(store, 1, "hello", 100).await;
    let step = |index: u32, at: u64, content: &str, state: StepState| {
        let step = Step { at, content: content.into(), state, ..Step::started(index, StepKind::Reasoning, 0, 150) };
        StepGain(message_id(2), step)
    };
    let (_, first) = store.save_answers(&[], &[step(0, 0, "hä", StepState::Running)], &[], None, 200).await.unwrap();
    let content = "häuser".to_owned();
    let whole = Step { content, ..Step::started(0, StepKind::Reasoning, 0, 150) };
    let gains = [Gain(message_id(2), 0, "text".to_owned())];
    let (_, second) = store.save_answers(&gains, &[step(0, 3, "user", StepState::Running)], &[], None, 210).await.unwrap();
    assert!(second > first);
    let checkpoint = Checkpoint { user: USER, answer: message_id(2), content: "text".into(), steps: vec![whole] };
    store.checkpoint_answers(&[checkpoint]).await.unwrap();
    let more = [step(0, 7, ".", StepState::Done), step(1, 0, "Häfen", StepState::Running)];
    store.save_answers(&[], &more, &[], Some(second + 1), 220).await.unwrap();
    assert_eq!(store.recover_answers(&ApiError::from(Reason::Restarted), 300).await.unwrap(), 1);
    let answer = message(store, 2).await;
    let steps: Vec<_> = answer.steps.iter().map(|step| (step.at, step.content.as_str(), step.state)).collect();
    assert_eq!(steps, [(0, "häuser.", StepState::Done), (0, "Häfen", StepState::Interrupted)]);
    assert_eq!(answer.content, "text");
    let (reopened, _) = store.reopen_answer(USER, message_id(2), 400).await.unwrap().unwrap();
    assert_eq!(reopened.steps, answer.steps);
    let all = store.steps_in(USER, CONVERSATION).await.unwrap();
    assert_eq!(all.into_iter().collect::<Vec<_>>(), [(message_id(2), answer.steps)]);
    assert!(store.steps_in(OTHER, CONVERSATION).await.unwrap().is_empty());
}

/// One that was interrupted, stopped or failed goes on as the same text. One that is complete or being written does not.
pub async fn an_answer_that_ended_early_can_grow_again(store: &dyn Repositories) {
    send(store, 1, "hello", 100).await;
    assert!(store.reopen_answer(USER, message_id(2), 150).await.unwrap().is_none(), "it is being written");
    let ended = end(store, 2, "some", Status::Stopped, 200).await;
    assert!(store.reopen_answer(OTHER, message_id(2), 250).await.unwrap().is_none());
    let (answer, rev) = store.reopen_answer(USER, message_id(2), 300).await.unwrap().unwrap();
    assert_eq!((answer.content.as_str(), answer.status), ("some", Status::Streaming));
    assert!(rev > ended);
    end(store, 2, "some more", Status::Complete, 400).await;
    assert!(store.reopen_answer(USER, message_id(2), 500).await.unwrap().is_none());
    assert_eq!(message(store, 2).await.content, "some more");
}

/// It stands beside the first one; asking again begins no other.
pub async fn another_answer_is_begun_once(store: &dyn Repositories) {
    send(store, 1, "hello", 100).await;
    let new = |user, id| NewAnswer { user, message: message_id(1), id: message_id(id), provider: "provider".into(), model: "other".into() };
    assert!(matches!(store.accept_answer(&new(USER, 3), 200).await.unwrap(), Acceptance::New { .. }));
    let again = store.accept_answer(&new(USER, 3), 300).await.unwrap();
    assert!(matches!(again, Acceptance::Known { conversation: CONVERSATION, answer } if answer == message_id(3)));
    assert!(matches!(store.accept_answer(&new(USER, 1), 300).await.unwrap(), Acceptance::Conflict));
    assert!(matches!(store.accept_answer(&new(OTHER, 4), 300).await.unwrap(), Acceptance::NotFound));
    assert_eq!(message(store, 3).await.parent_id, Some(message_id(1)));
    assert_eq!(store.message_count(CONVERSATION).await.unwrap(), 3);
}

/// A cursor is a revision that was given out.
pub async fn a_cursor_brings_what_changed_since_and_an_unknown_one_everything(store: &dyn Repositories) {
    let begun = send(store, 1, "hello", 100).await;
    let ended = end(store, 2, "there", Status::Complete, 200).await;
    assert!(ended > begun);
    let all = changes(store, None).await;
    assert_eq!((ids(&all.messages), all.rev, all.since), (vec![1, 2], ended, 0));
    let since = changes(store, Some(begun)).await;
    assert_eq!((ids(&since.messages), since.rev, since.since), (vec![2], ended, begun));
    assert!(changes(store, Some(ended)).await.messages.is_empty());
    for unknown in [ended - 1, ended + 1_000] {
        let all = changes(store, Some(unknown)).await;
        assert_eq!((ids(&all.messages), all.since), (vec![1, 2], 0), "{unknown} was never given out");
    }
    let few = store.few_changes(USER, CONVERSATION, Some(begun), false, 10_000).await.unwrap().unwrap().unwrap();
    assert_eq!((ids(&few.messages), few.rev, few.since), (vec![2], ended, begun));
    assert!(store.few_changes(USER, CONVERSATION, None, false, 1).await.unwrap().is_none(), "that is more than one byte");
}

/// It is told with a new revision while the answer is unfinished.
pub async fn what_an_unfinished_answer_waits_for_goes_with_its_end(store: &dyn Repositories) {
    let begun = send(store, 1, "hello", 100).await;
    let waits = ApiError::from(Reason::StoreBusy);
    let told = store.tell_unfinished(USER, message_id(2), Some(waits), 3, vec!["seed".into()], 200).await.unwrap().unwrap();
    assert!(told > begun);
    let answer = message(store, 2).await;
    assert_eq!((answer.error.map(|error| error.reason), answer.left_out), (Some("store_busy".into()), 3));
    assert_eq!(answer.ignored, ["seed"]);
    end(store, 2, "there", Status::Complete, 300).await;
    assert!(message(store, 2).await.error.is_none());
    assert!(store.tell_unfinished(USER, message_id(2), None, 0, Vec::new(), 400).await.unwrap().is_none());
}

/// A project and its conversations are its owner's alone. A removed one leaves its conversations, and has them again when it is restored.
pub async fn a_removed_project_has_its_conversations_again_when_it_is_restored(store: &dyn Repositories) {
    let id = ProjectId(Uuid::from_u128(30));
    let settings = Settings { seed: Some(5), ..Settings::default() };
    let project = Project {
        id,
        name: "Thesis".to_owned(),
        settings,
        provider: None,
        model: Some("tiny".to_owned()),
        file_ids: Vec::new(),
        archived: false,
        created_at: 100,
        conversations: 0,
    };
    store.add_project(USER, &project).await.unwrap();
    assert!(matches!(store.accept_message(&new_message(1, "hello"), 100).await.unwrap(), Acceptance::New { .. }));
    let moved = ConversationPatch { project_id: Some(Some(id)), ..ConversationPatch::default() };
    assert!(store.change_conversation(USER, CONVERSATION, &moved).await.unwrap());
    let full = Project { conversations: 1, ..project.clone() };
    assert_eq!(store.projects(USER).await.unwrap(), std::slice::from_ref(&full));
    assert_eq!(store.project(USER, id).await.unwrap(), Some(full.clone()));
    let page = store.conversations(USER, Shelf::List, Some(id), None, 10).await.unwrap();
    assert_eq!(page.conversations.iter().map(|it| (it.id, it.project_id)).collect::<Vec<_>>(), [(CONVERSATION, Some(id))]);
    let levels = store.settings_levels(USER, Some(CONVERSATION), None).await.unwrap().unwrap();
    assert_eq!(levels.project.map(|it| (it.id, it.settings, it.model)), Some((id, project.settings.clone(), project.model.clone())));

    assert!(store.projects(OTHER).await.unwrap().is_empty() && store.project(OTHER, id).await.unwrap().is_none());
    assert!(!store.set_project(OTHER, &project).await.unwrap() && !store.remove_project(OTHER, id, 200).await.unwrap());

    assert!(store.remove_project(USER, id, 200).await.unwrap() && !store.remove_project(USER, id, 200).await.unwrap());
    assert!(store.projects(USER).await.unwrap().is_empty());
    assert_eq!(store.conversation(USER, CONVERSATION).await.unwrap().unwrap().0.project_id, None);
    assert!(store.settings_levels(USER, Some(CONVERSATION), None).await.unwrap().unwrap().project.is_none());
    assert!(!store.restore_project(OTHER, id).await.unwrap() && store.restore_project(USER, id).await.unwrap());
    assert_eq!(store.project(USER, id).await.unwrap(), Some(full));

    let renamed = Project { name: "Diss".to_owned(), archived: true, model: None, ..project };
    assert!(store.set_project(USER, &renamed).await.unwrap());
    assert_eq!(store.project(USER, id).await.unwrap(), Some(Project { conversations: 1, ..renamed }));
    let out = ConversationPatch { project_id: Some(None), ..ConversationPatch::default() };
    assert!(store.change_conversation(USER, CONVERSATION, &out).await.unwrap());
    assert_eq!(store.project(USER, id).await.unwrap().unwrap().conversations, 0);
}

/// Each level has its own; a conversation begins with those of its first message.
pub async fn settings_belong_to_their_level(store: &dyn Repositories) {
    let seed = |seed| Settings { seed: Some(seed), ..Settings::default() };
    let first = NewMessage { settings: seed(1), ..new_message(1, "hello") };
    assert!(matches!(store.accept_message(&first, 100).await.unwrap(), Acceptance::New { .. }));
    store.set_user_settings(USER, &seed(2)).await.unwrap();
    store.set_server_settings(&seed(3)).await.unwrap();
    let levels = store.settings_levels(USER, Some(CONVERSATION), None).await.unwrap().unwrap();
    assert_eq!((levels.conversation, levels.user, levels.server), (seed(1), seed(2), seed(3)));
    let others = store.settings_levels(OTHER, None, None).await.unwrap().unwrap();
    assert_eq!((others.user, others.server, store.server_settings().await.unwrap()), (Settings::default(), seed(3), seed(3)));
    assert!(store.settings_levels(OTHER, Some(CONVERSATION), None).await.unwrap().is_none());
    assert!(!store.set_conversation_settings(OTHER, CONVERSATION, &seed(4)).await.unwrap());
    assert!(store.set_conversation_settings(USER, CONVERSATION, &Settings::default()).await.unwrap());
    let levels = store.settings_levels(USER, Some(CONVERSATION), None).await.unwrap().unwrap();
    assert!(levels.conversation.is_empty() && levels.project.is_none());
}

/// Other branches are not on it.
pub async fn a_path_leads_from_the_first_message_to_the_named_one(store: &dyn Repositories) {
    send(store, 1, "one", 100).await;
    send(store, 3, "two", 200).await;
    let edited = NewMessage { edits: Some(message_id(3)), ..new_message(5, "three") };
    assert!(matches!(store.accept_message(&edited, 300).await.unwrap(), Acceptance::New { .. }));
    assert_eq!(ids(&store.path_to(USER, message_id(4)).await.unwrap()), [1, 2, 3, 4]);
    assert_eq!(ids(&store.path_to(USER, message_id(6)).await.unwrap()), [1, 2, 5, 6]);
}

/// The texts are read by it.
pub async fn an_outline_is_the_conversation_without_its_texts(store: &dyn Repositories) {
    send(store, 1, "hello", 100).await;
    let ended = end(store, 2, &"there".repeat(1_000), Status::Complete, 200).await;
    let (rev, mut outline) = store.outline(USER, CONVERSATION).await.unwrap().unwrap();
    assert_eq!(rev, ended);
    assert_eq!(outline.iter().map(|it| it.id.0.as_u128()).collect::<Vec<_>>(), [1, 2]);
    assert!(outline[0].parent_id.is_none() && outline[1].parent_id == Some(message_id(1)));
    assert!(outline[1].bytes >= 5_000 && outline[0].bytes < 5_000);
    assert_eq!(store.conversation_bytes(CONVERSATION).await.unwrap(), 5 + 5_000);
    assert!(store.stored_bytes(CONVERSATION).await.unwrap() >= 5_005);
    outline.reverse();
    assert_eq!(ids(&store.outlined(USER, &outline).await.unwrap()), [2, 1]);
    assert!(store.outlined(OTHER, &outline).await.unwrap().is_empty());
}

/// An unfinished answer is found from its end on, and nothing by another user.
pub async fn a_search_finds_titles_questions_and_finished_answers(store: &dyn Repositories) {
    send(store, 1, "Where are the harbours?", 100).await;
    let found = async |user, query: &str| {
        let page = store.search(user, query, None, 10, Duration::from_secs(60)).await.unwrap();
        page.results.into_iter().map(|result| (result.conversation_id, result.message_id)).collect::<Vec<_>>()
    };
    assert_eq!(found(USER, "tides").await, [(CONVERSATION, None)]);
    assert_eq!(found(USER, "harbours").await, [(CONVERSATION, Some(message_id(1)))]);
    end(store, 2, "By the lighthouse.", Status::Complete, 200).await;
    assert_eq!(found(USER, "lighthouse").await, [(CONVERSATION, Some(message_id(2)))]);
    assert_eq!(found(USER, "lighthouse whale").await, []);
    assert_eq!(found(OTHER, "lighthouse").await, []);
    assert!(store.searches_at_once() >= 2);
}

/// The month of reservations.
const MONTH: Month = Month::from_number(24_323);

/// A reservation for the answer `n` of `user`: 10 tokens of a prompt, 100 of an answer, each for a billionth.
fn wanted(user: UserId, n: u128) -> Reservation {
    let tokens = TokenPrices { input_nanos: 1_000_000, cached_input_nanos: None, output_nanos: 1_000_000 };
    Reservation {
        user,
        answer: message_id(n),
        month: MONTH,
        provider: "provider".into(),
        model: "model".into(),
        price: Some(ModelPrice { currency: euro(), tokens }),
        input_tokens: 10,
        output_tokens: 100,
        begun_with: 0,
    }
}

fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

async fn used(store: &dyn Repositories, user: UserId) -> (u64, u64) {
    let used = store.budget_used(user, MONTH, Some(euro())).await.unwrap().unwrap();
    (used.nanos, used.tokens)
}

/// Prices and their currency are read as they were written last.
pub async fn prices_are_replaced_as_a_whole(store: &dyn Repositories) {
    assert_eq!(store.prices().await.unwrap(), Prices::default());
    let tokens = TokenPrices { input_nanos: 1, cached_input_nanos: Some(0), output_nanos: 9_000_000_000_000_000 };
    let price = |model: Option<&str>, since| Price { provider: "p".into(), model: model.map(str::to_owned), since, tokens };
    let prices = Prices { currency: Some(euro()), prices: vec![price(None, 0), price(Some("m"), 0), price(Some("m"), 5)] };
    store.set_prices(&prices).await.unwrap();
    assert_eq!(store.prices().await.unwrap(), prices);
    let fewer = Prices { currency: Currency::parse("USD"), prices: vec![price(Some("m"), 7)] };
    store.set_prices(&fewer).await.unwrap();
    assert_eq!(store.prices().await.unwrap(), fewer);
}

/// A user's own budget applies in place of that of the user's role.
pub async fn a_budget_is_ones_own_or_the_default(store: &dyn Repositories) {
    let budget_of = async |user| store.budget_used(user, MONTH, None).await.unwrap().map(|used| used.budget);
    assert_eq!(budget_of(USER).await, Some(Budget::default()));
    let account = Budget { nanos: Some(5), tokens: None };
    let defaults = DefaultBudgets { guest: Budget { nanos: None, tokens: Some(1) }, account };
    store.set_default_budgets(&defaults).await.unwrap();
    assert_eq!(store.default_budgets().await.unwrap(), defaults);
    let of_role = budget_of(USER).await.unwrap();
    assert!(of_role == defaults.guest || of_role == defaults.account);
    let own = Budget { nanos: None, tokens: Some(7) };
    assert!(store.set_budget(USER, Some(own)).await.unwrap());
    assert_eq!((budget_of(USER).await, budget_of(OTHER).await), (Some(own), Some(of_role)));
    assert!(store.set_budget(USER, Some(Budget::default())).await.unwrap());
    assert_eq!(budget_of(USER).await, Some(Budget::default()), "unlimited, whatever the default is");
    assert!(store.set_budget(USER, None).await.unwrap());
    assert_eq!(budget_of(USER).await, Some(of_role));
    let nobody = UserId(Uuid::from_u128(99));
    assert!(!store.set_budget(nobody, Some(own)).await.unwrap());
    assert_eq!(store.budget_used(nobody, MONTH, None).await.unwrap(), None);
}

/// Reservations never exceed a budget together, and fill it.
pub async fn reservations_fit_into_the_budget_together(store: &dyn Repositories) {
    assert_eq!(store.reserve(&wanted(USER, 1), Some(euro())).await.unwrap(), Reserved::Unlimited);
    store.set_budget(USER, Some(Budget { nanos: Some(250), tokens: None })).await.unwrap();
    let granted = async |n| match store.reserve(&wanted(USER, n), Some(euro())).await.unwrap() {
        Reserved::Granted(granted) => Some(granted.output_tokens),
        Reserved::Refused(_) => None,
        Reserved::Unlimited => panic!("the user has a budget"),
    };
    assert_eq!(used(store, USER).await, (110, 110), "what was reserved without a budget counts");
    assert_eq!((granted(1).await, granted(3).await, granted(5).await), (Some(100), Some(100), Some(20)));
    assert_eq!(granted(7).await, None);
    assert_eq!((granted(3).await, used(store, USER).await.0), (Some(100), 250), "again for the same answer");
    let more = Reservation { output_tokens: 1_000, ..wanted(USER, 3) };
    assert_eq!(store.reserve(&more, Some(euro())).await.unwrap(), Reserved::Granted(Reservation { output_tokens: 100, ..more.clone() }));
    store.set_budget(USER, Some(Budget { nanos: None, tokens: Some(260) })).await.unwrap();
    assert_eq!(granted(7).await, None);
    store.set_budget(USER, Some(Budget { nanos: None, tokens: Some(261) })).await.unwrap();
    assert_eq!(granted(7).await, Some(1));
    let next = Reservation { month: MONTH.next(), ..wanted(USER, 9) };
    assert_eq!(store.reserve(&next, Some(euro())).await.unwrap(), Reserved::Granted(next), "another month");
    assert_eq!(used(store, OTHER).await, (0, 0));
}

/// The end of an answer records what it used in place of what it reserved.
pub async fn the_end_of_an_answer_settles_its_reservation(store: &dyn Repositories) {
    send(store, 1, "question", 1_000).await;
    let reservation = wanted(USER, 2);
    store.reserve(&reservation, Some(euro())).await.unwrap();
    let counted = Usage { input_tokens: 9, output_tokens: 4, reasoning_tokens: Some(1), ..Usage::default() };
    let spent = reservation.spent(counted);
    let ending = Ending { usage: Some(spent.usage), spent: Some(spent.clone()), ..ending(2, "answer", Status::Complete) };
    store.save_answers(&[], &[], &[ending], None, 1_010).await.unwrap();
    assert_eq!(used(store, USER).await, (13, 13));
    assert_eq!(message(store, 2).await.usage, Some(spent.usage));
    let models = store.month_usage(USER, MONTH).await.unwrap();
    assert_eq!((models.len(), models[0].provider.as_str(), models[0].sum.answers), (1, "provider", 1));
    assert_eq!(models[0].sum.costs, [Cost { nanos: 13, currency: euro() }]);
    assert_eq!(store.conversation_usage(USER, CONVERSATION).await.unwrap(), Some(vec![(message_id(2), spent.usage)]));
    assert_eq!(store.conversation_usage(OTHER, CONVERSATION).await.unwrap(), None);
    store.set_budget(OTHER, Some(Budget::default())).await.unwrap();
    let users = store.users_usage(MONTH, 10).await.unwrap();
    assert_eq!(users.iter().map(|user| (user.user_id, user.models.len(), user.own_budget.is_some())).collect::<Vec<_>>().len(), 2);
    assert!(users.iter().any(|user| user.user_id == USER && user.models == models));
    assert!(store.month_usage(USER, MONTH.next()).await.unwrap().is_empty());
    // Removing the conversation gives nothing back.
    store.remove_conversation(USER, CONVERSATION, 1_020).await.unwrap();
    assert_eq!((used(store, USER).await, store.conversation_usage(USER, CONVERSATION).await.unwrap()), ((13, 13), None));
}

/// An answer that a restart interrupted used its prompt and what was saved of it.
pub async fn a_restart_settles_reservations_by_what_is_written(store: &dyn Repositories) {
    send(store, 1, "question", 1_000).await;
    store.reserve(&wanted(USER, 2), Some(euro())).await.unwrap();
    store.save_answers(&[Gain(message_id(2), 0, "word ".repeat(4))], &[], &[], None, 1_010).await.unwrap();
    store.recover_answers(&Reason::Restarted.into(), 2_000).await.unwrap();
    assert_eq!(used(store, USER).await, (15, 15), "10 of the prompt, and 5 written");
    let usage = message(store, 2).await.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens, usage.estimated, usage.cost.map(|cost| cost.nanos)), (10, 5, true, Some(15)));
    store.recover_answers(&Reason::Restarted.into(), 3_000).await.unwrap();
    assert_eq!(used(store, USER).await, (15, 15), "once");
    // What it used before counts when it is continued.
    let (reopened, _) = store.reopen_answer(USER, message_id(2), 4_000).await.unwrap().unwrap();
    assert_eq!(reopened.usage, Some(usage));
    store.tell_unfinished(USER, message_id(2), None, 1, Vec::new(), 4_010).await.unwrap();
    assert_eq!(message(store, 2).await.usage, Some(usage));
}
