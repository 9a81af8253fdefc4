//! Sentences about why an answer ended early. They are separate from the other texts because only the conversation views need them.

use holdfast_protocol::{
    ApiError, Code,
    message::AnswerError,
    waiting::{IS_SILENT, LOADS_MODEL},
};

use super::{Language, Localized, Strings};

impl Strings {
    /// Translates the error of an answer. A sentence that quotes the provider stays in English.
    pub(crate) fn ending(&self, error: &AnswerError) -> Localized {
        if let (Language::De, Code::Busy, Some(sentence)) = (self.language, error.code, waiting(&error.error)) {
            return sentence.into();
        }
        match (self.language, german(error.code)) {
            (Language::De, Some(sentence)) if !error.error.contains(": “") => sentence.into(),
            _ => self.localized(ApiError::new(error.code, &error.error)),
        }
    }
}

/// Translates what an answer without text is waiting for.
fn waiting(error: &str) -> Option<String> {
    let of_model = error.strip_suffix(LOADS_MODEL).map(|title| (title, "lädt das Modell. Das kann Minuten dauern."));
    let (title, what) = of_model.or_else(|| {
        let title = error.strip_suffix(IS_SILENT)?;
        Some((title, "hat noch nicht begonnen zu antworten. Vielleicht wird das Modell geladen, oder andere sind zuerst an der Reihe."))
    })?;
    // A provider that was added is called by its name, others by their vendor's name.
    let title = title.strip_prefix("The provider").map_or_else(|| title.to_owned(), |name| format!("Der Anbieter{name}"));
    Some(format!("{title} {what}"))
}

fn german(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::LengthLimit => {
            "Das Modell hat die Grenze seiner Ausgabe erreicht. Lass es weiterschreiben, oder bitte um eine kürzere Antwort."
        }
        Code::ContentFiltered => {
            "Der Anbieter hielt es wegen seiner Regeln zu Inhalten zurück. Frag mit anderen Worten, oder wähle ein anderes Modell."
        }
        Code::ModelRefused => {
            "Das Modell wollte nicht antworten und sagt nicht, warum. Frag mit anderen Worten, oder wähle ein anderes Modell."
        }
        Code::EmptyAnswer => "Das Modell hat nichts geschrieben. Versuch es noch einmal, oder wähle ein anderes Modell.",
        Code::ContextFull => {
            "Die Unterhaltung ist länger, als das Modell aufnimmt. Beginne eine neue, oder wähle ein Modell, das mehr aufnimmt."
        }
        Code::ToolFailed => {
            "Das Modell möchte ein Werkzeug benutzen und hat hier keines. Sag ihm, was fehlt, oder wähle ein anderes Modell."
        }
        Code::Restarted => {
            "Der Server wurde währenddessen neu gestartet. Was schon da war, ist noch da; mit „Weiter“ geht es von dort aus weiter."
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_waited_for_is_told_in_the_pages_language() {
        for (error, german) in [
            (format!("Ollama{LOADS_MODEL}"), "Ollama lädt das Modell. Das kann Minuten dauern."),
            (format!("The provider `box`{LOADS_MODEL}"), "Der Anbieter `box` lädt das Modell. Das kann Minuten dauern."),
            (
                format!("llama.cpp{IS_SILENT}"),
                "llama.cpp hat noch nicht begonnen zu antworten. Vielleicht wird das Modell geladen, oder andere sind zuerst an der Reihe.",
            ),
        ] {
            let error = AnswerError::new(Code::Busy, error);
            assert_eq!(Language::De.strings().ending(&error), Localized::from(german));
            assert_eq!(Language::En.strings().ending(&error), Localized::from(error.error.as_str()));
        }
        let other = AnswerError::new(Code::Busy, "Later.");
        assert_eq!(Language::De.strings().ending(&other).text(), other.error);
    }

    #[test]
    fn an_end_is_told_in_the_pages_language_unless_it_quotes() {
        let quoting = AnswerError::new(Code::ContentFiltered, "The filter held it back: “no”. Ask in other words.");
        for code in Code::ALL.iter().copied().filter(|code| german(*code).is_some()) {
            let error = AnswerError::new(code, "It ended. Try again.");
            assert_eq!(Language::En.strings().ending(&error).text(), error.error);
            assert_eq!(Some(Language::De.strings().ending(&error).text()), german(code));
        }
        assert_eq!(Language::De.strings().ending(&quoting).text(), quoting.error);
        let restarted = Language::De.strings().ending(&AnswerError::new(Code::Restarted, "x"));
        assert!(restarted.text().contains(&format!("„{}“", Language::De.strings().answer.go_on)));
    }
}
