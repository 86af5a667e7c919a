//! Synthetic people and records, the same for the same seed.
//!
//! Nobody here exists. Records are made to be awkward: every status, mark and
//! label, partial dates, decimals with trailing zeros, ids of the platform's
//! form beside UUIDs, an unknown extension, contained resources.

mod chart;
mod clinic;
mod delegations;
mod ids;
mod json;
mod laboratory;
mod medication;
mod patient;
mod people;
mod resource;
mod sensitive;
mod services;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::delegation::DemoDelegation;
use crate::person::DemoPerson;
use crate::record::Record;
use crate::registrant::DemoRegistrant;
pub(crate) use clinic::clinic;
use ids::Ids;
use json::Json;
use people::Profile;

/// A person and everything that the sources know of them.
pub(crate) struct Generated {
    pub(crate) person: DemoPerson,
    pub(crate) records: Vec<Arc<Record>>,
    /// Those that open this person's record.
    pub(crate) delegations: Vec<DemoDelegation>,
}

/// Everybody of tenants `demo` and `other`; `large` Observations for the one
/// person with a large record.
pub(crate) fn everyone(seed: u64, large: usize) -> Vec<Generated> {
    let mut random = StdRng::seed_from_u64(seed);
    people::PROFILES
        .iter()
        .map(|profile| person(profile, large, &mut random))
        .collect()
}

/// Those with a record and no account yet, and their records. Drawn apart, so
/// that nobody else's records change by them.
pub(crate) fn registrants(seed: u64) -> Vec<(DemoRegistrant, Vec<Arc<Record>>)> {
    let mut random = StdRng::seed_from_u64(seed.wrapping_add(1));
    people::REGISTRANTS
        .iter()
        .map(|profile| {
            let generated = person(profile, 0, &mut random);
            let registrant = DemoRegistrant::of(&generated.person, &generated.records);
            (registrant, generated.records)
        })
        .collect()
}

/// What the makers of resources need: whose record, and the sources of
/// chance and ids.
struct Maker<'a> {
    profile: &'a Profile,
    patient_id: String,
    ids: Ids,
    random: &'a mut StdRng,
}

fn person(profile: &Profile, large: usize, random: &mut StdRng) -> Generated {
    let mut ids = Ids::new(profile.has_platform_ids);
    let patient_id = ids.next("pat", random);
    let mut maker = Maker {
        profile,
        patient_id: patient_id.clone(),
        ids,
        random,
    };
    let mut resources = vec![patient::patient(&mut maker)];
    let encounter = chart::chart(&mut maker, &mut resources);
    medication::medication(&mut maker, &mut resources);
    laboratory::panels(&mut maker, &mut resources);
    if profile.has_large_record {
        laboratory::every_combination(&mut maker, large, &mut resources);
    }
    // Drawn apart, so that nobody else's records change by it.
    let mut apart = StdRng::from_rng(&mut maker.random.clone());
    let mut maker = Maker {
        random: &mut apart,
        ..maker
    };
    if profile.has_sensitive_record {
        sensitive::sensitive(&mut maker, &encounter, &mut resources);
    }
    services::services(&mut maker, &mut resources);
    Generated {
        delegations: delegations::of(profile, &patient_id),
        person: DemoPerson {
            tenant: profile.tenant.to_owned(),
            patient_id,
            subject: profile.subject(),
            name: format!("{} {}", profile.given, profile.family),
        },
        records: resources.iter().map(record).collect(),
    }
}

fn record(resource: &Json) -> Arc<Record> {
    let record = Record::read(Bytes::from(resource.to_string()));
    Arc::new(record.expect("every generated resource begins with its type and id"))
}
