//! Reads ZIP files, including ZIP files inside them.

use std::{
    fs::File,
    io::{BufReader, Seek, SeekFrom},
};

use zip::{ZipReadOptions, read::Config, result::ZipResult, unstable::read::ZipIterable};

use super::import::Import;

/// Maximum number of files in a ZIP that are examined.
const MAX_FILES: usize = 200_000;
/// Maximum depth of ZIP files inside each other.
const DEEPEST: u32 = 3;

/// What a file in a ZIP probably contains, by its name. If there are several kinds, the first of this list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    /// Conversations, by the name that exports use.
    Conversations,
    /// A ZIP, as in downloads from privacy portals.
    Archive,
    /// Perhaps one conversation, as in a folder that somebody packed.
    Perhaps,
    /// A page that shows the same as a JSON file would.
    Page,
}

impl Holds {
    fn by_name(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or_default().to_lowercase();
        // macOS puts such a file beside each file.
        if path.starts_with("__MACOSX/") || name.starts_with("._") {
            return None;
        }
        let (stem, end) = name.strip_suffix(".gz").unwrap_or(&name).rsplit_once('.')?;
        match end {
            "json" if stem.starts_with("conversations") || stem == "prod-grok-backend" => Some(Self::Conversations),
            // The name of the file is translated.
            "json" if path.contains("Gemini") => Some(Self::Conversations),
            "zip" if !name.ends_with(".gz") => Some(Self::Archive),
            "json" | "jsonl" | "ndjson" => Some(Self::Perhaps),
            // The name of this file is translated too.
            "html" if stem == "myactivity" || stem == "my activity" || path.contains("Gemini") => Some(Self::Page),
            _ => None,
        }
    }
}

/// Imports the contents of a ZIP.
pub(super) fn read(import: &mut Import<'_>, file: File) {
    let mut archive = Archive { import, looked_at: 0 };
    let found = archive.import.found();
    let problems = archive.import.report.problems.len();
    let (holds, _) = archive.read("", file, 0);
    if archive.import.found() > found || archive.import.report.problems.len() > problems || archive.import.check().is_err() {
        return;
    }
    archive.import.problem(match holds {
        Some(_) => "There are no conversations in this ZIP.".to_owned(),
        None => "There is no conversations.json in this ZIP, nor another JSON.".to_owned(),
    });
}

struct Archive<'a, 'b> {
    import: &'a mut Import<'b>,
    looked_at: usize,
}

impl Archive<'_, '_> {
    /// Reads a ZIP. Returns the best kind of contents that was found, and whether to read the next file.
    fn read(&mut self, within: &str, file: File, depth: u32) -> (Option<Holds>, bool) {
        let which = if within.is_empty() { "The ZIP".to_owned() } else { format!("{within} in the ZIP") };
        // Two passes, because the best kind of contents decides what is read.
        let best = match best(&file) {
            Ok(best) => best,
            Err(error) => {
                self.import.problem(format!("{which} can't be read: {error}."));
                return (None, true);
            }
        };
        let Some(wanted) = best else { return (None, true) };
        // Two readers of the same file; each seeks before it reads.
        let opened = file.try_clone().map_err(Into::into).and_then(directory);
        let (mut archive, mut file) = match opened {
            Ok(archive) => (archive, BufReader::new(file)),
            Err(error) => {
                self.import.problem(format!("{which} can't be read: {error}."));
                return (best, true);
            }
        };
        let files = match archive.files() {
            Ok(files) => files,
            Err(error) => {
                self.import.problem(format!("{which} can't be read: {error}."));
                return (best, true);
            }
        };
        for entry in files {
            self.looked_at += 1;
            if self.looked_at > MAX_FILES {
                let sentence = format!("The ZIP holds more than {MAX_FILES} files. Import only the conversations.json in it.");
                self.import.problem(sentence);
                return (best, false);
            }
            if self.import.check().is_err() {
                return (best, false);
            }
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.import.problem(format!("A file in the ZIP can't be read: {error}."));
                    continue;
                }
            };
            let Ok(name) = entry.name().map(|name| holdfast_protocol::shorten(&name, 200)) else { continue };
            if Holds::by_name(&name) != Some(wanted) {
                continue;
            }
            let unfolded = match entry.with_reader(&mut file, ZipReadOptions::new()) {
                Ok(unfolded) => unfolded,
                Err(error) => {
                    self.import.problem(format!("{name} in the ZIP can't be read: {error}."));
                    continue;
                }
            };
            let goes_on = match wanted {
                Holds::Archive if depth + 1 < DEEPEST => match self.import.unpacked(unfolded) {
                    Ok(inner) => self.read(&name, inner, depth + 1).1,
                    Err(error) => {
                        self.import.problem(format!("{name} in the ZIP can't be read: {error}."));
                        true
                    }
                },
                Holds::Archive => {
                    self.import
                        .problem(format!("{name} is a ZIP within others, which is not opened. Unpack it, and choose what is in it."));
                    true
                }
                Holds::Page => self.import.page(&name, unfolded, true),
                // A file that decompresses to nothing again and again counts with its size in the ZIP.
                wanted if name.to_lowercase().ends_with(".gz") => match self.import.unpacked(unfolded) {
                    Ok(inner) => self.import.gzip(&name, inner, wanted == Holds::Conversations),
                    Err(error) => {
                        self.import.problem(format!("{name} in the ZIP can't be read: {error}."));
                        true
                    }
                },
                wanted => self.import.json(&name, unfolded, wanted == Holds::Conversations),
            };
            if !goes_on {
                return (best, false);
            }
        }
        (best, true)
    }
}

fn directory(mut file: File) -> ZipResult<ZipIterable<BufReader<File>>> {
    file.seek(SeekFrom::Start(0))?;
    ZipIterable::try_new(BufReader::with_capacity(512, file), Config::default())
}

fn best(file: &File) -> ZipResult<Option<Holds>> {
    let mut archive = directory(file.try_clone()?)?;
    let files = archive.files()?;
    Ok(files.take(MAX_FILES).filter_map(|entry| Holds::by_name(&entry.ok()?.name().ok()?)).min())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_a_file_may_hold() {
        for (name, holds) in [
            ("conversations.json", Some(Holds::Conversations)),
            ("a/conversations-012.json", Some(Holds::Conversations)),
            ("__MACOSX/._conversations-000.json", None),
            ("Takeout/My Activity/Gemini Apps/MyActivity.json", Some(Holds::Conversations)),
            ("ttl/30d/export_data/x/prod-grok-backend.json", Some(Holds::Conversations)),
            ("User Online Activity/Conversations_0f3c-chatgpt-0001.zip", Some(Holds::Archive)),
            ("threads/x/messages.jsonl", Some(Holds::Perhaps)),
            ("Conversations.JSON.gz", Some(Holds::Conversations)),
            ("backup.json.gz", Some(Holds::Perhaps)),
            ("backup.zip.gz", None),
            ("Takeout/My Activity/Gemini Apps/MyActivity.html", Some(Holds::Page)),
            ("Takeout/Meine Aktivitäten/Gemini-Apps/MeineAktivitäten.html", Some(Holds::Page)),
            ("chat.html", None),
            ("conversations", None),
        ] {
            assert_eq!(Holds::by_name(name), holds, "{name}");
        }
    }
}
