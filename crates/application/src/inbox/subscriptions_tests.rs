use super::*;

#[test]
fn by_default_every_kind_has_a_subject_of_its_own() {
    let usual = Subscriptions::default();
    assert_eq!(Subscriptions::parse("{}"), Ok(usual.clone()));
    assert_eq!(usual.0.len(), PlatformEventKind::all().count());
    for one in &usual.0 {
        let subject = one.subject.replace('>', "said.v1");
        assert_eq!(usual.find(&one.stream, &subject), Some(one));
        assert!(one.takes(&subject), "{subject}");
    }
    let streams: Vec<_> = usual.streams().into_iter().collect();
    assert_eq!(
        streams,
        [
            "CLAIMS",
            "COMMUNICATION",
            "DIAG",
            "IDENTITY",
            "IMMUNIZATIONS",
            "LICENSING",
            "MEDICATION",
            "PATIENT_CHART",
            "REGISTRATION",
            "SCHEDULING",
            "TENANT"
        ]
    );
    assert_eq!(usual.subjects("LICENSING").count(), 2);
}

#[test]
fn a_setting_changes_what_it_names_and_nothing_else() {
    let changed = Subscriptions::parse(
        r#"{"registration.patient.merged.v1": {"stream": "EVENTS", "subject": "reg.merged"},
            "tenant.config.changed.v1": null}"#,
    );
    let changed = changed.expect("a setting");
    let merged = changed
        .find("EVENTS", "reg.merged")
        .expect("it is consumed");
    assert_eq!(merged.kind, PlatformEventKind::PatientMerged);
    assert_eq!(merged.event_type, "registration.patient.merged.v1");
    assert_eq!(merged.source, "ghasi/registration");
    assert_eq!(
        changed.find("REGISTRATION", "registration.patient.merged.v1"),
        None
    );
    assert_eq!(changed.find("TENANT", "tenant.config.changed.v1"), None);
    assert_eq!(changed.0.len(), PlatformEventKind::all().count() - 1);
}

#[test]
fn what_says_nothing_is_refused() {
    let of = |value: &str| format!(r#"{{"tenant.config.changed.v1": {value}}}"#);
    for (text, fault) in [
        ("[]".to_owned(), SubscriptionFault::NotAnObject),
        (
            r#"{"tenant.gone": null}"#.to_owned(),
            SubscriptionFault::UnknownEvent,
        ),
        (of("7"), SubscriptionFault::NotASubscription),
        (of(r#"{"stream": 7}"#), SubscriptionFault::NotASubscription),
        (
            of(r#"{"streams": "T"}"#),
            SubscriptionFault::NotASubscription,
        ),
        (of(r#"{"stream": "A.B"}"#), SubscriptionFault::InvalidName),
        (of(r#"{"subject": "a.*"}"#), SubscriptionFault::InvalidName),
        (of(r#"{"subject": "a..b"}"#), SubscriptionFault::InvalidName),
        (of(r#"{"subject": ""}"#), SubscriptionFault::InvalidName),
        (
            of(r#"{"subject": "tenant.tenant.suspended.v1"}"#),
            SubscriptionFault::SameSubject,
        ),
        (
            of(r#"{"stream": "CLAIMS", "subject": "claims.config"}"#),
            SubscriptionFault::SameSubject,
        ),
    ] {
        assert_eq!(Subscriptions::parse(&text), Err(fault), "{text}");
    }
}

#[test]
fn only_a_family_of_types_may_come_in_by_a_pattern() {
    let of = |kind: &str, value: &str| Subscriptions::parse(&format!(r#"{{"{kind}": {value}}}"#));
    let family = of(
        "claims.*",
        r#"{"subject": "*.claims.>", "type": "claim.*"}"#,
    );
    let family = family.expect("a setting");
    let found = family.find("CLAIMS", "kabul.claims.paid.v1");
    let found = found.expect("it is consumed");
    assert!(found.takes("claim.paid") && !found.takes("claim.paid.v1"));
    assert_eq!(family.find("CLAIMS", "kabul.claims"), None);
    for pattern in ["*.released", "diag.>"] {
        let one = of(
            "diag.laboratory.result.released",
            &format!(r#"{{"subject": "{pattern}"}}"#),
        );
        assert_eq!(one, Err(SubscriptionFault::InvalidName));
    }
}
