// E0515: a permit does not outlive its grant.
use portal_domain::access::{PatientGrant, ReadPermit};
use portal_fhir::ResourceType;

fn keep(grant: PatientGrant) -> Option<ReadPermit<'static>> {
    grant.read(ResourceType::Observation)
}

fn main() {}
