//! Revocations from an operator.

use jiff::Timestamp;
use portal_domain::id::TenantId;
use sqlx::{Postgres, Transaction};

use crate::crypto::{RevocationHashes, RevocationKey};

use super::super::import_line::{RevocationLine, Revoked};
use super::super::revocations::{Revocation, upsert};
use super::{Import, ImportCode, ImportOutcome, LineError, tenant_exists};

/// An entry's bounds as they are stored.
type Bounds = (jiff_sqlx::Timestamp, Option<jiff_sqlx::Timestamp>);

impl Import {
    /// Writes the entry that the line says, or moves the one of the same tokens forwards. Every
    /// pod refuses them within two seconds.
    pub(super) async fn revocation(
        &mut self,
        line: &RevocationLine,
    ) -> Result<ImportOutcome, LineError> {
        let hashes = self.revocations.as_ref();
        let hashes = hashes.ok_or(LineError::Refused(ImportCode::KeyRingRequired))?;
        let revocation = Revocation {
            key: key(hashes, line),
            not_before: line.not_before.unwrap_or_else(|| self.clock.now()),
            until: line.until,
        };
        let tenant = &line.tenant_id;
        let mut transaction = self.begin(tenant).await?;
        if !tenant_exists(&mut transaction, tenant).await? {
            return Err(LineError::Refused(ImportCode::TenantUnknown));
        }
        let before = bounds(&mut transaction, tenant, &revocation.key).await?;
        upsert(&mut transaction, tenant, &revocation).await?;
        let after = bounds(&mut transaction, tenant, &revocation.key).await?;
        transaction.commit().await?;
        Ok(match before {
            None => ImportOutcome::Created,
            Some(_) if before.map(instants) == after.map(instants) => ImportOutcome::Unchanged,
            Some(_) => ImportOutcome::Updated,
        })
    }
}

fn key(hashes: &RevocationHashes, line: &RevocationLine) -> RevocationKey {
    let issuer = &line.issuer;
    match &line.revoked {
        Revoked::Session(session) => hashes.of_session(issuer, session),
        Revoked::Token(token) => hashes.of_token(issuer, token),
        Revoked::Subject(subject) => hashes.of_subject(issuer, subject),
        Revoked::SubjectAndClient(subject, client) => {
            hashes.of_subject_and_client(issuer, subject, client)
        }
    }
}

async fn bounds(
    transaction: &mut Transaction<'_, Postgres>,
    tenant: &TenantId,
    key: &RevocationKey,
) -> Result<Option<Bounds>, sqlx::Error> {
    sqlx::query_as(
        "SELECT not_before, until FROM revocations
        WHERE tenant_id = $1 AND kind = $2 AND key_hash = $3",
    )
    .bind(tenant.as_str())
    .bind(key.kind.as_str())
    .bind(key.hash)
    .fetch_optional(&mut **transaction)
    .await
}

fn instants((not_before, until): Bounds) -> (Timestamp, Option<Timestamp>) {
    (not_before.into(), until.map(Timestamp::from))
}
