#![allow(clippy::unwrap_used)]
use holdfast_protocol::{
    ApiError, Code, Reason,
    api::{Conversation, ConversationSummary, Grant, Role},
    frame::{Accepted, Chat, ClientFrame, Listed, Ready, Regenerate, ServerFrame, Sync},
    id::{MessageId, UserId},
    message::{Author, Message, Status},
};
use uuid::Uuid;

use super::*;
use crate::transcript::tests::message;

const USER: UserId = UserId(Uuid::from_u128(7));

fn grant(life: Millis) -> Grant {
    let user = User { id: USER, username: "Guest".into(), role: Role::Guest };
    Grant { access_token: "token".into(), expires_at: life, expires_in_ms: life, user }
}

fn ready() -> ServerFrame {
    ServerFrame::Ready(Ready {
        user_id: USER,
        username: "Guest".into(),
        conversation_id: None,
        heartbeat_ms: 30_000,
        expires_at: 0,
        version: "1".into(),
    })
}

fn actions(connection: &mut Connection) -> Vec<Action> {
    std::iter::from_fn(|| connection.poll_action()).collect()
}

fn events(connection: &mut Connection) -> Vec<Event> {
    std::iter::from_fn(|| connection.poll_event()).collect()
}

fn socket_asked_for(connection: &mut Connection) -> Attempt {
    let asked = actions(connection).into_iter().find_map(|action| match action {
        Action::OpenSocket { attempt } => Some(attempt),
        _ => None,
    });
    asked.expect("a socket is asked for")
}

fn sent(connection: &mut Connection) -> Vec<ClientFrame> {
    let frames = actions(connection).into_iter().filter_map(|action| match action {
        Action::Send { frame, .. } => Some(frame),
        _ => None,
    });
    frames.collect()
}

/// Returns a connection that has been live over a socket since time 0.
fn live() -> (Connection, Attempt) {
    let mut connection = Connection::new(Timing::default(), 1);
    connection.start(0);
    assert_eq!(actions(&mut connection), [Action::FetchToken { guest: false }]);
    connection.handle_token(0, grant(1_800_000));
    let attempt = socket_asked_for(&mut connection);
    connection.handle_opened(0, attempt);
    assert!(matches!(sent(&mut connection)[..], [ClientFrame::Initial(_)]));
    connection.handle_frame(0, attempt, ready());
    events(&mut connection);
    (connection, attempt)
}

fn until_waiting_is_over(connection: &mut Connection) -> Millis {
    let at = connection.poll_timeout().expect("it waits for something");
    connection.handle_timeout(at);
    at
}

fn chat_in(conversation: Option<ConversationId>, n: u128) -> Entry {
    Entry::new(Chat { conversation_id: conversation, ..Chat::new(MessageId(Uuid::from_u128(n)), "hello") })
}

fn summary(id: ConversationId) -> ConversationSummary {
    ConversationSummary {
        id,
        title: String::new(),
        created_at: 0,
        updated_at: 0,
        answering: true,
        pinned: false,
        archived: false,
        provider: None,
        model: None,
        project_id: None,
    }
}

#[test]
fn nobody_there_means_nothing_to_connect_for() {
    let connection = Connection::new(Timing::default(), 1);
    assert_eq!(connection.presence(0), Presence::Ready);
    assert_eq!(connection.poll_timeout(), None);
}

#[test]
fn a_guest_begins_with_the_first_message() {
    let mut connection = Connection::new(Timing::default(), 1);
    connection.submit(0, chat_in(None, 5));
    assert_eq!(actions(&mut connection), [Action::FetchToken { guest: true }]);
    connection.handle_token(0, grant(1_800_000));
    let begun = ConversationId::created_by(USER, MessageId(Uuid::from_u128(5)));
    assert!(events(&mut connection).contains(&Event::ConversationCreated(MessageId(Uuid::from_u128(5)), begun)));
    let attempt = socket_asked_for(&mut connection);
    connection.handle_opened(1, attempt);
    connection.handle_frame(2, attempt, ready());
    let frames = sent(&mut connection);
    assert!(matches!(&frames[..], [ClientFrame::Initial(_), ClientFrame::Chat(chat)] if chat.conversation_id == Some(begun)), "{frames:?}");
}

#[test]
fn after_a_cut_it_says_what_it_has_and_sends_again_what_was_not_accepted() {
    let (mut connection, attempt) = live();
    let id = ConversationId(Uuid::from_u128(1));
    connection.follow(0, Some(id));
    assert!(matches!(&sent(&mut connection)[..], [ClientFrame::Open(open)] if open.cursor.is_none()));
    let messages = vec![message(10, Author::User, "hi", Status::Accepted, 1)];
    connection.handle_frame(1, attempt, ServerFrame::Sync(Sync { conversation_id: id, cursor: 1, since: 0, messages, more: false }));
    connection.submit(2, chat_in(Some(id), 11));
    assert!(matches!(&sent(&mut connection)[..], [ClientFrame::Chat(_)]));
    let answer = Message { conversation_id: id, ..message(12, Author::Assistant, "", Status::Streaming, 2) };
    connection.handle_frame(3, attempt, ServerFrame::Message { conversation_id: id, cursor: 2, message: answer });
    let chunk = ServerFrame::Chunk { conversation_id: id, answer_id: MessageId(Uuid::from_u128(12)), at: 0, content: "héllo".into() };
    connection.handle_frame(4, attempt, chunk);
    connection.handle_closed(5, attempt, 1006, "");
    let now = until_waiting_is_over(&mut connection);
    let attempt = socket_asked_for(&mut connection);
    connection.handle_opened(now, attempt);
    connection.handle_frame(now, attempt, ready());
    let frames = sent(&mut connection);
    let open = frames.iter().find_map(|frame| if let ClientFrame::Open(open) = frame { Some(open) } else { None }).unwrap();
    assert_eq!((open.cursor, open.have.get(&MessageId(Uuid::from_u128(12)))), (Some(2), Some(&6)));
    assert!(!frames.iter().any(|frame| matches!(frame, ClientFrame::Chat(_))), "held back while an answer is being written");
    let done = Message { conversation_id: id, ..message(12, Author::Assistant, "héllo", Status::Complete, 3) };
    connection.handle_frame(now, attempt, ServerFrame::Message { conversation_id: id, cursor: 3, message: done });
    assert!(matches!(&sent(&mut connection)[..], [ClientFrame::Chat(chat)] if chat.message_id.0 == Uuid::from_u128(11)));
}

#[test]
fn silence_is_death_after_45_seconds_and_a_probe_finds_it_sooner() {
    let (mut connection, _) = live();
    connection.handle_timeout(44_999);
    assert!(matches!(connection.presence(44_999), Presence::Connected(Transport::Socket)));
    connection.handle_timeout(45_000);
    assert_eq!(connection.presence(45_000), Presence::Connecting, "no flash for a short gap");
    let (mut connection, _) = live();
    connection.handle_visible(40_000, true);
    assert_eq!(sent(&mut connection), [ClientFrame::Ping]);
    connection.handle_timeout(41_500);
    assert!(!matches!(connection.presence(41_500), Presence::Connected(_)));
    let (mut connection, attempt) = live();
    connection.handle_visible(600_000, true);
    assert_eq!(actions(&mut connection)[0], Action::Close { attempt }, "after ten minutes there is nothing to ask");
}

#[test]
fn what_was_on_its_way_does_not_answer_a_probe() {
    let (mut connection, attempt) = live();
    connection.handle_visible(40_000, true);
    assert_eq!(sent(&mut connection), [ClientFrame::Ping]);
    connection.handle_frame(40_100, attempt, ServerFrame::Ping);
    connection.handle_timeout(41_500);
    assert!(matches!(connection.presence(41_500), Presence::Connected(_)), "the answer may be behind it");
    connection.handle_timeout(41_600);
    assert!(!matches!(connection.presence(41_600), Presence::Connected(_)));

    let (mut connection, attempt) = live();
    connection.handle_visible(40_000, true);
    connection.handle_frame(40_100, attempt, ServerFrame::Pong);
    connection.handle_timeout(60_000);
    assert!(matches!(connection.presence(60_000), Presence::Connected(_)));
}

#[test]
fn blocked_sockets_lead_to_the_event_stream_and_a_server_that_is_away_does_not() {
    let mut connection = Connection::new(Timing::default(), 1);
    connection.start(0);
    connection.handle_token(0, grant(1_800_000));
    let id = ConversationId(Uuid::from_u128(1));
    connection.follow(0, Some(id));
    let mut now = 0;
    for _ in 0..3 {
        let attempt = socket_asked_for(&mut connection);
        connection.handle_closed(now, attempt, 1006, "");
        assert_eq!(actions(&mut connection), [Action::FetchToken { guest: false }], "asks why");
        connection.handle_token_failed(now, RequestError::Unreachable);
        now = until_waiting_is_over(&mut connection);
        while actions_have_no_socket(&connection) {
            now = until_waiting_is_over(&mut connection);
        }
    }
    for n in 0..2 {
        let attempt = socket_asked_for(&mut connection);
        connection.handle_closed(now, attempt, 1006, "");
        actions(&mut connection);
        connection.handle_token(now, grant(1_800_000));
        now = until_waiting_is_over(&mut connection);
        if n == 0 {
            while actions_have_no_socket(&connection) {
                now = until_waiting_is_over(&mut connection);
            }
        }
    }
    while connection.out.actions.is_empty() {
        now = until_waiting_is_over(&mut connection);
    }
    let stream = actions(&mut connection);
    let [Action::OpenStream { attempt, open }] = &stream[..] else { panic!("{stream:?}") };
    assert_eq!(open.conversation_id, id);
    connection.handle_opened(now, *attempt);
    connection.handle_timeout(now + 3_000);
    let poll = actions(&mut connection);
    assert!(matches!(&poll[..], [Action::Close { .. }, Action::Poll { wait: 0, .. }]), "{poll:?}");
    let Action::Poll { attempt, .. } = poll[1] else { unreachable!() };
    connection.handle_polled(now + 3_100, attempt, vec![]);
    assert_eq!(connection.presence(now + 3_100), Presence::Connected(Transport::Poll));
    assert!(matches!(&actions(&mut connection)[..], [Action::Poll { wait: 25_000, .. }]));
    // After a minute, an upgrade probe returns to the socket without a gap.
    let upgrade = now + 3_100 + 60_000;
    connection.heard(upgrade);
    connection.handle_timeout(upgrade);
    let attempt = socket_asked_for(&mut connection);
    connection.handle_opened(upgrade, attempt);
    connection.handle_frame(upgrade, attempt, ready());
    assert_eq!(connection.presence(upgrade), Presence::Connected(Transport::Socket));
    assert!(actions(&mut connection).iter().any(|action| matches!(action, Action::Send { frame: ClientFrame::Open(_), .. })));
}

fn actions_have_no_socket(connection: &Connection) -> bool {
    !connection.out.actions.iter().any(|action| matches!(action, Action::OpenSocket { .. } | Action::OpenStream { .. }))
}

#[test]
fn a_drain_is_followed_and_costs_no_transport() {
    let (mut connection, mut attempt) = live();
    for now in [100, 5_000, 9_000, 12_000] {
        connection.handle_frame(now, attempt, ServerFrame::Drain { reconnect_in_ms: 700 });
        connection.handle_closed(now, attempt, 1012, "");
        assert_eq!(connection.poll_timeout(), Some(now + 700));
        connection.handle_timeout(now + 700);
        attempt = socket_asked_for(&mut connection);
        connection.handle_opened(now + 700, attempt);
        connection.handle_frame(now + 700, attempt, ready());
    }
    assert_eq!(connection.transports.fallback.transport(), Transport::Socket);
}

#[test]
fn an_expired_token_is_renewed_and_a_refused_one_is_tried_once() {
    let (mut connection, attempt) = live();
    connection.handle_closed(10, attempt, 1008, "token_expired");
    assert_eq!(actions(&mut connection), [Action::FetchToken { guest: false }]);
    connection.handle_token(11, grant(1_800_000));
    let attempt = socket_asked_for(&mut connection);
    connection.handle_closed(12, attempt, 1008, "token_invalid");
    assert_eq!(actions(&mut connection), [Action::FetchToken { guest: false }]);
    connection.handle_token(13, grant(1_800_000));
    let attempt = socket_asked_for(&mut connection);
    connection.handle_closed(14, attempt, 1008, "token_invalid");
    assert!(matches!(connection.presence(14), Presence::Refused(api_error) if api_error.code == Code::TokenInvalid));
}

#[test]
fn a_token_is_renewed_on_the_living_socket_at_four_fifths_of_its_life() {
    let (mut connection, attempt) = live();
    connection.handle_frame(1_439_000, attempt, ServerFrame::Ping);
    actions(&mut connection);
    connection.handle_timeout(1_440_000);
    assert_eq!(actions(&mut connection), [Action::FetchToken { guest: false }]);
    connection.handle_token(1_440_100, grant(1_800_000));
    assert!(matches!(&sent(&mut connection)[..], [ClientFrame::Auth { .. }]));
}

#[test]
fn a_revoked_session_ends_and_says_why_once() {
    let (mut connection, attempt) = live();
    events(&mut connection);
    let api_error = Reason::AccountSuspended.error();
    connection.handle_frame(10, attempt, api_error.clone().into());
    connection.handle_closed(10, attempt, 1008, "session_revoked");
    let told: Vec<Event> = events(&mut connection).into_iter().filter(|event| !matches!(event, Event::Presence)).collect();
    assert!(matches!(&told[..], [Event::SignedOut(why)] if *why == api_error), "{told:?}");
    assert_eq!(connection.presence(10), Presence::Ready);
}

#[test]
fn the_end_of_the_session_before_does_not_end_the_one_that_was_signed_in_to() {
    let (mut connection, old) = live();
    connection.signed_in(10, grant(1_800_000));
    let asked = actions(&mut connection);
    assert_eq!(asked[0], Action::Close { attempt: old });
    let Some(Action::OpenSocket { attempt }) = asked.last() else { panic!("{asked:?}") };
    connection.handle_frame(11, old, Reason::SessionEnded.error().into());
    connection.handle_closed(11, old, 1008, "session_revoked");
    assert!(!events(&mut connection).iter().any(|event| matches!(event, Event::SignedOut(_) | Event::Refused(_))));
    connection.handle_opened(12, *attempt);
    assert!(matches!(sent(&mut connection)[..], [ClientFrame::Initial(_)]));
}

#[test]
fn a_message_nobody_accepts_shows_that_the_socket_is_dead() {
    let (mut connection, attempt) = live();
    connection.submit(100, chat_in(Some(ConversationId(Uuid::from_u128(1))), 11));
    actions(&mut connection);
    connection.handle_timeout(10_100);
    assert_eq!(actions(&mut connection)[0], Action::Close { attempt });
    assert_eq!(connection.outbox().waiting(), 1);
}

#[test]
fn a_gap_in_an_answer_is_asked_for() {
    let (mut connection, attempt) = live();
    let id = ConversationId(Uuid::from_u128(1));
    connection.follow(0, Some(id));
    let messages = vec![message(12, Author::Assistant, "one", Status::Streaming, 1)];
    connection.handle_frame(1, attempt, ServerFrame::Sync(Sync { conversation_id: id, cursor: 1, since: 0, messages, more: false }));
    actions(&mut connection);
    let chunk = ServerFrame::Chunk { conversation_id: id, answer_id: MessageId(Uuid::from_u128(12)), at: 9, content: "x".into() };
    connection.handle_frame(2, attempt, chunk);
    assert!(matches!(&sent(&mut connection)[..], [ClientFrame::Open(open)] if open.have.values().eq([&3])));
}

fn regenerations(n: u128) -> Regenerate {
    Regenerate {
        message_id: MessageId(Uuid::from_u128(10)),
        answer_id: MessageId(Uuid::from_u128(n)),
        provider: None,
        model: None,
        settings: None,
    }
}

#[test]
fn another_answer_is_asked_for_until_it_is_known_to_have_begun() {
    let (mut connection, attempt) = live();
    connection.regenerate(1, regenerations(20));
    assert_eq!(sent(&mut connection), [ClientFrame::Regenerate(regenerations(20))]);
    connection.handle_closed(2, attempt, 1006, "");
    let now = until_waiting_is_over(&mut connection);
    let attempt = socket_asked_for(&mut connection);
    connection.handle_opened(now, attempt);
    connection.handle_frame(now, attempt, ready());
    assert!(sent(&mut connection).contains(&ClientFrame::Regenerate(regenerations(20))), "whether it arrived was not known");
    let accepted = Accepted {
        message_id: regenerations(20).message_id,
        conversation_id: ConversationId(Uuid::from_u128(1)),
        answer_id: regenerations(20).answer_id,
    };
    connection.handle_frame(now, attempt, ServerFrame::Accepted(accepted));
    connection.handle_closed(now + 1, attempt, 1006, "");
    let now = until_waiting_is_over(&mut connection);
    let attempt = socket_asked_for(&mut connection);
    connection.handle_opened(now, attempt);
    connection.handle_frame(now, attempt, ready());
    assert!(!sent(&mut connection).contains(&ClientFrame::Regenerate(regenerations(20))));
}

#[test]
fn a_time_that_came_while_nobody_looked_is_not_missed() {
    let (mut connection, attempt) = live();
    connection.submit(10, chat_in(None, 5));
    let later = Reason::StoreBusy.error().retry_after(500);
    connection.handle_frame(20, attempt, later.for_message(Some(MessageId(Uuid::from_u128(5)))));
    sent(&mut connection);
    // The expired time is returned, however late the driver asks, until `handle_timeout` has handled it.
    assert_eq!(connection.poll_timeout(), Some(520));
    connection.handle_timeout(700);
    assert!(matches!(&sent(&mut connection)[..], [ClientFrame::Chat(_)]));
    assert_ne!(connection.poll_timeout(), Some(520));
}

#[test]
fn what_the_page_came_with_is_not_sent_again() {
    let conversation = ConversationId(Uuid::from_u128(1));
    let messages = vec![message(5, Author::User, "hello", Status::Accepted, 1), message(20, Author::Assistant, "", Status::Streaming, 2)];
    let mut connection = Connection::new(Timing::default(), 1);
    connection.seed(Transcript::from_conversation(Conversation { summary: summary(conversation), cursor: 2, messages }));
    connection.follow(0, Some(conversation));
    connection.restore(0, [chat_in(Some(conversation), 5)]);
    assert!(connection.outbox().entries().is_empty(), "it would wait for its own answer");
    let known = Regenerate { answer_id: MessageId(Uuid::from_u128(20)), ..regenerations(20) };
    connection.regenerate(0, known.clone());
    assert!(events(&mut connection).contains(&Event::RegenerateSettled(known.answer_id)));
}

#[test]
fn of_a_conversation_whose_beginning_did_not_come_with_the_page_the_news_are_asked_for() {
    let conversation = ConversationId::created_by(USER, MessageId(Uuid::from_u128(5)));
    let messages = vec![message(20, Author::Assistant, "", Status::Streaming, 2)];
    let (mut connection, _) = live();
    connection.seed(Transcript::from_end(Conversation { summary: summary(conversation), cursor: 2, messages }, 1));
    connection.follow(0, Some(conversation));
    connection.restore(0, [chat_in(Some(conversation), 5)]);
    let sent = sent(&mut connection);
    let asked = matches!(&sent[..], [ClientFrame::Open(open)] if open.conversation_id == conversation && open.cursor == Some(2));
    assert!(asked, "what is in the outbox waits for this answer: {sent:?}");
}

#[test]
fn another_answer_that_is_asked_for_is_kept_until_it_has_begun_or_can_t() {
    let mut connection = Connection::new(Timing::default(), 1);
    // The request is kept without a connection, and is kept once however often it is made.
    connection.regenerate(1, regenerations(20));
    connection.regenerate(1, regenerations(20));
    connection.regenerate(1, regenerations(21));
    assert_eq!(events(&mut connection), [Event::RegenerateRequested(regenerations(20)), Event::RegenerateRequested(regenerations(21))]);
    let (mut connection, attempt) = live();
    connection.regenerate(1, regenerations(20));
    connection.regenerate(1, regenerations(21));
    events(&mut connection);
    let accepted = Accepted {
        message_id: regenerations(20).message_id,
        conversation_id: ConversationId(Uuid::from_u128(1)),
        answer_id: regenerations(20).answer_id,
    };
    connection.handle_frame(2, attempt, ServerFrame::Accepted(accepted));
    assert!(events(&mut connection).contains(&Event::RegenerateSettled(regenerations(20).answer_id)));
    let later = Reason::StoreBusy.error().retry_after(500);
    connection.handle_frame(3, attempt, later.for_message(Some(regenerations(21).answer_id)));
    assert!(!events(&mut connection).contains(&Event::RegenerateSettled(regenerations(21).answer_id)));
    let never = Reason::ModelNotFound.error();
    connection.handle_frame(4, attempt, never.for_message(Some(regenerations(21).answer_id)));
    assert!(events(&mut connection).contains(&Event::RegenerateSettled(regenerations(21).answer_id)));
}

#[test]
fn another_answer_that_is_refused_waits_or_is_given_up() {
    let (mut connection, attempt) = live();
    connection.regenerate(1, regenerations(20));
    sent(&mut connection);
    let api_error = Reason::StoreBusy.error().retry_after(500);
    connection.handle_frame(2, attempt, api_error.for_message(Some(regenerations(20).answer_id)));
    assert!(sent(&mut connection).is_empty());
    connection.handle_timeout(502);
    assert_eq!(sent(&mut connection), [ClientFrame::Regenerate(regenerations(20))]);
    let api_error = Reason::ModelNotFound.error();
    connection.handle_frame(503, attempt, api_error.clone().for_message(Some(regenerations(20).answer_id)));
    assert!(events(&mut connection).contains(&Event::Refused(api_error)));
    connection.handle_timeout(9_999);
    assert!(sent(&mut connection).is_empty());
}

#[test]
fn what_follows_a_message_waits_until_its_answer_is_seen() {
    let (mut connection, attempt) = live();
    let id = ConversationId(Uuid::from_u128(1));
    connection.follow(0, Some(id));
    connection.handle_frame(
        1,
        attempt,
        ServerFrame::Sync(Sync { conversation_id: id, cursor: 1, since: 0, messages: vec![], more: false }),
    );
    connection.submit(2, chat_in(Some(id), 11));
    connection.submit(2, chat_in(Some(id), 13));
    sent(&mut connection);
    let accepted = Accepted { message_id: MessageId(Uuid::from_u128(11)), conversation_id: id, answer_id: MessageId(Uuid::from_u128(12)) };
    connection.handle_frame(3, attempt, ServerFrame::Accepted(accepted));
    assert!(sent(&mut connection).is_empty(), "the answer has begun, and its words have not come yet");
    let answer = Message { conversation_id: id, ..message(12, Author::Assistant, "yes", Status::Complete, 3) };
    connection.handle_frame(4, attempt, ServerFrame::Message { conversation_id: id, cursor: 3, message: answer });
    assert!(matches!(&sent(&mut connection)[..], [ClientFrame::Chat(_)]));
}

#[test]
fn a_first_poll_has_its_time_however_long_nothing_was_followed() {
    let mut connection = Connection::new(Timing::default(), 1);
    connection.begin_at(Transport::Poll);
    connection.start(0);
    connection.handle_token(0, grant(1_800_000));
    connection.handle_visible(0, false); // so that no upgrade probe starts
    actions(&mut connection);
    connection.follow(300_000, Some(ConversationId(Uuid::from_u128(1))));
    assert!(matches!(&actions(&mut connection)[..], [Action::Poll { .. }]));
    connection.handle_timeout(300_000 + 34_999);
    assert_eq!(actions(&mut connection), [], "it may wait this long at the server");
    assert_eq!(connection.presence(334_999), Presence::Connected(Transport::Poll));
    connection.handle_timeout(300_000 + 35_000);
    assert!(matches!(&actions(&mut connection)[..], [Action::Close { .. }]));
}

/// Returns a connection that is opening an event stream and follows a conversation.
fn on_the_stream() -> (Connection, Attempt) {
    let mut connection = Connection::new(Timing::default(), 1);
    connection.transports.fallback.failed();
    connection.transports.fallback.failed();
    connection.start(0);
    connection.handle_token(0, grant(1_800_000));
    connection.follow(0, Some(ConversationId(Uuid::from_u128(1))));
    let attempt = stream_asked_for(&mut connection).expect("an event stream is asked for");
    (connection, attempt)
}

fn stream_asked_for(connection: &mut Connection) -> Option<Attempt> {
    actions(connection).into_iter().find_map(|action| match action {
        Action::OpenStream { attempt, .. } => Some(attempt),
        _ => None,
    })
}

#[test]
fn a_stream_that_speaks_every_second_stays() {
    let (mut connection, attempt) = on_the_stream();
    for second in 0..50 {
        connection.handle_alive(second * 1_000, attempt);
        connection.handle_timeout(second * 1_000 + 999);
        assert_eq!(connection.presence(second * 1_000), Presence::Connected(Transport::Stream));
    }
}

#[test]
fn a_stream_that_is_held_back_after_its_beginning_leads_to_polling() {
    let (mut connection, mut attempt) = on_the_stream();
    let mut now = 0;
    for _ in 0..2 {
        connection.handle_alive(now, attempt);
        assert_eq!(connection.presence(now), Presence::Connected(Transport::Stream));
        attempt = loop {
            now = until_waiting_is_over(&mut connection);
            if let Some(attempt) = stream_asked_for(&mut connection) {
                break attempt;
            }
        };
    }
    connection.handle_alive(now, attempt);
    while !actions(&mut connection).iter().any(|action| matches!(action, Action::Poll { .. })) {
        now = until_waiting_is_over(&mut connection);
    }
    assert!(now < 15_000, "{now} ms");
}

#[test]
fn a_machine_that_slept_goes_on_with_its_stream() {
    let (mut connection, attempt) = on_the_stream();
    for second in 0..20 {
        connection.handle_alive(second * 1_000, attempt);
    }
    connection.handle_timeout(600_000);
    until_waiting_is_over(&mut connection);
    assert!(stream_asked_for(&mut connection).is_some());
}

#[test]
fn what_is_printed_holds_no_token() {
    let (mut connection, _) = live();
    connection.handle_token(1, Grant { access_token: "eyJsecret".into(), ..grant(1_800_000) });
    actions(&mut connection);
    assert!(!format!("{connection:?}").contains("eyJsecret"));
}

fn sync(id: ConversationId, cursor: u64, since: u64, messages: Vec<Message>) -> ServerFrame {
    ServerFrame::Sync(Sync { conversation_id: id, cursor, since, messages, more: false })
}

fn accepted(id: ConversationId, message: u128, answer: u128) -> ServerFrame {
    let (message_id, answer_id) = (MessageId(Uuid::from_u128(message)), MessageId(Uuid::from_u128(answer)));
    ServerFrame::Accepted(Accepted { message_id, conversation_id: id, answer_id })
}

fn refused(code: Code, message: Option<u128>) -> ServerFrame {
    ApiError { code, ..Reason::StoreBusy.error() }.for_message(message.map(|n| MessageId(Uuid::from_u128(n))))
}

/// Cuts the connection's socket and reconnects over a new one. Returns the time and the attempt of the new socket.
fn back(connection: &mut Connection, now: Millis, attempt: Attempt) -> (Millis, Attempt) {
    connection.handle_closed(now, attempt, 1006, "");
    let mut now = until_waiting_is_over(connection);
    while actions_have_no_socket(connection) {
        now = until_waiting_is_over(connection);
    }
    let attempt = socket_asked_for(connection);
    connection.handle_opened(now, attempt);
    connection.handle_frame(now, attempt, ready());
    (now, attempt)
}

#[test]
fn an_answer_that_a_restored_store_lacks_is_not_waited_for() {
    let id = ConversationId(Uuid::from_u128(1));
    let old = vec![message(10, Author::User, "hi", Status::Accepted, 1)];
    let answer = Message { conversation_id: id, ..message(12, Author::Assistant, "yes", Status::Complete, 3) };
    // The client heard of the answer before the store was replaced, or it did not.
    for told in [false, true] {
        let (mut connection, attempt) = live();
        connection.follow(0, Some(id));
        connection.handle_frame(1, attempt, sync(id, 1, 0, old.clone()));
        connection.submit(2, chat_in(Some(id), 11));
        connection.handle_frame(3, attempt, accepted(id, 11, 12));
        if told {
            connection.handle_frame(4, attempt, ServerFrame::Message { conversation_id: id, cursor: 3, message: answer.clone() });
        }
        let (now, attempt) = back(&mut connection, 5, attempt);
        connection.handle_frame(now, attempt, sync(id, 1, 0, old.clone()));
        sent(&mut connection);
        connection.submit(now, chat_in(Some(id), 13));
        assert!(matches!(&sent(&mut connection)[..], [ClientFrame::Chat(_)]), "told: {told}");
    }
}

#[test]
fn a_message_that_follows_what_the_server_lacks_follows_the_newest_then_begins_a_conversation() {
    let (mut connection, attempt) = live();
    let id = ConversationId(Uuid::from_u128(1));
    connection.follow(0, Some(id));
    connection.handle_frame(1, attempt, sync(id, 1, 0, vec![message(10, Author::User, "hi", Status::Accepted, 1)]));
    sent(&mut connection);
    let parent_id = Some(MessageId(Uuid::from_u128(99)));
    connection.submit(2, Entry::new(Chat { parent_id, ..chat_in(Some(id), 11).chat }));
    assert!(matches!(&sent(&mut connection)[..], [ClientFrame::Chat(chat)] if chat.parent_id == parent_id));
    connection.handle_frame(3, attempt, refused(Code::ConversationNotFound, Some(11)));
    let regenerations = sent(&mut connection);
    assert!(
        matches!(&regenerations[..], [ClientFrame::Chat(chat)] if chat.parent_id.is_none() && chat.conversation_id == Some(id)),
        "{regenerations:?}"
    );
    // The error may belong to an earlier attempt, so the conversation is not given up because of it.
    connection.handle_frame(4, attempt, refused(Code::ConversationNotFound, Some(11)));
    assert!(sent(&mut connection).is_empty());
    connection.handle_frame(5, attempt, refused(Code::ConversationNotFound, None));
    assert!(events(&mut connection).contains(&Event::NotFound(id)));
    connection.handle_timeout(1_004);
    assert!(matches!(&sent(&mut connection)[..], [ClientFrame::Chat(_)]));
    connection.handle_frame(1_005, attempt, refused(Code::ConversationNotFound, Some(11)));
    let begun = ConversationId::created_by(USER, MessageId(Uuid::from_u128(11)));
    let regenerations = sent(&mut connection);
    assert!(
        regenerations.iter().any(|frame| matches!(frame, ClientFrame::Chat(chat) if chat.conversation_id == Some(begun))),
        "{regenerations:?}"
    );
    assert_eq!(connection.focus(), Some(begun));
    connection.handle_frame(1_006, attempt, refused(Code::ConversationNotFound, Some(11)));
    assert!(matches!(connection.outbox().entries()[0].delivery, Delivery::Refused(_)));
}

#[test]
fn an_answer_that_is_missing_does_not_make_its_conversation_missing() {
    let (mut connection, attempt) = live();
    let id = ConversationId(Uuid::from_u128(1));
    connection.follow(0, Some(id));
    connection.handle_frame(1, attempt, sync(id, 1, 0, vec![]));
    events(&mut connection);
    connection.stop_answer(2, MessageId(Uuid::from_u128(12)));
    connection.handle_frame(3, attempt, refused(Code::ConversationNotFound, Some(12)));
    assert_eq!(connection.focus(), Some(id));
    assert!(matches!(&events(&mut connection)[..], [Event::Refused(_)]));
}

#[test]
fn a_conversation_that_is_missing_is_the_one_that_was_asked_for() {
    let (mut connection, attempt) = live();
    let (gone, here) = (ConversationId(Uuid::from_u128(1)), ConversationId(Uuid::from_u128(2)));
    connection.follow(0, Some(gone));
    connection.follow(1, Some(here));
    connection.handle_frame(2, attempt, refused(Code::ConversationNotFound, None));
    assert_eq!(connection.focus(), Some(here));
    assert!(!events(&mut connection).contains(&Event::NotFound(here)));
    // This error is for the conversation that is followed now.
    connection.handle_frame(3, attempt, refused(Code::ConversationNotFound, None));
    assert!(events(&mut connection).contains(&Event::NotFound(here)));
}

#[test]
fn what_waits_in_a_conversation_that_was_left_goes_when_its_answer_has_ended() {
    let id = ConversationId(Uuid::from_u128(1));
    let streaming = vec![message(10, Author::User, "hi", Status::Accepted, 1), message(12, Author::Assistant, "", Status::Streaming, 2)];
    let waits = |connection: &mut Connection, attempt| {
        connection.follow(0, Some(id));
        connection.handle_frame(1, attempt, sync(id, 2, 0, streaming.clone()));
        let parent_id = Some(MessageId(Uuid::from_u128(12)));
        connection.submit(2, Entry::new(Chat { parent_id, ..chat_in(Some(id), 13).chat }));
        connection.follow(3, None);
        assert!(!sent(connection).iter().any(|frame| matches!(frame, ClientFrame::Chat(_))));
    };
    let (mut connection, attempt) = live();
    waits(&mut connection, attempt);
    let listed = Listed { answering: false, removed: false, ..Listed::removed(id) };
    connection.handle_frame(4, attempt, ServerFrame::Conversation(listed));
    assert!(matches!(&sent(&mut connection)[..], [ClientFrame::Chat(_)]));
    // The message is also sent after a gap, because no frame would report the end of the answer.
    let (mut connection, attempt) = live();
    waits(&mut connection, attempt);
    back(&mut connection, 4, attempt);
    assert!(sent(&mut connection).iter().any(|frame| matches!(frame, ClientFrame::Chat(_))));
}

#[test]
fn an_id_that_is_taken_is_not_tried_again_in_vain() {
    let (mut connection, attempt) = live();
    connection.submit(0, chat_in(None, 5));
    sent(&mut connection);
    connection.handle_frame(1, attempt, refused(Code::MessageConflict, Some(5)));
    assert!(sent(&mut connection).is_empty());
    connection.retry_message(2, MessageId(Uuid::from_u128(5)));
    let regenerations = sent(&mut connection);
    let chat = regenerations.iter().find_map(|frame| if let ClientFrame::Chat(chat) = frame { Some(chat) } else { None }).unwrap();
    assert_ne!(chat.message_id, MessageId(Uuid::from_u128(5)));
    assert_eq!(chat.conversation_id, Some(ConversationId::created_by(USER, chat.message_id)));
}

/// Returns a connection that follows a conversation and has requested a socket, to which nothing has happened yet.
fn swallowed() -> (Connection, Attempt) {
    let mut connection = Connection::new(Timing::default(), 1);
    connection.start(0);
    connection.follow(0, Some(ConversationId(Uuid::from_u128(1))));
    connection.handle_token(0, grant(1_800_000));
    let attempt = socket_asked_for(&mut connection);
    (connection, attempt)
}

#[test]
fn a_swallowed_upgrade_is_waited_for_beside_the_next_transport() {
    // Either the socket never opens or closes, or it opens and delivers nothing.
    for opens in [false, true] {
        let (mut connection, socket) = swallowed();
        if opens {
            connection.handle_opened(100, socket);
        }
        assert_eq!(until_waiting_is_over(&mut connection), 1_000);
        let stream = stream_asked_for(&mut connection).expect("within 2 s");
        assert!(events(&mut connection).contains(&Event::Transport(Transport::Stream)), "to be kept for the tab's next page");
        connection.handle_alive(1_100, stream);
        assert_eq!(connection.presence(1_100), Presence::Connected(Transport::Stream));
        // The socket is given up later, and tried again after a minute.
        for second in 2..60 {
            connection.handle_alive(second * 1_000, stream);
            connection.handle_timeout(second * 1_000);
        }
        assert_eq!(connection.presence(60_000), Presence::Connected(Transport::Stream));
        assert!(actions(&mut connection).contains(&Action::Close { attempt: socket }));
        connection.handle_alive(70_000, stream);
        connection.handle_timeout(70_000);
        socket_asked_for(&mut connection);
    }
}

#[test]
fn a_socket_that_is_only_slow_is_used_as_soon_as_it_is_ready() {
    let (mut connection, socket) = swallowed();
    connection.handle_timeout(1_000);
    let stream = stream_asked_for(&mut connection).unwrap();
    connection.handle_opened(1_200, socket);
    connection.handle_alive(1_300, stream);
    connection.handle_frame(1_400, socket, ready());
    assert_eq!(connection.presence(1_400), Presence::Connected(Transport::Socket));
    assert!(actions(&mut connection).contains(&Action::Close { attempt: stream }));
    assert!(events(&mut connection).contains(&Event::Transport(Transport::Socket)));
}

#[test]
fn a_message_goes_at_once_where_the_upgrade_is_swallowed() {
    let mut connection = Connection::new(Timing::default(), 1);
    connection.submit(0, chat_in(None, 5));
    connection.handle_token(0, grant(1_800_000));
    socket_asked_for(&mut connection);
    connection.handle_timeout(1_000);
    assert!(actions(&mut connection).iter().any(|action| matches!(action, Action::Post { .. })));
}

#[test]
fn the_transport_of_the_pages_before_is_used_first() {
    let mut connection = Connection::new(Timing::default(), 1);
    connection.begin_at(Transport::Stream);
    connection.start(0);
    connection.follow(0, Some(ConversationId(Uuid::from_u128(1))));
    connection.handle_token(0, grant(1_800_000));
    let stream = stream_asked_for(&mut connection).unwrap();
    connection.handle_alive(10, stream);
    assert!(!events(&mut connection).iter().any(|event| matches!(event, Event::Transport(_))));
    // The socket is tried after a minute.
    for second in 1..=60 {
        connection.handle_alive(second * 1_000, stream);
    }
    connection.handle_timeout(60_010);
    socket_asked_for(&mut connection);
}

/// Runs a connection for half an hour. Its sockets are cut after `limit` ms without a frame, and the server pings every 30 s; a ping that
/// is due at the time of the cut comes too late. Returns the number of cuts, and the connection.
fn cut_when_idle_for(limit: Millis) -> (usize, Connection) {
    let (mut connection, mut attempt) = live();
    let (mut now, mut heard, mut ping, mut cuts) = (0, 0, 30_000, 0);
    while now < 1_800_000 {
        let timer = connection.poll_timeout().unwrap_or(Millis::MAX).max(now + 1);
        now = timer.min(heard + limit).min(ping);
        if now == heard + limit {
            cuts += 1;
            (now, attempt) = back(&mut connection, now, attempt);
            (heard, ping) = (now, now + 30_000);
        } else if now == ping {
            ping = now + 30_000;
            heard = now;
            connection.handle_frame(now, attempt, ServerFrame::Ping);
        } else {
            connection.handle_timeout(now);
        }
        if sent(&mut connection).contains(&ClientFrame::Ping) {
            connection.handle_frame(now + 20, attempt, ServerFrame::Pong);
            heard = now + 20;
        }
    }
    (cuts, connection)
}

#[test]
fn what_cuts_idle_sockets_is_known_after_the_second_cut_and_gets_no_third() {
    for limit in [4_000, 10_000, 20_000, 29_500, 30_000] {
        let (cuts, connection) = cut_when_idle_for(limit);
        assert_eq!((cuts, connection.idle_limit()), (2, Some(limit)));
        assert_eq!(connection.transports.fallback.transport(), Transport::Socket, "it is no reason to leave the socket");
    }
    let (cuts, connection) = cut_when_idle_for(60_000);
    assert_eq!((cuts, connection.idle_limit()), (0, None));
}

#[test]
fn cuts_at_any_time_say_nothing_of_idleness() {
    let (mut connection, mut attempt) = live();
    let mut now = 0;
    for idle in [5_000, 9_000, 14_000, 3_500, 1_000] {
        (now, attempt) = back(&mut connection, now + idle, attempt);
        assert_eq!(connection.idle_limit(), None);
    }
    // Ends that the server announces do not suggest a limit either.
    for _ in 0..2 {
        connection.handle_closed(now + 10_000, attempt, 1012, "restart");
        now = until_waiting_is_over(&mut connection);
        while actions_have_no_socket(&connection) {
            now = until_waiting_is_over(&mut connection);
        }
        attempt = socket_asked_for(&mut connection);
        connection.handle_opened(now, attempt);
        connection.handle_frame(now, attempt, ready());
    }
    assert_eq!(connection.idle_limit(), None);
    assert_eq!(connection.transports.fallback.transport(), Transport::Socket);
}
