//! Verdicts on what a source holds of a patient, set by set as they are asked for, and what they
//! mask elsewhere.

use std::cell::OnceCell;
use std::rc::Rc;

use serde_json::{Value, json};

use super::admit::{View, unlicensed};
use super::json::{each, text};
use super::release::Why;
use super::sets::{Held, SETS, Set, meant};

/// A set of a patient with a verdict on each resource.
#[derive(Debug)]
pub(in super::super) struct Verdicts<'w> {
    pub(super) held: Held<'w>,
    verdicts: Vec<Option<Why>>,
}

/// The verdicts on every set, each judged once.
pub(super) type Judged<'w> = Rc<[OnceCell<Verdicts<'w>>; SETS.len()]>;

impl Verdicts<'_> {
    /// Each resource with the verdict on it.
    pub(super) fn each(&self) -> impl Iterator<Item = (&Value, Option<Why>)> {
        let resources = self.held.resources.iter().map(|one| &**one);
        resources.zip(self.verdicts.iter().copied())
    }

    /// What is withheld from nobody who looks.
    pub(super) fn visible(&self) -> Vec<&Value> {
        let visible = self.each().filter(|(_, verdict)| verdict.is_none());
        visible.map(|(one, _)| one).collect()
    }

    /// Whether what has an id is withheld.
    fn withholds(&self, id: &str) -> Option<bool> {
        let mut each = self.each();
        each.find(|(one, _)| text(one, "id") == id)
            .map(|(_, verdict)| verdict.is_some())
    }
}

impl<'w> View<'w> {
    /// The verdicts on a set.
    pub(super) fn verdicts(&self, set: Set) -> &Verdicts<'w> {
        let at = SETS
            .iter()
            .position(|one| *one == set)
            .expect("one of the sets");
        self.judged[at].get_or_init(|| self.judge(set))
    }

    fn judge(&self, set: Set) -> Verdicts<'w> {
        let held = Held::of(self.world, &self.tenant.id, self.patient, set);
        let alone = held.resources.iter().map(|one| self.verdict(one, set));
        let mut verdicts: Vec<_> = alone.collect();
        if set.resource_type == "DiagnosticReport" {
            for (verdict, report) in verdicts.iter_mut().zip(&held.resources) {
                if self.has_hidden_result(report, set) {
                    *verdict = verdict.or(Some(Why::Hidden));
                }
            }
        }
        Verdicts { held, verdicts }
    }

    /// Whether a report names a result that is hidden, or that nobody can look up: those of the
    /// laboratory have their results beside them, those of radiology have none there.
    fn has_hidden_result(&self, report: &Value, reports: Set) -> bool {
        let is_beside =
            |set: &&Set| set.source == reports.source && set.resource_type == "Observation";
        let beside = SETS.iter().find(is_beside).map(|set| self.verdicts(*set));
        each(&report["result"]).into_iter().any(|result| {
            let target = text(result, "reference");
            if target.starts_with('#') {
                return false;
            }
            let Some((results, id)) = beside.and_then(|it| Some((it, it.held.names(target)?)))
            else {
                return true;
            };
            results.withholds(id).unwrap_or(results.held.incomplete)
        })
    }

    /// Whether a reference leads to something withheld. A relative one means its own source's
    /// record, or the first authority's where that source is none: if this one knows it, its word
    /// counts; else what any authority withholds under that id, and what one of them may have lost.
    /// What a tenant has not licensed nobody looks at.
    fn hides(&self, target: &str, from: &str) -> bool {
        let Some((name, id)) = target.split_once('/') else {
            return false;
        };
        let of_type = SETS.iter().filter(|set| set.resource_type == name);
        let mut of_type = of_type.filter(|set| set.is_of_patient() && set.is_fhir());
        let Some(meant) = meant(name, from).filter(|set| set.is_of_patient()) else {
            return false;
        };
        if name == "Patient" {
            return false;
        }
        if unlicensed(self.tenant).contains(&name) {
            return true;
        }
        if let Some(withheld) = self.verdicts(meant).withholds(id) {
            return withheld;
        }
        of_type.any(|set| {
            let verdicts = self.verdicts(*set);
            verdicts.held.incomplete || verdicts.withholds(id) == Some(true)
        })
    }

    /// Masks references to what is withheld, and takes those away that lead nowhere that is served.
    pub(super) fn mask(&self, value: &mut Value, from: &str) {
        if let Some(target) = value["reference"].as_str().map(str::to_owned) {
            if self.hides(&target, from) {
                *value = json!({"masked": true});
            } else if !target.starts_with('#') && !is_served(&target) {
                let members = value.as_object_mut().expect("a reference");
                members.remove("reference");
            }
        }
        match value {
            Value::Object(members) => members
                .values_mut()
                .for_each(|inner| self.mask(inner, from)),
            Value::Array(items) => items.iter_mut().for_each(|inner| self.mask(inner, from)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

fn is_served(target: &str) -> bool {
    let name = target.split_once('/').map_or("", |(name, _)| name);
    name == "Binary" || SETS.iter().any(|set| set.resource_type == name)
}
