//! A health system that rents the portal, and what of its settings the rules need.

use jiff::tz::TimeZone;

use crate::id::TenantId;

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
    /// Rises with every change.
    pub version: i64,
}
