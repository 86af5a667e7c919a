//! Events of the platform's other services, as they come from the bus (spec 07, Consumed). Here they
//! are only read: what would open something is a hint until its owner confirms it.

mod envelope;
mod platform_event;
mod record_event;

pub use envelope::{Envelope, EventFault, MAX_EVENT_BYTES};
pub use platform_event::{NamedUser, PlatformEvent, PlatformEventKind};
pub use record_event::RecordEventKind;
