//! What a census came upon: a suite that is shown nothing, or from which nothing is hidden, proves
//! nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};

use super::super::ask::Walk;
use super::super::markers::markers_of;
use super::super::reference::Route;
use super::super::world::{Caller, World};

/// Of each route how often it showed something, and by which it refused; of each type how many
/// records were shown to somebody, and how many were not to somebody who was answered.
#[derive(Debug, Default)]
pub(super) struct Tally {
    shown: BTreeMap<String, usize>,
    verdicts: BTreeMap<String, usize>,
    seen: BTreeMap<String, BTreeSet<u32>>,
    hidden: BTreeMap<String, BTreeSet<u32>>,
}

impl Tally {
    /// Takes an answer in.
    pub(super) fn add(&mut self, route: &Route, walk: &Walk, caller: &Caller, world: &World) {
        *self.verdicts.entry(walk.verdict.clone()).or_default() += 1;
        if walk.verdict != "200" {
            return;
        }
        if let Some(name) = name(route) {
            *self.shown.entry(name).or_default() += usize::from(!walk.markers.is_empty());
        }
        let Route::Search(searched, pairs) = route else {
            return;
        };
        if pairs.iter().any(|(name, _)| name == "_summary") || *searched == "Patient" {
            return;
        }
        let here = world
            .planted
            .iter()
            .filter(|planted| planted.tenant == caller.person.tenant);
        for planted in here.filter(|planted| planted.value["resourceType"] == **searched) {
            let id = markers_of(&planted.value["id"]);
            let seen = id.is_subset(&walk.markers);
            let kept = if seen {
                &mut self.seen
            } else {
                &mut self.hidden
            };
            kept.entry((*searched).to_owned()).or_default().extend(id);
        }
    }

    /// Every route showed something, and of every type something was shown to one and not to
    /// another.
    pub(super) fn assert_whole(&self) {
        let nothing: Vec<_> = self
            .shown
            .iter()
            .filter(|(_, shown)| **shown == 0)
            .collect();
        assert!(nothing.is_empty(), "never showed anything: {nothing:?}");
        assert_eq!(
            self.seen.keys().collect::<Vec<_>>(),
            self.hidden.keys().collect::<Vec<_>>()
        );
        let both = |name: &String| !self.seen[name].is_disjoint(&self.hidden[name]);
        let never: Vec<_> = self.seen.keys().filter(|name| !both(name)).collect();
        assert!(
            never.is_empty(),
            "none was shown to one and hidden from another: {never:?}"
        );
    }
}

/// What a route is called; none for one that only counts.
fn name(route: &Route) -> Option<String> {
    Some(match route {
        Route::Search(_, pairs) if pairs.iter().any(|(name, _)| name == "_summary") => return None,
        Route::Search(name, _) => format!("search {name}"),
        Route::Read(name, _) => format!("read {name}"),
        Route::List(listing, _) => listing.path.to_owned(),
        Route::One(listing, _) => format!("{}/{{id}}", listing.path),
        Route::Calendar(_) => "calendar".to_owned(),
        Route::Content(_) => "content".to_owned(),
        Route::Binary(_) => "Binary".to_owned(),
        Route::Lab(_) => "lab".to_owned(),
        other => other
            .path()
            .split('?')
            .next()
            .unwrap_or_default()
            .to_owned(),
    })
}

impl Display for Tally {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let count = |of: &BTreeMap<String, BTreeSet<u32>>| -> Vec<String> {
            of.iter()
                .map(|(name, ids)| format!("{name} {}", ids.len()))
                .collect()
        };
        write!(
            f,
            "{:?}; {:?}; seen: {}; hidden: {}",
            self.verdicts,
            self.shown,
            count(&self.seen).join(", "),
            count(&self.hidden).join(", ")
        )
    }
}
