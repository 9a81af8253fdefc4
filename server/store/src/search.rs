//! Finds conversations by their texts.

use std::{collections::HashMap, time::Duration};

use holdfast_protocol::{
    ConversationId, MessageId, UserId,
    api::{Piece, SearchPage, SearchResult},
    rules::strip_markdown::strip_markdown,
};
use sqlx::{Row as _, sqlite::SqliteRow};
use tracing::warn;

use super::{SqliteError, Store, bounded::BoundedRead, indexing::owner, to_i64, to_u64, walking};
use holdfast_core::{
    clock::Millis,
    conversations::Cursor,
    fulltext::{Query, highlight, snippet},
};

/// The characters around a match. No typed text contains them.
const BEGIN: char = '\u{2}';
const END: char = '\u{3}';

/// The query that finds conversations. `CROSS JOIN` makes SQLite query an index once for all matches. Otherwise it would go through the
/// user's messages and query the index for each.
macro_rules! find {
    ($index:literal) => {
        concat!(
            "WITH hits AS (
                 SELECT messages.conversation_id AS id, max(messages.seq) AS seq, NULL AS title
                 FROM ",
            $index,
            " AS texts CROSS JOIN messages ON messages.seq = texts.rowid
                 WHERE ",
            $index,
            " MATCH ?1 AND texts.rowid > 0 AND messages.owner_id = ?2 AND messages.status <> 'streaming' GROUP BY messages.conversation_id
                 UNION ALL
                 SELECT titles.conversation_id, NULL, titles.seq
                 FROM ",
            $index,
            " AS headings CROSS JOIN titles ON titles.seq = -headings.rowid
                 WHERE ",
            $index,
            " MATCH ?1 AND headings.rowid < 0 AND titles.owner = ?3),
             found AS (SELECT id, max(seq) AS seq, max(title) AS title_seq FROM hits GROUP BY id)
             SELECT conversations.id, conversations.title, conversations.updated_at, found.seq, found.title_seq
             FROM found JOIN conversations ON conversations.id = found.id
             WHERE conversations.user_id = ?2 AND conversations.removed_at IS NULL
                 AND (conversations.updated_at, conversations.id) < (?4, ?5)
             ORDER BY conversations.updated_at DESC, conversations.id DESC LIMIT ?6"
        )
    };
}
const FIND: &str = find!("search_index");
const FIND_PARTS: &str = find!("search_parts");

/// If a query has at least this many matches, the conversations are searched from the newest on ([`super::walking`]), because looking up
/// the owner of each match would take longer.
const OFTEN: i64 = 2_000;
const COUNT: &str = "SELECT count(*) FROM (SELECT 1 FROM search_index WHERE search_index MATCH ?1 LIMIT ?2)";
const COUNT_PARTS: &str = "SELECT count(*) FROM (SELECT 1 FROM search_parts WHERE search_parts MATCH ?1 LIMIT ?2)";

/// A conversation that was found.
pub(super) struct FoundConversation {
    pub id: uuid::Uuid,
    pub title: String,
    pub updated_at: i64,
    /// The newest of its messages that matches.
    pub seq: Option<i64>,
    pub in_title: bool,
}

/// A query, and which index to ask.
pub(super) struct Wanted<'a> {
    /// Whether to ask the index of word parts.
    pub is_part: bool,
    /// The query in the syntax of FTS5.
    pub words: &'a str,
    pub user: UserId,
    pub owner: &'a str,
    pub after: Cursor,
    /// Maximum number of conversations.
    pub most: usize,
}

impl Store {
    /// Returns a user's conversations whose titles or texts contain all terms of `query`, newest first. The last word may be a prefix; if
    /// no word starts with it, it may be a part of one.
    ///
    /// # Errors
    /// [`SqliteError::TooLong`] if it took longer than `within`; otherwise an error of SQLite.
    pub async fn search(
        &self,
        user: UserId,
        query: &str,
        after: Option<Cursor>,
        limit: u32,
        within: Duration,
    ) -> Result<SearchPage, SqliteError> {
        let Some(query) = Query::parse(query) else { return Ok(SearchPage::default()) };
        let building = !self.index_own(user).await.unwrap_or_else(|cause| {
            warn!(%cause, "could not update the search index before a search; results may be missing");
            false
        });
        let owner = owner(user);
        let after = after.unwrap_or(Cursor(Millis::MAX, ConversationId(uuid::Uuid::max())));
        let mut read = self.read_within(within).await?; // one transaction, so that everything is consistent
        let (words, most) = (query.words(&owner), limit as usize + 1);
        let wanted = Wanted { is_part: false, words: &words, user, owner: &owner, after, most };
        let mut found = find(&mut read, &wanted).await?;
        let parts = if found.is_empty() { query.parts(&owner) } else { None };
        if let Some(parts) = &parts {
            found = find(&mut read, &Wanted { is_part: true, words: parts, ..wanted }).await?;
        }
        let more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let texts = texts(&mut read, &found).await?;
        read.end().await?;
        // Texts may be long.
        let results = move || results(&query, parts.is_some(), found, &texts);
        let results = tokio::task::spawn_blocking(results).await.map_err(|error| SqliteError::Corrupt(error.to_string()))?;
        let next = results.last().filter(|_| more).map(|last| Cursor(last.updated_at, last.conversation_id).to_string());
        Ok(SearchPage { results, next, building, ..SearchPage::default() })
    }
}

async fn find(read: &mut BoundedRead, wanted: &Wanted<'_>) -> Result<Vec<FoundConversation>, SqliteError> {
    let (sql, count) = if wanted.is_part { (FIND_PARTS, COUNT_PARTS) } else { (FIND, COUNT) };
    let count: Result<i64, _> = sqlx::query_scalar(count).bind(wanted.words).bind(OFTEN).fetch_one(&mut **read).await;
    if read.told(count)? == OFTEN {
        return walking::find(read, wanted).await;
    }
    let Cursor(time, id) = wanted.after;
    let rows = sqlx::query(sql)
        .bind(wanted.words)
        .bind(wanted.user.0)
        .bind(wanted.owner)
        .bind(to_i64(time))
        .bind(id.0)
        .bind(i64::try_from(wanted.most).unwrap_or(i64::MAX))
        .fetch_all(&mut **read)
        .await;
    let found = |row: &SqliteRow| {
        Ok(FoundConversation {
            id: row.try_get("id")?,
            title: row.try_get("title")?,
            updated_at: row.try_get("updated_at")?,
            seq: row.try_get("seq")?,
            in_title: row.try_get::<Option<i64>, _>("title_seq")?.is_some(),
        })
    };
    read.told(rows)?.iter().map(found).collect()
}

/// Returns the ids and texts of the messages that were found, by their number.
async fn texts(read: &mut BoundedRead, found: &[FoundConversation]) -> Result<HashMap<i64, (uuid::Uuid, String)>, SqliteError> {
    let seqs: Vec<i64> = found.iter().filter_map(|found| found.seq).collect();
    let list = serde_json::to_string(&seqs).map_err(|error| SqliteError::Corrupt(error.to_string()))?;
    let sql = "SELECT seq, id, content FROM messages WHERE seq IN (SELECT value FROM json_each(?))";
    let found = sqlx::query_as::<_, (i64, uuid::Uuid, String)>(sql).bind(list).fetch_all(&mut **read).await;
    Ok(read.told(found)?.into_iter().map(|(seq, id, text)| (seq, (id, text))).collect())
}

fn results(
    query: &Query,
    within_words: bool,
    found: Vec<FoundConversation>,
    texts: &HashMap<i64, (uuid::Uuid, String)>,
) -> Vec<SearchResult> {
    let result = |FoundConversation { id, title, updated_at, seq, in_title }: FoundConversation| {
        let message = seq.and_then(|seq| texts.get(&seq));
        SearchResult {
            conversation_id: ConversationId(id),
            title: if in_title { pieces(&highlight(query, &title, within_words)) } else { vec![Piece { text: title, found: false }] },
            updated_at: to_u64(updated_at),
            message_id: message.map(|(id, _)| MessageId(*id)),
            place: message.map(|(_, text)| pieces(&strip_markdown(&snippet(query, text, within_words)))).unwrap_or_default(),
        }
    };
    found.into_iter().map(result).collect()
}

fn pieces(text: &str) -> Vec<Piece> {
    let parts = text.split(BEGIN).enumerate().flat_map(|(at, part)| {
        let (found, rest) = if at == 0 { ("", part) } else { part.split_once(END).unwrap_or((part, "")) };
        [(found.replace(END, ""), true), (rest.replace(END, ""), false)]
    });
    parts.filter(|(text, _)| !text.is_empty()).map(|(text, found)| Piece { text, found }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn an_index_is_asked_once_for_all_that_it_finds() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("holdfast.db")).await.unwrap();
        for sql in [FIND, FIND_PARTS] {
            let plan: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(&store.readers).await.unwrap();
            let steps: Vec<&str> = plan.iter().map(|(.., step)| step.as_str()).collect();
            for (index, table) in [("texts", "messages"), ("headings", "titles")] {
                let at = |name: &str| steps.iter().position(|step| step.split(' ').nth(1) == Some(name)).unwrap();
                assert!(at(index) < at(table), "{steps:#?}");
            }
        }
    }

    #[test]
    fn what_was_found_is_marked() {
        let shown = |text: &str| pieces(text).into_iter().map(|piece| (piece.text, piece.found)).collect::<Vec<_>>();
        assert_eq!(shown("a \u{2}b\u{3} c"), [("a ".into(), false), ("b".into(), true), (" c".into(), false)]);
        assert_eq!(shown("\u{2}b\u{3}"), [("b".to_owned(), true)]);
        assert_eq!(shown("plain"), [("plain".to_owned(), false)]);
        assert_eq!(shown("odd \u{3}\u{2}"), [("odd ".to_owned(), false)]);
    }
}
