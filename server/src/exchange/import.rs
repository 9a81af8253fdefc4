//! Conversations coming in.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    ops::ControlFlow,
    sync::Arc,
    time::Duration,
};

use holdfast_protocol::{
    Code, Refusal, UserId,
    exchange::{ImportLine, ImportReport},
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, mpsc},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use zip::{ZipReadOptions, read::Config, unstable::read::ZipIterable};

use super::{
    places::Place,
    read,
    split::{Sink, SplitError, split},
};
use crate::{
    chat::Chat,
    clock,
    store::{ImportOutcome, StoreError},
};

/// Largest file, bytes.
pub const MAX_FILE: u64 = 256 * 1024 * 1024;
/// Largest JSON that a ZIP may unfold to, bytes; all in it together.
const MAX_UNFOLDED: u64 = 1024 * 1024 * 1024;
/// How many times its size a ZIP may unfold to, where that is more than [`ALWAYS_UNFOLDED`]. Texts unfold to three to ten times.
const MAX_RATIO: u64 = 100;
/// What any ZIP may unfold to, bytes.
const ALWAYS_UNFOLDED: u64 = 64 * 1024 * 1024;
/// The most files in a ZIP that are looked at.
const MAX_FILES: usize = 200_000;
/// Largest conversation, bytes.
const MAX_CONVERSATION: usize = 64 * 1024 * 1024;
/// How long a file may be read.
const MAX_TIME: Duration = Duration::from_secs(600);
/// Problems that are told one by one.
const MOST_PROBLEMS: usize = 100;
/// Progress is told every so many conversations, or after so long.
const EVERY: u32 = 10;
const EVERY_TIME: Duration = Duration::from_secs(2);

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
    length: u64,
}

impl Upload {
    /// Looks at a file's beginning.
    ///
    /// # Errors
    /// It is neither JSON nor a ZIP.
    pub fn look(mut file: File) -> Result<Self, Refusal> {
        let mut head = [0; 64];
        let looked = file.seek(SeekFrom::End(0)).and_then(|length| {
            file.seek(SeekFrom::Start(0))?;
            let known = read_some(&mut file, &mut head)?;
            file.seek(SeekFrom::Start(0))?;
            Ok((length, known))
        });
        let (length, known) = looked.unwrap_or_default();
        let head = &head[..known];
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
        Ok(Self { file, kind, length })
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

/// Whose file is read, and by what it ends.
pub(crate) struct Job<'a> {
    /// Where conversations go.
    pub(crate) chat: &'a Arc<Chat>,
    /// Whose they are.
    pub(crate) user: UserId,
    /// Its place among the imports.
    pub(crate) place: &'a Place,
    /// Where it is told how it goes.
    pub(crate) told: &'a mpsc::Sender<ImportLine>,
    /// Cancelled: the sender has gone, or the server is shutting down.
    pub(crate) cancel: &'a CancellationToken,
    /// Where the store is waited for.
    pub(crate) runtime: &'a Handle,
}

/// Imports all that can be read of a file, and tells how it goes. To be called where waiting is allowed. Ends early, with what was
/// imported so far, when it is cancelled or takes too long.
pub(crate) fn run(job: &Job<'_>, upload: Upload) -> ImportReport {
    let now = Instant::now();
    let mut import =
        Import { job, report: ImportReport::default(), seen: 0, left: MAX_FILE, deadline: now + MAX_TIME, told_at: now, large: None };
    match upload.kind {
        Kind::Json => _ = import.json("The file", upload.file),
        Kind::Zip => import.zip(upload),
    }
    let Import { mut report, seen, .. } = import;
    if job.cancel.is_cancelled() {
        report.problems.push(format!("The import was stopped after {seen} conversations. Import the file again: it goes on where it was."));
        report.left_out += 1;
    }
    report
}

struct Import<'a> {
    job: &'a Job<'a>,
    report: ImportReport,
    seen: u32,
    /// How many bytes may yet be read.
    left: u64,
    deadline: Instant,
    told_at: Instant,
    /// Held while a large conversation is in memory.
    large: Option<OwnedSemaphorePermit>,
}

impl Import<'_> {
    fn zip(&mut self, upload: Upload) {
        self.left = upload.length.saturating_mul(MAX_RATIO).clamp(ALWAYS_UNFOLDED, MAX_UNFOLDED);
        // Two readers of one file: each goes to its place before it reads.
        let opened = upload
            .file
            .try_clone()
            .map_err(Into::into)
            .and_then(|directory| ZipIterable::try_new(BufReader::with_capacity(512, directory), Config::default()));
        let (mut archive, mut file) = match opened {
            Ok(archive) => (archive, BufReader::new(upload.file)),
            Err(error) => return self.problem(format!("The ZIP can't be read: {error}.")),
        };
        let files = match archive.files() {
            Ok(files) => files,
            Err(error) => return self.problem(format!("The ZIP can't be read: {error}.")),
        };
        let mut any = false;
        for (at, entry) in files.enumerate() {
            if at == MAX_FILES {
                self.problem(format!("The ZIP holds more than {MAX_FILES} files. Import the conversations.json that is in it alone."));
                break;
            }
            if self.check().is_err() {
                break;
            }
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.problem(format!("A file in the ZIP can't be read: {error}."));
                    continue;
                }
            };
            let Ok(name) = entry.name().map(|name| holdfast_protocol::shorten(&name, 200)) else { continue };
            let last = name.rsplit('/').next().unwrap_or_default();
            // In an export that is large, they are numbered.
            if last.starts_with("conversations") && last.ends_with(".json") {
                any = true;
                match entry.with_reader(&mut file, ZipReadOptions::new()) {
                    Ok(unfolded) => {
                        if !self.json(&name, unfolded) {
                            break;
                        }
                    }
                    Err(error) => self.problem(format!("{name} in the ZIP can't be read: {error}.")),
                }
            }
        }
        if !any {
            self.problem("There is no conversations.json in this ZIP.".to_owned());
        }
    }

    /// Imports the conversations of one JSON. False where nothing that comes after it can be imported either.
    fn json(&mut self, name: &str, file: impl Read) -> bool {
        let before = self.seen;
        let measured = Measured { file, left: self.left, deadline: self.deadline, cancel: self.job.cancel };
        let mut input = BufReader::with_capacity(64 * 1024, measured);
        let done = split(&mut input, MAX_CONVERSATION, self);
        self.left = input.get_ref().left;
        self.large = None;
        match done {
            Ok(()) => true,
            Err(_) if self.job.cancel.is_cancelled() => false,
            Err(SplitError::Stopped) => false,
            Err(error) => {
                let read = self.seen - before;
                self.problem(format!("{name} can't be read any further after {read} conversations: {error}."));
                self.left > 0 && Instant::now() < self.deadline
            }
        }
    }

    /// Whether it is to go on.
    fn check(&mut self) -> Result<(), SplitError> {
        if self.job.cancel.is_cancelled() {
            return Err(SplitError::Stopped);
        }
        if Instant::now() >= self.deadline {
            let seen = self.seen;
            self.problem(format!("The import took longer than 10 minutes and was stopped after {seen} conversations. Import the file again: it goes on where it was."));
            return Err(SplitError::Stopped);
        }
        if self.job.chat.disk().is_short() {
            return Err(self.is_full());
        }
        Ok(())
    }

    fn is_full(&mut self) -> SplitError {
        let seen = self.seen;
        self.problem(format!("The server's disk is full: the import was stopped at conversation {seen}. Import the file again once there is room: it goes on where it was."));
        SplitError::Stopped
    }

    fn import(&mut self, json: &str) -> Result<(), SplitError> {
        let conversation = match read::conversation(self.job.user, json) {
            Ok(conversation) => conversation,
            Err((title, why)) => {
                let which = title.map_or_else(|| format!("Conversation {}", self.seen), |title| format!("“{title}”"));
                self.problem(format!("{which} was left out: {why}."));
                return Ok(());
            }
        };
        let title = conversation.title.clone();
        let (job, deadline, seen) = (self.job, self.deadline, self.seen);
        let mut told_at = self.told_at;
        let mut go_on = || {
            tell(job, seen, &mut told_at, false);
            let stops = job.cancel.is_cancelled() || Instant::now() >= deadline || job.chat.disk().is_short();
            if stops { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let done = job.runtime.block_on(job.chat.import(job.user, conversation, clock::now(), &mut go_on));
        self.told_at = told_at;
        match done {
            Ok(ImportOutcome::Added) => self.report.added += 1,
            Ok(ImportOutcome::Grown) => self.report.grown += 1,
            Ok(ImportOutcome::Same) => self.report.same += 1,
            Ok(ImportOutcome::Stopped) => self.check()?,
            Err(StoreError::OverQuota(full)) => {
                self.report.left_out += 1;
                self.report.problems.truncate(MOST_PROBLEMS - 1);
                self.report.problems.push(format!("The import was stopped at “{title}”. {full}"));
                return Err(SplitError::Stopped);
            }
            Err(error) if error.is_full() => return Err(self.is_full()),
            Err(error) => {
                let why = match error {
                    StoreError::Unfit(why) => why,
                    error => crate::chat::refused(error).error,
                };
                self.problem(format!("“{title}” was left out: {why}"));
            }
        }
        Ok(())
    }

    fn problem(&mut self, sentence: String) {
        self.report.left_out += 1;
        if self.report.problems.len() < MOST_PROBLEMS {
            self.report.problems.push(sentence);
        }
    }
}

impl Sink for Import<'_> {
    fn is_large(&mut self) -> Result<(), SplitError> {
        let (place, cancel, deadline) = (self.job.place, self.job.cancel, self.deadline);
        let turn = async {
            tokio::select! {
                turn = place.large() => turn,
                () = cancel.cancelled() => None,
                () = tokio::time::sleep_until(deadline) => None,
            }
        };
        self.large = self.job.runtime.block_on(turn);
        self.check()
    }

    fn conversation(&mut self, json: Option<&[u8]>) -> Result<(), SplitError> {
        self.seen += 1;
        match json.map(str::from_utf8) {
            Some(Ok(json)) => self.import(json)?,
            Some(Err(_)) => self.problem(format!("Conversation {} was left out: it is no UTF-8 text.", self.seen)),
            None => {
                let most = MAX_CONVERSATION / (1024 * 1024);
                self.problem(format!("Conversation {} was left out: it has more than {most} MB.", self.seen));
            }
        }
        self.large = None;
        tell(self.job, self.seen, &mut self.told_at, self.seen.is_multiple_of(EVERY));
        self.check()
    }
}

/// Tells how many conversations were looked at, now and then. Who does not listen is not waited for.
fn tell(job: &Job<'_>, seen: u32, told_at: &mut Instant, is_due: bool) {
    if is_due || told_at.elapsed() >= EVERY_TIME {
        *told_at = Instant::now();
        _ = job.told.try_send(ImportLine::Progress { read: seen });
    }
}

/// A reader that gives up where there is too much of it, where it takes too long, and where nobody wants it any more.
struct Measured<'a, R> {
    file: R,
    left: u64,
    deadline: Instant,
    cancel: &'a CancellationToken,
}

impl<R: Read> Read for Measured<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() || Instant::now() >= self.deadline {
            return Err(io::Error::other("it took longer than 10 minutes"));
        }
        let length = self.file.read(into)?;
        match self.left.checked_sub(length as u64) {
            Some(left) => self.left = left,
            None => {
                self.left = 0;
                return Err(io::Error::other("it unfolds to far more than its size"));
            }
        }
        Ok(length)
    }
}
