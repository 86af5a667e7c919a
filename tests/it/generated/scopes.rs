//! Scopes as a test means them, beside the text that a token carries.

use serde_json::Value;

use super::random::Random;
use super::reference::json::{codings, each, is_garbled, text};

/// One scope.
#[derive(Debug, Clone)]
struct Scope {
    resource_type: &'static str,
    letters: &'static str,
    only: Option<Only>,
}

/// What a granular scope asks of a record: one of the codes in one element.
#[derive(Debug, Clone)]
enum Only {
    Category(&'static [(Option<&'static str>, &'static str)]),
    Code(&'static [(Option<&'static str>, &'static str)]),
    Status(&'static [&'static str]),
}

/// The scopes of a token.
#[derive(Debug, Clone)]
pub(super) struct Scopes(Vec<Scope>);

/// The types that are read by their ids, but for Binary, which has no scope of its own; the first of
/// them are searched, too.
pub(super) const TYPES: [&str; 29] = [
    "Patient",
    "AllergyIntolerance",
    "Condition",
    "Observation",
    "DiagnosticReport",
    "MedicationRequest",
    "Immunization",
    "ImagingStudy",
    "MedicationDispense",
    "Appointment",
    "Coverage",
    "ExplanationOfBenefit",
    "Communication",
    "DocumentReference",
    "Encounter",
    "Procedure",
    "CarePlan",
    "CareTeam",
    "Goal",
    "ServiceRequest",
    "Specimen",
    "Device",
    "QuestionnaireResponse",
    "Provenance",
    "Medication",
    "Practitioner",
    "PractitionerRole",
    "Organization",
    "Location",
];

/// The types that are searched.
pub(super) fn searched() -> &'static [&'static str] {
    const SEARCHED: &[&str] = TYPES.first_chunk::<24>().expect("so many types");
    SEARCHED
}

/// The types that a health system may decide about.
pub(super) fn decided() -> &'static [&'static str] {
    const DECIDED: &[&str] = TYPES
        .first_chunk::<25>()
        .expect("so many types")
        .split_at(1)
        .1;
    DECIDED
}

const LETTERS: [&str; 7] = ["read", "rs", "r", "s", "cruds", "*", "write"];
const OBSERVATION_CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
const GRANULAR: [(&str, Only); 6] = [
    (
        "Observation",
        Only::Category(&[(Some(OBSERVATION_CATEGORY), "laboratory")]),
    ),
    (
        "Observation",
        Only::Category(&[
            (Some(OBSERVATION_CATEGORY), "vital-signs"),
            (None, "survey"),
        ]),
    ),
    (
        "Observation",
        Only::Code(&[(Some("http://loinc.org"), "2345-7"), (None, "8867-4")]),
    ),
    ("Observation", Only::Status(&["final", "amended"])),
    ("Condition", Only::Category(&[(None, "problem-list-item")])),
    ("MedicationRequest", Only::Status(&["active"])),
];

impl Scopes {
    /// Every type, to read and to search.
    pub(super) fn all() -> Self {
        Self(vec![Scope {
            resource_type: "*",
            letters: "read",
            only: None,
        }])
    }

    /// What some app may have asked for.
    pub(super) fn random(random: &mut Random) -> Self {
        if random.chance(40) {
            return Self::all();
        }
        let mut scopes = Vec::new();
        for resource_type in TYPES {
            if random.chance(75) {
                let letters = if random.chance(70) {
                    "read"
                } else {
                    random.pick(&LETTERS)
                };
                scopes.push(Scope {
                    resource_type,
                    letters,
                    only: None,
                });
            }
        }
        for (resource_type, only) in &GRANULAR {
            if random.chance(25) {
                scopes
                    .retain(|scope| scope.resource_type != *resource_type || scope.only.is_some());
                let letters = *random.pick(&["rs", "rs", "r", "s"]);
                scopes.push(Scope {
                    resource_type,
                    letters,
                    only: Some(only.clone()),
                });
            }
        }
        Self(scopes)
    }

    /// The claim.
    pub(super) fn text(&self) -> String {
        let texts: Vec<String> = self.0.iter().map(Scope::text).collect();
        format!("openid profile {}", texts.join(" "))
    }

    /// Whether something of a type may be read (`r`) or searched (`s`).
    pub(super) fn allow(&self, resource_type: &str, letter: char) -> bool {
        self.0
            .iter()
            .any(|scope| scope.is_of(resource_type, letter))
    }

    /// Whether this record may be.
    pub(super) fn cover(&self, resource: &Value, letter: char) -> bool {
        let resource_type = text(resource, "resourceType");
        self.0.iter().any(|scope| {
            scope.is_of(resource_type, letter)
                && scope.only.as_ref().is_none_or(|only| only.holds(resource))
        })
    }
}

impl Scope {
    fn text(&self) -> String {
        let head = format!("patient/{}.{}", self.resource_type, self.letters);
        let one = |(system, code): &(Option<&str>, &str)| match system {
            Some(system) => format!("{system}|{code}"),
            None => (*code).to_owned(),
        };
        let list =
            |codes: &[(Option<&str>, &str)]| codes.iter().map(one).collect::<Vec<_>>().join(",");
        match &self.only {
            None => head,
            Some(Only::Category(codes)) => format!("{head}?category={}", list(codes)),
            Some(Only::Code(codes)) => format!("{head}?code={}", list(codes)),
            Some(Only::Status(codes)) => format!("{head}?status={}", codes.join(",")),
        }
    }

    fn is_of(&self, resource_type: &str, letter: char) -> bool {
        let letters = match self.letters {
            "read" => "rs",
            "write" => "cud",
            "*" => "cruds",
            letters => letters,
        };
        (self.resource_type == "*" || self.resource_type == resource_type)
            && letters.contains(letter)
    }
}

impl Only {
    fn holds(&self, resource: &Value) -> bool {
        let any = |element: &str, codes: &[(Option<&str>, &str)]| {
            let found = codings(&resource[element]);
            let fits = |(system, code): &(Option<&str>, &str)| {
                found
                    .iter()
                    .any(|(of, is)| *is == Some(*code) && (system.is_none() || *of == *system))
            };
            codes.iter().any(fits)
        };
        match self {
            Self::Category(codes) => any("category", codes),
            // A code that cannot be read could say anything, so it is no match.
            Self::Code(codes) => {
                let parts = each(&resource["component"]);
                any("code", codes) && !parts.iter().any(|part| is_garbled(&part["code"]))
            }
            Self::Status(codes) => codes.contains(&text(resource, "status")),
        }
    }
}
