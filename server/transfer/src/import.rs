//! Import of conversations.

use std::{
    borrow::Cow,
    cell::Cell,
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek as _},
    ops::ControlFlow,
    path::Path,
    sync::Arc,
    time::Duration,
};

use flate2::bufread::MultiGzDecoder;
use holdfast_protocol::{
    UserId,
    transfer::{ImportLine, ImportReport},
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, mpsc},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    archive,
    cells::cells,
    places::Place,
    read::{self, Found, Loose, READABLE},
    split::{LARGE, Sink, SplitError, split},
    upload::{self, Kind, Upload, as_utf8, read_some},
};
use holdfast_core::clock;
use holdfast_core::conversations::Chat;
use holdfast_core::imported::ImportOutcome;
use holdfast_core::ports::StoreError;

/// Maximum size of a file, bytes.
pub const MAX_FILE: u64 = 256 * 1024 * 1024;
/// Maximum size of all data in a compressed file after decompression, bytes.
const MAX_UNFOLDED: u64 = 1024 * 1024 * 1024;
/// Maximum compression ratio, for data larger than [`ALWAYS_UNFOLDED`]. Texts have ratios of three to ten.
const MAX_RATIO: u64 = 100;
/// Size up to which any compressed file is decompressed, bytes.
const ALWAYS_UNFOLDED: u64 = 64 * 1024 * 1024;
/// Maximum size of a conversation, bytes.
const MAX_CONVERSATION: usize = MAX_MB * 1024 * 1024;
const MAX_MB: usize = 64;
/// Maximum duration of an import.
const MAX_TIME: Duration = Duration::from_secs(600);
/// Maximum number of problems that are reported one by one.
const MOST_PROBLEMS: usize = 100;
/// Progress is reported after this many conversations, or after this time.
const EVERY: u32 = 10;
const EVERY_TIME: Duration = Duration::from_secs(2);

/// An import job.
pub struct Job<'a> {
    /// Receives the conversations.
    pub chat: &'a Arc<Chat>,
    /// Owner of the conversations.
    pub user: UserId,
    /// The job's slot.
    pub place: &'a Place,
    /// Folder for temporary files.
    pub folder: &'a Path,
    /// Receives progress.
    pub reply: &'a mpsc::Sender<ImportLine>,
    /// Cancelled if the client has disconnected or the server is shutting down.
    pub cancel: &'a CancellationToken,
    /// Runtime on which to wait for the store.
    pub runtime: &'a Handle,
}

/// Imports everything that can be read from a file, and reports progress. Call this where blocking is allowed. If the job is cancelled or
/// takes too long, the import ends early with what was imported so far.
pub fn run(job: &Job<'_>, upload: Upload) -> ImportReport {
    let now = Instant::now();
    let mut import = Import {
        job,
        report: ImportReport::default(),
        seen: 0,
        left: Cell::new(match upload.kind {
            Kind::Json | Kind::Page => MAX_FILE,
            Kind::Zip | Kind::Gzip => upload.length.saturating_mul(MAX_RATIO).clamp(ALWAYS_UNFOLDED, MAX_UNFOLDED),
        }),
        deadline: now + MAX_TIME,
        reported_at: now,
        large: None,
        loose: Loose::default(),
        others: BTreeMap::new(),
    };
    match upload.kind {
        Kind::Json => _ = import.json("The file", upload.file, true),
        Kind::Zip => archive::read(&mut import, upload.file),
        Kind::Page => _ = import.page("The file", upload.file, true),
        Kind::Gzip => _ = import.gzip("The file", upload.file, true),
    }
    let Import { mut report, seen, .. } = import;
    if job.cancel.is_cancelled() {
        report.problems.push(format!("The import was stopped after {seen} conversations. Import the file again: it goes on where it was."));
        report.left_out += 1;
    }
    report
}

pub(super) struct Import<'a> {
    job: &'a Job<'a>,
    pub(super) report: ImportReport,
    seen: u32,
    /// Number of bytes that may still be read.
    left: Cell<u64>,
    deadline: Instant,
    reported_at: Instant,
    /// Held while a large conversation is in memory.
    large: Option<OwnedSemaphorePermit>,
    /// Messages that are not inside a conversation.
    loose: Loose,
    /// Contents other than conversations, and how many times each was found.
    others: BTreeMap<Cow<'static, str>, u32>,
}

impl Import<'_> {
    /// Returns the number of conversations found so far.
    pub(super) fn found(&self) -> u32 {
        let ImportReport { added, grown, same, empty, .. } = self.report;
        added + grown + same + empty
    }

    /// Copies a file to a temporary file that can be read at any position.
    pub(super) fn unpacked(&self, file: impl Read) -> io::Result<File> {
        let mut copy = tempfile::tempfile_in(self.job.folder)?;
        io::copy(&mut Measured { file, left: &self.left, deadline: self.deadline, cancel: self.job.cancel }, &mut copy)?;
        copy.rewind()?;
        Ok(copy)
    }

    /// Imports the contents of a gzip file. Returns the same as [`json`](Self::json).
    pub(super) fn gzip(&mut self, name: &str, file: File, must_hold: bool) -> bool {
        // A gzip file may consist of several members.
        let mut unfolded = MultiGzDecoder::new(BufReader::new(file));
        let mut head = [0; 4096];
        let begin = match read_some(&mut unfolded, &mut head) {
            Ok(length) => &head[..length],
            Err(error) => {
                self.problem(format!("{name} can't be unpacked: {error}."));
                return true;
            }
        };
        let all = begin.chain(unfolded);
        match upload::kind(begin) {
            Ok(Kind::Json) => return self.json(name, all, must_hold),
            Ok(Kind::Page) => return self.page(name, all, must_hold),
            Ok(Kind::Zip) => match self.unpacked(all) {
                Ok(archive) => archive::read(self, archive),
                Err(error) => self.problem(format!("{name} can't be unpacked: {error}.")),
            },
            Ok(Kind::Gzip) => self.problem(format!("{name} is compressed more than once. Unpack it, and choose what is in it.")),
            Err(what) if must_hold => self.problem(format!("{name} was unpacked. {}", what.sentence())),
            Err(_) => {}
        }
        true
    }

    /// Imports the conversations of a JSON file. Returns false if nothing after it can be imported either. If `must_hold` is false, a
    /// file without conversations is not reported.
    pub(super) fn json(&mut self, name: &str, file: impl Read, must_hold: bool) -> bool {
        self.values(name, file, must_hold, |input, sink| split(input, MAX_CONVERSATION, sink))
    }

    /// Imports the activities of a page of Google Takeout. Returns the same as [`json`](Self::json).
    pub(super) fn page(&mut self, name: &str, file: impl Read, must_hold: bool) -> bool {
        self.values(name, file, must_hold, |input, sink| cells(input, MAX_CONVERSATION, sink))
    }

    fn values(
        &mut self,
        name: &str,
        file: impl Read,
        must_hold: bool,
        split: impl FnOnce(&mut dyn BufRead, &mut Self) -> Result<(), SplitError>,
    ) -> bool {
        let (before, found, problems) = (self.seen, self.found(), self.report.problems.len());
        let (left, deadline, cancel) = (self.left.clone(), self.deadline, self.job.cancel);
        let done = as_utf8(Measured { file, left: &left, deadline, cancel })
            .map_err(SplitError::from)
            .and_then(|mut input| split(&mut *input, self))
            .and_then(|()| self.flush());
        self.large = None;
        let goes_on = match done {
            Ok(()) => true,
            Err(_) if self.job.cancel.is_cancelled() => false,
            Err(SplitError::Stopped) => false,
            Err(error @ SplitError::Page) => {
                if must_hold {
                    self.problem(format!("{name} can't be read: {error}. Choose the JSON beside it. {READABLE}"));
                }
                true
            }
            Err(error) => {
                let goes_on = self.flush().is_ok();
                let read = self.seen - before;
                if must_hold || read > 0 {
                    self.problem(format!("{name} can't be read any further after {read} conversations: {error}."));
                }
                goes_on && left.get() > 0 && Instant::now() < self.deadline
            }
        };
        self.left = left;
        let is_empty = self.found() == found;
        for (what, count) in std::mem::take(&mut self.others) {
            if is_empty && !must_hold {
                continue;
            }
            let count = if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") };
            let sentence = if what.contains("can't be read yet") {
                format!("{name} is {what}. {READABLE}")
            } else if is_empty {
                format!("{name} holds no conversations: what is in it is {what}. {READABLE}")
            } else {
                format!("{count} of {name} left out: {what}.")
            };
            self.problem(sentence);
        }
        if must_hold && is_empty && goes_on && self.report.problems.len() == problems {
            // Nothing failed, so nothing was left out.
            self.note(format!("{name} holds no conversations."));
        }
        goes_on
    }

    /// Checks whether the import may continue.
    pub(super) fn check(&mut self) -> Result<(), SplitError> {
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

    /// Imports a value of a file. `is_cut` tells that it is only the beginning of one.
    fn import(&mut self, json: &str, is_cut: bool) -> Result<(), SplitError> {
        for found in read::conversations(self.job.user, clock::now(), json) {
            match found {
                Found::Conversation(read) => self.conversation(*read, is_cut)?,
                Found::Empty => self.report.empty += 1,
                Found::Other(_) if is_cut => self.problem(format!("Entry {} was left out: it has more than {MAX_MB} MB.", self.seen)),
                Found::Other(what) => *self.others.entry(what).or_default() += 1,
            }
        }
        Ok(())
    }

    fn conversation(&mut self, read: read::Read, is_cut: bool) -> Result<(), SplitError> {
        let read::Read { conversation, mut left_out } = read;
        let title = conversation.title.clone();
        if is_cut {
            left_out.push(format!("what comes after its first {MAX_MB} MB"));
        }
        if conversation.messages.is_empty() {
            self.problem(format!("“{title}” was left out: it holds nothing but {}.", left_out.join(" and ")));
            return Ok(());
        }
        let conversation = conversation.bounded(clock::now());
        left_out.extend(conversation.left_out());
        let (job, deadline, seen) = (self.job, self.deadline, self.seen);
        let mut reported_at = self.reported_at;
        let mut go_on = || {
            report_progress(job, seen, &mut reported_at, false);
            let stops = job.cancel.is_cancelled() || Instant::now() >= deadline || job.chat.disk().is_short();
            if stops { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let done = job.runtime.block_on(job.chat.import(job.user, conversation, clock::now(), &mut go_on));
        self.reported_at = reported_at;
        if !left_out.is_empty() && matches!(done, Ok(ImportOutcome::Added | ImportOutcome::Grown | ImportOutcome::Same)) {
            self.note(format!("“{title}” was imported without {}.", left_out.join(" and ")));
        }
        match done {
            Ok(ImportOutcome::Added) => self.report.added += 1,
            Ok(ImportOutcome::Grown) => self.report.grown += 1,
            Ok(ImportOutcome::Same) => self.report.same += 1,
            Ok(ImportOutcome::Stopped) => self.check()?,
            Err(StoreError::OverQuota(full)) => {
                self.report.left_out += 1;
                self.report.problems.truncate(MOST_PROBLEMS - 1);
                self.report.problems.push(format!("The import was stopped at “{title}”. {}", full.api_error().error));
                return Err(SplitError::Stopped);
            }
            Err(StoreError::Full(_)) => return Err(self.is_full()),
            Err(error) => {
                let why = holdfast_protocol::ApiError::from(error).error;
                self.problem(format!("“{title}” was left out: {why}"));
            }
        }
        Ok(())
    }

    /// Imports the collected messages that are not inside a conversation.
    fn flush(&mut self) -> Result<(), SplitError> {
        match self.loose.done() {
            Some(json) => {
                self.seen += 1;
                self.import(&json, false)
            }
            None => Ok(()),
        }
    }

    /// Reports that something was left out.
    pub(super) fn problem(&mut self, sentence: String) {
        self.report.left_out += 1;
        self.note(sentence);
    }

    fn note(&mut self, sentence: String) {
        if self.report.problems.len() < MOST_PROBLEMS {
            self.report.problems.push(sentence);
        }
    }
}

impl Sink for Import<'_> {
    fn is_large(&mut self) -> Result<(), SplitError> {
        if self.large.is_some() {
            return self.check();
        }
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

    fn value(&mut self, json: &[u8], is_cut: bool) -> Result<(), SplitError> {
        // Invalid UTF-8 is replaced, so that the rest is kept.
        let json = String::from_utf8_lossy(json);
        if !is_cut && Loose::is_message(&json) {
            if !self.loose.take(&json, MAX_CONVERSATION) {
                self.flush()?;
                self.loose.take(&json, MAX_CONVERSATION);
            }
            if self.loose.length() <= LARGE {
                self.large = None;
                return self.check();
            }
            return self.is_large();
        }
        self.flush()?;
        self.seen += 1;
        self.import(&json, is_cut)?;
        self.large = None;
        report_progress(self.job, self.seen, &mut self.reported_at, self.seen.is_multiple_of(EVERY));
        self.check()
    }

    fn stray_comma(&mut self) {
        self.note("There is a comma behind the last conversation, which JSON does not have. All of them were read.".to_owned());
    }
}

/// Reports the number of conversations read so far, from time to time. Does not wait for a client that does not read.
fn report_progress(job: &Job<'_>, seen: u32, reported_at: &mut Instant, is_due: bool) {
    if is_due || reported_at.elapsed() >= EVERY_TIME {
        *reported_at = Instant::now();
        _ = job.reply.try_send(ImportLine::Progress { read: seen });
    }
}

/// A reader that fails if there is too much data, if the import takes too long, or if it is cancelled.
struct Measured<'a, R> {
    file: R,
    left: &'a Cell<u64>,
    deadline: Instant,
    cancel: &'a CancellationToken,
}

impl<R: Read> Read for Measured<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() || Instant::now() >= self.deadline {
            return Err(io::Error::other("it took longer than 10 minutes"));
        }
        let length = self.file.read(into)?;
        let left = self.left.get().checked_sub(length as u64);
        self.left.set(left.unwrap_or_default());
        left.map(|_| length).ok_or_else(|| io::Error::other("it unfolds to far more than its size"))
    }
}
