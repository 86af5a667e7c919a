// E0451: only a grant makes a permit.
use portal_domain::access::{PatientGrant, ReadPermit};
use portal_domain::id::PatientId;
use portal_fhir::ResourceType;

fn forge<'g>(grant: &'g PatientGrant, patient: &'g PatientId) -> ReadPermit<'g> {
    ReadPermit {
        grant,
        patient,
        resource_type: ResourceType::Observation,
    }
}

fn main() {}
