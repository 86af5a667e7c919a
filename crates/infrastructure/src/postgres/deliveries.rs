//! Links and codes between the change that made them and the notifier that takes them.

use std::sync::Arc;

use jiff::Timestamp;
use portal_application::ports::{ContactAddress, ContactChannel, Delivery, StoreError};
use portal_domain::id::TenantId;
use serde::{Deserialize, Serialize};

use crate::crypto::{KeyRing, Sealer};

/// Seals deliveries, each to its tenant and id.
#[derive(Debug)]
pub struct DeliverySeal(Sealer);

#[derive(Serialize, Deserialize)]
struct Sealed<'a> {
    channel: &'a str,
    address: &'a str,
    language: &'a str,
    template_key: &'a str,
    secret: &'a str,
}

impl DeliverySeal {
    /// With the keys of a ring.
    pub fn new(ring: Arc<KeyRing>) -> Self {
        Self(Sealer::new(ring, "delivery"))
    }

    /// What is stored of a delivery beside its id.
    pub(super) fn seal(&self, delivery: &Delivery, now: Timestamp) -> Result<Vec<u8>, StoreError> {
        let content = serde_json::to_vec(&Sealed {
            channel: delivery.channel.as_str(),
            address: delivery.address.expose(),
            language: &delivery.language,
            template_key: &delivery.template_key,
            secret: &delivery.secret,
        });
        let content = content.map_err(|_| StoreError::Corrupt)?;
        let mut sealed = Vec::new();
        let (scope, context) = (delivery.tenant.as_str(), delivery.id.as_bytes());
        self.0
            .seal_into(&mut sealed, scope, context, now, |bytes| {
                bytes.extend_from_slice(&content);
            })
            .map_err(|_| StoreError::Corrupt)?;
        Ok(sealed)
    }

    /// The delivery of a row.
    pub(super) fn open(
        &self,
        tenant: &TenantId,
        id: &str,
        sealed: Vec<u8>,
    ) -> Result<Delivery, StoreError> {
        let corrupt = |()| StoreError::Corrupt;
        let opened = self.0.open(sealed, 0, tenant.as_str(), id.as_bytes());
        let opened = opened.map_err(|_| StoreError::Corrupt)?;
        let content: Sealed<'_> =
            serde_json::from_slice(&opened).map_err(|_| StoreError::Corrupt)?;
        Ok(Delivery {
            id: id.to_owned(),
            tenant: tenant.clone(),
            channel: ContactChannel::parse(content.channel)
                .ok_or(())
                .map_err(corrupt)?,
            address: ContactAddress::new(content.address),
            language: content.language.to_owned(),
            template_key: content.template_key.to_owned(),
            secret: content.secret.to_owned(),
        })
    }
}
