//! Marks that ChatGPT puts into its texts: what they stand for is told beside the text.

use std::collections::HashMap;

use super::chatgpt::Reference;

/// What stands around a mark.
const BEGIN: char = '\u{e200}';
const END: char = '\u{e201}';
/// What marks may add to a text, bytes: one long reference can be meant by thousands of marks.
const MOST_ADDED: usize = 256 * 1024;

/// What the marks of a message stand for.
pub(super) struct Marks<'a>(HashMap<&'a str, &'a str>);

impl<'a> Marks<'a> {
    /// Of these references. What is no mark is nothing to look for.
    pub(super) fn of(references: &'a [Reference]) -> Self {
        let mut marks = HashMap::new();
        for reference in references {
            let found = reference.matched_text.as_deref().and_then(|text| mark(&text[text.find(BEGIN)?..]));
            if let Some((mark, _)) = found {
                marks.entry(mark).or_insert(reference.alt.as_deref().unwrap_or_default());
            }
        }
        Self(marks)
    }

    /// A text in which the marks are what they stand for. Of those that nothing is said about nothing is left. Looks at each
    /// character a bounded number of times, however many marks and references there are.
    pub(super) fn resolve(&self, text: String) -> String {
        if !text.contains(BEGIN) {
            return text;
        }
        let (mut resolved, mut rest, mut added) = (String::with_capacity(text.len()), text.as_str(), 0);
        while let Some(at) = rest.find(BEGIN) {
            resolved.push_str(&rest[..at]);
            rest = &rest[at..];
            match mark(rest) {
                Some((mark, after)) => {
                    let alt = self.0.get(mark).copied().unwrap_or_default();
                    added += alt.len();
                    if added <= MOST_ADDED {
                        resolved.push_str(alt);
                    }
                    rest = after;
                }
                // No mark after all: only its sign is left out.
                None => rest = &rest[BEGIN.len_utf8()..],
            }
        }
        resolved.push_str(rest);
        resolved
    }
}

/// The mark that a text begins with, and what comes after it. A mark is on one line, and no other begins inside of it: so of what is
/// looked through for its end, nothing is looked through again.
fn mark(text: &str) -> Option<(&str, &str)> {
    let inside = &text[BEGIN.len_utf8()..];
    let end = inside.find([END, BEGIN, '\n']).filter(|end| inside[*end..].starts_with(END))?;
    Some(text.split_at(BEGIN.len_utf8() + end + END.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(matched: &str, alt: &str) -> Reference {
        Reference { matched_text: Some(matched.to_owned()), alt: Some(alt.to_owned()) }
    }

    fn resolved(text: &str, references: &[Reference]) -> String {
        Marks::of(references).resolve(text.to_owned())
    }

    #[test]
    fn marks_are_what_they_stand_for_and_nothing_else_is_lost() {
        let known = [reference("\u{e200}a\u{e201}", "(A)"), reference(" ", "never"), reference(" \u{e200}b\u{e202}c\u{e201}", "(B)")];
        assert_eq!(resolved("x\u{e200}a\u{e201} y\u{e200}b\u{e202}c\u{e201}z", &known), "x(A) y(B)z");
        assert_eq!(resolved("x\u{e200}unknown\u{e201}y", &known), "xy");
        assert_eq!(resolved("x\u{e200}never ends\nand on \u{e200}\u{e200}a\u{e201}", &known), "xnever ends\nand on (A)");
        assert_eq!(resolved("x\u{e201}y", &known), "x\u{e201}y");
    }

    #[test]
    fn what_marks_add_is_bounded() {
        let known = [reference("\u{e200}a\u{e201}", &"long ".repeat(10_000))];
        let text = "\u{e200}a\u{e201}".repeat(100_000);
        assert!(resolved(&text, &known).len() <= MOST_ADDED);
    }

    #[test]
    fn a_hundred_thousand_marks_and_references_are_no_more_than_their_bytes() {
        // Each of these was quadratic once: at this size it would run for hours.
        let references: Vec<Reference> = (0..100_000).map(|n| reference(&format!("\u{e200}{n}\u{e201}"), "")).collect();
        let text: String = (0..100_000).map(|n| format!("word \u{e200}{n}\u{e201}")).collect();
        assert_eq!(resolved(&text, &references), "word ".repeat(100_000));
        assert_eq!(resolved(&"\u{e200}".repeat(500_000), &references), "");
        assert_eq!(resolved(&"\u{e200}x".repeat(500_000), &references), "x".repeat(500_000));
        assert_eq!(resolved(&"\u{e200}\u{e201}".repeat(500_000), &[]), "");
    }
}
