//! What the jobs beside the relay need: whoever publishes also delivers, asks the identity provider
//! and ends what is over.

use std::sync::Arc;

use portal_domain::id::Issuer;
use portal_infrastructure::crypto::KeyRing;
use portal_infrastructure::identity::{ClientCredentials, IssuerSettings, KeycloakAdmin};

use super::people::{Communication, IDENTITY_ADMIN_CLIENT_ID, PeopleConfig};
use super::reader::Reader;
use super::service::PUBLIC_URL;
use super::stores::{DATABASE_URL, NATS_URL};

/// What jobs run on, beside the stores of the relay.
#[derive(Debug, Clone)]
pub struct JobsConfig {
    /// What links, codes and revocations are sealed and hashed with.
    pub key_ring: Arc<KeyRing>,
    /// Where links and codes are handed over; none without a notifier.
    pub communication: Option<Communication>,
    /// Who administers users; none where nobody does.
    pub identity_admin: Option<IdentityAdminConfig>,
}

/// The administration of the identity provider's users.
#[derive(Debug, Clone)]
pub struct IdentityAdminConfig {
    /// Who this service is to it.
    pub credentials: ClientCredentials,
    /// Whose users it administers, as far as they are realms of Keycloak.
    pub issuers: Vec<Issuer>,
    /// Where this service is reached: users are linked to a Patient of its FHIR face.
    pub public_url: String,
}

pub(super) fn jobs(
    people: Option<&PeopleConfig>,
    identity_admin: Option<IdentityAdminConfig>,
    key_ring: Option<&Arc<KeyRing>>,
) -> Option<JobsConfig> {
    Some(JobsConfig {
        key_ring: Arc::clone(key_ring?),
        communication: people?.communication.clone(),
        identity_admin,
    })
}

/// None where no account is named, or where something is missing beside it, which is a fault.
pub(super) fn identity_admin(
    reader: &mut Reader<'_>,
    people: Option<&PeopleConfig>,
    (issuers, public_url): (Option<Vec<IssuerSettings>>, Option<&str>),
) -> Option<IdentityAdminConfig> {
    let credentials = people?.identity_admin.clone()?;
    // Migrations administer nobody.
    if !reader.needs(&DATABASE_URL) && !reader.needs(&NATS_URL) {
        return None;
    }
    if public_url.is_none() && !reader.needs(&PUBLIC_URL) {
        let problem = "is missing, and IDENTITY_ADMIN_CLIENT_ID is set";
        reader.fault(&PUBLIC_URL, problem, "where callers reach this service");
    }
    let named = issuers.or_else(|| (!reader.needs(&PUBLIC_URL)).then(Vec::new));
    let issuers: Vec<Issuer> = named?.into_iter().map(|one| one.issuer).collect();
    check_realms(reader, &issuers);
    Some(IdentityAdminConfig {
        credentials,
        issuers,
        public_url: public_url?.to_owned(),
    })
}

// An account for nobody's users is a mistake that would show only when somebody registers.
fn check_realms(reader: &mut Reader<'_>, issuers: &[Issuer]) {
    if !issuers.iter().any(KeycloakAdmin::administers) {
        reader.fault(
            &IDENTITY_ADMIN_CLIENT_ID,
            "is set, and no issuer is a realm of Keycloak",
            "an issuer that ends in /realms/NAME",
        );
    }
}
