//! Estimates the number of tokens of a text.

/// Counts the tokens of a text that comes in pieces, as far as that is possible without the model's own tokenizer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenCount {
    ascii: u64,
    other: u64,
}

impl TokenCount {
    /// Returns the count of one text.
    pub fn of(text: &str) -> Self {
        let mut count = Self::default();
        count.add(text);
        count
    }

    /// Adds a piece.
    pub fn add(&mut self, piece: &str) {
        let ascii = piece.bytes().filter(u8::is_ascii).count();
        self.ascii += ascii as u64;
        self.other += (piece.len() - ascii) as u64;
    }

    /// Returns whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.bytes() == 0
    }

    /// Returns the length of the text, bytes.
    pub fn bytes(&self) -> u64 {
        self.ascii + self.other
    }

    /// Returns the likely number of tokens.
    pub fn tokens(&self) -> u32 {
        // A token is about four characters of English, or one character of Chinese, which has three bytes.
        clamp(self.ascii.div_ceil(4) + self.other.div_ceil(3))
    }

    /// Returns a number of tokens that few texts exceed, for reservations.
    pub fn most(&self) -> u32 {
        with_reserve(self.tokens())
    }
}

/// Returns a number of tokens that the estimate `tokens` is unlikely to be wrong by: German and code have a third more.
pub(super) fn with_reserve(tokens: u32) -> u32 {
    clamp((u64::from(tokens) * 4).div_ceil(3))
}

fn clamp(tokens: u64) -> u32 {
    u32::try_from(tokens).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_count_as_their_whole() {
        let text = "The tide rises twice a day. 潮汐";
        let mut pieces = TokenCount::default();
        for character in text.chars() {
            pieces.add(character.encode_utf8(&mut [0; 4]));
        }
        assert_eq!((pieces, pieces.tokens(), pieces.most()), (TokenCount::of(text), 9, 12));
        assert!(TokenCount::default().is_empty());
    }
}
