//! Conversations going out.

use std::{
    io::{self, BufWriter, Write},
    sync::Arc,
    time::Duration,
};

use axum::body::{Body, Bytes};
use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use holdfast_protocol::{ApiError, ConversationId, UserId, api::Conversation};
use tokio::{runtime::Handle, sync::mpsc};
use tracing::warn;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::markdown;
use crate::chat::{Chat, OutlinedConversation};
use holdfast_core::clock::Millis;

/// Bytes that go out in one piece.
const PIECE: usize = 64 * 1024;

/// How one conversation is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// What is read, for people.
    Md,
    /// Everything, for programs: all branches, ids, times and models.
    #[default]
    Json,
}

/// A file.
pub struct File {
    /// Its name.
    pub name: String,
    /// What it is.
    pub content_type: &'static str,
    /// What is in it.
    pub body: Body,
}

/// One conversation, written while it is taken.
pub fn one(chat: Arc<Chat>, user: UserId, conversation: OutlinedConversation, format: Format, now: Millis) -> File {
    let name = markdown::name(&conversation.summary);
    let (first, texts, last) = match format {
        Format::Md => (String::new(), read(&chat, user, conversation), ""),
        Format::Json => (begin(now), whole(&chat, user, conversation), END),
    };
    let body = stream::iter([Ok(first)]).chain(texts).chain(stream::iter([Ok(last.to_owned())]));
    let body = Body::from_stream(body.map(|text| text.map_err(failed)));
    match format {
        Format::Md => File { name: format!("{name}.md"), content_type: "text/markdown; charset=utf-8", body },
        Format::Json => File { name: format!("{name}.json"), content_type: "application/json", body },
    }
}

/// Why nobody takes what they have for all.
fn failed(api_error: ApiError) -> io::Error {
    io::Error::other(api_error.error)
}

/// What is read of a conversation, piece by piece.
fn read(chat: &Arc<Chat>, user: UserId, conversation: OutlinedConversation) -> BoxStream<'static, Result<String, ApiError>> {
    let (reading, outline) = markdown::Reading::new(&conversation.outline);
    let sections = chat.pieces(user, outline, conversation.lease, move |messages| reading.of(&messages));
    stream::iter([Ok(markdown::heading(&conversation.summary))]).chain(sections).boxed()
}

/// Everything of a conversation as JSON, piece by piece.
fn whole(chat: &Arc<Chat>, user: UserId, conversation: OutlinedConversation) -> BoxStream<'static, Result<String, ApiError>> {
    let OutlinedConversation { summary, cursor, outline, lease } = conversation;
    let mut is_first = true;
    let items = chat.pieces(user, outline, lease, move |messages| Conversation::items(&messages, &mut is_first));
    let ends = [Conversation::head(summary, cursor), Conversation::TAIL.to_owned()].map(|text| stream::iter([Ok(text)]));
    let [head, tail] = ends;
    head.chain(items).chain(tail).boxed()
}

/// What stands before and after the conversations.
fn begin(now: Millis) -> String {
    format!("{{\"holdfast\":1,\"exported_at\":{now},\"conversations\":[\n")
}
const END: &str = "\n]}\n";

/// All of a user's conversations in a ZIP: one file with everything, and one each to read. Written while it is taken: no
/// more than a piece of a conversation is in memory. It is given up where nobody takes anything for `patience`.
pub fn all(chat: Arc<Chat>, user: UserId, ids: Vec<ConversationId>, now: Millis, patience: Duration) -> File {
    let (out, pieces) = mpsc::channel(4);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let pipe = BufWriter::with_capacity(PIECE, Pipe { out: out.clone(), runtime: runtime.clone(), patience });
        if let Err(cause) = write(pipe, &chat, user, &ids, now, &runtime) {
            // Cut off, so that nobody takes what they have for all.
            warn!(%cause, "an export was given up");
            _ = runtime.block_on(out.send(Err(cause)));
        }
    });
    let pieces = stream::unfold(pieces, |mut pieces| async { pieces.recv().await.map(|piece| (piece, pieces)) });
    File { name: "holdfast.zip".into(), content_type: "application/zip", body: Body::from_stream(pieces) }
}

fn write(out: impl Write, chat: &Arc<Chat>, user: UserId, ids: &[ConversationId], now: Millis, runtime: &Handle) -> io::Result<()> {
    let mut zip = ZipWriter::new_stream(out);
    let options = SimpleFileOptions::default();
    // What is removed meanwhile is not there any more.
    let outline = |id: &ConversationId| runtime.block_on(chat.outline(user, *id)).ok();
    let put = |zip: &mut ZipWriter<_>, mut texts: BoxStream<'static, Result<String, ApiError>>| {
        while let Some(text) = runtime.block_on(texts.next()) {
            zip.write_all(text.map_err(failed)?.as_bytes())?;
        }
        Ok::<_, io::Error>(())
    };
    zip.start_file("conversations.json", options)?;
    zip.write_all(begin(now).as_bytes())?;
    for (n, conversation) in ids.iter().filter_map(outline).enumerate() {
        if n > 0 {
            zip.write_all(b",\n")?;
        }
        put(&mut zip, whole(chat, user, conversation))?;
    }
    zip.write_all(END.as_bytes())?;
    for conversation in ids.iter().filter_map(outline) {
        zip.start_file(format!("conversations/{}.md", markdown::name(&conversation.summary)), options)?;
        put(&mut zip, read(chat, user, conversation))?;
    }
    zip.finish()?.into_inner().flush()
}

/// Where a thread writes, and a body reads.
struct Pipe {
    out: mpsc::Sender<io::Result<Bytes>>,
    runtime: Handle,
    /// How long nothing may be taken.
    patience: Duration,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.runtime.block_on(tokio::time::timeout(self.patience, self.out.send(Ok(Bytes::copy_from_slice(bytes)))));
        match sent {
            Ok(Ok(())) => Ok(bytes.len()),
            Ok(Err(_)) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "nobody takes it any more")),
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "nobody took any of it for too long")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
