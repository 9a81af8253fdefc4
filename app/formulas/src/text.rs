//! Text within formulas.

use crate::{
    rewrite::Rewriter,
    scan::{Scan, closing},
};

/// Converts text to MathML. `class` is its style; what is between dollar signs is a formula again.
pub(crate) fn words(rewriter: &mut Rewriter<'_>, source: &str, class: &str) -> Option<String> {
    let mut parts = String::new();
    let mut text = String::new();
    let mut scan = Scan::new(source);
    while let Some(c) = scan.character() {
        match c {
            '$' => {
                let end = scan.rest.find('$')?;
                flush(&mut parts, &mut text, class);
                let formula = scan.take(end);
                scan.take(1);
                parts.push_str(&rewriter.row(formula)?);
            }
            '\\' => command(rewriter, &mut scan, &mut text, &mut parts, class)?,
            '{' => {
                let end = closing(&format!("{{{}", scan.rest), '{', '}')?;
                let inner = scan.take(end - 1);
                scan.take(1);
                flush(&mut parts, &mut text, class);
                parts.push_str(&words(rewriter, inner, class)?);
            }
            '}' => return None,
            '~' => text.push('\u{a0}'),
            c if c.is_whitespace() => {
                // Leading, trailing and repeated spaces would not be shown.
                if !text.ends_with('\u{a0}') {
                    text.push('\u{a0}');
                }
            }
            '\'' => text.push('’'),
            c if u32::from(c) >= 0xf_0000 => return None,
            c => text.push(c),
        }
    }
    flush(&mut parts, &mut text, class);
    Some(parts)
}

fn command(rewriter: &mut Rewriter<'_>, scan: &mut Scan<'_>, text: &mut String, parts: &mut String, class: &str) -> Option<()> {
    let name = scan.name();
    if let Some(other) = crate::elements::text_class(name) {
        flush(parts, text, class);
        let inner = scan.argument()?;
        parts.push_str(&words(rewriter, inner, if other.is_empty() { class } else { other })?);
        return Some(());
    }
    match name {
        "(" => {
            let end = scan.rest.find("\\)")?;
            flush(parts, text, class);
            let formula = scan.take(end);
            scan.take(2);
            parts.push_str(&rewriter.row(formula)?);
        }
        "\\" | "newline" | " " => text.push('\u{a0}'),
        "," | ";" | ":" | "thinspace" => text.push('\u{2009}'),
        "quad" | "enspace" => text.push('\u{2003}'),
        "qquad" => text.push_str("\u{2003}\u{2003}"),
        "\"" | "'" | "`" | "^" | "~" | "=" | "c" | "v" | "u" | "H" | "r" => {
            let letter = scan.argument()?.chars().next()?;
            text.push(letter);
            text.push(accent(name)?);
        }
        name if name.len() == 1 && !name.bytes().all(|byte| byte.is_ascii_alphabetic()) => text.push_str(name),
        "" => {}
        "large" | "small" | "normalsize" | "itshape" | "bfseries" | "rm" | "bf" | "it" | "footnotesize" => scan.skip_space(),
        // Other commands belong to formulas.
        name => {
            flush(parts, text, class);
            let rest = scan.rest;
            let arguments = rest.len() - {
                let mut ahead = *scan;
                while ahead.rest.starts_with('{') {
                    ahead.argument()?;
                }
                ahead.rest.len()
            };
            let latex = format!("\\{name}{}", scan.take(arguments));
            parts.push_str(&rewriter.row(&latex)?);
        }
    }
    Some(())
}

/// Returns the mark that combines with the letter before it.
fn accent(name: &str) -> Option<char> {
    Some(match name {
        "\"" => '\u{308}',
        "'" => '\u{301}',
        "`" => '\u{300}',
        "^" => '\u{302}',
        "~" => '\u{303}',
        "=" => '\u{304}',
        "c" => '\u{327}',
        "v" => '\u{30c}',
        "u" => '\u{306}',
        "H" => '\u{30b}',
        "r" => '\u{30a}',
        _ => return None,
    })
}

fn flush(parts: &mut String, text: &mut String, class: &str) {
    if text.is_empty() {
        return;
    }
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    parts.push_str(&format!("<mtext{class}>{}</mtext>", escaped(text)));
    text.clear();
}

/// Returns text escaped for MathML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
