//! The process that reads: `holdfast read-file`, which only the server starts.

use std::{
    io::{self, BufWriter, Read as _, Write as _},
    ops::ControlFlow,
    process::ExitCode,
    thread,
};

use holdfast_core::ports::ReadEvent;

use crate::jail;

/// What to read, and with which limits. The server passes it as arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The end of the file's name, in lower case; empty if there is none.
    pub extension: String,
    /// The first page to read, from 1.
    pub from_page: u32,
    /// Number of bytes of the file.
    pub len: u64,
    /// Maximum size of the address space in bytes.
    pub memory: u64,
    /// Maximum CPU time in seconds.
    pub seconds: u64,
}

/// Room for the stack of the thread that reads. Nested objects of a PDF need more than a thread usually has.
const STACK: usize = 64 * 1024 * 1024;

/// Reads a file from standard input and writes an event a line to standard output. The process has no files, sockets and secrets of the
/// server: it was started anew, with an empty environment.
pub fn run(task: &Task) -> ExitCode {
    // A page that can't be read is reported as such; where in a library it failed helps nobody.
    std::panic::set_hook(Box::new(|_| {}));
    match read(task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn read(task: &Task) -> io::Result<()> {
    jail::limit(task.memory, task.seconds)?;
    let mut content = Vec::with_capacity(usize::try_from(task.len).map_err(io::Error::other)?);
    io::stdin().lock().take(task.len).read_to_end(&mut content)?;
    let (extension, from_page) = (task.extension.clone(), task.from_page);
    // The jail allows no further threads.
    let reader = thread::Builder::new().stack_size(STACK).spawn(move || {
        jail::close();
        let mut output = BufWriter::new(io::stdout().lock());
        let mut result = Ok(());
        crate::read(content, &extension, from_page, &mut |event: ReadEvent| {
            result = serde_json::to_writer(&mut output, &event).map_err(io::Error::from).and_then(|()| {
                output.write_all(b"\n")?;
                output.flush()
            });
            if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        result
    })?;
    reader.join().unwrap_or_else(|_| Err(io::Error::other("the reader panicked")))
}
