//! The server's side: starts a child process for each file and watches it.

use std::{
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use futures::stream::{self, BoxStream, StreamExt as _};
use holdfast_core::ports::{FileContent, FileToRead, ReadError, ReadEvent, Reader};
use holdfast_protocol::materials::{Problem, ProblemReason};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, Command},
    sync::{Semaphore, mpsc},
    time::{Instant, timeout, timeout_at},
};

/// Maximum number of bytes of an event.
const MAX_LINE: u64 = 64 * 1024 * 1024;

/// Maximum number of bytes of all events of a file.
const MAX_OUTPUT: u64 = 1024 * 1024 * 1024;

/// Number of children that may die before the rest of a file is given up.
const DEATHS: u32 = 3;

/// Limits on reading.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Maximum memory of a child in bytes (address space).
    pub memory: u64,
    /// Maximum time for a file.
    pub file: Duration,
    /// Maximum time for a page, and for opening the file.
    pub page: Duration,
    /// Number of files that are read at the same time; the others wait.
    pub at_once: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: 1024 * 1024 * 1024, file: Duration::from_secs(600), page: Duration::from_secs(30), at_once: 2 }
    }
}

/// Reads each file in a child process.
pub struct ChildReader {
    program: PathBuf,
    limits: Limits,
    places: Arc<Semaphore>,
}

impl ChildReader {
    /// Creates a reader. `program` is this program's own file; the system's link to it is right even if the file was replaced.
    pub fn new(program: PathBuf, limits: Limits) -> Self {
        Self { program, limits, places: Arc::new(Semaphore::new(limits.at_once)) }
    }
}

impl Reader for ChildReader {
    fn read(&self, file: FileToRead) -> BoxStream<'static, Result<ReadEvent, ReadError>> {
        let (events, receiver) = mpsc::channel(2);
        let reading = Reading {
            program: self.program.clone(),
            limits: self.limits,
            extension: extension(&file.name),
            content: file.content,
            next: file.from_page.max(1),
            pages: None,
            is_opened: false,
            output: 0,
            events,
        };
        let places = self.places.clone();
        let task = async move {
            let unwanted = reading.events.clone();
            let read = async move {
                let Ok(_place) = places.acquire_owned().await else { return };
                reading.run().await;
            };
            tokio::select! {
                () = read => {}
                () = unwanted.closed() => {} // which ends the child
            }
        };
        // Started when the first event is wanted.
        stream::once(async move {
            tokio::spawn(task);
            stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|event| (event, receiver)) })
        })
        .flatten()
        .boxed()
    }
}

/// Returns the end of a name: letters and digits after the last dot, in lower case. It says nothing else about the file to those who can
/// list processes.
fn extension(name: &str) -> String {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end).to_ascii_lowercase();
    if end.len() <= 10 && end.bytes().all(|c| c.is_ascii_alphanumeric()) { end } else { String::new() }
}

/// A file that is being read.
struct Reading {
    program: PathBuf,
    limits: Limits,
    extension: String,
    content: Arc<dyn FileContent>,
    /// The page that comes next.
    next: u32,
    pages: Option<u32>,
    is_opened: bool,
    /// Number of bytes that children have written.
    output: u64,
    events: mpsc::Sender<Result<ReadEvent, ReadError>>,
}

/// How a child ended.
enum End {
    /// Everything was read, or nobody wants more.
    Done,
    /// It died, or was killed, while it read the next page.
    Died(ProblemReason),
}

impl Reading {
    async fn run(mut self) {
        let deadline = Instant::now() + self.limits.file;
        let mut deaths = 0;
        loop {
            let reason = match self.child(deadline).await {
                Ok(End::Done) => return,
                Ok(End::Died(reason)) => reason,
                Err(error) => {
                    let _ = self.events.send(Err(error)).await;
                    return;
                }
            };
            tracing::warn!(page = self.next, ?reason, "process that reads a file died");
            deaths += 1;
            // Without a number of pages the file is read as a whole, and would end the next child at the same place.
            let Some(pages) = self.pages else { return self.end(reason).await };
            if self.next > pages {
                return;
            }
            if deaths == DEATHS || Instant::now() >= deadline || self.output > MAX_OUTPUT {
                return self.end(reason).await;
            }
            let problem = Problem { page: Some(self.next), reason };
            if self.events.send(Ok(ReadEvent::Problem(problem))).await.is_err() {
                return;
            }
            self.next += 1;
            if self.next > pages {
                return;
            }
        }
    }

    async fn end(&self, reason: ProblemReason) {
        let _ = self.events.send(Ok(ReadEvent::Problem(Problem { page: None, reason }))).await;
    }

    /// Reads from the next page on, in one process.
    async fn child(&mut self, deadline: Instant) -> Result<End, ReadError> {
        let mut child = self.start().map_err(ReadError::Process)?;
        let lacks = |what: &str| ReadError::Process(io::Error::other(format!("the child has no {what}")));
        let mut input = child.stdin.take().ok_or_else(|| lacks("input"))?;
        let output = child.stdout.take().ok_or_else(|| lacks("output"))?;
        let errors = child.stderr.take().ok_or_else(|| lacks("errors"))?;
        let mut content = self.content.open().await.map_err(ReadError::Content)?.take(self.content.len());
        // A child that ends before it has read everything closes its input; that is no error of ours.
        let feed = async move {
            let copied = tokio::io::copy(&mut content, &mut input).await;
            let _ = input.shutdown().await;
            match copied {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(ReadError::Content(error)),
                _ => Ok(()),
            }
        };
        let mut said = Vec::new();
        let mut errors = errors.take(4_096);
        let listen = async {
            let _ = errors.read_to_end(&mut said).await;
        };
        let (fed, (), followed) = tokio::join!(feed, listen, self.follow(BufReader::new(output), &mut child, deadline));
        let killed = followed?;
        fed?;
        let status = match killed {
            Some(reason) => return Ok(End::Died(reason)),
            None => timeout(Duration::from_secs(5), child.wait()).await.map_err(|elapsed| ReadError::Process(elapsed.into()))?,
        };
        let status = status.map_err(ReadError::Process)?;
        Ok(if status.success() { End::Done } else { End::Died(reason(status, &said)) })
    }

    fn start(&self) -> io::Result<Child> {
        let argument = |name: &str, value: u64| [format!("--{name}"), value.to_string()];
        let mut command = Command::new(&self.program);
        command
            .arg("read-file")
            .args(["--extension", &self.extension])
            .args(argument("from-page", u64::from(self.next)))
            .args(argument("len", self.content.len()))
            .args(argument("memory", self.limits.memory))
            .args(argument("seconds", self.limits.file.as_secs().max(1)))
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0) // a Ctrl+C in the server's terminal is the server's
            .kill_on_drop(true);
        command.spawn()
    }

    /// Passes events on until the child ends. Returns why the child was killed, if it was.
    async fn follow(
        &mut self,
        mut output: impl AsyncBufRead + Unpin,
        child: &mut Child,
        deadline: Instant,
    ) -> Result<Option<ProblemReason>, ReadError> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let until = deadline.min(Instant::now() + self.limits.page);
            let mut limited = (&mut output).take(MAX_LINE);
            let read = match timeout_at(until, limited.read_until(b'\n', &mut line)).await {
                Ok(read) => read.map_err(ReadError::Process)? as u64,
                Err(_) => return self.kill(child, ProblemReason::TooSlow).await,
            };
            self.output += read;
            if read == 0 {
                return Ok(None);
            }
            if read == MAX_LINE || self.output > MAX_OUTPUT {
                return self.kill(child, ProblemReason::TooLarge).await;
            }
            // A child that was taken over could write anything.
            let Ok(event) = serde_json::from_slice::<ReadEvent>(&line) else {
                return self.kill(child, ProblemReason::Damaged).await;
            };
            let is_again = match &event {
                ReadEvent::Opened { pages } => {
                    self.pages = *pages;
                    std::mem::replace(&mut self.is_opened, true)
                }
                ReadEvent::Page(page) if page.number < self.next => true,
                ReadEvent::Problem(Problem { page: Some(page), .. }) if *page < self.next => true,
                ReadEvent::Page(page) => {
                    self.next = page.number.saturating_add(1);
                    false
                }
                ReadEvent::Problem(problem) => {
                    self.next = problem.page.map_or(self.next, |page| page.saturating_add(1));
                    false
                }
            };
            if !is_again && self.events.send(Ok(event)).await.is_err() {
                return Ok(Some(ProblemReason::TooSlow)); // nobody wants more: the task is about to be dropped
            }
        }
    }

    async fn kill(&self, child: &mut Child, reason: ProblemReason) -> Result<Option<ProblemReason>, ReadError> {
        child.kill().await.map_err(ReadError::Process)?;
        Ok(Some(reason))
    }
}

/// Returns why a child died, from how it ended and what it said last.
fn reason(status: ExitStatus, said: &[u8]) -> ProblemReason {
    use std::os::unix::process::ExitStatusExt as _;

    let said = String::from_utf8_lossy(said);
    if said.contains("memory allocation of") {
        return ProblemReason::TooLarge;
    }
    match status.signal() {
        Some(libc::SIGXCPU) => ProblemReason::TooSlow,
        // The system ends processes like this when its memory is short; at the limit of CPU time too.
        Some(libc::SIGKILL) => ProblemReason::TooLarge,
        _ => ProblemReason::Damaged,
    }
}
