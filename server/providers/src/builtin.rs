//! The built-in provider. It is not a language model: it quotes the manual, or generates test answers.

mod echo;
mod manual;
mod materials;
mod quote;
mod rank;
mod words;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
pub use echo::{EchoWords, text as echo_text};
use holdfast_protocol::{Reason, api::Accepts, settings::Settings};

use self::manual::Manual;
use holdfast_core::model::{Answer, ModelEntry, Prompt, Provider, ProviderError};

/// The models that it lists.
const NAMES: [&str; 2] = ["quote", "echo"];
/// Time between two words of `echo`.
const ECHO_PAUSE: Duration = Duration::from_millis(15);
/// Time between two words of `quote`.
const QUOTE_PAUSE: Duration = Duration::from_millis(8);
/// Maximum duration of an answer. The words of a longer text come faster.
const LONGEST: Duration = Duration::from_secs(20);

/// The built-in provider, `builtin`, with its models `quote`, `echo`, `echo-N-I` and `echo-N-I-R`.
#[derive(Clone, Default)]
pub struct Builtin {
    /// The embedded manual, which is indexed for the first question.
    manual: Arc<OnceLock<Manual>>,
}

#[async_trait]
impl Provider for Builtin {
    fn name(&self) -> &str {
        "builtin"
    }

    async fn models(&self) -> Result<Option<Vec<ModelEntry>>, ProviderError> {
        let accepts = |name| Accepts { files: name == "quote", ..Accepts::default() };
        Ok(Some(NAMES.map(|name| ModelEntry { accepts: accepts(name), ..ModelEntry::chat(name) }).to_vec()))
    }

    async fn answer(&self, prompt: Prompt) -> Result<Answer, ProviderError> {
        match prompt.model.as_str() {
            "quote" if prompt.materials.has_files => {
                Ok(words::say(materials::answer(&prompt.materials, prompt.question()), QUOTE_PAUSE, LONGEST, Vec::new()))
            }
            "quote" => {
                let (text, sources) = quote::answer(self.manual.get_or_init(Manual::carried), prompt.question());
                Ok(words::say(text, QUOTE_PAUSE, LONGEST, sources))
            }
            "echo" => Ok(words::say(prompt.question().to_owned(), ECHO_PAUSE, LONGEST, Vec::new())),
            model => match echo::parse(model) {
                Some(asked) => Ok(echo::count(asked)),
                None => Err(Reason::BuiltinModelNotFound
                    .with("words", echo::MOST_WORDS)
                    .with("ms", echo::LONGEST_MS)
                    .with("model", model.chars().take(100).collect::<String>())
                    .into()),
            },
        }
    }

    /// It is not a language model, so it accepts no settings.
    fn ignored(&self, _model: &str, _settings: &Settings) -> Vec<&'static str> {
        Settings::NAMES.into_iter().filter(|name| !Settings::OF_SERVER.contains(name)).collect()
    }

    fn repeats_itself(&self) -> bool {
        true
    }

    fn listed_as<'a>(&self, model: &'a str) -> &'a str {
        if echo::parse(model).is_some() { "echo" } else { model }
    }

    fn find(&self, asked: &str, _lists: &dyn Fn(&str) -> Option<bool>) -> Option<String> {
        // Models of the form `echo-N-I` are too many to list.
        (NAMES.contains(&asked) || echo::parse(asked).is_some()).then(|| asked.to_owned())
    }
}
