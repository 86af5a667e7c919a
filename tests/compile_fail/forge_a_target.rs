// E0451: only a permit says whose records may be fetched.
use portal_domain::access::RecordTarget;
use portal_domain::id::{PatientId, TenantId};
use portal_fhir::ResourceType;

fn forge(tenant: TenantId, patient: PatientId) -> RecordTarget {
    RecordTarget {
        tenant,
        patient,
        at_source: None,
        resource_type: ResourceType::Observation,
    }
}

fn main() {}
