//! Tests the connection to a provider: whether it lists its models, and whether one of them answers.

use std::time::Duration;

use futures::StreamExt as _;
use holdfast_protocol::{Author, api::Role, providers::ConnectionTest};
use tokio::time::{Instant, timeout};

use holdfast_core::model::{ModelEntry, Piece, Prompt, Provider, ProviderError, Turn};

const QUESTION: &str = "Say hello in one short sentence.";
/// Maximum duration of the test, for a user who is waiting.
const LONGEST: Duration = Duration::from_secs(60);
/// Maximum duration of listing the models if a model can be named instead.
const LONGEST_LIST: Duration = Duration::from_secs(10);
/// Maximum length of the answer that is shown, characters.
const SHOWN: usize = 300;

/// Asks `provider` a short question for a user with this role: the first listed model that can chat, or else `named`.
pub(super) async fn connection_test(provider: &dyn Provider, named: Option<String>, role: Option<Role>) -> ConnectionTest {
    let began = Instant::now();
    let mut chosen = None;
    let asked = timeout(LONGEST, ask(provider, named, &mut chosen)).await.unwrap_or_else(|_| {
        let s = LONGEST.as_secs();
        Err(ProviderError::unavailable(format!("It did not answer within {s} s. It may be loading a large model: try again.")))
    });
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (ok, message) = match asked {
        Ok(message) => (true, message),
        Err(fault) => (false, fault.message_for(role).to_owned()),
    };
    ConnectionTest { ok, message, model: chosen, ms }
}

async fn ask(provider: &dyn Provider, named: Option<String>, chosen: &mut Option<String>) -> Result<String, ProviderError> {
    let listed = timeout(LONGEST_LIST, provider.models()).await.unwrap_or_else(|_| {
        let s = LONGEST_LIST.as_secs();
        Err(ProviderError::unavailable(format!("It did not list its models within {s} s. Name one under Models here, and try again.")))
    });
    let none = match &listed {
        Ok(None) => "It answers, and lists no models. Name one under Models here, and try again.",
        _ => "It answers, and has no model to answer with. Load one there, or name one here.",
    };
    let first = |models: Vec<ModelEntry>| models.into_iter().find(|model| model.chats).map(|model| model.name);
    let model = match (listed, named) {
        (Ok(models), named) => models.and_then(first).or(named).ok_or_else(|| ProviderError::model_not_found(none))?,
        (Err(_), Some(named)) => named,
        (Err(fault), None) => return Err(fault),
    };
    *chosen = Some(model.clone());
    let turns = vec![Turn { role: Author::User, content: QUESTION.to_owned() }];
    let mut pieces = provider.answer(Prompt { model, turns, system: None, tokens: 10 }).await?;
    let mut message = String::new();
    while let Some(piece) = pieces.next().await {
        if let Piece::Text(text) = piece? {
            message.push_str(&text);
        }
        if message.chars().count() > SHOWN {
            message = message.chars().take(SHOWN).chain(['…']).collect();
            break;
        }
    }
    if message.trim().is_empty() { Err(ProviderError::unavailable("It answered, but without a word.")) } else { Ok(message) }
}
