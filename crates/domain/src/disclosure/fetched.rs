//! What a source answered: nothing of it is believed yet.

use jiff::Timestamp;
use portal_fhir::Record;

use crate::source::RecordSet;

use super::Room;

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
    /// What its bytes take of the budget of memory.
    pub room: Room,
}

impl Fetched {
    /// How many bytes the records have together.
    pub fn bytes(&self) -> usize {
        self.records.iter().map(|record| record.bytes.len()).sum()
    }

    /// What each of several sets, all of one base and type, may claim of an answer to all of them:
    /// each record goes to the set that is the authority for it, and what no set is the authority
    /// for to the first. What cannot be told to be one set's is a hole in each.
    pub fn among(self, sets: &[RecordSet]) -> Vec<(RecordSet, Self)> {
        let has_hole = |record: &Record| {
            record.header.category_unreadable
                && !sets.iter().any(|set| set.is_authority_for(&record.header))
        };
        let holes = self.unreadable > 0 || (sets.len() > 1 && self.records.iter().any(has_hole));
        let part = |index: usize| Self {
            records: Vec::new(),
            unreadable: if index == 0 { self.unreadable } else { 0 },
            capped: self.capped || (index > 0 && holes),
            as_of: self.as_of,
            room: self.room.clone(),
        };
        let mut parts: Vec<_> = sets.iter().copied().zip((0..).map(part)).collect();
        for record in self.records {
            let own = sets
                .iter()
                .position(|set| set.is_authority_for(&record.header));
            if let Some((_, part)) = parts.get_mut(own.unwrap_or_default()) {
                part.records.push(record);
            }
        }
        parts
    }
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
