//! Links of patients to the ids that sources know them by.

use async_trait::async_trait;
use jiff_sqlx::ToSqlx as _;
use portal_application::ports::{LinkPlace, PatientLink, PatientLinks, StoreError};
use portal_domain::id::PatientId;

use super::database::Database;
use super::error::{QueryError, UNIQUE_VIOLATION, code};

/// Keeps links with the login of requests.
#[derive(Debug)]
pub struct PgPatientLinks {
    database: Database,
}

impl PgPatientLinks {
    /// Over the database as [`super::Login::App`] sees it.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    async fn found(
        &self,
        place: &LinkPlace,
        patient: &PatientId,
    ) -> Result<Option<PatientLink>, QueryError> {
        let mut transaction = self.database.begin(&place.tenant).await?;
        let row = sqlx::query_as::<_, (String, jiff_sqlx::Timestamp)>(
            "SELECT source_patient_id, verified_at FROM patient_links
            WHERE tenant_id = $1 AND patient_id = $2 AND base = $3 AND system = $4",
        )
        .bind(place.tenant.as_str())
        .bind(patient.as_str())
        .bind(&*place.base)
        .bind(&*place.system)
        .fetch_optional(&mut *transaction)
        .await?;
        row.map(|(at_source, verified_at)| {
            Ok(PatientLink {
                at_source: stored_id(&at_source)?,
                verified_at: verified_at.into(),
            })
        })
        .transpose()
    }

    // Whoever holds the id already keeps it: two patients with one id would see each other's records.
    async fn kept(
        &self,
        place: &LinkPlace,
        patient: &PatientId,
        link: &PatientLink,
    ) -> Result<bool, QueryError> {
        let mut transaction = self.database.begin(&place.tenant).await?;
        let kept = sqlx::query(
            "INSERT INTO patient_links
                (tenant_id, patient_id, base, system, source_patient_id, verified_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (tenant_id, patient_id, base) DO UPDATE SET system = EXCLUDED.system,
                source_patient_id = EXCLUDED.source_patient_id,
                verified_at = EXCLUDED.verified_at",
        )
        .bind(place.tenant.as_str())
        .bind(patient.as_str())
        .bind(&*place.base)
        .bind(&*place.system)
        .bind(link.at_source.as_str())
        .bind(link.verified_at.to_sqlx())
        .execute(&mut *transaction)
        .await;
        match kept {
            Ok(_) => Ok(transaction.commit().await.map(|()| true)?),
            Err(error) if code(&error) == UNIQUE_VIOLATION => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn forgotten(&self, place: &LinkPlace, patient: &PatientId) -> Result<(), QueryError> {
        let mut transaction = self.database.begin(&place.tenant).await?;
        sqlx::query(
            "DELETE FROM patient_links WHERE tenant_id = $1 AND patient_id = $2 AND base = $3",
        )
        .bind(place.tenant.as_str())
        .bind(patient.as_str())
        .bind(&*place.base)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    async fn known(
        &self,
        place: &LinkPlace,
        at_source: &PatientId,
    ) -> Result<Option<PatientId>, QueryError> {
        let mut transaction = self.database.begin(&place.tenant).await?;
        let patient = sqlx::query_scalar::<_, String>(
            "SELECT patient_id FROM patient_links
            WHERE tenant_id = $1 AND base = $2 AND source_patient_id = $3 AND system = $4",
        )
        .bind(place.tenant.as_str())
        .bind(&*place.base)
        .bind(at_source.as_str())
        .bind(&*place.system)
        .fetch_optional(&mut *transaction)
        .await?;
        patient.map(|id| stored_id(&id)).transpose()
    }
}

fn stored_id(text: &str) -> Result<PatientId, QueryError> {
    PatientId::parse(text).map_err(|_| QueryError::Corrupt)
}

#[async_trait]
impl PatientLinks for PgPatientLinks {
    #[tracing::instrument(name = "db.patient_links.find", skip_all, level = "debug")]
    async fn find(
        &self,
        place: &LinkPlace,
        patient: &PatientId,
    ) -> Result<Option<PatientLink>, StoreError> {
        self.database.run(self.found(place, patient)).await
    }

    #[tracing::instrument(name = "db.patient_links.keep", skip_all, level = "debug")]
    async fn keep(
        &self,
        place: &LinkPlace,
        patient: &PatientId,
        link: &PatientLink,
    ) -> Result<bool, StoreError> {
        self.database.run(self.kept(place, patient, link)).await
    }

    #[tracing::instrument(name = "db.patient_links.forget", skip_all, level = "debug")]
    async fn forget(&self, place: &LinkPlace, patient: &PatientId) -> Result<(), StoreError> {
        self.database.run(self.forgotten(place, patient)).await
    }

    #[tracing::instrument(name = "db.patient_links.patient_of", skip_all, level = "debug")]
    async fn patient_of(
        &self,
        place: &LinkPlace,
        at_source: &PatientId,
    ) -> Result<Option<PatientId>, StoreError> {
        self.database.run(self.known(place, at_source)).await
    }
}

#[cfg(test)]
#[path = "patient_links_tests.rs"]
mod tests;
