//! What reaches people.

use std::time::Duration;

use crate::portal::TestPortal;

impl TestPortal {
    /// The newest link or code that the notifier was given for an address. Waits for it.
    ///
    /// # Panics
    ///
    /// Nothing comes within ten seconds.
    pub async fn delivered_to(&self, address: &str) -> String {
        for _ in 0..200 {
            if let Some(secret) = self.secrets_for(address).pop() {
                return secret;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nothing was delivered to {address}");
    }

    /// The links and codes that the notifier was given for an address so far, oldest first.
    pub fn secrets_for(&self, address: &str) -> Vec<String> {
        let sent = self.sandbox.notifications();
        sent.into_iter()
            .filter(|sent| sent.notification.address == address)
            .map(|sent| sent.notification.secret)
            .collect()
    }

    /// Waits until nothing is on its way to the notifier.
    pub async fn settled_deliveries(&self) {
        while !self.rows_as_text("deliveries").await.is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Every row of a table of this tenant, as text.
    pub async fn rows_as_text(&self, table: &str) -> String {
        let sql = format!(
            "SELECT COALESCE(string_agg(t::text, E'\\n'), '') FROM {table} t WHERE tenant_id = $1"
        );
        // Of words of the tests only.
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(&self.tenant)
            .fetch_one(&self.pool)
            .await
            .expect("the table is there")
    }
}
