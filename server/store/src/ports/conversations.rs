use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use holdfast_core::{
    answers::{Checkpoint, Ended, Ending, Gain, StepGain},
    clock::Millis,
    conversations::{Acceptance, BeforeMessage, Changes, Cursor, NewAnswer, NewConversation, NewMessage, Outline, Span},
    imported::{BoundedConversation, GoOn, ImportOutcome},
    ports::{Answers, Conversations, Messages, Revisions, Search, StoreError},
};
use holdfast_protocol::{
    ApiError, ConversationId, Message, MessageId, ProjectId, Step, UserId,
    api::{ConversationPage, ConversationPatch, ConversationSummary, SearchPage, Shelf},
};

use crate::{Store, searches_at_once};

#[async_trait]
impl Conversations for Store {
    async fn add_conversation(&self, new: &NewConversation, now: Millis) -> Result<bool, StoreError> {
        Ok(Self::add_conversation(self, new, now).await?)
    }

    async fn conversation(&self, user: UserId, id: ConversationId) -> Result<Option<(ConversationSummary, u64)>, StoreError> {
        Ok(Self::conversation(self, user, id).await?)
    }

    async fn conversations(
        &self,
        user: UserId,
        shelf: Shelf,
        project: Option<ProjectId>,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<ConversationPage, StoreError> {
        Ok(Self::conversations(self, user, shelf, project, after, limit).await?)
    }

    async fn conversation_ids(&self, user: UserId) -> Result<Vec<ConversationId>, StoreError> {
        Ok(Self::conversation_ids(self, user).await?)
    }

    async fn change_conversation(&self, user: UserId, id: ConversationId, change: &ConversationPatch) -> Result<bool, StoreError> {
        Ok(Self::change_conversation(self, user, id, change).await?)
    }

    async fn remove_conversation(&self, user: UserId, id: ConversationId, now: Millis) -> Result<bool, StoreError> {
        Ok(Self::remove_conversation(self, user, id, now).await?)
    }

    async fn restore_conversation(&self, user: UserId, id: ConversationId) -> Result<Option<u64>, StoreError> {
        Ok(Self::restore_conversation(self, user, id).await?)
    }

    async fn import(
        &self,
        user: UserId,
        conversation: BoundedConversation,
        now: Millis,
        go_on: &mut GoOn<'_>,
    ) -> Result<(ConversationId, u64, ImportOutcome), StoreError> {
        Ok(Self::import(self, user, conversation, now, go_on).await?)
    }

    async fn stored_bytes(&self, id: ConversationId) -> Result<u64, StoreError> {
        Ok(Self::stored_bytes(self, id).await?)
    }

    async fn conversation_bytes(&self, id: ConversationId) -> Result<usize, StoreError> {
        Ok(Self::conversation_bytes(self, id).await?)
    }

    async fn has_room(&self, user: UserId, writing: u64) -> Result<(), StoreError> {
        Ok(Self::has_room(self, user, writing).await?)
    }
}

#[async_trait]
impl Messages for Store {
    async fn before_message(&self, user: UserId, id: MessageId, conversation: ConversationId) -> Result<BeforeMessage, StoreError> {
        Ok(Self::before_message(self, user, id, conversation).await?)
    }

    async fn accept_message(&self, new: &NewMessage, now: Millis) -> Result<Acceptance, StoreError> {
        Ok(Self::accept_message(self, new, now).await?)
    }

    async fn message(&self, user: UserId, id: MessageId) -> Result<Option<Message>, StoreError> {
        Ok(Self::message(self, user, id).await?)
    }

    async fn path_to(&self, user: UserId, id: MessageId) -> Result<Vec<Message>, StoreError> {
        Ok(Self::path_to(self, user, id).await?)
    }

    async fn steps_in(&self, user: UserId, id: ConversationId) -> Result<HashMap<MessageId, Vec<Step>>, StoreError> {
        Ok(Self::steps_in(self, user, id).await?)
    }

    async fn message_count(&self, id: ConversationId) -> Result<usize, StoreError> {
        Ok(Self::message_count(self, id).await?)
    }

    async fn outline(&self, user: UserId, id: ConversationId) -> Result<Option<(u64, Vec<Outline>)>, StoreError> {
        Ok(Self::outline(self, user, id).await?)
    }

    async fn outlined(&self, user: UserId, outline: &[Outline]) -> Result<Vec<Message>, StoreError> {
        Ok(Self::outlined(self, user, outline).await?)
    }
}

#[async_trait]
impl Answers for Store {
    async fn accept_answer(&self, new: &NewAnswer, now: Millis) -> Result<Acceptance, StoreError> {
        Ok(Self::accept_answer(self, new, now).await?)
    }

    async fn reopen_answer(&self, user: UserId, id: MessageId, now: Millis) -> Result<Option<(Message, u64)>, StoreError> {
        Ok(Self::reopen_answer(self, user, id, now).await?)
    }

    async fn save_answers(
        &self,
        gains: &[Gain],
        steps: &[StepGain],
        endings: &[Ending],
        keep_from: Option<i64>,
        now: Millis,
    ) -> Result<(Vec<Ended>, i64), StoreError> {
        Ok(Self::save_answers(self, gains, steps, endings, keep_from, now).await?)
    }

    async fn checkpoint_answers(&self, answers: &[Checkpoint]) -> Result<(), StoreError> {
        Ok(Self::checkpoint_answers(self, answers).await?)
    }

    async fn tell_unfinished(
        &self,
        user: UserId,
        answer: MessageId,
        waits_for: Option<ApiError>,
        left_out: u32,
        ignored: Vec<String>,
        now: Millis,
    ) -> Result<Option<u64>, StoreError> {
        Ok(Self::tell_unfinished(self, user, answer, waits_for, left_out, ignored, now).await?)
    }

    async fn recover_answers(&self, reason: &ApiError, now: Millis) -> Result<usize, StoreError> {
        Ok(Self::recover_answers(self, reason, now).await?)
    }
}

#[async_trait]
impl Revisions for Store {
    async fn few_changes(
        &self,
        user: UserId,
        id: ConversationId,
        cursor: Option<u64>,
        unfinished: bool,
        most: usize,
    ) -> Result<Option<Option<Changes>>, StoreError> {
        Ok(Self::few_changes(self, user, id, cursor, unfinished, most).await?)
    }

    async fn next_span(&self, user: UserId, id: ConversationId, cursor: Option<u64>) -> Result<Option<Span>, StoreError> {
        Ok(Self::next_span(self, user, id, cursor).await?)
    }

    async fn changes(&self, user: UserId, id: ConversationId, span: Span, unfinished: bool) -> Result<Option<Changes>, StoreError> {
        Ok(Self::changes(self, user, id, span, unfinished).await?)
    }
}

#[async_trait]
impl Search for Store {
    async fn search(
        &self,
        user: UserId,
        query: &str,
        after: Option<Cursor>,
        limit: u32,
        within: Duration,
    ) -> Result<SearchPage, StoreError> {
        Ok(Self::search(self, user, query, after, limit, within).await?)
    }

    fn searches_at_once(&self) -> u32 {
        searches_at_once()
    }
}
