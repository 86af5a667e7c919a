//! What the bytes of a set take of a budget of memory.

use std::sync::Arc;

/// Room that is accounted to a set for as long as its bytes are in memory, whoever holds them: it
/// is given back when the last of its owners is gone. Only who gave it knows how much it is.
#[derive(Clone, Default)]
pub struct Room(Vec<Arc<dyn Send + Sync>>);

impl Room {
    /// Adds a part.
    pub fn add(&mut self, part: Arc<dyn Send + Sync>) {
        self.0.push(part);
    }
}

impl std::fmt::Debug for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Room of {} parts", self.0.len())
    }
}
