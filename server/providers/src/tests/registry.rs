//! Which provider answers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use holdfast_protocol::{Code, Reason};

use super::*;
use crate::ProviderSettings;
use holdfast_core::model::{Answer, ModelEntry};

/// A provider that lists these models after a while, or fails where there are none to name.
struct Fake {
    name: &'static str,
    models: Option<&'static [&'static str]>,
    delay: Duration,
    asked: AtomicUsize,
    is_down: AtomicBool,
}

fn fake(name: &'static str, models: Option<&'static [&'static str]>, delay_ms: u64) -> Arc<Fake> {
    Arc::new(Fake { name, models, delay: Duration::from_millis(delay_ms), asked: AtomicUsize::new(0), is_down: AtomicBool::new(false) })
}

#[async_trait]
impl Provider for Fake {
    fn name(&self) -> &str {
        self.name
    }

    async fn models(&self) -> Result<Option<Vec<ModelEntry>>, ProviderError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(self.delay).await;
        let models = self.models.filter(|_| !self.is_down.load(Ordering::SeqCst));
        let models = models.ok_or_else(|| ProviderError::from(Reason::ProviderFailed))?;
        Ok(Some(models.iter().map(|model| ModelEntry::chat(*model)).collect()))
    }

    async fn answer(&self, _: Prompt) -> Result<Answer, ProviderError> {
        Err(ProviderError::from(Reason::ProviderFailed))
    }
}

fn providers(fakes: &[&Arc<Fake>], default: Option<&str>) -> Providers {
    let settings = ProviderSettings { default_model: default.map(str::to_owned), ..ProviderSettings::default() };
    Providers::with(fakes.iter().map(|fake| (*fake).clone() as Arc<dyn Provider>).collect(), &settings)
}

async fn chosen(providers: &Providers, provider: Option<&str>, model: Option<&str>) -> Result<String, (Code, String)> {
    match providers.choose(&Requester::default(), provider, model).await {
        Ok((provider, model)) => Ok(format!("{}/{model}", provider.name())),
        Err(refusal) => Err((refusal.code, refusal.error)),
    }
}

/// Lets what runs in the background come to its end. Time does not pass.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

async fn listed(providers: &Providers) -> Vec<String> {
    let mark = |default| if default { "*" } else { "" };
    let models = providers.models(&Requester::default()).await;
    models.iter().map(|model| format!("{}/{}{}", model.provider, model.model, mark(model.default))).collect()
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_slow_list_and_the_last_good_one_is_kept() {
    let (down, slow, good) = (fake("down", None, 0), fake("slow", Some(&["s"]), 30_000), fake("good", Some(&["a", "b"]), 10));
    let providers = providers(&[&down, &slow, &good], None);
    let began = tokio::time::Instant::now();
    assert_eq!(listed(&providers).await, ["good/a*", "good/b", "builtin/quote", "builtin/echo"]);
    assert!(began.elapsed() <= Duration::from_millis(500), "{:?}", began.elapsed());
    // A model that is named waits for no list, its own included.
    for (provider, model) in [("slow", "any"), ("good", "b"), ("builtin", "echo"), ("down", "any")] {
        let began = tokio::time::Instant::now();
        assert_eq!(chosen(&providers, Some(provider), Some(model)).await, Ok(format!("{provider}/{model}")));
        assert_eq!(began.elapsed(), Duration::ZERO, "{provider}");
    }
    let requester = Requester::default();
    let (health, _, _) = tokio::join!(providers.health(), providers.models(&requester), providers.models(&requester));
    assert_eq!(good.asked.load(Ordering::SeqCst), 1, "those who ask at once share a look");
    let health: Vec<_> = health.iter().map(|health| (health.name.as_str(), health.ok, health.code)).collect();
    assert_eq!(
        health,
        [("down", false, Some(Code::ProviderUnavailable)), ("slow", false, None), ("good", true, None), ("builtin", true, None)]
    );
    // When it comes, it is there; and while it is renewed, the last one is.
    tokio::time::sleep(Duration::from_secs(31)).await;
    assert_eq!(listed(&providers).await, ["slow/s*", "good/a", "good/b", "builtin/quote", "builtin/echo"]);
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let began = tokio::time::Instant::now();
        assert_eq!(listed(&providers).await, ["slow/s*", "good/a", "good/b", "builtin/quote", "builtin/echo"]);
        assert!(began.elapsed() <= Duration::from_millis(10), "{:?}", began.elapsed());
    }
    let asked = slow.asked.load(Ordering::SeqCst);
    assert!((2..=3).contains(&asked), "a slow list is asked for less often: {asked}");
}

#[tokio::test(start_paused = true)]
async fn what_a_look_loses_is_still_listed_and_told() {
    let good = fake("good", Some(&["a"]), 0);
    let providers = providers(&[&good], None);
    assert_eq!(listed(&providers).await, ["good/a*", "builtin/quote", "builtin/echo"]);
    good.is_down.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(listed(&providers).await, ["good/a*", "builtin/quote", "builtin/echo"]);
    settle().await;
    let all = providers.all().await;
    assert_eq!((all[0].models.len(), all[0].fault.as_ref().map(|fault| fault.is(Reason::ProviderFailed))), (1, Some(true)));
    assert!(all[0].age.unwrap() >= Duration::from_secs(60));
    good.is_down.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(providers.all().await[0].fault, None);
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
    assert_eq!(chosen(&providers, Some("down"), None).await, Err((Code::ProviderUnavailable, Reason::ProviderFailed.error().error)));
    // A provider may know more than it lists: it says so itself if it does not.
    assert_eq!(chosen(&providers, Some("good"), Some("b:online")).await, Ok("good/b:online".into()));
    assert_eq!(chosen(&providers, None, Some("good/c/d")).await, Ok("good/c/d".into()));
    // Only one of the two can have what is not listed.
    assert_eq!(chosen(&providers, None, Some("c")).await, Ok("down/c".into()));
    let refused = |text: &str| Err((Code::ModelNotFound, text.to_owned()));
    assert_eq!(
        chosen(&providers, Some("builtin"), Some("c")).await,
        refused("The provider `builtin` has no model `c`. There is: quote, echo.")
    );
    assert_eq!(chosen(&providers, Some("x"), None).await, refused("There is no provider `x`. Choose one of: down, good, builtin."));
    let (code, error) = chosen(&providers, Some("openai"), None).await.unwrap_err();
    assert!(code == Code::ProviderUnavailable && !error.contains("OPENAI_API_KEY"), "{error}");
    let admin = Requester { role: Some(holdfast_protocol::api::Role::Admin), ..Requester::default() };
    let error = providers.choose(&admin, Some("openai"), None).await.map(|_| ()).unwrap_err().error;
    assert!(error.contains("OPENAI_API_KEY"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_several_may_have_is_asked_back() {
    let (one, two) = (fake("one", Some(&["a"]), 0), fake("two", Some(&["b"]), 0));
    let providers = providers(&[&one, &two], None);
    let (code, error) = chosen(&providers, None, Some("c")).await.unwrap_err();
    assert!(code == Code::ModelNotFound && error.contains("`one/c`, `two/c`"), "{error}");
    assert_eq!(chosen(&providers, None, Some("two/c")).await, Ok("two/c".into()));
    let (code, error) = chosen(&providers, None, Some("openai/gpt-5")).await.unwrap_err();
    assert!(code == Code::ProviderUnavailable && error.contains("OpenAI is not set up here"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_default_answers_or_is_refused_and_nothing_takes_its_place() {
    let good = fake("good", Some(&["a", "b", "x/y"]), 0);
    assert_eq!(chosen(&providers(&[&good], Some("b")), None, None).await, Ok("good/b".into()));
    assert_eq!(chosen(&providers(&[&good], Some("builtin/echo")), None, None).await, Ok("builtin/echo".into()));
    assert_eq!(chosen(&providers(&[&good], Some("good/x/y")), None, None).await, Ok("good/x/y".into()));
    // Not listed: the provider is asked all the same.
    let unlisted = providers(&[&good], Some("good/new"));
    assert_eq!(chosen(&unlisted, None, None).await, Ok("good/new".into()));
    assert!(listed(&unlisted).await.contains(&"good/new*".to_owned()));
    let (slow, down) = (fake("slow", Some(&["s"]), 30_000), fake("down", None, 0));
    assert_eq!(chosen(&providers(&[&good, &slow], Some("slow/s")), None, None).await, Ok("slow/s".into()));
    assert_eq!(chosen(&providers(&[&good, &down], Some("down/d")), None, None).await, Ok("down/d".into()));
    // Without its provider it is refused.
    for (default, said) in [("openai/gpt-5", "OpenAI is not set up here"), ("builtin/nothing", "has no model `nothing`")] {
        let providers = providers(&[], Some(default));
        let (_, error) = chosen(&providers, None, None).await.unwrap_err();
        assert!(error.contains(&format!("The default model `{default}` can't be used")) && error.contains(said), "{error}");
        assert!(listed(&providers).await.iter().all(|model| !model.ends_with('*')));
    }
}

#[test]
fn settings_that_cannot_work_name_their_variable() {
    for (settings, name) in [
        (
            ProviderSettings { services: service(Kind::Openai, None, Some("localhost".into())), ..ProviderSettings::default() },
            "OPENAI_BASE_URL",
        ),
        (ProviderSettings { services: service(Kind::Ollama, None, Some("http://".into())), ..ProviderSettings::default() }, "OLLAMA_HOST"),
        (
            ProviderSettings { services: service(Kind::Anthropic, Some("sk-a\nb"), None), ..ProviderSettings::default() },
            "ANTHROPIC_API_KEY",
        ),
    ] {
        let error = Providers::new(&settings).err().unwrap().0;
        assert!(error.contains(name) && !error.contains("sk-a"), "{error}");
    }
}
