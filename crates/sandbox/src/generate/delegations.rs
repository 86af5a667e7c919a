//! What the people of a family may do for one another.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::people::{PROFILES, Profile};
use super::resource::LAST_DAY;
use crate::delegation::DemoDelegation;

const VALID_FROM: &str = "2020-01-01";
const MAJORITY_YEARS: i64 = 18;

/// Everything that a parent may do.
const PARENT: [&str; 16] = [
    "summary",
    "allergies",
    "medications",
    "vitals",
    "immunizations",
    "problems",
    "documents",
    "labs",
    "radiology",
    "appointments.view",
    "appointments.manage",
    "refills",
    "messages",
    "billing",
    "export",
    "apps",
];
/// What is granted among spouses: neither problems nor documents.
const SPOUSE: [&str; 7] = [
    "summary",
    "allergies",
    "medications",
    "vitals",
    "immunizations",
    "labs",
    "appointments.view",
];
/// Tenant, and given names of the grantor and of the spouse.
const SPOUSES: [(&str, &str, &str); 2] =
    [("demo", "Zarghuna", "Ahmad"), ("other", "Soraya", "Farid")];

/// The delegations that open the record of this person: to every adult of the
/// family of a child, and to a spouse.
pub(super) fn of(profile: &Profile, patient_id: &str) -> Vec<DemoDelegation> {
    let others = PROFILES.iter().filter(|other| {
        (other.tenant, other.family) == (profile.tenant, profile.family)
            && other.given != profile.given
    });
    let delegation = |proxy: &Profile, relationship_type, scope: &[&'static str]| DemoDelegation {
        tenant: profile.tenant.to_owned(),
        grantor_patient_id: patient_id.to_owned(),
        proxy_subject: proxy.subject(),
        relationship_type,
        scope: scope.to_vec(),
        sensitive: Vec::new(),
        valid_from: VALID_FROM,
    };
    others
        .filter_map(|other| {
            if is_child(profile) && !is_child(other) {
                Some(delegation(other, "parent", &PARENT))
            } else if SPOUSES.contains(&(profile.tenant, profile.given, other.given)) {
                Some(delegation(other, "spouse", &SPOUSE))
            } else {
                None
            }
        })
        .collect()
}

/// Whether somebody is under age on the day on which the records end; with
/// only a year of birth nobody is.
fn is_child(profile: &Profile) -> bool {
    let birth: Result<Date, _> = profile.birth_date.parse();
    let limit = LAST_DAY.saturating_sub(MAJORITY_YEARS.years());
    birth.is_ok_and(|birth| birth > limit)
}
