//! The laws of what is withheld, for any policy, any records and anybody who looks.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::generators::{
    Laboratory, any_laboratory, any_policy, any_proxy, any_viewer, hours, restriction, rule_of,
    sensitive_set,
};
use super::{Effect, HOUR, ReleasePolicy, Until};
use crate::disclosure::{Freshness, Memo, Owned, StoredSet};
use crate::release::{Judge, ReleaseMode, ReleaseRules, Verdicts, Viewer, Withheld};
use crate::sensitivity::LabelMode;
use crate::source::{RecordSet, Source};
use crate::tenant_config::TenantConfig;
use crate::testing::{PATIENT, TAG_SYSTEM, at, grant, owned, report};

const RESULTS: RecordSet = RecordSet::LaboratoryObservations;
const REPORTS: RecordSet = RecordSet::LaboratoryReports;

/// Everything that what is visible depends on, but for the policy.
#[derive(Debug, Clone)]
struct Scene {
    laboratory: Laboratory,
    results: Owned,
    reports: Owned,
    rules: ReleaseRules,
    viewer: Viewer,
    hour: i64,
}

fn scene(viewer: impl Strategy<Value = Viewer>) -> impl Strategy<Value = Scene> {
    let mode = prop_oneof![3 => Just(ReleaseMode::ByStatus), 1 => Just(ReleaseMode::Marked)];
    let labels = prop_oneof![Just(LabelMode::None), Just(LabelMode::Complete)];
    let rules = (mode, labels).prop_map(|(mode, labels)| ReleaseRules {
        mode,
        labels,
        tag_system: TAG_SYSTEM.into(),
    });
    (any_laboratory(), rules, viewer, 0i64..72).prop_map(|(laboratory, rules, viewer, hour)| {
        Scene {
            results: results(&laboratory),
            reports: reports(&laboratory),
            laboratory,
            rules,
            viewer,
            hour,
        }
    })
}

fn results(laboratory: &Laboratory) -> Owned {
    let texts: Vec<String> = (0..)
        .zip(&laboratory.0)
        .map(|(number, result): (usize, &Value)| {
            let mut result = result.clone();
            result["id"] = json!(format!("o{number}"));
            result.to_string()
        })
        .collect();
    owned(RESULTS, &texts)
}

fn reports(laboratory: &Laboratory) -> Owned {
    let texts: Vec<String> = (0..)
        .zip(&laboratory.1)
        .map(|(number, named): (usize, &Vec<usize>)| {
            let named: Vec<String> = named.iter().map(|result| format!("o{result}")).collect();
            let named: Vec<&str> = named.iter().map(String::as_str).collect();
            report(&format!("r{number}"), &named)
        })
        .collect();
    owned(REPORTS, &texts)
}

impl Scene {
    fn at(&self, hour: i64) -> Self {
        Self {
            hour,
            ..self.clone()
        }
    }

    fn seen_by(&self, viewer: Viewer) -> Self {
        Self {
            viewer,
            ..self.clone()
        }
    }

    /// The verdicts on results and on reports.
    fn verdicts(&self, policy: &ReleasePolicy) -> (Verdicts, Verdicts) {
        let config = TenantConfig {
            release_policy: policy.clone(),
            ..TenantConfig::default()
        };
        let now = at(self.hour * HOUR);
        let judge = Judge::new(&self.rules, Source::Laboratory, &config, self.viewer, now);
        let results = Verdicts::of(&self.results, &judge);
        let known = std::slice::from_ref(&results);
        let reports = Verdicts::of_reports(&self.reports, known, &judge);
        (results, reports)
    }

    fn visible(&self, policy: &ReleasePolicy) -> BTreeSet<String> {
        let (results, reports) = self.verdicts(policy);
        let mut visible = ids(&self.results, &results);
        visible.extend(ids(&self.reports, &reports));
        visible
    }

    /// With nothing in its sets but what is visible.
    fn only_visible(&self, policy: &ReleasePolicy) -> Self {
        let (results, reports) = self.verdicts(policy);
        Self {
            results: only_visible(&self.results, &results),
            reports: only_visible(&self.reports, &reports),
            ..self.clone()
        }
    }
}

fn ids(owned: &Owned, verdicts: &Verdicts) -> BTreeSet<String> {
    let headers = owned.headers().enumerate();
    let visible = headers.filter(|(index, _)| verdicts.at(*index).is_none());
    visible.map(|(_, header)| header.id.to_string()).collect()
}

/// The visible part of a set as a set of its own.
fn only_visible(owned: &Owned, verdicts: &Verdicts) -> Owned {
    let stored = owned.stored();
    let kept = ids(owned, verdicts);
    let records = stored
        .records
        .iter()
        .filter(|it| kept.contains(&*it.header.id));
    let set = StoredSet {
        tenant: stored.tenant.clone(),
        patient: stored.patient.clone(),
        set: stored.set,
        records: records.cloned().collect(),
        as_of: stored.as_of,
        incomplete: stored.incomplete,
        memo: Memo::default(),
    };
    let grant = grant("north", PATIENT);
    let target = grant.inspect(owned.set().resource_type()).unwrap().target();
    Owned::reopen(&target, owned.set(), set.into(), Freshness::Cached).unwrap()
}

/// A policy that holds more than another: one of its effects made stricter.
fn stricter(
    policy: &ReleasePolicy,
    place: usize,
    effect: Effect,
    more: SignedDuration,
) -> ReleasePolicy {
    let mut stricter = policy.clone();
    let place = place % (policy.rules.len() + 1);
    let held = match stricter.rules.get_mut(place) {
        Some(rule) => &mut rule.effect,
        None => &mut stricter.default,
    };
    *held = match *held {
        Effect::Release => effect,
        Effect::HoldFor(time) => Effect::HoldFor(time + more),
        Effect::HoldUntilReviewed | Effect::Withhold => Effect::Withhold,
    };
    stricter
}

proptest! {
    #[test]
    fn one_rule_more_that_restricts_shows_nothing_more(
        scene in scene(any_viewer()),
        policy in any_policy(),
        rule in rule_of(restriction()),
        place in 0usize..5,
    ) {
        let mut more = policy.clone();
        more.rules.insert(place.min(policy.rules.len()), rule);
        prop_assert!(scene.visible(&more).is_subset(&scene.visible(&policy)));
    }

    #[test]
    fn a_hold_instead_of_a_release_and_a_longer_hold_show_nothing_more(
        scene in scene(any_viewer()),
        policy in any_policy(),
        place in 0usize..5,
        effect in restriction(),
        more in hours(),
    ) {
        let stricter = stricter(&policy, place, effect, more);
        prop_assert!(scene.visible(&stricter).is_subset(&scene.visible(&policy)));
    }

    #[test]
    fn critical_results_that_wait_longer_show_nothing_more(
        scene in scene(any_viewer()),
        policy in any_policy(),
        more in hours(),
    ) {
        let mut longer = policy.clone();
        longer.critical_hold += more;
        prop_assert!(scene.visible(&longer).is_subset(&scene.visible(&policy)));
    }

    #[test]
    fn no_policy_shows_what_the_floor_hides(
        scene in scene(any_viewer()),
        policy in any_policy(),
    ) {
        let floor = ReleasePolicy {
            critical_hold: policy.critical_hold,
            ..ReleasePolicy::default()
        };
        prop_assert!(scene.visible(&policy).is_subset(&scene.visible(&floor)));
    }

    #[test]
    fn a_proxy_never_sees_what_the_patient_does_not(
        scene in scene(any_proxy()),
        policy in any_policy(),
    ) {
        let own = scene.seen_by(Viewer::PATIENT).visible(&policy);
        prop_assert!(scene.visible(&policy).is_subset(&own));
    }

    #[test]
    fn who_may_see_fewer_sensitive_categories_sees_no_more(
        scene in scene(any_proxy()),
        policy in any_policy(),
        visible in sensitive_set(),
    ) {
        let all = scene.viewer.sensitive;
        let fewer = Viewer {
            sensitive: Some(all.map_or(visible, |all| all.intersection(visible))),
            ..scene.viewer
        };
        prop_assert!(scene.seen_by(fewer).visible(&policy).is_subset(&scene.visible(&policy)));
    }

    #[test]
    fn for_the_patient_time_only_releases(
        scene in scene(Just(Viewer::PATIENT)),
        policy in any_policy(),
        later in 0i64..100,
    ) {
        let after = scene.at(scene.hour + later);
        prop_assert!(scene.visible(&policy).is_subset(&after.visible(&policy)));
    }

    #[test]
    fn filtering_what_is_visible_hides_nothing_more(
        scene in scene(any_viewer()),
        policy in any_policy(),
    ) {
        let once = scene.only_visible(&policy);
        prop_assert_eq!(once.visible(&policy), scene.visible(&policy));
    }

    #[test]
    fn a_visible_report_has_visible_results(
        scene in scene(any_viewer()),
        policy in any_policy(),
    ) {
        let visible = scene.visible(&policy);
        for (number, named) in scene.laboratory.1.iter().enumerate() {
            if visible.contains(&format!("lab.r{number}")) {
                for result in named.iter().filter(|result| **result < scene.laboratory.0.len()) {
                    let id = format!("lab.o{result}");
                    prop_assert!(visible.contains(&id), "{}", id);
                }
            }
        }
    }

    #[test]
    fn what_is_held_is_shown_once_the_last_of_its_holds_has_ended(
        scene in scene(Just(Viewer::PATIENT)),
        policy in any_policy(),
    ) {
        let (verdicts, _) = scene.verdicts(&policy);
        for index in 0..scene.results.headers().count() {
            let Some(Withheld::Held { until: Until::Moment(until), .. }) = verdicts.at(index)
            else {
                continue;
            };
            prop_assert!(at(scene.hour * HOUR) < until);
            let config = TenantConfig { release_policy: policy.clone(), ..TenantConfig::default() };
            let judge = |now| {
                let judge =
                    Judge::new(&scene.rules, Source::Laboratory, &config, Viewer::PATIENT, now);
                Verdicts::of(&scene.results, &judge).at(index)
            };
            prop_assert_eq!(judge(until), None);
            let before = until.checked_sub(SignedDuration::from_nanos(1)).unwrap();
            prop_assert!(judge(before).is_some());
        }
    }
}
