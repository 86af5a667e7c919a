//! Values that the tests of this crate share: one tenant, one patient, small resources.

mod people;
mod records;

pub(crate) use people::*;
pub(crate) use records::*;

use jiff::Timestamp;

use crate::disclosure::Owned;
use crate::release::{Judge, ReleaseMode, ReleaseRules, Verdicts, Viewer};
use crate::sensitivity::LabelMode;
use crate::tenant_config::TenantConfig;

pub(crate) const TAG_SYSTEM: &str = "urn:ghasi-ehealth:release";
pub(crate) const PATIENT: &str = "pat_1";

/// So many seconds after the beginning of 2026.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + second).unwrap()
}

pub(crate) fn rules(mode: ReleaseMode) -> ReleaseRules {
    ReleaseRules {
        mode,
        tag_system: TAG_SYSTEM.into(),
        labels: LabelMode::None,
    }
}

/// The verdicts of the patient's own judge on a set, under the default settings.
pub(crate) fn judged(owned: &Owned) -> Verdicts {
    judged_for(owned, &TenantConfig::default(), Viewer::PATIENT)
}

/// The verdicts on a set, for somebody and under a tenant's settings.
pub(crate) fn judged_for(owned: &Owned, config: &TenantConfig, viewer: Viewer) -> Verdicts {
    let rules = rules(ReleaseMode::ByStatus);
    let judge = Judge::new(&rules, owned.set().source(), config, viewer, at(0));
    Verdicts::of(owned, &judge)
}
