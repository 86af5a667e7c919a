//! What the laws look at: a laboratory's records, somebody, and a moment.

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::generators::{Laboratory, any_laboratory};
use super::{HOUR, ReleasePolicy};
use crate::disclosure::Owned;
use crate::release::{Judge, ReleaseMode, ReleaseRules, Verdicts, Viewer};
use crate::sensitivity::LabelMode;
use crate::source::{RecordSet, Source};
use crate::tenant_config::TenantConfig;
use crate::testing::{TAG_SYSTEM, at, only, owned, report};

const RESULTS: RecordSet = RecordSet::LaboratoryObservations;
const REPORTS: RecordSet = RecordSet::LaboratoryReports;

/// Everything that what is visible depends on, but for the policy.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub(super) laboratory: Laboratory,
    pub(super) results: Owned,
    reports: Owned,
    rules: ReleaseRules,
    pub(super) viewer: Viewer,
    pub(super) hour: i64,
}

pub(super) fn scene(viewer: impl Strategy<Value = Viewer>) -> impl Strategy<Value = Scene> {
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
    pub(super) fn at(&self, hour: i64) -> Self {
        Self {
            hour,
            ..self.clone()
        }
    }

    pub(super) fn seen_by(&self, viewer: Viewer) -> Self {
        Self {
            viewer,
            ..self.clone()
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        at(self.hour * HOUR)
    }

    /// The verdicts on results and on reports.
    pub(super) fn verdicts_at(
        &self,
        policy: &ReleasePolicy,
        now: Timestamp,
    ) -> (Verdicts, Verdicts) {
        let config = TenantConfig {
            release_policy: policy.clone(),
            ..TenantConfig::default()
        };
        let judge = Judge::new(&self.rules, Source::Laboratory, &config, self.viewer, now);
        let results = Verdicts::of(&self.results, &judge);
        let known = std::slice::from_ref(&results);
        let reports = Verdicts::of_reports(&self.reports, known, &judge);
        (results, reports)
    }

    pub(super) fn visible(&self, policy: &ReleasePolicy) -> BTreeSet<String> {
        let (results, reports) = self.verdicts_at(policy, self.now());
        let mut visible = ids(&self.results, &results);
        visible.extend(ids(&self.reports, &reports));
        visible
    }

    /// With nothing in its sets but what is visible.
    pub(super) fn only_visible(&self, policy: &ReleasePolicy) -> Self {
        let (results, reports) = self.verdicts_at(policy, self.now());
        Self {
            results: only(&self.results, &ids(&self.results, &results)),
            reports: only(&self.reports, &ids(&self.reports, &reports)),
            ..self.clone()
        }
    }
}

fn ids(owned: &Owned, verdicts: &Verdicts) -> BTreeSet<String> {
    let headers = owned.headers().enumerate();
    let visible = headers.filter(|(index, _)| verdicts.at(*index).is_none());
    visible.map(|(_, header)| header.id.to_string()).collect()
}
