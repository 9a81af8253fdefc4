//! Passages of files, and their index.

use holdfast_core::materials::{ContentId, FoundPassage, NewPassage};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{SqliteError, Store, to_i64};

/// Stores passages of a content. Returns the number of bytes that they take.
pub(super) async fn add(connection: &mut SqliteConnection, content: ContentId, passages: &[NewPassage]) -> Result<u64, SqliteError> {
    let mut bytes = 0;
    for passage in passages {
        let boxes = serde_json::to_string(&passage.boxes).map_err(|error| SqliteError::Corrupt(error.to_string()))?;
        bytes += (passage.text.len() + boxes.len()) as u64;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO passages (content_id, page, location, heading, body, boxes) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(content.0)
        .bind(passage.page)
        .bind(&passage.location)
        .bind(&passage.heading)
        .bind(&passage.text)
        .bind(boxes)
        .fetch_one(&mut *connection)
        .await?;
        sqlx::query("INSERT INTO passage_index (rowid, scope, content, extra, parts) VALUES (?, ?, ?, ?, ?)")
            .bind(id)
            .bind(content.0.to_string())
            .bind(&passage.document.content)
            .bind(&passage.document.extra)
            .bind(&passage.document.parts)
            .execute(&mut *connection)
            .await?;
    }
    Ok(bytes)
}

impl Store {
    /// See [`holdfast_core::ports::Files::find_passages`].
    pub async fn find_passages(&self, query: &str, most: u32) -> Result<Vec<FoundPassage>, SqliteError> {
        // The scope must not count, and the end of a longer word much less than a word: it is in unrelated words, too. The smaller the
        // number, the better.
        let rows = sqlx::query(
            "SELECT passages.*, found.fit FROM (
                 SELECT rowid, bm25(passage_index, 0.0, 1.0, 1.0, 0.05) AS fit FROM passage_index WHERE passage_index MATCH ?
                 ORDER BY fit LIMIT ?) AS found
             JOIN passages ON passages.id = found.rowid ORDER BY found.fit",
        )
        .bind(query)
        .bind(most)
        .fetch_all(&self.searchers)
        .await?;
        let best: Option<f64> = rows.first().map(|row| row.try_get("fit")).transpose()?;
        let best = best.map_or(1.0, |rank| rank.abs().max(f64::MIN_POSITIVE));
        rows.iter()
            .map(|row| {
                let rank: f64 = row.try_get("fit")?;
                Ok(FoundPassage { score: (rank.abs() / best).clamp(0.0, 1.0) as f32, ..passage(row)? })
            })
            .collect()
    }

    /// See [`holdfast_core::ports::Files::all_passages`].
    pub async fn all_passages(&self, contents: &[ContentId], most_bytes: usize) -> Result<Option<Vec<FoundPassage>>, SqliteError> {
        let ids = serde_json::to_string(&contents.iter().map(|id| id.0).collect::<Vec<_>>()).unwrap_or_default();
        let bytes: Option<i64> =
            sqlx::query_scalar("SELECT sum(octet_length(body)) FROM passages WHERE content_id IN (SELECT value FROM json_each(?))")
                .bind(&ids)
                .fetch_one(&self.readers)
                .await?;
        if bytes.unwrap_or(0) > to_i64(most_bytes as u64) {
            return Ok(None);
        }
        let rows = sqlx::query("SELECT * FROM passages WHERE content_id IN (SELECT value FROM json_each(?)) ORDER BY content_id, id")
            .bind(&ids)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(passage).collect::<Result<_, _>>().map(Some)
    }
}

fn passage(row: &SqliteRow) -> Result<FoundPassage, SqliteError> {
    let id: i64 = row.try_get("id")?;
    let boxes = serde_json::from_str(row.try_get("boxes")?);
    Ok(FoundPassage {
        id,
        content: ContentId(row.try_get("content_id")?),
        page: row.try_get("page")?,
        location: row.try_get("location")?,
        heading: row.try_get("heading")?,
        text: row.try_get("body")?,
        boxes: boxes.map_err(|error| SqliteError::Corrupt(format!("the boxes of the passage {id}: {error}")))?,
        score: 0.0,
    })
}
