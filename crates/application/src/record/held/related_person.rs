//! RelatedPerson (FHIR R4 8.2): who acts, or acted, for the patient.

use portal_domain::proxy_delegation::{DelegationStatus, RelationshipType};
use serde::Serialize;

use crate::ports::GrantedDelegation;

use super::elements::{Concept, Here, Identifier, Meta, Period, Reference, address};

const ROLE_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-RoleCode";
const ROLE_CLASS: &str = "http://terminology.hl7.org/CodeSystem/v3-RoleClass";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RelatedPerson {
    resource_type: &'static str,
    id: String,
    meta: Meta,
    identifier: [Identifier; 2],
    active: bool,
    patient: Reference,
    relationship: [Concept; 1],
    period: Period,
}

/// The person of a delegation; nobody while it is an invitation. One who holds two in turn is two,
/// each with its own period.
pub(super) fn related_person(
    granted: &GrantedDelegation,
    here: &Here<'_>,
) -> Option<RelatedPerson> {
    let delegation = &granted.delegation;
    let terms = &delegation.terms;
    Some(RelatedPerson {
        resource_type: "RelatedPerson",
        id: address(delegation.id),
        meta: Meta::of(delegation.version, granted.updated_at),
        identifier: [
            Identifier::of_account(delegation.proxy?),
            Identifier::of_delegation(delegation.id),
        ],
        active: delegation.status == DelegationStatus::Active,
        patient: here.patient(&delegation.grantor),
        relationship: [relationship(terms.relationship)],
        period: Period::of(terms.valid_from, terms.valid_to),
    })
}

const fn relationship(relationship: RelationshipType) -> Concept {
    let (system, code) = match relationship {
        RelationshipType::Parent => (ROLE_CODE, "PRN"),
        RelationshipType::Guardian => (ROLE_CODE, "GUARD"),
        RelationshipType::Spouse => (ROLE_CODE, "SPS"),
        RelationshipType::Caregiver => (ROLE_CLASS, "CAREGIVER"),
        RelationshipType::AuthorizedRepresentative => (ROLE_CLASS, "AGNT"),
    };
    Concept::coded(system, code).with_text(relationship.as_str())
}
