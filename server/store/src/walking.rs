//! Searches for terms with many matches: goes through the conversations in the order of the list until there are enough results.

use serde::de::DeserializeOwned;
use sqlx::{Row as _, sqlite::SqliteRow};

use super::{
    SqliteError,
    bounded::BoundedRead,
    search::{FoundConversation, Wanted},
    to_i64,
};
use holdfast_core::conversations::Cursor;

/// Number of conversations that are examined first, for each one that is wanted. If there are too few matches, the second number is
/// examined, and then all others.
const STEPS: [usize; 2] = [2, 16];

/// Conversations in the order of the list, each with the numbers of its texts. Running answers are not indexed.
const WALK: &str = "
    SELECT id, title, updated_at, (SELECT seq FROM titles WHERE conversation_id = conversations.id) AS title_seq,
        (SELECT json_group_array(seq) FROM messages
         WHERE conversation_id = conversations.id AND seq NOT IN (SELECT seq FROM messages WHERE status = 'streaming')) AS seqs
    FROM conversations
    WHERE user_id = ?1 AND removed_at IS NULL AND (updated_at, id) < (?2, ?3)
    ORDER BY updated_at DESC, id DESC LIMIT ?4 OFFSET ?5";

/// The matches of an index between two numbers.
const HITS: &str = "SELECT json_group_array(rowid) FROM search_index WHERE search_index MATCH ?1 AND rowid BETWEEN ?2 AND ?3";
const HITS_PARTS: &str = "SELECT json_group_array(rowid) FROM search_parts WHERE search_parts MATCH ?1 AND rowid BETWEEN ?2 AND ?3";

/// A conversation that may match.
struct Candidate {
    conversation: FoundConversation,
    title_seq: Option<i64>,
    seqs: Vec<i64>,
}

/// Finds conversations like [`super::search`], for any number of matches.
pub(super) async fn find(read: &mut BoundedRead, wanted: &Wanted<'_>) -> Result<Vec<FoundConversation>, SqliteError> {
    let [first, second] = STEPS.map(|step| to_i64((wanted.most * step) as u64));
    let titles = hits(read, wanted, i64::MIN, -1).await?;
    let mut found = Vec::with_capacity(wanted.most);
    for (from, most) in [(0, first), (first, second), (first + second, i64::MAX)] {
        let candidates = candidates(read, wanted, from, most).await?;
        let seqs = || candidates.iter().flat_map(|candidate| &candidate.seqs).copied();
        let texts = match (seqs().min(), seqs().max()) {
            (Some(from), Some(to)) => hits(read, wanted, from, to).await?,
            _ => Vec::new(),
        };
        for Candidate { mut conversation, title_seq, seqs } in candidates {
            conversation.seq = seqs.into_iter().filter(|seq| texts.binary_search(seq).is_ok()).max();
            conversation.in_title = title_seq.is_some_and(|seq| titles.binary_search(&-seq).is_ok());
            if conversation.in_title || conversation.seq.is_some() {
                found.push(conversation);
            }
        }
        if found.len() >= wanted.most {
            break;
        }
    }
    found.truncate(wanted.most);
    Ok(found)
}

async fn candidates(read: &mut BoundedRead, wanted: &Wanted<'_>, from: i64, most: i64) -> Result<Vec<Candidate>, SqliteError> {
    let Cursor(time, id) = wanted.after;
    let rows = sqlx::query(WALK).bind(wanted.user.0).bind(to_i64(time)).bind(id.0).bind(most).bind(from).fetch_all(&mut **read).await;
    let candidate = |row: &SqliteRow| {
        let (id, title, updated_at) = (row.try_get("id")?, row.try_get("title")?, row.try_get("updated_at")?);
        let conversation = FoundConversation { id, title, updated_at, seq: None, in_title: false };
        Ok(Candidate { conversation, title_seq: row.try_get("title_seq")?, seqs: list(row.try_get("seqs")?)? })
    };
    read.told(rows)?.iter().map(candidate).collect()
}

/// Returns the matches of an index from `from` to `to`, in order.
async fn hits(read: &mut BoundedRead, wanted: &Wanted<'_>, from: i64, to: i64) -> Result<Vec<i64>, SqliteError> {
    let sql = if wanted.is_part { HITS_PARTS } else { HITS };
    let found: Result<String, _> = sqlx::query_scalar(sql).bind(wanted.words).bind(from).bind(to).fetch_one(&mut **read).await;
    let mut found: Vec<i64> = list(&read.told(found)?)?;
    found.sort_unstable();
    Ok(found)
}

fn list<T: DeserializeOwned>(json: &str) -> Result<Vec<T>, SqliteError> {
    serde_json::from_str(json).map_err(|error| SqliteError::Corrupt(error.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use holdfast_protocol::{ConversationId, UserId, api::SearchPage};
    use uuid::Uuid;

    use crate::Store;
    use holdfast_core::conversations::{Cursor, NewConversation};

    const USER: UserId = UserId(Uuid::from_u128(1));

    async fn search(store: &Store, query: &str, after: Option<Cursor>) -> SearchPage {
        store.search(USER, query, after, 20, Duration::from_secs(60)).await.unwrap()
    }

    /// Conversations, by their number, and messages on all pages of a search.
    async fn all(store: &Store, query: &str) -> Vec<(u128, Option<u128>)> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = search(store, query, after).await;
            let number = |id: Option<Uuid>| id.map(|id| id.as_u128());
            found.extend(page.results.iter().map(|it| (it.conversation_id.0.as_u128(), number(it.message_id.map(|id| id.0)))));
            match page.next {
                Some(next) => after = Some(next.parse().unwrap()),
                None => return found,
            }
        }
    }

    #[tokio::test]
    async fn what_is_in_very_many_texts_is_found_as_anything_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("holdfast.db")).await.unwrap();
        store.add_guest(USER, 0).await.unwrap();
        for n in 1..=100 {
            let title = if n == 3 { "Many harbours" } else { "Notes" };
            let id = ConversationId(Uuid::from_u128(n));
            assert!(
                store
                    .add_conversation(
                        &NewConversation { id, user: USER, title: title.into(), settings: Default::default(), project: None },
                        u64::try_from(n).unwrap()
                    )
                    .await
                    .unwrap()
            );
        }
        // One text after the other of all conversations; in every second one, including the newest, no text matches.
        sqlx::query(
            "WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 9999)
             INSERT INTO messages (id, owner_id, conversation_id, role, content, status, created_at, rev)
             SELECT unhex(printf('%032x', n + 1)), ?1, unhex(printf('%032x', n % 100 + 1)), 'user',
                 iif(n % 2 = 0, 'manyfold tides', 'nothing') || iif(n % 1000 = 0, ' seldom', ''), 'accepted', n, n FROM n",
        )
        .bind(USER.0)
        .execute(&store.writer)
        .await
        .unwrap();
        // The newest message of one is being written again.
        sqlx::query("UPDATE messages SET status = 'streaming' WHERE id = ?")
            .bind(Uuid::from_u128(9_999))
            .execute(&store.writer)
            .await
            .unwrap();
        while store.index_piece().await.unwrap() {}
        let newest = |n: u128| Some(if n == 99 { 9_899 } else { 9_900 + n });
        let mut expected: Vec<(u128, Option<u128>)> = (1..=100).rev().filter(|n| n % 2 == 1).map(|n| (n, newest(n))).collect();
        for query in ["manyfold", "tide", "t", "yfold", "manyfold -nothing"] {
            assert_eq!(all(&store, query).await, expected, "{query}");
        }
        assert_eq!(all(&store, "seldom").await, [(1, Some(9_001))]);
        assert_eq!(all(&store, "nothing").await.len(), 50);
        // In the title as well.
        let place = expected.iter().position(|(n, _)| *n == 3).unwrap();
        assert_eq!(all(&store, "many").await, expected);
        let page = search(&store, "many", Some(Cursor(5, ConversationId(Uuid::from_u128(5))))).await;
        assert_eq!(page.results.iter().map(|it| it.title.iter().any(|piece| piece.found)).collect::<Vec<_>>(), [true, false]);
        // And only there.
        sqlx::query("UPDATE messages SET content = 'nothing' WHERE conversation_id = ?")
            .bind(Uuid::from_u128(3))
            .execute(&store.writer)
            .await
            .unwrap();
        while store.index_piece().await.unwrap() {}
        expected[place].1 = None;
        assert_eq!(all(&store, "many").await, expected);
    }
}
