//! Parts of budgets that are reserved for running answers.

use holdfast_protocol::{
    MessageId, Step, UserId,
    message::Usage,
    usage::{Budget, BudgetUse, Currency, ModelPrice},
};

use super::{Month, TokenCount};

/// What is reserved for a running answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Its user.
    pub user: UserId,
    /// The answer.
    pub answer: MessageId,
    /// The month in which it counts.
    pub month: Month,
    /// Name of the provider.
    pub provider: String,
    /// Name of the model.
    pub model: String,
    /// The price of the model when it was asked; `None` if it has none.
    pub price: Option<ModelPrice>,
    /// Reserved tokens of the prompt.
    pub input_tokens: u32,
    /// Reserved tokens of the answer.
    pub output_tokens: u32,
    /// Bytes of the answer and its steps that were there before.
    pub begun_with: u64,
}

/// What an answer used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The month in which it counts.
    pub month: Month,
    /// Name of the provider.
    pub provider: String,
    /// Name of the model.
    pub model: String,
    /// Its tokens and its cost.
    pub usage: Usage,
}

/// How much of a budget is left. `None` is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Money, billionths.
    pub nanos: Option<u64>,
    /// Tokens.
    pub tokens: Option<u64>,
}

/// What a user has used of a budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// The budget that applies.
    pub budget: Budget,
    /// Money in the currency of the server, with what is reserved, billionths.
    pub nanos: u64,
    /// Tokens, with those that are reserved.
    pub tokens: u64,
}

/// The answer of the store to a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// The user has no budget, so everything is granted.
    Unlimited,
    /// Reserved, with as many tokens for the answer as fit.
    Granted(Reservation),
    /// Not even one token of an answer fits.
    Refused(Used),
}

impl Reservation {
    /// Returns the tokens that are reserved.
    pub fn tokens(&self) -> u64 {
        u64::from(self.input_tokens) + u64::from(self.output_tokens)
    }

    /// Returns the money that is reserved, billionths.
    pub fn nanos(&self) -> u64 {
        self.price.map_or(0, |price| price.of(&self.usage()).nanos)
    }

    fn usage(&self) -> Usage {
        Usage { input_tokens: self.input_tokens, output_tokens: self.output_tokens, estimated: true, ..Usage::default() }
    }

    /// Returns the reservation with as many of its tokens for the answer as fit, or `None` if not even one fits.
    #[must_use]
    pub fn within(mut self, room: Room) -> Option<Self> {
        let mut most = u64::from(self.output_tokens);
        if let Some(tokens) = room.tokens {
            most = most.min(tokens.checked_sub(self.input_tokens.into())?);
        }
        if let (Some(nanos), Some(price)) = (room.nanos, self.price) {
            let input = u128::from(self.input_tokens) * u128::from(price.tokens.input_nanos);
            let rest = (u128::from(nanos) * 1_000_000).checked_sub(input)?;
            if let Some(tokens) = rest.checked_div(price.tokens.output_nanos.into()) {
                most = most.min(u64::try_from(tokens).unwrap_or(u64::MAX));
            }
        }
        self.output_tokens = u32::try_from(most).unwrap_or(u32::MAX);
        (most > 0).then_some(self)
    }

    /// Returns what an answer used that nobody finishes, by what of it is written.
    pub fn settled(&self, content: &str, steps: &[Step]) -> Spent {
        let mut count = TokenCount::of(content);
        steps.iter().for_each(|step| count.add(&step.content));
        // The text that was there before is not told apart, so its share counts.
        let new = count.bytes().saturating_sub(self.begun_with);
        let tokens = (u64::from(count.tokens()) * new).checked_div(count.bytes()).unwrap_or(0);
        let output_tokens = u32::try_from(tokens).unwrap_or(u32::MAX);
        self.spent(Usage { output_tokens, ..self.usage() })
    }

    /// Returns what an answer used of which nothing is known any more: everything that was reserved.
    pub fn whole(&self) -> Spent {
        self.spent(self.usage())
    }

    /// Returns what an answer used that has these tokens.
    pub fn spent(&self, mut usage: Usage) -> Spent {
        usage.cost = self.price.map(|price| price.of(&usage));
        Spent { month: self.month, provider: self.provider.clone(), model: self.model.clone(), usage }
    }
}

impl Used {
    /// Returns how much is left.
    pub fn room(&self) -> Room {
        Room {
            nanos: self.budget.nanos.map(|most| most.saturating_sub(self.nanos)),
            tokens: self.budget.tokens.map(|most| most.saturating_sub(self.tokens)),
        }
    }

    /// Returns whether nothing is left.
    pub fn is_used_up(&self) -> bool {
        let room = self.room();
        room.nanos == Some(0) || room.tokens == Some(0)
    }

    /// Returns how much of the budget is used, percent. It is 100 only if it is used up.
    pub fn percent(&self) -> u32 {
        let of = |most: Option<u64>, used: u64| match most {
            None => 0,
            Some(0) => 100,
            Some(most) => u32::try_from(u128::from(used.min(most)) * 100 / u128::from(most)).unwrap_or(100),
        };
        of(self.budget.nanos, self.nanos).max(of(self.budget.tokens, self.tokens))
    }

    /// Returns what the user is told, or `None` if there is no budget.
    pub fn told(&self, currency: Option<Currency>, month: Month) -> Option<BudgetUse> {
        (!self.budget.is_unlimited()).then(|| BudgetUse {
            budget: self.budget,
            currency,
            used_nanos: self.nanos,
            used_tokens: self.tokens,
            percent: self.percent(),
            resets_at: month.next().begins(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use holdfast_protocol::usage::TokenPrices;
    use uuid::Uuid;

    use super::*;

    fn reservation() -> Reservation {
        let tokens = TokenPrices { input_nanos: 1_000_000, cached_input_nanos: None, output_nanos: 2_000_000 };
        Reservation {
            user: UserId(Uuid::nil()),
            answer: MessageId(Uuid::nil()),
            month: Month::of(0),
            provider: "p".into(),
            model: "m".into(),
            price: Some(ModelPrice { currency: Currency::parse("USD").unwrap(), tokens }),
            input_tokens: 10,
            output_tokens: 100,
            begun_with: 8,
        }
    }

    #[test]
    fn as_many_tokens_are_granted_as_fit() {
        let granted = |nanos, tokens| reservation().within(Room { nanos, tokens }).map(|granted| granted.output_tokens);
        assert_eq!(granted(None, None), Some(100));
        assert_eq!(granted(Some(210), Some(110)), Some(100));
        assert_eq!(
            (granted(Some(209), None), granted(Some(12), None), granted(Some(11), None), granted(Some(9), None)),
            (Some(99), Some(1), None, None)
        );
        assert_eq!((granted(None, Some(50)), granted(None, Some(10)), granted(None, Some(9))), (Some(40), None, None));
        assert_eq!(reservation().within(Room { nanos: Some(209), tokens: None }).unwrap().nanos(), 208);
        let free = Reservation { price: None, ..reservation() };
        assert_eq!(free.within(Room { nanos: Some(0), tokens: None }).map(|granted| granted.output_tokens), Some(100));
    }

    #[test]
    fn an_answer_that_nobody_finishes_counts_what_is_written() {
        let spent = reservation().settled(&"word ".repeat(8), &[]);
        assert_eq!((spent.usage.input_tokens, spent.usage.output_tokens, spent.usage.estimated), (10, 8, true));
        assert_eq!(spent.usage.cost.unwrap().nanos, 26);
        assert_eq!(reservation().settled("", &[]).usage.output_tokens, 0);
    }

    #[test]
    fn a_budget_is_full_only_when_nothing_is_left() {
        let used = |nanos, tokens| Used { budget: Budget { nanos: Some(1_000), tokens: Some(50) }, nanos, tokens };
        assert_eq!([used(0, 0), used(999, 0), used(0, 40), used(2_000, 1)].map(|used| used.percent()), [0, 99, 80, 100]);
        assert!(!used(999, 49).is_used_up() && used(1_000, 0).is_used_up() && used(0, 50).is_used_up());
        assert!(Used::default().told(None, Month::of(0)).is_none());
    }
}
