//! Markdown: its text as written, divided at its headings.

use crate::{
    out::{Out, Stop},
    sections::Sections,
};

pub(crate) fn read(text: &str, out: &mut Out<'_>) -> Result<(), Stop> {
    out.opened(None)?;
    let mut sections = Sections::default();
    let mut paragraph = String::new();
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        let bare = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| bare.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            _ => {}
        }
        if fence.is_none() && mark.is_none() {
            if let Some((level, heading)) = heading(line) {
                sections.paragraph(&std::mem::take(&mut paragraph), out)?;
                sections.heading(level, heading, out)?;
                continue;
            }
            let underline = match bare.trim_end() {
                under if under.len() >= 2 && under.bytes().all(|c| c == b'=') => Some(1),
                under if under.len() >= 2 && under.bytes().all(|c| c == b'-') => Some(2),
                _ => None,
            };
            if let Some(level) = underline
                && !paragraph.trim().is_empty()
                && paragraph.trim_end().lines().count() == 1
            {
                sections.heading(level, &std::mem::take(&mut paragraph), out)?;
                continue;
            }
            if bare.is_empty() {
                sections.paragraph(&std::mem::take(&mut paragraph), out)?;
                continue;
            }
        }
        paragraph.push_str(line);
        paragraph.push('\n');
    }
    sections.paragraph(&paragraph, out)?;
    sections.finish(out)?;
    if out.has_pages() { Ok(()) } else { Err(Stop::Reason(holdfast_protocol::materials::ProblemReason::NoText)) }
}

fn heading(line: &str) -> Option<(u8, &str)> {
    let line = line.trim_end();
    let level = line.bytes().take_while(|c| *c == b'#').count();
    let text = line[level..].strip_prefix(' ')?.trim_end_matches('#').trim();
    (1..=6).contains(&level).then_some((u8::try_from(level).ok()?, text))
}
