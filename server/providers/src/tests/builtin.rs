//! The built-in provider through the trait.

use super::*;
use crate::{Builtin, echo_text};

#[tokio::test(start_paused = true)]
async fn echo_says_back_what_it_was_told_byte_for_byte() {
    let builtin = Builtin::default();
    for text in ["hello", "  two  spaces\n\n\ttab\r\n", "é 漢字 👩‍🚀 שלום e\u{301} \0 end", "", " "] {
        assert_eq!(ask(&builtin, prompt("echo", text)).await, Outcome { text: text.into(), ..Outcome::default() });
    }
    let mut asked = prompt("echo", "first");
    asked.turns.push(Turn { role: Author::Assistant, content: "no".into() });
    assert_eq!(ask(&builtin, asked).await.text, "first");
}

#[tokio::test(start_paused = true)]
async fn echo_n_i_says_its_words() {
    let outcome = ask(&Builtin::default(), prompt("echo-50-5", "whatever")).await;
    assert_eq!((outcome.text.as_str(), outcome.fault), (echo_text(50).as_str(), None));
    let fault = ask(&Builtin::default(), prompt("echo-0-5", "x")).await.fault.unwrap();
    assert_eq!(fault.code(), holdfast_protocol::Code::ModelNotFound);
}

#[tokio::test(start_paused = true)]
async fn quote_says_that_it_is_no_language_model() {
    let outcome = ask(&Builtin::default(), prompt("quote", "Tell me about the sea")).await;
    assert!(outcome.text.starts_with("I am not a language model") && outcome.fault.is_none());
}
