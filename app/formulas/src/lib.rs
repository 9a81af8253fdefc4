//! Formulas: LaTeX in, MathML out.
//!
//! The server renders with it. The browser loads it as a module of its own (`public/lib/enhance.js`), when there is a formula
//! to be read and not before.

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

/// Longer ones are not read: nobody would.
const LONGEST: usize = 3_000;

/// Nor are those with more braces within each other: what that takes grows with the square of their depth.
const DEEPEST: usize = 50;

/// MathML for each byte of LaTeX, so that what is written on the page grows with what was written in the text; and what any formula may
/// have.
const WRITTEN: (usize, usize) = (32, 2_000);

/// LaTeX for the converter for each byte of a formula, and what any formula may have: commands of ours are longer there.
const REWRITTEN: (usize, usize) = (24, 4_000);

/// So many commands may follow each other with nothing between them: each may be the argument of the one before, which the parser
/// takes a piece of its stack for.
const CHAIN: usize = 40;

/// A formula as MathML that is safe to put into a page; none where it can't be read.
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

/// Commands, braces and brackets that are open at one place.
const OPEN: usize = 100;

/// Commands that take two arguments, of which the first may be a letter: the second is then behind it.
const TWO: [&str; 12] =
    ["frac", "dfrac", "tfrac", "cfrac", "binom", "dbinom", "tbinom", "overset", "underset", "stackrel", "textcolor", "sideset"];

/// So many spaces (`\,`, `~`) may follow each other: the parser looks through all of them from each.
const SPACES: usize = 40;

/// Whether more than [`SPACES`] spaces follow each other; or more than [`CHAIN`] commands, at one depth, with no other character than
/// spaces and arguments between them; or braces and `\left` are deeper than [`DEEPEST`]; or there are more than [`OPEN`] of all of these.
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
