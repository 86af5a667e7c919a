// E0451: only a grant makes a permit.
use std::sync::Arc;

use portal_domain::access::ReadPermit;
use portal_domain::id::PatientId;
use portal_domain::tenant::Tenant;
use portal_fhir::ResourceType;

fn forge<'g>(tenant: &'g Arc<Tenant>, patient: &'g PatientId) -> ReadPermit<'g> {
    ReadPermit {
        tenant,
        patient,
        resource_type: ResourceType::Observation,
    }
}

fn main() {}
