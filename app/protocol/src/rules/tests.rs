//! Messages for the tests of the rules.

use uuid::Uuid;

use crate::{
    id::{ConversationId, MessageId},
    message::{Author, Message, Status},
};

/// Makes messages 1, 2, 3, … with these parents; 0 means no parent. The odd ones are the user's.
pub(super) fn tree(parents: &[u128]) -> Vec<Message> {
    let made = parents.iter().zip(1..).map(|(parent, n)| Message {
        id: MessageId(Uuid::from_u128(n)),
        conversation_id: ConversationId(Uuid::from_u128(1)),
        parent_id: (*parent > 0).then(|| MessageId(Uuid::from_u128(*parent))),
        role: if n % 2 == 0 { Author::Assistant } else { Author::User },
        content: String::new(),
        status: Status::Complete,
        provider: None,
        model: None,
        created_at: n as u64,
        rev: 1,
        at: 0,
        error: None,
        usage: None,
        sources: vec![],
        steps: vec![],
        attachments: vec![],
        left_out: 0,
        ignored: Vec::new(),
    });
    made.collect()
}

/// Numbers that look random and are the same in each run (G. Marsaglia, "Xorshift RNGs", 2003).
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    /// Returns a number in `0..end`. `end` must not be 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}
