//! The adapters of who people are, how they are reached, and what their tenants hold.

use std::sync::Arc;

use portal_application::ports::{
    Clock, Entitlements, Notifier, PatientDirectory, StaffTokenVerifier,
};
use portal_domain::source::Source;
use portal_infrastructure::crypto::RevocationHashes;
use portal_infrastructure::entitlements::HttpEntitlements;
use portal_infrastructure::fault::Fault;
use portal_infrastructure::http_client::HttpClient;
use portal_infrastructure::identity::OidcStaffVerifier;
use portal_infrastructure::unconfigured::Unconfigured;
use portal_infrastructure::upstream::{FhirSources, HttpPatientDirectory};

use crate::config::{EntitlementsConfig, ServeConfig};

use super::jobs::notifier;

/// One adapter a port.
pub(super) struct People {
    pub(super) staff: Option<Arc<dyn StaffTokenVerifier>>,
    pub(super) directory: Arc<dyn PatientDirectory>,
    pub(super) notifier: Arc<dyn Notifier>,
    pub(super) entitlements: Arc<dyn Entitlements>,
}

impl People {
    pub(super) fn new(
        config: &ServeConfig,
        client: &HttpClient,
        clock: &Arc<dyn Clock>,
        sources: &FhirSources,
    ) -> Result<Self, Vec<Fault>> {
        Ok(Self {
            staff: staff(config, client, clock)?,
            directory: directory(sources),
            notifier: match &config.people.communication {
                Some(communication) => Arc::new(notifier(communication, client, clock)),
                None => Arc::new(Unconfigured),
            },
            entitlements: entitlements(config, client, clock),
        })
    }
}

/// Of the issuer that only `/internal` believes.
fn staff(
    config: &ServeConfig,
    client: &HttpClient,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Arc<dyn StaffTokenVerifier>>, Vec<Fault>> {
    let Some(staff) = &config.people.staff else {
        return Ok(None);
    };
    let verifier = OidcStaffVerifier::new(
        (&staff.issuer, &staff.audience),
        &config.identity,
        RevocationHashes::new(&config.key_ring),
        client,
        Arc::clone(clock),
    )?;
    Ok(Some(Arc::new(verifier)))
}

fn directory(sources: &FhirSources) -> Arc<dyn PatientDirectory> {
    match sources.line(Source::Registration) {
        Some(line) => Arc::new(HttpPatientDirectory::new(line)),
        None => Arc::new(Unconfigured),
    }
}

fn entitlements(
    config: &ServeConfig,
    client: &HttpClient,
    clock: &Arc<dyn Clock>,
) -> Arc<dyn Entitlements> {
    match &config.licences.entitlements {
        EntitlementsConfig::Static(list) => Arc::new(list.clone()),
        EntitlementsConfig::Http(url) => {
            let module_key = config.licences.module_key.clone();
            let clock = Arc::clone(clock);
            Arc::new(HttpEntitlements::new(
                url,
                module_key,
                client.clone(),
                clock,
            ))
        }
    }
}
