//! The log: its format, and what its lines must not contain.
//!
//! Log messages can contain text from outside. Such text must not start a new line, set colours, or change the direction of text.

use std::{
    borrow::Cow,
    env,
    fmt::{self, Write as _},
    io::{self, IsTerminal as _, Write},
    panic,
};

use tracing_subscriber::{
    EnvFilter,
    field::RecordFields,
    fmt::{
        FormatFields,
        format::{DefaultFields, Writer},
    },
};

use holdfast_core::{is_bidi, is_control};

/// Starts logging to stderr, including panics. A second call in the same process (in tests) has no effect.
pub(crate) fn begin(filter: &str, as_json: bool) {
    let builder = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(filter)).with_target(false).log_internal_errors(false);
    let begun = if as_json {
        builder.with_ansi(false).with_writer(|| JsonWriter(io::stderr())).json().try_init()
    } else {
        builder.with_ansi(wants_colours()).with_writer(io::stderr).fmt_fields(PlainFields(DefaultFields::new())).try_init()
    };
    if begun.is_ok() {
        panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, cause = panic.payload_as_str().unwrap_or_default(), "panicked");
        }));
    }
}

/// Returns whether to use colours: on a terminal, unless the user disabled them (no-color.org).
fn wants_colours() -> bool {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !is_set("NO_COLOR") && env::var_os("TERM").is_none_or(|name| name != "dumb")
}

fn must_be_escaped(c: char) -> bool {
    is_control(c) || is_bidi(c)
}

/// Escapes control characters that a terminal would interpret.
fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(must_be_escaped) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if must_be_escaped(c) {
            plain.extend(c.escape_default());
        } else {
            plain.push(c);
        }
    }
    Cow::Owned(plain)
}

/// Writes the fields of an event, including its message.
struct PlainFields(DefaultFields);

impl<'a> FormatFields<'a> for PlainFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'a>, fields: R) -> fmt::Result {
        let mut text = String::new();
        self.0.format_fields(Writer::new(&mut text), fields)?;
        writer.write_str(&plain(&text))
    }
}

/// Writes a line of JSON, and escapes further characters that JSON allows in strings but a log line must not contain.
struct JsonWriter<W>(W);

impl<W: Write> Write for JsonWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let mut escaped = String::with_capacity(text.len());
        for c in text.chars() {
            if c != '\n' && must_be_escaped(c) {
                // All of these characters fit into one escape (RFC 8259 §7).
                let _ = write!(escaped, "\\u{:04x}", u32::from(c)); // writing to a String can't fail
            } else {
                escaped.push(c);
            }
        }
        self.0.write_all(escaped.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn nothing_from_outside_begins_a_line_or_turns_it() {
        let hostile = "a\nb\r\u{1b}[31mc\u{9b}2J\u{85}\u{202e}d\u{2028}\t\u{7f}";
        assert_eq!(plain(hostile), "a\\nb\\r\\u{1b}[31mc\\u{9b}2J\\u{85}\\u{202e}d\\u{2028}\\t\\u{7f}");
        assert!(matches!(plain("plain, “quoted” and ü"), Cow::Borrowed(_)));
        let line = serde_json::json!({"message": hostile}).to_string() + "\n";
        let mut written = Vec::new();
        JsonWriter(&mut written).write_all(line.as_bytes()).unwrap();
        let written = String::from_utf8(written).unwrap();
        assert!(!written.trim_end_matches('\n').contains(must_be_escaped), "{written:?}");
        let read: serde_json::Value = serde_json::from_str(&written).unwrap();
        assert_eq!(read["message"], hostile);
    }
}
