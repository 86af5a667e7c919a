//! The list of revocations: written under one tenant, followed in memory for all of them.

mod follower;
mod list;

#[cfg(test)]
mod rights_tests;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use portal_application::ports::{Component, ListedStanding, Revocations, StoreError};
use portal_domain::access::VerifiedToken;
use portal_domain::id::TenantId;
use sqlx::PgConnection;
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::crypto::RevocationKey;

use super::database::Database;
use follower::Follower;
use list::List;

/// An entry: which tokens count no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// What they have in common.
    pub key: RevocationKey,
    /// Those whose `iat` is not later are refused, in whole seconds.
    pub not_before: Timestamp,
    /// When every such token has expired; none if the entry stays.
    pub until: Option<Timestamp>,
}

/// The `not_before` of an app whose consent the identity provider has yet to withdraw: no token is
/// that new, so that a refreshed one is refused as well.
pub(super) const UNTIL_WITHDRAWN: Timestamp = Timestamp::constant(253_370_764_800, 0);
/// Longer than any token lives that was issued before a consent was withdrawn.
const OUTLIVED: SignedDuration = SignedDuration::from_hours(24);

/// Writes entries with the login of requests.
#[derive(Debug, Clone)]
pub struct PgRevoker {
    database: Database,
}

impl PgRevoker {
    /// Over the database as [`super::Login::App`] sees it.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// Writes an entry, or moves the one of the same key forwards. Every pod's list has it within
    /// two seconds, and at once where a hint follows.
    #[tracing::instrument(name = "db.revocations.revoke", skip_all, level = "debug")]
    pub async fn revoke(
        &self,
        tenant: &TenantId,
        revocation: &Revocation,
    ) -> Result<(), StoreError> {
        let work = async {
            let mut transaction = self.database.begin(tenant).await?;
            upsert(&mut transaction, tenant, revocation).await?;
            Ok(transaction.commit().await?)
        };
        self.database.run(work).await
    }
}

/// Writes an entry in a transaction of its tenant. Of two the later `not_before` and the later end
/// count.
pub(super) async fn upsert(
    connection: &mut PgConnection,
    tenant: &TenantId,
    revocation: &Revocation,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO revocations AS known (tenant_id, kind, key_hash, not_before, until)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (tenant_id, kind, key_hash) DO UPDATE SET
            not_before = GREATEST(known.not_before, EXCLUDED.not_before),
            until = CASE WHEN known.until IS NOT NULL AND EXCLUDED.until IS NOT NULL
                THEN GREATEST(known.until, EXCLUDED.until) END",
    )
    .bind(tenant.as_str())
    .bind(revocation.key.kind.as_str())
    .bind(revocation.key.hash)
    .bind(jiff_sqlx::Timestamp::from(revocation.not_before))
    .bind(revocation.until.map(jiff_sqlx::Timestamp::from))
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets the entry of an app whose consent was withdrawn refuse tokens up to a time, and end when
/// those have expired. One that waits for nothing stays as it is.
pub(super) async fn lower(
    connection: &mut PgConnection,
    tenant: &TenantId,
    key: RevocationKey,
    not_before: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE revocations SET not_before = $4, until = $5
        WHERE tenant_id = $1 AND kind = $2 AND key_hash = $3 AND not_before = $6",
    )
    .bind(tenant.as_str())
    .bind(key.kind.as_str())
    .bind(key.hash)
    .bind(jiff_sqlx::Timestamp::from(not_before))
    .bind(jiff_sqlx::Timestamp::from(not_before + OUTLIVED))
    .bind(jiff_sqlx::Timestamp::from(UNTIL_WITHDRAWN))
    .execute(connection)
    .await?;
    Ok(())
}

/// The list in memory, which a task follows until this is dropped.
pub struct PgRevocations {
    list: Arc<List>,
    _following: DropGuard,
}

impl fmt::Debug for PgRevocations {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PgRevocations")
    }
}

impl PgRevocations {
    /// Starts to load the list, over the database as [`super::Login::Journal`] sees it, and to
    /// follow it every two seconds, and at once when `wake` is notified, at most twenty times a
    /// second. Runs inside the runtime.
    pub fn start(database: Database, wake: Arc<Notify>) -> Self {
        let list = Arc::new(List::default());
        let stop = CancellationToken::new();
        let follower = Follower::new(database, Arc::clone(&list), wake);
        let following = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = following.cancelled() => {}
                never = follower.follow() => match never {},
            }
        });
        Self {
            list,
            _following: stop.drop_guard(),
        }
    }

    /// Whether the whole list was read once.
    pub fn is_loaded(&self) -> bool {
        self.list.is_loaded()
    }

    /// Whether the list is fresh, for health. A stale one refuses what must be certain, not
    /// everything.
    pub fn component(&self) -> Component {
        Component {
            name: "revocations",
            healthy: self.list.is_fresh(Instant::now()),
            required: false,
        }
    }
}

impl Revocations for PgRevocations {
    fn standing(&self, tenant: &TenantId, token: &VerifiedToken, _: Timestamp) -> ListedStanding {
        let keys = RevocationKey::of_token(&token.revocation_keys);
        self.list
            .standing(tenant, keys, token.issued_at, Instant::now())
    }
}
