//! What each right of a delegation opens, and nothing else.

use portal_fhir::{Header, ResourceType};

use super::super::{Action, Denial, PatientGrant, ProxyNeed, Surface, authorize};
use super::{ANY, caregiver, parent, refusal};
use crate::proxy_delegation::{DelegationRight, DelegationSnapshot, RightSet};
use crate::source::RecordSet;
use crate::testing::{action, at, proxy_facts, record};

use DelegationRight as R;
use RecordSet as S;
use ResourceType as T;

const CATEGORIES: &str = "http://terminology.hl7.org/CodeSystem/observation-category";

/// Each right with the types that it opens beside Patient and the proxy's own RelatedPerson.
fn types_of(right: DelegationRight) -> &'static [ResourceType] {
    match right {
        R::Allergies => &[T::AllergyIntolerance],
        R::Medications => &[T::MedicationRequest, T::MedicationDispense, T::Medication],
        R::Vitals => &[T::Observation],
        R::Immunizations => &[T::Immunization],
        R::Problems => &[
            T::Condition,
            T::Encounter,
            T::Procedure,
            T::CarePlan,
            T::CareTeam,
            T::Goal,
        ],
        R::Labs => &[T::Observation, T::DiagnosticReport, T::Specimen],
        R::Documents => &[T::DocumentReference, T::Binary],
        R::Radiology => &[T::DiagnosticReport, T::ImagingStudy],
        R::AppointmentsView | R::AppointmentsManage => &[T::Appointment],
        R::Billing => &[T::Coverage, T::ExplanationOfBenefit],
        R::Summary | R::Refills | R::Messages | R::Export | R::Apps => &[],
    }
}

fn grant(delegation: DelegationSnapshot) -> PatientGrant {
    authorize(&proxy_facts(delegation), &ANY, at(0)).unwrap()
}

fn is_open(grant: &PatientGrant, set: RecordSet, header: &Header) -> bool {
    let permit = grant.read(set.resource_type());
    permit.is_some_and(|permit| permit.covers(set, header))
}

#[test]
fn there_are_sixteen_rights() {
    assert_eq!(R::ALL.len(), 16);
}

#[test]
fn each_right_opens_its_types_and_patient_alone() {
    for right in R::ALL {
        let facts = proxy_facts(caregiver(&[*right]));
        let grant = authorize(&facts, &ANY, at(0)).unwrap();
        for kind in T::ALL {
            let of_all = [T::Patient, T::RelatedPerson].contains(kind) || kind.is_directory();
            let open = of_all || types_of(*right).contains(kind);
            let expected = (!open).then_some(Denial::ProxyScopeDenied);
            let found = refusal(&facts, &action(Surface::Portal, *kind));
            assert_eq!(found, expected, "{right:?} {kind}");
            assert_eq!(grant.read(*kind).is_some(), open, "{right:?} {kind}");
            assert!(grant.inspect(*kind).is_some(), "{right:?} {kind}");
        }
    }
}

#[test]
fn a_route_s_own_right_is_needed_and_no_other_will_do() {
    for wanted in R::ALL {
        let action = Action {
            proxy: ProxyNeed::Right(*wanted),
            ..ANY
        };
        for granted in R::ALL {
            let expected = (granted != wanted).then_some(Denial::ProxyScopeDenied);
            let facts = proxy_facts(caregiver(&[*granted]));
            assert_eq!(
                refusal(&facts, &action),
                expected,
                "{granted:?} for {wanted:?}"
            );
        }
        let others = R::ALL.iter().filter(|right| *right != wanted).copied();
        let facts = proxy_facts(caregiver(&others.collect::<Vec<_>>()));
        assert_eq!(refusal(&facts, &action), Some(Denial::ProxyScopeDenied));
        assert_eq!(refusal(&proxy_facts(caregiver(R::ALL)), &action), None);
    }
}

#[test]
fn each_record_is_open_by_its_own_right() {
    let sets = [
        (S::Patient, None),
        (S::Allergies, Some(R::Allergies)),
        (S::Conditions, Some(R::Problems)),
        (S::MedicationRequests, Some(R::Medications)),
        (S::Immunizations, Some(R::Immunizations)),
        (S::LaboratoryReports, Some(R::Labs)),
        (S::Specimens, Some(R::Labs)),
        (S::RadiologyReports, Some(R::Radiology)),
        (S::ImagingStudies, Some(R::Radiology)),
        (S::MedicationDispenses, Some(R::Medications)),
        (S::Coverages, Some(R::Billing)),
        (S::ExplanationsOfBenefit, Some(R::Billing)),
        (S::DocumentReferences, Some(R::Documents)),
        (S::Encounters, Some(R::Problems)),
        (S::Procedures, Some(R::Problems)),
        (S::CarePlans, Some(R::Problems)),
        (S::CareTeams, Some(R::Problems)),
        (S::Goals, Some(R::Problems)),
    ];
    for (set, wanted) in sets {
        let kind = set.resource_type();
        let header = record(&format!(r#"{{"resourceType":"{kind}","id":"1"}}"#)).header;
        for right in R::ALL {
            let expected = wanted.is_none_or(|wanted| wanted == *right);
            let grant = grant(caregiver(&[*right]));
            assert_eq!(grant.covers(set, &header), expected, "{right:?} {set:?}");
            assert_eq!(is_open(&grant, set, &header), expected, "{right:?} {set:?}");
        }
    }
}

#[test]
fn what_no_right_names_is_open_by_law_alone() {
    for set in [S::ServiceRequests, S::Devices, S::QuestionnaireResponses] {
        let kind = set.resource_type();
        let header = record(&format!(r#"{{"resourceType":"{kind}","id":"1"}}"#)).header;
        assert!(!grant(caregiver(R::ALL)).covers(set, &header), "{set:?}");
        assert!(grant(parent()).covers(set, &header), "{set:?}");
    }
    let message = record(r#"{"resourceType":"Communication","id":"1"}"#).header;
    for delegation in [caregiver(R::ALL), parent()] {
        assert!(!grant(delegation).covers(S::Communications, &message));
    }
}

fn observation(categories: &str) -> Header {
    let category = match categories {
        "" => String::new(),
        text => format!(r#","category":{text}"#),
    };
    record(&format!(
        r#"{{"resourceType":"Observation","id":"1"{category}}}"#
    ))
    .header
}

fn concepts(codings: &[(&str, &str)]) -> String {
    let coding = |(system, code): &(&str, &str)| match *system {
        "" => format!(r#"{{"coding":[{{"code":"{code}"}}]}}"#),
        system => format!(r#"{{"coding":[{{"system":"{system}","code":"{code}"}}]}}"#),
    };
    let concepts: Vec<_> = codings.iter().map(coding).collect();
    format!("[{}]", concepts.join(","))
}

/// Categories, and who sees an Observation that has them: [vitals, labs, both, full access with
/// every right, full access without these two].
fn table() -> Vec<(String, [bool; 5])> {
    let vital = (CATEGORIES, "vital-signs");
    let lab = (CATEGORIES, "laboratory");
    let local = ("urn:local", "VS");
    let full = [false, false, false, true, true];
    let vitals = [true, false, true, true, false];
    let labs = [false, true, true, true, false];
    let both = [false, false, true, true, false];
    let every = [false, false, false, true, false];
    let rows = [
        (concepts(&[vital]), vitals),
        (concepts(&[("", "vital-signs")]), vitals),
        (concepts(&[vital, local]), vitals),
        (concepts(&[local, vital]), vitals),
        (concepts(&[lab]), labs),
        (concepts(&[("", "LABORATORY")]), labs),
        (
            concepts(&[("http://terminology.hl7.org/CodeSystem/v2-0074", "LAB")]),
            labs,
        ),
        (concepts(&[("urn:local", "lab")]), labs),
        (concepts(&[lab, local]), labs),
        (concepts(&[vital, lab]), both),
        (concepts(&[lab, local, vital]), both),
        (concepts(&[(CATEGORIES, "social-history")]), full),
        (concepts(&[("", "survey")]), full),
        (concepts(&[vital, (CATEGORIES, "social-history")]), every),
        (concepts(&[("", "exam"), lab]), every),
        (concepts(&[(CATEGORIES, "Vital-Signs")]), full),
        (concepts(&[local]), full),
        (r#"[{"text":"in words"}]"#.to_owned(), full),
        (String::new(), full),
        ("[]".to_owned(), full),
    ];
    rows.into_iter().collect()
}

fn viewers() -> [PatientGrant; 5] {
    let full = |rights| {
        let mut delegation = parent();
        delegation.scope = rights;
        grant(delegation)
    };
    let others = R::ALL
        .iter()
        .filter(|right| !matches!(right, R::Vitals | R::Labs));
    [
        grant(caregiver(&[R::Vitals])),
        grant(caregiver(&[R::Labs])),
        grant(caregiver(&[R::Vitals, R::Labs])),
        full(RightSet::ALL),
        full(RightSet::of(others.copied())),
    ]
}

#[test]
fn an_observation_needs_every_one_of_its_categories() {
    for (categories, expected) in table() {
        let header = observation(&categories);
        for set in [S::ChartObservations, S::LaboratoryObservations] {
            let found = viewers().map(|grant| is_open(&grant, set, &header));
            assert_eq!(found, expected, "{set:?} {categories}");
        }
    }
}

#[test]
fn a_category_that_cannot_be_read_opens_nothing_to_any_proxy() {
    for categories in ["7", r#"[{"coding":[{"code":"vital-signs"}]},5]"#] {
        let header = observation(categories);
        assert!(header.category_unreadable);
        let found = viewers().map(|grant| is_open(&grant, S::ChartObservations, &header));
        assert_eq!(found, [false; 5], "{categories}");
    }
}

#[test]
fn a_category_without_a_code_may_be_any() {
    let text = format!(r#"[{{"coding":[{{"system":"{CATEGORIES}"}}]}}]"#);
    let found = viewers().map(|grant| is_open(&grant, S::ChartObservations, &observation(&text)));
    assert_eq!(found, [false, false, false, true, true]);
}

#[test]
fn the_summary_opens_its_parts_on_its_own_route_alone() {
    let summary = Action {
        proxy: ProxyNeed::Right(R::Summary),
        ..ANY
    };
    let parts = [
        R::Allergies,
        R::Medications,
        R::Vitals,
        R::Immunizations,
        R::Problems,
    ];
    let facts = proxy_facts(caregiver(&[R::Summary]));
    let opened = authorize(&facts, &summary, at(0)).unwrap();
    let rights = opened.proxy().unwrap().rights();
    assert_eq!(rights, RightSet::of(parts).with(R::Summary));
    let vital = observation(&concepts(&[(CATEGORIES, "vital-signs")]));
    let lab = observation(&concepts(&[(CATEGORIES, "laboratory")]));
    assert!(is_open(&opened, S::ChartObservations, &vital));
    assert!(!is_open(&opened, S::LaboratoryObservations, &lab));
    assert!(opened.read(T::DiagnosticReport).is_none());
    for other in [
        ANY,
        Action {
            proxy: ProxyNeed::OfType,
            ..ANY
        },
    ] {
        let closed = authorize(&facts, &other, at(0)).unwrap();
        assert_eq!(closed.proxy().unwrap().rights(), RightSet::of([R::Summary]));
    }
}
