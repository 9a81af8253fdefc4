#![allow(clippy::unwrap_used)]
use holdfast_protocol::{
    Role, Status,
    connection::Outbox,
    frame::{Chat, Sync},
    message::Message,
    transcript::Transcript,
};
use uuid::Uuid;

use super::*;
use crate::markdown::Tail;

const HERE: ConversationId = ConversationId(Uuid::from_u128(1));

fn message(n: u128, role: Role, content: &str, status: Status) -> Message {
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
        left_out: 0,
    }
}

fn transcript(messages: Vec<Message>) -> Transcript {
    let mut transcript = Transcript::new(HERE);
    transcript.apply_sync(Sync { conversation_id: HERE, cursor: 9, since: 0, messages, more: false });
    transcript
}

/// A frame of a server that tells no more than it has to.
fn listed(conversation_id: ConversationId, title: &str, answering: bool) -> Listed {
    Listed { title: title.into(), answering, removed: false, ..Listed::removed(conversation_id) }
}

fn entry(n: u128) -> Entry {
    Entry::new(Chat { conversation_id: Some(HERE), ..Chat::new(MessageId(Uuid::from_u128(n)), "hello") })
}

fn with_live(test: impl FnOnce(Live)) {
    let boot = Boot {
        base: "/chat".into(),
        language: Default::default(),
        chosen_language: None,
        user: None,
        guests: true,
        signup: Default::default(),
        message_bytes: 256 * 1024,
        ways: vec![],
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
    Owner::new_root(None).with(|| test(Live::new(&boot, Place::New)));
}

#[test]
fn a_sent_bubble_stays_until_the_message_is_there() {
    with_live(|live| {
        live.show(Some(HERE), None);
        live.set_outbox(&[entry(10)], 0);
        live.set_outbox(&[], 0);
        assert_eq!(live.outgoing.get_untracked()[0].stage, Stage::Landed);
        live.update(&transcript(vec![message(10, Role::User, "hello", Status::Accepted)]));
        assert!(live.outgoing.get_untracked().is_empty());
        assert_eq!(live.turns.get_untracked().len(), 1);
        // The other way round: the message first.
        live.set_outbox(&[entry(11)], 0);
        live.update(&transcript(vec![
            message(10, Role::User, "hello", Status::Accepted),
            message(11, Role::User, "hello", Status::Accepted),
        ]));
        live.set_outbox(&[], 0);
        assert!(live.outgoing.get_untracked().is_empty());
    });
}

#[test]
fn what_waits_for_a_time_says_for_how_long_and_what_is_tried_again_at_once_does_not() {
    with_live(|live| {
        live.show(Some(HERE), None);
        let mut outbox = Outbox::default();
        outbox.add(entry(10));
        let stage = |outbox: &Outbox, now| {
            live.set_outbox(outbox.entries(), now);
            live.outgoing.get_untracked()[0].stage.clone()
        };
        let id = MessageId(Uuid::from_u128(10));
        outbox.refuse(id, Refusal::new(Code::RateLimited, "Too many.").retry_after(3_000), 100);
        assert_eq!(stage(&outbox, 100), Stage::Later { code: Code::RateLimited, seconds: 3 });
        assert_eq!(stage(&outbox, 2_099), Stage::Later { code: Code::RateLimited, seconds: 2 });
        assert_eq!(stage(&outbox, 3_100), Stage::Queued);
        outbox.refuse(id, Refusal::new(Code::Busy, "").retry_after(1_000), 4_000);
        assert_eq!(stage(&outbox, 4_000), Stage::Queued);
    });
}

#[test]
fn what_is_taken_back_is_gone() {
    with_live(|live| {
        live.show(Some(HERE), None);
        live.set_outbox(&[entry(10)], 0);
        live.withdrawn(MessageId(Uuid::from_u128(10)));
        live.set_outbox(&[], 0);
        assert!(live.outgoing.get_untracked().is_empty());
    });
}

#[test]
fn growing_keeps_the_message_and_finished_pieces() {
    with_live(|live| {
        live.show(Some(HERE), Some(&transcript(vec![message(12, Role::Assistant, "One.\n\nTw", Status::Streaming)])));
        let turn = live.turns.get_untracked()[0].clone();
        live.grow(turn.id, "One.\n\nTwo.\n\nThr");
        assert_eq!(turn.blocks.get_untracked().iter().map(|block| block.html.to_string()).collect::<Vec<_>>(), ["<p>One.</p>"]);
        live.grow(turn.id, "One.\n\nTwo.\n\nThree\n");
        assert_eq!(turn.blocks.get_untracked().len(), 2);
        assert_eq!(turn.tail.get_untracked(), Tail::Html("<p>Three</p>".into()));
        live.update(&transcript(vec![message(12, Role::Assistant, "One.\n\nTwo.\n\nThree\n", Status::Complete)]));
        assert_eq!(turn.blocks.get_untracked().len(), 3);
        assert_eq!(turn.tail.get_untracked(), Tail::default());
        assert_eq!(turn.head.get_untracked().status, Status::Complete);
    });
}

#[test]
fn footnotes_of_answers_of_the_same_moment_are_apart() {
    with_live(|live| {
        live.show(Some(HERE), None);
        // As UUIDv7 has it: the time before, what is random behind.
        let now = 0x0199_a000_1234_7000_8000_0000_0000_0000_u128;
        let noted = |n| message(n, Role::Assistant, "So[^n].\n\n[^n]: Why.", Status::Complete);
        live.update(&transcript(vec![noted(now | 1), Message { parent_id: Some(MessageId(Uuid::from_u128(now | 1))), ..noted(now | 2) }]));
        let turns = live.turns.read_untracked();
        let ids: Vec<String> = turns
            .iter()
            .map(|turn| {
                let html: String = turn.blocks.read_untracked().iter().map(|block| block.html.to_string()).collect();
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
    with_live(|live| {
        live.show(Some(HERE), Some(&transcript(vec![message(10, Role::User, "hello", Status::Accepted)])));
        assert!(live.arrived.get_untracked());
        live.show(Some(ConversationId(Uuid::from_u128(2))), None);
        assert!(live.turns.get_untracked().is_empty() && !live.arrived.get_untracked());
        live.update(&transcript(vec![message(10, Role::User, "hello", Status::Accepted)]));
        assert!(live.turns.get_untracked().is_empty(), "a late update of the other");
    });
}

#[test]
fn a_listed_conversation_moves_up_when_it_answers() {
    with_live(|live| {
        let other = ConversationId(Uuid::from_u128(2));
        live.listed(listed(HERE, "One", false));
        live.clock.update(|clock| clock.now = 2_000);
        live.listed(listed(other, "Two", false));
        let order = || live.list.get_untracked().iter().map(|item| item.id).collect::<Vec<_>>();
        assert_eq!(order(), [other, HERE]);
        live.clock.update(|clock| clock.now = 3_000);
        live.listed(listed(HERE, "One!", true));
        assert_eq!(order(), [HERE, other]);
        assert_eq!(live.title(HERE).unwrap(), "One!");
        live.listed(Listed::removed(HERE));
        assert_eq!(order(), [other]);
    });
}

#[test]
fn another_version_is_shown_and_what_is_edited_makes_room() {
    with_live(|live| {
        let follows = |parent: u128, message| Message { parent_id: Some(MessageId(Uuid::from_u128(parent))), ..message };
        let transcript = transcript(vec![
            message(10, Role::User, "one", Status::Accepted),
            follows(10, message(11, Role::Assistant, "first", Status::Complete)),
            follows(11, message(12, Role::User, "two", Status::Accepted)),
            follows(10, message(13, Role::Assistant, "second", Status::Streaming)),
        ]);
        let shown = |live: &Live| live.turns.get_untracked().iter().map(|turn| turn.id.0.as_u128()).collect::<Vec<_>>();
        live.show(Some(HERE), Some(&transcript));
        assert_eq!(shown(&live), [10, 13]);
        assert_eq!(live.follows(&transcript), None);
        assert!(live.answering().is_some());
        let question = live.turns.get_untracked()[0].clone();
        live.choose(MessageId(Uuid::from_u128(11)));
        live.update(&transcript);
        assert_eq!(shown(&live), [10, 11, 12]);
        assert!(live.answering().is_none(), "the other one is being written, out of sight");
        assert_eq!(live.follows(&transcript), Some(MessageId(Uuid::from_u128(12))));
        assert_eq!(live.turns.get_untracked()[1].branch.get_untracked().of, 2);
        assert_eq!(live.turns.get_untracked()[0], question);
        let mut edit = entry(14);
        edit.chat.edits = Some(MessageId(Uuid::from_u128(12)));
        live.set_outbox(&[edit], 0);
        live.update(&transcript);
        assert_eq!(shown(&live), [10, 11]);
        live.withdrawn(MessageId(Uuid::from_u128(14)));
        live.update(&transcript);
        assert_eq!(shown(&live), [10, 11, 12]);
    });
}

#[test]
fn an_archived_conversation_leaves_the_list_and_is_known_where_it_is_shown() {
    with_live(|live| {
        live.listed(Listed { pinned: true, updated_at: Some(7), ..listed(HERE, "One", false) });
        let summary = live.list.read_untracked()[0].summary.get_untracked();
        assert_eq!((summary.pinned, summary.updated_at), (true, 7));
        live.show(Some(HERE), None);
        live.listed(Listed { archived: true, updated_at: Some(7), ..listed(HERE, "One", false) });
        assert!(live.list.read_untracked().is_empty());
        assert_eq!(live.title(HERE).as_deref(), Some("One"));
        live.listed(Listed { updated_at: Some(7), ..listed(HERE, "One", false) });
        assert_eq!(live.list.read_untracked().len(), 1);
    });
}
