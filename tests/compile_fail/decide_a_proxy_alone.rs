// E0624: what a delegation opens is decided together with everything else.
use std::sync::Arc;

use jiff::Timestamp;
use portal_domain::access::{BirthDate, Denial, ProxyAccess};
use portal_domain::proxy_delegation::DelegationSnapshot;
use portal_domain::tenant::Tenant;

fn decide(
    delegation: &Arc<DelegationSnapshot>,
    tenant: &Tenant,
    now: Timestamp,
) -> Result<ProxyAccess, Denial> {
    ProxyAccess::decide(delegation, tenant, BirthDate::Unknown, now)
}

fn main() {}
