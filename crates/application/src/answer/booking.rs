//! Answers about with whom, where and when appointments are and can be had.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use portal_domain::disclosure::Disclosure;
use portal_fhir::values::Concept;

use super::Completeness;

/// A page of those who can be booked.
#[derive(Debug)]
pub struct ProvidersAnswer {
    /// Groups [`crate::record::PROVIDERS`], and what these refer to:
    /// [`crate::record::PRACTITIONERS`], [`crate::record::LOCATIONS`],
    /// [`crate::record::ORGANIZATIONS`].
    pub disclosure: Disclosure,
    /// The sealed cursor of the next page.
    pub next: Option<String>,
    /// When it was decided, for names that are in use for a while.
    pub decided_at: Timestamp,
    /// The tenant's zone.
    pub zone: TimeZone,
    /// What it is made of.
    pub completeness: Completeness,
}

/// A place where an appointment can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The Location's id.
    pub id: String,
    /// What it is called.
    pub name: Option<String>,
    /// The IANA zone that it says.
    pub time_zone: Option<String>,
}

/// A time that can be booked.
#[derive(Clone)]
pub struct OpenTime {
    /// The Slot's id.
    pub id: String,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// The ids and names of those whom it is with.
    pub practitioners: Vec<(String, Option<String>)>,
    /// Where.
    pub places: Vec<Place>,
    /// For what.
    pub specialties: Vec<Concept>,
}

/// A page of times that can be booked.
pub struct AvailabilityAnswer {
    /// The proof that the look is recorded; it holds no record.
    pub disclosure: Disclosure,
    /// The times, in order.
    pub times: Vec<OpenTime>,
    /// The sealed cursor of the next page.
    pub next: Option<String>,
    /// What it is made of.
    pub completeness: Completeness,
}

/// One appointment for a calendar.
#[derive(Debug)]
pub struct CalendarAnswer {
    /// Exactly one record, in group [`crate::record::RECORDS`].
    pub disclosure: Disclosure,
    /// Where its clock stands.
    pub zone: TimeZone,
    /// The id of its tenant: what makes its own id unique.
    pub tenant: String,
    /// What it is made of.
    pub completeness: Completeness,
}
