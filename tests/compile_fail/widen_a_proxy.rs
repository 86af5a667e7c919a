// E0624: a grant's own summary opens the parts, nobody else does.
use portal_domain::access::{PatientGrant, ProxyAccess};

fn widen(grant: &PatientGrant) -> Option<ProxyAccess> {
    grant.proxy().cloned().map(ProxyAccess::with_summary_parts)
}

fn main() {}
