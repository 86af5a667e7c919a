//! What a search shows, and what it brings along.

use std::collections::BTreeSet;

use serde_json::Value;

use super::admit::View;
use super::json::{each, text};
use super::routes::Expected;
use super::search::matches;
use super::sets::meant;
use super::shown::{Shown, medication};

/// A search of a type.
pub(super) fn search(view: &View<'_>, resource_type: &str, pairs: &[(String, String)]) -> Expected {
    let shown = view.shown(resource_type);
    let matching: Vec<&Shown> = shown.iter().filter(|one| matches(one, pairs)).collect();
    let brought = brought(view, &matching, pairs);
    let mut expected = Expected::whole(&matching);
    let beside = Expected::whole(&brought.iter().collect::<Vec<_>>());
    let has = |name: &str| pairs.iter().any(|(known, _)| known == name);
    if !has("_summary") {
        expected.allowed.extend(&beside.allowed);
        expected.required.extend(&beside.required);
        expected.brought = beside.ids;
    }
    if has("_elements") || has("_summary") {
        expected.required.clear();
    }
    expected
}

/// What the matches bring along: the Medications that they name, and what says where they come
/// from.
fn brought(view: &View<'_>, matching: &[&Shown], pairs: &[(String, String)]) -> Vec<Shown> {
    let asked = |name: &str| pairs.iter().any(|(known, _)| known == name);
    let mut brought = Vec::new();
    if asked("_include") {
        let named: BTreeSet<String> = matching
            .iter()
            .filter_map(|one| medication(&one.value))
            .collect();
        let shown = view.shown("Medication").into_iter();
        brought.extend(shown.filter(|one| named.contains(&one.id)));
    }
    if asked("_revinclude") {
        let is_about = |target: &&Value| {
            let Some((name, id)) = text(target, "reference").split_once('/') else {
                return false;
            };
            let Some(set) = meant(name, "patient-chart") else {
                return false;
            };
            let is = |one: &&Shown| {
                text(&one.value, "resourceType") == name && one.id == set.address(id)
            };
            matching.iter().copied().any(|one| is(&one))
        };
        let shown = view.shown("Provenance").into_iter();
        brought.extend(shown.filter(|one| each(&one.value["target"]).iter().any(is_about)));
    }
    brought
}
