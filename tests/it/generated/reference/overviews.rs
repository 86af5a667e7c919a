//! What the summary and the caller's own page show.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::markers::markers_of;
use super::super::world::Caller;
use super::admit::{View, admit};
use super::json::{codes, text};
use super::routes::{Expected, Route};
use super::shown::Shown;

const PARTS: [&str; 5] = [
    "allergies",
    "medications",
    "vitals",
    "immunizations",
    "problems",
];

pub(super) fn me(view: &View<'_>) -> Expected {
    let own = Caller {
        acting_for: None,
        ..view.caller.clone()
    };
    let need = Route::Me.need();
    let mut expected = Expected::default();
    let mut names = |view: &View<'_>| {
        let may_look = view
            .world
            .account(&view.caller.person)
            .is_some_and(|it| it.status == "active");
        let shown = if may_look {
            view.shown("Patient")
        } else {
            Vec::new()
        };
        let markers: BTreeSet<u32> = shown
            .iter()
            .flat_map(|one| markers_of(&one.value["name"]))
            .collect();
        expected.allowed.extend(markers);
    };
    if let Ok(own) = admit(view.world, &own, &need, view.now) {
        names(&own);
    }
    let mut ids = BTreeSet::new();
    let active = view
        .world
        .account(&view.caller.person)
        .is_some_and(|it| it.status == "active");
    for delegation in view.world.delegations.iter().filter(|_| active) {
        let caller = Caller {
            acting_for: Some(delegation.id.clone()),
            ..view.caller.clone()
        };
        if let Ok(theirs) = admit(view.world, &caller, &need, view.now) {
            names(&theirs);
            ids.insert(delegation.id.clone());
        }
    }
    Expected { ids, ..expected }
}

/// The summary opens its own parts.
pub(super) fn with_parts(mut view: View<'_>) -> View<'_> {
    if let Some(proxy) = &mut view.proxy {
        proxy.rights.extend(PARTS);
    }
    view
}

pub(super) fn summary(view: &View<'_>) -> Expected {
    let shown = |resource_type: &str, keep: &dyn Fn(&Value) -> bool| {
        let mut shown = view.shown(resource_type);
        shown.retain(|one| keep(&one.value));
        shown
    };
    let active = |one: &Value| {
        let is = |code: &&str| ["active", "recurrence", "relapse"].contains(code);
        codes(&one["clinicalStatus"]).iter().any(is)
    };
    let current = |one: &Value| ["active", "on-hold"].contains(&text(one, "status"));
    let whole: Vec<Shown> = [
        shown("Patient", &|_| true),
        shown("Condition", &active),
        shown("AllergyIntolerance", &|_| true),
        shown("MedicationRequest", &current),
    ]
    .concat();
    let mut expected = Expected::whole(&whole.iter().collect::<Vec<_>>());
    let vitals = shown("Observation", &|one| {
        codes(&one["category"]).contains(&"vital-signs")
    });
    let vitals = vitals
        .iter()
        .filter(|one| one.set.source == "patient-chart");
    let immunizations = shown("Immunization", &|_| true);
    for one in vitals.chain(&immunizations) {
        expected.allowed.extend(&one.markers);
    }
    expected
}
