//! What the portal does without being asked.

mod deliver;

pub use deliver::deliver;
