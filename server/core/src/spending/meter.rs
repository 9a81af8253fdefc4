//! Counts what one answer uses while it is written, and reserves it beforehand.

use std::sync::Arc;

use holdfast_protocol::{ApiError, message::Usage};

use super::{Month, Reservation, Spending, Spent, TokenCount, count::with_reserve, service::used_up};
use crate::{answers::LiveAnswer, clock, model::Provider};

/// Number of tokens of an answer that are reserved at first. Each time they are used up, as many again are, up to [`MOST_AHEAD`].
const FIRST_AHEAD: u32 = 128;
/// Maximum number of tokens that are reserved ahead.
const MOST_AHEAD: u32 = 4_096;

/// What an answer uses.
pub(crate) struct Meter {
    spending: Arc<Spending>,
    /// What the answer wants or has. Its tokens are those of the current request.
    reservation: Reservation,
    /// Whether somebody else than the server's owner pays, or nobody.
    is_free: bool,
    /// Whether the provider has a tokenizer, so that tokens can be estimated.
    has_tokens: bool,
    /// Whether the user has a budget.
    is_limited: bool,
    /// What was written in this run.
    written: TokenCount,
    /// Likely number of tokens of the prompt, if one was sent.
    prompt: Option<u32>,
    counted: Option<Usage>,
}

impl Meter {
    /// Creates the meter of an answer.
    pub(crate) fn new(spending: Arc<Spending>, answer: &LiveAnswer, provider: &dyn Provider, model: &str) -> Self {
        let now = clock::now();
        let is_free = provider.is_own_key() || provider.repeats_itself();
        let reservation = Reservation {
            user: answer.user,
            answer: answer.id,
            month: Month::of(now),
            provider: provider.name().to_owned(),
            model: model.to_owned(),
            price: spending.price(provider.name(), model, now).filter(|_| !is_free),
            input_tokens: 0,
            output_tokens: 0,
            begun_with: answer.written() as u64,
        };
        let (written, has_tokens) = (TokenCount::default(), !provider.repeats_itself());
        Self { spending, reservation, is_free, has_tokens, is_limited: true, written, prompt: None, counted: None }
    }

    /// Reserves a prompt of this estimated length and the first tokens of the answer. Call it before each request.
    ///
    /// # Errors
    /// The user's budget has no room for it.
    pub(crate) async fn ask(&mut self, prompt: u32) -> Result<(), ApiError> {
        self.prompt = Some(prompt);
        if self.is_free {
            return Ok(());
        }
        self.reservation.input_tokens = with_reserve(prompt);
        let wanted = Reservation { output_tokens: self.written.most().saturating_add(FIRST_AHEAD), ..self.reservation.clone() };
        self.reserve(wanted).await
    }

    /// Counts a piece of the answer or its reasoning, and reserves more if it needs that.
    ///
    /// # Errors
    /// The user's budget has no room for all of it. The bytes that it has room for come with the error.
    pub(crate) async fn write(&mut self, piece: &str) -> Result<(), (usize, ApiError)> {
        let before = self.written;
        self.written.add(piece);
        if self.is_free || !self.is_limited || self.written.most() <= self.reservation.output_tokens {
            return Ok(());
        }
        let ahead = self.reservation.output_tokens.clamp(FIRST_AHEAD, MOST_AHEAD);
        let wanted = Reservation { output_tokens: self.written.most().saturating_add(ahead), ..self.reservation.clone() };
        let refused = self.reserve(wanted).await.err();
        if !self.is_limited || self.written.most() <= self.reservation.output_tokens {
            return Ok(());
        }
        // The budget ends within this piece.
        let mut paid = 0;
        self.written = before;
        for character in piece.chars() {
            let mut next = self.written;
            next.add(character.encode_utf8(&mut [0; 4]));
            if next.most() > self.reservation.output_tokens {
                break;
            }
            (self.written, paid) = (next, paid + character.len_utf8());
        }
        Err((paid, refused.unwrap_or_else(|| used_up(self.reservation.month))))
    }

    async fn reserve(&mut self, wanted: Reservation) -> Result<(), ApiError> {
        match self.spending.reserve(&wanted).await? {
            Some(granted) => self.reservation = granted,
            None => self.is_limited = false,
        }
        Ok(())
    }

    /// Records that the provider counted the tokens.
    pub(crate) fn counted(&mut self, usage: Usage) {
        self.counted = Some(usage);
    }

    /// Returns the tokens and the cost of what was written, and what of it counts in the user's month. Returns `None` if nothing is known
    /// to have been used.
    pub(crate) fn finish(&self) -> Option<(Usage, Option<Spent>)> {
        let estimated = || {
            let input_tokens = self.prompt.filter(|_| !self.written.is_empty() && self.has_tokens)?;
            Some(Usage { input_tokens, output_tokens: self.written.tokens(), estimated: true, ..Usage::default() })
        };
        let usage = self.counted.or_else(estimated)?;
        let spent = self.reservation.spent(usage);
        Some((spent.usage, (!self.is_free).then_some(spent)))
    }
}
