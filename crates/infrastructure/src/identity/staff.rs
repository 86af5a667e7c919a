//! Tokens of staff: of one issuer that nothing else believes, for one audience.

use std::sync::Arc;

use async_trait::async_trait;
use portal_application::ports::{BearerToken, Clock, StaffTokenVerifier, TokenRefusal};
use portal_domain::access::{StaffToken, Surface};
use portal_domain::id::Issuer;
use reqwest::Client;

use super::settings::{IssuerSettings, OidcSettings};
use super::verifier::OidcVerifier;
use crate::crypto::RevocationHashes;
use crate::fault::Fault;

/// Verifies access tokens of the staff issuer.
#[derive(Debug)]
pub struct OidcStaffVerifier(OidcVerifier);

impl OidcStaffVerifier {
    /// For an issuer and an audience; claims, levels and lifetimes are read as those of patients.
    pub fn new(
        (issuer, audience): (&Issuer, &str),
        patients: &OidcSettings,
        revocations: RevocationHashes,
        client: &Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Vec<Fault>> {
        let settings = OidcSettings {
            issuers: vec![IssuerSettings {
                issuer: issuer.clone(),
                tenant: None,
            }],
            portal_audience: audience.to_owned(),
            fhir_audience: audience.to_owned(),
            ..patients.clone()
        };
        OidcVerifier::new(settings, revocations, client, clock).map(Self)
    }

    /// Fetches the issuer's keys, unless they are fresh.
    pub async fn warm_up(&self) {
        self.0.warm_up().await;
    }
}

#[async_trait]
impl StaffTokenVerifier for OidcStaffVerifier {
    async fn verify(&self, token: &BearerToken) -> Result<Arc<StaffToken>, TokenRefusal> {
        let believed = self.0.believe(token).await?;
        let roles = believed.roles.clone();
        Ok(Arc::new(StaffToken {
            token: believed.for_surface(Surface::Portal)?,
            roles,
        }))
    }
}
