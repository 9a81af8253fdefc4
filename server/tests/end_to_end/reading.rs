//! Files are read in a child process of the real binary: within its limits, whatever the file is.

mod hostile;
mod jail;

use std::{io, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::StreamExt as _;
use holdfast_core::ports::{FileContent, FileToRead, ReadEvent, Reader as _};
use holdfast_protocol::materials::{Page, Problem, ProblemReason};
use holdfast_reading::{ChildReader, Limits};
use tokio::io::AsyncRead;

/// A file in memory.
struct Bytes(Arc<[u8]>);

#[async_trait]
impl FileContent for Bytes {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    async fn open(&self) -> io::Result<Box<dyn AsyncRead + Send + Unpin>> {
        Ok(Box::new(io::Cursor::new(self.0.clone())))
    }
}

fn file(content: impl Into<Arc<[u8]>>, name: &str, from_page: u32) -> FileToRead {
    FileToRead { content: Arc::new(Bytes(content.into())), name: name.to_owned(), from_page }
}

fn reader(limits: Limits) -> ChildReader {
    ChildReader::new(Path::new(env!("CARGO_BIN_EXE_holdfast")).to_owned(), limits)
}

/// Limits of tests: a page of a hostile file is given up early. A debug build of the readers is slow.
fn limits() -> Limits {
    Limits { page: Duration::from_secs(8), ..Limits::default() }
}

struct Read {
    count: Option<u32>,
    pages: Vec<Page>,
    problems: Vec<Problem>,
}

async fn read(reader: &ChildReader, file: FileToRead) -> Read {
    let mut read = Read { count: None, pages: Vec::new(), problems: Vec::new() };
    let mut events = reader.read(file);
    while let Some(event) = events.next().await {
        match event.unwrap() {
            ReadEvent::Opened { pages } => read.count = pages,
            ReadEvent::Page(page) => read.pages.push(page),
            ReadEvent::Problem(problem) => read.problems.push(problem),
        }
    }
    read
}

/// A PDF whose pages have these content streams, with further entries in the dictionary of each.
fn pdf(pages: &[(&str, &[u8])]) -> Vec<u8> {
    let kids: String = (0..pages.len()).map(|index| format!("{} 0 R ", 4 + 2 * index)).collect();
    let mut objects: Vec<Vec<u8>> = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        format!("<</Type/Pages/Count {}/Kids[{kids}]>>", pages.len()).into_bytes(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_vec(),
    ];
    for (index, (entries, content)) in pages.iter().enumerate() {
        let stream = 5 + 2 * index;
        let resources = "<</Font<</F1 3 0 R>>>>";
        objects.push(format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources{resources}/Contents {stream} 0 R>>").into_bytes());
        objects.push([format!("<<{entries}/Length {}>>stream\n", content.len()).as_bytes(), content, b"\nendstream"].concat());
    }
    let (mut bytes, mut places) = (b"%PDF-1.5\n".to_vec(), Vec::new());
    for (index, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n", index + 1).bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let start = bytes.len();
    bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    places.iter().for_each(|place| bytes.extend(format!("{place:010} 00000 n \n").bytes()));
    bytes.extend(format!("trailer<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1).bytes());
    bytes
}

const ONE: (&str, &[u8]) = ("", b"BT /F1 12 Tf 72 700 Td (page one) Tj ET");
const TWO: (&str, &[u8]) = ("", b"BT /F1 12 Tf 72 700 Td (page two) Tj ET");

#[tokio::test]
async fn a_file_is_read_page_by_page() {
    let read = read(&reader(limits()), file(pdf(&[ONE, TWO]), "two.pdf", 1)).await;
    assert_eq!((read.count, read.problems), (Some(2), Vec::new()));
    assert_eq!(read.pages.iter().map(|page| page.text.as_str()).collect::<Vec<_>>(), ["page one", "page two"]);
    assert_eq!(read.pages[1].words.len(), 2);
}

#[tokio::test]
async fn reading_goes_on_where_it_stopped() {
    let read = read(&reader(limits()), file(pdf(&[ONE, TWO]), "two.pdf", 2)).await;
    assert_eq!(read.pages.iter().map(|page| (page.number, page.text.as_str())).collect::<Vec<_>>(), [(2, "page two")]);
}

#[tokio::test]
async fn a_name_only_distinguishes_kinds_of_text() {
    let reader = reader(limits());
    let pages = read(&reader, file(*b"# Title\n\nText.", "Notes of mine.MD", 1)).await.pages;
    assert_eq!((pages[0].heading.as_deref(), pages[0].text.as_str()), (Some("Title"), "Title\n\nText."));
    let pages = read(&reader, file(pdf(&[ONE]), "--help", 1)).await.pages;
    assert_eq!(pages[0].text, "page one");
}

#[tokio::test]
async fn a_missing_program_is_no_fault_of_the_file() {
    let reader = ChildReader::new("/nowhere/holdfast".into(), limits());
    let mut events = reader.read(file(*b"text", "a.txt", 1));
    assert!(matches!(events.next().await, Some(Err(holdfast_core::ports::ReadError::Process(_)))));
    assert!(events.next().await.is_none());
}

/// The problem of a file of which nothing was read.
async fn why_not(reader: &ChildReader, content: impl Into<Arc<[u8]>>, name: &str) -> ProblemReason {
    let read = read(reader, file(content, name, 1)).await;
    assert!(read.pages.is_empty(), "{name}: {:?}", read.pages.first());
    assert_eq!(read.problems.len(), 1, "{name}: {:?}", read.problems);
    read.problems[0].reason
}
