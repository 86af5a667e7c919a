// E0624: only the decision makes a grant.
use std::sync::Arc;

use jiff::Timestamp;
use portal_domain::access::{Action, PatientGrant, VerifiedToken};
use portal_domain::account::AccountSnapshot;
use portal_domain::tenant::Tenant;

fn forge(
    token: Arc<VerifiedToken>,
    tenant: Arc<Tenant>,
    account: Arc<AccountSnapshot>,
    action: Action,
    now: Timestamp,
) -> PatientGrant {
    PatientGrant::new(token, tenant, account, action, now)
}

fn main() {}
