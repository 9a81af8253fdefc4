//! Formats a conversation as Markdown.

use std::{collections::HashMap, fmt::Write as _};

use holdfast_protocol::{
    Author, Message, MessageId, Status, Step,
    api::ConversationSummary,
    rules::branches::{Branch, Choices, Node as _, path},
    step::StepKind,
};
use time::OffsetDateTime;

use holdfast_core::clock::Millis;
use holdfast_core::conversations::Outline;

/// Formats the path that is shown, from the first message to the newest. Other versions are only in the JSON export.
pub(super) struct Reading {
    /// Position among its siblings of each message that has any.
    versions: HashMap<MessageId, Branch>,
}

impl Reading {
    /// Returns the formatter, and the messages of the path in order.
    pub(super) fn new(outline: &[Outline]) -> (Self, Vec<Outline>) {
        let steps = path(outline, &Choices::default());
        let versions = steps.iter().filter(|step| step.branch.of > 1).map(|step| (step.message.id(), step.branch)).collect();
        (Self { versions }, steps.iter().map(|step| *step.message).collect())
    }

    /// Formats the next messages.
    pub(super) fn of(&self, messages: &[Message]) -> String {
        messages.iter().map(|message| section(message, self.versions.get(&message.id).copied())).collect()
    }
}

/// Formats the text above the messages.
pub(super) fn heading(summary: &ConversationSummary) -> String {
    format!("# {}\n", if summary.title.is_empty() { "Conversation" } else { &summary.title })
}

fn section(message: &Message, version: Option<Branch>) -> String {
    let who = match message.role {
        Author::User => "You".to_owned(),
        Author::Assistant => match &message.model {
            Some(model) if model == "You" => "Answer (You)".to_owned(),
            model => model.clone().unwrap_or_else(|| "Answer".to_owned()),
        },
    };
    let end = match message.status {
        Status::Accepted | Status::Complete => "",
        Status::Streaming => ", still being written",
        Status::Stopped => ", stopped",
        Status::Interrupted => ", broke off",
        Status::Failed => ", failed",
    };
    let left_out = match message.left_out {
        0 => String::new(),
        1 => ", without the first message, which did not fit the model's window".to_owned(),
        more => format!(", without the first {more} messages, which did not fit the model's window"),
    };
    let version = version.map(|branch| format!(", version {} of {}", branch.at + 1, branch.of)).unwrap_or_default();
    let mut text = String::with_capacity(message.content.len() + 100);
    _ = write!(text, "\n## {who}\n\n*{}{end}{version}{left_out}*\n\n", moment(message.created_at));
    message.steps.iter().for_each(|step| write_step(&mut text, step));
    _ = writeln!(text, "{}", contained(message.content.trim_end()));
    text
}

/// Writes a step as a quote, which ends whatever the step's content leaves open.
fn write_step(text: &mut String, step: &Step) {
    let kind = match (step.kind, &step.name) {
        (StepKind::Reasoning, _) => "Reasoning".to_owned(),
        (StepKind::Retrieval, _) => "Search in documents".to_owned(),
        (StepKind::Tool, None) => "Tool".to_owned(),
        (StepKind::Tool, Some(name)) => format!("Tool {}", name.split_whitespace().collect::<Vec<_>>().join(" ")),
    };
    _ = writeln!(text, "> **{kind}**\n>");
    for line in step.content.trim_end().lines() {
        _ = writeln!(text, "> {line}");
    }
    text.push('\n');
}

/// Returns a text in which everything that it opens is closed, and whose headings are two levels deeper, so that they can't be mistaken
/// for those of messages. Examines each line once.
fn contained(text: &str) -> String {
    let mut contained = String::with_capacity(text.len() + 16);
    let mut open = Open::default();
    let mut is_paragraph = false;
    for line in text.split_inclusive('\n') {
        let was_open = open.is_open();
        open.pass(line);
        let bare = line.trim_start_matches(' ');
        let is_code = was_open || open.is_open() || line.len() - bare.len() > 3 || line.starts_with('\t');
        let level = bare.bytes().take_while(|byte| *byte == b'#').count();
        let is_heading = !is_code && (1..=6).contains(&level) && bare[level..].chars().next().is_none_or(char::is_whitespace);
        let underline = bare.trim_end();
        let is_line_of = |c: char| !is_code && is_paragraph && !underline.is_empty() && underline.chars().all(|other| other == c);
        if is_heading {
            contained.push_str(&"#".repeat(2.min(6 - level)));
            contained.push_str(bare);
        } else if is_line_of('-') {
            // Separates the line from the paragraph; otherwise it would make a heading of it.
            contained.push('\n');
            contained.push_str(line);
        } else if is_line_of('=') {
            contained.push('\\');
            contained.push_str(bare);
        } else {
            contained.push_str(line);
        }
        is_paragraph = !is_code && !is_heading && !underline.is_empty();
    }
    if let Some(end) = open.end() {
        if !contained.ends_with('\n') {
            contained.push('\n');
        }
        contained.push_str(&end);
    }
    contained
}

/// An unfinished structure: a code block, or HTML that continues to its own end (CommonMark 0.31, 4.5 and 4.6).
#[derive(Default)]
struct Open {
    /// Character and length of the open fence.
    fence: Option<(u8, usize)>,
    /// What ends the open HTML.
    html: Option<&'static str>,
}

impl Open {
    fn is_open(&self) -> bool {
        self.fence.is_some() || self.html.is_some()
    }

    fn pass(&mut self, line: &str) {
        let bare = line.trim_start_matches(' ');
        if let Some(end) = self.html {
            if line.to_ascii_lowercase().contains(end) {
                self.html = None;
            }
            return;
        }
        let sign = bare.bytes().next().unwrap_or_default();
        let length = bare.bytes().take_while(|byte| *byte == sign).count();
        let is_fence = matches!(sign, b'`' | b'~') && length >= 3 && line.len() - bare.len() <= 3;
        match self.fence {
            Some((open, least)) if is_fence && sign == open && length >= least && bare[length..].trim().is_empty() => self.fence = None,
            Some(_) => {}
            None if is_fence && !(sign == b'`' && bare[length..].contains('`')) => self.fence = Some((sign, length)),
            None if sign == b'<' && line.len() - bare.len() <= 3 => {
                let lower = bare.to_ascii_lowercase();
                let kinds = [
                    ("<!--", "-->"),
                    ("<?", "?>"),
                    ("<![cdata[", "]]>"),
                    ("<pre", "</pre>"),
                    ("<script", "</script>"),
                    ("<style", "</style>"),
                    ("<textarea", "</textarea>"),
                ];
                let kind = kinds.iter().find(|(begin, _)| lower.starts_with(begin));
                self.html = kind.filter(|(begin, end)| !lower[begin.len()..].contains(end)).map(|(_, end)| *end);
            }
            None => {}
        }
    }

    /// Returns the lines that close what the text leaves open, or `None` if nothing is open.
    fn end(&self) -> Option<String> {
        let fence = self.fence.map(|(sign, length)| char::from(sign).to_string().repeat(length));
        fence.or_else(|| self.html.map(str::to_owned))
    }
}

/// Returns a file name for a conversation: its date, its title, and a part that makes it unique.
pub(super) fn name(summary: &ConversationSummary) -> String {
    let title: String = summary.title.chars().map(|c| if c.is_alphanumeric() || "-_ ,".contains(c) { c } else { ' ' }).take(60).collect();
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let id = summary.id.0.as_simple().to_string();
    let title = if title.is_empty() { "Conversation" } else { &title };
    format!("{} {title} {}", &moment(summary.created_at)[..10], &id[id.len() - 8..])
}

/// Returns a time as `2026-11-21 14:05 UTC`.
fn moment(at: Millis) -> String {
    let seconds = i64::try_from(at / 1000).unwrap_or_default();
    let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!("{:04}-{:02}-{:02} {:02}:{:02} UTC", at.year(), u8::from(at.month()), at.day(), at.hour(), at.minute())
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_testing::{WORST, assert_linear};

    #[test]
    fn what_is_open_in_a_message_ends_with_it() {
        for (text, written) in [
            ("```rust\nfn main() {", "```rust\nfn main() {\n```"),
            ("~~~~\n```\n~~~", "~~~~\n```\n~~~\n~~~~"),
            ("````\n```", "````\n```\n````"),
            ("```\nx\n```", "```\nx\n```"),
            ("   ```\nx\n  ```  ", "   ```\nx\n  ```  "),
            ("    ```\nindented", "    ```\nindented"),
            ("``` a ` b\nx", "``` a ` b\nx"),
            ("<!-- a\nb", "<!-- a\nb\n-->"),
            ("<pre>\n# x", "<pre>\n# x\n</pre>"),
            ("<!-- a -->\nb", "<!-- a -->\nb"),
        ] {
            assert_eq!(contained(text), written, "{text}");
        }
    }

    #[test]
    fn no_line_of_a_message_is_a_heading_of_another() {
        for (text, written) in [
            ("## You\n\n*2026-01-01 00:00 UTC*", "#### You\n\n*2026-01-01 00:00 UTC*"),
            (" # a\n##### b\n###### c", "### a\n###### b\n###### c"),
            ("You\n---\nx", "You\n\n---\nx"),
            ("You\n===", "You\n\\==="),
            ("```\n## You\n```\n#tag\n\n---", "```\n## You\n```\n#tag\n\n---"),
            ("| a |\n|---|", "| a |\n|---|"),
            ("#", "###"),
            ("", ""),
        ] {
            assert_eq!(contained(text), written, "{text}");
        }
    }

    #[test]
    fn a_message_is_written_in_time_and_space_in_proportion_to_it() {
        for parts in WORST {
            assert_linear("a message as Markdown", parts, |text| {
                assert!(contained(text).len() <= 3 * text.len() + 1_000, "{parts:?}");
            });
        }
    }
}
