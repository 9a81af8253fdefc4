//! Formulas: LaTeX in, MathML out.
//!
//! The server renders with it. The browser loads it as a module of its own (`public/lib/dress.js`), when there is a formula
//! to be read and not before.

mod checked;
#[cfg(test)]
mod tests;

use std::convert::Infallible;

use pulldown_latex::{Parser, RenderConfig, Storage, config::DisplayMode, push_mathml};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen::prelude::wasm_bindgen;

/// Longer ones are not read: nobody would.
const LONGEST: usize = 3_000;

/// Nor are those with more braces within each other: what that takes grows with the square of their depth.
const DEEPEST: usize = 50;

/// MathML for each byte of LaTeX, so that what is written on the page grows with what was written in the text; and what any formula may
/// have.
const WRITTEN: (usize, usize) = (32, 2_000);

/// What makes commands of its own, which can grow without end; and one that the parser stumbles over.
const REFUSED: [&str; 9] = ["\\def", "\\edef", "\\gdef", "\\xdef", "\\let", "\\futurelet", "\\newcommand", "\\renewcommand", "\\char"];

/// So many commands may follow each other with nothing between them: each may be the argument of the one before, which the parser
/// takes a piece of its stack for.
const CHAIN: usize = 40;

/// A formula as MathML that is safe to put into a page; none where it can't be read.
#[cfg_attr(target_arch = "wasm32", wasm_bindgen)]
pub fn mathml(source: &str, display: bool) -> Option<String> {
    if source.len() > LONGEST || REFUSED.iter().any(|command| source.contains(command)) || is_intricate(source) {
        return None;
    }
    let source = known(source);
    let storage = Storage::new();
    // All of it, before any is written: of a formula that can't be read nothing is shown as one.
    let events = Parser::new(&source, &storage).collect::<Result<Vec<_>, _>>().ok()?;
    let display_mode = if display { DisplayMode::Block } else { DisplayMode::Inline };
    let mut written = String::new();
    push_mathml(&mut written, events.into_iter().map(Ok::<_, Infallible>), RenderConfig { display_mode, ..RenderConfig::default() })
        .ok()?;
    if written.len() > WRITTEN.0 * source.len() + WRITTEN.1 {
        return None;
    }
    checked::checked(&written)
}

/// Whether more than [`CHAIN`] commands follow each other, at one depth of braces, with no other character than spaces between them; or
/// braces are deeper than [`DEEPEST`].
fn is_intricate(source: &str) -> bool {
    let mut chains = vec![0];
    let mut characters = source.chars().peekable();
    while let Some(c) = characters.next() {
        let depth = chains.len();
        let Some(chain) = chains.last_mut() else { return false };
        match c {
            '\\' if characters.next_if(|c| c.is_ascii_alphabetic()).is_some() => {
                while characters.next_if(|c| c.is_ascii_alphabetic()).is_some() {}
                *chain += 1;
                if *chain > CHAIN {
                    return true;
                }
            }
            '\\' => {
                characters.next();
                *chain = 0;
            }
            '{' if depth > DEEPEST => return true,
            '{' => chains.push(0),
            '}' => _ = chains.pop(),
            c if c.is_whitespace() => {}
            _ => *chain = 0,
        }
    }
    false
}

/// What models like to write and the parser does not know, in other words.
fn known(source: &str) -> String {
    let mut rest = source;
    let mut known = String::new();
    while let Some((before, after)) = rest.split_once("\\tag{") {
        let Some((tag, after)) = after.split_once('}') else { break };
        known.push_str(before);
        known.push_str("\\qquad\\text{(");
        known.push_str(tag);
        known.push_str(")}");
        rest = after;
    }
    known.push_str(rest);
    known.replace("\\boxed{", "{").replace("\\operatorname*{", "\\operatorname{")
}
