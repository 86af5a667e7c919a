//! The directory of patients, at registration-service.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use jiff::civil::Date;
use metrics::counter;
use portal_application::ports::{
    MedicalRecordNumber, PatientDirectory, RegisteredPatient, SourceError,
};
use portal_domain::id::{PatientId, TenantId};
use portal_domain::source::Source;
use portal_domain::tenant::Tenant;
use portal_fhir::reference::is_id;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Serialize;

use crate::exchange::{Answered, ExchangeError, exchange};
use crate::fault::Fault;
use crate::http_client::FHIR_JSON;

use super::addresses::TenantBase;
use super::guard::{CallEnd, NotAsked, SourceGuard};
use super::registered::{Known, contacts, known, matched};
use super::settings::SourceSettings;

const UPSTREAM: &str = Source::Registration.as_str();

/// Asks registration-service: its FHIR Patient for who somebody is now, and its own REST for
/// matches and contacts, because FHIR has no word for a contact that several patients share.
pub struct HttpPatientDirectory {
    client: Client,
    settings: SourceSettings,
    guard: Arc<SourceGuard>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Match<'a> {
    mrn: &'a str,
    birth_date: Date,
}

impl HttpPatientDirectory {
    /// A directory at the source of these settings, behind that source's guard. The client must
    /// follow no redirects, as the one of [`crate::http_client::http_client`].
    pub fn new(
        settings: SourceSettings,
        client: Client,
        guard: Arc<SourceGuard>,
    ) -> Result<Self, Vec<Fault>> {
        let faults = settings.faults("REGISTRATION");
        if faults.is_empty() {
            Ok(Self {
                client,
                settings,
                guard,
            })
        } else {
            Err(faults)
        }
    }

    /// What may be asked for a tenant; nothing where the source is not this tenant's.
    fn base(&self, tenant: &TenantId) -> Result<TenantBase, SourceError> {
        TenantBase::new(&self.settings.base_url, tenant)
            .filter(|_| self.settings.serves(tenant))
            .ok_or(SourceError::Unavailable)
    }

    async fn ask(
        &self,
        request: RequestBuilder,
        tenant: &TenantId,
        deadline: Instant,
    ) -> Result<Option<Answered>, SourceError> {
        let request = request.header("x-tenant-id", tenant.as_str());
        let call = self.guard.enter(deadline).await;
        let call = call.map_err(|NotAsked| SourceError::Unavailable)?;
        let answered = exchange(request, UPSTREAM, deadline).await;
        call.ended(end(&answered));
        outcome(answered).inspect_err(|error| {
            tracing::warn!(upstream = UPSTREAM, %error, "directory.failed");
        })
    }

    async fn known(
        &self,
        base: &TenantBase,
        tenant: &TenantId,
        patient: &PatientId,
        deadline: Instant,
    ) -> Result<Option<Known>, SourceError> {
        let url = base.below(&["Patient", patient.as_str()]);
        let url = url.ok_or(SourceError::Unavailable)?;
        let request = self.client.get(url).header(ACCEPT, FHIR_JSON);
        let Some(answer) = self.ask(request, tenant, deadline).await? else {
            return Ok(None);
        };
        let known = known(&answer, base.as_str())?;
        if known.id != patient.as_str() {
            // Somebody else's record must not pass for the one that was asked for.
            counter!("portal_compartment_violations_total", "upstream" => UPSTREAM).increment(1);
            tracing::error!(upstream = UPSTREAM, "directory.foreign_patient");
            return Ok(None);
        }
        Ok(Some(known))
    }
}

#[async_trait]
impl PatientDirectory for HttpPatientDirectory {
    #[tracing::instrument(name = "patient.match", skip_all, level = "debug")]
    async fn match_patient(
        &self,
        tenant: &Tenant,
        mrn: &MedicalRecordNumber,
        birth_date: Date,
    ) -> Result<Option<RegisteredPatient>, SourceError> {
        let base = self.base(&tenant.id)?;
        let url = base.below(&["api", "v1", "patients", "match"]);
        let request = self
            .client
            .post(url.ok_or(SourceError::Unavailable)?)
            .header(ACCEPT, "application/json")
            .header(ACCEPT_LANGUAGE, &tenant.locale)
            .json(&Match {
                mrn: mrn.expose(),
                birth_date,
            });
        let deadline = Instant::now() + self.settings.timeout;
        let answer = self.ask(request, &tenant.id, deadline).await?;
        // Nobody is an empty list; a route that is not there knows nothing of anybody.
        matched(&answer.ok_or(SourceError::Unavailable)?)
    }

    #[tracing::instrument(name = "patient.find", skip_all, level = "debug")]
    async fn find(
        &self,
        tenant: &TenantId,
        patient: &PatientId,
    ) -> Result<Option<RegisteredPatient>, SourceError> {
        if !is_id(patient.as_str()) {
            // No source can hold a record of such an id, and none is asked for it.
            return Ok(None);
        }
        let base = self.base(tenant)?;
        let url = base.below(&["api", "v1", "patients", patient.as_str(), "contacts"]);
        let request = self.client.get(url.ok_or(SourceError::Unavailable)?);
        let request = request.header(ACCEPT, "application/json");
        let deadline = Instant::now() + self.settings.timeout;
        let (known, answer) = tokio::try_join!(
            self.known(&base, tenant, patient, deadline),
            self.ask(request, tenant, deadline),
        )?;
        let Some(known) = known else { return Ok(None) };
        Ok(Some(RegisteredPatient {
            id: patient.clone(),
            // A server without this route vouches for no contact.
            contacts: answer.as_ref().map_or(Ok(Vec::new()), contacts)?,
            deceased: known.deceased,
            replaced_by: known.replaced_by,
        }))
    }
}

/// What an exchange says about the source.
fn end(answered: &Result<Answered, ExchangeError>) -> CallEnd {
    match answered {
        Ok(answered) if answered.status.is_server_error() => CallEnd::Failed,
        Ok(_) | Err(ExchangeError::Unreadable) => CallEnd::Answered,
        Err(ExchangeError::Unreachable) => CallEnd::Failed,
        Err(ExchangeError::TimedOut) => CallEnd::TimedOut,
    }
}

/// The answer to a question; none for what is not there.
fn outcome(answered: Result<Answered, ExchangeError>) -> Result<Option<Answered>, SourceError> {
    let answered = answered.map_err(|error| match error {
        ExchangeError::Unreachable => SourceError::Unavailable,
        ExchangeError::TimedOut => SourceError::TimedOut,
        ExchangeError::Unreadable => SourceError::Invalid,
    })?;
    match answered.status {
        StatusCode::OK => Ok(Some(answered)),
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
        status if status.is_client_error() || status.is_server_error() => {
            Err(SourceError::Unavailable)
        }
        // Redirects are not followed, and nothing else is an answer.
        _ => Err(SourceError::Invalid),
    }
}

#[cfg(test)]
#[path = "patient_directory_tests.rs"]
mod tests;
