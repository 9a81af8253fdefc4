//! The embedded manual, split into passages.

use include_dir::{Dir, include_dir};

use super::rank::{Index, tokens};

static DOCS: Dir<'static> = include_dir!("$OUT_DIR/manual");

/// Maximum length of a passage, bytes. Longer ones are split between paragraphs.
const LONGEST: usize = 1400;
/// Weight of a word in a heading, relative to one in the text.
const HEADING_WEIGHT: usize = 3;

/// A passage: the text below one heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Passage {
    /// Name of the file, such as `docs/providers.md`.
    pub(super) file: String,
    /// Its heading.
    pub(super) heading: String,
    /// Its Markdown, without the heading.
    pub(super) text: String,
}

/// Passages, and an index of their words.
pub(super) struct Manual {
    passages: Vec<Passage>,
    index: Index,
}

impl Manual {
    /// Returns the embedded manual.
    pub(super) fn carried() -> Self {
        let mut files = Vec::new();
        collect(&DOCS, &mut files);
        files.sort_unstable();
        Self::new(files)
    }

    /// Creates a manual from `(name, Markdown)`.
    pub(super) fn new<'a>(files: impl IntoIterator<Item = (String, &'a str)>) -> Self {
        let passages: Vec<Passage> = files.into_iter().flat_map(|(file, markdown)| cut(&file, markdown)).collect();
        let index = Index::new(passages.iter().map(|passage| {
            let mut words = tokens(&passage.text);
            let heading = tokens(&passage.heading);
            for _ in 0..HEADING_WEIGHT {
                words.extend(heading.iter().cloned());
            }
            (words, heading)
        }));
        Self { passages, index }
    }

    /// Returns the passages that match the question, the best first, each with a score from 0 to 1.
    pub(super) fn find(&self, question: &str, most: usize) -> Vec<(&Passage, f32)> {
        self.index.find(question, most).into_iter().filter_map(|(at, score)| Some((self.passages.get(at)?, score))).collect()
    }

    /// Returns the headings of each file, in order.
    pub(super) fn topics(&self) -> Vec<(&str, Vec<&str>)> {
        let mut topics: Vec<(&str, Vec<&str>)> = Vec::new();
        for passage in &self.passages {
            match topics.last_mut() {
                Some((file, headings)) if *file == passage.file => {
                    if headings.last() != Some(&passage.heading.as_str()) {
                        headings.push(&passage.heading);
                    }
                }
                _ => topics.push((&passage.file, vec![&passage.heading])),
            }
        }
        topics
    }
}

fn collect(dir: &'static Dir<'static>, files: &mut Vec<(String, &'static str)>) {
    for file in dir.files() {
        let is_markdown = file.path().extension().is_some_and(|extension| extension == "md");
        if let (true, Some(text)) = (is_markdown, file.contents_utf8()) {
            // Paths from the build machine may have other separators.
            files.push((format!("docs/{}", file.path().to_string_lossy().replace('\\', "/")), text));
        }
    }
    dir.dirs().for_each(|dir| collect(dir, files));
}

/// Splits a file at its headings, and long passages between paragraphs. A `#` in a code block is not a heading.
fn cut(file: &str, markdown: &str) -> Vec<Passage> {
    let mut passages = Vec::new();
    let mut heading = file.to_owned();
    let mut text = String::new();
    let mut fence: Option<&str> = None;
    for line in markdown.lines() {
        let start = line.trim_start();
        match fence {
            Some(mark) if start.starts_with(mark) => fence = None,
            Some(_) => {}
            None if start.starts_with("```") => fence = Some("```"),
            None if start.starts_with("~~~") => fence = Some("~~~"),
            None => {
                if let Some(next) = heading_of(line) {
                    push(&mut passages, file, &heading, &mut text);
                    heading = next;
                    continue;
                }
                if line.is_empty() && text.len() > LONGEST {
                    push(&mut passages, file, &heading, &mut text);
                }
            }
        }
        text.push_str(line);
        text.push('\n');
    }
    push(&mut passages, file, &heading, &mut text);
    passages
}

fn push(passages: &mut Vec<Passage>, file: &str, heading: &str, text: &mut String) {
    let text = std::mem::take(text);
    let text = text.trim_matches('\n');
    if !text.trim().is_empty() {
        passages.push(Passage { file: file.to_owned(), heading: heading.to_owned(), text: text.to_owned() });
    }
}

/// Returns the text of a heading line, without code marks.
fn heading_of(line: &str) -> Option<String> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    ((1..=6).contains(&level) && text.starts_with([' ', '\t'])).then(|| text.trim().trim_end_matches('#').trim().replace('`', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_cut_at_headings_but_not_in_code() {
        let passages = cut("docs/a.md", "Before.\n\n# Title\n\n## `One` ##\nText.\n\n```sh\n# no heading\n```\n\n#no\n## Two\n");
        let parts: Vec<(&str, &str)> = passages.iter().map(|passage| (passage.heading.as_str(), passage.text.as_str())).collect();
        assert_eq!(parts, [("docs/a.md", "Before."), ("One", "Text.\n\n```sh\n# no heading\n```\n\n#no")]);
    }

    #[test]
    fn long_passages_are_cut_between_paragraphs() {
        let text = format!("# A\n\n{}", "word word word word word.\n\n".repeat(200));
        let passages = cut("a", &text);
        assert!(passages.len() > 2);
        assert!(passages.iter().all(|passage| passage.text.len() <= LONGEST + 30 && passage.text.ends_with("word.")));
    }
}
