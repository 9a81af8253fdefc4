use std::collections::HashMap;

use holdfast_protocol::{
    ApiError, ConversationId, MessageId, Status, UserId,
    rules::{answer, steps},
    step::StepState,
};
use sqlx::{Row as _, SqliteConnection};
use uuid::Uuid;

use super::{
    SqliteError, Store,
    conversations::{SUMMARY, summary},
    ledger,
    messages::{Details, next_rev, read_steps, steps_json},
    to_i64, to_u64,
};
use holdfast_core::{
    answers::{Checkpoint, Ended, Ending, Gain, StepGain},
    clock::Millis,
};

impl Store {
    /// Saves new text and steps of running answers, and the end of others, in one transaction. Returns the conversation of each ended answer, and
    /// the journal's newest row.
    ///
    /// Rows of the journal before `keep_from` are deleted, because no running answer needs them.
    pub async fn save_answers(
        &self,
        gains: &[Gain],
        steps: &[StepGain],
        revocations: &[Ending],
        keep_from: Option<i64>,
        now: Millis,
    ) -> Result<(Vec<Ended>, i64), SqliteError> {
        let mut tx = self.write().await?;
        let mut row = 0;
        if !gains.is_empty() || !steps.is_empty() {
            let failed = |error: serde_json::Error| SqliteError::Corrupt(error.to_string());
            let gains = serde_json::to_string(gains).map_err(failed)?;
            let steps = if steps.is_empty() { None } else { Some(serde_json::to_string(steps).map_err(failed)?) };
            let sql = "INSERT INTO journal (gains, steps) VALUES (?, ?)";
            row = sqlx::query(sql).bind(gains).bind(steps).execute(&mut *tx).await?.last_insert_rowid();
        }
        let mut ended = Vec::with_capacity(revocations.len());
        for ending in revocations {
            ended.push(end(&mut tx, ending, now).await?);
        }
        if let Some(keep_from) = keep_from {
            sqlx::query("DELETE FROM journal WHERE seq < ?").bind(keep_from).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok((ended, row))
    }

    /// Called at the start: answers that were being written when the server stopped become `interrupted`, with every byte that was saved,
    /// and so do their running steps. Returns their number.
    pub async fn recover_answers(&self, fault: &ApiError, now: Millis) -> Result<usize, SqliteError> {
        let mut tx = self.write().await?;
        let unfinished =
            sqlx::query("SELECT id, owner_id, conversation_id, content, details, steps FROM messages WHERE status = 'streaming'")
                .fetch_all(&mut *tx)
                .await?;
        let mut revocations = HashMap::new();
        for row in &unfinished {
            let details: Option<&str> = row.try_get("details")?;
            let details: Details = details.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            let answer = MessageId(row.try_get("id")?);
            let ending = Ending {
                spent: None,
                answer,
                user: UserId(row.try_get("owner_id")?),
                conversation: ConversationId(row.try_get("conversation_id")?),
                content: row.try_get("content")?,
                steps: read_steps(row)?,
                status: Status::Interrupted,
                error: Some(fault.clone()),
                usage: details.usage,
                sources: Vec::new(),
                left_out: details.left_out,
                ignored: details.ignored,
            };
            revocations.insert(answer, ending);
        }
        let journal: Vec<(String, Option<String>)> =
            sqlx::query_as("SELECT gains, steps FROM journal ORDER BY seq").fetch_all(&mut *tx).await?;
        for (gains, step_gains) in journal {
            let corrupt = |error: serde_json::Error| SqliteError::Corrupt(format!("the journal: {error}"));
            let gains: Vec<Gain> = serde_json::from_str(&gains).map_err(corrupt)?;
            let step_gains: Vec<StepGain> =
                step_gains.map(|text| serde_json::from_str(&text)).transpose().map_err(corrupt)?.unwrap_or_default();
            for Gain(answer, at, text) in gains {
                if let Some(ending) = revocations.get_mut(&answer) {
                    answer::apply(&mut ending.content, at, &text);
                }
            }
            for StepGain(answer, step) in step_gains {
                if let Some(ending) = revocations.get_mut(&answer) {
                    steps::apply(&mut ending.steps, step);
                }
            }
        }
        // Nobody knows when these steps would have ended.
        for step in revocations.values_mut().flat_map(|ending| &mut ending.steps).filter(|step| step.state.is_unfinished()) {
            step.state = StepState::Interrupted;
        }
        for reservation in ledger::take_reservations(&mut tx).await? {
            match revocations.get_mut(&reservation.answer).filter(|ending| ending.user == reservation.user) {
                Some(ending) => {
                    let spent = reservation.settled(&ending.content, &ending.steps);
                    ending.usage.get_or_insert_default().add(&spent.usage);
                    ending.spent = Some(spent);
                }
                None => ledger::record(&mut tx, reservation.user, &reservation.whole()).await?,
            }
        }
        for ending in revocations.values() {
            end(&mut tx, ending, now).await?;
        }
        sqlx::query("DELETE FROM journal").execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(revocations.len())
    }

    /// Sets what an unfinished answer is waiting for (`None`: nothing), how many messages at the beginning of the conversation were not
    /// sent to the model, and the names of the settings that it does not accept. Returns the revision, or `None` if the answer has ended.
    pub async fn tell_unfinished(
        &self,
        user: UserId,
        answer: MessageId,
        waits_for: Option<ApiError>,
        left_out: u32,
        ignored: Vec<String>,
        now: Millis,
    ) -> Result<Option<u64>, SqliteError> {
        let mut tx = self.write().await?;
        let conversation: Option<Uuid> =
            sqlx::query_scalar("SELECT conversation_id FROM messages WHERE owner_id = ? AND id = ? AND status = 'streaming'")
                .bind(user.0)
                .bind(answer.0)
                .fetch_optional(&mut *tx)
                .await?;
        let Some(conversation) = conversation else {
            tx.rollback().await?;
            return Ok(None);
        };
        let rev = next_rev(&mut tx, ConversationId(conversation), now).await?;
        let details = Details { error: waits_for, left_out, ignored, ..Details::default() };
        let details = serde_json::to_string(&details).map_err(|error| SqliteError::Corrupt(error.to_string()))?;
        // What an answer used before it was continued is kept.
        let keep = "CASE WHEN details -> '$.usage' IS NULL THEN ? ELSE json_set(?, '$.usage', details -> '$.usage') END";
        sqlx::query(sqlx::AssertSqlSafe(format!("UPDATE messages SET details = {keep}, rev = ? WHERE owner_id = ? AND id = ?")))
            .bind(details.clone())
            .bind(details)
            .bind(to_i64(rev))
            .bind(user.0)
            .bind(answer.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Some(rev))
    }

    /// Moves the text and the steps of running answers into their messages, so that the journal's rows can be deleted.
    pub async fn checkpoint_answers(&self, answers: &[Checkpoint]) -> Result<(), SqliteError> {
        let mut tx = self.write().await?;
        for Checkpoint { user, answer, content, steps } in answers {
            sqlx::query("UPDATE messages SET content = ?, steps = ? WHERE owner_id = ? AND id = ? AND status = 'streaming'")
                .bind(content)
                .bind(steps_json(steps)?)
                .bind(user.0)
                .bind(answer.0)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// One script, because each statement is a round trip to SQLite's thread.
const END: &str = "
    UPDATE conversations SET rev = max(rev + 1, $2) WHERE id = $1;
    INSERT INTO revisions (conversation_id, rev) SELECT id, rev FROM conversations WHERE id = $1;
    UPDATE messages SET content = $3, status = $4, details = $5, steps = $8, rev = coalesce((SELECT rev FROM conversations WHERE id = $1), 0)
        WHERE owner_id = $6 AND id = $7;
    DELETE FROM reservations WHERE user_id = $6 AND answer_id = $7;";

async fn end(connection: &mut SqliteConnection, ending: &Ending, now: Millis) -> Result<Ended, SqliteError> {
    let (error, sources) = (ending.error.clone(), ending.sources.clone());
    let details =
        Details { error, usage: ending.usage, sources, left_out: ending.left_out, ignored: ending.ignored.clone(), ..Details::default() };
    let details = serde_json::to_string(&details).map_err(|error| SqliteError::Corrupt(error.to_string()))?;
    if let Some(spent) = &ending.spent {
        ledger::record(&mut *connection, ending.user, spent).await?;
    }
    let sql = format!("{END}SELECT rev, {SUMMARY} FROM conversations WHERE id = $1 AND removed_at IS NULL");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(ending.conversation.0)
        .bind(to_i64(now))
        .bind(&ending.content)
        .bind(ending.status.as_str())
        .bind(details)
        .bind(ending.user.0)
        .bind::<Uuid>(ending.answer.0)
        .bind(steps_json(&ending.steps)?)
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(Ended { rev: 0, summary: None }) };
    Ok(Ended { rev: to_u64(row.try_get("rev")?), summary: Some(summary(&row)?) })
}
