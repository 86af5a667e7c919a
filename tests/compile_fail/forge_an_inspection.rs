// E0451: only a grant lets anybody look at what is not shown.
use std::sync::Arc;

use portal_domain::access::InspectPermit;
use portal_domain::id::PatientId;
use portal_domain::tenant::Tenant;
use portal_fhir::ResourceType;

fn forge<'g>(tenant: &'g Arc<Tenant>, patient: &'g PatientId) -> InspectPermit<'g> {
    InspectPermit {
        tenant,
        patient,
        resource_type: ResourceType::Observation,
    }
}

fn main() {}
