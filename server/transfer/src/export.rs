//! Export of conversations.

use std::{
    io::{self, BufWriter, Write},
    sync::Arc,
    time::Duration,
};

use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use holdfast_protocol::{ApiError, ConversationId, UserId, api::Conversation};
use tokio::{runtime::Handle, sync::mpsc};
use tracing::warn;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::markdown;
use holdfast_core::clock::Millis;
use holdfast_core::conversations::{Chat, OutlinedConversation};

/// Size of the pieces that are sent, bytes.
const PIECE: usize = 64 * 1024;

/// Format of an exported conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Markdown, for people: the path that is shown.
    Md,
    /// JSON, for programs: all branches, ids, times and models.
    #[default]
    Json,
}

/// A file to download.
pub struct File {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub content_type: &'static str,
    /// Its content. An error means that it is not complete.
    pub body: BoxStream<'static, io::Result<Vec<u8>>>,
}

/// Returns a conversation as a file. It is written while it is sent.
pub fn one(chat: Arc<Chat>, user: UserId, conversation: OutlinedConversation, format: Format, now: Millis) -> File {
    let name = markdown::name(&conversation.summary);
    let (first, texts, last) = match format {
        Format::Md => (String::new(), read(&chat, user, conversation), ""),
        Format::Json => (begin(now), whole(&chat, user, conversation), END),
    };
    let body = stream::iter([Ok(first)]).chain(texts).chain(stream::iter([Ok(last.to_owned())]));
    let body = body.map(|text| text.map(String::into_bytes).map_err(failed)).boxed();
    match format {
        Format::Md => File { name: format!("{name}.md"), content_type: "text/markdown; charset=utf-8", body },
        Format::Json => File { name: format!("{name}.json"), content_type: "application/json", body },
    }
}

/// Converts an error to one that cuts the download off, so that the client does not take it for complete.
fn failed(api_error: ApiError) -> io::Error {
    io::Error::other(api_error.error)
}

/// Returns a conversation as Markdown, piece by piece.
fn read(chat: &Arc<Chat>, user: UserId, conversation: OutlinedConversation) -> BoxStream<'static, Result<String, ApiError>> {
    let (reading, outline) = markdown::Reading::new(&conversation.outline);
    let sections = chat.pieces(user, outline, conversation.lease, move |messages| reading.of(&messages));
    stream::iter([Ok(markdown::heading(&conversation.summary))]).chain(sections).boxed()
}

/// Returns a conversation as JSON, piece by piece.
fn whole(chat: &Arc<Chat>, user: UserId, conversation: OutlinedConversation) -> BoxStream<'static, Result<String, ApiError>> {
    let OutlinedConversation { summary, cursor, outline, lease } = conversation;
    let mut is_first = true;
    let items = chat.pieces(user, outline, lease, move |messages| Conversation::items(&messages, &mut is_first));
    let ends = [Conversation::head(summary, cursor), Conversation::TAIL.to_owned()].map(|text| stream::iter([Ok(text)]));
    let [head, tail] = ends;
    head.chain(items).chain(tail).boxed()
}

/// Returns the JSON before the conversations.
fn begin(now: Millis) -> String {
    format!("{{\"holdfast\":1,\"exported_at\":{now},\"conversations\":[\n")
}
const END: &str = "\n]}\n";

/// Returns all conversations of a user in a ZIP: one JSON file with everything, and one Markdown file for each. It is written while it is
/// sent, so at most one piece of a conversation is in memory. The export is aborted if the client reads nothing for `patience`.
pub fn all(chat: Arc<Chat>, user: UserId, ids: Vec<ConversationId>, now: Millis, patience: Duration) -> File {
    let (out, pieces) = mpsc::channel(4);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let pipe = BufWriter::with_capacity(PIECE, Pipe { out: out.clone(), runtime: runtime.clone(), patience });
        if let Err(cause) = write(pipe, &chat, user, &ids, now, &runtime) {
            // Cut off, so that the client does not take it for complete.
            warn!(%cause, "export cancelled");
            _ = runtime.block_on(out.send(Err(cause)));
        }
    });
    let pieces = stream::unfold(pieces, |mut pieces| async { pieces.recv().await.map(|piece| (piece, pieces)) });
    File { name: "holdfast.zip".into(), content_type: "application/zip", body: pieces.boxed() }
}

fn write(out: impl Write, chat: &Arc<Chat>, user: UserId, ids: &[ConversationId], now: Millis, runtime: &Handle) -> io::Result<()> {
    let mut zip = ZipWriter::new_stream(out);
    let options = SimpleFileOptions::default();
    // Conversations that were removed meanwhile are skipped.
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

/// A pipe from a writing thread to the stream of pieces.
struct Pipe {
    out: mpsc::Sender<io::Result<Vec<u8>>>,
    runtime: Handle,
    /// Time without reading after which the export is aborted.
    patience: Duration,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.runtime.block_on(tokio::time::timeout(self.patience, self.out.send(Ok(bytes.to_vec()))));
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
