// E0308: a patient's id is no permission to claim records for them.
use portal_domain::disclosure::{Drops, Fetched, Origin, Owned};
use portal_domain::id::PatientId;
use portal_domain::source::RecordSet;

fn claim(patient: &PatientId, fetched: Fetched, origin: &Origin<'_>) -> (Owned, Drops) {
    Owned::claim(patient, RecordSet::Conditions, fetched, origin)
}

fn main() {}
