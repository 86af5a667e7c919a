//! Keycloak's administration of users (its Admin REST API, `/admin/realms/{realm}/users`).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use portal_application::ports::{IdentityAdmin, IdentityAdminError};
use portal_domain::id::{Issuer, PatientId, Subject};
use portal_fhir::patient_address;
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use url::Url;

use super::realm::Realm;
use super::settings::ClientCredentials;
use super::user::linked;

const PATIENCE: Duration = Duration::from_secs(3);

/// Administers the users of issuers that are realms of Keycloak, each by a service account of the
/// same name in it.
pub struct KeycloakAdmin {
    client: Client,
    realms: BTreeMap<Issuer, Realm>,
    fhir_url: String,
    patience: Duration,
}

/// What an answer is to a request.
enum Outcome {
    Done(Vec<u8>),
    NotFound,
}

impl Outcome {
    /// There must have been somebody to do it to.
    fn done(self) -> Result<(), IdentityAdminError> {
        match self {
            Self::Done(_) => Ok(()),
            Self::NotFound => Err(IdentityAdminError::Refused),
        }
    }
}

impl KeycloakAdmin {
    /// Administers those of the issuers that are realms of Keycloak. `public_url` is where this
    /// service is reached. The client must follow no redirects, as the one of
    /// [`crate::http_client::http_client`].
    pub fn new<'a>(
        issuers: impl IntoIterator<Item = &'a Issuer>,
        credentials: &ClientCredentials,
        public_url: &str,
        client: Client,
    ) -> Self {
        let realm = |issuer: &Issuer| {
            let realm = Realm::of(issuer, credentials, &client)?;
            Some((issuer.clone(), realm))
        };
        Self {
            realms: issuers.into_iter().filter_map(realm).collect(),
            fhir_url: format!("{public_url}/fhir/R4"),
            patience: PATIENCE,
            client,
        }
    }

    /// Whether an issuer is a realm of Keycloak by its name: `{base}/realms/{realm}`.
    pub fn administers(issuer: &Issuer) -> bool {
        Realm::parts(issuer).is_some()
    }

    fn realm(&self, issuer: &Issuer) -> Result<&Realm, IdentityAdminError> {
        let realm = self.realms.get(issuer);
        realm.ok_or(IdentityAdminError::NotConfigured)
    }

    /// The Patient as this service's FHIR face names it.
    fn fhir_user(&self, patient: &PatientId) -> Result<String, IdentityAdminError> {
        let address = patient_address(patient.as_str());
        let address = address.ok_or(IdentityAdminError::Refused)?;
        Ok(format!("{}/Patient/{address}", self.fhir_url))
    }

    /// Sends one request. A token that is refused is fetched anew, once.
    async fn call(
        &self,
        realm: &Realm,
        method: Method,
        url: Url,
        body: Option<&Value>,
        deadline: Instant,
    ) -> Result<Outcome, IdentityAdminError> {
        let mut refused = None;
        loop {
            let token = realm.token.get(refused.as_ref(), deadline).await;
            let token = token.map_err(|reason| realm.unavailable(reason))?;
            let mut request = self.client.request(method.clone(), url.clone());
            if let Some(body) = body {
                request = request.json(body);
            }
            let answer = realm.exchange(request, &token, deadline).await?;
            match answer.status {
                StatusCode::UNAUTHORIZED if refused.is_none() => refused = Some(token),
                StatusCode::NOT_FOUND => return Ok(Outcome::NotFound),
                status if status.is_success() => return Ok(Outcome::Done(answer.body)),
                status => return Err(realm.failed(status)),
            }
        }
    }
}

#[async_trait]
impl IdentityAdmin for KeycloakAdmin {
    #[tracing::instrument(name = "identity.link", skip_all, level = "debug")]
    async fn link_patient(
        &self,
        issuer: &Issuer,
        subject: &Subject,
        patient: Option<&PatientId>,
    ) -> Result<(), IdentityAdminError> {
        let realm = self.realm(issuer)?;
        let url = realm.user(subject, &[])?;
        let fhir_user = patient.map(|patient| self.fhir_user(patient)).transpose()?;
        let deadline = Instant::now() + self.patience;
        let found = self.call(realm, Method::GET, url.clone(), None, deadline);
        let Outcome::Done(body) = found.await? else {
            return Err(IdentityAdminError::Refused);
        };
        let link = patient.map(PatientId::as_str).zip(fhir_user.as_deref());
        let user = linked(&body, subject.as_str(), link);
        let user = user.map_err(|reason| realm.unavailable(reason))?;
        let Some(user) = user else { return Ok(()) };
        let put = self.call(realm, Method::PUT, url, Some(&user), deadline);
        put.await?.done()
    }

    #[tracing::instrument(name = "identity.logout", skip_all, level = "debug")]
    async fn end_sessions(
        &self,
        issuer: &Issuer,
        subject: &Subject,
    ) -> Result<(), IdentityAdminError> {
        let realm = self.realm(issuer)?;
        let url = realm.user(subject, &["logout"])?;
        let deadline = Instant::now() + self.patience;
        let outcome = self.call(realm, Method::POST, url, None, deadline).await;
        outcome?.done()
    }

    #[tracing::instrument(name = "identity.revoke_consent", skip_all, level = "debug")]
    async fn revoke_consent(
        &self,
        issuer: &Issuer,
        subject: &Subject,
        client: &str,
    ) -> Result<(), IdentityAdminError> {
        let realm = self.realm(issuer)?;
        let url = realm.user(subject, &["consents", client])?;
        let deadline = Instant::now() + self.patience;
        // Where there is no consent it is as it should be.
        let outcome = self.call(realm, Method::DELETE, url, None, deadline).await;
        outcome.map(|_: Outcome| ())
    }
}

#[cfg(test)]
#[path = "admin_tests.rs"]
mod tests;
