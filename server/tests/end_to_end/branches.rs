//! Branches: regenerated answers and edited messages. Nothing that was written is lost.

use holdfast_protocol::{
    Author, ClientFrame, Code, ConversationId, MessageId, ServerFrame, Status,
    frame::{Accepted, Chat, Regenerate},
};
use serde_json::{Value, json};

use crate::support::{Server, Socket, User, fresh_id};
use holdfast_testing::upstream::{self, Step, Upstream};

fn echo(content: &str, model: &str, conversation: ConversationId) -> Chat {
    let (provider, model) = (Some("builtin".to_owned()), Some(model.to_owned()));
    Chat { conversation_id: Some(conversation), provider, model, ..Chat::new(fresh_id(), content) }
}

fn again(message_id: MessageId, model: &str) -> Regenerate {
    Regenerate { message_id, answer_id: fresh_id(), provider: Some("builtin".into()), model: Some(model.into()), settings: None }
}

async fn accepted(socket: &mut Socket) -> Accepted {
    match socket.until(|frame| matches!(frame, ServerFrame::Accepted(_))).await {
        ServerFrame::Accepted(accepted) => accepted,
        _ => unreachable!(),
    }
}

async fn said(socket: &mut Socket, chat: Chat) -> Accepted {
    socket.chat(chat).await;
    let accepted = accepted(socket).await;
    socket.complete().await;
    accepted
}

#[tokio::test]
async fn a_regenerated_answer_is_another_version_and_streams_to_every_tab() {
    let server = Server::start().await;
    let user = server.guest().await;
    let id = server.conversation(&user).await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    let first = said(&mut socket, echo("go", "echo", id)).await;
    let mut other = Socket::ready(&server, &format!("/ws/conversations/{id}"), &user).await;
    other.until(|frame| matches!(frame, ServerFrame::Sync(_))).await;

    for (named, model, words) in [(first.answer_id, "echo-60-2", 60), (first.message_id, "echo-40-2", 40)] {
        let again = again(named, model);
        socket.send(&ClientFrame::Regenerate(again.clone())).await;
        let begun = accepted(&mut socket).await;
        assert_eq!(begun, Accepted { message_id: first.message_id, conversation_id: id, answer_id: again.answer_id });
        for each in [&mut socket, &mut other] {
            each.text.clear();
            let complete = each.complete().await;
            assert_eq!((complete.answer_id, complete.status), (again.answer_id, Status::Complete));
            let expected = holdfast_providers::echo_text(words);
            assert_eq!((complete.full_response.as_str(), each.text.as_str()), (expected.as_str(), expected.as_str()));
        }
    }
    let shown = server.show(&user, id).await;
    assert_eq!(shown.summary.model.as_deref(), Some("echo-40-2"));
    let answers: Vec<_> = shown.messages.iter().filter(|message| message.role == Author::Assistant).collect();
    assert_eq!((shown.messages.len(), answers.len()), (4, 3));
    assert!(answers.iter().all(|answer| answer.parent_id == Some(first.message_id)));
    assert_eq!(answers[0].content, "go", "the first is as it was");
}

#[tokio::test]
async fn repeating_a_regeneration_creates_no_second_answer() {
    let server = Server::start().await;
    let user = server.guest().await;
    let id = server.conversation(&user).await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    let first = said(&mut socket, echo("go", "echo", id)).await;
    let again = again(first.message_id, "echo-300-5");
    // Twice at once while it is running, over another transport, and after it has ended.
    for _ in 0..2 {
        socket.send(&ClientFrame::Regenerate(again.clone())).await;
    }
    let path = format!("/api/messages/{}/regenerate", first.message_id);
    let body = json!({"answer_id": again.answer_id, "provider": "builtin", "model": "echo-300-5"});
    let (one, two) =
        tokio::join!(server.as_user(&user, "POST", &path, Some(body.clone())), server.as_user(&user, "POST", &path, Some(body.clone())));
    for reply in [one, two] {
        assert_eq!((reply.status, reply.json::<Accepted>().answer_id), (202, again.answer_id), "{}", reply.text);
    }
    let complete = socket.until(|frame| matches!(frame, ServerFrame::Complete(complete) if complete.answer_id == again.answer_id)).await;
    let ServerFrame::Complete(complete) = complete else { unreachable!() };
    assert_eq!((complete.status, complete.full_response), (Status::Complete, holdfast_providers::echo_text(300)));
    assert_eq!(server.as_user(&user, "POST", &path, Some(body)).await.status, 202);
    assert_eq!(server.show(&user, id).await.messages.len(), 3);
    // An id that is in use already.
    for taken in [first.message_id, first.answer_id] {
        let reply = server.as_user(&user, "POST", &path, Some(json!({"answer_id": taken}))).await;
        let expected = if taken == first.answer_id { 202 } else { 409 };
        assert_eq!(reply.status, expected, "{}", reply.text);
    }
    assert_eq!(server.show(&user, id).await.messages.len(), 3);
}

#[tokio::test]
async fn users_cannot_regenerate_answers_of_others() {
    let server = Server::start().await;
    let (user, other) = (server.guest().await, server.guest().await);
    let id = server.conversation(&user).await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    let first = said(&mut socket, echo("go", "echo", id)).await;
    let reply = |who: User, path: String, body: Value| {
        let server = &server;
        async move { server.as_user(&who, "POST", &path, Some(body)).await }
    };
    let path = format!("/api/messages/{}/regenerate", first.message_id);
    let theirs = reply(other.clone(), path.clone(), json!({"answer_id": fresh_id()})).await;
    let nobodys = reply(other.clone(), format!("/api/messages/{}/regenerate", fresh_id()), json!({"answer_id": fresh_id()})).await;
    assert_eq!((theirs.status, &theirs.text), (404, &nobodys.text));
    assert_eq!(reply(user.clone(), path.clone(), json!({})).await.status, 400);
    let unknown = reply(user.clone(), path, json!({"answer_id": fresh_id(), "model": "gpt-99"})).await;
    assert_eq!((unknown.status, unknown.api_error().code), (404, Code::ModelNotFound));
    let mut stranger = Socket::ready(&server, "/ws", &other).await;
    let again = again(first.message_id, "echo");
    stranger.send(&ClientFrame::Regenerate(again.clone())).await;
    let api_error = stranger.until(|frame| matches!(frame, ServerFrame::Error { .. })).await;
    assert!(matches!(api_error, ServerFrame::Error { message_id: Some(id), .. } if id == again.answer_id), "{api_error:?}");
    // An edit can't refer to another conversation.
    let elsewhere = server.conversation(&other).await;
    stranger.chat(Chat { edits: Some(first.message_id), ..echo("mine", "echo", elsewhere) }).await;
    assert_eq!(stranger.api_error().await, Code::ConversationNotFound);
    assert_eq!(server.show(&user, id).await.messages.len(), 2);
}

#[tokio::test]
async fn an_edited_message_has_the_parent_of_the_original() {
    let server = Server::start().await;
    let user = server.guest().await;
    let id = server.conversation(&user).await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    let first = said(&mut socket, echo("one", "echo", id)).await;
    let second = said(&mut socket, echo("two", "echo", id)).await;
    let edited = said(&mut socket, Chat { edits: Some(second.message_id), ..echo("two, better", "echo", id) }).await;
    let root = said(&mut socket, Chat { edits: Some(first.message_id), ..echo("one, better", "echo", id) }).await;
    // A message stands for its newest answer.
    let late = said(&mut socket, Chat { parent_id: Some(second.message_id), ..echo("three", "echo", id) }).await;
    // An answer can't be edited.
    socket.chat(Chat { edits: Some(first.answer_id), ..echo("no", "echo", id) }).await;
    assert_eq!(socket.api_error().await, Code::ConversationNotFound);
    let shown = server.show(&user, id).await;
    let parent = |id: MessageId| shown.messages.iter().find(|message| message.id == id).unwrap().parent_id;
    assert_eq!(parent(edited.message_id), Some(first.answer_id));
    assert_eq!(parent(root.message_id), None);
    assert_eq!(parent(late.message_id), Some(second.answer_id));
    assert_eq!(shown.messages.len(), 10);
    assert_eq!(shown.summary.title, "one", "an edit is no new beginning");
}

#[tokio::test]
async fn a_model_receives_only_the_path_to_its_answer() {
    let delta = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"yes\"}}]}\n\ndata: [DONE]\n\n";
    let upstream = Upstream::start(move |request| {
        if request.path().ends_with("/models") {
            return upstream::json(r#"{"object":"list","data":[{"id":"tiny","object":"model"}]}"#);
        }
        vec![upstream::events_until_close(), Step::Send(delta.into())]
    })
    .await;
    let server = Server::with(&[("OPENAI_BASE_URL", &format!("{}/v1", upstream.url())), ("OPENAI_API_KEY", "sk-test")]).await;
    let user = server.guest().await;
    let id = server.conversation(&user).await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    let tiny = |content: &str| Chat {
        conversation_id: Some(id),
        provider: Some("openai".into()),
        model: Some("tiny".into()),
        ..Chat::new(fresh_id(), content)
    };
    let first = said(&mut socket, tiny("one")).await;
    let second = said(&mut socket, tiny("two")).await;
    said(&mut socket, tiny("three")).await;
    let told = || {
        let asked = upstream.requests().into_iter().rfind(|request| request.path().ends_with("/chat/completions")).unwrap();
        let asked: Value = serde_json::from_str(&asked.body).unwrap();
        let turns = asked["messages"].as_array().unwrap();
        turns.iter().filter(|turn| turn["role"] != "system").map(|turn| turn["content"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(told(), ["one", "yes", "two", "yes", "three"]);
    let again = Regenerate { message_id: second.message_id, answer_id: fresh_id(), provider: None, model: None, settings: None };
    socket.send(&ClientFrame::Regenerate(again.clone())).await;
    socket.complete().await;
    assert_eq!(told(), ["one", "yes", "two"]);
    said(&mut socket, Chat { edits: Some(second.message_id), ..tiny("two, better") }).await;
    assert_eq!(told(), ["one", "yes", "two, better"]);
    said(&mut socket, Chat { parent_id: Some(again.answer_id), ..tiny("on") }).await;
    assert_eq!(told(), ["one", "yes", "two", "yes", "on"]);
    said(&mut socket, Chat { edits: Some(first.message_id), ..tiny("anew") }).await;
    assert_eq!(told(), ["anew"]);
}

#[tokio::test]
async fn a_regenerated_answer_survives_a_crash_as_far_as_it_was_shown() {
    let mut server = Server::start().await;
    let user = server.guest().await;
    let id = server.conversation(&user).await;
    let mut socket = Socket::ready(&server, "/ws", &user).await;
    let first = said(&mut socket, echo("go", "echo", id)).await;
    let again = again(first.message_id, "echo-2000-3");
    socket.text.clear();
    socket.send(&ClientFrame::Regenerate(again.clone())).await;
    socket.until(|frame| matches!(frame, ServerFrame::Chunk { at: 100.., .. })).await;
    let seen = socket.text.clone();
    server.kill();
    server.start_again();
    let mut socket = Socket::ready(&server, &format!("/ws/conversations/{id}"), &user).await;
    let ServerFrame::Sync(sync) = socket.next().await else { panic!("sync follows ready") };
    let kept = sync.messages.iter().find(|message| message.id == again.answer_id).unwrap();
    assert_eq!((kept.status, kept.content.starts_with(&seen), sync.messages.len()), (Status::Interrupted, true, 3));
    socket.send(&ClientFrame::Regenerate(again.clone())).await;
    assert_eq!(accepted(&mut socket).await.answer_id, again.answer_id, "what is there is not begun again");
    socket.follow(id, None).await;
    let ServerFrame::Sync(sync) = socket.until(|frame| matches!(frame, ServerFrame::Sync(_))).await else { unreachable!() };
    assert_eq!(sync.messages.len(), 3);
}
