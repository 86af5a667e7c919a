//! Where else than in answers something of a record may be found: the journal and the outbox name
//! records by the ids that somebody was shown or asked for, and nothing else keeps anything.

use std::collections::{BTreeMap, BTreeSet};

use portal_tests::TestPortal;

use super::super::ask::Walk;
use super::super::markers::{markers_in, markers_of};
use super::super::reference::Route;
use super::super::world::{Caller, World};

/// What each tenant's people were shown, or asked for.
#[derive(Debug, Default)]
pub(super) struct Told(BTreeMap<String, BTreeSet<u32>>);

impl Told {
    /// Takes a request and its answers in.
    pub(super) fn add(&mut self, route: &Route, walk: &Walk, caller: &Caller) {
        let told = self.0.entry(caller.person.tenant.clone()).or_default();
        told.extend(&walk.markers);
        told.extend(markers_in(&route.path()));
    }

    /// Looks into the journal and the outbox, the cache with its keys, and the metrics.
    pub(super) async fn assert_sinks(&self, portal: &TestPortal, world: &World) {
        let ids: BTreeSet<u32> = world
            .planted
            .iter()
            .flat_map(|planted| markers_of(&planted.value["id"]))
            .collect();
        let mut recorded = 0;
        for (tenant, told) in &self.0 {
            for row in portal.kept_of(tenant).await {
                let named = markers_in(&row);
                recorded += named.len();
                let leak = named
                    .iter()
                    .find(|it| !ids.contains(it) || !told.contains(it));
                if let Some(leak) = leak {
                    panic!("a row keeps {}: {row}", world.place_of(*leak));
                }
            }
        }
        assert!(recorded > 0, "the journal names what was shown");
        let cached = portal.cached().await;
        assert!(!cached.is_empty(), "records are cached");
        for (key, value) in cached {
            for bytes in [key, value] {
                let found = markers_in(&String::from_utf8_lossy(&bytes));
                assert!(found.is_empty(), "the cache shows {found:?}");
            }
        }
        assert!(
            markers_in(&portal.metrics()).is_empty(),
            "metrics name a record"
        );
    }
}
