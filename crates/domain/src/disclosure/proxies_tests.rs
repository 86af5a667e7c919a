//! What is left of a set for somebody who acts for the patient.

use std::sync::Arc;

use jiff::civil::date;
use portal_fhir::ResourceType;
use serde_json::{Value, json};

use super::Released;
use crate::access::{BirthDate, PatientGrant, ProxyNeed, Surface, authorize};
use crate::disclosure::Owned;
use crate::proxy_delegation::{DelegationRight, DelegationSnapshot, RelationshipType, RightSet};
use crate::release::{Audience, Masks, ReleaseMode, Verdicts, Viewer};
use crate::scope::ScopeSet;
use crate::sensitivity::{SensitivityCategory, SensitivitySet};
use crate::source::RecordSet;
use crate::tenant_config::TenantConfig;
use crate::testing::{
    PATIENT, action, at, delegation, facts, judged, judged_for, owned, proxy_facts, report, rules,
    token_of,
};

const RESULTS: RecordSet = RecordSet::LaboratoryObservations;
const CHART: RecordSet = RecordSet::ChartObservations;
const LISTED: &str = r#"{"coding":[{"system":"http://loinc.org","code":"7917-8"}]}"#;
const HARMLESS: &str = r#"{"coding":[{"system":"http://loinc.org","code":"718-7"}]}"#;

fn grant_of(delegation: DelegationSnapshot, birth_year: i16, scopes: &str) -> PatientGrant {
    let mut facts = proxy_facts(delegation);
    facts.birth_date = BirthDate::Day(date(birth_year, 6, 1));
    token_of(&mut facts).scopes = ScopeSet::parse(scopes);
    let action = crate::access::Action {
        proxy: ProxyNeed::Any,
        ..action(Surface::Portal, ResourceType::Patient)
    };
    authorize(&facts, &action, at(0)).unwrap()
}

fn parent(birth_year: i16) -> PatientGrant {
    let it = delegation(1, RelationshipType::Parent, RightSet::ALL);
    grant_of(it, birth_year, "patient/*.read")
}

fn caregiver(rights: &[DelegationRight]) -> PatientGrant {
    let rights = RightSet::of(rights.iter().copied());
    grant_of(
        delegation(1, RelationshipType::Caregiver, rights),
        1980,
        "patient/*.read",
    )
}

fn own() -> PatientGrant {
    let action = action(Surface::Portal, ResourceType::Patient);
    authorize(&facts(), &action, at(0)).unwrap()
}

/// The set as somebody's own judge lets it through.
fn released(grant: &PatientGrant, owned: &Owned) -> Released {
    let rules = rules(ReleaseMode::ByStatus);
    let judge = grant.judge(&rules, owned.set().source());
    let permit = grant.read(owned.set().resource_type()).unwrap();
    Released::filter(&permit, owned.clone(), &Verdicts::of(owned, &judge)).unwrap()
}

fn ids(released: &Released) -> Vec<&str> {
    released.headers().map(|header| &*header.id).collect()
}

fn patient() -> Owned {
    let text = json!({
        "resourceType": "Patient",
        "id": PATIENT,
        "meta": {"versionId": "7"},
        "extension": [{"url": "urn:u", "valueString": "secret"}],
        "identifier": [{"system": "urn:mrn", "value": "secret"}],
        "active": true,
        "name": [{"family": "Amiri"}],
        "telecom": [{"value": "secret"}],
        "gender": "female",
        "birthDate": "2014-05-01",
        "_birthDate": {"extension": [{"url": "urn:time", "valueString": "secret"}]},
        "address": [{"city": "secret"}],
        "contact": [{"name": {"text": "secret"}}],
        "generalPractitioner": [{"display": "secret"}],
    });
    owned(RecordSet::Patient, &[text.to_string()])
}

fn members(released: &Released) -> Vec<String> {
    let record = released.records().next().unwrap();
    let value: Value = serde_json::from_slice(&record.record().bytes).unwrap();
    let mut names: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
    names.sort_unstable();
    names
}

#[test]
fn the_patient_and_a_parent_with_full_access_see_the_whole_patient() {
    let whole = patient();
    for grant in [own(), parent(2020)] {
        let released = released(&grant, &whole);
        let record = released.records().next().unwrap();
        assert_eq!(record.record().bytes, whole.records()[0].bytes);
        assert!(record.header().person.is_some());
    }
}

#[test]
fn whoever_has_less_sees_who_the_patient_is_and_nothing_more() {
    let whole = patient();
    for grant in [
        caregiver(DelegationRight::ALL),
        caregiver(&[]),
        parent(2010),
    ] {
        let released = released(&grant, &whole);
        let expected = ["birthDate", "gender", "id", "meta", "name", "resourceType"];
        assert_eq!(members(&released), expected);
        let record = released.records().next().unwrap();
        let text = std::str::from_utf8(&record.record().bytes).unwrap();
        assert!(!text.contains("secret") && text.contains("Amiri"), "{text}");
        assert!(text.contains("SUBSETTED"));
        assert_eq!(ids(&released), ["pat.u1"]);
        let header = released.headers().next().unwrap();
        assert_eq!(header.identifiers, [], "filters see what is shown");
        assert_eq!(*header, *record.header());
    }
}

/// An Observation with these categories.
fn observation(id: &str, categories: &[&str]) -> String {
    let category: Vec<_> = categories
        .iter()
        .map(|it| json!({"coding": [{"code": it}]}))
        .collect();
    json!({
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "category": category,
        "code": {"coding": [{"code": "harmless"}]},
        "subject": {"reference": format!("Patient/{PATIENT}")},
    })
    .to_string()
}

fn chart() -> Owned {
    let texts = [
        observation("a", &["vital-signs"]),
        observation("b", &["social-history"]),
        observation("c", &["vital-signs", "survey"]),
        observation("d", &[]),
    ];
    owned(CHART, &texts)
}

#[test]
fn of_a_set_is_left_what_the_delegation_opens() {
    let chart = chart();
    assert_eq!(ids(&released(&own(), &chart)).len(), 4);
    assert_eq!(ids(&released(&parent(2020), &chart)).len(), 4);
    let vitals = caregiver(&[DelegationRight::Vitals]);
    assert_eq!(ids(&released(&vitals, &chart)), ["cht.a"]);
    let labs = caregiver(&[DelegationRight::Labs]);
    assert_eq!(ids(&released(&labs, &chart)), [""; 0]);
}

#[test]
fn a_delegation_and_granular_scopes_show_together_what_each_shows() {
    let rights = RightSet::of([DelegationRight::Vitals]);
    let spouse = delegation(1, RelationshipType::Spouse, rights);
    let grant = grant_of(
        spouse,
        1980,
        "patient/Patient.s patient/Observation.s?category=social-history,survey",
    );
    assert_eq!(ids(&released(&grant, &chart())), [""; 0]);
    let parent = delegation(1, RelationshipType::Parent, RightSet::ALL);
    let scopes = "patient/Patient.s patient/Observation.s?category=survey";
    assert_eq!(
        ids(&released(&grant_of(parent, 2020, scopes), &chart())),
        ["cht.c"]
    );
}

fn result(id: &str, code: &str) -> String {
    crate::testing::result(id, &format!(r#""code":{code}"#))
}

#[test]
fn what_is_sensitive_is_hidden_from_who_may_not_see_it_and_takes_its_report_along() {
    let results = owned(RESULTS, &[result("hb", HARMLESS), result("hiv", LISTED)]);
    let mut ticked = delegation(1, RelationshipType::Spouse, RightSet::ALL);
    ticked.sensitive = SensitivitySet::of([SensitivityCategory::HivSti]);
    for (grant, expected) in [
        (own(), 2),
        (parent(2020), 2),
        (caregiver(&[DelegationRight::Labs]), 1),
        (grant_of(ticked, 1980, "patient/*.read"), 2),
    ] {
        assert_eq!(ids(&released(&grant, &results)).len(), expected);
    }
    let proxy = Viewer {
        audience: Audience::Proxy,
        sensitive: Some(SensitivitySet::NONE),
    };
    let report_text = report("r", &["hb", "hiv"]).replace(
        r#""status":"final""#,
        &format!(r#""status":"final","code":{HARMLESS}"#),
    );
    let reports = owned(RecordSet::LaboratoryReports, &[report_text]);
    for (viewer, hidden) in [(Viewer::PATIENT, false), (proxy, true)] {
        let config = TenantConfig::default();
        let rules = rules(ReleaseMode::ByStatus);
        let of_results = judged_for(&results, &config, viewer);
        let source = reports.set().source();
        let judge = crate::release::Judge::new(&rules, source, &config, viewer, at(0));
        let verdicts = Verdicts::of_reports(&reports, &[of_results], &judge);
        assert_eq!(verdicts.at(0).is_some(), hidden, "{viewer:?}");
    }
}

#[test]
fn a_reference_to_something_sensitive_is_masked_for_the_proxy_alone() {
    let results = owned(RESULTS, &[result("hb", HARMLESS), result("hiv", LISTED)]);
    let proxy = Viewer {
        audience: Audience::Proxy,
        sensitive: Some(SensitivitySet::NONE),
    };
    for (viewer, hidden) in [(Viewer::PATIENT, false), (proxy, true)] {
        let mut masks = Masks::default();
        masks.add(judged_for(&results, &TenantConfig::default(), viewer));
        assert_eq!(masks.hides("Observation/lab.hiv"), hidden, "{viewer:?}");
        assert!(!masks.hides("Observation/lab.hb"));
    }
}

#[test]
fn verdicts_for_one_viewer_let_nothing_through_to_another() {
    let results = owned(RESULTS, &[result("hb", HARMLESS)]);
    let rules = rules(ReleaseMode::ByStatus);
    let (patient, proxy) = (own(), caregiver(&[DelegationRight::Labs]));
    let action = action(Surface::Portal, ResourceType::Patient);
    let later = authorize(&facts(), &action, at(1)).unwrap();
    for (judging, shown, fits) in [
        (&patient, &patient, true),
        (&proxy, &proxy, true),
        (&patient, &proxy, false),
        (&proxy, &patient, false),
        (&patient, &later, false),
    ] {
        let judge = judging.judge(&rules, results.set().source());
        let verdicts = Verdicts::of(&results, &judge);
        let permit = shown.read(ResourceType::Observation).unwrap();
        let released = Released::filter(&permit, results.clone(), &verdicts);
        assert_eq!(released.is_some(), fits);
    }
}

#[test]
fn a_granular_answer_is_the_whole_answer_filtered() {
    let version = |id: &str, updated: &str, code: &str| {
        let text = format!(
            r#""meta":{{"lastUpdated":"{updated}"}},"identifier":[{{"system":"s","value":"7"}}],"code":{{"coding":[{{"code":"{code}"}}]}}"#
        );
        crate::testing::result(id, &text)
    };
    let older = version("a", "2026-01-01T00:00:00Z", "1");
    let newer = version("b", "2026-02-01T00:00:00Z", "2");
    let results = owned(RESULTS, &[older, newer]);
    for (scopes, expected) in [
        ("patient/*.s", &["lab.b"][..]),
        ("patient/Patient.s patient/Observation.s?code=2", &["lab.b"]),
        ("patient/Patient.s patient/Observation.s?code=1", &[]),
    ] {
        let mut facts = facts();
        token_of(&mut facts).scopes = ScopeSet::parse(scopes);
        let action = action(Surface::Portal, ResourceType::Patient);
        let grant = authorize(&facts, &action, at(0)).unwrap();
        let permit = grant.read(ResourceType::Observation).unwrap();
        let released = Released::filter(&permit, results.clone(), &judged(&results)).unwrap();
        assert_eq!(ids(&released), expected, "{scopes}");
    }
}

#[test]
fn classes_are_kept_for_the_lists_that_were_asked_for_first() {
    use crate::sensitivity::{CodeLists, LabelMode};
    let results = owned(RESULTS, &[result("hiv", LISTED)]);
    let (shipped, none) = (CodeLists::shipped(), Arc::new(CodeLists::default()));
    let class = |mode, lists| results.stored().classes(mode, lists)[0];
    let first = results.stored().classes(LabelMode::None, &shipped);
    let again = results.stored().classes(LabelMode::None, &shipped);
    assert!(Arc::ptr_eq(&first, &again));
    assert!(first[0].categories.contains(SensitivityCategory::HivSti));
    assert!(class(LabelMode::None, &none).categories.is_empty());
    assert!(!class(LabelMode::None, &none).undetermined);
    assert!(class(LabelMode::Complete, &shipped).undetermined);
    assert_eq!(class(LabelMode::None, &shipped), first[0]);
}
