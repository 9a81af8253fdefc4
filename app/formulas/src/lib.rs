//! Converts LaTeX formulas to MathML.
//!
//! The server uses it for rendering. The browser loads it as a separate module (`browser/modules/enhance.js`) when there is a formula to
//! render.

mod checked;
mod chemistry;
mod elements;
mod environments;
mod macros;
mod rewrite;
mod scan;
#[cfg(test)]
mod tests;
mod text;
mod units;

use math_core::{LatexToMathML, MathCoreConfig};
use rewrite::Rewriter;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen::prelude::wasm_bindgen;

/// Maximum length of a formula, bytes.
const LONGEST: usize = 3_000;

/// Maximum nesting depth of braces; the time grows with its square.
const DEEPEST: usize = 50;

/// Maximum size of the MathML: bytes for each byte of LaTeX, and bytes that any formula may have.
const WRITTEN: (usize, usize) = (32, 2_000);

/// The same for the rewritten LaTeX, which is longer because our own commands are replaced.
const REWRITTEN: (usize, usize) = (24, 4_000);

/// Maximum number of consecutive commands. Each may be the argument of the one before, which takes stack space in the parser.
const CHAIN: usize = 40;

/// Converts a formula to MathML that is safe to insert into a page. Returns `None` if it can't be converted.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen)]
pub fn mathml(source: &str, display: bool) -> Option<String> {
    if source.len() > LONGEST || is_intricate(source) {
        return None;
    }
    let converter = LatexToMathML::new(MathCoreConfig::default()).ok()?;
    let mut rewriter = Rewriter::new(&converter, display, REWRITTEN.0 * source.len() + REWRITTEN.1);
    let inner = rewriter.formula(source)?;
    if inner.is_empty() || inner.len() > WRITTEN.0 * source.len() + WRITTEN.1 {
        return None;
    }
    Some(format!("<math display=\"{}\">{inner}</math>", if display { "block" } else { "inline" }))
}

/// Maximum number of commands, braces and brackets that are open at one place.
const OPEN: usize = 100;

/// Commands with two arguments, of which the first may be a single letter.
const TWO: [&str; 12] =
    ["frac", "dfrac", "tfrac", "cfrac", "binom", "dbinom", "tbinom", "overset", "underset", "stackrel", "textcolor", "sideset"];

/// Maximum number of consecutive spaces (`\,`, `~`), because the parser scans all of them from each one.
const SPACES: usize = 40;

/// Returns whether a formula exceeds a limit: more than [`SPACES`] consecutive spaces; more than [`CHAIN`] commands at one depth with
/// only spaces and arguments between them; braces and `\left` deeper than [`DEEPEST`]; or more than [`OPEN`] of all of these open.
fn is_intricate(source: &str) -> bool {
    let mut chains = vec![0usize];
    let (mut open, mut spaces) = (0, 0);
    let mut characters = source.chars().peekable();
    while let Some(c) = characters.next() {
        let is_space = c == '~' || c == '\\' && characters.peek().is_some_and(|c| matches!(c, ',' | ';' | ':' | '!' | '>' | ' '));
        spaces = if is_space { spaces + 1 } else { spaces * usize::from(c.is_whitespace()) };
        match c {
            '\\' if characters.peek().is_some_and(char::is_ascii_alphabetic) => {
                let mut name = String::new();
                while let Some(letter) = characters.next_if(char::is_ascii_alphabetic) {
                    name.push(letter);
                }
                match name.as_str() {
                    "left" => {
                        chains.push(0);
                        characters.next_if(|c| *c != '\\');
                    }
                    "right" if chains.len() > 1 => open -= chains.pop().unwrap_or_default(),
                    _ => {
                        if let Some(chain) = chains.last_mut() {
                            *chain += 1;
                            open += 1;
                        }
                        while characters.next_if(|c| c.is_whitespace()).is_some() {}
                        if characters.next_if_eq(&'[').is_some() {
                            while characters.next_if(|c| !matches!(c, ']' | '\\' | '{')).is_some() {}
                            characters.next_if_eq(&']');
                        } else if TWO.contains(&name.as_str()) {
                            characters.next_if(|c| !matches!(c, '\\' | '{' | '}'));
                        }
                    }
                }
            }
            '\\' => {
                characters.next();
                open -= chains.last_mut().map(std::mem::take).unwrap_or_default();
            }
            '{' => chains.push(0),
            '}' if chains.len() > 1 => open -= chains.pop().unwrap_or_default(),
            c if c.is_whitespace() => {}
            _ => open -= chains.last_mut().map(std::mem::take).unwrap_or_default(),
        }
        let is_deep = chains.len() > DEEPEST + 1 || chains.last().is_some_and(|chain| *chain > CHAIN);
        if is_deep || spaces > SPACES || open + chains.len() > OPEN {
            return true;
        }
    }
    false
}
