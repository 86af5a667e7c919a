//! From what is committed to the event bus: the journal, which is its own outbox and is read on
//! behind its cursor, and the outbox.

mod cloud_event;
mod journal;
mod outbox;
mod run;

pub use journal::access_recorded;
pub use outbox::event_message;
pub use run::{RelaySettings, run_journal, run_outbox};
