//! A journal in memory that can be told what becomes of the next events.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use portal_domain::audit::{AccessEvent, Receipt};

use crate::ports::{Journal, JournalPlace, Recording, StoreError};

/// What becomes of an event. Durable when nothing was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Durable,
    Stale,
    Lost,
}

#[derive(Default)]
struct State {
    kept: Vec<AccessEvent>,
    fates: VecDeque<Fate>,
    reserved: usize,
    full: bool,
}

#[derive(Default)]
pub(crate) struct MemoryJournal {
    state: Arc<Mutex<State>>,
}

impl MemoryJournal {
    /// Says what becomes of the next events, in order.
    pub(crate) fn expect(&self, fates: &[Fate]) {
        self.state.lock().unwrap().fates.extend(fates);
    }

    pub(crate) fn fill(&self) {
        self.state.lock().unwrap().full = true;
    }

    /// The durable events.
    pub(crate) fn kept(&self) -> Vec<AccessEvent> {
        self.state.lock().unwrap().kept.clone()
    }

    /// How many places were taken.
    pub(crate) fn reserved(&self) -> usize {
        self.state.lock().unwrap().reserved
    }
}

struct Place(Arc<Mutex<State>>);

impl Journal for MemoryJournal {
    fn reserve(&self) -> Result<Box<dyn JournalPlace>, StoreError> {
        let mut state = self.state.lock().unwrap();
        if state.full {
            return Err(StoreError::Unavailable);
        }
        state.reserved += 1;
        Ok(Box::new(Place(Arc::clone(&self.state))))
    }
}

#[async_trait]
impl JournalPlace for Place {
    async fn record(self: Box<Self>, event: AccessEvent) -> Result<Recording, StoreError> {
        let mut state = self.0.lock().unwrap();
        match state.fates.pop_front().unwrap_or(Fate::Durable) {
            Fate::Durable => {
                let receipt = receipt(&event);
                state.kept.push(event);
                Ok(Recording::Durable(receipt))
            }
            Fate::Stale => Ok(Recording::Stale),
            Fate::Lost => Err(StoreError::Unavailable),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "stands for the journal's adapter in tests"
)]
fn receipt(event: &AccessEvent) -> Receipt {
    Receipt::issue(event.id)
}
