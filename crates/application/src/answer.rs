//! What use cases answer: a disclosure and what is said about it.

mod booking;
mod threads;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use portal_domain::account::AccountSnapshot;
use portal_domain::disclosure::{Disclosure, Sealed};
use portal_domain::proxy_delegation::{DelegationSnapshot, RightSet};
use portal_domain::source::Source;
use portal_domain::tenant::Tenant;
use ulid::Ulid;

use crate::ports::Content;
use crate::record::{ListAbout, PageAbout};

pub use booking::{AvailabilityAnswer, CalendarAnswer, OpenTime, Place, ProvidersAnswer};
pub use threads::ThreadsAnswer;

/// How good a source's part of an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceStatus {
    /// Fetched for this request.
    Fresh,
    /// From the cache, within its time.
    Cached,
    /// The source does not know the patient: there is nothing of theirs, and nothing is missing.
    NotLinked,
    /// From the cache, past its time, because the source is down.
    Stale,
    /// Missing.
    Unavailable,
    /// Not asked, because the tenant has not licensed it.
    NotEntitled,
}

impl SourceStatus {
    /// The word in `meta.sources` and `X-Portal-Degraded`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Cached => "cached",
            Self::NotLinked => "notLinked",
            Self::Stale => "stale",
            Self::Unavailable => "unavailable",
            Self::NotEntitled => "notEntitled",
        }
    }
}

/// What one source gave to an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceReport {
    /// Which source.
    pub source: Source,
    /// How good its part is.
    pub status: SourceStatus,
    /// When it was asked.
    pub as_of: Option<Timestamp>,
    /// Seconds after which asking again may help.
    pub retry_after: Option<u32>,
}

/// What an answer is made of, and whether something is missing from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completeness {
    /// A line a source, in the order of [`Source::ALL`].
    pub sources: Vec<SourceReport>,
    /// Whether a cap was reached or a bad resource was dropped.
    pub incomplete: bool,
}

impl Completeness {
    /// Of an answer that lacks what a source would have given.
    pub(crate) fn without(source: Source, retry_after: u32) -> Self {
        Self {
            sources: vec![SourceReport::missing(source, retry_after)],
            incomplete: false,
        }
    }

    /// Adds what another part of the answer is made of: of each source the worse counts.
    pub(crate) fn merge(&mut self, other: Self) {
        self.incomplete |= other.incomplete;
        for report in other.sources {
            let mut known = self.sources.iter_mut();
            match known.find(|known| known.source == report.source) {
                Some(known) => known.merge(&report),
                None => self.sources.push(report),
            }
        }
        self.sources.sort_by_key(|report| report.source);
    }
}

impl SourceReport {
    /// Of a source that gave nothing.
    pub(crate) const fn missing(source: Source, retry_after: u32) -> Self {
        Self {
            source,
            status: SourceStatus::Unavailable,
            as_of: None,
            retry_after: Some(retry_after),
        }
    }

    /// Of a source that was not asked.
    pub(crate) const fn not_entitled(source: Source) -> Self {
        Self {
            source,
            status: SourceStatus::NotEntitled,
            as_of: None,
            retry_after: None,
        }
    }

    /// Takes another report of the same source in: the worse of the two counts.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.status = self.status.max(other.status);
        self.retry_after = self.retry_after.max(other.retry_after);
        self.as_of = match (self.as_of, other.as_of) {
            (Some(one), Some(two)) if self.status != SourceStatus::Unavailable => {
                Some(one.min(two))
            }
            _ => None,
        };
    }
}

/// A page of a list or search.
#[derive(Debug)]
pub struct SearchAnswer {
    /// The page.
    pub disclosure: Disclosure,
    /// How many match in all; none when a source is missing.
    pub total: Option<usize>,
    /// The sealed cursor of the next page.
    pub next: Option<String>,
    /// The parameters that were applied, for the `self` link.
    pub applied: Vec<(String, String)>,
    /// `_elements`, when asked for.
    pub elements: Option<Vec<String>>,
    /// Whether only the count was asked for.
    pub summary_count: bool,
    /// What it is made of.
    pub completeness: Completeness,
}

/// One record.
#[derive(Debug)]
pub struct ReadAnswer {
    /// Exactly one record.
    pub disclosure: Disclosure,
    /// What it is made of.
    pub completeness: Completeness,
}

/// A content on its way.
#[derive(Debug)]
pub struct ContentAnswer {
    /// The record that names it.
    pub disclosure: Disclosure,
    /// The content; the disclosure's receipt opens it.
    pub content: Sealed<Content>,
}

/// The chart summary.
#[derive(Debug)]
pub struct SummaryAnswer {
    /// Groups `patient`, `problems`, `allergies`, `medications`, `vitals`, `immunizations`.
    pub disclosure: Disclosure,
    /// The groups that the token's scopes do not cover.
    pub left_out: Vec<&'static str>,
    /// The groups whose source is missing.
    pub unavailable: Vec<&'static str>,
    /// What it is made of.
    pub completeness: Completeness,
    /// The document's time.
    pub decided_at: Timestamp,
    /// The document's id.
    pub id: Ulid,
}

/// One result of a list of results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabItem {
    /// The id of its report in group `panels`; none for a result that stands alone.
    pub panel: Option<String>,
}

/// What a patient is told of results that are held for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBack {
    /// The key of the text that says why, of the hold that ends first.
    pub reason_key: String,
    /// When that hold ends, if time ends it.
    pub available_from: Option<Timestamp>,
    /// How many results are held, where the tenant tells.
    pub count: Option<usize>,
}

/// What a list says beside its records about what it does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withheld {
    /// Nothing is said.
    Unsaid,
    /// The patient is told.
    Held(HeldBack),
    /// A proxy's list: it always may be incomplete, whatever it holds.
    MayBeIncomplete,
}

/// A page of laboratory results.
#[derive(Debug)]
pub struct LabsAnswer {
    /// Groups `results` and `panels`.
    pub disclosure: Disclosure,
    /// One for each record of `results`, in order.
    pub items: Vec<LabItem>,
    /// The sealed cursor of the next page.
    pub next: Option<String>,
    /// What is said of what it does not hold.
    pub withheld: Withheld,
    /// What it is made of.
    pub completeness: Completeness,
}

/// How laboratory results of a code went.
#[derive(Debug)]
pub struct TrendsAnswer {
    /// The results, key by key, each oldest first.
    pub disclosure: Disclosure,
    /// How many results each key has, in order.
    pub lengths: Vec<usize>,
    /// What is said of what it does not hold.
    pub withheld: Withheld,
    /// What it is made of.
    pub completeness: Completeness,
}

/// A page of a list of records, or one record of it.
#[derive(Debug)]
pub struct ListAnswer {
    /// Groups [`crate::record::RECORDS`] and [`crate::record::DISPENSES`].
    pub disclosure: Disclosure,
    /// The sealed cursor of the next page.
    pub next: Option<String>,
    /// What is said of what it does not hold.
    pub withheld: Withheld,
    /// What it is made of.
    pub completeness: Completeness,
    /// When it was decided that it may be shown.
    pub decided_at: Timestamp,
    /// Whose calendar counts.
    pub tenant: Arc<Tenant>,
    /// The IANA zones that the places of appointments say, by the appointment's id.
    pub time_zones: HashMap<Box<str>, Box<str>>,
}

impl ListAnswer {
    pub(crate) fn new(disclosure: Disclosure, about: ListAbout) -> Self {
        Self {
            disclosure,
            next: about.next,
            withheld: about.withheld,
            completeness: about.completeness,
            decided_at: about.decided_at,
            tenant: about.tenant,
            time_zones: about.time_zones,
        }
    }
}

/// One laboratory result.
#[derive(Debug)]
pub struct LabAnswer {
    /// Groups `result` (one), `panels` (its report, if any) and `trend` (the results of the same
    /// trend key, oldest first, itself among them).
    pub disclosure: Disclosure,
    /// What it is made of.
    pub completeness: Completeness,
}

/// Somebody whom the caller may act for.
#[derive(Debug, Clone)]
pub struct Delegator {
    /// The delegation.
    pub delegation: Arc<DelegationSnapshot>,
    /// What it opens now.
    pub rights: RightSet,
    /// The Patient's id on `/fhir/R4`, by which group `delegators` holds the Patient.
    pub patient_address: Option<String>,
}

/// The caller's own account.
#[derive(Debug)]
pub struct MeAnswer {
    /// The account.
    pub account: Arc<AccountSnapshot>,
    /// Its tenant.
    pub tenant: Arc<Tenant>,
    /// Whether this login used a second factor.
    pub mfa: bool,
    /// The licence keys that the tenant holds; none unless the account is active.
    pub features: Option<Vec<String>>,
    /// Whom this request acts for.
    pub acting_for: Option<Delegator>,
    /// Whom the caller may act for now; none unless the account is active.
    pub may_act_for: Option<Vec<Delegator>>,
    /// Groups `patient` (at most one) and `delegators`.
    pub disclosure: Disclosure,
    /// The Patient's id on `/fhir/R4`.
    pub patient_address: Option<String>,
    /// What it is made of.
    pub completeness: Completeness,
}

impl SearchAnswer {
    pub(crate) fn new(disclosure: Disclosure, about: PageAbout) -> Self {
        Self {
            disclosure,
            total: about.total,
            next: about.next,
            applied: about.applied,
            elements: about.elements,
            summary_count: about.summary_count,
            completeness: about.completeness,
        }
    }
}
