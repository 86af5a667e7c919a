use serde_json::json;

use super::*;

fn event_of(kind: PlatformEventKind, data: &Value) -> Result<PlatformEvent, EventFault> {
    let event = json!({
        "specversion": "1.0",
        "id": "1",
        "source": "s",
        "type": kind.as_str(),
        "tenantid": "kabul",
        "time": "2026-11-30T08:00:00Z",
        "data": data,
    });
    let envelope = Envelope::parse(event.to_string().as_bytes()).expect("an envelope");
    PlatformEvent::of(kind, &envelope)
}

fn patient_id(text: &str) -> PatientId {
    PatientId::parse(text).expect("an id")
}

#[test]
fn kinds_have_names_of_their_own() {
    for kind in PlatformEventKind::all() {
        assert_eq!(PlatformEventKind::parse(kind.as_str()), Some(kind));
    }
}

#[test]
fn each_kind_names_whom_it_is_about() {
    use PlatformEventKind as Kind;
    let subject = Subject::parse("sub-1").expect("a subject");
    let issuer = Issuer::parse("https://id").expect("an issuer");
    let user = |issuer| NamedUser {
        issuer,
        subject: subject.clone(),
    };
    for (kind, data, expected) in [
        (
            Kind::TenantActivated,
            json!({}),
            PlatformEvent::TenantActivated,
        ),
        (
            Kind::EntitlementRevoked,
            json!({}),
            PlatformEvent::EntitlementChanged,
        ),
        (
            Kind::PatientRegistered,
            json!({"patientId": "p"}),
            PlatformEvent::Registered(Some(patient_id("p"))),
        ),
        (
            Kind::UserRegistered,
            json!({"patientId": null}),
            PlatformEvent::Registered(None),
        ),
        (
            Kind::UserSuspended,
            json!({"subject": "sub-1"}),
            PlatformEvent::UserLocked(user(None)),
        ),
        (
            Kind::SessionRevoked,
            json!({"subject": "sub-1", "issuer": "https://id"}),
            PlatformEvent::SessionsRevoked(user(Some(issuer.clone()))),
        ),
        (
            Kind::SessionRevoked,
            json!({"sessionId": "s", "issuer": "https://id"}),
            PlatformEvent::SessionRevoked(Some(issuer.clone()), "s".into()),
        ),
        (
            Kind::VitalStatusChanged,
            json!({"patientId": "p", "deceased": true}),
            PlatformEvent::VitalStatusChanged(patient_id("p"), true),
        ),
        (
            Kind::PatientMerged,
            json!({"patientId": "a", "survivingPatientId": "b"}),
            PlatformEvent::PatientMerged {
                retired: patient_id("a"),
                surviving: patient_id("b"),
            },
        ),
        (
            Kind::Records(RecordEventKind::LaboratoryResultReleased),
            json!({"patientId": "p"}),
            PlatformEvent::RecordsChanged(Some(patient_id("p")), Source::Laboratory),
        ),
        (
            Kind::Records(RecordEventKind::Chart),
            json!({"chartId": "c"}),
            PlatformEvent::RecordsChanged(None, Source::PatientChart),
        ),
    ] {
        assert!(event_of(kind, &data) == Ok(expected), "{data}");
    }
}

#[test]
fn what_is_missing_or_no_name_is_named() {
    use PlatformEventKind as Kind;
    for (kind, data, fault) in [
        (
            Kind::PatientRegistered,
            json!({}),
            EventFault::Missing("patientId"),
        ),
        (
            Kind::PatientUpdated,
            json!({"patientId": "../b"}),
            EventFault::Malformed("patientId"),
        ),
        (
            Kind::UserSuspended,
            json!({}),
            EventFault::Missing("subject"),
        ),
        (
            Kind::UserSuspended,
            json!({"subject": "s", "issuer": "with space"}),
            EventFault::Malformed("issuer"),
        ),
        (
            Kind::SessionRevoked,
            json!({}),
            EventFault::Missing("subject"),
        ),
        (
            Kind::SessionRevoked,
            json!({"sessionId": ""}),
            EventFault::Malformed("sessionId"),
        ),
        (
            Kind::VitalStatusChanged,
            json!({"patientId": "p"}),
            EventFault::Missing("deceased"),
        ),
        (
            Kind::VitalStatusChanged,
            json!({"patientId": "p", "deceased": "yes"}),
            EventFault::Malformed("deceased"),
        ),
        (
            Kind::PatientMerged,
            json!({"patientId": "a", "survivingPatientId": "a"}),
            EventFault::Contradicts("survivingPatientId"),
        ),
        (
            Kind::Records(RecordEventKind::LaboratoryResultReleased),
            json!({}),
            EventFault::Missing("patientId"),
        ),
        (
            Kind::Records(RecordEventKind::Chart),
            json!({"patientId": "a b"}),
            EventFault::Malformed("patientId"),
        ),
    ] {
        let read = event_of(kind, &data);
        assert!(read == Err(fault), "{data}");
    }
}
