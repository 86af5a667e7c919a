//! What the identity provider is asked for by a change.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use portal_application::ports::{ProviderTask, StoreError};
use portal_domain::id::{ClientId, Issuer, PatientId, Subject};

use super::super::revocations::{Revocation, UNTIL_WITHDRAWN, upsert};
use super::PgUnitOfWork;

/// How long a person's user is worth being told: afterwards staff must look.
const TRIED_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

impl PgUnitOfWork {
    /// Stores a task in the place of an older one of its key, and has it begun at the commit.
    pub(super) async fn store_task(
        &mut self,
        (issuer, subject): &(Issuer, Subject),
        task: &ProviderTask,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let client = task.client();
        let patient = match task {
            ProviderTask::LinkPatient(patient) => patient.as_ref(),
            ProviderTask::EndSessions | ProviderTask::RevokeConsent(_) => None,
        };
        // An app that was revoked stays so until the provider has said that it is.
        let expires_at = client.is_none().then_some(now + TRIED_FOR);
        let asked = sqlx::query(
            "INSERT INTO provider_tasks (tenant_id, issuer, subject, kind, client_id, patient_id,
                next_try_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (tenant_id, issuer, subject, kind, client_id) DO UPDATE SET
                patient_id = $6, attempts = 0, next_try_at = $7, expires_at = $8,
                version = DEFAULT",
        )
        .bind(self.tenant.as_str())
        .bind(issuer.as_str())
        .bind(subject.as_str())
        .bind(task.kind())
        .bind(client.map_or("", ClientId::as_str))
        .bind(patient.map(PatientId::as_str))
        .bind(now.to_sqlx())
        .bind(expires_at.map(Timestamp::to_sqlx));
        self.asks_provider = true;
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            asked.execute(connection).await?;
            Ok(())
        })
        .await
    }

    /// Refuses an app for as long as it takes until its consent is withdrawn.
    pub(super) async fn refuse_app(
        &mut self,
        (issuer, subject): &(Issuer, Subject),
        client: &ClientId,
    ) -> Result<(), StoreError> {
        let hashes = &self.shared.revocations;
        let revocation = Revocation {
            key: hashes.of_subject_and_client(issuer, subject, client),
            not_before: UNTIL_WITHDRAWN,
            until: None,
        };
        let (tenant, connection) = (&self.tenant, &mut *self.transaction);
        Self::step(&self.shared.database, async {
            Ok(upsert(connection, tenant, &revocation).await?)
        })
        .await
    }
}
