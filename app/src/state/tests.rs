#![allow(clippy::unwrap_used)]
use holdfast_client::{connection::Outbox, transcript::Transcript};
use holdfast_protocol::{
    Author, Code, Reason, Status,
    api::ConversationPage,
    frame::{Chat, Sync},
    message::Message,
    step::{Step, StepKind},
};
use uuid::Uuid;

use super::*;
use crate::markdown::Tail;

const HERE: ConversationId = ConversationId(Uuid::from_u128(1));

fn new_message(n: u128, role: Author, content: &str, status: Status) -> Message {
    Message {
        id: MessageId(Uuid::from_u128(n)),
        conversation_id: HERE,
        parent_id: None,
        role,
        content: content.into(),
        status,
        provider: None,
        model: None,
        created_at: n as u64,
        rev: n as u64,
        at: 0,
        error: None,
        usage: None,
        sources: vec![],
        steps: vec![],
        attachments: vec![],
        left_out: 0,
        ignored: Vec::new(),
    }
}

fn transcript(messages: Vec<Message>) -> Transcript {
    let mut transcript = Transcript::new(HERE);
    transcript.apply_sync(Sync { conversation_id: HERE, cursor: 9, since: 0, messages, more: false });
    transcript
}

/// A frame with only the required fields.
fn listed(conversation_id: ConversationId, title: &str, answering: bool) -> Listed {
    Listed { title: title.into(), answering, removed: false, ..Listed::removed(conversation_id) }
}

fn entry(n: u128) -> Entry {
    Entry::new(Chat { conversation_id: Some(HERE), ..Chat::new(MessageId(Uuid::from_u128(n)), "hello") })
}

fn with_state(test: impl FnOnce(AppState)) {
    let page_data = PageData {
        suggestions: Default::default(),
        base: "/chat".into(),
        language: Default::default(),
        chosen_language: None,
        user: None,
        guests: true,
        signup: Default::default(),
        message_bytes: 256 * 1024,
        sign_in_methods: vec![],
        problem: None,
        over: None,
        conversations: ConversationPage { conversations: vec![], next: None },
        pinned: vec![],
        archived: None,
        left_out: false,
        conversation: None,
        before: 0,
        whole: false,
        found: None,
        models: vec![],
        now: 1_000,
    };
    Owner::new_root(None).with(|| test(AppState::new(&page_data, Route::New)));
}

#[test]
fn a_sent_bubble_stays_until_the_message_is_there() {
    with_state(|state| {
        state.show(Some(HERE), None);
        state.set_outbox(&[entry(10)], 0);
        state.set_outbox(&[], 0);
        assert_eq!(state.sending.outgoing.get_untracked()[0].stage, Stage::Landed);
        state.update(&transcript(vec![new_message(10, Author::User, "hello", Status::Accepted)]));
        assert!(state.sending.outgoing.get_untracked().is_empty());
        assert_eq!(state.open.messages.get_untracked().len(), 1);
        // In the other order: the message first.
        state.set_outbox(&[entry(11)], 0);
        state.update(&transcript(vec![
            new_message(10, Author::User, "hello", Status::Accepted),
            new_message(11, Author::User, "hello", Status::Accepted),
        ]));
        state.set_outbox(&[], 0);
        assert!(state.sending.outgoing.get_untracked().is_empty());
    });
}

#[test]
fn what_waits_for_a_time_says_for_how_long_and_what_is_tried_again_at_once_does_not() {
    with_state(|state| {
        state.show(Some(HERE), None);
        let mut outbox = Outbox::default();
        outbox.add(entry(10));
        let stage = |outbox: &Outbox, now| {
            state.set_outbox(outbox.entries(), now);
            state.sending.outgoing.get_untracked()[0].stage.clone()
        };
        let id = MessageId(Uuid::from_u128(10));
        outbox.refuse(id, Reason::TooManyMessages.error().limited(3_000), 100);
        assert_eq!(stage(&outbox, 100), Stage::Later { code: Code::RateLimited, seconds: 3 });
        assert_eq!(stage(&outbox, 2_099), Stage::Later { code: Code::RateLimited, seconds: 2 });
        assert_eq!(stage(&outbox, 3_100), Stage::Queued);
        outbox.refuse(id, Reason::ServerUnreachable.error().retry_after(1_000), 4_000);
        assert_eq!(stage(&outbox, 4_000), Stage::Queued);
    });
}

#[test]
fn what_is_taken_back_is_gone() {
    with_state(|state| {
        state.show(Some(HERE), None);
        state.set_outbox(&[entry(10)], 0);
        state.sending.withdrawn(MessageId(Uuid::from_u128(10)));
        state.set_outbox(&[], 0);
        assert!(state.sending.outgoing.get_untracked().is_empty());
    });
}

#[test]
fn growing_keeps_the_message_and_finished_pieces() {
    with_state(|state| {
        state.show(Some(HERE), Some(&transcript(vec![new_message(12, Author::Assistant, "One.\n\nTw", Status::Streaming)])));
        let message = state.open.messages.get_untracked()[0].clone();
        let steps = vec![Step { content: "Hm.".into(), ..Step::started(0, StepKind::Reasoning, 0, 1) }];
        let grow = |text| state.open.grow(&Message { steps: steps.clone(), ..new_message(12, Author::Assistant, text, Status::Streaming) });
        grow("One.\n\nTwo.\n\nThr");
        let shown = message.steps.get_untracked();
        assert_eq!((shown.len(), shown[0].content.source()), (1, "Hm.".into()));
        assert_eq!(shown[0].head.get_untracked().took, None);
        assert_eq!(message.written.blocks.get_untracked().iter().map(|block| block.html.to_string()).collect::<Vec<_>>(), ["<p>One.</p>"]);
        grow("One.\n\nTwo.\n\nThree\n");
        assert_eq!(message.written.blocks.get_untracked().len(), 2);
        assert_eq!(message.written.tail.get_untracked(), Tail::Html("<p>Three</p>".into()));
        state.update(&transcript(vec![new_message(12, Author::Assistant, "One.\n\nTwo.\n\nThree\n", Status::Complete)]));
        assert_eq!(message.written.blocks.get_untracked().len(), 3);
        assert_eq!(message.written.tail.get_untracked(), Tail::default());
        assert_eq!(message.head.get_untracked().status, Status::Complete);
    });
}

#[test]
fn footnotes_of_answers_of_the_same_moment_are_apart() {
    with_state(|state| {
        state.show(Some(HERE), None);
        // A UUIDv7: the time first, then random bits.
        let now = 0x0199_a000_1234_7000_8000_0000_0000_0000_u128;
        let noted = |n| new_message(n, Author::Assistant, "So[^n].\n\n[^n]: Why.", Status::Complete);
        state.update(&transcript(vec![noted(now | 1), Message { parent_id: Some(MessageId(Uuid::from_u128(now | 1))), ..noted(now | 2) }]));
        let messages = state.open.messages.read_untracked();
        let ids: Vec<String> = messages
            .iter()
            .map(|message| {
                let html: String = message.written.blocks.read_untracked().iter().map(|block| block.html.to_string()).collect();
                let (_, id) = html.split_once("id=\"").unwrap();
                id.split('"').next().unwrap().to_owned()
            })
            .collect();
        assert_eq!(ids.len(), 2);
        assert_ne!(ids[0], ids[1]);
    });
}

#[test]
fn another_conversation_shows_nothing_of_the_one_before() {
    with_state(|state| {
        state.show(Some(HERE), Some(&transcript(vec![new_message(10, Author::User, "hello", Status::Accepted)])));
        assert!(state.open.arrived.get_untracked());
        state.show(Some(ConversationId(Uuid::from_u128(2))), None);
        assert!(state.open.messages.get_untracked().is_empty() && !state.open.arrived.get_untracked());
        state.update(&transcript(vec![new_message(10, Author::User, "hello", Status::Accepted)]));
        assert!(state.open.messages.get_untracked().is_empty(), "a late update of the other");
    });
}

#[test]
fn a_listed_conversation_moves_up_when_it_answers() {
    with_state(|state| {
        let other = ConversationId(Uuid::from_u128(2));
        state.listed(listed(HERE, "One", false));
        state.clock.update(|clock| clock.now = 2_000);
        state.listed(listed(other, "Two", false));
        let sort = || state.list.items.get_untracked().iter().map(|item| item.id).collect::<Vec<_>>();
        assert_eq!(sort(), [other, HERE]);
        state.clock.update(|clock| clock.now = 3_000);
        state.listed(listed(HERE, "One!", true));
        assert_eq!(sort(), [HERE, other]);
        assert_eq!(state.title(HERE).unwrap(), "One!");
        state.listed(Listed::removed(HERE));
        assert_eq!(sort(), [other]);
    });
}

#[test]
fn another_version_is_shown_and_what_is_edited_makes_room() {
    with_state(|state| {
        let follows = |parent: u128, message| Message { parent_id: Some(MessageId(Uuid::from_u128(parent))), ..message };
        let transcript = transcript(vec![
            new_message(10, Author::User, "one", Status::Accepted),
            follows(10, new_message(11, Author::Assistant, "first", Status::Complete)),
            follows(11, new_message(12, Author::User, "two", Status::Accepted)),
            follows(10, new_message(13, Author::Assistant, "second", Status::Streaming)),
        ]);
        let shown = |state: &AppState| state.open.messages.get_untracked().iter().map(|message| message.id.0.as_u128()).collect::<Vec<_>>();
        state.show(Some(HERE), Some(&transcript));
        assert_eq!(shown(&state), [10, 13]);
        assert_eq!(state.open.follows(&transcript), None);
        assert!(state.open.answering().is_some());
        let question = state.open.messages.get_untracked()[0].clone();
        state.open.choose(MessageId(Uuid::from_u128(11)));
        state.update(&transcript);
        assert_eq!(shown(&state), [10, 11, 12]);
        assert!(state.open.answering().is_none(), "the other one is being written, out of sight");
        assert_eq!(state.open.follows(&transcript), Some(MessageId(Uuid::from_u128(12))));
        assert_eq!(state.open.messages.get_untracked()[1].branch.get_untracked().of, 2);
        assert_eq!(state.open.messages.get_untracked()[0], question);
        let mut edit = entry(14);
        edit.chat.edits = Some(MessageId(Uuid::from_u128(12)));
        state.set_outbox(&[edit], 0);
        state.update(&transcript);
        assert_eq!(shown(&state), [10, 11]);
        state.sending.withdrawn(MessageId(Uuid::from_u128(14)));
        state.update(&transcript);
        assert_eq!(shown(&state), [10, 11, 12]);
    });
}

#[test]
fn an_archived_conversation_leaves_the_list_and_is_known_where_it_is_shown() {
    with_state(|state| {
        state.listed(Listed { pinned: true, updated_at: Some(7), ..listed(HERE, "One", false) });
        let summary = state.list.items.read_untracked()[0].summary.get_untracked();
        assert_eq!((summary.pinned, summary.updated_at), (true, 7));
        state.show(Some(HERE), None);
        state.listed(Listed { archived: true, updated_at: Some(7), ..listed(HERE, "One", false) });
        assert!(state.list.items.read_untracked().is_empty());
        assert_eq!(state.title(HERE).as_deref(), Some("One"));
        state.listed(Listed { updated_at: Some(7), ..listed(HERE, "One", false) });
        assert_eq!(state.list.items.read_untracked().len(), 1);
    });
}
