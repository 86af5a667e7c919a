//! The task that keeps the list.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use metrics::{counter, histogram};
use portal_application::ports::StoreError;
use portal_domain::id::TenantId;
use sqlx::FromRow;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::super::database::Database;
use super::super::error::QueryError;
use super::list::List;
use super::{Revocation, RevocationKey};
use crate::crypto::RevocationKind;

/// How often the database is asked, from beginning to beginning.
const EVERY: Duration = Duration::from_secs(2);
/// How soon at most it is asked again, however many hints come.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
/// The pause after a failure; each further one doubles it, up to the usual time.
const FAILURE_PAUSE: Duration = Duration::from_millis(250);
/// Longer than any transaction that writes entries: one that commits late is still seen.
const OVERLAP: SignedDuration = SignedDuration::from_secs(30);
/// Rows in one statement, well within its time.
const PAGE: i64 = 5_000;
/// How often entries are forgotten.
const FORGET_EVERY: Duration = Duration::from_mins(1);

/// Reads what changed and keeps the list.
pub(super) struct Follower {
    database: Database,
    list: Arc<List>,
    wake: Arc<Notify>,
}

/// A row, in the order of changes.
#[derive(FromRow)]
struct Row {
    changed_at: jiff_sqlx::Timestamp,
    tenant_id: String,
    kind: String,
    key_hash: Vec<u8>,
    not_before: jiff_sqlx::Timestamp,
    until: Option<jiff_sqlx::Timestamp>,
}

/// A place in that order.
struct Place {
    changed_at: Timestamp,
    tenant_id: String,
    kind: String,
    key_hash: Vec<u8>,
}

impl Follower {
    pub(super) const fn new(database: Database, list: Arc<List>, wake: Arc<Notify>) -> Self {
        Self {
            database,
            list,
            wake,
        }
    }

    /// Loads the list, then follows it for ever.
    pub(super) async fn follow(self) -> Infallible {
        let mut from = Timestamp::UNIX_EPOCH;
        let mut failures = 0;
        let mut forgot_at = Instant::now();
        loop {
            let began = Instant::now();
            if let Ok(now) = self.look(from).await {
                failures = 0;
                from = now.saturating_sub(OVERLAP).unwrap_or(from);
                self.list.seen(began);
                if forgot_at.elapsed() >= FORGET_EVERY {
                    forgot_at = Instant::now();
                    self.list.forget_before(now);
                }
                histogram!("portal_revocations_look_seconds").record(began.elapsed());
                self.rest(began).await;
            } else {
                counter!("portal_revocations_look_failures_total").increment(1);
                let pause = FAILURE_PAUSE
                    .saturating_mul(1 << failures.min(3))
                    .min(EVERY);
                sleep(pause.saturating_sub(began.elapsed()).max(SHORTEST_PAUSE)).await;
                failures += 1;
            }
        }
    }

    /// Waits until it is time to look again, or somebody says so.
    async fn rest(&self, began: Instant) {
        sleep(SHORTEST_PAUSE).await;
        let left = EVERY.saturating_sub(began.elapsed());
        // Woken or not, the next look is due.
        let _ = timeout(left, self.wake.notified()).await;
    }

    /// Takes over what changed since a time, page by page, and tells the database's own time at
    /// which it began.
    async fn look(&self, from: Timestamp) -> Result<Timestamp, StoreError> {
        let now = self.database.run(self.now()).await?;
        let mut place = Place {
            changed_at: from,
            tenant_id: String::new(),
            kind: String::new(),
            key_hash: Vec::new(),
        };
        loop {
            let (entries, next) = self.database.run(self.page(&place)).await?;
            self.list.take_over(entries);
            match next {
                Some(next) => place = next,
                None => return Ok(now),
            }
        }
    }

    async fn now(&self) -> Result<Timestamp, QueryError> {
        let asked = sqlx::query_scalar("SELECT clock_timestamp()");
        let now: jiff_sqlx::Timestamp = asked.fetch_one(self.database.pool()).await?;
        Ok(now.into())
    }

    /// A page of entries, and where the next one begins, if there may be one.
    async fn page(
        &self,
        after: &Place,
    ) -> Result<(Vec<(TenantId, Revocation)>, Option<Place>), QueryError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT changed_at, tenant_id, kind, key_hash, not_before, until FROM revocations
            WHERE (changed_at, tenant_id, kind, key_hash) > ($1, $2, $3, $4)
                AND (until IS NULL OR until > now())
            ORDER BY changed_at, tenant_id, kind, key_hash LIMIT $5",
        )
        .bind(jiff_sqlx::Timestamp::from(after.changed_at))
        .bind(&after.tenant_id)
        .bind(&after.kind)
        .bind(&after.key_hash)
        .bind(PAGE)
        .fetch_all(self.database.pool())
        .await?;
        let is_full = i64::try_from(rows.len()).is_ok_and(|count| count >= PAGE);
        let next = rows.last().filter(|_| is_full).map(Row::place);
        let entries: Result<_, _> = rows.into_iter().map(Row::entry).collect();
        Ok((entries?, next))
    }
}

impl Row {
    fn place(&self) -> Place {
        Place {
            changed_at: self.changed_at.into(),
            tenant_id: self.tenant_id.clone(),
            kind: self.kind.clone(),
            key_hash: self.key_hash.clone(),
        }
    }

    fn entry(self) -> Result<(TenantId, Revocation), QueryError> {
        let key = RevocationKey {
            kind: RevocationKind::parse(&self.kind).ok_or(QueryError::Corrupt)?,
            hash: self.key_hash.try_into().map_err(|_| QueryError::Corrupt)?,
        };
        let revocation = Revocation {
            key,
            not_before: self.not_before.into(),
            until: self.until.map(Timestamp::from),
        };
        let tenant = TenantId::parse(&self.tenant_id).map_err(|_| QueryError::Corrupt)?;
        Ok((tenant, revocation))
    }
}
