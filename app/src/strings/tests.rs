#![allow(clippy::unwrap_used)]
use std::{
    fs,
    path::{Path, PathBuf},
};

use holdfast_protocol::{ApiError, Code};

use super::*;

#[test]
fn the_language_is_the_one_that_is_liked_best_of_those_there_are() {
    for (accepted, language) in [
        ("", Language::En),
        ("de", Language::De),
        ("de-AT,de;q=0.9,en;q=0.8", Language::De),
        ("fr, de;q=0.3, en;q=0.7", Language::En),
        ("en;q=0.3, DE-ch ; q=0.7", Language::De),
        ("en, de", Language::En),
        ("de, en", Language::De),
        ("de;q=0, *", Language::En),
        ("fr,*;q=0.5", Language::En),
        ("deutsch", Language::En),
        ("de;q=much, ;;,", Language::En),
    ] {
        assert_eq!(Language::preferred(accepted), language, "{accepted}");
    }
}

#[test]
fn every_language_is_found_by_its_tag() {
    for &language in Language::ALL {
        assert_eq!(Language::parse(language.tag()), Some(language));
        assert_eq!(language.strings().language, language);
        assert_eq!(serde_json::to_string(&language).unwrap(), format!("\"{}\"", language.tag()));
    }
}

#[test]
fn a_refusal_is_told_in_the_page_s_language_or_marked_as_the_server_s() {
    let localized = |language: Language, api_error: &ApiError| language.strings().localized(api_error.clone());
    let limited = ApiError::new(Code::RateLimited, "Too many messages.").retry_after(2_100);
    assert_eq!(localized(Language::En, &limited).text(), "Too many messages.");
    assert_eq!(localized(Language::De, &limited).text(), "Das war zu viel in kurzer Zeit. Versuch es in 3 s noch einmal.");
    assert_eq!(localized(Language::De, &limited.counted_down(0)).text(), "Das war zu viel in kurzer Zeit. Versuch es jetzt noch einmal.");
    assert!(localized(Language::En, &limited).counts() && localized(Language::De, &limited).counts());
    let other = ApiError::new(Code::BadFrame, "A link is valid for 1 to 365 days.");
    assert_ne!(localized(Language::De, &other), Localized::from(other.error.as_str()), "marked as English");
    assert_eq!(localized(Language::De, &other).text(), other.error);
    assert_eq!(localized(Language::En, &other), Localized::from(other.error.as_str()));
}

#[test]
fn what_the_protocol_says_of_an_invitation_and_the_page_says_is_the_same() {
    use holdfast_protocol::people::InvitationState;
    let sign = &Language::En.lazy().sign;
    for (state, said) in
        [(InvitationState::UsedUp, sign.used_up), (InvitationState::Expired, sign.expired), (InvitationState::Unknown, sign.no_invitation)]
    {
        assert_eq!(state.why_not(), Some(said));
    }
}

/// Texts in views must come from the languages.
#[test]
fn no_text_stands_anywhere_but_in_the_languages() {
    let mut found = Vec::new();
    for file in sources(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (number, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap();
            let is_said = literals(line).any(is_sentence) || ATTRIBUTES.iter().any(|name| line.contains(name));
            if is_said && !ALLOWED.iter().any(|allowed| line.contains(allowed)) {
                found.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "these belong into app/src/strings:\n{}", found.join("\n"));
}

/// Attributes that contain text for users.
const ATTRIBUTES: [&str; 3] = ["aria-label=\"", "placeholder=\"", " title=\""];
/// Names, texts for programmers, and the page's own errors, which languages translate.
const ALLOWED: [&str; 6] = ["LM Studio", "reason = \"", ".expect(\"", "There is nobody here to ask.", "const UNREACHABLE", "const NOT_"];

/// Returns whether a literal starts like a sentence or a heading.
fn is_sentence(literal: &str) -> bool {
    let literal = literal.trim();
    let mut letters = literal.chars();
    letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase) && literal.contains(' ')
}

fn literals(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2)
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("strings") || path.ends_with("tests.rs") {
            continue;
        }
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
