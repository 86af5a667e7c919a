//! Times that can be booked. Nothing here is about a patient.

use jiff::Timestamp;
use portal_domain::id::TenantId;
use portal_fhir::values::Concept;

/// Which open times are asked for: whose, where and when.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SlotQuery {
    /// The tenant whose calendar it is.
    pub tenant: TenantId,
    /// With this Practitioner, by the directory's own id.
    pub practitioner: Option<Box<str>>,
    /// At this Location, by the directory's own id.
    pub location: Option<Box<str>>,
    /// Beginning from here on.
    pub from: Timestamp,
    /// Beginning before this.
    pub to: Timestamp,
}

/// Somebody or something whose time it is, by the directory's own id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotActor {
    /// The id.
    pub id: Box<str>,
    /// What the calendar calls them.
    pub display: Option<String>,
}

/// One open time.
#[derive(Clone, PartialEq, Eq)]
pub struct FoundSlot {
    /// The calendar's own id of it.
    pub id: Box<str>,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends; later than it begins.
    pub end: Timestamp,
    /// With whom.
    pub practitioners: Vec<SlotActor>,
    /// Where.
    pub locations: Vec<SlotActor>,
    /// For what, its schedule's included.
    pub specialties: Vec<Concept>,
}

/// What a calendar answered.
#[derive(Clone)]
pub struct FoundSlots {
    /// The open times, in the order of their beginnings and ids.
    pub slots: Vec<FoundSlot>,
    /// Whether something could not be read, or a cap was reached.
    pub incomplete: bool,
    /// When it was asked.
    pub as_of: Timestamp,
}

impl std::fmt::Debug for FoundSlots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FoundSlots({})", self.slots.len())
    }
}

impl std::fmt::Debug for FoundSlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FoundSlot")
    }
}
