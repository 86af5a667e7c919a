//! What a source holds of a patient and the portal takes from it: ownership, authority, addresses
//! (03, "Whose is it", "One authority per kind", "Addresses").

use std::borrow::Cow;

use serde_json::Value;

use super::super::world::World;
use super::taken::{is_listed, record_of, taken};

/// One kind of record from its one authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Set {
    /// The type.
    pub(super) resource_type: &'static str,
    /// The source.
    pub(super) source: &'static str,
    /// The code in our ids.
    pub(super) code: &'static str,
    /// Which right of a delegation opens it.
    pub(super) opened_by: OpenedBy,
    /// What its source calls each of its records.
    pub(super) made_of: &'static str,
}

/// Which right of a delegation opens records (05, "What each opens").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenedBy {
    /// Any delegation.
    Anything,
    /// One of these.
    Rights(&'static [&'static str]),
    /// Each record says which: the categories of an Observation.
    Categories,
    /// Full access by law.
    Law,
    /// Nothing.
    Nothing,
}

use OpenedBy::{Anything, Categories, Law, Nothing, Rights};

const fn set(
    resource_type: &'static str,
    source: &'static str,
    code: &'static str,
    opened_by: OpenedBy,
) -> Set {
    Set {
        resource_type,
        source,
        code,
        opened_by,
        made_of: resource_type,
    }
}

const fn of_chart(resource_type: &'static str, opened_by: OpenedBy) -> Set {
    set(resource_type, "patient-chart", "cht", opened_by)
}

const fn of_directory(resource_type: &'static str) -> Set {
    set(resource_type, "provider-directory", "dir", Anything)
}

const PROBLEMS: OpenedBy = Rights(&["problems"]);
const LABS: OpenedBy = Rights(&["labs"]);
const RADIOLOGY: OpenedBy = Rights(&["radiology"]);
const MEDICATIONS: OpenedBy = Rights(&["medications"]);
const BILLING: OpenedBy = Rights(&["billing"]);

/// Bills, under every rule of explanations of benefit; on the portal's own surface alone.
pub(super) const STATEMENTS: Set = Set {
    made_of: "Statement",
    ..set("ExplanationOfBenefit", "claims", "clm", BILLING)
};

/// How many of [`SETS`] are a patient's.
const OF_PATIENT: usize = 27;

/// What is a patient's, and behind it what is nobody's.
pub(super) const SETS: [Set; 32] = [
    set("Patient", "registration", "", Anything),
    of_chart("AllergyIntolerance", Rights(&["allergies"])),
    of_chart("Condition", PROBLEMS),
    of_chart("Observation", Categories),
    set("Observation", "laboratory", "lab", Categories),
    set("DiagnosticReport", "laboratory", "lab", LABS),
    set("DiagnosticReport", "radiology", "rad", RADIOLOGY),
    set("ImagingStudy", "radiology", "rad", RADIOLOGY),
    set("MedicationRequest", "medication", "med", MEDICATIONS),
    set("MedicationDispense", "medication", "med", MEDICATIONS),
    set(
        "Immunization",
        "immunizations",
        "imm",
        Rights(&["immunizations"]),
    ),
    set(
        "Appointment",
        "scheduling",
        "sch",
        Rights(&["appointments.view", "appointments.manage"]),
    ),
    set("Coverage", "claims", "clm", BILLING),
    set("ExplanationOfBenefit", "claims", "clm", BILLING),
    STATEMENTS,
    set("Communication", "communication", "com", Nothing),
    set(
        "DocumentReference",
        "documents",
        "doc",
        Rights(&["documents"]),
    ),
    of_chart("Encounter", PROBLEMS),
    of_chart("Procedure", PROBLEMS),
    of_chart("CarePlan", PROBLEMS),
    of_chart("CareTeam", PROBLEMS),
    of_chart("Goal", PROBLEMS),
    of_chart("ServiceRequest", Law),
    set("Specimen", "laboratory", "lab", LABS),
    of_chart("Device", Law),
    of_chart("QuestionnaireResponse", Law),
    of_chart("Provenance", Law),
    set("Medication", "medication", "med", MEDICATIONS),
    of_directory("Practitioner"),
    of_directory("PractitionerRole"),
    of_directory("Organization"),
    of_directory("Location"),
];

impl Set {
    /// Whether its records are a patient's.
    pub(super) fn is_of_patient(self) -> bool {
        SETS.iter().take(OF_PATIENT).any(|set| *set == self)
    }

    /// Whether its records are resources at their source.
    pub(super) fn is_fhir(self) -> bool {
        self.made_of == self.resource_type
    }

    /// Whether it is of the directory.
    pub(super) fn is_directory(self) -> bool {
        self.source == "provider-directory"
    }

    /// The address here of a record of an id.
    pub(super) fn address(self, id: &str) -> String {
        if self.code.is_empty() {
            id.to_owned()
        } else {
            format!("{}.{id}", self.code)
        }
    }
}

/// The set that a relative reference means: its own source's, else that of the first authority.
pub(super) fn meant(resource_type: &str, from: &str) -> Option<Set> {
    let of_type = |set: &&Set| set.resource_type == resource_type && set.is_fhir();
    let mut sets = SETS.iter().filter(of_type);
    let own = sets.clone().find(|set| set.source == from);
    own.or_else(|| sets.next()).copied()
}

/// What the portal takes of a set.
#[derive(Debug)]
pub(super) struct Held<'w> {
    /// The set.
    pub(super) set: Set,
    /// Its resources.
    pub(super) resources: Vec<Cow<'w, Value>>,
    /// Whether something was dropped that nobody can vouch for.
    pub(super) incomplete: bool,
}

impl Held<'_> {
    /// What a set holds of a patient; of what is nobody's, everything of the tenant.
    pub(super) fn of<'w>(world: &'w World, tenant: &str, patient: &str, set: Set) -> Held<'w> {
        let mut held = Held {
            set,
            resources: Vec::new(),
            incomplete: false,
        };
        for planted in &world.planted {
            if planted.tenant != tenant || !is_listed(planted, patient, set) {
                continue;
            }
            let record = record_of(&planted.value, patient);
            match taken(&record, patient, set) {
                Some(true) => held.resources.push(record),
                Some(false) => {}
                None => held.incomplete = true,
            }
        }
        held
    }

    /// A resource's own id of a target, if this set could hold it.
    pub(super) fn names<'t>(&self, target: &'t str) -> Option<&'t str> {
        let (resource_type, id) = target.split_once('/')?;
        let named = self.set.is_of_patient() && self.set.is_fhir();
        (named && resource_type == self.set.resource_type).then_some(id)
    }
}
