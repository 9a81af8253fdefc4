//! A scanner for LaTeX: commands, their arguments, and the ends of groups.

/// The rest of the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scan<'a> {
    pub(crate) rest: &'a str,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(rest: &'a str) -> Self {
        Self { rest }
    }

    /// Takes this many bytes.
    pub(crate) fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    pub(crate) fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes this text if it is next. Returns whether it was.
    pub(crate) fn eat(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Takes the next character.
    pub(crate) fn character(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.take(c.len_utf8());
        Some(c)
    }

    /// Takes a command's name, after its backslash: letters, or one other character.
    pub(crate) fn name(&mut self) -> &'a str {
        let letters = self.rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let length = if letters > 0 { letters } else { self.rest.chars().next().map_or(0, char::len_utf8) };
        self.take(length)
    }

    /// Takes an argument: a group without its braces, a command, or a character. Returns `None` if there is none.
    pub(crate) fn argument(&mut self) -> Option<&'a str> {
        self.skip_space();
        match self.rest.chars().next()? {
            '{' => {
                let end = closing(self.rest, '{', '}')?;
                let taken = self.take(end + 1);
                Some(&taken[1..end])
            }
            '}' | '&' => None,
            '\\' => {
                let mut behind = Self::new(&self.rest[1..]);
                let length = 1 + behind.name().len();
                Some(self.take(length))
            }
            c => Some(self.take(c.len_utf8())),
        }
    }

    /// Takes an argument in brackets if there is one.
    pub(crate) fn option(&mut self) -> Option<&'a str> {
        let mut ahead = *self;
        ahead.skip_space();
        if !ahead.rest.starts_with('[') {
            return None;
        }
        let end = closing(ahead.rest, '[', ']')?;
        let taken = ahead.take(end + 1);
        *self = ahead;
        Some(&taken[1..end])
    }

    /// Takes the rest of a group or a cell.
    pub(crate) fn rest_of_cell(&mut self) -> &'a str {
        let length = cell(self.rest);
        self.take(length)
    }

    /// Takes a length, as in `\kern1em`.
    pub(crate) fn length(&mut self) -> Option<&'a str> {
        self.skip_space();
        let number = self.rest.bytes().take_while(|byte| byte.is_ascii_digit() || b"+-.".contains(byte)).count();
        let unit = self.rest.get(number..number + 2).filter(|unit| is_unit(unit))?;
        Some(self.take(number + unit.len()))
    }
}

fn is_unit(unit: &str) -> bool {
    ["em", "ex", "mu", "pt", "pc", "mm", "cm", "in"].contains(&unit)
}

/// Converts a LaTeX length to a MathML length. Returns `None` if it is invalid or unreasonably large.
pub(crate) fn length(text: &str) -> Option<String> {
    let text = text.trim();
    let (number, unit) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let number: f32 = number.trim().parse().ok()?;
    let (number, unit) = match unit {
        "mu" => (number / 18.0, "em"),
        "em" | "ex" | "pt" | "pc" | "mm" | "cm" | "in" => (number, unit),
        _ => return None,
    };
    (number.abs() <= 50.0).then(|| format!("{number}{unit}"))
}

/// Returns the position of the closing bracket for the one at the start of a text. Nested brackets count, escaped ones do not.
pub(crate) fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0usize;
    let mut braces = 0usize;
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => _ = characters.next(),
            c if c == open && braces == 0 => depth += 1,
            c if c == close && braces == 0 => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            '{' => braces += 1,
            '}' => braces = braces.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Returns the length of a cell, or of what is between `\left` and `\right`.
fn cell(text: &str) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        match c {
            '\\' => {
                let name = Scan::new(&text[at + 1..]).name();
                match name {
                    "left" | "begin" => depth += 1,
                    "right" | "end" if depth > 0 => depth -= 1,
                    "right" | "middle" | "end" | "\\" | "cr" | "newline" if depth == 0 => return at,
                    _ => {}
                }
                at += 1 + name.len();
                continue;
            }
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '&' if depth == 0 => return at,
            _ => {}
        }
        at += c.len_utf8();
    }
    at
}

/// Splits a text at each mark that is in no group and no environment: `&`, or `\\` with its optional argument.
pub(crate) fn split<'a>(text: &'a str, mark: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut depth, mut from, mut at) = (0usize, 0, 0);
    while let Some(c) = text[at..].chars().next() {
        if depth == 0 && text[at..].starts_with(mark) {
            parts.push(&text[from..at]);
            at += mark.len();
            from = at;
            continue;
        }
        if c == '\\' {
            let name = Scan::new(&text[at + 1..]).name();
            match name {
                "begin" => depth += 1,
                "end" => depth = depth.saturating_sub(1),
                _ => {}
            }
            at += 1 + name.len();
            continue;
        }
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += c.len_utf8();
    }
    parts.push(&text[from..]);
    parts
}
