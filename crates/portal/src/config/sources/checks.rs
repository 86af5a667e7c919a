//! What must be true of all sources together.

use std::collections::BTreeSet;

use portal_domain::id::TenantId;
use portal_domain::patient_link::PatientIds;
use portal_domain::source::Source;
use portal_infrastructure::upstream::{CredentialSettings, Tenancy};

use crate::config::reader::Reader;

use super::SourceConfig;
use super::settings::{FAMILIES, MESH_MTLS};

// A source of one tenant must not be asked for another's patients: equal ids would be taken for
// equal people.
pub(super) fn check_singles(
    reader: &mut Reader<'_>,
    sources: &[SourceConfig],
    tenants: Option<&BTreeSet<TenantId>>,
) {
    for (source, family) in sources.iter().zip(&FAMILIES) {
        let Tenancy::Single(tenant) = &source.tenancy else {
            continue;
        };
        let shares = |other: &SourceConfig| {
            other.url == source.url && matches!(&other.tenancy, Tenancy::Single(t) if t != tenant)
        };
        let others_hold =
            tenants.is_some_and(|tenants| tenants.iter().any(|holder| holder != tenant));
        if sources.iter().any(shares) || others_hold {
            let expected = "one tenant, the only one of the deployment";
            reader.fault(
                &family.tenancy,
                "puts several tenants on a single-tenant source",
                expected,
            );
        }
    }
}

/// Sources without authentication need a mesh that authenticates, in production.
pub(super) fn check_mesh(reader: &mut Reader<'_>, sources: &[SourceConfig], mesh: bool) {
    let is_open = |source: &&SourceConfig| matches!(source.credential, CredentialSettings::None);
    let Some(open) = sources.iter().find(is_open) else {
        return;
    };
    if reader.in_production() && !mesh && reader.needs(&FAMILIES[0].url) {
        let auth = FAMILIES[open.source as usize].auth.settings()[0].name;
        let problem = format!("is not true, and {auth} is none: calls without authentication");
        let expected = "true, once a mesh authenticates the calls, or another way for each source";
        reader.fault(&MESH_MTLS, problem, expected);
    }
}

/// Registration's ids are those that all are linked to.
pub(super) fn check_registration(reader: &mut Reader<'_>, sources: &[SourceConfig]) {
    let registration = &sources[Source::Registration as usize];
    if registration.patient_ids != PatientIds::Shared {
        let problem = "is not shared, and registration's ids are the ones that count";
        let said = sources.iter().zip(&FAMILIES).find(|(source, family)| {
            source.url == registration.url && reader.is_set(&family.patient_ids)
        });
        let family = said.map_or(&FAMILIES[0], |(_, family)| family);
        reader.fault(&family.patient_ids, problem, "shared");
    }
}

/// Sources with one URL are read together, so that they tell tenants apart in one way.
pub(super) fn check_tenancies(reader: &mut Reader<'_>, sources: &[SourceConfig]) {
    for (index, source) in sources.iter().enumerate() {
        let mut earlier = sources[..index].iter().zip(&FAMILIES);
        let other =
            earlier.find(|(other, _)| other.url == source.url && other.tenancy != source.tenancy);
        if let Some((_, other)) = other {
            let problem = format!("differs from {}", other.tenancy.name);
            let expected = "the same, because both have one URL";
            reader.fault(&FAMILIES[index].tenancy, problem, expected);
        }
    }
}

pub(super) fn check_codes(reader: &mut Reader<'_>, sources: &[SourceConfig]) {
    for (index, source) in sources.iter().enumerate() {
        let earlier = &sources[..index];
        // Sources on one URL share the first's code.
        if earlier.iter().any(|other| other.url == source.url) {
            continue;
        }
        let family = &FAMILIES[index];
        let several = sources.iter().any(|other| other.url != source.url);
        if several && source.id_code.is_empty() {
            reader.fault(
                &family.id_code,
                "is empty, and there are several URLs",
                "[a-z0-9]{1,8}",
            );
        } else if several && earlier.iter().any(|other| other.id_code == source.id_code) {
            reader.fault(
                &family.id_code,
                "is the code of another URL",
                "a code of its own",
            );
        }
    }
}
