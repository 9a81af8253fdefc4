#![allow(clippy::unwrap_used)]
use std::{
    fs,
    path::{Path, PathBuf},
};

use holdfast_protocol::{ApiError, Code, Reason, params, reason::AROUND};

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

fn localized(language: Language, api_error: &ApiError) -> Localized {
    language.strings().localized(api_error.clone())
}

/// An error with all values that its sentence may have.
fn with_all_values(reason: Reason) -> ApiError {
    let names = params::names(reason.sentence());
    let or_added = names.contains(&"provider");
    // A provider is a vendor or one that was added, and its reply a page or words.
    names
        .into_iter()
        .filter(|name| *name != "page" && (*name != "vendor" || !or_added))
        .fold(reason.error(), |error, name| error.with(name, name.to_uppercase()))
}

#[test]
fn every_reason_has_a_sentence_in_every_language() {
    for &language in Language::ALL.iter().filter(|language| **language != Language::En) {
        for &reason in Reason::ALL {
            let error = with_all_values(reason);
            let told = localized(language, &error);
            assert_ne!(told.text(), error.error, "{} in {}", reason.as_str(), language.name());
            for (name, value) in error.params.iter().filter(|(name, _)| !matches!(*name, "field" | "text")) {
                assert!(
                    told.text().contains(&value.to_string()),
                    "{} of {} in {}: {}",
                    name,
                    reason.as_str(),
                    language.name(),
                    told.text()
                );
            }
            assert!(!told.text().contains('['), "{}", told.text());
        }
    }
}

#[test]
fn every_sentence_belongs_to_a_reason_or_a_code() {
    for &language in Language::ALL {
        let errors = [language.strings().errors, language.conversation().errors, language.lazy().errors].concat();
        for (at, (name, _)) in errors.iter().enumerate() {
            let around = AROUND.iter().any(|(around, _)| around == name);
            let code = name.strip_prefix(':').is_some_and(|code| Code::parse(code).is_some());
            assert!(around || code || Reason::parse(name).is_some(), "{name}");
            assert!(!errors[..at].iter().any(|(other, _)| other == name), "{name} is there twice");
        }
    }
}

#[test]
fn an_error_is_told_in_the_page_s_language_or_marked_as_the_server_s() {
    let limited = Reason::TooManyMessages.error().limited(2_100);
    assert_eq!(localized(Language::En, &limited).text(), "Too many messages in a minute. Try again in 3 s.");
    assert_eq!(localized(Language::De, &limited).text(), "Zu viele Nachrichten in einer Minute. Versuch es in 3 s noch einmal.");
    let over = limited.counted_down(0);
    assert_eq!(localized(Language::En, &over).text(), "Too many messages in a minute. Try again now.");
    assert_eq!(localized(Language::De, &over).text(), "Zu viele Nachrichten in einer Minute. Versuch es jetzt noch einmal.");
    assert!(localized(Language::En, &limited).counts() && localized(Language::De, &limited).counts());
    // A newer server may have more reasons, and an older one has fewer values.
    for other in [ApiError { reason: "newer".into(), ..Reason::ShareDays.error() }, Reason::MessageTooLong.error()] {
        assert_ne!(localized(Language::De, &other), Localized::from(other.error.as_str()), "marked as English");
        assert_eq!(localized(Language::De, &other).text(), other.error);
        assert_eq!(localized(Language::En, &other), Localized::from(other.error.as_str()));
    }
    let unknown = ApiError { reason: "newer".into(), ..limited };
    assert_eq!(localized(Language::De, &unknown).text(), "Das war zu viel in kurzer Zeit. Versuch es in 3 s noch einmal.");
}

#[test]
fn values_and_sentences_around_are_told_in_the_page_s_language() {
    let german = |error: &ApiError| localized(Language::De, error).text().to_owned();
    let full = Reason::GuestStorageFull.with("used_mb", "52.5").with("quota_mb", "50");
    assert!(german(&full).contains("52,5 von 50 MB sind belegt"), "{}", german(&full));
    let waits = Reason::ProviderLoadsModel.with("provider", "box");
    assert_eq!(german(&waits), "Der Anbieter `box` lädt das Modell. Das kann Minuten dauern.");
    let refused = Reason::ProviderRefusedContent.with("vendor", "OpenAI").with("quote", "no");
    assert!(
        german(&refused).starts_with("OpenAI hat die Anfrage wegen seiner Regeln zu Inhalten abgelehnt: „no“."),
        "{}",
        german(&refused)
    );
    let last = Reason::ProviderNotAnswering.with("vendor", "Ollama").with("last_model", "oak");
    assert_eq!(
        german(&last),
        "Diese Unterhaltung beantwortet `oak`, aber das geht jetzt nicht. Ollama antwortet nicht. Versuch es noch einmal, oder wähle einen anderen Anbieter. Wähle ein anderes Modell, um hier weiterzumachen."
    );
    let cause = Reason::ProviderUnreachable.with("vendor", "OpenAI").with("cause", "OpenAI does not answer at https://api.openai.com.");
    assert_eq!(german(&cause), "OpenAI does not answer at https://api.openai.com.");
    let restarted = german(&Reason::Restarted.into());
    assert!(restarted.contains(&format!("„{}“", Language::De.strings().answer.go_on)), "{restarted}");
    // Stored before there were reasons.
    let old = ApiError { reason: "".into(), ..Reason::ProviderRefusedContent.error() };
    assert!(german(&old.with_reason()).starts_with("Der Anbieter hielt es wegen seiner Regeln"));
}

#[test]
fn what_the_protocol_says_of_an_invitation_and_the_page_says_is_the_same() {
    use holdfast_protocol::people::InvitationState;
    let sign = &Language::En.lazy().sign;
    for (state, said) in
        [(InvitationState::UsedUp, sign.used_up), (InvitationState::Expired, sign.expired), (InvitationState::Unknown, sign.no_invitation)]
    {
        assert_eq!(state.why_not().map(Reason::sentence), Some(said));
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
/// Names, and texts for programmers.
const ALLOWED: [&str; 3] = ["LM Studio", "reason = \"", ".expect(\""];

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
