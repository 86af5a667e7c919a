//! What the services around the chart hold: appointments, imaging, cover and bills, documents,
//! messages, visits.

use super::Maker;
use super::json::Json;
use super::resource::{Label, concept, meta};

const LOINC: &str = "http://loinc.org";
const SNOMED: &str = "http://snomed.info/sct";
const SECTION: &str = "http://terminology.hl7.org/CodeSystem/v2-0074";

pub(super) fn services(maker: &mut Maker<'_>, resources: &mut Vec<Json>) {
    for status in ["booked", "fulfilled", "cancelled"] {
        resources.push(appointment(maker, status));
    }
    let study = imaging_study(maker);
    resources.push(study.1);
    for status in ["final", "preliminary", "amended"] {
        resources.push(radiology_report(maker, status, &study.0));
    }
    resources.push(coverage(maker));
    resources.push(explanation_of_benefit(maker));
    resources.push(document(maker));
    resources.push(message(maker));
    resources.push(procedure(maker));
    resources.push(statement(maker));
    let asked = reply(maker, resources);
    resources.extend(asked);
}

/// The members that every resource begins with, its instant drawn.
fn begun(maker: &mut Maker<'_>, kind: &'static str, id: Json) -> (Json, String) {
    let day = maker.day();
    let updated = maker.instant(day);
    let resource = Json::object([
        ("resourceType", kind.into()),
        ("id", id),
        ("meta", meta(&updated, &[], Label::None)),
    ]);
    (resource, updated)
}

fn display(text: &'static str) -> Json {
    Json::object([("display", text.into())])
}

fn appointment(maker: &mut Maker<'_>, status: &'static str) -> Json {
    let id = maker.id("appt");
    let (resource, start) = begun(maker, "Appointment", id);
    let doctor = Json::object([
        ("actor", display("Dr. Example")),
        ("status", "accepted".into()),
    ]);
    let own = Json::object([("actor", maker.patient()), ("status", "accepted".into())]);
    let place = Json::object([("reference", "Location/clinic-dubai".into())]);
    let place = Json::object([("actor", place), ("status", "accepted".into())]);
    resource
        .with("status", status.into())
        .with("description", "Follow-up".into())
        .with("start", start.into())
        .with("minutesDuration", Json::raw("20"))
        .with("participant", Json::list([own, doctor, place]))
}

fn imaging_study(maker: &mut Maker<'_>) -> (Json, Json) {
    let id = maker.id("img");
    let (resource, started) = begun(maker, "ImagingStudy", id.clone());
    let study = resource
        .with("status", "available".into())
        .with("subject", maker.patient())
        .with("started", started.into())
        .with("description", "Chest X-ray".into());
    (id, study)
}

fn radiology_report(maker: &mut Maker<'_>, status: &'static str, study: &Json) -> Json {
    let id = maker.id("rad");
    let (resource, issued) = begun(maker, "DiagnosticReport", id);
    let day: String = issued.chars().take(10).collect();
    let study = match study {
        Json::Text(id) => format!("ImagingStudy/{id}"),
        _ => String::new(),
    };
    resource
        .with("status", status.into())
        .with(
            "category",
            Json::list([concept(SECTION, "RAD", "Radiology")]),
        )
        .with("code", concept(LOINC, "36643-5", "XR Chest 2 Views"))
        .with("subject", maker.patient())
        .with("effectiveDateTime", day.into())
        .with("issued", issued.into())
        .with(
            "imagingStudy",
            Json::list([Json::object([("reference", study.into())])]),
        )
        .with("conclusion", "No acute finding".into())
}

fn coverage(maker: &mut Maker<'_>) -> Json {
    let id = maker.id("cov");
    let (resource, start) = begun(maker, "Coverage", id);
    let start = start.chars().take(10).collect::<String>();
    resource
        .with("status", "active".into())
        .with("subscriberId", "M-0042".into())
        .with("beneficiary", maker.patient())
        .with("period", Json::object([("start", start.into())]))
        .with("payor", Json::list([display("Example Mutual")]))
}

fn explanation_of_benefit(maker: &mut Maker<'_>) -> Json {
    let id = maker.id("eob");
    let (resource, created) = begun(maker, "ExplanationOfBenefit", id);
    let amount = Json::object([("value", Json::raw("120.50")), ("currency", "AFN".into())]);
    let adjudication = "http://terminology.hl7.org/CodeSystem/adjudication";
    let category = concept(adjudication, "submitted", "Submitted amount");
    let insurance = Json::object([("focal", Json::raw("true")), ("coverage", display("Cover"))]);
    resource
        .with("status", "active".into())
        .with(
            "type",
            concept(
                "http://terminology.hl7.org/CodeSystem/claim-type",
                "professional",
                "Professional",
            ),
        )
        .with("use", "claim".into())
        .with("patient", maker.patient())
        .with("created", created.into())
        .with("insurer", display("Example Mutual"))
        .with("provider", display("Example Clinic"))
        .with("outcome", "complete".into())
        .with("insurance", Json::list([insurance]))
        .with(
            "total",
            Json::list([Json::object([("category", category), ("amount", amount)])]),
        )
}

fn document(maker: &mut Maker<'_>) -> Json {
    let id = maker.id("doc");
    let (resource, date) = begun(maker, "DocumentReference", id);
    let attachment = Json::object([
        ("contentType", "text/plain; charset=utf-8".into()),
        ("data", "QWxsIGlzIHdlbGwu".into()),
    ]);
    resource
        .with("status", "current".into())
        .with("type", concept(LOINC, "34133-9", "Summary of episode note"))
        .with("subject", maker.patient())
        .with("date", date.into())
        .with("description", "Discharge letter".into())
        .with(
            "content",
            Json::list([Json::object([("attachment", attachment)])]),
        )
}

fn message(maker: &mut Maker<'_>) -> Json {
    let id = maker.id("msg");
    let (resource, sent) = begun(maker, "Communication", id);
    let payload = Json::object([("contentString", "Please drink enough.".into())]);
    resource
        .with("status", "completed".into())
        .with("subject", maker.patient())
        .with("topic", Json::object([("text", "Your visit".into())]))
        .with("sent", sent.into())
        .with("sender", display("Dr. Example"))
        .with("payload", Json::list([payload]))
}

/// A bill of claims-service: no FHIR resource, but kept as if it was one.
fn statement(maker: &mut Maker<'_>) -> Json {
    let id = maker.id("stmt");
    let issued = maker.day().to_string();
    let money =
        |value: &'static str| Json::object([("value", value.into()), ("currency", "AFN".into())]);
    let code = Json::object([("system", SNOMED.into()), ("code", "308335008".into())]);
    let line = Json::object([
        ("description", "Visit".into()),
        ("codes", Json::list([code])),
        ("amount", money("120.50")),
    ]);
    let payment = Json::object([
        ("paidOn", issued.clone().into()),
        ("method", "card".into()),
        ("amount", money("20.50")),
    ]);
    Json::object([("resourceType", "Statement".into()), ("id", id)])
        .with("patient", maker.patient())
        .with("patientId", Json::text(maker.patient_id.clone()))
        .with("number", "2026-0042".into())
        .with("status", "open".into())
        .with("issuedOn", issued.into())
        .with("total", money("120.50"))
        .with("patientPaid", money("20.50"))
        .with("balance", money("100.00"))
        .with("lines", Json::list([line]))
        .with("payments", Json::list([payment]))
}

/// What the patient wrote back to the message that is there.
fn reply(maker: &mut Maker<'_>, resources: &[Json]) -> Option<Json> {
    let message = resources.iter().rev().find_map(|resource| match resource {
        Json::Object(members) => {
            let is_message = members.iter().any(
                |(name, value)| matches!((*name, value), ("resourceType", Json::Text(kind)) if kind == "Communication"),
            );
            let id = members.iter().find_map(|(name, value)| match (*name, value) {
                ("id", Json::Text(id)) => Some(id.clone()),
                _ => None,
            });
            id.filter(|_| is_message)
        }
        _ => None,
    })?;
    let id = maker.id("msg");
    let (resource, sent) = begun(maker, "Communication", id);
    let payload = Json::object([("contentString", "Thank you.".into())]);
    let answered = Json::object([("reference", format!("Communication/{message}").into())]);
    Some(
        resource
            .with("status", "completed".into())
            .with("inResponseTo", Json::list([answered]))
            .with("subject", maker.patient())
            .with("sent", sent.into())
            .with("sender", maker.patient())
            .with("payload", Json::list([payload])),
    )
}

fn procedure(maker: &mut Maker<'_>) -> Json {
    let id = maker.id("proc");
    let (resource, performed) = begun(maker, "Procedure", id);
    resource
        .with("status", "completed".into())
        .with(
            "code",
            concept(SNOMED, "430193006", "Medication reconciliation"),
        )
        .with("subject", maker.patient())
        .with("performedDateTime", performed.into())
}
