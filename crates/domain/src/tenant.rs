//! A health system that rents the portal, and what of its settings the rules need.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::id::TenantId;
use crate::tenant_config::TenantConfig;

/// A tenant as loaded from the store. `version` rises with every change.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its id, equal to the token's `tid`.
    pub id: TenantId,
    /// The name that patients know.
    pub name: String,
    /// The region whose deployments may serve it.
    pub region: String,
    /// The zone of its civil dates.
    pub time_zone: TimeZone,
    /// BCP 47 tag used where the caller asked for none.
    pub locale: String,
    /// Calendar that clients format with, such as `gregory` or `persian`.
    pub calendar: String,
    /// ISO 4217 code.
    pub currency: String,
    /// How many years access events are kept.
    pub retention_years: u16,
    /// Whether the platform has locked it out whole.
    pub suspended: bool,
    /// What it decides for itself.
    pub config: Arc<TenantConfig>,
    /// Rises with every change, those of `config` included. The journal's fence refuses an event
    /// whose version is no longer the row's, so it is the generation of the policy.
    pub version: i64,
}

impl Tenant {
    /// The day that the tenant's people have at a moment.
    pub fn day(&self, now: Timestamp) -> Date {
        self.time_zone.to_datetime(now).date()
    }
}
