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

/// Each kind, in the order of the enumeration, with its usual name and the source whose records
/// have changed.
const ROWS: [(RecordEventKind, &str, Source); 13] = {
    use RecordEventKind as Kind;
    [
        (
            Kind::LaboratoryResultReleased,
            "diag.laboratory.result.released",
            Source::Laboratory,
        ),
        (
            Kind::RadiologyReportSigned,
            "diag.radiology.report.signed",
            Source::Radiology,
        ),
        (
            Kind::RadiologyReportAmended,
            "diag.radiology.report.amended",
            Source::Radiology,
        ),
        (
            Kind::AppointmentCreated,
            "SCHEDULING.appointment.created",
            Source::Scheduling,
        ),
        (
            Kind::AppointmentUpdated,
            "SCHEDULING.appointment.updated",
            Source::Scheduling,
        ),
        (
            Kind::AppointmentCancelled,
            "SCHEDULING.appointment.cancelled",
            Source::Scheduling,
        ),
        (
            Kind::AppointmentReminderSent,
            "appointment.reminder.sent",
            Source::Scheduling,
        ),
        (
            Kind::Prescription,
            "medication.prescription.*",
            Source::Medication,
        ),
        (Kind::Refill, "medication.refill.*", Source::Medication),
        (
            Kind::MessageSent,
            "communication.message.sent",
            Source::Communication,
        ),
        (Kind::Chart, "patient_chart.*", Source::PatientChart),
        (Kind::Immunization, "IMMUNIZATIONS.*", Source::Immunizations),
        (Kind::Claim, "claims.*", Source::Claims),
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

    /// The source whose records have changed.
    pub const fn source(self) -> Source {
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
