//! Failure cases 9 to 14, 17, 20: whatever happens to the connection, the same text arrives. The protocol's own client uses all three
//! transports through a proxy that misbehaves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use holdfast_client::connection::{Presence, Timing, Transport};
use holdfast_protocol::{ConversationId, Message, Status, frame::Chat};
use holdfast_providers::echo_text;
use tokio::{task::JoinSet, time::Instant};

use crate::support::{Client, Proxy, Server, User, fresh_id};

/// The default timeouts, shortened for tests.
pub fn quick() -> Timing {
    Timing {
        open: 2_000,
        slow_open: 2_000,
        dead: 2_500,
        probe: 300,
        accept: 1_500,
        backoff_base: 20,
        backoff_cap: 200,
        short_life: 1_000,
        upgrade: 1_500,
        first_byte: 500,
        stream_silence: 2_500,
        poll_wait: 1_000,
        shortest_idle: 300,
        quiet_gap: 300,
    }
}

pub fn go(user: &User, model: &str) -> (Chat, ConversationId) {
    let message = fresh_id();
    let id = ConversationId::created_by(user.grant.user.id, message);
    let chat = Chat { conversation_id: Some(id), provider: Some("builtin".into()), model: Some(model.into()), ..Chat::new(message, "go") };
    (chat, id)
}

fn assert_same(messages: &[Message], words: usize) {
    assert_eq!(messages.len(), 2, "one message, one answer");
    assert_eq!((messages[1].status, messages[1].content.as_str()), (Status::Complete, echo_text(words).as_str()));
}

pub async fn over_transport(server: &Server, proxy: &Proxy, user: &User, transport: Transport) -> Client {
    proxy.no_upgrade(transport > Transport::Socket);
    proxy.buffer_streams(transport > Transport::Stream);
    // A busy machine must not cause a fallback, because these tests have no upgrade probe.
    let patient = Timing {
        open: 10_000,
        slow_open: 10_000,
        first_byte: if transport == Transport::Poll { 500 } else { 10_000 },
        upgrade: 3_600_000,
        ..quick()
    };
    let client = Client::start(&proxy.address, user, patient);
    let (chat, id) = go(user, "echo-1-0");
    client.submit(chat);
    client.follow(id);
    client.wait("the transport", move |machine, now| machine.presence(now) == Presence::Connected(transport)).await;
    client.settled(id, 2).await;
    let _ = server;
    client
}

pub const RUNGS: [Transport; 3] = [Transport::Socket, Transport::Stream, Transport::Poll];

#[tokio::test]
async fn cuts_at_many_places_lose_no_text_over_any_transport() {
    let server = Server::start().await;
    let proxy = Proxy::before(&server.address).await;
    for transport in RUNGS {
        proxy.cut_after(usize::MAX);
        let user = server.guest().await;
        let client = over_transport(&server, &proxy, &user, transport).await;
        // Every connection is cut after some hundred bytes, at changing positions.
        let (chat, id) = go(&user, "echo-400-4");
        client.submit(chat);
        client.follow(id);
        for step in 0..25 {
            proxy.cut_after(700 + step * 37);
            tokio::time::sleep(Duration::from_millis(60)).await;
            proxy.cut();
        }
        proxy.cut_after(usize::MAX);
        assert_same(&client.settled(id, 2).await, 400);
        assert_same(&server.show(&user, id).await.messages, 400);
    }
}

/// Row 9 of the failure cases: a message and its answer, cut after each byte.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_after_any_byte_of_an_exchange_loses_no_text() {
    const WORDS: usize = 6;
    let server = Server::start().await;
    let undisturbed = Proxy::before(&server.address).await;
    exchange(&server, &undisturbed, &server.guest().await, WORDS).await;
    let bytes = undisturbed.upgraded_bytes();
    assert!(bytes > 1_000, "the exchange was seen: {bytes} bytes");
    let next = Arc::new(AtomicUsize::new(0));
    let server = Arc::new(server);
    let mut cutters = JoinSet::new();
    for _ in 0..16 {
        let (server, next) = (server.clone(), next.clone());
        cutters.spawn(async move {
            let proxy = Proxy::before(&server.address).await;
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                if place > bytes {
                    return;
                }
                proxy.cut_next_upgraded_after(place);
                // Each client is a separate browser, whose cookie nobody else rotates.
                exchange(&server, &proxy, &server.guest().await, WORDS).await;
            }
        });
    }
    while let Some(done) = cutters.join_next().await {
        done.unwrap();
    }
}

/// A new client sends a message and reads the answer; both sides have the same text at the end.
async fn exchange(server: &Server, proxy: &Proxy, user: &User, words: usize) {
    let client = Client::start(&proxy.address, user, quick());
    let (chat, id) = go(user, &format!("echo-{words}-1"));
    client.submit(chat);
    client.follow(id);
    assert_same(&client.settled(id, 2).await, words);
    assert_same(&server.show(user, id).await.messages, words);
}

#[tokio::test]
async fn a_half_open_connection_is_noticed_and_nothing_is_lost() {
    let server = Server::start().await;
    let proxy = Proxy::before(&server.address).await;
    for transport in RUNGS {
        let user = server.guest().await;
        let client = over_transport(&server, &proxy, &user, transport).await;
        let (chat, id) = go(&user, "echo-300-3");
        client.submit(chat);
        client.follow(id);
        client
            .wait("a part", move |machine, _| machine.transcript(id).is_some_and(|t| t.messages().iter().any(|m| m.content.len() > 100)))
            .await;
        proxy.stall(true);
        tokio::time::sleep(Duration::from_millis(3_500)).await;
        proxy.stall(false);
        proxy.cut();
        assert_same(&client.settled(id, 2).await, 300);
    }
}

#[tokio::test]
async fn a_message_whose_accepted_frame_was_lost_is_sent_again_once() {
    let server = Server::start().await;
    let proxy = Proxy::before(&server.address).await;
    for transport in RUNGS {
        let user = server.guest().await;
        let client = over_transport(&server, &proxy, &user, transport).await;
        // The request passes, the reply to it does not.
        proxy.cut_after(0);
        let (chat, id) = go(&user, "echo-20-1");
        client.submit(chat);
        client.follow(id);
        tokio::time::sleep(Duration::from_millis(400)).await;
        proxy.cut_after(usize::MAX);
        proxy.cut();
        assert_same(&client.settled(id, 2).await, 20);
        assert_same(&server.show(&user, id).await.messages, 20);
    }
}

#[tokio::test]
async fn sockets_that_are_cut_early_fall_back_to_the_event_stream_and_return() {
    let server = Server::start().await;
    let proxy = Proxy::before(&server.address).await;
    proxy.kill_upgraded_after(Some(Duration::from_millis(300)));
    let user = server.guest().await;
    let client = Client::start(&proxy.address, &user, quick());
    let (chat, id) = go(&user, "echo-600-5");
    client.submit(chat);
    client.follow(id);
    client.wait("the event stream", |machine, now| machine.presence(now) == Presence::Connected(Transport::Stream)).await;
    assert_same(&client.settled(id, 2).await, 600);
    proxy.kill_upgraded_after(None);
    client.wait("the socket again", |machine, now| machine.presence(now) == Presence::Connected(Transport::Socket)).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(client.transport().await, Some(Transport::Socket), "and it stays");
}

#[tokio::test]
async fn a_buffered_event_stream_falls_back_to_polling() {
    let server = Server::start().await;
    let proxy = Proxy::before(&server.address).await;
    proxy.no_upgrade(true);
    let user = server.guest().await;
    let timing = Timing { first_byte: 10_000, stream_silence: 2_000, upgrade: 3_600_000, ..quick() };
    let client = Client::start(&proxy.address, &user, timing);
    let (chat, id) = go(&user, "echo-4000-5");
    client.submit(chat);
    client.follow(id);
    client.wait("the event stream", |machine, now| machine.presence(now) == Presence::Connected(Transport::Stream)).await;
    // The beginning passes, so that the stream seems to work.
    proxy.hold_streams_after(1_500);
    proxy.cut();
    client.wait("polling", |machine, now| machine.presence(now) == Presence::Connected(Transport::Poll)).await;
    assert_same(&client.settled(id, 2).await, 4_000);
}

#[tokio::test]
async fn a_restart_causes_no_fallback_to_another_transport() {
    let mut server = Server::with(&[("DRAIN_SECONDS", "0")]).await;
    let user = server.guest().await;
    let client = Client::start(&server.address, &user, quick());
    client.wait("the socket", |machine, now| machine.presence(now) == Presence::Connected(Transport::Socket)).await;
    for round in 0..3 {
        if round == 1 {
            server.kill();
        } else {
            server.stop().await;
        }
        tokio::time::sleep(Duration::from_millis(800)).await;
        server.start_again();
        client.wait("the socket again", |machine, now| machine.presence(now) == Presence::Connected(Transport::Socket)).await;
    }
}

#[tokio::test]
async fn messages_written_during_an_outage_are_sent_once_and_in_order() {
    let mut server = Server::start().await;
    let user = server.guest().await;
    let client = Client::start(&server.address, &user, quick());
    client.wait("the socket", |machine, now| machine.presence(now) == Presence::Connected(Transport::Socket)).await;
    server.kill();
    let (first, id) = go(&user, "echo");
    client.submit(Chat { content: "one".into(), ..first.clone() });
    for text in ["two", "three"] {
        client.submit(Chat { message_id: fresh_id(), content: text.into(), ..first.clone() });
    }
    client.follow(id);
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.start_again();
    let messages = client.settled(id, 6).await;
    let texts: Vec<&str> = messages.iter().map(|message| message.content.as_str()).collect();
    assert_eq!(texts, ["one", "one", "two", "two", "three", "three"]);
}

#[tokio::test]
async fn a_reader_that_reads_nothing_costs_no_memory_and_resumes() {
    let server = Server::start().await;
    let proxy = Proxy::before(&server.address).await;
    let user = server.guest().await;
    let client = Client::start(&proxy.address, &user, Timing { dead: 60_000, accept: 60_000, ..quick() });
    let (chat, id) = go(&user, "echo-200000-0");
    client.submit(chat);
    client.follow(id);
    client
        .wait("a part", move |machine, _| machine.transcript(id).is_some_and(|t| t.messages().iter().any(|m| m.content.len() > 1_000)))
        .await;
    let before = server.resident_kib();
    proxy.stall(true);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let grown = server.resident_kib().saturating_sub(before);
    proxy.stall(false);
    assert_same(&client.settled(id, 2).await, 200_000);
    assert!(grown < 40 * 1024, "{grown} KiB while nothing was taken");
}

#[tokio::test]
async fn a_client_that_reads_nothing_for_the_timeout_is_disconnected_and_resumes() {
    let server = Server::with_log(&[("STALLED_SECONDS", "1"), ("LOG", "debug")]).await;
    let proxy = Proxy::before(&server.address).await;
    let user = server.guest().await;
    let client = Client::start(&proxy.address, &user, Timing { dead: 60_000, accept: 60_000, ..quick() });
    let (chat, id) = go(&user, "echo-1000000-0");
    client.submit(chat);
    client.follow(id);
    client
        .wait("a part", move |machine, _| machine.transcript(id).is_some_and(|t| t.messages().iter().any(|m| m.content.len() > 1_000)))
        .await;
    proxy.stall(true);
    let since = Instant::now();
    while !server.log().contains("closed user_id=") {
        assert!(since.elapsed() < Duration::from_secs(10), "it is still open");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    proxy.stall(false);
    assert_same(&client.settled(id, 2).await, 1_000_000);
}

#[tokio::test]
async fn an_answer_is_stopped_and_continued_as_the_same_text_over_any_transport() {
    let server = Server::start().await;
    let proxy = Proxy::before(&server.address).await;
    for transport in RUNGS {
        let user = server.guest().await;
        let client = over_transport(&server, &proxy, &user, transport).await;
        let (chat, id) = go(&user, "echo-200-10");
        client.submit(chat);
        client.follow(id);
        client
            .wait("a part", move |machine, _| machine.transcript(id).is_some_and(|t| t.messages().iter().any(|m| m.content.len() > 50)))
            .await;
        let answer = client.look(move |machine, _| machine.transcript(id).unwrap().messages()[1].id).await;
        client.stop_answer(answer);
        let stopped = client.settled(id, 2).await;
        assert_eq!(stopped[1].status, Status::Stopped);
        assert!(echo_text(200).starts_with(&stopped[1].content) && stopped[1].content.len() < echo_text(200).len());
        client.continue_answer(answer);
        client.wait("the end", move |machine, _| machine.transcript(id).is_some_and(|t| t.messages()[1].status == Status::Complete)).await;
        assert_same(&client.settled(id, 2).await, 200);
    }
}

#[tokio::test]
async fn a_swallowed_upgrade_delays_the_answer_by_at_most_two_seconds() {
    let server = Server::start().await;
    let proxy = Proxy::before(&server.address).await;
    proxy.swallow_upgrade(true);
    let user = server.guest().await;
    let began = Instant::now();
    let client = Client::start(&proxy.address, &user, Timing::default());
    let (chat, id) = go(&user, "echo-3-0");
    client.submit(chat);
    client.follow(id);
    assert_same(&client.settled(id, 2).await, 3);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(client.transport().await, Some(Transport::Stream));
}

#[tokio::test]
async fn a_proxy_that_cuts_idle_sockets_is_detected_at_the_second_cut() {
    let server = Server::start().await;
    let proxy = Proxy::before(&server.address).await;
    proxy.cut_when_idle_for(Duration::from_millis(1_000));
    let user = server.guest().await;
    let client = Client::start(&proxy.address, &user, Timing { dead: 45_000, shortest_idle: 600, ..quick() });
    client.wait("it is known", |machine, _| machine.idle_limit().is_some()).await;
    assert_eq!(proxy.idle_cuts(), 2);
    let limit = client.look(|machine, _| machine.idle_limit()).await.unwrap();
    assert!((900..1_500).contains(&limit), "{limit}");
    client.wait("back", |machine, now| machine.presence(now) == Presence::Connected(Transport::Socket)).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!((proxy.idle_cuts(), client.transport().await), (2, Some(Transport::Socket)), "it is not idle any more");
}
