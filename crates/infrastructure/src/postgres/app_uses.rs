//! Uses of apps, written beside the requests by one task for each pod.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff_sqlx::ToSqlx as _;
use metrics::counter;
use portal_application::ports::{AppUse, AppUses};
use sqlx::PgConnection;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::database::Database;
use super::error::QueryError;

/// Uses that wait to be written.
const QUEUE: usize = 1_024;
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// Keeps uses with the login of requests.
pub struct PgAppUses {
    queue: Sender<AppUse>,
    stop: CancellationToken,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl PgAppUses {
    /// Starts the task, over the database as [`super::Login::App`] sees it. Runs inside the runtime.
    pub fn start(database: Database) -> Self {
        let (queue, queued) = mpsc::channel(QUEUE);
        let stop = CancellationToken::new();
        let writer = write_all(database, queued, stop.clone());
        Self {
            queue,
            stop,
            writer: Mutex::new(Some(tokio::spawn(writer))),
        }
    }

    /// Takes no more uses and writes what is queued. `false` when that took longer than `within`.
    pub async fn close(&self, within: Duration) -> bool {
        self.stop.cancel();
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match writer {
            Some(writer) => timeout(within, writer).await.is_ok(),
            None => true,
        }
    }
}

impl std::fmt::Debug for PgAppUses {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PgAppUses")
    }
}

impl AppUses for PgAppUses {
    fn note(&self, app_use: AppUse) {
        if self.queue.try_send(app_use).is_err() {
            left_out();
        }
    }
}

fn left_out() {
    counter!("portal_app_uses_left_out_total").increment(1);
}

/// Runs until the queue is closed and empty.
async fn write_all(database: Database, mut queue: Receiver<AppUse>, stop: CancellationToken) {
    loop {
        let closing = queue.is_closed();
        tokio::select! {
            taken = queue.recv() => match taken {
                Some(app_use) => keep(&database, &app_use).await,
                None => return,
            },
            () = stop.cancelled(), if !closing => queue.close(),
        }
    }
}

/// Writes a use; after some failures it is given up, for there is another one soon.
async fn keep(database: &Database, app_use: &AppUse) {
    for attempt in 1..=ATTEMPTS {
        if database.run(write(database, app_use)).await.is_ok() {
            return;
        }
        if attempt < ATTEMPTS {
            sleep(PAUSE).await;
        }
    }
    left_out();
}

#[tracing::instrument(name = "db.app_uses.note", skip_all, level = "debug")]
async fn write(database: &Database, app_use: &AppUse) -> Result<(), QueryError> {
    let mut transaction = database.begin(&app_use.tenant).await?;
    hold(&mut transaction, app_use).await?;
    insert(&mut transaction, app_use).await?;
    Ok(transaction.commit().await?)
}

// Two statements on purpose: whoever revokes the app holds the account, and only a statement that
// starts after that sees the revocation. A use from before it must not bring the app back.
async fn hold(connection: &mut PgConnection, app_use: &AppUse) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT FROM portal_accounts WHERE tenant_id = $1 AND account_id = $2 FOR SHARE")
        .bind(app_use.tenant.as_str())
        .bind(app_use.account.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert(connection: &mut PgConnection, app_use: &AppUse) -> Result<(), sqlx::Error> {
    let mut accounts = vec![app_use.account.to_string()];
    let mut delegations = vec![String::new()];
    if let Some((delegation, grantor)) = &app_use.acting {
        accounts.push(grantor.to_string());
        delegations.push(delegation.to_string());
    }
    sqlx::query(
        "INSERT INTO app_uses AS known (tenant_id, account_id, client_id, delegation_id, scopes,
            first_used_at, last_used_at)
        SELECT $1, account_id, $4, listed.delegation_id, $5, $6, $6
        FROM UNNEST($2::text[], $3::text[]) AS listed (account_id, delegation_id)
            JOIN portal_accounts USING (account_id)
        WHERE tenant_id = $1 AND status <> 'closed' AND NOT EXISTS (
            SELECT FROM revocations WHERE tenant_id = $1 AND kind = 'subject_client'
                AND key_hash = $7 AND not_before >= $8)
        ON CONFLICT (tenant_id, account_id, client_id, delegation_id) DO UPDATE SET
            scopes = EXCLUDED.scopes,
            last_used_at = GREATEST(known.last_used_at, EXCLUDED.last_used_at)",
    )
    .bind(app_use.tenant.as_str())
    .bind(accounts)
    .bind(delegations)
    .bind(app_use.client.as_str())
    .bind(&*app_use.scopes)
    .bind(app_use.used_at.to_sqlx())
    .bind(app_use.revocation_key)
    .bind(app_use.issued_at.to_sqlx())
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
#[path = "app_uses_tests.rs"]
mod tests;
