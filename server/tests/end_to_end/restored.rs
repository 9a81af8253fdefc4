//! A backup is restored while pages are open: they continue with the restored store, over every transport.

use std::{fs, path::Path};

use holdfast_client::connection::Transport;
use holdfast_protocol::{ConversationId, Status, frame::Chat};

use crate::{
    cuts::{RUNGS, go, over_transport},
    support::{Client, Proxy, Server, fresh_id},
};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

struct Page {
    client: Client,
    id: ConversationId,
    _proxy: Proxy,
}

impl Page {
    async fn open(server: &Server, transport: Transport) -> Self {
        let proxy = Proxy::before(&server.address).await;
        let user = server.guest().await;
        let client = over_transport(server, &proxy, &user, transport).await;
        let (chat, id) = go(&user, "echo-1-0");
        client.submit(chat);
        client.follow(id);
        client.settled(id, 2).await;
        Self { client, id, _proxy: proxy }
    }

    /// Sends a message after the newest one, like the page.
    async fn write(&self, model: &str) {
        let id = self.id;
        let parent_id = self.client.look(move |machine, _| machine.transcript(id)?.messages().last().map(|message| message.id)).await;
        let (provider, model) = (Some("builtin".into()), Some(model.into()));
        self.client.submit(Chat { conversation_id: Some(id), parent_id, provider, model, ..Chat::new(fresh_id(), "more") });
    }
}

#[tokio::test]
async fn messages_after_a_restored_backup_are_accepted_over_every_transport() {
    let mut server = Server::start().await;
    let mut pages = Vec::new();
    for transport in RUNGS {
        pages.push(Page::open(&server, transport).await);
    }
    let backup = tempfile::tempdir().unwrap();
    server.stop().await;
    copy(server.data(), backup.path());
    server.start_again();
    for page in &pages {
        page.write("echo-1-0").await;
        page.client.settled(page.id, 4).await;
    }
    server.stop().await;
    // A message is written while the server is down: it follows an answer that the store will not have.
    for page in &pages {
        page.write("echo-2-0").await;
    }
    for entry in fs::read_dir(server.data()).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() { fs::remove_dir_all(entry.path()).unwrap() } else { fs::remove_file(entry.path()).unwrap() }
    }
    copy(backup.path(), server.data());
    server.start_again();
    for page in &pages {
        let messages = page.client.settled(page.id, 4).await;
        assert_eq!(messages.len(), 4, "what came after the backup is gone: {messages:#?}");
        assert_eq!((messages[3].status, messages[2].parent_id), (Status::Complete, Some(messages[1].id)));
        // And one after that.
        page.write("echo-2-0").await;
        assert_eq!(page.client.settled(page.id, 6).await.len(), 6);
    }
}
