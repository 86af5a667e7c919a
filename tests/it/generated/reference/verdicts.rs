//! Verdicts on everything of a patient, and what they mask elsewhere.

use serde_json::{Value, json};

use super::json::{each, text};
use super::release::Why;
use super::sets::{Held, SETS, meant};

/// The sets of a patient with a verdict on each resource.
#[derive(Debug)]
pub(in super::super) struct Verdicts<'w> {
    pub(super) sets: Vec<(Held<'w>, Vec<Option<Why>>)>,
    /// Types that nobody looks at for this tenant: of what is referred to there nobody can say
    /// whether it may be seen.
    pub(super) unjudged: Vec<&'static str>,
}

/// Masks references to what is withheld, and takes those away that lead nowhere that is served.
pub(super) fn mask(value: &mut Value, verdicts: &Verdicts<'_>, from: &str) {
    if let Some(target) = value["reference"].as_str().map(str::to_owned) {
        if verdicts.hide(&target, from) {
            *value = json!({"masked": true});
        } else if !target.starts_with('#')
            && !is_served(&target)
        {
            value
                .as_object_mut()
                .expect("a reference")
                .remove("reference");
        }
    }
    match value {
        Value::Object(members) => members
            .values_mut()
            .for_each(|inner| mask(inner, verdicts, from)),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|inner| mask(inner, verdicts, from)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_served(target: &str) -> bool {
    let name = target.split_once('/').map_or("", |(name, _)| name);
    name == "Binary" || SETS.iter().any(|set| set.resource_type == name)
}

impl Verdicts<'_> {
    /// Whether a reference leads to something withheld. A relative one means its own source's
    /// record, or the first authority's where that source is none: if this one knows it, its word
    /// counts; else what any authority withholds under that id, and what one of them may have lost.
    fn hide(&self, target: &str, from: &str) -> bool {
        let of_type: Vec<_> = self
            .sets
            .iter()
            .filter(|(held, _)| held.names(target).is_some())
            .collect();
        let name = target.split_once('/').map_or("", |(name, _)| name);
        let Some(meant) = meant(name, from).filter(|set| set.resource_type != "Patient") else {
            return false;
        };
        if self.unjudged.contains(&name) {
            return true;
        }
        let verdict = |(held, judged): &(Held<'_>, Vec<Option<Why>>)| {
            let id = held.names(target)?;
            let mut judged = held.resources.iter().zip(judged);
            judged
                .find(|(one, _)| text(one, "id") == id)
                .map(|(_, verdict)| verdict.is_some())
        };
        let of_meant = of_type.iter().find(|(held, _)| held.set == meant);
        if let Some(hidden) = of_meant.and_then(|it| verdict(it)) {
            return hidden;
        }
        of_type
            .iter()
            .any(|it| it.0.incomplete || verdict(it) == Some(true))
    }

    /// Which reports of a set name a result that is hidden, or that nobody can look up: those of
    /// the laboratory have their results beside them, those of radiology have none there.
    pub(super) fn with_hidden_results(&self, reports: &Held<'_>) -> Vec<bool> {
        let beside = self.sets.iter().find(|(held, _)| {
            held.set.source == reports.set.source && held.set.resource_type == "Observation"
        });
        let is_hidden = |result: &Value| {
            let target = text(result, "reference");
            if target.starts_with('#') {
                return false;
            }
            let Some((results, judged)) = beside else {
                return true;
            };
            let Some(id) = results.names(target) else {
                return true;
            };
            let found = results
                .resources
                .iter()
                .zip(judged)
                .find(|(one, _)| text(one, "id") == id);
            found.map_or(results.incomplete, |(_, verdict)| verdict.is_some())
        };
        let hidden = |report: &Value| each(&report["result"]).into_iter().any(is_hidden);
        reports.resources.iter().map(|report| hidden(report)).collect()
    }

    /// The results of a set that are only held for a while, with what is in them.
    pub(super) fn held_results(&self, source: &str, resource_type: &str) -> Vec<&Value> {
        self.sets
            .iter()
            .filter(|(held, _)| held.set.source == source)
            .filter(|(held, _)| held.set.resource_type == resource_type)
            .flat_map(|(held, judged)| held.resources.iter().zip(judged))
            .filter(|(_, verdict)| **verdict == Some(Why::Held))
            .map(|(resource, _)| &**resource)
            .collect()
    }
}
