//! What is nobody's own and is shown because something visible refers to it.

use portal_fhir::Header;

use crate::access::PatientGrant;
use crate::release::Verdicts;

use super::Owned;
use super::released::visible;

/// Whether a record of an owned set that this caller may see refers to an address, such as
/// `Medication/med.1`, by a top-level element. Of what refers release, sensitivity and delegation
/// count, but no scope: what is reached has a scope of its own, and the patient gave that.
pub fn is_reached(
    grant: &PatientGrant,
    (owned, verdicts): (&Owned, &Verdicts),
    element: &str,
    address: &str,
) -> bool {
    if verdicts.set() != owned.set() || verdicts.judged_for() != grant.judged_for() {
        return false;
    }
    let refers = |header: &Header| {
        let mut references = header.references_at(element);
        references.any(|reference| &*reference.target == address)
    };
    visible(owned, verdicts, &grant.tenant().time_zone)
        .into_iter()
        .map(|index| &owned.records()[index as usize].header)
        .any(|header| grant.delegates(owned.set(), header) && refers(header))
}
