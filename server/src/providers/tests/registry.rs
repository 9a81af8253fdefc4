//! Which provider answers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use holdfast_protocol::Code;

use super::*;
use crate::providers::{Answer, ProviderSettings, Secret};

/// A provider that lists these models after a while, or fails where there are none to name.
struct Fake {
    name: &'static str,
    models: Option<&'static [&'static str]>,
    delay: Duration,
    asked: AtomicUsize,
}

fn fake(name: &'static str, models: Option<&'static [&'static str]>, delay_ms: u64) -> Arc<Fake> {
    Arc::new(Fake { name, models, delay: Duration::from_millis(delay_ms), asked: AtomicUsize::new(0) })
}

#[async_trait]
impl Provider for Fake {
    fn name(&self) -> &str {
        self.name
    }

    async fn models(&self) -> Result<Vec<String>, ProviderError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(self.delay).await;
        let models = self.models.ok_or_else(|| ProviderError::unavailable("down"))?;
        Ok(models.iter().map(|model| (*model).to_owned()).collect())
    }

    async fn answer(&self, _: Prompt) -> Result<Answer, ProviderError> {
        Err(ProviderError::unavailable("down"))
    }
}

fn providers(fakes: &[&Arc<Fake>], default: Option<&str>) -> Providers {
    let settings = ProviderSettings { default_model: default.map(str::to_owned), ..ProviderSettings::default() };
    Providers::with(fakes.iter().map(|fake| (*fake).clone() as Arc<dyn Provider>).collect(), &settings)
}

async fn chosen(providers: &Providers, provider: Option<&str>, model: Option<&str>) -> Result<String, (Code, String)> {
    match providers.choose(&Asker::default(), provider, model).await {
        Ok((provider, model)) => Ok(format!("{}/{model}", provider.name())),
        Err(refusal) => Err((refusal.code, refusal.error)),
    }
}

#[tokio::test(start_paused = true)]
async fn those_that_answer_are_listed_and_one_is_the_default() {
    let (down, slow, good) = (fake("down", None, 0), fake("slow", Some(&["s"]), 60_000), fake("good", Some(&["a", "b"]), 10));
    let providers = providers(&[&down, &slow, &good], None);
    let began = tokio::time::Instant::now();
    let asker = Asker::default();
    let models = providers.models(&asker).await;
    assert!(began.elapsed() <= Duration::from_millis(2100));
    let names: Vec<_> = models.iter().map(|model| (model.provider.as_str(), model.model.as_str(), model.default)).collect();
    assert_eq!(names, [("good", "a", true), ("good", "b", false), ("builtin", "quote", false), ("builtin", "echo", false)]);
    // Within its time the list is not asked for again.
    let began = tokio::time::Instant::now();
    let (health, _, _) = tokio::join!(providers.health(), providers.models(&asker), providers.models(&asker));
    assert_eq!((began.elapsed(), good.asked.load(Ordering::SeqCst)), (Duration::ZERO, 1));
    let health: Vec<_> = health.iter().map(|health| (health.name.as_str(), health.ok, health.ms, health.code)).collect();
    let unavailable = Some(Code::ProviderUnavailable);
    assert_eq!(
        health,
        [("down", false, 0, unavailable), ("slow", false, 2000, unavailable), ("good", true, 10, None), ("builtin", true, 0, None)]
    );
    tokio::time::advance(Duration::from_secs(11)).await;
    let _ = tokio::join!(providers.models(&asker), providers.models(&asker));
    assert_eq!(good.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_choice_is_kept_or_refused_with_what_there_is() {
    let (down, good) = (fake("down", None, 0), fake("good", Some(&["a", "b"]), 0));
    let providers = providers(&[&down, &good], None);
    assert_eq!(chosen(&providers, None, None).await, Ok("good/a".into()));
    assert_eq!(chosen(&providers, Some(""), Some(" ")).await, Ok("good/a".into()));
    assert_eq!(chosen(&providers, None, Some("b")).await, Ok("good/b".into()));
    assert_eq!(chosen(&providers, Some("builtin"), None).await, Ok("builtin/quote".into()));
    assert_eq!(chosen(&providers, None, Some("echo-2000-5")).await, Ok("builtin/echo-2000-5".into()));
    assert_eq!(chosen(&providers, Some("builtin"), Some("echo-1-0")).await, Ok("builtin/echo-1-0".into()));
    assert_eq!(chosen(&providers, Some("down"), Some("any")).await, Ok("down/any".into()));
    assert_eq!(chosen(&providers, Some("down"), None).await, Err((Code::ProviderUnavailable, "down".into())));
    let refused = |text: &str| Err((Code::ModelNotFound, text.to_owned()));
    assert_eq!(chosen(&providers, Some("good"), Some("c")).await, refused("The provider `good` has no model `c`. There is: a, b."));
    assert_eq!(chosen(&providers, None, Some("c")).await, refused("No provider has a model `c`. There is: a, b, quote, echo."));
    assert_eq!(chosen(&providers, Some("x"), None).await, refused("There is no provider `x`. Choose one of: down, good, builtin."));
    let (code, error) = chosen(&providers, Some("openai"), None).await.unwrap_err();
    assert!(code == Code::ProviderUnavailable && !error.contains("OPENAI_API_KEY"), "{error}");
    let admin = Asker { rank: Some(holdfast_protocol::api::Rank::Admin), ..Asker::default() };
    let error = providers.choose(&admin, Some("openai"), None).await.map(|_| ()).unwrap_err().error;
    assert!(error.contains("OPENAI_API_KEY"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_default_can_be_set_and_counts_while_it_is_there() {
    let good = fake("good", Some(&["a", "b", "x/y"]), 0);
    assert_eq!(chosen(&providers(&[&good], Some("b")), None, None).await, Ok("good/b".into()));
    assert_eq!(chosen(&providers(&[&good], Some("builtin/echo")), None, None).await, Ok("builtin/echo".into()));
    assert_eq!(chosen(&providers(&[&good], Some("good/x/y")), None, None).await, Ok("good/x/y".into()));
    assert_eq!(chosen(&providers(&[&good], Some("gone")), None, None).await, Ok("good/a".into()));
}

#[test]
fn settings_that_cannot_work_name_their_variable() {
    for (settings, name) in [
        (ProviderSettings { openai_base_url: Some("localhost".into()), ..ProviderSettings::default() }, "OPENAI_BASE_URL"),
        (ProviderSettings { ollama_host: Some("http://".into()), ..ProviderSettings::default() }, "OLLAMA_HOST"),
        (ProviderSettings { anthropic_api_key: Secret::new("sk-a\nb"), ..ProviderSettings::default() }, "ANTHROPIC_API_KEY"),
    ] {
        let error = Providers::new(&settings).err().unwrap().0;
        assert!(error.contains(name) && !error.contains("sk-a"), "{error}");
    }
}
