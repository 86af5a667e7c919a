//! Events of the platform's other services, from the message to what they change. Whatever comes is
//! dealt with exactly once, or given up with its reason.

mod confirm;
mod handle;
mod patients;
mod pattern;
mod people;
mod receive;
mod records;
mod subscriptions;
mod tenants;

pub use receive::{InboxMessage, Verdict};
pub use subscriptions::{Subscription, SubscriptionFault, Subscriptions};

use std::sync::Arc;

use portal_domain::id::{Issuer, TenantId};

use crate::bursts::Bursts;
use crate::portal::{Inner, Portal};
use crate::ports::{InboxUnitsOfWork, RecordInvalidation};

/// What the consumption of events stands on beside a portal.
#[derive(Clone)]
pub struct InboxParts {
    /// Changes.
    pub units: Arc<dyn InboxUnitsOfWork>,
    /// Cached records, to be read anew.
    pub cache: Arc<dyn RecordInvalidation>,
    /// What is consumed, and from whom.
    pub subscriptions: Arc<Subscriptions>,
    /// Whose users the tenants' people are; without a tenant, of every one.
    pub issuers: Vec<(Issuer, Option<TenantId>)>,
    /// The region of this deployment.
    pub region: String,
}

/// The consumer of events. Cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    inner: Arc<Inner>,
    parts: InboxParts,
    bursts: Arc<Bursts>,
}

impl Inbox {
    /// Beside a portal, over the same facts.
    pub fn new(portal: &Portal, parts: InboxParts) -> Self {
        Self {
            inner: portal.inner(),
            parts,
            bursts: Arc::new(Bursts::new()),
        }
    }

    /// What it consumes.
    pub fn subscriptions(&self) -> &Subscriptions {
        &self.parts.subscriptions
    }

    /// The issuers whose users a tenant's people may be; of these the one that an event names.
    fn issuers_of<'a>(
        &'a self,
        tenant: &'a TenantId,
        named: Option<&'a Issuer>,
    ) -> impl Iterator<Item = &'a Issuer> {
        let of_tenant = self
            .parts
            .issuers
            .iter()
            .filter(move |(_, bound)| bound.as_ref().is_none_or(|bound| bound == tenant));
        of_tenant
            .map(|(issuer, _)| issuer)
            .filter(move |issuer| named.is_none_or(|named| named == *issuer))
    }
}
