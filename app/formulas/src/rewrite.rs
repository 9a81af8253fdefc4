//! Rewrites LaTeX as models write it for the converter.
//!
//! What the converter does not support is converted to MathML here, and represented in the LaTeX by one private-use character
//! ([`Rewriter::put`]). All output counts against a budget, so that it can't grow without limit.

use math_core::{LatexToMathML, MathDisplay};

use crate::{
    checked, environments, macros,
    scan::{Scan, closing, split},
};

/// The first of the characters that represent MathML.
const FIRST: u32 = 0xf_0000;

/// Commands that define commands, which could grow without limit.
const REFUSED: [&str; 12] = [
    "def",
    "edef",
    "gdef",
    "xdef",
    "let",
    "futurelet",
    "newcommand",
    "renewcommand",
    "providecommand",
    "DeclareMathOperator",
    "csname",
    "input",
];

/// Maximum nesting depth of commands and groups.
const DEEPEST: usize = 60;

/// Converts one formula.
pub(crate) struct Rewriter<'a> {
    converter: &'a LatexToMathML,
    /// Whether it is a display formula.
    pub(crate) is_display: bool,
    /// The MathML that each private-use character represents.
    pieces: Vec<String>,
    /// Colours that the formula defines.
    pub(crate) colors: Vec<(String, String)>,
    /// Remaining budget, bytes.
    left: usize,
    depth: usize,
}

impl<'a> Rewriter<'a> {
    pub(crate) fn new(converter: &'a LatexToMathML, is_display: bool, budget: usize) -> Self {
        Self { converter, is_display, pieces: Vec::new(), colors: Vec::new(), left: budget, depth: 0 }
    }

    /// Converts LaTeX to MathML without the surrounding element. Returns `None` if it can't be converted.
    pub(crate) fn mathml(&mut self, source: &str) -> Option<String> {
        let latex = self.latex(source)?;
        self.convert(&latex)
    }

    /// Converts the result of [`Rewriter::latex`] to MathML.
    pub(crate) fn convert(&mut self, latex: &str) -> Option<String> {
        if latex.trim().is_empty() {
            return Some(String::new());
        }
        let display = if self.is_display { MathDisplay::Block } else { MathDisplay::Inline };
        let convert = |latex: &str| self.converter.convert_with_local_state(latex, display).ok();
        // Limits of symbols that have none are converted to ordinary scripts.
        let without = || latex.replace(r"\limits", "").replace(r"\nolimits", "");
        let found = convert(latex).or_else(|| if latex.contains("limits") { convert(&without()) } else { None })?;
        let inner = found.mathml.strip_prefix("<math")?.split_once('>')?.1.strip_suffix("</math>")?.to_owned();
        self.spend(inner.len() / 8)?;
        self.resolve(&checked::checked(&inner)?)
    }

    /// Converts LaTeX to one MathML element.
    pub(crate) fn row(&mut self, source: &str) -> Option<String> {
        Some(format!("<mrow>{}</mrow>", self.mathml(source)?))
    }

    /// Returns LaTeX that represents this MathML.
    pub(crate) fn put(&mut self, mathml: String) -> Option<String> {
        self.spend(mathml.len() / 8)?;
        let character = char::from_u32(FIRST + u32::try_from(self.pieces.len()).ok()?)?;
        self.pieces.push(mathml);
        Some(format!("\\text{{{character}}}"))
    }

    /// Inserts MathML for the characters that represent it.
    fn resolve(&mut self, mathml: &str) -> Option<String> {
        let mut resolved = String::with_capacity(mathml.len());
        let mut rest = mathml;
        while let Some(at) = rest.find(|c| u32::from(c) >= FIRST) {
            let (before, behind) = rest.split_at(at);
            let mut characters = behind.chars();
            let piece = usize::try_from(u32::from(characters.next()?) - FIRST).ok()?;
            let piece = self.pieces.get(piece)?;
            self.left = self.left.checked_sub(piece.len() / 8)?;
            // If it is alone in its element, it replaces the element.
            match (before.strip_suffix("<mtext>"), characters.as_str().strip_prefix("</mtext>")) {
                (Some(before), Some(behind)) => {
                    resolved.push_str(before);
                    resolved.push_str(piece);
                    rest = behind;
                }
                _ => return None,
            }
        }
        resolved.push_str(rest);
        Some(resolved)
    }

    fn spend(&mut self, bytes: usize) -> Option<()> {
        self.left = self.left.checked_sub(bytes)?;
        Some(())
    }

    /// Rewrites a whole formula; its lines are kept.
    pub(crate) fn formula(&mut self, source: &str) -> Option<String> {
        // A blank line outside of environments ends a row.
        let source = source.trim();
        let with_rows = source.replace(r"\newline", r"\\ ");
        let source = if source.contains(r"\newline") { &with_rows } else { source };
        let paragraphs = blank_lines(source);
        let source = paragraphs.as_deref().unwrap_or(source);
        if split(source, r"\\").iter().filter(|line| !line.trim().is_empty()).count() > 1 {
            return environments::lines(self, source);
        }
        self.mathml(split(source, r"\\").into_iter().find(|line| !line.trim().is_empty())?)
    }

    /// Rewrites LaTeX for the converter.
    pub(crate) fn latex(&mut self, source: &str) -> Option<String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut written = String::with_capacity(source.len());
        let mut scan = Scan::new(source);
        while let Some(c) = scan.character() {
            match c {
                '\\' => self.command(&mut scan, &mut written)?,
                '{' => {
                    let end = closing(&format_open(scan.rest), '{', '}')?;
                    let inner = scan.take(end - 1);
                    scan.take(1);
                    let inner = self.latex(inner)?;
                    written.push('{');
                    written.push_str(&inner);
                    written.push('}');
                }
                // Cells are processed one by one.
                '}' | '&' => return None,
                // A TeX comment; but models mean a percent sign.
                '%' => written.push_str("\\%"),
                '#' => written.push_str("\\#"),
                '$' => {}
                c if u32::from(c) >= FIRST => return None,
                c => written.push(c),
            }
        }
        self.spend(written.len())?;
        self.depth -= 1;
        Some(written)
    }

    /// Rewrites a command, after its backslash.
    fn command(&mut self, scan: &mut Scan<'_>, written: &mut String) -> Option<()> {
        let mut name = scan.name();
        let starred;
        if scan.rest.starts_with('*') && ["tag", "hspace"].contains(&name) {
            scan.take(1);
            starred = format!("{name}*");
            name = &starred;
        }
        match name {
            // A backslash at the end.
            "" => return Some(()),
            name if REFUSED.contains(&name) => return None,
            "begin" => {
                let environment = environments::read(self, scan)?;
                written.push_str(&environment);
                return Some(());
            }
            "end" => return None,
            "left" | "right" | "middle" => {
                written.push('\\');
                written.push_str(name);
                scan.skip_space();
                match scan.rest.chars().next() {
                    Some('<') => written.push_str("\\langle "),
                    Some('>') => written.push_str("\\rangle "),
                    _ => return Some(()),
                }
                scan.take(1);
                return Some(());
            }
            // A line break within a group, which MathML does not support.
            "\\" | "newline" | "cr" => {
                written.push(' ');
                return Some(());
            }
            _ => {}
        }
        if let Some((arguments, body)) = macros::body(name) {
            let arguments: Vec<&str> = (0..arguments).map(|_| scan.argument().unwrap_or_default()).collect();
            let mut latex = String::with_capacity(body.len());
            let mut rest = body;
            while let Some((before, behind)) = rest.split_once('#') {
                latex.push_str(before);
                let number = usize::from(behind.as_bytes().first()? - b'1');
                latex.push_str(arguments.get(number)?);
                rest = &behind[1..];
            }
            latex.push_str(rest);
            self.spend(latex.len())?;
            // A single brace, as in `\bgroup`.
            let latex = if matches!(latex.as_str(), "{" | "}") { latex } else { self.latex(&latex)? };
            push(written, &latex);
            return Some(());
        }
        if let Some(latex) = crate::elements::read(self, name, scan)? {
            push(written, &latex);
            return Some(());
        }
        written.push('\\');
        written.push_str(name);
        Some(())
    }
}

/// Appends LaTeX, with a space where a command's name would run into a letter.
fn push(written: &mut String, latex: &str) {
    written.push_str(latex);
    let is_name =
        latex.rfind('\\').is_some_and(|at| latex.len() > at + 1 && latex[at + 1..].bytes().all(|byte| byte.is_ascii_alphabetic()));
    if is_name {
        written.push(' ');
    }
}

/// Returns the text with an opening brace, for finding the closing one.
fn format_open(rest: &str) -> String {
    format!("{{{rest}")
}

/// Replaces blank lines outside of environments by rows. Returns `None` if there are none.
fn blank_lines(source: &str) -> Option<String> {
    let mut has_blank = false;
    let mut depth = 0usize;
    let mut written = String::with_capacity(source.len());
    for line in source.lines() {
        if line.trim().is_empty() {
            has_blank = true;
            if depth == 0 {
                written.push_str("\\\\");
            }
            continue;
        }
        depth = (depth + line.matches("\\begin").count()).saturating_sub(line.matches("\\end{").count());
        written.push_str(line);
        written.push('\n');
    }
    has_blank.then_some(written)
}
