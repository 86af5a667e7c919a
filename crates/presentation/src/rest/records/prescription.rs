//! Prescriptions as views, and whether they can be refilled.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use portal_domain::disclosure::{Disclosed, Disclosure};
use portal_fhir::Date;
use portal_fhir::json::Value;
use serde::Serialize;
use utoipa::ToSchema;

use crate::language::Language;
use crate::rest::values::{CodeView, DateView};

use super::element::{self, NamedReference};

/// A prescription.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PrescriptionView {
    /// The MedicationRequest's id, also on `/fhir/R4`.
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    medication: Option<CodeView>,
    /// The Medication, where the prescription only refers to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    medication_reference: Option<NamedReference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authored_on: Option<DateView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requester: Option<NamedReference>,
    reasons: Vec<CodeView>,
    /// How it is to be taken, in words.
    dosage: Vec<String>,
    refill: RefillView,
}

/// Whether a refill can be asked for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefillView {
    eligible: bool,
    /// How many are left, where the prescription says how many there may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining: Option<u32>,
    /// The key of the text that says why not: `refill.notActive`, `refill.expired`,
    /// `refill.noneLeft`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_key: Option<&'static str>,
}

/// For whom and when prescriptions are shown.
pub(crate) struct Shown<'a> {
    pub(crate) disclosure: &'a Disclosure,
    pub(crate) now: Timestamp,
    pub(crate) zone: &'a TimeZone,
    pub(crate) language: Language,
}

impl Shown<'_> {
    pub(crate) fn prescription(&self, record: Disclosed<'_>) -> Option<PrescriptionView> {
        let header = record.header();
        element::viewed(record.bytes(), |root| {
            let one = |name| root.get(name).and_then(element::reference);
            PrescriptionView {
                id: header.id.to_string(),
                status: header.status.as_deref().map(str::to_owned),
                intent: header.intent.as_deref().map(str::to_owned),
                medication: element::code(root, "medicationCodeableConcept", self.language),
                medication_reference: one("medicationReference"),
                authored_on: element::date(root, "authoredOn"),
                requester: one("requester"),
                reasons: element::codes(root, "reasonCode", self.language).collect(),
                dosage: element::each(root, "dosageInstruction")
                    .filter_map(|dosage| element::text(dosage, "text"))
                    .collect(),
                refill: self.refill(record, root),
            }
        })
    }

    fn refill(&self, record: Disclosed<'_>, root: Value<'_>) -> RefillView {
        let header = record.header();
        let request = root.get("dispenseRequest");
        let remaining = request
            .and_then(|request| element::whole(request, "numberOfRepeatsAllowed"))
            .map(|allowed| allowed.saturating_sub(self.repeats_of(&header.id)));
        let reason_key = if header.status.as_deref() != Some("active") {
            Some("refill.notActive")
        } else if request.is_some_and(|request| self.is_past(request)) {
            Some("refill.expired")
        } else if remaining == Some(0) {
            Some("refill.noneLeft")
        } else {
            None
        };
        RefillView {
            eligible: reason_key.is_none(),
            remaining,
            reason_key,
        }
    }

    /// How often it was dispensed again: the first time is no refill.
    fn repeats_of(&self, id: &str) -> u32 {
        let names_it = |dispense: &Disclosed<'_>| {
            let mut references = dispense.header().references_at("authorizingPrescription");
            references
                .any(|reference| reference.target.strip_prefix("MedicationRequest/") == Some(id))
        };
        let dispensed = self
            .disclosure
            .group(portal_application::record::DISPENSES)
            .filter(names_it)
            .count();
        u32::try_from(dispensed.saturating_sub(1)).unwrap_or(u32::MAX)
    }

    fn is_past(&self, request: Value<'_>) -> bool {
        let end = || {
            let end = request.get("validityPeriod")?.get("end")?.text()?;
            Date::parse(&end)?.interval(self.zone).end
        };
        end().is_some_and(|end| end <= self.now)
    }
}
