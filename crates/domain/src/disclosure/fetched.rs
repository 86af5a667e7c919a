//! What a source answered: nothing of it is believed yet.

use jiff::Timestamp;
use portal_fhir::Record;

/// The records that a source sent for one set, with their addresses at the source.
#[derive(Debug)]
pub struct Fetched {
    /// The readable records, in the order of the source.
    pub records: Vec<Record>,
    /// How many entries could not be read.
    pub unreadable: usize,
    /// Whether a cap on pages or entries cut the set.
    pub capped: bool,
    /// When the source was asked.
    pub as_of: Timestamp,
}

/// How many entries of an answer were dropped, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drops {
    /// Not this patient's: raises an alert.
    pub foreign: usize,
    /// Copies of what another service is the authority for.
    pub copies: usize,
    /// Not readable as a resource.
    pub unreadable: usize,
    /// With an id that has no address here.
    pub unaddressable: usize,
    /// Said twice; the newest is kept.
    pub duplicates: usize,
}
