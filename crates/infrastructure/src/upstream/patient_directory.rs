//! The directory of patients, at registration-service.

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
use reqwest::{Request, RequestBuilder, Response, StatusCode};
use serde::Serialize;

use crate::exchange::{Answered, answered};
use crate::http_client::FHIR_JSON;

use super::addresses::TenantBase;
use super::call::{CallError, check_status};
use super::line::SourceLine;
use super::registered::{Known, contacts, known, matched};

const UPSTREAM: &str = Source::Registration.as_str();

/// Asks registration-service: its FHIR Patient for who somebody is now, and its own REST for
/// matches and contacts, because FHIR has no word for a contact that several patients share.
pub struct HttpPatientDirectory {
    line: SourceLine,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Match<'a> {
    mrn: &'a str,
    birth_date: Date,
}

impl HttpPatientDirectory {
    /// A directory at registration.
    pub const fn new(line: SourceLine) -> Self {
        Self { line }
    }

    /// What may be asked for a tenant; nothing where the source is not this tenant's.
    fn base(&self, tenant: &TenantId) -> Result<TenantBase, SourceError> {
        self.line.base(tenant).ok_or(SourceError::Unavailable)
    }

    async fn ask(
        &self,
        request: RequestBuilder,
        (base, tenant): (&TenantBase, &TenantId),
        deadline: Instant,
    ) -> Result<Option<Answered>, SourceError> {
        let request = request.header("x-tenant-id", tenant.as_str()).build();
        let answered = match request {
            Ok(request) => self.exchanged(&request, base, deadline).await,
            Err(_) => Err(CallError::NotAsked),
        };
        answered.map_err(SourceError::from).inspect_err(|error| {
            tracing::warn!(upstream = UPSTREAM, %error, "directory.failed");
        })
    }

    async fn exchanged(
        &self,
        request: &Request,
        base: &TenantBase,
        deadline: Instant,
    ) -> Result<Option<Answered>, CallError> {
        let mut calls = self.line.calls(base.clone(), deadline);
        let (response, exchange) = calls.open(request).await?;
        let reading = tokio::time::timeout_at(deadline.into(), outcome(response)).await;
        let answered = reading.unwrap_or(Err(CallError::TimedOut));
        exchange.ended(answered.as_ref().err().copied(), false);
        answered
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
        let request = self.line.client().get(url).header(ACCEPT, FHIR_JSON);
        let Some(answer) = self.ask(request, (base, tenant), deadline).await? else {
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
            .line
            .client()
            .post(url.ok_or(SourceError::Unavailable)?)
            .header(ACCEPT, "application/json")
            .header(ACCEPT_LANGUAGE, &tenant.locale)
            .json(&Match {
                mrn: mrn.expose(),
                birth_date,
            });
        let deadline = Instant::now() + self.line.timeout();
        let answer = self.ask(request, (&base, &tenant.id), deadline).await?;
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
        let request = self.line.client().get(url.ok_or(SourceError::Unavailable)?);
        let request = request.header(ACCEPT, "application/json");
        let deadline = Instant::now() + self.line.timeout();
        let (known, answer) = tokio::try_join!(
            self.known(&base, tenant, patient, deadline),
            self.ask(request, (&base, tenant), deadline),
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

/// The answer to a question; none for what is not there.
async fn outcome(response: Response) -> Result<Option<Answered>, CallError> {
    match response.status() {
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
        status => {
            check_status(status)?;
            let answered = answered(response).await;
            answered.map(Some).map_err(|_| CallError::Invalid)
        }
    }
}

#[cfg(test)]
#[path = "patient_directory_tests.rs"]
mod tests;
