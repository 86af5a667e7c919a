//! Budgets of points: how much one account, or one client address, may ask for within a window.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use portal_domain::id::{Issuer, Subject, TenantId};

/// Who pays.
#[derive(Debug, Clone, Copy)]
pub enum Payer<'a> {
    /// Whoever calls from an address.
    Address(IpAddr),
    /// A person, whichever client they use.
    Account {
        /// The tenant.
        tenant: &'a TenantId,
        /// Who vouches for them.
        issuer: &'a Issuer,
        /// Their `sub`.
        subject: &'a Subject,
    },
}

/// Where a budget stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether the points were there.
    pub admitted: bool,
    /// Points of a window.
    pub quota: u32,
    /// The window.
    pub window: Duration,
    /// Points that are left of it.
    pub remaining: u32,
    /// When all points are there again.
    pub resets_in: Duration,
}

/// Counts points, across pods where it can. Never fails a request: who cannot ask the others counts
/// alone.
#[async_trait]
pub trait RateLimits: Send + Sync {
    /// Takes points from a budget. Of one that has not so many left none are taken.
    async fn take(&self, payer: Payer<'_>, points: u32) -> Standing;
}
