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
    /// Who takes part (`Appointment.participant.actor`).
    Participants,
    /// `subject`, else sender and recipients (Communication).
    SubjectOrParties,
    /// Those who are looked at (AuditEvent): `what` of the entities in the role of a patient.
    Audited,
    /// What it is about (Provenance): decided where that is known.
    Targets,
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
        "Appointment" => OwnerElement::Participants,
        "Communication" => OwnerElement::SubjectOrParties,
        "AuditEvent" => OwnerElement::Audited,
        "Provenance" => OwnerElement::Targets,
        _ if is_of(BY_SUBJECT) => OwnerElement::Named("subject"),
        _ if is_of(BY_PATIENT) => OwnerElement::Named("patient"),
        _ if is_of(WITHOUT_OWNER) => OwnerElement::None,
        _ => OwnerElement::Unknown,
    }
}

/// Whether a resource is this patient's, or of a type of which that is decided elsewhere: what is
/// nobody's by what refers to it, a Provenance by its targets. `patient` is the id that the source
/// it came from knows the patient by, `base` that source's own base URL without a trailing slash.
///
/// Honest forms are `Patient/ID`, with or without a version, and the same below `base`. Anything
/// else in the deciding element (`urn:`, `#fragment`, identifier only, another base, another or
/// further owner, encoded or relative paths) makes it foreign. Of an Appointment one participant
/// has to be this patient; of a Communication without a subject every sender and recipient has to
/// be this patient or somebody who is no patient, and one of them this patient. A contained
/// resource passes when its type has no owner (directory data, Medication, definitions), or when
/// its own deciding element names this patient; a contained Patient never passes, because its id is
/// local and says nothing about who it is, nor does a type without a known rule.
pub fn ownership(header: &Header, patient: &str, base: &str) -> Ownership {
    let this = Asked { patient, base };
    let claim = match &header.owner {
        OwnerClaim::OwnId if *header.id == *patient => Ok(()),
        OwnerClaim::OwnId => Err(ForeignReason::Other),
        OwnerClaim::Nobody | OwnerClaim::Targets => Ok(()),
        OwnerClaim::Absent => Err(ForeignReason::Missing),
        OwnerClaim::References(references) => this.owns_all(references),
        OwnerClaim::AnyOf(references) => this.is_among(references),
        OwnerClaim::EveryPatientOf(references) => this.is_only_patient_of(references),
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

/// Whom a question is about.
pub(crate) struct Asked<'a> {
    pub(crate) patient: &'a str,
    pub(crate) base: &'a str,
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

    fn is_among(&self, references: &[OwnerReference]) -> Result<(), ForeignReason> {
        let mut targets = references.iter().filter_map(|it| it.target.as_deref());
        if targets.any(|target| self.is_named_by(target)) {
            Ok(())
        } else {
            Err(ForeignReason::Unnamed)
        }
    }

    /// One that cannot be told to be no patient might be another one.
    fn is_only_patient_of(&self, references: &[OwnerReference]) -> Result<(), ForeignReason> {
        let mut targets = references.iter().map(|it| it.target.as_deref());
        let fits = |target: Option<&str>| {
            target.is_some_and(|target| self.is_named_by(target) || self.is_no_patient(target))
        };
        if targets.all(fits) {
            self.is_among(references)
        } else {
            Err(ForeignReason::Other)
        }
    }

    pub(crate) fn is_no_patient(&self, target: &str) -> bool {
        self.literal(target)
            .is_some_and(|found| found.type_name != "Patient")
    }

    fn literal<'t>(&self, target: &'t str) -> Option<LiteralReference<'t>> {
        LiteralReference::relative(target).or_else(|| LiteralReference::below(target, self.base))
    }

    pub(crate) fn is_named_by(&self, target: &str) -> bool {
        self.literal(target)
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
