//! A question as a query: a text fits if it contains any of the question's words, the better the more of them.

use std::collections::HashSet;

use super::{
    document::Document,
    tokens::{Kind, tokens},
};

/// Maximum number of different words that are looked for.
const MOST: usize = 64;
/// Minimum length of the end of a word that is looked for within longer words, letters. Shorter ones are in unrelated words.
const PART: usize = 5;
/// Number of letters that the forms of a word have in common. Words cut off after so many are about as good as stems, in most languages that
/// write words apart (McNamee and Mayfield, "Character N-Gram Tokenization for European Language Text Retrieval", 2004).
const STEM: usize = 5;
/// Maximum number of characters of a question; the rest is ignored.
const LONGEST: usize = 4_000;

/// Returns a query in the syntax of FTS5 for texts in one of the `scopes` that contain any word of a question. The column `scope` has the
/// scope of a text, the others what [`Document`] has. Long words are also looked for by their beginning, so that their other forms are found. Words in scripts without spaces are looked for as pairs of characters. Returns
/// `None` if the question has no words or there is no scope.
pub fn any_word(question: &str, scopes: &[String]) -> Option<String> {
    let end = question.char_indices().nth(LONGEST).map_or(question.len(), |(at, _)| at);
    let question = &question[..end];
    let (mut words, mut known) = (Vec::new(), HashSet::new());
    let mut add = |words: &mut Vec<String>, word: String| {
        if words.len() < MOST && known.insert(word.clone()) {
            words.push(word);
        }
    };
    let mut before: Option<(usize, String)> = None;
    tokens(question, |token| {
        if !token.is_unspaced {
            add(&mut words, format!("\"{}\"", token.text));
            if let Some(stem) = stem(token.text) {
                add(&mut words, format!("\"{stem}\" *"));
            }
        } else if token.kind == Kind::Word {
            match before.take() {
                Some((end, first)) if end == token.at.start => add(&mut words, format!("\"{first} {}\"", token.text)),
                _ => {}
            }
            before = Some((token.at.end, token.text.to_owned()));
        }
    });
    // A single character.
    if words.is_empty()
        && let Some((_, only)) = before
    {
        words.push(format!("\"{only}\""));
    }
    if words.is_empty() || scopes.is_empty() {
        return None;
    }
    let parts = Document::of(question).parts;
    let parts: Vec<String> =
        parts.split(' ').filter(|part| part.chars().count() >= PART).take(MOST).map(|part| format!("\"{part}\"")).collect();
    let scopes: Vec<String> = scopes.iter().map(|scope| format!("\"{scope}\"")).collect();
    let mut any = format!("{{content extra}} : ({})", words.join(" OR "));
    if !parts.is_empty() {
        any = format!("({any} OR parts : ({}))", parts.join(" OR "));
    }
    Some(format!("scope : ({}) AND {any}", scopes.join(" OR ")))
}

/// Returns the beginning that a word shares with its other forms, or `None` if it is too short.
fn stem(word: &str) -> Option<&str> {
    let (end, _) = word.char_indices().nth(STEM)?;
    word.chars().all(char::is_alphabetic).then(|| &word[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_word_is_enough() {
        let query = |question: &str| any_word(question, &["7".to_owned()]).unwrap_or_default();
        assert_eq!(query("What is CO2?"), r#"scope : ("7") AND {content extra} : ("what" OR "is" OR "co2")"#);
        let forms = query("enzymes");
        assert!(forms.contains(r#"{content extra} : ("enzymes" OR "enzym" *)"#), "{forms}");
        let compound = query("Stromrechnung");
        assert!(
            compound.contains(r#"{content extra} : ("stromrechnung" OR "strom" *)"#) && compound.contains(r#""rechnung""#),
            "{compound}"
        );
        let japanese = query("水曜日");
        assert!(japanese.contains(r#""水 曜" OR "曜 日""#), "{japanese}");
        assert_eq!(any_word("?!", &["7".to_owned()]), None);
        assert_eq!(any_word("what", &[]), None);
    }
}
