//! The laws of what leaves, for any policy, any delegation and any scopes.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::date;
use portal_fhir::ResourceType;
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::{Value, json};

use super::{Freshness, Memo, Owned, Released, StoredSet};
use crate::access::tests::generators::any_delegation;
use crate::access::{AccessFacts, Action, BirthDate, PatientGrant, ProxyNeed, Surface, authorize};
use crate::id::PatientId;
use crate::proxy_delegation::{DelegationSnapshot, DelegationStatus};
use crate::release::tests::generators::{any_policy, any_result};
use crate::release::{ReleaseMode, ReleasePolicy, Verdicts};
use crate::scope::ScopeSet;
use crate::source::RecordSet;
use crate::tenant_config::TenantConfig;
use crate::testing::{PATIENT, TODAY, action, at, facts_of, owned, proxy_facts, rules, tenant};

const RESULTS: RecordSet = RecordSet::LaboratoryObservations;
const CHART: RecordSet = RecordSet::ChartObservations;
const SCOPES: [&str; 5] = [
    "patient/Observation.s",
    "patient/Observation.s?category=laboratory",
    "patient/Observation.s?category=vital-signs,survey",
    "patient/Observation.s?code=a patient/Observation.s?code=b&status=final",
    "patient/Observation.r",
];

/// Observations of the laboratory and of the chart.
#[derive(Debug, Clone)]
struct Record(Owned, Owned);

fn numbered(mut results: Vec<Value>) -> Vec<String> {
    for (number, result) in results.iter_mut().enumerate() {
        result["id"] = json!(format!("o{number}"));
    }
    results.iter().map(Value::to_string).collect()
}

fn of_chart() -> impl Strategy<Value = Value> {
    let words = subsequence(vec!["vital-signs", "survey", "social-history"], 0..=2);
    (any_result(), words).prop_map(|(mut result, words)| {
        let concept = |word: &str| json!({"coding": [{"code": word}]});
        result["category"] = words.into_iter().map(concept).collect();
        result
    })
}

fn any_record() -> impl Strategy<Value = Record> {
    let results = prop::collection::vec(any_result(), 0..5);
    let chart = prop::collection::vec(of_chart(), 0..5);
    (results, chart).prop_map(|(results, chart)| {
        Record(
            owned(RESULTS, &numbered(results)),
            owned(CHART, &numbered(chart)),
        )
    })
}

fn any_scopes() -> impl Strategy<Value = String> {
    let scopes = subsequence(SCOPES.to_vec(), 0..=3);
    scopes.prop_map(|scopes| format!("patient/Patient.s {}", scopes.join(" ")))
}

/// Any delegation of the patient that is in force.
fn in_force() -> impl Strategy<Value = DelegationSnapshot> {
    any_delegation().prop_map(|it| DelegationSnapshot {
        status: DelegationStatus::Active,
        grantor: PatientId::parse(PATIENT).unwrap(),
        valid_from: TODAY,
        valid_to: None,
        grantor_account: None,
        ..it
    })
}

fn grant(mut facts: AccessFacts, scopes: &str, policy: &ReleasePolicy) -> Option<PatientGrant> {
    let mut tenant = tenant("north");
    tenant.config = Arc::new(TenantConfig {
        release_policy: policy.clone(),
        ..TenantConfig::default()
    });
    facts.tenant = Some(Arc::new(tenant));
    Arc::make_mut(&mut facts.token).scopes = ScopeSet::parse(scopes);
    let action = Action {
        proxy: ProxyNeed::Any,
        ..action(Surface::Portal, ResourceType::Patient)
    };
    authorize(&facts, &action, at(40 * 3_600)).ok()
}

/// The grant of who acts by a delegation for a patient born in a year; none once of age.
fn acting(
    delegation: &DelegationSnapshot,
    year: i16,
    scopes: &str,
    policy: &ReleasePolicy,
) -> Option<PatientGrant> {
    let mut facts = proxy_facts(delegation.clone());
    facts.birth_date = BirthDate::Day(date(year, 1, 1));
    grant(facts, scopes, policy)
}

fn own(scopes: &str, policy: &ReleasePolicy) -> PatientGrant {
    grant(facts_of("north", PATIENT), scopes, policy).unwrap()
}

fn released(grant: &PatientGrant, owned: &Owned) -> Option<Released> {
    let rules = rules(ReleaseMode::ByStatus);
    let verdicts = Verdicts::of(owned, &grant.judge(&rules, owned.set().source()));
    let permit = grant.read(owned.set().resource_type())?;
    Some(Released::filter(&permit, owned.clone(), &verdicts).unwrap())
}

/// The ids that leave; none without a permit.
fn shown(grant: &PatientGrant, Record(results, chart): &Record) -> BTreeSet<String> {
    let released = [results, chart].map(|owned| released(grant, owned));
    let headers = released.iter().flatten().flat_map(Released::headers);
    headers.map(|header| header.id.to_string()).collect()
}

fn only(owned: &Owned, ids: &BTreeSet<String>) -> Owned {
    let stored = owned.stored();
    let records = stored
        .records
        .iter()
        .filter(|it| ids.contains(&*it.header.id));
    let set = StoredSet {
        tenant: stored.tenant.clone(),
        patient: stored.patient.clone(),
        set: stored.set,
        records: records.cloned().collect(),
        as_of: stored.as_of,
        incomplete: stored.incomplete,
        memo: Memo::default(),
    };
    let grant = crate::testing::grant("north", PATIENT);
    let target = grant.inspect(owned.set().resource_type()).unwrap().target();
    Owned::reopen(&target, owned.set(), set.into(), Freshness::Cached).unwrap()
}

proptest! {
    #[test]
    fn a_proxy_is_never_shown_what_the_patient_is_not(
        record in any_record(),
        delegation in in_force(),
        year in 2005i16..2026,
        scopes in any_scopes(),
        policy in any_policy(),
    ) {
        if let Some(acting) = acting(&delegation, year, &scopes, &policy) {
            prop_assert!(shown(&acting, &record).is_subset(&shown(&own(&scopes, &policy), &record)));
        }
    }

    #[test]
    fn a_delegation_and_scopes_show_together_what_both_of_them_show(
        record in any_record(),
        delegation in in_force(),
        year in 2005i16..2026,
        scopes in any_scopes(),
        policy in any_policy(),
    ) {
        let all = "patient/*.cruds";
        if let Some(delegated) = acting(&delegation, year, all, &policy) {
            let delegated = shown(&delegated, &record);
            let scoped = shown(&own(&scopes, &policy), &record);
            let both = acting(&delegation, year, &scopes, &policy).unwrap();
            let expected: BTreeSet<_> = delegated.intersection(&scoped).cloned().collect();
            prop_assert_eq!(shown(&both, &record), expected);
        }
    }

    #[test]
    fn what_was_shown_is_shown_again(
        record in any_record(),
        delegation in in_force(),
        year in 2005i16..2026,
        scopes in any_scopes(),
        policy in any_policy(),
    ) {
        let acting = acting(&delegation, year, &scopes, &policy);
        for grant in acting.into_iter().chain([own(&scopes, &policy)]) {
            let once = shown(&grant, &record);
            let left = Record(only(&record.0, &once), only(&record.1, &once));
            prop_assert_eq!(shown(&grant, &left), once);
        }
    }

    #[test]
    fn nobody_is_shown_more_by_one_scope_less(
        record in any_record(),
        scopes in subsequence(SCOPES.to_vec(), 0..=5),
        dropped in 0usize..5,
        policy in any_policy(),
    ) {
        let mut fewer = scopes.clone();
        if dropped < fewer.len() {
            fewer.remove(dropped);
        }
        let claim = |scopes: &[&str]| format!("patient/Patient.s {}", scopes.join(" "));
        let less = shown(&own(&claim(&fewer), &policy), &record);
        prop_assert!(less.is_subset(&shown(&own(&claim(&scopes), &policy), &record)));
    }
}
