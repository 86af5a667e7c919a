//! Birth dates of patients who are acted for by law, by the one source that is believed; remembered
//! for as long as a cached record is fresh, so that a parent's request costs no look-up of its own.

use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;
use portal_domain::access::{BirthDate, RecordTarget};
use portal_domain::disclosure::{Freshness, Owned};
use portal_domain::source::RecordSet;
use portal_domain::tenant::Tenant;

use crate::caller::Caller;
use crate::ports::SourceError;
use crate::record::{LoadContext, Loader};

const REMEMBERED: u64 = 100_000;
const FRESH_FOR: SignedDuration = RecordSet::Patient.fresh_for();

/// The birth dates that this pod knows.
pub(crate) struct BirthDates {
    known: Cache<RecordTarget, (BirthDate, Timestamp)>,
}

impl BirthDates {
    pub(crate) fn new() -> Self {
        Self {
            known: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(FRESH_FOR.unsigned_abs())
                .build(),
        }
    }

    /// The earliest day that the patient can be born on.
    pub(crate) async fn of(
        &self,
        target: &RecordTarget,
        (tenant, caller): (&Tenant, &Caller),
        loader: &Loader,
        now: Timestamp,
    ) -> Result<BirthDate, SourceError> {
        if let Some((known, as_of)) = self.known.get(target).await
            && is_fresh(as_of, now)
        {
            return Ok(known);
        }
        let context = LoadContext::new(tenant, caller);
        let owned = loader.load(target, RecordSet::Patient, &context).await?;
        let birth_date = read(&owned);
        if owned.freshness() != Freshness::Stale {
            let entry = (birth_date, owned.as_of());
            self.known.insert(target.clone(), entry).await;
        }
        Ok(birth_date)
    }
}

fn is_fresh(as_of: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(as_of);
    age <= FRESH_FOR && age >= SignedDuration::ZERO
}

fn read(owned: &Owned) -> BirthDate {
    owned
        .headers()
        .find_map(|header| header.person.as_ref()?.birth_date.as_ref())
        .and_then(portal_fhir::Date::first_day)
        .map_or(BirthDate::Unknown, BirthDate::Day)
}
