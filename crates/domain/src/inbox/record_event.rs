//! Events of the clinical services: all that the portal takes from them is whose records of which
//! source have changed.

use serde_json::{Map, Value};

use super::envelope::{EventFault, optional_text};
use crate::id::PatientId;
use crate::source::Source;

/// A kind of event that says that records have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordEventKind {
    /// A laboratory result may be seen.
    LaboratoryResultReleased,
    /// A radiology report is signed.
    RadiologyReportSigned,
    /// A signed radiology report was changed.
    RadiologyReportAmended,
    /// An appointment was made.
    AppointmentCreated,
    /// An appointment was changed.
    AppointmentUpdated,
    /// An appointment was called off.
    AppointmentCancelled,
    /// Somebody was reminded of an appointment.
    AppointmentReminderSent,
    /// Anything about a prescription.
    Prescription,
    /// Anything about a refill.
    Refill,
    /// A message was sent to or by a patient.
    MessageSent,
    /// Anything about a chart.
    Chart,
    /// Anything about immunizations.
    Immunization,
    /// Anything about cover, bills and claims.
    Claim,
}

/// What the end of a name says of a kind that takes in a whole family of types.
const FAMILY: &str = ".*";

/// No set of this source is fetched yet, so nothing of it is cached.
const NOT_FETCHED: Option<Source> = None;

/// Each kind, in the order of the enumeration, with its usual name and the source whose records
/// have changed.
const ROWS: [(RecordEventKind, &str, Option<Source>); 13] = {
    use RecordEventKind as Kind;
    [
        (
            Kind::LaboratoryResultReleased,
            "diag.laboratory.result.released",
            Some(Source::Laboratory),
        ),
        (
            Kind::RadiologyReportSigned,
            "diag.radiology.report.signed",
            NOT_FETCHED,
        ),
        (
            Kind::RadiologyReportAmended,
            "diag.radiology.report.amended",
            NOT_FETCHED,
        ),
        (
            Kind::AppointmentCreated,
            "SCHEDULING.appointment.created",
            NOT_FETCHED,
        ),
        (
            Kind::AppointmentUpdated,
            "SCHEDULING.appointment.updated",
            NOT_FETCHED,
        ),
        (
            Kind::AppointmentCancelled,
            "SCHEDULING.appointment.cancelled",
            NOT_FETCHED,
        ),
        (
            Kind::AppointmentReminderSent,
            "appointment.reminder.sent",
            NOT_FETCHED,
        ),
        (
            Kind::Prescription,
            "medication.prescription.*",
            Some(Source::Medication),
        ),
        (
            Kind::Refill,
            "medication.refill.*",
            Some(Source::Medication),
        ),
        (Kind::MessageSent, "communication.message.sent", NOT_FETCHED),
        (Kind::Chart, "patient_chart.*", Some(Source::PatientChart)),
        (
            Kind::Immunization,
            "IMMUNIZATIONS.*",
            Some(Source::Immunizations),
        ),
        (Kind::Claim, "claims.*", NOT_FETCHED),
    ]
};

impl RecordEventKind {
    /// Every kind.
    pub const ALL: [Self; ROWS.len()] = {
        let mut all = [Self::LaboratoryResultReleased; ROWS.len()];
        let mut index = 0;
        while index < ROWS.len() {
            all[index] = ROWS[index].0;
            index += 1;
        }
        all
    };

    /// The type that the platform gives it, or the family of types, `….*`. Also its name in
    /// settings.
    pub const fn as_str(self) -> &'static str {
        ROWS[self as usize].1
    }

    /// The source whose records have changed; none while no records of it are fetched.
    pub const fn source(self) -> Option<Source> {
        ROWS[self as usize].2
    }

    /// What the types of the family begin with; none of a kind of one type.
    pub fn family(self) -> Option<&'static str> {
        self.as_str().strip_suffix(FAMILY)
    }

    /// Whose records. Of a family not every event is about a patient.
    pub(super) fn patient(
        self,
        data: &Map<String, Value>,
    ) -> Result<Option<PatientId>, EventFault> {
        const NAME: &str = "patientId";
        match optional_text(data, NAME)? {
            Some(id) => Ok(Some(
                PatientId::parse(id).map_err(|_| EventFault::Malformed(NAME))?,
            )),
            None if self.family().is_some() => Ok(None),
            None => Err(EventFault::Missing(NAME)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_in_the_order_of_the_kinds() {
        for (index, kind) in RecordEventKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index);
        }
    }

    #[test]
    fn a_family_is_what_ends_in_a_star() {
        let families: Vec<_> = RecordEventKind::ALL
            .into_iter()
            .filter_map(RecordEventKind::family)
            .collect();
        assert_eq!(
            families,
            [
                "medication.prescription",
                "medication.refill",
                "patient_chart",
                "IMMUNIZATIONS",
                "claims"
            ]
        );
    }
}
