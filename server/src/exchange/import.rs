//! Conversations coming in.

use std::{
    cell::Cell,
    fmt,
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    rc::Rc,
    sync::Arc,
};

use holdfast_protocol::{
    Code, Refusal, UserId,
    exchange::{ImportLine, ImportReport},
};
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use tokio::{runtime::Handle, sync::mpsc};
use zip::ZipArchive;

use super::read;
use crate::{
    chat::Chat,
    clock,
    store::{ImportOutcome, StoreError},
};

/// Largest file, bytes.
pub const MAX_FILE: u64 = 256 * 1024 * 1024;
/// Largest JSON that a ZIP may unfold to, bytes; all in it together.
const MAX_UNFOLDED: u64 = 1024 * 1024 * 1024;
/// Largest conversation, bytes: that much is in memory at once.
const MAX_CONVERSATION: u64 = 32 * 1024 * 1024;
/// Problems that are told one by one.
const MOST_PROBLEMS: usize = 100;
/// Progress is told every so many conversations.
const EVERY: u32 = 10;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Zip,
    Json,
}

/// A file that is one of those that can be read.
#[derive(Debug)]
pub struct Upload {
    file: File,
    kind: Kind,
}

impl Upload {
    /// Looks at a file's beginning.
    ///
    /// # Errors
    /// It is neither JSON nor a ZIP.
    pub fn look(mut file: File) -> Result<Self, Refusal> {
        let mut head = [0; 64];
        let length = file.seek(SeekFrom::Start(0)).and_then(|_| read_some(&mut file, &mut head)).and_then(|length| {
            file.seek(SeekFrom::Start(0))?;
            Ok(length)
        });
        let head = &head[..length.unwrap_or(0)];
        let first = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).iter().find(|byte| !byte.is_ascii_whitespace());
        let kind = match first {
            _ if head.starts_with(b"PK\x03\x04") => Kind::Zip,
            Some(b'{' | b'[') => Kind::Json,
            _ => {
                let sentence =
                    "This is neither JSON nor a ZIP. Send a conversations.json of Holdfast, ChatGPT or Claude, or the ZIP it came in.";
                return Err(Refusal::new(Code::BadFrame, sentence));
            }
        };
        Ok(Self { file, kind })
    }
}

fn read_some(file: &mut File, head: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < head.len() {
        match file.read(&mut head[length..])? {
            0 => break,
            more => length += more,
        }
    }
    Ok(length)
}

/// Takes all that can be read of a file, and tells how it goes. To be called where waiting is allowed; nobody needs to
/// listen for it to come to its end.
pub fn take(chat: &Arc<Chat>, user: UserId, upload: Upload, told: &mpsc::Sender<ImportLine>, runtime: &Handle) {
    let mut import = Import { chat, user, told, runtime, report: ImportReport::default(), seen: 0 };
    match upload.kind {
        Kind::Json => import.json("The file", upload.file, &Rc::new(Cell::new(MAX_FILE))),
        Kind::Zip => import.zip(upload.file),
    }
    let report = import.report;
    _ = told.blocking_send(ImportLine::Done(report));
}

struct Import<'a> {
    chat: &'a Arc<Chat>,
    user: UserId,
    told: &'a mpsc::Sender<ImportLine>,
    runtime: &'a Handle,
    report: ImportReport,
    seen: u32,
}

impl Import<'_> {
    fn zip(&mut self, file: File) {
        let mut archive = match ZipArchive::new(BufReader::new(file)) {
            Ok(archive) => archive,
            Err(error) => return self.problem(format!("The ZIP can't be read: {error}.")),
        };
        let left = Rc::new(Cell::new(MAX_UNFOLDED));
        let mut any = false;
        for at in 0..archive.len() {
            let entry = match archive.by_index(at) {
                Ok(entry) => entry,
                Err(error) => {
                    self.problem(format!("A file in the ZIP can't be read: {error}."));
                    continue;
                }
            };
            let Ok(name) = entry.name().map(|name| name.into_owned()) else { continue };
            let last = name.rsplit('/').next().unwrap_or_default();
            // In an export that is large, they are numbered.
            if last.starts_with("conversations") && last.ends_with(".json") {
                any = true;
                self.json(&name, entry, &left);
            }
        }
        if !any {
            self.problem("There is no conversations.json in this ZIP.".to_owned());
        }
    }

    fn json(&mut self, name: &str, file: impl Read, left: &Rc<Cell<u64>>) {
        let budget = Rc::new(Cell::new(MAX_CONVERSATION));
        let file = Measured { file, left: left.clone(), budget: budget.clone() };
        let mut file = BufReader::with_capacity(64 * 1024, file);
        // A mark that some editors put before a text.
        if io::BufRead::fill_buf(&mut file).is_ok_and(|head| head.starts_with(b"\xef\xbb\xbf")) {
            io::BufRead::consume(&mut file, 3);
        }
        let mut json = serde_json::Deserializer::from_reader(file);
        let before = self.seen;
        let mut each = |raw: Box<RawValue>| {
            budget.set(MAX_CONVERSATION);
            self.conversation(&raw);
        };
        let done = Walk(&mut each).deserialize(&mut json);
        if let Err(error) = done {
            let read = self.seen - before;
            self.problem(format!("{name} can't be read any further after {read} conversations: {error}."));
        }
    }

    fn conversation(&mut self, raw: &RawValue) {
        self.seen += 1;
        match read::conversation(self.user, raw.get()) {
            Ok(conversation) => {
                let title = conversation.title.clone();
                match self.runtime.block_on(self.chat.import(self.user, conversation, clock::now())) {
                    Ok(ImportOutcome::Added) => self.report.added += 1,
                    Ok(ImportOutcome::Grown) => self.report.grown += 1,
                    Ok(ImportOutcome::Same) => self.report.same += 1,
                    Err(error) => {
                        let why = match error {
                            StoreError::Unfit(why) => why,
                            error => crate::chat::refused(error).error,
                        };
                        self.problem(format!("“{title}” was left out: {why}"));
                    }
                }
            }
            Err((title, why)) => {
                let which = title.map_or_else(|| format!("Conversation {}", self.seen), |title| format!("“{title}”"));
                self.problem(format!("{which} was left out: {why}."));
            }
        }
        if self.seen.is_multiple_of(EVERY) {
            _ = self.told.blocking_send(ImportLine::Progress { read: self.seen });
        }
    }

    fn problem(&mut self, sentence: String) {
        self.report.left_out += 1;
        if self.report.problems.len() < MOST_PROBLEMS {
            self.report.problems.push(sentence);
        }
    }
}

/// A reader that gives up where there is too much of it.
struct Measured<R> {
    file: R,
    /// Of all.
    left: Rc<Cell<u64>>,
    /// Of one conversation.
    budget: Rc<Cell<u64>>,
}

impl<R: Read> Read for Measured<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(into)?;
        let used = length as u64;
        let (left, budget) = (self.left.get().checked_sub(used), self.budget.get().checked_sub(used));
        let (Some(left), Some(budget)) = (left, budget) else {
            let what = if left.is_none() { "there is too much in it" } else { "a conversation has more than 32 MB" };
            return Err(io::Error::other(what));
        };
        self.left.set(left);
        self.budget.set(budget);
        Ok(length)
    }
}

/// Goes through a list of conversations, or through the list called `conversations` of an object, one at a time.
struct Walk<'a>(&'a mut dyn FnMut(Box<RawValue>));

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of conversations")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(raw) = list.next_element::<Box<RawValue>>()? {
            (self.0)(raw);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut found = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == "conversations" && !found {
                found = true;
                map.next_value_seed(Walk(&mut *self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if found { Ok(()) } else { Err(de::Error::custom("it holds no list of conversations")) }
    }
}
