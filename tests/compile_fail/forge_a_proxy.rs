// E0451: only the decision says what a delegation opens.
use std::sync::Arc;

use portal_domain::access::ProxyAccess;
use portal_domain::proxy_delegation::{DelegationSnapshot, RightSet};
use portal_domain::release::Viewer;

fn forge(delegation: Arc<DelegationSnapshot>) -> ProxyAccess {
    ProxyAccess {
        delegation,
        rights: RightSet::ALL,
        full: true,
        viewer: Viewer::PATIENT,
    }
}

fn main() {}
