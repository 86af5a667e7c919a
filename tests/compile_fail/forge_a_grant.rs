// E0624: only the decision makes a grant.
use std::sync::Arc;

use jiff::Timestamp;
use portal_domain::access::{AccessFacts, Action, PatientGrant};
use portal_domain::account::AccountSnapshot;
use portal_domain::tenant::Tenant;

fn forge(
    facts: &AccessFacts,
    tenant: Arc<Tenant>,
    account: Arc<AccountSnapshot>,
    action: Action,
    now: Timestamp,
) -> PatientGrant {
    PatientGrant::new(facts, tenant, account, None, action, now)
}

fn main() {}
