//! Everything the decision looks at. Gathered by one service, decided by one function.

use std::sync::Arc;

use crate::account::AccountSnapshot;
use crate::tenant::Tenant;

use super::VerifiedToken;

/// What `X-Acting-For` said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ActingFor {
    /// Not sent: the caller acts for themselves.
    #[default]
    Oneself,
    /// Sent. No delegation is known to this service yet, so none can be valid.
    Delegation,
}

/// What the request itself claims about its context. Never a source of rights.
#[derive(Debug, Clone, Default)]
pub struct StatedContext {
    /// `X-Tenant-ID`, when sent: must equal the token's tenant.
    pub tenant: Option<Box<str>>,
    /// `X-Acting-For`.
    pub acting_for: ActingFor,
}

/// The facts of one request. Absent ones were looked for and not found.
#[derive(Debug, Clone)]
pub struct AccessFacts {
    /// Who asks.
    pub token: Arc<VerifiedToken>,
    /// What the request claims.
    pub stated: StatedContext,
    /// The token's tenant, if this deployment knows and serves it.
    pub tenant: Option<Arc<Tenant>>,
    /// Whether that tenant holds the licence of the portal.
    pub licensed: bool,
    /// The account of (`iss`, `sub`) in that tenant.
    pub account: Option<Arc<AccountSnapshot>>,
}
