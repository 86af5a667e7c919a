//! One budget of bytes for all that a pod holds of what sources sent to it.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout_at;

use crate::upstream::body::Body;
use crate::upstream::page::MAX_PAGE;

const MIB: usize = 1_024 * 1_024;
/// Of all sources together.
const POD: usize = 96 * MIB;
/// Of one source, so that one whose answers are huge leaves room for the others'.
const SOURCE: usize = POD / 2;
/// What is reserved in turn while a body grows whose length nobody said. Who has the last of them
/// waits for no more, so that there is always one who comes to an end.
const STEPS: [usize; 3] = [64 * 1_024, MIB, MAX_PAGE];

/// There was no room within the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::upstream) struct NoRoom;

/// The pod's budget.
pub(super) struct MemoryBudget(Arc<Semaphore>);

impl MemoryBudget {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(POD)))
    }

    /// A further source's share.
    pub(super) fn share(&self) -> MemoryShare {
        MemoryShare {
            pod: Arc::clone(&self.0),
            source: Arc::new(Semaphore::new(SOURCE)),
        }
    }
}

/// What one source may take of the budget.
pub(super) struct MemoryShare {
    pod: Arc<Semaphore>,
    source: Arc<Semaphore>,
}

impl MemoryShare {
    /// Nothing yet, of this share.
    pub(super) fn reservation(&self) -> Reservation {
        Reservation {
            pod: Reserved::new(&self.pod),
            source: Reserved::new(&self.source),
            size: 0,
            waited: false,
        }
    }
}

/// Room for one body; given back when dropped.
pub(in crate::upstream) struct Reservation {
    pod: Reserved,
    source: Reserved,
    size: usize,
    waited: bool,
}

impl Reservation {
    /// Reserves room for a body of so many bytes, or somewhat more; waits for it until the
    /// deadline.
    pub(in crate::upstream) async fn grow_to(
        &mut self,
        length: usize,
        deadline: Instant,
    ) -> Result<(), NoRoom> {
        if length <= self.size {
            return Ok(());
        }
        let step = STEPS.into_iter().find(|step| length <= *step);
        let size = step.unwrap_or(length);
        let further = u32::try_from(size - self.size).map_err(|_| NoRoom)?;
        for part in [&mut self.source, &mut self.pod] {
            if !part.take_at_once(further) {
                self.waited = true;
                let taken = timeout_at(deadline.into(), part.take(further)).await;
                taken.map_err(|_| NoRoom)?;
            }
        }
        self.size = size;
        Ok(())
    }

    /// How large the body may become without a further reservation.
    pub(in crate::upstream) const fn size(&self) -> usize {
        self.size
    }

    /// Whether there was no room at first: the source is not to blame for this time.
    pub(in crate::upstream) const fn waited(&self) -> bool {
        self.waited
    }

    /// The body with the room that it needs, which is kept until the last slice of the body is
    /// dropped, and with it what is held for the sake of what becomes of the body.
    pub(in crate::upstream) fn hold(mut self, body: Body) -> (Bytes, Arc<Self>) {
        let unused = self.size.saturating_sub(body.len());
        self.pod.give_back(unused);
        self.source.give_back(unused);
        let room = Arc::new(self);
        let held = Held {
            body,
            _room: Arc::clone(&room),
        };
        (Bytes::from_owner(held), room)
    }
}

struct Held {
    body: Body,
    _room: Arc<Reservation>,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        self.body.as_ref()
    }
}

/// A part of one semaphore.
struct Reserved {
    of: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Reserved {
    fn new(of: &Arc<Semaphore>) -> Self {
        Self {
            of: Arc::clone(of),
            permit: None,
        }
    }

    fn take_at_once(&mut self, count: u32) -> bool {
        let taken = Arc::clone(&self.of).try_acquire_many_owned(count);
        taken.map(|permit| self.add(permit)).is_ok()
    }

    async fn take(&mut self, count: u32) {
        // It is never closed, which is all that an error could say.
        if let Ok(permit) = Arc::clone(&self.of).acquire_many_owned(count).await {
            self.add(permit);
        }
    }

    fn add(&mut self, permit: OwnedSemaphorePermit) {
        match &mut self.permit {
            Some(held) => held.merge(permit),
            None => self.permit = Some(permit),
        }
    }

    fn give_back(&mut self, count: usize) {
        drop(self.permit.as_mut().and_then(|held| held.split(count)));
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
