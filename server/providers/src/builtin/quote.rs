//! `quote`: answers with passages of the manual.

use holdfast_protocol::message::Source;

use super::manual::{Manual, Passage};

/// Maximum number of passages in an answer.
const MOST: usize = 3;

/// Returns the answer to a question, and its sources.
pub(super) fn answer(manual: &Manual, question: &str) -> (String, Vec<Source>) {
    let found = manual.find(question, MOST);
    if found.is_empty() {
        return (nothing_fits(manual), Vec::new());
    }
    let mut text = String::from("I am not a language model: I quote Holdfast's manual. This is what it says.\n");
    for (passage, _) in &found {
        text.push_str(&format!("\n{}\n\n— {}\n", quoted(&passage.text), name(passage)));
    }
    text.push_str("\nFor real answers connect a model; “How do I connect a model?” tells how.");
    let source = |(passage, score): &(&Passage, f32)| Source {
        title: passage.file.clone(),
        location: Some(passage.heading.clone()),
        excerpt: passage.text.clone(),
        score: *score,
        ..Source::default()
    };
    (text, found.iter().map(source).collect())
}

/// Formats a passage as a block quotation.
fn quoted(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { ">".to_owned() } else { format!("> {line}") }).collect::<Vec<_>>().join("\n")
}

fn name(passage: &Passage) -> String {
    // A heading with quotation marks of its own gets no others.
    if passage.heading.contains('“') {
        return format!("`{}`, {}", passage.file, passage.heading);
    }
    format!("`{}`, “{}”", passage.file, passage.heading)
}

fn nothing_fits(manual: &Manual) -> String {
    let mut text = String::from(
        "I am not a language model: I can only quote Holdfast's manual, and nothing in it fits what you wrote.\n\n\
         To talk to a real model, do one of these and choose its model:\n\n\
         - Start Ollama, llama.cpp's `llama-server` or LM Studio on this machine: it is found by itself within half a minute.\n\
         - Set `OPENAI_API_KEY`, `ANTHROPIC_API_KEY` or `GEMINI_API_KEY` and start Holdfast again.\n\
         - Set `OPENAI_BASE_URL` or `OLLAMA_HOST` to a server elsewhere and start Holdfast again.\n",
    );
    let topics = manual.topics();
    if !topics.is_empty() {
        text.push_str("\nI can quote these topics:\n\n");
        for (file, headings) in topics {
            text.push_str(&format!("- `{file}`: {}\n", headings.join(", ")));
        }
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manual() -> Manual {
        let providers = "# Providers\n\nA provider answers. Which ones are there is asked every ten seconds.\n\n\
            ## Ollama\n\nStart it with `ollama serve`, and Holdfast finds it:\n\n```sh\nollama serve\n# then\nollama pull llama3.2\n```\n\n\
            ## OpenAI\n\nSet `OPENAI_API_KEY`. To connect Ollama behind a gateway, connect to `OPENAI_BASE_URL`.\n\n## Anthropic\n\nSet `ANTHROPIC_API_KEY`.\n";
        let running = "# Running\n\n## Behind nginx\n\nPass the upgrade headers on, or the socket does not connect.\n\n## Backups\n\nCopy the data folder.\n";
        Manual::new([("docs/providers.md".to_owned(), providers), ("docs/running.md".to_owned(), running)])
    }

    #[test]
    fn the_question_about_ollama_gets_the_passage_about_ollama() {
        for question in ["How do I connect Ollama?", "ollama", "connecting to OLLAMA please", "Wie verbinde ich Ollama?"] {
            let (text, sources) = answer(&manual(), question);
            assert_eq!(sources[0].title, "docs/providers.md");
            assert_eq!(sources[0].location.as_deref(), Some("Ollama"), "{question}");
            assert!(sources.iter().all(|source| (0.0..=1.0).contains(&source.score)) && sources.len() <= 3);
            assert!(text.contains("not a language model"));
            assert!(
                text.contains("> ```sh\n> ollama serve\n> # then\n> ollama pull llama3.2\n> ```\n\n— `docs/providers.md`, “Ollama”"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_heading_in_quotation_marks_gets_no_second_ones() {
        let manual = Manual::new([("docs/help.md".to_owned(), "# Help\n\n## “The page is blank”\n\nReload the blank page.\n")]);
        let (text, _) = answer(&manual, "Why is the page blank?");
        assert!(text.contains("— `docs/help.md`, “The page is blank”\n"), "{text}");
    }

    #[test]
    fn a_question_on_something_else_is_told_so() {
        for question in ["What will the weather be in Paris tomorrow?", "hi", "", "🦀", "Write a poem about the sea and love"] {
            let (text, sources) = answer(&manual(), question);
            assert!(sources.is_empty(), "{question}");
            assert!(
                text.contains("not a language model") && text.contains("OPENAI_API_KEY") && text.contains("Behind nginx, Backups"),
                "{text}"
            );
        }
    }

    #[test]
    fn without_a_manual_it_still_answers() {
        let (text, sources) = answer(&Manual::new([]), "How do I connect Ollama?");
        assert!(sources.is_empty() && text.contains("Ollama") && !text.contains("topics"));
    }

    #[test]
    fn the_manual_carried_knows_ollama() {
        let manual = Manual::carried();
        if manual.topics().iter().all(|(file, _)| *file != "docs/providers.md") {
            return; // a build without the manual
        }
        let (_, sources) = answer(&manual, "How do I connect Ollama?");
        assert_eq!(sources[0].location.as_deref(), Some("Ollama"));
    }
}
