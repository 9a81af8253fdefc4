//! Scripts that put no spaces between words, for the indexes of words.
//!
//! To an index a run of Chinese is one word, in which nothing would be found but its beginning. So such characters are written
//! apart, in texts and in what is looked for: each is a word, and several that follow each other are a phrase.

use sqlx::Row as _;

use super::{Store, StoreError};

/// Stands between characters that are written apart. No text that was typed has it.
pub(super) const SEPARATOR: char = '\u{1}';
/// Texts of before that are written apart in one transaction.
const BATCH: i64 = 200;

/// Whether a character is of such a script: a letter, or a mark on one.
pub(super) fn is_unspaced(c: char) -> bool {
    let is_of_one = matches!(u32::from(c),
        0x0e00..=0x0eff // Thai, Lao
        | 0x1000..=0x109f | 0xaa60..=0xaa7f // Burmese
        | 0x1780..=0x17ff // Khmer
        | 0x1100..=0x11ff | 0x3130..=0x318f | 0xa960..=0xa97f | 0xac00..=0xd7ff // Korean
        | 0x2e80..=0x312f | 0x3190..=0xa4cf | 0xf900..=0xfaff | 0xff66..=0xffdc | 0x1b000..=0x1b16f | 0x20000..=0x3ffff // Chinese, Japanese
    );
    is_of_one && (c.is_alphanumeric() || is_mark(c))
}

/// Whether a character is a mark on the one before. The indexes leave these out.
pub(super) fn is_mark(c: char) -> bool {
    matches!(u32::from(c),
        0x0e31 | 0x0e34..=0x0e3a | 0x0e47..=0x0e4e
        | 0x0eb1 | 0x0eb4..=0x0ebc | 0x0ec8..=0x0ece
        | 0x102b..=0x103e | 0x1056..=0x1059 | 0x105e..=0x1060
        | 0x17b4..=0x17d3
        | 0x302a..=0x302f | 0x3099..=0x309a)
}

/// A text with such characters written apart; none where it has none.
pub(super) fn apart(text: &str) -> Option<String> {
    if !text.contains(is_unspaced) {
        return None;
    }
    let mut apart = String::with_capacity(text.len() * 4 / 3);
    let mut after_one = false;
    for c in text.chars() {
        let is_one = is_unspaced(c);
        if (is_one || after_one) && !apart.is_empty() {
            apart.push(SEPARATOR);
        }
        apart.push(c);
        after_one = is_one;
    }
    Some(apart)
}

impl Store {
    /// Writes apart what an earlier version has not.
    pub(super) async fn write_apart(&self) -> Result<(), StoreError> {
        while self.has_unspaced().await? {
            let mut tx = self.write().await?;
            let rows = sqlx::query("SELECT seq, content FROM unspaced LEFT JOIN messages USING (seq) LIMIT ?")
                .bind(BATCH)
                .fetch_all(&mut *tx)
                .await?;
            for row in &rows {
                let (seq, content): (i64, Option<String>) = (row.try_get("seq")?, row.try_get("content")?);
                if let Some(apart) = content.as_deref().and_then(apart) {
                    sqlx::query("UPDATE messages SET apart = ? WHERE seq = ?").bind(apart).bind(seq).execute(&mut *tx).await?;
                }
                sqlx::query("DELETE FROM unspaced WHERE seq = ?").bind(seq).execute(&mut *tx).await?;
            }
            let titles = sqlx::query("SELECT id, title FROM unspaced_titles LEFT JOIN conversations USING (id) LIMIT ?")
                .bind(BATCH)
                .fetch_all(&mut *tx)
                .await?;
            for row in &titles {
                let (id, title): (uuid::Uuid, Option<String>) = (row.try_get("id")?, row.try_get("title")?);
                if let Some(apart) = title.as_deref().and_then(apart) {
                    sqlx::query("UPDATE conversations SET title_apart = ? WHERE id = ?").bind(apart).bind(id).execute(&mut *tx).await?;
                }
                sqlx::query("DELETE FROM unspaced_titles WHERE id = ?").bind(id).execute(&mut *tx).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }

    pub(super) async fn has_unspaced(&self) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM unspaced) OR EXISTS (SELECT 1 FROM unspaced_titles)";
        Ok(sqlx::query_scalar(sql).fetch_one(&self.writer).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_character_of_such_a_script_stands_alone_and_nothing_else_changes() {
        let shown = |text: &str| apart(text).map(|apart| apart.replace(SEPARATOR, "|"));
        assert_eq!(shown("Grüße, tides; Привет — مرحبا 🦀"), None);
        assert_eq!(shown("漢字。"), Some("漢|字|。".to_owned()));
        assert_eq!(shown("GPTを使う第2章"), Some("GPT|を|使|う|第|2|章".to_owned()));
        assert_eq!(shown("한국어 문장"), Some("한|국|어| |문|장".to_owned()));
        assert_eq!(shown("ที่"), Some("ท|ี|่".to_owned()));
    }
}
