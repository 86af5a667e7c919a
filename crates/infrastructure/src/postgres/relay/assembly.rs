//! From events in journal order to batches of one tenant each.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use portal_application::ports::RelayBatch;
use portal_domain::id::TenantId;
use serde::{Deserialize, Serialize};

use super::super::error::QueryError;
use super::event::ReadEvent;

/// Events of one message.
const MAX_EVENTS: usize = 500;
/// Bytes of events after which a message is full: half of what a NATS server takes by default
/// (1 MiB, docs.nats.io `max_payload`).
const FULL: usize = 512 * 1024;

/// A place in the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Position {
    pub(super) txid: u64,
    pub(super) event_id: String,
}

impl Position {
    pub(super) fn parse(txid: &str, event_id: &str) -> Result<Self, QueryError> {
        Ok(Self {
            txid: txid.parse().map_err(|_| QueryError::Corrupt)?,
            event_id: event_id.to_owned(),
        })
    }
}

/// The last event of a batch, as it is kept while the batch is on its way out. The first follows
/// from the batch before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bound {
    tenant_id: String,
    // As text: JSON numbers end at 2^53 for some readers.
    txid: String,
    event_id: String,
}

impl Bound {
    pub(super) fn position(&self) -> Position {
        Position {
            // Written by `Assembly::finish`; a foreign text sorts first and ends nothing.
            txid: self.txid.parse().unwrap_or_default(),
            event_id: self.event_id.clone(),
        }
    }
}

struct Open {
    batch: RelayBatch,
    bytes: usize,
    last: Position,
    last_occurred_at: Timestamp,
}

enum Cut {
    AtLimits,
    After(HashSet<Position>),
}

/// Batches in the order in which they were opened. Each tenant's events stay in journal order.
pub(super) struct Assembly {
    cut: Cut,
    batches: Vec<Open>,
    open: HashMap<String, usize>,
}

impl Assembly {
    /// Batches are cut when they are full.
    pub(super) fn within_limits() -> Self {
        Self::new(Cut::AtLimits)
    }

    /// Batches are cut where they were cut before, whatever the limits are now.
    pub(super) fn between(bounds: &[Bound]) -> Self {
        Self::new(Cut::After(bounds.iter().map(Bound::position).collect()))
    }

    fn new(cut: Cut) -> Self {
        Self {
            cut,
            batches: Vec::new(),
            open: HashMap::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Adds the next event of the journal.
    pub(super) fn add(
        &mut self,
        tenant: &str,
        position: Position,
        event: ReadEvent,
    ) -> Result<(), QueryError> {
        let index = match self.open.get(tenant) {
            Some(index) => *index,
            None => self.open_batch(tenant)?,
        };
        let Some(open) = self.batches.get_mut(index) else {
            return Err(QueryError::Corrupt);
        };
        open.bytes += event.json.get().len();
        open.last = position;
        open.last_occurred_at = event.occurred_at;
        open.batch.events.push(event.json);
        if is_cut(&self.cut, open) {
            self.open.remove(tenant);
        }
        Ok(())
    }

    fn open_batch(&mut self, tenant: &str) -> Result<usize, QueryError> {
        let index = self.batches.len();
        self.batches.push(Open {
            batch: RelayBatch {
                tenant_id: TenantId::parse(tenant).map_err(|_| QueryError::Corrupt)?,
                last_event_id: String::new(),
                events: Vec::new(),
                occurred_at: String::new(),
            },
            bytes: 0,
            last: Position::default(),
            last_occurred_at: Timestamp::UNIX_EPOCH,
        });
        self.open.insert(tenant.to_owned(), index);
        Ok(index)
    }

    /// The batches, and the bounds that give the same batches again.
    pub(super) fn finish(self) -> (Vec<RelayBatch>, Vec<Bound>) {
        self.batches.into_iter().map(Open::finish).unzip()
    }
}

impl Open {
    fn finish(self) -> (RelayBatch, Bound) {
        let bound = Bound {
            tenant_id: self.batch.tenant_id.to_string(),
            txid: self.last.txid.to_string(),
            event_id: self.last.event_id.clone(),
        };
        let batch = RelayBatch {
            last_event_id: self.last.event_id,
            occurred_at: self.last_occurred_at.to_string(),
            ..self.batch
        };
        (batch, bound)
    }
}

fn is_cut(cut: &Cut, open: &Open) -> bool {
    match cut {
        Cut::AtLimits => open.batch.events.len() >= MAX_EVENTS || open.bytes >= FULL,
        Cut::After(ends) => ends.contains(&open.last),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    fn feed(mut assembly: Assembly, tenants: &[u8]) -> (Vec<RelayBatch>, Vec<Bound>) {
        for (index, tenant) in tenants.iter().enumerate() {
            let txid = u64::try_from(index / 3).unwrap();
            let position = Position {
                txid,
                event_id: format!("paev_{index:08}"),
            };
            let event = ReadEvent {
                json: RawValue::from_string(format!("{index}")).unwrap(),
                occurred_at: Timestamp::UNIX_EPOCH,
            };
            assembly
                .add(&format!("t{tenant}"), position, event)
                .unwrap();
        }
        assembly.finish()
    }

    fn text(batches: &[RelayBatch]) -> String {
        format!("{batches:?}")
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn the_same_bounds_give_the_same_batches(tenants in prop::collection::vec(0_u8..4, 0..3_000)) {
            let (batches, bounds) = feed(Assembly::within_limits(), &tenants);
            let (again, same) = feed(Assembly::between(&bounds), &tenants);
            prop_assert_eq!(text(&batches), text(&again));
            prop_assert_eq!(bounds, same);
            let events: usize = batches.iter().map(|batch| batch.events.len()).sum();
            prop_assert_eq!(events, tenants.len());
            prop_assert!(batches.iter().all(|batch| batch.events.len() <= MAX_EVENTS));
        }
    }

    #[test]
    fn large_events_fill_a_message_sooner() {
        let mut assembly = Assembly::within_limits();
        for index in 0..10 {
            let position = Position {
                txid: 1,
                event_id: format!("paev_{index}"),
            };
            let json = format!("\"{}\"", "x".repeat(200 * 1024));
            let event = ReadEvent {
                json: RawValue::from_string(json).unwrap(),
                occurred_at: Timestamp::UNIX_EPOCH,
            };
            assembly.add("t", position, event).unwrap();
        }
        let sizes: Vec<usize> = assembly
            .finish()
            .0
            .iter()
            .map(|batch| batch.events.len())
            .collect();
        assert_eq!(sizes, [3, 3, 3, 1]);
    }
}
