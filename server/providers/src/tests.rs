//! Providers against upstreams that do everything wrong.
#![allow(clippy::unwrap_used)]

mod anthropic;
mod builtin;
mod discover;
mod openai;
mod registry;

use futures::StreamExt;
use holdfast_core::Secret;
use holdfast_protocol::{Author, message::Usage, providers::Kind};

use super::{Providers, ServiceSettings};
use holdfast_core::access::Requester;
use holdfast_core::model::{Piece, Prompt, Provider, ProviderError, Turn};

/// A service with this key and address.
fn service(kind: Kind, key: Option<&str>, url: Option<String>) -> Vec<(Kind, ServiceSettings)> {
    vec![(kind, ServiceSettings { key: key.and_then(Secret::new), url, ..ServiceSettings::default() })]
}

/// What came of an answer.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    text: String,
    usage: Option<Usage>,
    fault: Option<ProviderError>,
}

fn prompt(model: &str, text: &str) -> Prompt {
    Prompt {
        model: model.into(),
        turns: vec![Turn { role: Author::User, content: text.into() }],
        system: None,
        settings: Default::default(),
        tokens: 10,
        materials: Default::default(),
    }
}

/// Asks and reads to the end.
async fn ask(provider: &dyn Provider, prompt: Prompt) -> Outcome {
    let mut outcome = Outcome::default();
    let mut answer = match provider.answer(prompt).await {
        Ok(answer) => answer,
        Err(fault) => return Outcome { fault: Some(fault), ..outcome },
    };
    while let Some(piece) = answer.next().await {
        assert!(outcome.fault.is_none(), "a piece after the error");
        match piece {
            Ok(Piece::Text(text)) => {
                assert!(!text.is_empty());
                outcome.text.push_str(&text);
            }
            Ok(Piece::Usage(usage)) => assert_eq!(outcome.usage.replace(usage), None),
            Ok(Piece::Sources(_) | Piece::Reasoning(_) | Piece::Waiting(_)) => {}
            Err(fault) => outcome.fault = Some(fault),
        }
    }
    outcome
}

/// The provider of that name, whether or not it lists models.
async fn provider(providers: &Providers, name: &str) -> std::sync::Arc<dyn Provider> {
    providers.choose(&Requester::default(), Some(name), Some("m")).await.unwrap().0
}
