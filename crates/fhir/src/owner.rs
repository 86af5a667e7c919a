//! Whose a resource is: one element per type decides, and no other counts.

use crate::header::{Contained, Header, OwnerClaim, OwnerReference};
use crate::reference::LiteralReference;

/// The verdict on one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// It is this patient's.
    Own,
    /// It is not, or does not say so honestly.
    Foreign(ForeignReason),
}

/// Why a resource is not this patient's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignReason {
    /// The deciding element is missing.
    Missing,
    /// A Reference of it has no literal `reference`, or there is none in it.
    Unnamed,
    /// It names another, or this one in a form that is not honest.
    Other,
    /// A contained resource does not pass the check.
    Contained,
}

/// The element of a type that says whose a resource of it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnerElement {
    /// The resource is the patient.
    OwnId,
    /// This element.
    Named(&'static str),
    /// The type has no owner: directory data, definitions, substances.
    None,
    /// Not a type that we know the owner of.
    Unknown,
}

/// Types whose owner is `subject`.
const BY_SUBJECT: &str = "AdverseEvent Basic CarePlan CareTeam ClinicalImpression Composition \
    Condition DeviceRequest DiagnosticReport DocumentReference Encounter Flag Goal ImagingStudy List \
    Media MedicationAdministration MedicationDispense MedicationRequest MedicationStatement \
    Observation Procedure QuestionnaireResponse RiskAssessment ServiceRequest Specimen";

/// Types whose owner is `patient`.
const BY_PATIENT: &str = "AllergyIntolerance BodyStructure Claim ClaimResponse Consent \
    CoverageEligibilityRequest CoverageEligibilityResponse DetectedIssue Device EpisodeOfCare \
    ExplanationOfBenefit FamilyMemberHistory Immunization ImmunizationEvaluation \
    ImmunizationRecommendation MolecularSequence NutritionOrder RelatedPerson VisionPrescription";

/// Directory data, definitions and substances: nobody's.
const WITHOUT_OWNER: &str = "ActivityDefinition CodeSystem DeviceDefinition Endpoint \
    HealthcareService Location Medication MedicationKnowledge ObservationDefinition Organization \
    OrganizationAffiliation PlanDefinition Practitioner PractitionerRole Questionnaire \
    SpecimenDefinition Substance ValueSet";

/// The one deciding element of a type, for contained resources of every common type. Device and
/// Specimen may do without a patient in R4; here they do not pass without naming this one.
pub(crate) fn owner_element(type_name: &str) -> OwnerElement {
    let is_of = |names: &str| names.split_ascii_whitespace().any(|name| name == type_name);
    match type_name {
        "Patient" => OwnerElement::OwnId,
        "Coverage" => OwnerElement::Named("beneficiary"),
        _ if is_of(BY_SUBJECT) => OwnerElement::Named("subject"),
        _ if is_of(BY_PATIENT) => OwnerElement::Named("patient"),
        _ if is_of(WITHOUT_OWNER) => OwnerElement::None,
        _ => OwnerElement::Unknown,
    }
}

/// Whether a resource is this patient's. `patient` is the id that the source it came from knows
/// the patient by, `base` that source's own base URL without a trailing slash.
///
/// Honest forms are `Patient/ID`, with or without a version, and the same below `base`. Anything
/// else in the deciding element (`urn:`, `#fragment`, identifier only, another base, another or
/// further owner, encoded or relative paths) makes it foreign. A contained resource passes when
/// its type has no owner (directory data, Medication, definitions), or when its own deciding
/// element names this patient; a contained Patient never passes, because its id is local and says
/// nothing about who it is, nor does a type without a known rule.
pub fn ownership(header: &Header, patient: &str, base: &str) -> Ownership {
    let this = Asked { patient, base };
    let claim = match &header.owner {
        OwnerClaim::OwnId if *header.id == *patient => Ok(()),
        OwnerClaim::OwnId => Err(ForeignReason::Other),
        OwnerClaim::Absent => Err(ForeignReason::Missing),
        OwnerClaim::References(references) => this.owns_all(references),
    };
    let verdict = claim.and_then(|()| {
        let all_pass = header
            .contained
            .iter()
            .all(|contained| this.may_hold(contained));
        if all_pass {
            Ok(())
        } else {
            Err(ForeignReason::Contained)
        }
    });
    match verdict {
        Ok(()) => Ownership::Own,
        Err(reason) => Ownership::Foreign(reason),
    }
}

struct Asked<'a> {
    patient: &'a str,
    base: &'a str,
}

impl Asked<'_> {
    fn owns_all(&self, references: &[OwnerReference]) -> Result<(), ForeignReason> {
        if references.is_empty() {
            return Err(ForeignReason::Unnamed);
        }
        references
            .iter()
            .try_for_each(|reference| match &reference.target {
                None => Err(ForeignReason::Unnamed),
                Some(target) if self.is_named_by(target) => Ok(()),
                Some(_) => Err(ForeignReason::Other),
            })
    }

    fn is_named_by(&self, target: &str) -> bool {
        LiteralReference::relative(target)
            .or_else(|| LiteralReference::below(target, self.base))
            .is_some_and(|found| found.type_name == "Patient" && found.id == self.patient)
    }

    fn may_hold(&self, contained: &Contained) -> bool {
        match (owner_element(&contained.type_name), &contained.owner) {
            (OwnerElement::None, _) => true,
            (OwnerElement::Named(_), OwnerClaim::References(references)) => {
                self.owns_all(references).is_ok()
            }
            _ => false,
        }
    }
}
