//! What a filter lets through of some sets, in order. A record is only taken out of its set when
//! it is on the page: of a long record that is little.

use jiff::tz::TimeZone;
use portal_domain::disclosure::{Released, ReleasedRecord};
use portal_domain::source::RecordSet;
use portal_fhir::{Header, ResourceType, Sort, SortKey, sort_key};

use super::Reading;
use super::paging::{Page, page};

/// The order of a list.
pub(crate) type Order<'z> = (Sort, &'z TimeZone);

/// A set, and a place among what is visible of it.
type Place = (u32, u32);

/// The matches.
pub(crate) enum Matches {
    /// Where they are, in order.
    Places(Vec<Released>, Vec<Place>),
    /// Themselves, in order.
    Records(Vec<ReleasedRecord>),
}

impl Matches {
    /// The visible records of some sets, each narrowed to what matches.
    pub(crate) fn of(
        reading: &Reading<'_>,
        sets: &[RecordSet],
        (sort, zone): Order<'_>,
        narrow: impl Fn(&mut Released),
    ) -> Self {
        let released = sets.iter().filter_map(|set| reading.released(*set));
        let mut released: Vec<Released> = released.collect();
        released.iter_mut().for_each(narrow);
        let mut places = Vec::with_capacity(released.iter().map(Released::len).sum());
        for (set, of_set) in (0u32..).zip(&released) {
            let end = u32::try_from(of_set.len()).unwrap_or(u32::MAX);
            places.extend((0..end).map(|place| (set, place)));
        }
        // One set alone is already in the default order.
        if sets.len() > 1 || sort != Sort::default() {
            places.sort_by_cached_key(|place| position(&released, *place, (sort, zone)));
        }
        Self::Places(released, places)
    }

    /// How many.
    pub(crate) const fn len(&self) -> usize {
        match self {
            Self::Places(_, places) => places.len(),
            Self::Records(records) => records.len(),
        }
    }

    /// Whether some may be of a type.
    pub(crate) fn hold(&self, resource_type: ResourceType) -> bool {
        match self {
            Self::Places(released, _) => {
                let mut released = released.iter();
                released.any(|set| set.set().resource_type() == resource_type)
            }
            Self::Records(records) => {
                let mut records = records.iter();
                records.any(|record| record.header().resource_type == resource_type)
            }
        }
    }

    /// All of them.
    pub(crate) fn into_records(self) -> Vec<ReleasedRecord> {
        match self {
            Self::Places(released, places) => taken(&released, places),
            Self::Records(records) => records,
        }
    }

    /// The page behind a key.
    pub(crate) fn page(
        self,
        after: Option<&SortKey>,
        limit: usize,
        (sort, zone): Order<'_>,
    ) -> Page<ReleasedRecord, SortKey> {
        match self {
            Self::Places(released, places) => {
                let key = |place: &Place| {
                    let header = header(&released, *place);
                    header.map(|header| sort_key(header, sort, zone))
                };
                let after = after.cloned().map(Some);
                let Page { items, next } = page(places, after.as_ref(), limit, key);
                Page {
                    items: taken(&released, items),
                    next: next.flatten(),
                }
            }
            Self::Records(records) => {
                let key = |record: &ReleasedRecord| sort_key(record.header(), sort, zone);
                page(records, after, limit, key)
            }
        }
    }
}

fn header(released: &[Released], (set, place): Place) -> Option<&Header> {
    released.get(set as usize)?.header(place as usize)
}

/// Two types may have the same id at one base.
fn position(
    released: &[Released],
    place: Place,
    (sort, zone): Order<'_>,
) -> Option<(SortKey, ResourceType)> {
    let header = header(released, place)?;
    Some((sort_key(header, sort, zone), header.resource_type))
}

fn taken(released: &[Released], places: Vec<Place>) -> Vec<ReleasedRecord> {
    let taken = places.into_iter();
    taken
        .filter_map(|(set, place)| released.get(set as usize)?.at(place as usize))
        .collect()
}
