use holdfast_protocol::limits::LimitNumbers;

use super::{Store, StoreError};

impl Store {
    /// The limits that were set; the usual ones where none was.
    pub async fn limits(&self) -> Result<LimitNumbers, StoreError> {
        let rows: Vec<(String, u32)> = sqlx::query_as("SELECT name, value FROM limits").fetch_all(&self.readers).await?;
        let mut numbers = LimitNumbers::USUAL;
        for (name, value) in rows {
            match name.as_str() {
                "sockets" => numbers.sockets = value,
                "messages" => numbers.messages = value,
                "answers" => numbers.answers = value,
                "sign_in" => numbers.sign_in = value,
                "unauthenticated" => numbers.unauthenticated = value,
                other => return Err(StoreError::Corrupt(format!("the limit {other:?}"))),
            }
        }
        Ok(numbers)
    }

    /// Sets limits. What is as usual needs no row, so that it follows where the usual changes.
    pub async fn set_limits(&self, numbers: &LimitNumbers) -> Result<(), StoreError> {
        let usual = LimitNumbers::USUAL;
        let all = [
            ("sockets", numbers.sockets, usual.sockets),
            ("messages", numbers.messages, usual.messages),
            ("answers", numbers.answers, usual.answers),
            ("sign_in", numbers.sign_in, usual.sign_in),
            ("unauthenticated", numbers.unauthenticated, usual.unauthenticated),
        ];
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM limits").execute(&mut *tx).await?;
        for (name, value, _) in all.into_iter().filter(|(_, value, usual)| value != usual) {
            sqlx::query("INSERT INTO limits (name, value) VALUES (?, ?)").bind(name).bind(value).execute(&mut *tx).await?;
        }
        tx.commit().await
    }
}
