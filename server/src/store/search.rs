//! Finding conversations by what was said in them.

use std::{collections::HashMap, time::Duration};

use holdfast_protocol::{
    ConversationId, MessageId, UserId,
    api::{Piece, SearchPage, SearchResult},
};
use sqlx::Row as _;

use super::{
    Cursor, Store, StoreError, to_i64, to_u64,
    unmarked::unmarked,
    unspaced::{SEPARATOR, apart, is_mark, is_unspaced},
};
use crate::clock::Millis;

/// Words that are looked for, at most.
const MOST_WORDS: usize = 12;
/// Characters of a query that are looked at: nobody types more, and who sends more wants something else.
const LONGEST: usize = 200;
/// What stands around the place found. No text that was typed has these.
const BEGIN: char = '\u{2}';
const END: char = '\u{3}';

/// Finds the conversations. `CROSS JOIN` has SQLite ask an index once, for all that it finds. Left to itself it goes through the
/// user's messages and asks the index anew for each.
const FIND: &str = "WITH hits AS (
         SELECT messages.conversation_id AS id, max(messages.seq) AS seq, NULL AS title
         FROM text_index CROSS JOIN messages ON messages.seq = text_index.rowid
         WHERE text_index MATCH ?1 AND messages.owner_id = ?3 GROUP BY messages.conversation_id
         UNION ALL
         SELECT titles.conversation_id, NULL, titles.seq
         FROM title_index CROSS JOIN titles ON titles.seq = title_index.rowid WHERE title_index MATCH ?2),
     found AS (SELECT id, max(seq) AS seq, max(title) AS title_seq FROM hits GROUP BY id)
     SELECT conversations.id, conversations.title, conversations.updated_at, found.seq, found.title_seq,
         messages.id AS message_id
     FROM found JOIN conversations ON conversations.id = found.id LEFT JOIN messages ON messages.seq = found.seq
     WHERE conversations.user_id = ?3 AND conversations.removed_at IS NULL AND (conversations.updated_at, conversations.id) < (?4, ?5)
     ORDER BY conversations.updated_at DESC, conversations.id DESC LIMIT ?6";

impl Store {
    /// A user's conversations in whose titles or texts all words of `query` are, newest first. The last word may be the
    /// beginning of one.
    ///
    /// # Errors
    /// [`StoreError::TooLong`] if it took longer than `within`; else what SQLite says.
    pub async fn search(
        &self,
        user: UserId,
        query: &str,
        after: Option<Cursor>,
        limit: u32,
        within: Duration,
    ) -> Result<SearchPage, StoreError> {
        let Some(words) = words(query) else { return Ok(SearchPage::default()) };
        let owner = format!("{:X}", user.0.as_simple());
        let in_title = format!("owner : \"{owner}\" AND title : ({words})");
        let in_text = format!("owner : \"{owner}\" AND content : ({words})");
        let Cursor(time, id) = after.unwrap_or(Cursor(Millis::MAX, ConversationId(uuid::Uuid::max())));
        let mut read = self.read_within(within).await?; // one moment for all
        let rows = sqlx::query(FIND)
            .bind(&in_text)
            .bind(&in_title)
            .bind(user.0)
            .bind(to_i64(time))
            .bind(id.0)
            .bind(i64::from(limit) + 1)
            .fetch_all(&mut *read)
            .await;
        let rows = read.told(rows)?;
        let seqs =
            |column: &str| rows.iter().filter_map(|row| row.try_get::<Option<i64>, _>(column).transpose()).collect::<Result<Vec<_>, _>>();
        let mut places = HashMap::new();
        for (sql, words, seqs) in [
            (
                // Where each character is a word, the words are more.
                "SELECT rowid, snippet(text_index, 1, char(2), char(3), '…', iif((SELECT apart FROM messages WHERE seq = text_index.rowid) IS NULL, 24, 60))
                 FROM text_index WHERE text_index MATCH ?1 AND rowid IN (SELECT value FROM json_each(?2))",
                &in_text,
                seqs("seq")?,
            ),
            (
                "SELECT -rowid, highlight(title_index, 1, char(2), char(3)) FROM title_index WHERE title_index MATCH ?1 AND rowid IN (SELECT value FROM json_each(?2))",
                &in_title,
                seqs("title_seq")?,
            ),
        ] {
            let list = serde_json::to_string(&seqs).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            let found = sqlx::query_as::<_, (i64, String)>(sql).bind(words).bind(list).fetch_all(&mut *read).await;
            places.extend(read.told(found)?);
        }
        read.end().await?;
        let mut results = Vec::with_capacity(rows.len());
        for row in rows.iter().take(limit as usize) {
            let (seq, title_seq): (Option<i64>, Option<i64>) = (row.try_get("seq")?, row.try_get("title_seq")?);
            let title: String = row.try_get("title")?;
            let marked = |seq: Option<i64>| seq.and_then(|seq| places.get(&seq)).map(|text| pieces(text));
            results.push(SearchResult {
                conversation_id: ConversationId(row.try_get("id")?),
                title: marked(title_seq.map(|seq| -seq)).unwrap_or_else(|| vec![Piece { text: title, found: false }]),
                updated_at: to_u64(row.try_get("updated_at")?),
                message_id: row.try_get::<Option<uuid::Uuid>, _>("message_id")?.map(MessageId),
                place: seq.and_then(|seq| places.get(&seq)).map(|text| pieces(&unmarked(text))).unwrap_or_default(),
            });
        }
        let more = rows.len() > results.len();
        let next = results.last().filter(|_| more).map(|last| Cursor(last.updated_at, last.conversation_id).to_string());
        Ok(SearchPage { results, next })
    }
}

/// The words of a query, each as a text that has no meaning of its own to the index. None where there is none.
fn words(query: &str) -> Option<String> {
    let is_of_word = |c: char| c.is_alphanumeric() || is_unspaced(c);
    let query: String = query.chars().take(LONGEST).map(|c| if is_of_word(c) { c } else { ' ' }).collect();
    // A mark by itself is nothing that is in the indexes.
    let words = query.split_whitespace().filter(|word| !word.chars().all(is_mark)).take(MOST_WORDS);
    let mut words: Vec<String> = words.map(|word| format!("\"{}\"", apart(word).as_deref().unwrap_or(word))).collect();
    words.last_mut()?.push_str(" *");
    Some(words.join(" AND "))
}

fn pieces(text: &str) -> Vec<Piece> {
    let parts = text.split(BEGIN).enumerate().flat_map(|(at, part)| {
        let (found, rest) = if at == 0 { ("", part) } else { part.split_once(END).unwrap_or((part, "")) };
        let clean = |text: &str| text.replace([END, SEPARATOR], "");
        let (mut found, rest) = (clean(found), clean(rest));
        // What was found includes the marks on its last letter.
        let marks = if found.is_empty() { 0 } else { rest.len() - rest.trim_start_matches(is_mark).len() };
        found.push_str(&rest[..marks]);
        [(found, true), (rest[marks..].to_owned(), false)]
    });
    parts.filter(|(text, _)| !text.is_empty()).map(|(text, found)| Piece { text, found }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_query_is_words_and_nothing_else() {
        assert_eq!(words("Grüße, tide*").unwrap(), "\"Grüße\" AND \"tide\" *");
        assert_eq!(words(r#"" OR owner:x NEAR("#).unwrap(), r#""OR" AND "owner" AND "x" AND "NEAR" *"#);
        assert_eq!(words("漢字 GPTを").unwrap(), "\"漢\u{1}字\" AND \"GPT\u{1}を\" *");
        assert_eq!(words("ที่").unwrap(), "\"ท\u{1}ี\u{1}่\" *");
        assert_eq!(words("่ abc").unwrap(), "\"abc\" *");
        for nothing in ["", " ", "\"", "***", "\u{0}", "(){}:^-+"] {
            assert_eq!(words(nothing), None, "{nothing:?}");
        }
        assert!(words(&"word ".repeat(2_000)).unwrap().len() < 300);
        assert!(words(&"x".repeat(10_000)).unwrap().len() < 300);
    }

    #[tokio::test]
    async fn an_index_is_asked_once_for_all_that_it_finds() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("holdfast.db")).await.unwrap();
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {FIND}"))).fetch_all(&store.readers).await.unwrap();
        let steps: Vec<&str> = plan.iter().map(|(.., step)| step.as_str()).collect();
        for (index, table) in [("text_index", "messages"), ("title_index", "titles")] {
            let at = |name: &str| steps.iter().position(|step| step.split(' ').nth(1) == Some(name)).unwrap();
            assert!(at(index) < at(table), "{steps:#?}");
        }
    }

    #[test]
    fn what_was_found_is_marked() {
        let shown = |text: &str| pieces(text).into_iter().map(|piece| (piece.text, piece.found)).collect::<Vec<_>>();
        assert_eq!(shown("a \u{2}b\u{3} c"), [("a ".into(), false), ("b".into(), true), (" c".into(), false)]);
        assert_eq!(shown("\u{2}b\u{3}"), [("b".to_owned(), true)]);
        assert_eq!(shown("plain"), [("plain".to_owned(), false)]);
        assert_eq!(shown("\u{1}ส\u{1}\u{2}ด\u{3}\u{1}ี\u{1}ค"), [("ส".into(), false), ("ดี".into(), true), ("ค".into(), false)]);
        assert_eq!(shown("odd \u{3}\u{2}"), [("odd ".to_owned(), false)]);
    }
}
