//! Tests the connection to a provider: whether it lists its models, and whether one of them answers.

use std::time::Duration;

use futures::StreamExt as _;
use holdfast_protocol::{Author, Reason, api::Role, providers::ConnectionTest, settings::Settings};
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
    let asked = timeout(LONGEST, ask(provider, named, &mut chosen))
        .await
        .unwrap_or_else(|_| Err(Reason::TestTooSlow.with("seconds", LONGEST.as_secs()).into()));
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (message, error) = match asked {
        Ok(message) => (message, None),
        Err(fault) => {
            let api_error = fault.for_role(role);
            (api_error.error.clone(), Some(api_error))
        }
    };
    ConnectionTest { ok: error.is_none(), message, error, model: chosen, ms }
}

async fn ask(provider: &dyn Provider, named: Option<String>, chosen: &mut Option<String>) -> Result<String, ProviderError> {
    let listed = timeout(LONGEST_LIST, provider.models())
        .await
        .unwrap_or_else(|_| Err(Reason::TestListTooSlow.with("seconds", LONGEST_LIST.as_secs()).into()));
    let none = match &listed {
        Ok(None) => Reason::TestWithoutList,
        _ => Reason::TestWithoutModel,
    };
    let first = |models: Vec<ModelEntry>| models.into_iter().find(|model| model.chats).map(|model| model.name);
    let model = match (listed, named) {
        (Ok(models), named) => models.and_then(first).or(named).ok_or(none)?,
        (Err(_), Some(named)) => named,
        (Err(fault), None) => return Err(fault),
    };
    *chosen = Some(model.clone());
    let turns = vec![Turn { role: Author::User, content: QUESTION.to_owned() }];
    let mut pieces = provider
        .answer(Prompt { model, turns, system: None, settings: Settings::default(), tokens: 10, materials: Default::default() })
        .await?;
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
    if message.trim().is_empty() { Err(Reason::TestWithoutText.into()) } else { Ok(message) }
}
